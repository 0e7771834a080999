"""Follow Up Tasks: create, finish, put off, hand over. Each change returns the new banner."""

from micro_experiences.domain import follow_ups, notes, reminders
from preview import people, schema
from preview.additions import add_follow_up, add_note, check_assignee, clean_follow_up
from preview.banner import respond_with_banner
from preview.session import Session


def create(session: Session, values: dict) -> dict:
	"""Create a follow-up."""
	name = add_follow_up(session, values)
	return {"name": name} | respond_with_banner(session, values["customer"])


def mark_done(session: Session, name: str, outcome: str | None = None, remember: bool = False) -> dict:
	"""Mark a follow-up as done. With `remember`, the outcome becomes a note."""
	task = _get_actionable_task(session, name)
	finish(session, task, "Done", outcome)
	if remember and (outcome or "").strip():
		source = session.db.get("Personal Note", task["personal_note"] or "")
		gesture = session.db.get("Gesture", task["gesture"] or "")
		values = notes.get_inherited_fields(source, confidential=bool(gesture and gesture["confidential"]))
		values |= {"customer": task["customer"], "contact": task["contact"], "note": outcome}
		add_note(session, values | {"kind": follow_ups.OUTCOME_KIND} | session.reference)
	return respond_with_banner(session, task["customer"])


def snooze(session: Session, name: str, until: str) -> dict:
	"""Put a follow-up off until "tomorrow", "next_week", "next_month" or an ISO date."""
	task = _get_actionable_task(session, name)
	follow_ups.check_open(task["status"])
	return _change(session, task, {"snoozed_until": reminders.get_snooze_date(until, session.today)})


def skip(session: Session, name: str) -> dict:
	"""Skip a follow-up. A repeating one comes back."""
	task = _get_actionable_task(session, name)
	finish(session, task, "Skipped", None)
	return respond_with_banner(session, task["customer"])


def stop_repeating(session: Session, name: str) -> dict:
	"""Leave a follow-up open, and do not repeat it."""
	task = _get_actionable_task(session, name)
	follow_ups.check_open(task["status"])
	follow_ups.check_repeating(task["repeats"])
	return _change(session, task, {"repeats": "Never"})


def hand_over(session: Session, name: str, to: str) -> dict:
	"""Hand a follow-up over to another user, who is notified."""
	task = _get_actionable_task(session, name)
	follow_ups.check_open(task["status"])
	enabled = people.is_enabled(session.db, to)
	follow_ups.check_handover(to, task["assigned_to"], session.full_name(to), enabled=enabled)
	check_assignee(session, task | {"assigned_to": to})
	if to != session.user:
		customer = session.customer_name(task["customer"])
		line = follow_ups.format_handover_notification(session.full_name(session.user), customer)
		session.notify([to], line, "Follow Up Task", name)
	return _change(session, task, {"assigned_to": to})


def can_act(session: Session, task: dict) -> bool:
	"""Return whether the user may finish or change a follow-up."""
	return task["status"] == "Open" and follow_ups.can_act(
		session.user, _people(task), manager=session.manager
	)


def finish(session: Session, task: dict, status: str, outcome: str | None) -> None:
	"""Set a follow-up to Done or Skipped. A repeating one opens the next one."""
	follow_ups.check_open(task["status"])
	outcome = (outcome or "").strip() or task["outcome"]
	ended = {"status": status, "outcome": outcome, "done_on": session.now, "done_by": session.user}
	_change(session, task, ended)
	submitted = {"customer": task["customer"], "docstatus": 1}
	invoices = session.db.find("Sales Invoice", submitted, "posting_date desc", 1)
	invoiced_on = invoices[0]["posting_date"] if invoices else None
	if days := follow_ups.get_next_schedule(task, status, session.today, invoiced_on):
		copied = {
			f.fieldname: task[f.fieldname] for f in schema.meta("Follow Up Task").fields if not f.no_copy
		}
		following = session.new("Follow Up Task") | copied | days | {"status": "Open"}
		session.insert("Follow Up Task", clean_follow_up(session, following, None))


def _get_actionable_task(session: Session, name: str) -> dict:
	"""Return the follow-up if the user may act on it. Raises NotPermitted."""
	task = session.get("Follow Up Task", name)
	owner = session.full_name(task["assigned_to"])
	follow_ups.check_can_act(session.user, _people(task), owner, manager=session.manager)
	return task


def _people(task: dict) -> tuple[str | None, ...]:
	return (task["assigned_to"], task["owner"], task["escalate_to"])


def _change(session: Session, task: dict, changes: dict) -> dict:
	session.update("Follow Up Task", task["name"], clean_follow_up(session, task | changes, task))
	return respond_with_banner(session, task["customer"])
