"""Claim due reminders and send each of them exactly once."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

import frappe
from frappe import _
from frappe.query_builder import DocType
from frappe.query_builder.functions import Count
from frappe.utils import get_time, now_datetime

from micro_experiences.domain import reminders as rules
from micro_experiences.domain.errors import RuleViolation
from micro_experiences.permissions import visibility
from micro_experiences.services.preferences import get_users_with_notifications
from micro_experiences.services.quiet_hours import get_user_hours
from micro_experiences.utils import background_jobs, transactions
from micro_experiences.utils.notifications import notify_users, publish_due_follow_ups

# Reminders per transaction.
CHUNK_SIZE = 500
# If more tasks of a chunk than this fail unexpectedly, the cause is not the tasks: the rest waits for the next run.
_MAX_FAILURES = 20


def count_due(kind: str, now: datetime, most: int) -> int:
	"""Return how many open tasks are due for a reminder of `kind` by `now`, at most `most`."""
	return frappe.qb.from_(_get_due_query(kind, now, most).as_("due")).select(Count("*")).run()[0][0]


def _get_due_query(kind: str, now: datetime, limit: int):
	"""Build the query for due tasks, oldest first.

	Not get_all: it treats an empty due time as the earliest possible date, so tasks already reminded of would
	be due forever.
	"""
	task = DocType("Follow Up Task")
	moment = task[rules.DUE_FIELDS[kind]]
	return (
		frappe.qb.from_(task)
		.select(task.name)
		.where((task.status == "Open") & (moment <= now))
		.orderby(moment)
		.limit(limit)
	)


def send_due_reminders() -> int:
	"""Run in a worker: process chunks until no unclaimed reminder is due. Return the number of reminders
	sent."""
	return background_jobs.process_chunks(*(partial(send_chunk, kind) for kind in rules.DUE_FIELDS))


def send_chunk(kind: str = rules.REMINDER) -> tuple[int, int]:
	"""Send reminders for a chunk of due tasks that no other worker holds. Return (found, sent).

	Uses one transaction, retried after a deadlock. On any other error, the chunk is halved until the failing
	task is isolated, and that task is marked as failed.
	"""
	try:
		return transactions.commit_with_retry(partial(_send, kind, CHUNK_SIZE))
	except transactions.RETRYABLE_ERRORS:
		raise
	except Exception:
		frappe.db.rollback()
		names = _get_due_query(kind, now_datetime(), CHUNK_SIZE).run(pluck=True)
		return len(names), _send_halves(kind, names, [])


def _send_halves(kind: str, names: list[str], failed: list[str]) -> int:
	half = len(names) // 2
	return sum(_send_names(kind, some, failed) for some in (names[:half], names[half:]) if some)


def _send_names(kind: str, names: list[str], failed: list[str]) -> int:
	try:
		return transactions.commit_with_retry(partial(_send, kind, len(names), names))[1]
	except transactions.RETRYABLE_ERRORS:
		raise
	except Exception as error:
		frappe.db.rollback()
		if len(names) > 1:
			return _send_halves(kind, names, failed)
		failed += names
		if len(failed) > _MAX_FAILURES:
			raise
		transactions.commit_with_retry(partial(_mark_failed, kind, names[0], error))
		return 0


def _send(kind: str, limit: int, names: list[str] | None = None) -> tuple[int, int]:
	"""Write the notifications, proof rows and next due times of one chunk (of `names`, or of all). Return
	(claimed, sent). Rows claimed by another worker are skipped, because that worker sends them."""
	now = now_datetime()
	rows = _claim_rows(kind, now, limit, names)
	if not rows:
		return 0, 0
	context = _ChunkContext(kind, rows)
	sent_before = _get_sent_keys(context.keys.values())
	updates, lines, sent = {}, [], []
	for row in rows:
		try:
			context.check(row)
			hours = context.hours[row.recipient]
			if context.keys[row.name] not in sent_before:
				if held := rules.get_held_back_fields(kind, row, hours, now):
					updates[row.name] = held
					continue
				lines.append((row.recipient, context.line(row, now), "Follow Up Task", row.name))
				sent.append(row)
			updates[row.name] = rules.get_fields_after_sending(kind, row, hours, now)
		except Exception as error:
			updates[row.name] = _get_failure(kind, row.moment, error)
	notified = get_users_with_notifications(row.recipient for row in sent)
	notify_users(line for line in lines if line[0] in notified)
	_publish_hints([row for row in sent if row.recipient in notified])
	_write_proofs(kind, sent, context.keys, now)
	_update_tasks(updates)
	return len(rows), len(sent)


def _claim_rows(kind: str, now: datetime, limit: int, names: list[str] | None) -> list:
	task = DocType("Follow Up Task")
	query = _get_due_query(kind, now, limit).select(
		"customer",
		"assigned_to",
		"escalate_to",
		"due_on",
		"due_time",
		"snoozed_until",
		"moved_from",
		"moved_because",
		"occurrence_key",
		"remind_days_before",
		"next_reminder_at",
		"escalates_at",
		task[rules.DUE_FIELDS[kind]].as_("moment"),
		task[rules.RECIPIENT_FIELDS[kind]].as_("recipient"),
	)
	if names:
		query = query.where(task.name.isin(names))
	rows = query.for_update(skip_locked=True).run(as_dict=True)
	for row in rows:
		row.due_time = None if row.due_time is None else get_time(row.due_time)
	return rows


class _ChunkContext:
	"""The data that a chunk of rows needs, read in bulk."""

	def __init__(self, kind: str, rows: list):
		self.kind = kind
		self.keys = {row.name: rules.reminder_key(kind, row) for row in rows}
		recipients = {row.recipient for row in rows if row.recipient}
		self.hours = get_user_hours(recipients)
		self.hidden = _get_hidden_customers(rows, recipients)
		people = recipients | {row.assigned_to for row in rows if row.assigned_to}
		self.users = _get_by_name("User", people, ["enabled", "language", "full_name"])
		customers = {row.customer for row in rows if row.customer}
		self.customers = _get_by_name("Customer", customers, ["customer_name"])

	def check(self, row) -> None:
		"""Raise an error with a message for people if this reminder cannot be delivered."""
		user, customer = self.users.get(row.recipient), self.customers.get(row.customer)
		rules.check_deliverable(
			(user and user.full_name) or row.recipient,
			bool(user.enabled) if user else None,
			row.customer,
			(customer.customer_name or row.customer) if customer else None,
			can_open=(row.recipient, row.customer) not in self.hidden,
		)

	def line(self, row, now: datetime) -> str:
		"""Return the text of the notification. It is neutral: the subject of the follow-up stays behind
		its permissions."""
		escape, owner = frappe.utils.escape_html, self.users.get(row.assigned_to)
		name = escape(self.customers[row.customer].customer_name or row.customer)
		return rules.format_notification(
			f"<b>{name}</b>",
			row.due_on,
			self.hours[row.recipient].to_local(now),
			partial(_, lang=self.users[row.recipient].language),
			kind=self.kind,
			owner=escape((owner and owner.full_name) or row.assigned_to or ""),
			moved_because=row.moved_because or "",
			is_occasion=bool(row.occurrence_key),
		)


def _get_hidden_customers(rows: list, recipients: set[str]) -> set[tuple[str, str]]:
	"""Return the (user, customer) pairs where the user may no longer open the customer."""
	roles: dict[str, set[str]] = {user: set() for user in recipients}
	held = {"parent": ("in", sorted(recipients)), "parenttype": "User"}
	for row in frappe.get_all("Has Role", filters=held, fields=["parent", "role"]):
		roles[row.parent].add(row.role)
	hidden = set()
	for user in recipients - visibility.get_all_customer_readers(roles):
		customers = {row.customer for row in rows if row.recipient == user and row.customer}
		hidden |= {
			(user, customer)
			for customer in customers - visibility.filter_visible(user, "Customer", customers)
		}
	return hidden


def _get_by_name(doctype: str, names: set[str], fields: list[str]) -> dict:
	rows = frappe.get_all(doctype, filters={"name": ("in", sorted(names))}, fields=["name", *fields])
	return {row.name: row for row in rows}


def _get_sent_keys(keys: Iterable[str]) -> set[str]:
	return set(
		frappe.get_all(
			"Follow Up Reminder", filters={"reminder_key": ("in", list(keys))}, pluck="reminder_key"
		)
	)


def _publish_hints(rows: list) -> None:
	"""Notify open Desk sessions after the transaction is committed."""
	names: dict[str, list[str]] = {}
	for row in rows:
		names.setdefault(row.recipient, []).append(row.name)
	for user, due in names.items():
		publish_due_follow_ups(user, due)


def _get_failure(kind: str, moment: datetime, error: Exception) -> dict:
	"""Return the field values that mark a task as failed, with a message for people."""
	if isinstance(error, RuleViolation):
		why = error.format_message(_, str)
	else:
		why = f"{type(error).__name__}: {frappe.utils.strip_html(str(error)).strip()[:500]}"
	return rules.get_failure_fields(kind, moment, why)


def _mark_failed(kind: str, name: str, error: Exception) -> None:
	moment = frappe.db.get_value("Follow Up Task", name, rules.DUE_FIELDS[kind], for_update=True)
	if moment:
		_update_tasks({name: _get_failure(kind, moment, error)})


def _write_proofs(kind: str, rows: list, keys: dict[str, str], now: datetime) -> None:
	fields = (
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
	)
	me = frappe.session.user
	who = (now, now, me, me)
	values = [
		(
			frappe.generate_hash(length=12),
			*who,
			row.name,
			row.moment.date(),
			row.recipient,
			kind,
			now,
			keys[row.name],
		)
		for row in rows
	]
	if values:
		# Not ignore_duplicates: an existing key must roll back the whole chunk, including its notifications.
		frappe.db.bulk_insert("Follow Up Reminder", fields, values)


def _update_tasks(updates: dict[str, dict]) -> None:
	"""Update the tasks of a chunk with one statement for each distinct set of values; most tasks get the
	same values."""
	alike: dict[tuple, list[str]] = {}
	for name, values in updates.items():
		alike.setdefault(tuple(sorted(values.items(), key=lambda item: item[0])), []).append(name)
	for values, names in alike.items():
		frappe.db.set_value("Follow Up Task", {"name": ("in", names)}, dict(values), update_modified=False)
