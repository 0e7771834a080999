"""What a record with money refuses on the roads where Frappe asks none of its own checks."""

import frappe
from frappe import _

from micro_experiences.privacy.sealed import Sealed

_MODULE = "Micro Experiences"


class Kept(Sealed):
	"""A record with money keeps its name, because keys are made of it."""

	def after_rename(self, old, new, merge=False):
		# Whoever may read a record can have it renamed with before_rename left out, but not this.
		frappe.throw(_("{0} keeps its name, because money stands under it.").format(_(self.doctype)))


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
