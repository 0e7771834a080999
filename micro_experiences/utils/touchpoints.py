"""The documents that can be open when a note, gesture or follow-up is recorded."""

from functools import cached_property

import frappe
from frappe import _

from micro_experiences.utils.errors import throw

# Documents that may be open when a note, a gesture or a follow-up is recorded.
TOUCHPOINTS = (
	"Customer",
	"Contact",
	"Sales Invoice",
	"Sales Order",
	"Quotation",
	"Delivery Note",
	"Opportunity",
	"Lead",
	"Issue",
	"POS Invoice",
)


def check_touchpoint(doc, before=None) -> None:
	"""Raise ValidationError if a record refers to a document that is not a touchpoint.

	The app clears references when a touchpoint is deleted. A reference to any other DocType would be left
	dangling, and the record could not be saved again. `before` is the saved version; its reference is
	accepted unchanged.
	"""
	reference = doc.reference_doctype
	if reference and reference not in TOUCHPOINTS and not (before and before.reference_doctype == reference):
		throw(
			_(
				"A record cannot refer to a {0}. Leave Reference Document Type empty. Nothing was saved, and your other input is still here."
			).format(_(reference))
		)


class FormContext:
	"""The form on which a request was made: its document, and the contact that it names."""

	def __init__(self, doctype: str | None = None, name: str | None = None, contact: str | None = None):
		self._doctype, self._name, self.contact = doctype, name, contact

	@property
	def doctype(self) -> str | None:
		"""The DocType of the form, whether or not it is a touchpoint."""
		return self._doctype

	@property
	def medium(self) -> str | None:
		"""The medium of the Communication that was open; None for any other form, or if it is hidden from the
		session user."""
		if self._doctype != "Communication" or not (self._name and frappe.has_permission("Communication")):
			return None
		rows = frappe.get_list(
			"Communication", filters={"name": self._name}, pluck="communication_medium", limit=1
		)
		return rows[0] if rows else None

	@cached_property
	def document(self) -> frappe._dict | None:
		"""The saved document as `{"doctype", "name", "company"}`.

		None if it is unsaved, no touchpoint, or hidden from the session user. One query.
		"""
		doctype = self._doctype
		if not (self._name and doctype in TOUCHPOINTS and frappe.has_permission(doctype, "read")):
			return None
		fields = ["name", "company"] if frappe.get_meta(doctype).has_field("company") else ["name"]
		rows = frappe.get_list(
			doctype, filters={"name": self._name}, fields=fields, order_by="name asc", limit=1
		)
		return frappe._dict(rows[0], doctype=doctype) if rows else None

	@property
	def company(self) -> str | None:
		"""The company of the document, which determines the wallet that pays."""
		return self.document and self.document.get("company")

	@property
	def reference(self) -> tuple[str, str] | None:
		"""The document as (DocType, name)."""
		return (self.document.doctype, self.document.name) if self.document else None

	@property
	def reference_fields(self) -> dict[str, str]:
		"""The fields that link a new record to the document; {} without one."""
		return dict(zip(("reference_doctype", "reference_name"), self.reference or (), strict=False))
