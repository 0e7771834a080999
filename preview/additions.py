"""New notes and follow-ups, as the rules allow them, and follow-ups as they are saved."""

from micro_experiences.domain import follow_ups, never_notes, notes, reminders
from micro_experiences.domain.visibility import SOURCE_FIELDS
from preview import people
from preview.session import Session


def add_note(session: Session, values: dict) -> str:
	"""Insert a note with the fields of the DocType, and return its name."""
	session.check_can_create("Personal Note")
	note = session.new("Personal Note") | values
	note["heard_by"] = note["heard_by"] or session.user
	notes.check_author(note["heard_by"], session.user, manager=session.manager)
	session.check_customer(note["customer"])
	note |= notes.clean_note(note, session.today)
	if note["kind"] == "Never" and not (note["stops"] or note["avoids"]):
		note["stops"], note["avoids"] = never_notes.guess_restrictions(note["note"])
		never_notes.check_says_what(note["stops"], note["avoids"])
	return session.insert("Personal Note", note)


def add_follow_up(session: Session, values: dict) -> str:
	"""Insert a follow-up with the fields of the DocType, and return its name."""
	session.check_can_create("Follow Up Task")
	task = session.new("Follow Up Task") | {"assigned_to": session.user} | values
	session.check_customer(task["customer"])
	session.check_source(task)
	# A follow-up to a gesture also belongs to the note behind that gesture.
	gesture = session.db.get("Gesture", task["gesture"] or "")
	task["personal_note"] = task["personal_note"] or (gesture and gesture["personal_note"])
	check_assignee(session, task)
	return session.insert("Follow Up Task", clean_follow_up(session, task, None))


def check_assignee(session: Session, task: dict) -> None:
	"""Check that the assigned user is enabled, may open the customer and can see the note. Raises RuleViolation."""
	owner = task["assigned_to"]
	if owner == session.user:
		return
	linked = [(doctype, task[field]) for field, doctype in SOURCE_FIELDS.items() if task[field]]
	follow_ups.check_assignee(
		session.full_name(owner),
		enabled=people.is_enabled(session.db, owner),
		can_open_customer=people.can_use_app(session.roles(owner)),
		can_see_note=all(session.visible(doctype, name, owner) for doctype, name in linked),
	)


def clean_follow_up(session: Session, task: dict, before: dict | None) -> dict:
	"""Return a follow-up as it is saved, with the time of its next reminder. `before` is None when it is new."""
	task = task | follow_ups.clean_follow_up(task, before, session.today)
	return task | reminders.reschedule(
		task,
		before,
		lambda: reminders.get_reminder_fields(reminders.get_reminder_time(task, session.hours)),
		lambda: reminders.get_escalation_time(task, session.hours),
	)
