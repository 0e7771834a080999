"""Reminders of promises, each exactly once.

The scheduled function only finds what is due and hands it on in chunks; a chunk claims its rows, and writes the
bell notifications, the proof and the next reminder in one transaction. It asks "due by now and not yet sent",
never "due exactly now", so that an outage delays and never loses.
"""

import time
from datetime import datetime
from functools import partial

import frappe
from frappe import _
from frappe.utils import get_datetime, getdate, now_datetime

from micro_experiences.desk.bell import ring
from micro_experiences.domain import reminders as rules
from micro_experiences.micro_experiences.doctype.micro_experiences_settings.micro_experiences_settings import (
	get_settings,
)

CHUNK = 200
# More than this at once waits for the next run, so that one run never fills the queue.
_MOST_CHUNKS = 500
_TRIES = 3


def mx_send_due_reminders() -> None:
	"""Every ten minutes: hand what is due to the workers."""
	names = due_tasks(now_datetime(), CHUNK * _MOST_CHUNKS)
	for start in range(0, len(names), CHUNK):
		chunk = names[start : start + CHUNK]
		frappe.enqueue(
			send_chunk,
			queue="default",
			job_id=f"micro_experiences:reminders:{chunk[0]}",
			deduplicate=True,
			names=chunk,
		)


def due_tasks(now: datetime, limit: int) -> list[str]:
	"""The names of the open tasks to remind of by `now`, the oldest first.

	Not by get_all: it reads an empty date as the first day of all, so what was reminded of would be due for ever.
	"""
	task = frappe.qb.DocType("Follow Up Task")
	return (
		frappe.qb.from_(task)
		.select(task.name)
		.where((task.status == "Open") & (task.next_reminder_at <= now))
		.orderby(task.next_reminder_at)
		.orderby(task.name)
		.limit(limit)
		.run(pluck=True)
	)


def send_chunk(names: list[str]) -> int:
	"""Remind of those of `names` that are still due; how many were sent. One transaction, tried again after a deadlock:
	Frappe's own retry of jobs does not catch it."""
	for attempt in range(_TRIES):
		try:
			sent = _send(names, now_datetime())
			frappe.db.commit()  # nosemgrep: a job owns its transaction, and what is sent must be proved sent
			return sent
		except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
			frappe.db.rollback()
			if attempt == _TRIES - 1:
				raise
			time.sleep(0.1 * (attempt + 1))
	return 0


def _send(names: list[str], now: datetime) -> int:
	"""Write everything that one chunk means; how many were told. Rows that another worker holds are
	passed over: that worker sends them."""
	task = frappe.qb.DocType("Follow Up Task")
	rows = (
		frappe.qb.from_(task)
		.select(
			task.name,
			task.customer,
			task.assigned_to,
			task.due_on,
			task.due_time,
			task.snoozed_until,
			task.next_reminder_at,
		)
		.where(task.name.isin(names) & (task.status == "Open") & (task.next_reminder_at <= now))
		.for_update(skip_locked=True)
		.run(as_dict=True)
	)
	if not rows:
		return 0
	sent_before = set(
		frappe.get_all(
			"Follow Up Reminder",
			filters={"reminder_key": ("in", [_key(row) for row in rows])},
			pluck="reminder_key",
		)
	)
	fresh = [row for row in rows if _key(row) not in sent_before]
	# Whoever has left is told nothing, and the promise stays due: it reaches the one who takes it over.
	languages = dict(
		frappe.get_all(
			"User",
			filters={"name": ("in", {row.assigned_to for row in fresh}), "enabled": 1},
			fields=["name", "language"],
			as_list=True,
		)
	)
	told = [row for row in fresh if row.assigned_to in languages]
	_write_notifications(told, languages, now)
	_write_proofs(told, now)
	_schedule_next([row for row in rows if row.assigned_to in languages or _key(row) in sent_before], now)
	return len(told)


def _key(row) -> str:
	return rules.reminder_key(row.name, get_datetime(row.next_reminder_at), row.assigned_to, "Reminder")


def _write_notifications(rows: list, languages: dict[str, str | None], now: datetime) -> None:
	"""The bell: a link and a neutral line. What was promised stays on the site, behind its permissions."""
	names = dict(
		frappe.get_all(
			"Customer",
			filters={"name": ("in", {row.customer for row in rows})},
			fields=["name", "customer_name"],
			as_list=True,
		)
	)
	lines = []
	for row in rows:
		customer = frappe.utils.escape_html(names.get(row.customer) or row.customer or "")
		translate = partial(_, lang=languages[row.assigned_to])
		subject = rules.line(f"<b>{customer}</b>", getdate(row.due_on), now, translate)
		lines.append((row.assigned_to, subject, "Follow Up Task", row.name))
	ring(lines)


def _write_proofs(rows: list, now: datetime) -> None:
	fields = [
		"name",
		"creation",
		"modified",
		"owner",
		"modified_by",
		"follow_up_task",
		"occurrence",
		"recipient",
		"kind",
		"sent_on",
		"reminder_key",
	]
	me = frappe.session.user
	values = [
		(
			frappe.generate_hash(length=12),
			now,
			now,
			me,
			me,
			row.name,
			getdate(row.next_reminder_at),
			row.assigned_to,
			"Reminder",
			now,
			_key(row),
		)
		for row in rows
	]
	if values:
		# Not ignore_duplicates: a key that is there already must undo this chunk, bell and all.
		frappe.db.bulk_insert("Follow Up Reminder", fields, values)


def _schedule_next(rows: list, now: datetime) -> None:
	"""After a reminder some days before, the one at the due moment; else none until somebody puts the task off."""
	settings = get_settings().as_dict()
	updates = {}
	for row in rows:
		task = row | {
			"due_on": getdate(row.due_on),
			"due_time": frappe.utils.get_time(row.due_time) if row.due_time else None,
			"next_reminder_at": get_datetime(row.next_reminder_at),
		}
		updates[row.name] = {"next_reminder_at": rules.moment_after(task, settings, now)}
	frappe.db.bulk_update("Follow Up Task", updates, update_modified=False)
