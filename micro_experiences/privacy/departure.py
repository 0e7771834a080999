"""When a customer, a contact, a colleague or a document goes: our records never stand in the way, and none is left wrong."""

import frappe
from frappe import _
from frappe.utils import now_datetime

from micro_experiences.desk.safely import never_fail_writing
from micro_experiences.domain.notes import is_for_everyone
from micro_experiences.domain.reminders import NOT_SET_ASIDE
from micro_experiences.privacy import access_log, erasure

# Our fields that name a User, by DocType; a wallet and its entries keep the name of who is gone, for the books.
_USER_FIELDS = {
	"Personal Note": ("heard_by", "last_used_by"),
	"Gesture": ("given_by", "approver"),
	"Follow Up Task": ("escalate_to", "done_by"),
}
_REFERRING = ("Personal Note", "Personal Note Use", "Gesture", "Follow Up Task")


@never_fail_writing
def customer_deleted(doc, method=None) -> None:
	"""`Customer.after_delete`: what was personal goes with the customer; money that was booked stays, without a name."""
	reference_deleted(doc)
	erasure.forget(doc.name, known_as=doc.get("customer_name"), later=True)
	access_log.customer_gone(doc.name)
	# The certificate says by itself whose it was.
	frappe.db.set_value(erasure.CERTIFICATE, {"customer": doc.name}, "customer", None)


@never_fail_writing
def contact_deleted(doc, method=None) -> None:
	"""`Contact.after_delete`: the notes stay with the customer."""
	for doctype in ("Personal Note", "Gesture", "Follow Up Task", erasure.CERTIFICATE):
		frappe.db.set_value(doctype, {"contact": doc.name}, "contact", None)
	reference_deleted(doc)


@never_fail_writing
def reference_deleted(doc, method=None) -> None:
	"""`after_delete` of a document that may have been open when something was jotted."""
	for doctype in _REFERRING:
		filters = {"reference_doctype": doc.doctype, "reference_name": doc.name}
		frappe.db.set_value(doctype, filters, {"reference_doctype": None, "reference_name": None})


@never_fail_writing
def user_deleted(doc, method=None) -> None:
	"""`User.on_trash`: records that stay must not name nobody, or they could not be saved again."""
	# Whose wallet paid is known by the wallet; what nobody approved yet has none, and goes with its giver.
	undecided = {"given_by": doc.name, "status": ("in", ("Idea", "Awaiting Approval"))}
	frappe.db.set_value("Gesture", undecided, "status", "Cancelled")
	frappe.db.set_value("Follow Up Task", {"escalate_to": doc.name}, "escalates_at", None)
	for doctype, fields in _USER_FIELDS.items():
		for field in fields:
			frappe.db.set_value(doctype, {field: doc.name}, field, None)
	_keep_confidence(doc.name)
	# A promise outlives its owner: whoever made the account go takes it over, and is reminded.
	reminded = {"assigned_to": doc.name, "status": "Open", "next_reminder_at": ("is", "not set")}
	frappe.db.set_value("Follow Up Task", reminded, NOT_SET_ASIDE | {"next_reminder_at": now_datetime()})
	frappe.db.set_value("Follow Up Task", {"assigned_to": doc.name}, "assigned_to", frappe.session.user)
	frappe.db.delete("Follow Up Preference", {"user": doc.name})


def _keep_confidence(user: str) -> None:
	"""The promises of `user` are about to be somebody else's: the words of those that stem from a note that is not for
	everyone, or from a confidential gesture, stay his."""
	task, note, gesture = (frappe.qb.DocType(one) for one in ("Follow Up Task", "Personal Note", "Gesture"))
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
		words = {"subject": _("A promise made in confidence"), "outcome": None}
		frappe.db.set_value("Follow Up Task", {"name": ("in", names)}, words)


def user_to_be_renamed(doc, method, old: str, new: str, merge: bool = False) -> None:
	"""`User.before_rename`: of two merged users the one who stays keeps his choices; the rename would make two of them."""
	if merge and frappe.db.exists("Follow Up Preference", {"user": new}):
		frappe.db.delete("Follow Up Preference", {"user": old})


def user_renamed(doc, method, old: str, new: str, merge: bool = False) -> None:
	"""`User.after_rename`: a budget that named both of two merged users now names one of them twice."""
	if not merge:
		return
	seen = set()
	rows = frappe.get_all(
		"Gesture Budget Holder", filters={"user": new}, fields=["name", "parent"], order_by="idx asc"
	)
	for row in rows:
		if row.parent in seen:
			frappe.db.delete("Gesture Budget Holder", {"name": row.name})
		seen.add(row.parent)


@never_fail_writing
def group_deleted(doc, method=None) -> None:
	"""`User Group.on_trash`: what was for the group is for its author alone; to open it to all would be worse."""
	frappe.db.set_value(
		"Personal Note", {"user_group": doc.name}, {"visibility": "Only Me", "user_group": None}
	)
