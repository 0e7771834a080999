"""What one holder has in one period of one budget."""

import frappe

from micro_experiences.micro_experiences.doctype.gesture_wallet import books
from micro_experiences.micro_experiences.doctype.gesture_wallet_entry.gesture_wallet_entry import (
	only_by_ledger,
)
from micro_experiences.privacy.sealed import Sealed
from micro_experiences.privacy.sight import is_manager


class GestureWallet(Sealed):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		allowance: DF.Currency
		cancelled_entry: DF.Link | None
		carried_over: DF.Currency
		committed: DF.Currency
		company: DF.Link | None
		currency: DF.Link | None
		gesture_budget: DF.Link
		holder: DF.Link | None
		journal_entry: DF.Link | None
		opened_with: DF.Currency
		period_end: DF.Date | None
		period_start: DF.Date | None
		spent: DF.Currency
		wallet_key: DF.Data | None

	# end: auto-generated types
	def onload(self):
		super().onload()
		me = frappe.session.user
		if books.may_post(me, manager=is_manager(me)):
			self.set_onload("micro_experiences_books", books.about(self))

	def validate(self):
		only_by_ledger(self)

	def on_trash(self):
		only_by_ledger(self)
