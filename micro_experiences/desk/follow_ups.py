"""What the panel, the list and the form do with Follow Up Tasks: promise, done, later, skip."""

import frappe
from frappe import _
from frappe.utils import cint, getdate

from micro_experiences.desk.notes import answer, day_of, reference_fields
from micro_experiences.domain import promises
from micro_experiences.domain.notes import INHERITED


@frappe.whitelist(methods=["POST"])
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
) -> dict:
	"""Promise something to a customer. `due_on` is an ISO date, `due_time` HH:MM in the time zone of the site."""
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
			**reference_fields(reference_doctype, reference_name),
		}
	).insert()
	return {"name": doc.name} | answer(customer, reference_doctype, reference_name, contact)


@frappe.whitelist(methods=["POST"])
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
		# What came of a private matter is as private.
		source = task.personal_note and frappe.db.get_value(
			"Personal Note", task.personal_note, INHERITED, as_dict=True
		)
		frappe.get_doc(
			{
				"doctype": "Personal Note",
				"customer": task.customer,
				"note": outcome,
				"kind": promises.OUTCOME_KIND,
				**(source or {}),
				"contact": task.contact,
				**reference_fields(reference_doctype, reference_name),
			}
		).insert()
	return answer(task.customer, reference_doctype, reference_name, contact)


@frappe.whitelist(methods=["POST"])
def later(
	name: str,
	until: str,
	reference_doctype: str | None = None,
	reference_name: str | None = None,
	contact: str | None = None,
) -> dict:
	"""Say nothing of it until "tomorrow", "next_week" or an ISO date."""
	task = own_task(name)
	task.put_off(day_of(until))
	return answer(task.customer, reference_doctype, reference_name, contact)


@frappe.whitelist(methods=["POST"])
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
def finish_many(names: list[str], status: str) -> dict:
	"""Done or Skipped for many tasks of a list. Each is tried by itself: answers `{"finished", "refused"}`, names."""
	if status not in ("Done", "Skipped"):
		frappe.throw(_("Choose Done or Skipped."))
	finished, refused = [], []
	for name in names[:500]:
		frappe.db.savepoint("follow_up")
		try:
			own_task(name).finish(status, None)
			finished.append(name)
		except (frappe.ValidationError, frappe.PermissionError, frappe.DoesNotExistError):
			frappe.db.rollback(save_point="follow_up")
			frappe.clear_messages()
			refused.append(name)
	return {"finished": finished, "refused": refused}


@frappe.whitelist(methods=["GET", "POST"])
def events(start: str, end: str, filters: str | list | None = None) -> list[dict]:
	"""The promises due from `start` to `end` (ISO dates) that I may see, as the calendar shows them."""
	rows = frappe.get_list(
		"Follow Up Task",
		filters=[*frappe.parse_json(filters or "[]"), ["Follow Up Task", "due_on", "between", [start, end]]],
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


def own_task(name: str):
	"""The task for update, if the session user may act on it; else PermissionError."""
	task = frappe.get_doc("Follow Up Task", name, for_update=True)
	task.check_permission("read")
	task.check_may_act(frappe.session.user)
	return task
