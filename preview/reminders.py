"""Reminders of promises, each exactly once: the bell, its proof and the next reminder in one transaction."""

from micro_experiences.domain import reminders as rules
from preview.session import Session

CHUNK = 200


def send_due(session: Session) -> tuple[int, int]:
	"""Remind of what is due by now, up to a chunk: how many were due, and how many of them were not sent before."""
	due = session.db.rows(
		"""select * from "tabFollow Up Task" where status = 'Open' and next_reminder_at <= ?"""
		" order by next_reminder_at, name limit ?",
		session.now,
		CHUNK,
	)
	sent = 0
	for task in due:
		key = rules.reminder_key(task["name"], task["next_reminder_at"], task["assigned_to"], "Reminder")
		if not session.db.find("Follow Up Reminder", {"reminder_key": key}):
			_remind(session, task, key)
			sent += 1
		moment = rules.moment_after(task, session.settings, session.now)
		session.update("Follow Up Task", task["name"], {"next_reminder_at": moment})
	return len(due), sent


def _remind(session: Session, task: dict, key: str) -> None:
	customer = session.db.get("Customer", task["customer"])["customer_name"]
	session.insert(
		"Notification Log",
		{
			"for_user": task["assigned_to"],
			"subject": rules.line(customer, task["due_on"], session.now),
			"document_type": "Follow Up Task",
			"document_name": task["name"],
			"sent_on": session.now,
		},
	)
	session.insert(
		"Follow Up Reminder",
		{
			"follow_up_task": task["name"],
			"occurrence": task["next_reminder_at"].date(),
			"recipient": task["assigned_to"],
			"kind": "Reminder",
			"sent_on": session.now,
			"reminder_key": key,
		},
	)
