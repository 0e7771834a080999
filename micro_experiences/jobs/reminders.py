"""Reminders of promises, each exactly once.

The scheduled function only counts what is due and asks as many workers as can share it. A worker claims a chunk of rows
that nobody else holds, and writes the bell notifications, the proof and what follows in one transaction; then the next
chunk, until nothing is left. It asks "due by now and not yet sent", never "due exactly now", so that an outage delays and
never loses, and a worker that is killed leaves its chunk to the others.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

import frappe
from frappe import _
from frappe.query_builder import DocType
from frappe.query_builder.functions import Count
from frappe.utils import get_time, now_datetime

from micro_experiences.desk.bell import hint, ring
from micro_experiences.desk.hours import hours_of
from micro_experiences.desk.preferences import bells
from micro_experiences.domain import reminders as rules
from micro_experiences.domain.refusal import Refused
from micro_experiences.domain.reminders import MOMENT, RECIPIENT, REMINDER
from micro_experiences.jobs import workers
from micro_experiences.privacy import sight

# How many reminders make one transaction.
CHUNK = 500
# When so many of a chunk cannot be written for reasons that nobody foresaw, they are not to blame: they wait.
_MOST_TO_BLAME = 20


def mx_send_due_reminders() -> None:
	"""Every ten minutes: ask workers for what is due. One that is still at it shares the work with those of this run."""
	most = workers.most(CHUNK)
	workers.ask(send_due, "reminders", sum(due_count(kind, now_datetime(), most) for kind in MOMENT), CHUNK)


def due_count(kind: str, now: datetime, most: int) -> int:
	"""How many open tasks are due for a reminder of `kind` by `now`; `most` when there are more."""
	return frappe.qb.from_(_due(kind, now, most).as_("due")).select(Count("*")).run()[0][0]


def _due(kind: str, now: datetime, limit: int):
	"""The query for what is due, the oldest first.

	Not by get_all: it reads an empty moment as the first day of all, so what was reminded of would be due for ever.
	"""
	task = DocType("Follow Up Task")
	moment = task[MOMENT[kind]]
	return (
		frappe.qb.from_(task)
		.select(task.name)
		.where((task.status == "Open") & (moment <= now))
		.orderby(moment)
		.limit(limit)
	)


def send_due() -> int:
	"""What a worker does: chunk after chunk until nothing is left that nobody else holds; how many were sent."""
	return workers.until_done(*(partial(send_chunk, kind) for kind in MOMENT))


def send_chunk(kind: str = REMINDER) -> tuple[int, int]:
	"""Remind of up to CHUNK tasks that are due and that nobody else holds: how many there were, and how many were sent.

	One transaction, tried again after a deadlock. When something else goes wrong the chunk is halved until the task
	that is to blame is alone, and that one is set aside.
	"""
	try:
		return workers.kept(partial(_send, kind, CHUNK))
	except workers.UNDONE:
		raise
	except Exception:
		frappe.db.rollback()
		names = _due(kind, now_datetime(), CHUNK).run(pluck=True)
		return len(names), _send_halves(kind, names, [])


def _send_halves(kind: str, names: list[str], blamed: list[str]) -> int:
	half = len(names) // 2
	return sum(_send_these(kind, some, blamed) for some in (names[:half], names[half:]) if some)


def _send_these(kind: str, names: list[str], blamed: list[str]) -> int:
	try:
		return workers.kept(partial(_send, kind, len(names), names))[1]
	except workers.UNDONE:
		raise
	except Exception as error:
		frappe.db.rollback()
		if len(names) > 1:
			return _send_halves(kind, names, blamed)
		blamed += names
		if len(blamed) > _MOST_TO_BLAME:
			raise
		workers.kept(partial(_set_aside, kind, names[0], error))
		return 0


def _send(kind: str, limit: int, names: list[str] | None = None) -> tuple[int, int]:
	"""Write everything that one chunk (of `names`, or of all) means; (claimed, told). Rows that another worker holds are
	passed over: that worker sends them."""
	now = now_datetime()
	rows = _claim(kind, now, limit, names)
	if not rows:
		return 0, 0
	world = _World(kind, rows)
	sent_before = _sent_before(world.keys.values())
	updates, lines, told = {}, [], []
	for row in rows:
		try:
			world.check(row)
			hours = world.hours[row.recipient]
			if world.keys[row.name] not in sent_before:
				if held := rules.held_back(kind, row, hours, now):
					updates[row.name] = held
					continue
				lines.append((row.recipient, world.line(row, now), "Follow Up Task", row.name))
				told.append(row)
			updates[row.name] = rules.following(kind, row, hours, now)
		except Exception as error:
			updates[row.name] = _aside(kind, row.moment, error)
	ringing = bells(row.recipient for row in told)
	ring(line for line in lines if line[0] in ringing)
	_hint([row for row in told if row.recipient in ringing])
	_write_proofs(kind, told, world.keys, now)
	_update(updates)
	return len(rows), len(told)


def _claim(kind: str, now: datetime, limit: int, names: list[str] | None) -> list:
	task = DocType("Follow Up Task")
	query = _due(kind, now, limit).select(
		*("customer", "assigned_to", "escalate_to", "due_on", "due_time", "snoozed_until", "moved_from"),
		*("moved_because", "remind_days_before", "next_reminder_at", "escalates_at"),
		task[MOMENT[kind]].as_("moment"),
		task[RECIPIENT[kind]].as_("recipient"),
	)
	if names:
		query = query.where(task.name.isin(names))
	rows = query.for_update(skip_locked=True).run(as_dict=True)
	for row in rows:
		row.due_time = None if row.due_time is None else get_time(row.due_time)
	return rows


class _World:
	"""What the rows of a chunk need to know, read at once."""

	def __init__(self, kind: str, rows: list):
		self.kind = kind
		self.keys = {row.name: rules.reminder_key(kind, row) for row in rows}
		recipients = {row.recipient for row in rows if row.recipient}
		self.hours = hours_of(recipients)
		self.hidden = _hidden(rows, recipients)
		people = recipients | {row.assigned_to for row in rows if row.assigned_to}
		self.users = _by_name("User", people, ["enabled", "language", "full_name"])
		customers = {row.customer for row in rows if row.customer}
		self.customers = _by_name("Customer", customers, ["customer_name"])

	def check(self, row) -> None:
		"""Raises, with the reason for people, where this reminder cannot arrive."""
		user, customer = self.users.get(row.recipient), self.customers.get(row.customer)
		rules.check_can_arrive(
			(user and user.full_name) or row.recipient,
			bool(user.enabled) if user else None,
			row.customer,
			(customer.customer_name or row.customer) if customer else None,
			may_open=(row.recipient, row.customer) not in self.hidden,
		)

	def line(self, row, now: datetime) -> str:
		"""The bell: a neutral line. What was promised stays on the site, behind its permissions."""
		escape, owner = frappe.utils.escape_html, self.users.get(row.assigned_to)
		name = escape(self.customers[row.customer].customer_name or row.customer)
		return rules.line(
			f"<b>{name}</b>",
			row.due_on,
			self.hours[row.recipient].local(now),
			partial(_, lang=self.users[row.recipient].language),
			kind=self.kind,
			owner=escape((owner and owner.full_name) or row.assigned_to or ""),
			moved_because=row.moved_because or "",
		)


def _hidden(rows: list, recipients: set[str]) -> set[tuple[str, str]]:
	"""The (user, customer) of those who may not open a customer any more."""
	roles: dict[str, set[str]] = {user: set() for user in recipients}
	held = {"parent": ("in", sorted(recipients)), "parenttype": "User"}
	for row in frappe.get_all("Has Role", filters=held, fields=["parent", "role"]):
		roles[row.parent].add(row.role)
	hidden = set()
	for user in recipients - sight.read_all_customers(roles):
		theirs = {row.customer for row in rows if row.recipient == user and row.customer}
		hidden |= {(user, customer) for customer in theirs - sight.seen_by(user, "Customer", theirs)}
	return hidden


def _by_name(doctype: str, names: set[str], fields: list[str]) -> dict:
	rows = frappe.get_all(doctype, filters={"name": ("in", sorted(names))}, fields=["name", *fields])
	return {row.name: row for row in rows}


def _sent_before(keys: Iterable[str]) -> set[str]:
	return set(
		frappe.get_all(
			"Follow Up Reminder", filters={"reminder_key": ("in", list(keys))}, pluck="reminder_key"
		)
	)


def _hint(rows: list) -> None:
	"""Open desks say so once the transaction is kept."""
	names: dict[str, list[str]] = {}
	for row in rows:
		names.setdefault(row.recipient, []).append(row.name)
	for user, mine in names.items():
		hint(user, mine)


def _aside(kind: str, moment: datetime, error: Exception) -> dict:
	"""The fields of a task that is set aside, with the reason as people read it."""
	if isinstance(error, Refused):
		why = error.say(_, str)
	else:
		why = f"{type(error).__name__}: {frappe.utils.strip_html(str(error)).strip()[:500]}"
	return rules.set_aside(kind, moment, why)


def _set_aside(kind: str, name: str, error: Exception) -> None:
	moment = frappe.db.get_value("Follow Up Task", name, MOMENT[kind], for_update=True)
	if moment:
		_update({name: _aside(kind, moment, error)})


def _write_proofs(kind: str, rows: list, keys: dict[str, str], now: datetime) -> None:
	fields = (
		*("name", "creation", "modified", "owner", "modified_by", "follow_up_task", "occurrence"),
		*("recipient", "kind", "sent_on", "reminder_key"),
	)
	me = frappe.session.user
	who = (now, now, me, me)
	values = [
		(
			*(frappe.generate_hash(length=12), *who, row.name, row.moment.date(), row.recipient),
			*(kind, now, keys[row.name]),
		)
		for row in rows
	]
	if values:
		# Not ignore_duplicates: a key that is there already must undo this chunk, bell and all.
		frappe.db.bulk_insert("Follow Up Reminder", fields, values)


def _update(updates: dict[str, dict]) -> None:
	"""Nearly all tasks of a chunk get the same values: one statement for each set of values."""
	alike: dict[tuple, list[str]] = {}
	for name, values in updates.items():
		alike.setdefault(tuple(sorted(values.items(), key=lambda item: item[0])), []).append(name)
	for values, names in alike.items():
		frappe.db.set_value("Follow Up Task", {"name": ("in", names)}, dict(values), update_modified=False)
