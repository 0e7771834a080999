"""What the panel and the pages do with Follow Up Tasks, from the promise to its end."""

from datetime import date

from micro_experiences.domain import notes, promises, reminders
from preview.banner import answer
from preview.keeping import (
	check_people,
	escalation,
	keep_note,
	keep_promise,
	of_gesture,
	reminder,
	tidied_promise,
)
from preview.session import Session


def promise(
	session: Session,
	customer: str,
	subject: str,
	due_on: str,
	due_time: str | None = None,
	assigned_to: str | None = None,
	remind_days_before: int = 0,
	repeats: str | None = None,
	every: int = 1,
	personal_note: str | None = None,
	gesture: str | None = None,
) -> dict:
	"""Promise something to a customer. `due_on` is an ISO date, `due_time` HH:MM."""
	values = {
		"customer": customer,
		"contact": session.contact,
		"subject": subject,
		"due_on": due_on,
		"due_time": due_time,
		"assigned_to": assigned_to,
		"remind_days_before": remind_days_before,
		"repeats": repeats,
		"every": every,
		"personal_note": personal_note,
		"gesture": gesture,
		"sent_key": session.sent_key,
	}
	given = {field: value for field, value in values.items() if value}
	name = keep_promise(session, given | session.reference)
	return {"name": name} | answer(session, customer)


def done(
	session: Session,
	name: str,
	outcome: str | None = None,
	remember: bool = False,
) -> dict:
	"""The promise is kept; with `remember`, the outcome becomes a note."""
	task = _own(session, name)
	finish(session, task, "Done", outcome)
	if remember and (outcome or "").strip():
		source = session.db.get("Personal Note", task["personal_note"] or "")
		confidential = bool(of_gesture(session, task, "confidential"))
		values = notes.inherited(source, confidential=confidential)
		values |= {"customer": task["customer"], "contact": task["contact"], "note": outcome}
		values["kind"] = promises.OUTCOME_KIND
		keep_note(session, values | session.reference)
	return answer(session, task["customer"])


def later(
	session: Session,
	name: str,
	until: str,
) -> dict:
	"""Say nothing of it until "tomorrow", "next_week", "next_month" or an ISO date."""
	task = _own(session, name)
	promises.check_open(task["status"])
	_save(session, task, {"snoozed_until": reminders.later(until, session.today)})
	return answer(session, task["customer"])


def skip(
	session: Session,
	name: str,
) -> dict:
	"""Let this one go; a repeating promise comes back."""
	task = _own(session, name)
	finish(session, task, "Skipped", None)
	return answer(session, task["customer"])


def stop_repeating(
	session: Session,
	name: str,
) -> dict:
	"""The promise stays open, and does not come back once it is kept or let go."""
	task = _own(session, name)
	promises.check_open(task["status"])
	promises.check_repeats(task["repeats"])
	_save(session, task, {"repeats": "Never"})
	return answer(session, task["customer"])


def hand_over(
	session: Session,
	name: str,
	to: str,
) -> dict:
	"""Give the promise to a colleague (a user id), whose bell says so and who is reminded of it from now on."""
	task = _own(session, name)
	promises.check_open(task["status"])
	user = session.db.get("User", to)
	promises.check_handed_over(
		to, task["assigned_to"], session.full_name(to), enabled=bool(user and user["enabled"])
	)
	check_people(session, task | {"assigned_to": to})
	_save(session, task, {"assigned_to": to})
	if to != session.user:
		customer = session.db.get("Customer", task["customer"])["customer_name"]
		session.insert(
			"Notification Log",
			{
				"for_user": to,
				"subject": promises.handed_over_line(session.full_name(session.user), customer),
				"document_type": "Follow Up Task",
				"document_name": name,
				"sent_on": session.now,
			},
		)
	return answer(session, task["customer"])


def finish(session: Session, task: dict, status: str, outcome: str | None) -> None:
	"""The promise is kept or let go; a repeating one opens its next task."""
	promises.check_open(task["status"])
	outcome = (outcome or "").strip() or task["outcome"]
	_save(
		session,
		task,
		{"status": status, "outcome": outcome, "done_on": session.now, "done_by": session.user},
	)
	last = _last_invoice(session, task["customer"])
	if days := promises.following(task, status, session.today, last):
		kept = days | {"status": "Open"}
		following = session.copy("Follow Up Task", task) | kept
		session.insert("Follow Up Task", tidied_promise(session, following, None))


def may_act(session: Session, task: dict) -> bool:
	"""Whether the user may say what comes of a promise."""
	return promises.may_act(session.user, _people(task), manager=session.manager)


def _own(session: Session, name: str) -> dict:
	"""The task, if the user may act on it."""
	task = session.seen("Follow Up Task", name)
	owner = session.full_name(task["assigned_to"])
	promises.check_may_act(session.user, _people(task), owner, manager=session.manager)
	return task


def _people(task: dict) -> tuple[str | None, ...]:
	"""Whose promise it is."""
	return (task["assigned_to"], task["owner"], task["escalate_to"])


def invoice_changed(session: Session, customer: str, invoiced_on: date) -> None:
	"""Promises "After Last Invoice" are counted from each new invoice of their customer."""
	waiting = {"customer": customer, "status": "Open", "repeats": promises.AFTER_INVOICE}
	for task in session.db.find("Follow Up Task", waiting):
		if changed := promises.restarted(task, _last_invoice(session, customer), invoiced_on):
			task |= changed
			changed |= reminder(session, task) | {"escalates_at": escalation(session, task)}
			session.update("Follow Up Task", task["name"], changed | reminders.NOT_SET_ASIDE)


def _save(session: Session, task: dict, changes: dict) -> None:
	after = tidied_promise(session, task | changes, task)
	session.update("Follow Up Task", task["name"], after)


def _last_invoice(session: Session, customer: str) -> date | None:
	rows = session.db.find("Sales Invoice", {"customer": customer, "docstatus": 1}, "posting_date desc", 1)
	return rows[0]["posting_date"] if rows else None
