"""Reminders of promises, each exactly once: the bell, its proof and what follows in one transaction."""

from micro_experiences.domain import reminders as rules
from micro_experiences.domain.reminders import MOMENT, RECIPIENT
from preview import preferences
from preview.hours import hours_of
from preview.session import LANGUAGE, Session

CHUNK = 200


def send_due(session: Session) -> tuple[int, int]:
	"""Remind of what is due by now, up to a chunk of each kind: how many were due, and how many of them were told."""
	due = sent = 0
	for kind, moment in MOMENT.items():
		tasks = session.db.rows(
			f"""select * from "tabFollow Up Task" where status = 'Open' and {moment} <= ?"""
			f" order by {moment}, name limit ?",
			session.now,
			CHUNK,
		)
		due += len(tasks)
		sent += sum(_send(session, kind, task) for task in tasks)
	return due, sent


def _send(session: Session, kind: str, task: dict) -> bool:
	"""Whether somebody was told of this one now."""
	recipient, moment = task[RECIPIENT[kind]], task[MOMENT[kind]]
	key = rules.reminder_key(kind, task)
	hours = hours_of(session, recipient)
	told = False
	try:
		customer = _check(session, recipient, task)
		if not session.db.find("Follow Up Reminder", {"reminder_key": key}):
			if held := rules.held_back(kind, task, hours, session.now):
				session.update("Follow Up Task", task["name"], held)
				return False
			if recipient in preferences.bells(session, [recipient]):
				_tell(session, kind, task, recipient, customer)
			_prove(session, kind, task, recipient, moment, key)
			told = True
		following = rules.following(kind, task, hours, session.now)
	except rules.Refused as refused:
		following = rules.set_aside(kind, moment, refused.say(LANGUAGE.translate, session.show))
	session.update("Follow Up Task", task["name"], following)
	return told


def _check(session: Session, recipient: str, task: dict) -> str:
	"""The name of the customer, where the reminder can arrive. Raises Refused."""
	user, customer = session.db.get("User", recipient), session.db.get("Customer", task["customer"])
	rules.check_can_arrive(
		session.full_name(recipient),
		user and user["enabled"],
		task["customer"],
		customer and customer["customer_name"],
	)
	return customer["customer_name"]


def _tell(session: Session, kind: str, task: dict, recipient: str, customer: str) -> None:
	subject = rules.line(
		customer,
		task["due_on"],
		hours_of(session, recipient).local(session.now),
		kind=kind,
		owner=session.full_name(task["assigned_to"]),
		moved_because=task["moved_because"] or "",
	)
	session.insert(
		"Notification Log",
		{
			"for_user": recipient,
			"subject": subject,
			"document_type": "Follow Up Task",
			"document_name": task["name"],
			"sent_on": session.now,
		},
	)


def _prove(session: Session, kind: str, task: dict, recipient: str, moment, key: str) -> None:
	session.insert(
		"Follow Up Reminder",
		{
			"follow_up_task": task["name"],
			"occurrence": moment.date(),
			"recipient": recipient,
			"kind": kind,
			"sent_on": session.now,
			"reminder_key": key,
		},
	)
