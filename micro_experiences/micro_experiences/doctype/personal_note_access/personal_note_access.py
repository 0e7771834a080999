"""One access to sensitive notes: who, whose notes, where, when and why."""

import frappe
from frappe import _
from frappe.query_builder import Interval
from frappe.query_builder.functions import Now

from micro_experiences.domain import sensitive_access
from micro_experiences.permissions.confidential_document import ConfidentialDocument
from micro_experiences.utils.errors import throw


class PersonalNoteAccess(ConfidentialDocument):
	"""Written only by the access log service. Nobody can change or delete a row in the Desk, not even
	Administrator. Frappe's Log Settings delete old rows."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		accessed_on: DF.Datetime
		customer: DF.Link | None
		open_until: DF.Datetime | None
		personal_note: DF.Data | None
		reason: DF.SmallText | None
		seen_in: DF.Literal["Reason", "Form", "Banner", "Personal Data Report", "Erasure"]
		user: DF.Link
	# end: auto-generated types

	def autoname(self):
		# A queued access already has its name, so it is stored only once.
		self.name = self.get("look")

	def __setup__(self):
		# An entry may be written minutes after the access, when the note or the user no longer exists.
		self.flags.ignore_links = True

	def before_insert(self):
		super().before_insert()
		if self.customer and not frappe.db.exists("Customer", self.customer):
			note = {"name": self.personal_note or ""}
			self.customer = frappe.db.get_value("Personal Note", note, "customer")

	def validate(self):
		if not self.is_new() or frappe.flags.in_import:
			self.refuse()

	def on_trash(self):
		self.refuse()

	def before_rename(self, old: str, new: str, merge: bool = False):
		self.refuse()

	def refuse(self):
		"""Raise PermissionError."""
		throw(
			_("The access log cannot be changed or deleted. Nothing was saved."),
			frappe.PermissionError,
		)

	@staticmethod
	def clear_old_logs(days: int = 365) -> None:
		"""Delete rows older than `days`, but none younger than
		`sensitive_access.MIN_LOG_RETENTION_DAYS` days. Called daily by Frappe's Log Settings."""
		access, days = (
			frappe.qb.DocType("Personal Note Access"),
			max(days, sensitive_access.MIN_LOG_RETENTION_DAYS),
		)
		frappe.db.delete(access, filters=(access.accessed_on < (Now() - Interval(days=days))))


def on_doctype_update():
	# The visibility rule reads this for every note that a manager opens.
	frappe.db.add_index("Personal Note Access", ["user", "customer", "open_until"])
