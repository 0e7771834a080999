"""What a record of ours refuses on a road where Frappe asks none of its own checks: a file in one of its fields."""

import frappe
from frappe import _

_MODULE = "Micro Experiences"


def no_file_in_a_field(doc, method=None) -> None:
	"""`File.validate`: Frappe writes the address of an attached file into the field that the file names, past the checks
	of the record, for everyone who may read it. None of our records has a field for a file."""
	if not (doc.attached_to_field and doc.attached_to_doctype):
		return
	# A DocType that is gone, whose files stay, has no module.
	if frappe.db.get_value("DocType", doc.attached_to_doctype, "module", cache=True) == _MODULE:
		frappe.throw(
			_("This file can be attached to the record, but not to one of its fields."),
			frappe.PermissionError,
		)
