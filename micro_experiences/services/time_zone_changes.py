"""Move the pending reminders of a user whose time zone changed to their own hour."""

from functools import partial

import frappe
from frappe.query_builder import DocType
from frappe.utils import get_time, now_datetime

from micro_experiences.domain import reminders as rules
from micro_experiences.services.quiet_hours import get_user_hours
from micro_experiences.utils import transactions

_CHUNK_SIZE = 500


def move_reminders(user: str) -> None:
	"""Recalculate the pending reminders of the open follow-ups of `user`, in chunks of one transaction each."""
	last = ""
	while last is not None:
		last = transactions.commit_with_retry(partial(_move_chunk, user, last))


def _move_chunk(user: str, after: str) -> str | None:
	"""Move the reminders of one chunk of tasks. Return the last name, or None if there was no task."""
	rows, now = _claim_rows(user, after), now_datetime()
	if not rows:
		return None
	hours = get_user_hours([user])[user]
	moved = {}
	for row in rows:
		if moment := rules.get_rezoned_reminder_time(row, hours, now):
			moved[row.name] = rules.get_reminder_fields(moment)
	keys = {
		name: rules.reminder_key(rules.REMINDER, {"name": name, "assigned_to": user} | fields)
		for name, fields in moved.items()
	}
	sent = _get_sent_keys(keys)
	for name, fields in moved.items():
		# The job would treat it as sent.
		if keys[name] not in sent:
			frappe.db.set_value("Follow Up Task", name, fields, update_modified=False)
	return rows[-1].name


def _get_sent_keys(keys: dict[str, str]) -> set[str]:
	if not keys:
		return set()
	filters = {"reminder_key": ("in", list(keys.values()))}
	return set(frappe.get_all("Follow Up Reminder", filters=filters, pluck="reminder_key"))


def _claim_rows(user: str, after: str) -> list:
	task = DocType("Follow Up Task")
	rows = (
		frappe.qb.from_(task)
		.select("name", "due_on", "due_time", "snoozed_until", "remind_days_before", "next_reminder_at")
		.where((task.status == "Open") & (task.assigned_to == user) & (task.name > after))
		.where(task.next_reminder_at.isnotnull() & task.due_on.isnotnull())
		.orderby(task.name)
		.limit(_CHUNK_SIZE)
		.for_update()
		.run(as_dict=True)
	)
	for row in rows:
		row.due_time = None if row.due_time is None else get_time(row.due_time)
	return rows
