"""What the panel, the list, the form, the calendar and a hint do with Follow Up Tasks, from the promise to its end."""

from collections.abc import Callable
from datetime import date
from functools import partial

import frappe
from frappe import _
from frappe.utils import cint, escape_html, get_fullname, getdate, now_datetime, strip_html

from micro_experiences.desk import sent
from micro_experiences.desk.bell import ring
from micro_experiences.desk.limits import at_most
from micro_experiences.desk.notes import answer, colleagues, day_of, reference_fields
from micro_experiences.desk.once import once
from micro_experiences.desk.safely import try_again
from micro_experiences.desk.words import refusing
from micro_experiences.domain import notes, promises, reminders

# More than this of a list would keep everybody else waiting.
_MOST_AT_ONCE = 500


@frappe.whitelist(methods=["POST"])
@try_again
@once("Follow Up Task")
def promise(
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
	contact: str | None = None,
	reference_doctype: str | None = None,
	reference_name: str | None = None,
	sent_key: str | None = None,
) -> dict:
	"""Promise something to a customer. `due_on` is an ISO date, `due_time` HH:MM by the clock of who keeps it."""
	doc = frappe.get_doc(
		{
			"doctype": "Follow Up Task",
			"customer": customer,
			"contact": contact or None,
			"subject": subject,
			"due_on": due_on,
			"due_time": due_time or None,
			"assigned_to": assigned_to or frappe.session.user,
			"remind_days_before": cint(remind_days_before),
			"repeats": repeats or "Never",
			"every": cint(every) or 1,
			"personal_note": personal_note or None,
			"gesture": gesture or None,
			"sent_key": sent_key,
			**reference_fields(reference_doctype, reference_name),
		}
	).insert()
	return {"name": doc.name} | answer(customer, reference_doctype, reference_name, contact)


@frappe.whitelist(methods=["POST"])
@try_again
def done(
	name: str,
	outcome: str | None = None,
	remember: bool | int = False,
	reference_doctype: str | None = None,
	reference_name: str | None = None,
	contact: str | None = None,
) -> dict:
	"""The promise is kept; with `remember`, the outcome becomes a note."""
	task = own_task(name)
	task.done(outcome)
	if cint(remember) and (outcome or "").strip():
		source = task.personal_note and frappe.db.get_value(
			"Personal Note", task.personal_note, notes.INHERITED, as_dict=True
		)
		frappe.get_doc(
			{
				"doctype": "Personal Note",
				"customer": task.customer,
				"note": outcome,
				"kind": promises.OUTCOME_KIND,
				**notes.inherited(source, confidential=task.is_confidential()),
				"contact": task.contact,
				**reference_fields(reference_doctype, reference_name),
			}
		).insert()
	return answer(task.customer, reference_doctype, reference_name, contact)


@frappe.whitelist(methods=["POST"])
@try_again
def later(
	name: str,
	until: str,
	reference_doctype: str | None = None,
	reference_name: str | None = None,
	contact: str | None = None,
) -> dict:
	"""Say nothing of it until "tomorrow", "next_week", "next_month" or an ISO date."""
	task = own_task(name)
	task.put_off(day_of(until))
	return answer(task.customer, reference_doctype, reference_name, contact)


@frappe.whitelist(methods=["POST"])
@try_again
def skip(
	name: str,
	reference_doctype: str | None = None,
	reference_name: str | None = None,
	contact: str | None = None,
) -> dict:
	"""Let this one go; a repeating promise comes back."""
	task = own_task(name)
	task.skip()
	return answer(task.customer, reference_doctype, reference_name, contact)


@frappe.whitelist(methods=["POST"])
@try_again
def stop_repeating(
	name: str,
	reference_doctype: str | None = None,
	reference_name: str | None = None,
	contact: str | None = None,
) -> dict:
	"""The promise stays open, and does not come back once it is kept or let go."""
	task = own_task(name)
	_stop_repeating(task)
	return answer(task.customer, reference_doctype, reference_name, contact)


@frappe.whitelist(methods=["POST"])
def hand_over(
	name: str,
	to: str,
	reference_doctype: str | None = None,
	reference_name: str | None = None,
	contact: str | None = None,
) -> dict:
	"""Give the promise to a colleague (a user id), whose bell says so and who is reminded of it from now on."""
	task = own_task(name)
	_hand_over(task, to)
	return answer(task.customer, reference_doctype, reference_name, contact)


@frappe.whitelist(methods=["POST"])
def move(name: str, due_on: str) -> dict:
	"""Drag a promise to another day of the calendar, an ISO date. Answers `{"due_on"}`, as it is kept."""
	task = own_task(name)
	task.check_open()
	task.due_on = due_on
	task.save(ignore_permissions=True)
	return {"due_on": str(task.due_on)}


