"""What the panel and the pages do with Follow Up Tasks: promise, done, later, skip."""

from datetime import date

from micro_experiences.domain import promises, reminders
from micro_experiences.domain.notes import INHERITED
from preview.banner import answer
from preview.keeping import keep_note, keep_promise, tidied_promise
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
		# What came of a private matter is as private.
		source = session.db.get("Personal Note", task["personal_note"] or "") or {}
		values = {field: source[field] for field in INHERITED if field in source}
		values |= {"customer": task["customer"], "contact": task["contact"], "note": outcome}
		values["kind"] = promises.OUTCOME_KIND
		keep_note(session, values | session.reference)
	return answer(session, task["customer"])


def later(
	session: Session,
	name: str,
	until: str,
) -> dict:
	"""Say nothing of it until "tomorrow", "next_week" or an ISO date."""
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


def finish(session: Session, task: dict, status: str, outcome: str | None) -> None:
	"""The promise is kept or let go; a repeating one opens its next task."""
	promises.check_open(task["status"])
	outcome = (outcome or "").strip() or task["outcome"]
	_save(
		session,
		task,
		{"status": status, "outcome": outcome, "done_on": session.now, "done_by": session.user},
	)
	if due := promises.next_due(task, session.today, _last_invoice(session, task["customer"])):
		kept = {"status": "Open", "due_on": due, "counted_from": task["counted_from"], "gesture": None}
		following = session.copy("Follow Up Task", task) | kept
		session.insert("Follow Up Task", tidied_promise(session, following, None))


def may_act(session: Session, task: dict) -> bool:
	"""Whether the user may say what came of a promise."""
	try:
		_check_may_act(session, task)
	except promises.NotAllowed:
		return False
	return True


def _own(session: Session, name: str) -> dict:
	"""The task, if the user may act on it."""
	task = session.seen("Follow Up Task", name)
	_check_may_act(session, task)
	return task


def _check_may_act(session: Session, task: dict) -> None:
	people = (task["assigned_to"], task["owner"], task["escalate_to"])
	owner = session.full_name(task["assigned_to"])
	promises.check_may_act(session.user, people, owner, manager=session.manager)


def _save(session: Session, task: dict, changes: dict) -> None:
	after = tidied_promise(session, task | changes, task)
	session.update("Follow Up Task", task["name"], after)


def _last_invoice(session: Session, customer: str) -> date | None:
	rows = session.db.find("Sales Invoice", {"customer": customer, "docstatus": 1}, "posting_date desc", 1)
	return rows[0]["posting_date"] if rows else None
