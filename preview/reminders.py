"""Reminders of follow-ups, each exactly once: notification, proof and next reminder are one transaction."""

from micro_experiences.domain import reminders as rules
from micro_experiences.domain.errors import RuleViolation
from preview.session import LANGUAGE, Session

CHUNK_SIZE = 200


def send_due(session: Session) -> tuple[int, int]:
	"""Send up to a chunk of due reminders. Returns how many were due, and how many were sent."""
	tasks = session.db.rows(
		"""select * from "tabFollow Up Task" where status = 'Open' and next_reminder_at <= ?"""
		" order by next_reminder_at, name limit ?",
		session.now,
		CHUNK_SIZE,
	)
	return len(tasks), sum(_send(session, task) for task in tasks)


def _send(session: Session, task: dict) -> bool:
	"""Send a reminder, or move it out of quiet hours. Returns whether it was sent."""
	kind, hours, sent = rules.REMINDER, session.hours, False
	key = rules.reminder_key(kind, task)
	try:
		customer = _check(session, task)
		if not session.db.find("Follow Up Reminder", {"reminder_key": key}):
			if held := rules.get_held_back_fields(kind, task, hours, session.now):
				session.update("Follow Up Task", task["name"], held)
				return False
			_notify(session, task, customer)
			_write_proof(session, task, key)
			sent = True
		following = rules.get_fields_after_sending(kind, task, hours, session.now)
	except RuleViolation as refused:
		message = refused.format_message(LANGUAGE.translate, session.show)
		following = rules.get_failure_fields(kind, task["next_reminder_at"], message)
	session.update("Follow Up Task", task["name"], following)
	return sent


def _check(session: Session, task: dict) -> str:
	"""Return the name of the customer if the reminder can arrive. Raises RuleViolation."""
	owner = session.db.get("User", task["assigned_to"])
	customer = session.db.get("Customer", task["customer"])
	name = customer and customer["customer_name"]
	full_name = session.full_name(task["assigned_to"])
	rules.check_deliverable(full_name, owner and owner["enabled"], task["customer"], name)
	return name


def _notify(session: Session, task: dict, customer: str) -> None:
	reason, owner = task["moved_because"] or "", session.full_name(task["assigned_to"])
	subject = rules.format_notification(
		customer, task["due_on"], session.now, kind=rules.REMINDER, owner=owner, moved_because=reason
	)
	session.notify([task["assigned_to"]], subject, "Follow Up Task", task["name"])


def _write_proof(session: Session, task: dict, key: str) -> None:
	values = {"follow_up_task": task["name"], "occurrence": task["next_reminder_at"].date()}
	values |= {"recipient": task["assigned_to"], "kind": rules.REMINDER, "sent_on": session.now}
	session.insert("Follow Up Reminder", values | {"reminder_key": key})
