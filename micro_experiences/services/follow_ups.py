"""Follow-ups: create, finish, snooze, reassign and list Follow Up Tasks."""

from collections.abc import Callable
from datetime import date
from functools import partial

import frappe
from frappe import _
from frappe.utils import escape_html, get_fullname, getdate

from micro_experiences.domain import follow_ups, notes, reminders
from micro_experiences.utils import transactions
from micro_experiences.utils.errors import domain_errors_as_frappe, throw
from micro_experiences.utils.notifications import MAX_SHOWN, notify_users
from micro_experiences.utils.touchpoints import FormContext
from micro_experiences.utils.user_time import get_user_now, get_user_today


def create_follow_up(form: FormContext, values: dict) -> str:
	"""Create a follow-up with `values` (the fields of Follow Up Task), and return its name."""
	fields = {"doctype": "Follow Up Task", "contact": form.contact or None}
	with domain_errors_as_frappe():
		follow_ups.check_new_due_date(getdate(values["due_on"]), get_user_today())
	return frappe.get_doc(values | fields | form.reference_fields).insert().name


def create_outcome_note(task, form: FormContext, outcome: str) -> None:
	"""Record the outcome of a follow-up as a note, as visible as the note that the follow-up came from."""
	source = task.personal_note and frappe.db.get_value(
		"Personal Note", task.personal_note, notes.INHERITED_FIELDS, as_dict=True
	)
	frappe.get_doc(
		{
			"doctype": "Personal Note",
			"customer": task.customer,
			"note": outcome,
			"kind": follow_ups.OUTCOME_KIND,
		}
		| notes.get_inherited_fields(source, confidential=task.is_confidential())
		| {"contact": task.contact}
		| form.reference_fields
	).insert()


def reschedule(task, due_on: str) -> None:
	"""Move an open follow-up to another day."""
	task.check_open()
	with domain_errors_as_frappe():
		follow_ups.check_new_due_date(getdate(due_on), get_user_today())
	task.due_on = due_on
	task.save(ignore_permissions=True)


def get_action(action: str, until: str | None, to: str | None) -> Callable:
	"""Return the function that runs an action of the list on one task.

	Raises ValidationError once, not for each task, if an argument is missing.
	"""
	if action == "done":
		return lambda task: task.mark_done()
	if action == "skip":
		return lambda task: task.mark_skipped()
	if action == "stop_repeating":
		return end_recurrence
	if action == "later":
		get_snooze_date(until or "")
		return lambda task: task.snooze(get_snooze_date(until, task.assigned_to))
	if action == "hand_over":
		if not to:
			throw(_("Choose who takes over."))
		return lambda task: reassign(task, to)
	throw(_("Choose an action."))


def summarize(task) -> dict:
	"""Return a follow-up for the calendar and the reminder alert; see `api.follow_ups.get_summary`."""
	customer = frappe.db.get_value("Customer", task.customer, "customer_name") or task.customer
	due_on = getdate(task.due_on)
	return {
		"name": task.name,
		"subject": task.subject,
		"customer": task.customer,
		"customer_name": customer,
		"due_on": str(due_on),
		"status": task.status,
		"repeats": follow_ups.is_repeating(task.repeats),
		"assigned_to": get_fullname(task.assigned_to),
		"can_act": task.status == "Open" and task.can_act(frappe.session.user),
		"line": reminders.format_notification(
			customer,
			due_on,
			get_user_now(),
			_,
			is_occasion=bool(task.occurrence_key),
		),
	}


def get_events(start: date, end: date, filters: list) -> list[dict]:
	"""Return the follow-ups due from `start` to `end` that the session user may see, as calendar events."""
	rows = frappe.get_list(
		"Follow Up Task",
		filters=[*filters, ["Follow Up Task", "due_on", "between", [start, end]]],
		fields=["name", "subject", "customer", "status", "due_on", "snoozed_until"],
		order_by="due_on asc, name asc",
		limit=0,
	)
	today = get_user_today()
	return [
		row
		| {
			"title": f"{row.subject} ({row.customer})",
			"allDay": 1,
			"late": follow_ups.get_due_state(row.due_on, row.snoozed_until, today) == "Overdue",
		}
		for row in rows
	]


def end_recurrence(task) -> None:
	"""Stop the recurrence of an open follow-up."""
	task.check_open()
	with domain_errors_as_frappe():
		follow_ups.check_repeating(task.repeats)
	task.repeats = "Never"
	task.save(ignore_permissions=True)


def reassign(task, to: str) -> None:
	"""Give a follow-up to another user, and notify them."""
	task.check_open()
	with domain_errors_as_frappe():
		follow_ups.check_handover(
			to, task.assigned_to, get_fullname(to), enabled=bool(frappe.db.get_value("User", to, "enabled"))
		)
	task.assigned_to = to
	task.save(ignore_permissions=True)
	me = frappe.session.user
	if to != me:
		customer = frappe.db.get_value("Customer", task.customer, "customer_name") or task.customer
		language = frappe.db.get_value("User", to, "language")
		line = follow_ups.format_handover_notification(
			f"<b>{escape_html(get_fullname(me))}</b>",
			f"<b>{escape_html(customer)}</b>",
			partial(_, lang=language),
		)
		notify_users([(to, line, "Follow Up Task", task.name)])


def get_actionable_task(name: str):
	"""Return the task, locked for update. Raises PermissionError if the session user may not act on it."""
	task = frappe.get_doc("Follow Up Task", name, for_update=True)
	task.check_permission("read")
	task.check_can_act(frappe.session.user)
	return task


def recount_after_invoice(customer: str, invoiced_on: str) -> None:
	"""Recalculate the customer's follow-ups after an invoice dated `invoiced_on` (ISO date) was submitted
	or cancelled."""
	transactions.commit_with_retry(lambda: _recount_after_invoice(customer, invoiced_on))


def _recount_after_invoice(customer: str, invoiced_on: str) -> None:
	names = frappe.get_all(
		"Follow Up Task",
		filters={"customer": customer, "status": "Open", "repeats": follow_ups.AFTER_INVOICE},
		pluck="name",
		order_by="name asc",
	)
	for name in names:
		task = frappe.get_doc("Follow Up Task", name, for_update=True)
		task.recount_from_invoice(get_last_invoice_date(customer), getdate(invoiced_on))


def get_pending_tasks(names: list[str]) -> dict[str, str]:
	"""Return `{name: subject}` of those follow-ups among `names` that are open for the session user."""
	if not names:
		return {}
	me = frappe.session.user
	rows = frappe.get_list(
		"Follow Up Task",
		filters={"name": ("in", names), "status": "Open"},
		or_filters={"assigned_to": me, "escalate_to": me},
		fields=["name", "subject"],
		order_by="name asc",
		limit=MAX_SHOWN,
	)
	return {row.name: row.subject for row in rows}


def get_snooze_date(until: str, assigned_to: str | None = None) -> date:
	"""Return the date for a word such as "tomorrow" or an ISO date. Raises ValidationError otherwise.

	It lies ahead for the session user and for the assignee, who is reminded in their own calendar.
	"""
	today = max(get_user_today(), get_user_today(assigned_to))
	with domain_errors_as_frappe():
		return reminders.get_snooze_date(until, today)


def get_last_invoice_date(customer: str) -> date | None:
	"""Return the date of the customer's last submitted Sales Invoice, excluding credit notes."""
	return frappe.db.get_value(
		"Sales Invoice",
		{"customer": customer, "docstatus": 1, "is_return": 0},
		"posting_date",
		order_by="posting_date desc",
	)
