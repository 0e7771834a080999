"""One look at what is sensitive: who, at whose notes, where, when, and why."""

import frappe
from frappe import _
from frappe.query_builder import Interval
from frappe.query_builder.functions import Now

from micro_experiences.domain import looks
from micro_experiences.privacy.sealed import Sealed


class PersonalNoteAccess(Sealed):
	"""Written by `privacy/access_log.py` alone. Nobody changes or deletes a line of it, not even Administrator in the
	Desk; Frappe's Log Settings clear it by age."""

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
		# A look that waits has its name already: whoever writes it down, it is there once.
		self.name = self.get("look")

	def insert(self, *args, **kwargs):
		# A look may wait some minutes until it is written: whoever it names may be gone by then, and it stays.
		self.flags.ignore_links = True
		if self.customer and not frappe.db.exists("Customer", self.customer):
			note = {"name": self.personal_note or ""}
			self.customer = frappe.db.get_value("Personal Note", note, "customer")
		return super().insert(*args, **kwargs)

	def validate(self):
		if not self.is_new() or frappe.flags.in_import:
			self.refuse()

	def on_trash(self):
		self.refuse()

	def before_rename(self, old: str, new: str, merge: bool = False):
		self.refuse()

	def refuse(self):
		frappe.throw(
			_("This log says who looked. Nobody changes it by hand; nothing was changed."),
			frappe.PermissionError,
		)

	@staticmethod
	def clear_old_logs(days: int = 365) -> None:
		"""What Frappe's Log Settings call each day: lines that are older than so many days go, and none that is younger than
		`looks.KEPT_AT_LEAST`."""
		access, days = frappe.qb.DocType("Personal Note Access"), max(days, looks.KEPT_AT_LEAST)
		frappe.db.delete(access, filters=(access.accessed_on < (Now() - Interval(days=days))))


def on_doctype_update():
	# What the rule of sight asks of it with every note that a manager reads.
	frappe.db.add_index("Personal Note Access", ["user", "customer", "open_until"])
