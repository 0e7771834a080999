"""Permissions on Frappe's records about a guarded record: comments, tags, files, mail queue, prepared reports.

They are visible only to users who may see the guarded record. Assignments, links, webhooks, SQL reports and other
configuration that would bypass the permissions on guarded records is rejected when it is saved.
"""

import frappe

from micro_experiences.domain.visibility import GUARDED_DOCTYPES
from micro_experiences.permissions.conditions import linked_record_condition
from micro_experiences.permissions.visibility import abstain, get_query_condition

# Frappe's tables, with the two columns that identify the record that a row is about.
_REFERENCE_COLUMNS = {
	"Comment": ("reference_doctype", "reference_name"),
	"Communication": ("reference_doctype", "reference_name"),
	"Tag Link": ("document_type", "document_name"),
	"Deleted Document": ("deleted_doctype", "deleted_name"),
	"Email Queue": ("reference_doctype", "reference_name"),
	"File": ("attached_to_doctype", "attached_to_name"),
}


def get_framework_record_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""Return the SQL condition for rows about a visible guarded record or about no guarded record.

	Used as `permission_query_conditions` for the DocTypes in `_REFERENCE_COLUMNS`. "" means no restriction.
	"""
	user = user or frappe.session.user
	if user == "Administrator":
		return ""
	conditions = {guarded: get_query_condition(guarded, user) for guarded in GUARDED_DOCTYPES}
	return linked_record_condition(doctype, *_REFERENCE_COLUMNS[doctype], conditions)


def has_permission(doc, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""Return whether a user may access a row about a guarded record.

	Used as `has_permission` for the DocTypes in `_REFERENCE_COLUMNS`. The decision on all other rows is left to Frappe and
	other apps.
	"""
	kind, name = (doc.get(field) for field in _REFERENCE_COLUMNS[doc.doctype])
	user = user or frappe.session.user
	if kind not in GUARDED_DOCTYPES or user == "Administrator":
		return abstain()
	return bool(frappe.db.exists(kind, name)) and bool(
		frappe.has_permission(kind, "read", doc=name, user=user)
	)


def get_prepared_report_query_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""Return the SQL condition for prepared reports: those about guarded DocTypes are visible to their owner only."""
	user = user or frappe.session.user
	if user == "Administrator":
		return ""
	guarded = ", ".join(frappe.db.escape(doctype) for doctype in GUARDED_DOCTYPES)
	return (
		f"(`tabPrepared Report`.`owner` = {frappe.db.escape(user)} or `tabPrepared Report`.`report_name` not in "
		f"(select `name` from `tabReport` where `ref_doctype` in ({guarded})))"
	)


def has_prepared_report_permission(doc, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""Return whether a user may access a prepared report; the decision is left to Frappe unless it is about a guarded DocType."""
	user = user or frappe.session.user
	about = frappe.db.get_value("Report", doc.get("report_name"), "ref_doctype")
	if about not in GUARDED_DOCTYPES or user in ("Administrator", doc.owner):
		return abstain()
	return False


def has_notification_permission(doc, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""Allow only the recipient to read a notification of the app (`has_permission` of Notification Log).

	Frappe lets any user open a notification whose name they know. This covers notifications with one of the
	app's records and those without any record. Abstains for all others.
	"""
	kind = doc.get("document_type")
	if (kind and kind not in GUARDED_DOCTYPES) or ptype in ("create", "write", "delete"):
		return abstain()
	user = user or frappe.session.user
	return user in ("Administrator", doc.get("for_user"))
