"""New notes and promises, as the rules let them be kept."""

from datetime import datetime, time
from functools import partial

from micro_experiences.domain import notes, promises, reminders
from micro_experiences.domain.refusal import Refused, _
from micro_experiences.domain.sight import SOURCES
from preview import people, records
from preview.hours import hours_of
from preview.session import Session, day
from preview.store import fitting


def keep_note(session: Session, values: dict) -> str:
	"""Keep a new note with the fields of the DocType; its name. Raises Refused."""
	session.check_may_make("Personal Note")
	note = session.new("Personal Note") | values
	note["heard_by"] = note["heard_by"] or session.user
	notes.check_author(note["heard_by"], session.user, manager=session.manager)
	session.check_customer(note["customer"])
	for field, label in (
		("occasion_on", _("Occasion On")),
		("remember_until", _("Remember Until")),
		("heard_on", _("Heard On")),
	):
		note[field] = day(note[field], label)
	note["heard_on"] = note["heard_on"] or session.today
	return session.insert("Personal Note", note | notes.tidied(note, session.today))


def keep_promise(session: Session, values: dict) -> str:
	"""Keep a new promise with the fields of the DocType; its name. Raises Refused."""
	session.check_may_make("Follow Up Task")
	task = session.new("Follow Up Task") | {"assigned_to": session.user} | values
	session.check_customer(task["customer"])
	session.check_source(task)
	# What stems from a gesture stems from its note.
	task["personal_note"] = task["personal_note"] or of_gesture(session, task, "personal_note")
	check_people(session, task)
	return session.insert("Follow Up Task", tidied_promise(session, task, None))


def tidied_promise(session: Session, task: dict, before: dict | None) -> dict:
	"""A promise as it is saved, with the moment of its next reminder. `before` is None when it is new."""
	for field, label in (("due_on", _("Due On")), ("snoozed_until", _("Snoozed Until"))):
		task[field] = day(task[field], label)
	if isinstance(task["due_time"], str):
		task["due_time"] = _time(task["due_time"])
	task |= promises.tidied(task, before, session.today)
	return task | reminders.rescheduled(
		task, before, partial(reminder, session, task), partial(escalation, session, task)
	)


def reminder(session: Session, task: dict) -> dict:
	"""The fields that say when the owner of a promise is reminded next."""
	hours = hours_of(session, task["assigned_to"])
	return reminders.next_reminder(reminders.moment_of(task, hours))


def escalation(session: Session, task: dict) -> datetime | None:
	"""When somebody else is told that a promise is not kept."""
	if not task["escalate_to"]:
		return None
	return reminders.escalates_at(task, hours_of(session, task["escalate_to"]))


def check_people(session: Session, task: dict) -> None:
	"""Whoever a promise is given to may open its customer and see its note. Raises Refused."""
	assigned_to = task["assigned_to"]
	if assigned_to == session.user:
		return
	promises.check_chosen(
		session.full_name(assigned_to),
		sees_customer=people.may_use(session.roles(assigned_to)),
		sees_note=all(
			records.get(session.db, doctype, task[source], assigned_to, session.now)
			for source, doctype in SOURCES.items()
			if task[source]
		),
	)


def of_gesture(session: Session, task: dict, field: str):
	"""A field of the gesture that a promise stems from; None where it stems from none."""
	gesture = session.db.get("Gesture", task["gesture"] or "")
	return gesture and gesture[field]


def _time(text: str) -> time | None:
	try:
		return fitting(text, "Time")
	except ValueError:
		raise Refused(_("Write the time as hours and minutes, such as 14:30.")) from None
