"""Occasions that come near open their promise: one for each occurrence, whatever runs twice or at once."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import partial

import frappe
from frappe import _
from frappe.utils import cint, getdate

from micro_experiences.desk.bell import managers, report
from micro_experiences.domain import occasions as rules
from micro_experiences.jobs import workers
from micro_experiences.micro_experiences.doctype.micro_experiences_settings.micro_experiences_settings import (
	get_settings,
)
from micro_experiences.privacy import sight

# Few at once: whoever promises something meanwhile waits for the number that a new promise takes.
_CHUNK = 50


def mx_open_occasions() -> None:
	"""Daily: open the promise of each occasion that is today or within the lead days, and has none yet. After an outage
	it catches up. What could not be opened stops no other, and is reported to the Micro Experiences Managers: on the first of
	the lead days, and on the day itself."""
	refused, after = {}, ""
	while rows := frappe.get_all(
		"Personal Note",
		filters={"status": "Active", "kind": "Occasion", "name": (">", after)},
		fields=["name", "customer", "contact", "heard_by", "owner", "occasion_on", "repeats_yearly"],
		order_by="name asc",
		limit=_CHUNK,
	):
		after = rows[-1].name
		refused |= workers.kept(partial(_open, rows, getdate(), cint(get_settings().occasion_lead_days)))
	frappe.clear_messages()
	if refused:
		told = _("{0} occasions are near, and nobody was told. Open this to see why.")
		report("occasions that opened no promise", refused, told.format(len(refused)))


def _open(rows: list, today: date, lead_days: int) -> dict[str, str]:
	"""Open what of these notes is near and not there yet; {note: why not} for those whose promise could not be opened, where that
	is to be reported today."""
	days = {
		row.name: day
		for row in rows
		if (day := rules.near(row.occasion_on, bool(row.repeats_yearly), today, lead_days))
	}
	keys = {name: rules.occurrence_key(name, day) for name, day in days.items()}
	there = keys and set(
		frappe.get_all(
			"Follow Up Task", filters={"occurrence_key": ("in", list(keys.values()))}, pluck="occurrence_key"
		)
	)
	fresh = [row for row in rows if row.name in keys and keys[row.name] not in there]
	if not fresh:
		return {}
	customers = _customers({row.customer for row in fresh})
	fresh = [row for row in fresh if row.customer in customers]
	# Administrator is nobody in particular.
	last = sorted(managers().keys() - {"Administrator"})
	people = {row.name: rules.candidates(customers[row.customer].account_manager, row, last) for row in fresh}
	languages = _languages({user for users in people.values() for user in users})
	chosen = _chosen(people, languages.keys())
	refused = {}
	for row in fresh:
		user = chosen.get(row.name)
		if not user:
			refused[row.name] = _("Nobody who looks after this customer may see this note.")
			continue
		speak = partial(_, lang=languages[user])
		fields = rules.promise(row, customers[row.customer].customer_name, days[row.name], today, speak)
		if why := _insert(fields | {"assigned_to": user}):
			refused[row.name] = why
	return {name: why for name, why in refused.items() if rules.is_reported(days[name], today, lead_days)}


def _insert(fields: Mapping) -> str:
	"""Open one promise; why not, or "" where it is there: opened now, or by somebody who was faster. Of a note that was erased
	meanwhile nothing is opened; else it is locked, so that whoever erases it takes the promise along."""
	if not frappe.db.get_value("Personal Note", fields["personal_note"], "name", for_update=True):
		return ""
	frappe.db.savepoint("open_occasion")
	task = frappe.get_doc({"doctype": "Follow Up Task", **fields})
	task.flags.of_occasion = True
	try:
		task.insert(ignore_permissions=True)
	except frappe.UniqueValidationError:
		frappe.db.rollback(save_point="open_occasion")
	except workers.UNDONE:
		raise
	except Exception as error:
		frappe.db.rollback(save_point="open_occasion")
		return str(error) or type(error).__name__
	return ""


def _customers(names: Iterable[str]) -> dict[str, frappe._dict]:
	"""Those of these customers who still buy, by name."""
	rows = frappe.get_all(
		"Customer",
		filters={"name": ("in", list(names)), "disabled": 0},
		fields=["name", "customer_name", "account_manager"],
	)
	return {row.name: row for row in rows}


def _languages(users: Iterable[str]) -> dict[str, str | None]:
	"""Those of these users who are still there, with their languages."""
	rows = frappe.get_all(
		"User",
		filters={"name": ("in", list(users)), "enabled": 1, "user_type": "System User"},
		fields=["name", "language"],
	)
	return {row.name: row.language for row in rows}


def _chosen(people: dict[str, list[str]], there: Iterable[str]) -> dict[str, str]:
	"""{note: the first of its people who is there and may see it}; one query for each person and rank, not for each note."""
	people = {note: [user for user in users if user in there] for note, users in people.items()}
	chosen: dict[str, str] = {}
	for rank in range(max(map(len, people.values()), default=0)):
		asked: dict[str, list[str]] = {}
		for note, users in people.items():
			if note not in chosen and rank < len(users):
				asked.setdefault(users[rank], []).append(note)
		for user, notes in asked.items():
			chosen |= dict.fromkeys(sight.seen_by(user, "Personal Note", notes), user)
	return chosen
