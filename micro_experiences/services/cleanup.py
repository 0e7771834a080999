"""Cleanup after a customer, contact, user, user group or referenced document is deleted or renamed.

The app's records never block the deletion and never keep an invalid reference.
"""

import frappe
from frappe import _
from frappe.utils import now_datetime

from micro_experiences.domain.notes import is_for_everyone
from micro_experiences.domain.reminders import NOT_FAILED
from micro_experiences.services import access_log, erasure
from micro_experiences.utils.resilience import fail_safe_write

# DocTypes that can refer to the document from which a record was created.
_REFERRING_DOCTYPES = ("Personal Note", "Personal Note Use", "Gesture", "Follow Up Task")
# DocTypes with the customer that a record is about.
_CUSTOMER_DOCTYPES = (
	"Personal Note",
	"Personal Note Use",
	"Follow Up Task",
	"Gesture",
	"Personal Note Access",
	"Personal Data Erasure",
)
# Fields that link to a User, by DocType. Wallets and their entries keep the deleted user for accounting.
_USER_FIELDS = {
	"Personal Note": ("heard_by", "last_used_by"),
	"Gesture": ("given_by", "approver"),
	"Follow Up Task": ("escalate_to", "done_by"),
}


@fail_safe_write
def forget_deleted_customer(doc) -> None:
	"""Erase the personal data of a deleted customer; amounts in the ledger stay without the customer.

	`doc` needs `doctype` and `name`; `customer_name` is used where it is known.
	"""
	clear_references(doc)
	erasure.erase_records(doc.name, known_as=doc.get("customer_name"), later=True)
	access_log.unlink_deleted_customer(doc.name)
	# The certificate stores the customer's name as text.
	frappe.db.set_value(erasure.CERTIFICATE_DOCTYPE, {"customer": doc.name}, "customer", None)


@fail_safe_write
def clear_references(doc) -> None:
	"""Clear references to a deleted document from which a record was created."""
	for doctype in _REFERRING_DOCTYPES:
		filters = {"reference_doctype": doc.doctype, "reference_name": doc.name}
		frappe.db.set_value(doctype, filters, {"reference_doctype": None, "reference_name": None})


def get_deleted_customers() -> set[str]:
	"""Return the names of customers that no longer exist but that records of the app still refer to."""
	customer = frappe.qb.DocType("Customer")
	found = set()
	for doctype in _CUSTOMER_DOCTYPES:
		record = frappe.qb.DocType(doctype)
		found |= set(
			frappe.qb.from_(record)
			.left_join(customer)
			.on(customer.name == record.customer)
			.select(record.customer)
			.distinct()
			.where((record.customer != "") & customer.name.isnull())
			.run(pluck=True)
		)
	return found


@fail_safe_write
def clear_deleted_user(doc) -> None:
	"""Replace or clear the links to a deleted user. A broken link would block later saves."""
	_cancel_open_gestures(doc.name)
	frappe.db.set_value("Follow Up Task", {"escalate_to": doc.name}, "escalates_at", None)
	for doctype, fields in _USER_FIELDS.items():
		for field in fields:
			frappe.db.set_value(doctype, {field: doc.name}, field, None)
	_redact_confidential_follow_ups(doc.name)
	# Follow-ups of a deleted user go to the user who deleted the account, who is then reminded of them.
	reminded = {"assigned_to": doc.name, "status": "Open", "next_reminder_at": ("is", "not set")}
	frappe.db.set_value("Follow Up Task", reminded, NOT_FAILED | {"next_reminder_at": now_datetime()})
	frappe.db.set_value("Follow Up Task", {"assigned_to": doc.name}, "assigned_to", frappe.session.user)
	frappe.db.delete("Follow Up Preference", {"user": doc.name})


def _cancel_open_gestures(user: str) -> None:
	"""Cancel the ideas, plans and undecided requests of a user: nobody else gives them. Approved gestures stay."""
	open_gestures = {"given_by": user, "status": ("in", ("Idea", "Planned", "Awaiting Approval"))}
	names = frappe.get_all("Gesture", filters=open_gestures, pluck="name")
	if not names:
		return
	erasure.cancel_gestures(names)
	frappe.db.set_value("Gesture", {"name": ("in", names)}, "status", "Cancelled")
	reminders = frappe.get_all("Gesture", filters={"name": ("in", names)}, pluck="follow_up")
	ended = {"status": "Skipped", "next_reminder_at": None, "escalates_at": None}
	open_tasks = {"name": ("in", [name for name in reminders if name]), "status": "Open"}
	frappe.db.set_value("Follow Up Task", open_tasks, ended)


def _redact_confidential_follow_ups(user: str) -> None:
	"""Remove the text of confidential follow-ups of `user` before they are assigned to someone else.

	A follow-up is confidential if its note is not visible to everyone or its gesture is confidential.
	"""
	task, note, gesture = (frappe.qb.DocType(name) for name in ("Follow Up Task", "Personal Note", "Gesture"))
	rows = (
		frappe.qb.from_(task)
		.left_join(note)
		.on(note.name == task.personal_note)
		.left_join(gesture)
		.on(gesture.name == task.gesture)
		.select(task.name, note.visibility, note.sensitive, gesture.confidential)
		.where((task.assigned_to == user) & (note.name.isnotnull() | (gesture.confidential == 1)))
		.run(as_dict=True)
	)
	names = [
		row.name
		for row in rows
		if row.confidential or not is_for_everyone(row.visibility, bool(row.sensitive))
	]
	if names:
		redacted = {"subject": _("Confidential follow-up"), "outcome": None}
		frappe.db.set_value("Follow Up Task", {"name": ("in", names)}, redacted)


@fail_safe_write
def clear_deleted_contact(doc) -> None:
	"""Clear the links to a deleted contact. Its notes stay with the customer."""
	for doctype in ("Personal Note", "Gesture", "Follow Up Task", erasure.CERTIFICATE_DOCTYPE):
		frappe.db.set_value(doctype, {"contact": doc.name}, "contact", None)
	clear_references(doc)


@fail_safe_write
def restrict_group_notes(doc) -> None:
	"""Restrict the notes of a deleted user group to their authors. The alternative would show them to everyone."""
	author_only = {"visibility": "Only Me", "user_group": None}
	frappe.db.set_value("Personal Note", {"user_group": doc.name}, author_only)


def remove_duplicate_preference(old: str, new: str) -> None:
	"""Keep the preference of the user who stays before two users are merged. The rename would fail with both."""
	if frappe.db.exists("Follow Up Preference", {"user": new}):
		frappe.db.delete("Follow Up Preference", {"user": old})


def remove_duplicate_holders(user: str) -> None:
	"""Remove the rows of budgets that name a user a second time after two users were merged."""
	seen = set()
	rows = frappe.get_all(
		"Gesture Budget Holder", filters={"user": user}, fields=["name", "parent"], order_by="idx asc"
	)
	for row in rows:
		if row.parent in seen:
			frappe.db.delete("Gesture Budget Holder", {"name": row.name})
		seen.add(row.parent)
