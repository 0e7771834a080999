"""Rejection of automation for the app's confidential DocTypes: Notification, Webhook, Workflow and others."""

import frappe
from frappe import _
from frappe.utils import cint

from micro_experiences.domain.visibility import GUARDED_DOCTYPES
from micro_experiences.utils.errors import throw

# Automation that a site can set up for any DocType, with the field that holds the DocType. Each reads records without
# checking a user's permissions and then sends, numbers or lists them.
_DOCTYPE_FIELDS = {
	"Assignment Rule": "document_type",
	"Auto Repeat": "reference_doctype",
	"Dashboard Chart": "document_type",
	"Document Follow": "ref_doctype",
	"Document Naming Rule": "document_type",
	"Energy Point Rule": "reference_doctype",
	"Milestone Tracker": "document_type",
	"Notification": "document_type",
	"Web Form": "doc_type",
	"Webhook": "webhook_doctype",
	"Workflow": "document_type",
}


def validate(doc, method=None) -> None:
	"""Reject automation for a guarded DocType (`validate` of the DocTypes in `_DOCTYPE_FIELDS` and of Auto Email Report).

	Existing records can still be disabled.
	"""
	before = doc.get_doc_before_save()
	kind = _get_document_type(doc)
	if kind in GUARDED_DOCTYPES and not (before and _get_document_type(before) == kind and _is_disabled(doc)):
		throw(_get_message(doc.doctype).format(_(kind)))


def _get_document_type(doc) -> str | None:
	if doc.doctype == "Auto Email Report":
		return frappe.db.get_value("Report", doc.report, "ref_doctype")
	return doc.get(_DOCTYPE_FIELDS[doc.doctype])


def _is_disabled(doc) -> bool:
	switches = [
		doc.get(switch) for switch in ("enabled", "is_active", "published") if doc.meta.has_field(switch)
	]
	return bool(cint(doc.get("disabled")) or (switches and not any(cint(value) for value in switches)))


def _get_message(doctype: str) -> str:
	"""Return why the automation is rejected and what to use instead; "{0}" is the guarded DocType."""
	return {
		"Assignment Rule": _(
			"Notes, gestures and follow-ups cannot be assigned by a rule. Add a follow-up for the user instead, or hand over an existing one."
		),
		"Auto Email Report": _(
			"{0} cannot be emailed: the report would show one user's records to others. Open it on this site instead."
		),
		"Auto Repeat": _("{0} cannot be repeated by a rule. To repeat a follow-up, set its Repeats field."),
		"Dashboard Chart": _(
			"A chart would show every user the records of the user who opened it first. Use a Number Card or a report instead."
		),
		"Document Follow": _(
			"{0} cannot be followed by email: its comments would be sent to people who are not allowed to see it. Add a follow-up instead."
		),
		"Document Naming Rule": _(
			"{0} cannot have a naming rule: names are visible to people who are not allowed to see the record. The app names its own records."
		),
		"Energy Point Rule": _(
			"Energy points cannot be awarded for {0}: everyone could see which record they were awarded for. Use the reports instead."
		),
		"Milestone Tracker": _(
			"{0} cannot have milestones: they are visible to people who are not allowed to see the record. Use a list or a report instead."
		),
		"Notification": _(
			"{0} cannot be sent by a Notification: it would go to people who are not allowed to see it. The app itself sends reminders of follow-ups."
		),
		"Web Form": _(
			"{0} is for internal use only and cannot be used in a web form. Use the banner or the form instead."
		),
		"Webhook": _(
			"{0} cannot be sent by a Webhook: the permissions of the recipient are unknown. Read it through the API as a dedicated user instead."
		),
		"Workflow": _(
			"{0} cannot have a Workflow: it would be emailed to everyone with a role. Set the approval of gestures in their budget instead."
		),
	}[doctype]
