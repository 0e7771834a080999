"""One line of the ledger. Append only."""

import frappe
from frappe import _
from frappe.model.document import Document

from micro_experiences.privacy.sealed import Sealed


class GestureWalletEntry(Sealed):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		amount: DF.Currency
		entry_key: DF.Data | None
		gesture: DF.Data | None
		gesture_wallet: DF.Link
		kind: DF.Literal["Commit", "Spend", "Release", "Refund", "Carry Over", "Adjust"]
		made_by: DF.Link | None
		posting_date: DF.Date
		reason: DF.Data | None

	# end: auto-generated types
	def validate(self):
		only_by_ledger(self)
		if not self.is_new():
			frappe.throw(
				_("A line of the ledger cannot be changed. Cancel the gesture, and the money comes back.")
			)

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
