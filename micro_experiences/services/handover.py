"""Handover of the follow-ups and notes of a user who leaves or is away to another user.

Private notes, confidential gestures and their follow-ups are excluded: they are not changed, shown or
counted. Notes that are visible to a group are included. Of records that the manager may not see, only the
number is disclosed.
"""

from collections import Counter
from collections.abc import Callable, Iterable

import frappe
from frappe import _
from frappe.query_builder import DocType
from frappe.query_builder.functions import Coalesce
from frappe.utils import escape_html, get_fullname, get_url_to_form, getdate

from micro_experiences.domain import follow_ups, notes
from micro_experiences.domain.errors import RuleViolation
from micro_experiences.permissions import visibility
from micro_experiences.utils.errors import throw
from micro_experiences.utils.language import get_language
from micro_experiences.utils.notifications import notify_users
from micro_experiences.utils.user_time import get_user_today

# The number of follow-ups that one request processes. The page repeats the request until none is left.
_MAX_AT_ONCE = 100
_MAX_USERS = 1000
_NOTES_PER_UPDATE = 1000
_MAX_ROWS = 20
_USER_FIELDS = {"promises": "assigned_to", "escalations": "escalate_to"}


def get_people() -> dict[str, list[dict]]:
	"""Return `{"leaving", "staying"}`: all users including disabled ones, and those who can take over.

	Each is a list of `{"value", "label"}`.
	"""
	rows = frappe.get_all(
		"User",
		filters={"name": ("not in", ("Guest", "Administrator")), "user_type": "System User"},
		fields=["name", "full_name", "enabled"],
		order_by="enabled asc, full_name asc",
		limit=_MAX_USERS,
	)
	# A former user may no longer be a System User, so everyone with open follow-ups is added.
	known = {row.name for row in rows}
	query, task = _get_open_tasks_query()
	holders = query.select(task.assigned_to).distinct().run(pluck=True)
	others = [name for name in holders if name and name not in known]
	rows += [frappe._dict(name=name, full_name=get_fullname(name), enabled=0) for name in others]
	left = _("{0} (inactive)")
	return {
		"leaving": [
			{"value": row.name, "label": row.full_name if row.enabled else left.format(row.full_name)}
			for row in rows
		],
		"staying": [{"value": row.name, "label": row.full_name} for row in rows if row.enabled],
	}


def preview_handover(leaving: str, staying: str) -> dict:
	"""Return what a handover between two users would include, and what not and why. Nothing is written.

	`promises`, `escalations` and `notes` have `count` and up to twenty `rows` of `customer, day, href`, of
	the records that the session user may see. `unseen` is the number of other records. `kept` is a list of
	`{"why", "count"}`.
	"""
	_check_users(leaving, staying)
	tasks, why_tasks = _get_tasks(leaving, staying)
	found, why_notes = _get_notes(leaving, staying)
	tasks = [row for row in tasks if row.name not in why_tasks]
	found = [row for row in found if row.name not in why_notes]
	lists = {
		kind: _summarize_records(
			"Follow Up Task", [row for row in tasks if row.seen and row[field] == leaving], "due_on"
		)
		for kind, field in _USER_FIELDS.items()
	}
	return lists | {
		"notes": _summarize_records("Personal Note", [row for row in found if row.seen], "heard_on"),
		"unseen": sum(not row.seen for row in (*tasks, *found)),
		"kept": _count_reasons([*why_tasks.values(), *why_notes.values()]),
	}


def hand_over_batch(leaving: str, staying: str, after: str | None = None) -> dict:
	"""Hand over the next batch of follow-ups, starting after `after`, and the notes with the last one.

	Returns the numbers of `promises`, `escalations` and `notes` that were handed over and that the session
	user may see, the number of others (`unseen`), what was not handed over (`kept`, a list of `{"why",
	"count"}`), and `after` for the next call, None after the last batch. Idempotent.
	"""
	_check_users(leaving, staying)
	tasks, why = _get_tasks(leaving, staying, after or "", _MAX_AT_ONCE)
	given, mine = dict.fromkeys((*_USER_FIELDS, "notes", "unseen"), 0), []
	for row in tasks:
		if row.name in why:
			continue
		if why_not := _hand_over_task(row.name, leaving, staying):
			why[row.name] = why_not if row.seen else _get_hidden_reason()
			continue
		for kind, field in _USER_FIELDS.items():
			given[kind] += row.seen and row[field] == leaving
		given["unseen"] += not row.seen
		if row.assigned_to == leaving:
			mine.append(row.name)
	_notify_recipient(staying, mine)
	kept, more = list(why.values()), len(tasks) == _MAX_AT_ONCE
	if not more:
		found, why_notes = _get_notes(leaving, staying)
		found = [row for row in found if row.name not in why_notes]
		_hand_over_notes([row.name for row in found], staying)
		given["notes"] = sum(row.seen for row in found)
		given["unseen"] += sum(not row.seen for row in found)
		kept += why_notes.values()
	return given | {"kept": _count_reasons(kept), "after": tasks[-1].name if more else None}


def _check_users(leaving: str, staying: str) -> None:
	"""Raise ValidationError unless the users differ and the second one can take over."""
	if leaving == staying:
		throw(_("Choose two different users."))
	if not frappe.db.exists("User", leaving):
		throw(_("User {0} does not exist.").format(escape_html(leaving)))
	if not frappe.db.exists("User", {"name": staying, "enabled": 1, "user_type": "System User"}):
		throw(_("{0} is not an active user. Choose someone else.").format(escape_html(staying)))


