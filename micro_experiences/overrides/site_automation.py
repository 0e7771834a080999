"""Notification, Webhook, Workflow and other automations over the app's confidential DocTypes are refused."""

import frappe
from frappe import _
from frappe.utils import cint

from micro_experiences.domain.visibility import GUARDED_DOCTYPES

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
		frappe.throw(_get_message(doc.doctype).format(_(kind)), title=_("Not Saved"))


def _get_document_type(doc) -> str | None:
	if doc.doctype == "Auto Email Report":
		return frappe.db.get_value("Report", doc.report, "ref_doctype")
	return doc.get(_DOCTYPE_FIELDS[doc.doctype])


def _is_disabled(doc) -> bool:
	on = [doc.get(switch) for switch in ("enabled", "is_active", "published") if doc.meta.has_field(switch)]
	return bool(cint(doc.get("disabled")) or (on and not any(map(cint, on))))


def _get_message(doctype: str) -> str:
	"""Return why the automation is rejected and what to use instead; "{0}" is the guarded DocType."""
	return {
		"Assignment Rule": _(
			"Notes, gestures and follow-ups cannot be assigned by a rule. Add a follow-up with an owner, or hand it over."
		),
		"Auto Email Report": _(
			"{0} cannot be emailed: the report would contain what one user may see and be read by another. Open it on this site."
		),
		"Auto Repeat": _(
			"{0} cannot be repeated by a rule. To repeat a follow-up, use the settings in the follow-up."
		),
		"Dashboard Chart": _(
			"A chart shows every user what the first viewer may see. Use a Number Card or a report instead."
		),
		"Document Follow": _(
			"{0} cannot be followed by email: its comments would be sent to people who may not see it. Add a follow-up instead."
		),
		"Document Naming Rule": _(
			"{0} has its own naming: people who may not see the record can see its name and what a rule would put into it."
		),
		"Energy Point Rule": _(
			"Points cannot be given for {0}: everyone could see the record they were given for. Use the reports instead."
		),
		"Milestone Tracker": _(
			"{0} cannot have milestones: they are visible to people who may not see the record. Use a list or a report instead."
		),
		"Notification": _(
			"{0} cannot be sent by a Notification: it would go to people who may not see it. The app reminds owners of follow-ups."
		),
		"Web Form": _(
			"{0} is for colleagues only and cannot be used in a web form. Use the banner or the form instead."
		),
		"Webhook": _(
			"{0} cannot be sent by a Webhook: the permissions of the recipient are unknown. Read it over the API as a dedicated user."
		),
		"Workflow": _(
			"{0} cannot have a Workflow: it would be emailed to everyone with a role. Gestures are approved as set in their budget."
		),
	}[doctype]
