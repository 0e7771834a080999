"""Everything the app does to a ToDo."""

import frappe
from frappe import _

from micro_experiences.domain.visibility import GUARDED_DOCTYPES
from micro_experiences.utils.errors import throw


def validate(doc, method=None) -> None:
	"""Reject an assignment of a guarded record (`ToDo.validate`).

	Frappe would share the record with the assignee, and a follow-up would appear to have a second owner.
	"""
	before = doc.get_doc_before_save()
	if doc.reference_type not in GUARDED_DOCTYPES or (before and before.reference_type == doc.reference_type):
		return
	if doc.reference_type == "Follow Up Task":
		text = _(
			"This follow-up is already assigned. To give it to someone else, hand it over. Nothing was changed."
		)
	else:
		text = _("This record cannot be assigned. Add a follow-up instead. Nothing was changed.")
	throw(text, frappe.PermissionError)