def _get_open_tasks_query():
	"""Return the query and the table of open follow-ups without a private note or confidential gesture."""
	task, gesture = DocType("Follow Up Task"), DocType("Gesture")
	query = frappe.qb.from_(task).left_join(gesture).on(gesture.name == task.gesture)
	for number, source in enumerate((task.personal_note, gesture.personal_note)):
		note = DocType("Personal Note").as_(f"note_{number}")
		query = (
			query.left_join(note)
			.on(note.name == source)
			.where((Coalesce(source, "") == "") | note.visibility.isin(notes.HANDOVER_VISIBILITIES))
		)
	return query.where((task.status == "Open") & (Coalesce(gesture.confidential, 0) == 0)), task


def _get_tasks(leaving: str, staying: str, after: str = "", limit: int = 0) -> tuple[list, dict[str, str]]:
	"""Return the open follow-ups of `leaving`, and `{name: reason}` of those that cannot be handed over.

	They are sorted by name and start after the name `after`; at most `limit` of them, 0 for all.
	"""
	query, task = _get_open_tasks_query()
	query = (
		query.select(
			task.name, task.customer, task.due_on, task.personal_note, task.assigned_to, task.escalate_to
		)
		.where((task.name > after) & ((task.assigned_to == leaving) | (task.escalate_to == leaving)))
		.orderby(task.name)
	)
	rows = _add_visibility("Follow Up Task", (query.limit(limit) if limit else query).run(as_dict=True))
	stems = {row.name: row.personal_note for row in rows}
	return rows, _get_refusals(staying, rows, stems, follow_ups.check_assignee)


def _get_notes(leaving: str, staying: str) -> tuple[list, dict[str, str]]:
	"""Return the active notes of `leaving`, and `{name: reason}` of those that cannot be handed over.

	Private notes are excluded. A note belongs to its owner, or to the user who heard it if Administrator
	imported it. Only the owner changes, because `heard_by` records who was told.
	"""
	rows = frappe.get_all(
		"Personal Note",
		filters={
			"status": "Active",
			"owner": ("in", (leaving, "Administrator")),
			"visibility": ("in", notes.HANDOVER_VISIBILITIES),
		},
		or_filters={"owner": leaving, "heard_by": leaving},
		fields=["name", "customer", "heard_on"],
		order_by="name asc",
	)
	rows = _add_visibility("Personal Note", rows)
	return rows, _get_refusals(staying, rows, {row.name: row.name for row in rows}, notes.check_handover)


def _add_visibility(doctype: str, rows: list) -> list:
	"""Return the rows with `seen` added: whether the session user may see the record."""
	names = [row.name for row in rows]
	listed = frappe.get_list(doctype, filters={"name": ("in", names)}, pluck="name", limit=0) if names else []
	seen = set(listed)
	for row in rows:
		row.seen = row.name in seen
	return rows


def _get_refusals(user: str, rows: list, stems: dict[str, str | None], check: Callable) -> dict[str, str]:
	"""Return `{name: reason}` of the records that `user` may not take over.

	`stems` maps each record to the note that its user must be able to see, or to None.
	"""
	customers = visibility.filter_visible(user, "Customer", {row.customer for row in rows})
	seen = visibility.filter_visible(user, "Personal Note", {note for note in stems.values() if note})
	full_name, why = get_fullname(user), {}
	for row in rows:
		note = stems[row.name]
		try:
			check(
				full_name, can_open_customer=row.customer in customers, can_see_note=not note or note in seen
			)
		except RuleViolation as refused:
			why[row.name] = refused.format_message(_, str) if row.seen else _get_hidden_reason()
	return why


def _get_hidden_reason() -> str:
	"""Return the reason that is given for every record that the session user may not see."""
	return _("This record is not visible to you and could not be handed over. Choose someone else.")


def _hand_over_task(name: str, leaving: str, staying: str) -> str:
	"""Hand one follow-up over through its controller, and return the reason if that fails, else ""."""
	frappe.db.savepoint("hand_over")
	try:
		task = frappe.get_doc("Follow Up Task", name, for_update=True)
		task.update({field: staying for field in _USER_FIELDS.values() if task.get(field) == leaving})
		task.save(ignore_permissions=True)
	except (frappe.ValidationError, frappe.PermissionError, frappe.DoesNotExistError) as error:
		frappe.db.rollback(save_point="hand_over")
		frappe.clear_messages()
		return frappe.utils.strip_html(str(error)) or _(
			"This record could not be saved and was not handed over."
		)
	return ""


def _hand_over_notes(names: list[str], staying: str) -> None:
	"""Change the owner of the notes."""
	for start in range(0, len(names), _NOTES_PER_UPDATE):
		chunk = names[start : start + _NOTES_PER_UPDATE]
		frappe.db.set_value("Personal Note", {"name": ("in", chunk)}, "owner", staying)


def _notify_recipient(user: str, names: list[str]) -> None:
	"""Notify the user who takes over in one line, without the text of any follow-up."""
	if names and user != frappe.session.user:
		lang = frappe.db.get_value("User", user, "language")
		subject = _("Follow-ups handed over to you: {0}", lang=lang).format(len(names))
		notify_users([(user, subject, "Follow Up Task", names[0])])


def _summarize_records(doctype: str, rows: list, day: str) -> dict:
	today, language = get_user_today(), get_language()
	shown = sorted(rows, key=lambda row: (str(row[day] or ""), row.name))[:_MAX_ROWS]
	return {
		"count": len(rows),
		"rows": [
			{
				"customer": row.customer,
				"day": language.format_date(getdate(row[day]), today) if row[day] else "",
				"href": get_url_to_form(doctype, row.name),
			}
			for row in shown
		],
	}


def _count_reasons(whys: Iterable[str]) -> list[dict]:
	"""Return each reason with its count, the most frequent first."""
	return [{"why": why, "count": count} for why, count in Counter(whys).most_common()]
