"""Everything the app does to a File."""

import frappe
from frappe import _

from micro_experiences.utils.errors import throw

_MODULE = "Micro Experiences"


def validate(doc, method=None) -> None:
	"""Reject a file that is attached to a field of one of the app's records (`File.validate`).

	Frappe writes the file URL into that field without the record's own checks, for anyone who may read it, and no
	DocType of the app has an attachment field.
	"""
	if not (doc.attached_to_field and doc.attached_to_doctype):
		return
	# A file can outlive its DocType, which then has no module.
	if frappe.db.get_value("DocType", doc.attached_to_doctype, "module", cache=True) == _MODULE:
		throw(
			_("Attach this file to the record, not to one of its fields. Nothing was saved."),
			frappe.PermissionError,
		)