@frappe.whitelist(methods=["POST"])
def act_on_many(names: str | list[str], action: str, until: str | None = None, to: str | None = None) -> dict:
	"""One of the actions on many promises of a list, each by itself: "done", "skip", "later" (`until` as in `later`),
	"stop_repeating" or "hand_over" (`to`, a user id). `names` is a list, or one as JSON, as the Desk sends it.

	Answers the names that are `done`, and those `kept` as they are: [{"name", "why"}] in the words of the rule. Of more
	than 500 the rest is kept.
	"""
	frappe.has_permission("Follow Up Task", throw=True)
	act = _action(action, until, to)
	chosen, done, kept = sent.names(names), [], []
	for name in chosen[:_MOST_AT_ONCE]:
		frappe.db.savepoint("follow_up")
		messages = list(frappe.local.message_log)
		try:
			act(own_task(name))
			done.append(name)
		except (frappe.ValidationError, frappe.PermissionError) as error:
			frappe.db.rollback(save_point="follow_up")
			kept.append({"name": name, "why": strip_html(str(error))})
			frappe.local.message_log = messages
	why = _("Only {0} can be done at once: choose the rest again.").format(_MOST_AT_ONCE)
	kept += [{"name": name, "why": why} for name in chosen[_MOST_AT_ONCE:]]
	return {"done": done, "kept": kept}


def _action(action: str, until: str | None, to: str | None) -> Callable:
	"""What an action of a list does with one task; what it lacks is said once, not for each of them."""
	if action == "done":
		return lambda task: task.done()
	if action == "skip":
		return lambda task: task.skip()
	if action == "stop_repeating":
		return _stop_repeating
	if action == "later":
		day = day_of(until or "")
		return lambda task: task.put_off(day)
	if action == "hand_over":
		if not to:
			frappe.throw(_("Choose who is to take it over."))
		return lambda task: _hand_over(task, to)
	frappe.throw(_("Choose what to do."))


def _stop_repeating(task) -> None:
	task.check_open()
	with refusing():
		promises.check_repeats(task.repeats)
	task.repeats = "Never"
	task.save(ignore_permissions=True)


def _hand_over(task, to: str) -> None:
	task.check_open()
	with refusing():
		promises.check_handed_over(
			to, task.assigned_to, get_fullname(to), enabled=bool(frappe.db.get_value("User", to, "enabled"))
		)
	task.assigned_to = to
	task.save(ignore_permissions=True)
	me = frappe.session.user
	if to != me:
		customer = frappe.db.get_value("Customer", task.customer, "customer_name") or task.customer
		language = frappe.db.get_value("User", to, "language")
		line = promises.handed_over_line(
			f"<b>{escape_html(get_fullname(me))}</b>",
			f"<b>{escape_html(customer)}</b>",
			partial(_, lang=language),
		)
		ring([(to, line, "Follow Up Task", task.name)])


@frappe.whitelist(methods=["GET"])
def people() -> list[dict]:
	"""Whom a promise may be handed to, me first: [{"name", "label"}]. More of them are found in its form."""
	frappe.has_permission("Follow Up Task", throw=True)
	return colleagues()


@frappe.whitelist(methods=["GET"])
@at_most(240)
def about(name: str) -> dict:
	"""A promise that I may see, as the calendar and a hint tell of it: `line` is neutral; `may_act` says whether its
	buttons are for me, `repeats` whether it comes back."""
	task = frappe.get_doc("Follow Up Task", name)
	task.check_permission("read")
	customer = frappe.db.get_value("Customer", task.customer, "customer_name") or task.customer
	due_on = getdate(task.due_on)
	return {
		"name": task.name,
		"subject": task.subject,
		"customer": task.customer,
		"customer_name": customer,
		"due_on": str(due_on),
		"status": task.status,
		"repeats": promises.repeating(task.repeats),
		"assigned_to": get_fullname(task.assigned_to),
		"may_act": task.status == "Open" and task.may_act(frappe.session.user),
		"line": reminders.line(customer, due_on, now_datetime(), _),
	}


@frappe.whitelist(methods=["GET", "POST"])
def events(start: str, end: str, filters: str | list | None = None) -> list[dict]:
	"""The promises due from `start` to `end` (ISO dates) that I may see, as the calendar shows them."""
	rows = frappe.get_list(
		"Follow Up Task",
		filters=[
			*sent.listed(filters),
			["Follow Up Task", "due_on", "between", [_day_of_calendar(start), _day_of_calendar(end)]],
		],
		fields=["name", "subject", "customer", "status", "due_on", "snoozed_until"],
		order_by="due_on asc, name asc",
		limit=0,
	)
	today = getdate()
	return [
		row
		| {
			"title": f"{row.subject} ({row.customer})",
			"allDay": 1,
			"late": promises.standing(row.due_on, row.snoozed_until, today) == "Overdue",
		}
		for row in rows
	]


def _day_of_calendar(text: str) -> date:
	day = getdate(text)
	if not day:
		frappe.throw(_("{0} is not a day.").format(escape_html(text)))
	return day


def own_task(name: str):
	"""The task for update, if the session user may act on it; else PermissionError."""
	task = frappe.get_doc("Follow Up Task", name, for_update=True)
	task.check_permission("read")
	task.check_may_act(frappe.session.user)
	return task
