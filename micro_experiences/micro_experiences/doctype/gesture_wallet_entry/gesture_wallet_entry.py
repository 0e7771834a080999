"""One line of the ledger. Append only."""

import frappe
from frappe import _
from frappe.model.document import Document


class GestureWalletEntry(Document):
	def validate(self):
		only_by_ledger(self)
		if not self.is_new():
			frappe.throw(_("A line of the ledger cannot be changed. Cancel the gesture, and the money comes back."))

	def on_trash(self):
		only_by_ledger(self)


def only_by_ledger(doc: Document) -> None:
	"""Refuse any writer but the ledger, Administrator included: a balance that can be typed proves nothing."""
	if not doc.flags.by_ledger:
		frappe.throw(
			_("Wallets and their entries are kept by the app. Give or cancel a gesture instead."),
			frappe.PermissionError,
			title=_("Kept by the App"),
		)
