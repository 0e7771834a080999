"""Prove that every open follow-up has a next reminder or was reminded of, and repair those without."""

from datetime import datetime
from functools import partial

import frappe
from frappe.query_builder import DocType
from frappe.query_builder.functions import Max
from frappe.utils import get_time, now_datetime

from micro_experiences.domain import reminders as rules
from micro_experiences.services.quiet_hours import get_user_hours
from micro_experiences.utils import transactions

_CHUNK_SIZE = 500
# How many reminders the last run repaired.
_REPAIRED = "mx_repaired_reminders"


def repair_lost_reminders() -> int:
	"""Give every open follow-up that lost its next reminder a new one, log them for administrators, and return
	how many there were."""
	last, lost = "", []
	while True:
		names, repaired = transactions.commit_with_retry(partial(_repair_chunk, last))
		lost += repaired
		if not names:
			break
		last = names[-1]
	if len(lost) != get_repaired_count():
		frappe.db.set_global(_REPAIRED, len(lost))
	if lost:
		frappe.log_error(title="Follow-ups without a next reminder were repaired", message="\n".join(lost))
	return len(lost)


def get_repaired_count() -> int:
	"""Return how many reminders the last nightly run repaired."""
	return int(frappe.db.get_global(_REPAIRED) or 0)


def _repair_chunk(after: str) -> tuple[list[str], list[str]]:
	"""Return the names of one chunk of tasks that wait for no reminder, and of those that were repaired."""
	rows, now = _claim_rows(after), now_datetime()
	if not rows:
		return [], []
	hours = get_user_hours({row.assigned_to for row in rows})
	sent = _get_last_sent(row.name for row in rows)
	lost = []
	for row in rows:
		mine = hours[row.assigned_to]
		if rules.is_reminder_lost(row, mine, sent.get((row.name, row.assigned_to))):
			moment = rules.get_repaired_reminder_time(row, mine, now)
			frappe.db.set_value(
				"Follow Up Task", row.name, rules.get_reminder_fields(moment), update_modified=False
			)
			lost.append(row.name)
	return [row.name for row in rows], lost


def _claim_rows(after: str) -> list:
	task = DocType("Follow Up Task")
	rows = (
		frappe.qb.from_(task)
		.select(
			"name",
			"status",
			"assigned_to",
			"due_on",
			"due_time",
			"snoozed_until",
			"remind_days_before",
			"next_reminder_at",
			"set_aside_at",
		)
		.where((task.status == "Open") & task.next_reminder_at.isnull() & task.set_aside_at.isnull())
		.where(task.assigned_to.isnotnull() & task.due_on.isnotnull() & (task.name > after))
		.orderby(task.name)
		.limit(_CHUNK_SIZE)
		.for_update()
		.run(as_dict=True)
	)
	for row in rows:
		row.due_time = None if row.due_time is None else get_time(row.due_time)
	return rows


def _get_last_sent(names) -> dict[tuple[str, str], datetime]:
	"""Return when each (task, recipient) was last reminded."""
	proof = DocType("Follow Up Reminder")
	found = (
		frappe.qb.from_(proof)
		.select(proof.follow_up_task, proof.recipient, Max(proof.sent_on))
		.where(proof.follow_up_task.isin(list(names)) & (proof.kind == rules.REMINDER))
		.groupby(proof.follow_up_task, proof.recipient)
		.run()
	)
	return {(task, recipient): sent_on for task, recipient, sent_on in found}
