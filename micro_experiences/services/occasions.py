"""Open a follow-up for each occasion that is near."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import partial

import frappe
from frappe import _
from frappe.utils import getdate

from micro_experiences.domain import occasions as rules
from micro_experiences.permissions import visibility
from micro_experiences.utils import transactions
from micro_experiences.utils.notifications import get_managers
from micro_experiences.utils.user_time import get_user_today


def open_follow_ups(rows: list, today: date, lead_days: int) -> dict[str, str]:
	"""Create the missing follow-ups of these notes. Return {note: reason} for those that could not be
	created and are to be reported today."""
	days = {
		row.name: day
		for row in rows
		if (day := rules.get_upcoming_date(row.occasion_on, bool(row.repeats_yearly), today, lead_days))
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
	customers = _get_active_customers({row.customer for row in fresh})
	fresh = [row for row in fresh if row.customer in customers]
	# Administrator is not a person.
	last = sorted(get_managers().keys() - {"Administrator"})
	people = {
		row.name: rules.get_assignee_candidates(customers[row.customer].account_manager, row, last)
		for row in fresh
	}
	languages = _get_user_languages({user for users in people.values() for user in users})
	chosen = _choose_owners(people, languages.keys())
	refused = {}
	for row in fresh:
		user = chosen.get(row.name)
		if not user:
			refused[row.name] = _("No user responsible for this customer is allowed to see this note.")
			continue
		language = partial(_, lang=languages[user])
		fields = rules.build_follow_up(
			row, customers[row.customer].customer_name, days[row.name], today, language
		)
		if why := _insert_follow_up(fields | {"assigned_to": user}):
			refused[row.name] = why
	return {name: why for name, why in refused.items() if rules.is_report_day(days[name], today, lead_days)}


def _insert_follow_up(fields: Mapping) -> str:
	"""Create one follow-up. Return the reason if it failed, or "" if it exists, whether created now or by
	a concurrent run. Nothing is created for a note that has been erased meanwhile. Otherwise the note is
	locked, so that an erasure also removes the follow-up."""
	if not frappe.db.get_value("Personal Note", fields["personal_note"], "name", for_update=True):
		return ""
	frappe.db.savepoint("open_occasion")
	task = frappe.get_doc({"doctype": "Follow Up Task", **fields})
	task.flags.of_occasion = True
	try:
		task.insert(ignore_permissions=True)
	except frappe.UniqueValidationError:
		frappe.db.rollback(save_point="open_occasion")
	except transactions.RETRYABLE_ERRORS:
		raise
	except Exception as error:
		frappe.db.rollback(save_point="open_occasion")
		return str(error) or type(error).__name__
	return ""


def _get_active_customers(names: Iterable[str]) -> dict[str, frappe._dict]:
	"""Return the enabled customers among these names, by name."""
	rows = frappe.get_all(
		"Customer",
		filters={"name": ("in", list(names)), "disabled": 0},
		fields=["name", "customer_name", "account_manager"],
	)
	return {row.name: row for row in rows}


def _get_user_languages(users: Iterable[str]) -> dict[str, str | None]:
	"""Return the languages of the enabled System Users among these users, by user."""
	rows = frappe.get_all(
		"User",
		filters={"name": ("in", list(users)), "enabled": 1, "user_type": "System User"},
		fields=["name", "language"],
	)
	return {row.name: row.language for row in rows}


def _choose_owners(people: dict[str, list[str]], there: Iterable[str]) -> dict[str, str]:
	"""Return {note: the first candidate who is available and may see it}. Takes one query for each user
	and rank, not for each note."""
	people = {note: [user for user in users if user in there] for note, users in people.items()}
	chosen: dict[str, str] = {}
	for rank in range(max((len(users) for users in people.values()), default=0)):
		notes_by_user: dict[str, list[str]] = {}
		for note, users in people.items():
			if note not in chosen and rank < len(users):
				notes_by_user.setdefault(users[rank], []).append(note)
		for user, notes in notes_by_user.items():
			chosen |= dict.fromkeys(visibility.filter_visible(user, "Personal Note", notes), user)
	return chosen


def find_missed_follow_ups(after: str, limit: int) -> list[frappe._dict]:
	"""Return up to `limit` open follow-ups of occasions whose day may be over, with names after `after`."""
	# The day of an assignee may be one ahead of the site's.
	return frappe.get_all(
		"Follow Up Task",
		filters={
			"status": "Open",
			"occurrence_key": ("is", "set"),
			"due_on": ("<=", getdate()),
			"name": (">", after),
		},
		fields=["name", "due_on", "snoozed_until", "assigned_to"],
		order_by="name asc",
		limit=limit,
	)


def end_missed_follow_ups(rows: list) -> None:
	"""End those of the follow-ups whose occasion is over for their assignee. They count as missed."""
	for row in rows:
		if rules.is_over(row.due_on, row.snoozed_until, get_user_today(row.assigned_to)):
			task = frappe.get_doc("Follow Up Task", row.name, for_update=True)
			if task.status == "Open":
				task.flags.skip_user_checks = True
				task.finish("Missed", None)


def finish_follow_ups(
	notes: list[str], status: str, outcome: str | None, from_day: date | None = None
) -> None:
	"""Set the open follow-ups of these notes' occasions to `status`, Done or Skipped, except occurrences
	before `from_day`. A skipped follow-up frees its occurrence, so it is created again if the occasion
	moves back to that day."""
	filters = {"personal_note": ("in", notes), "status": "Open", "occurrence_key": ("is", "set")}
	rows = frappe.get_all(
		"Follow Up Task", filters=filters, fields=["name", "personal_note", "occurrence_key"]
	)
	for row in rows:
		if from_day and row.occurrence_key < rules.occurrence_key(row.personal_note, from_day):
			continue
		task = frappe.get_doc("Follow Up Task", row.name, for_update=True)
		task.finish(status, outcome)
		if status == "Skipped":
			task.db_set("occurrence_key", None)
