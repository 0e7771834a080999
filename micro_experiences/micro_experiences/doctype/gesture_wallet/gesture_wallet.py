"""The money of one holder for one period of one budget."""

import frappe

from micro_experiences.permissions.confidential_document import ConfidentialDocument
from micro_experiences.permissions.roles import is_manager
from micro_experiences.services import accounting
from micro_experiences.services.ledger import check_written_by_ledger
from micro_experiences.services.wallets import get_history


class GestureWallet(ConfidentialDocument):
	"""Written only by the ledger service."""

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
		self.set_onload("micro_experiences_history", get_history(self))
		me = frappe.session.user
		if accounting.can_post(me, manager=is_manager(me)):
			self.set_onload("micro_experiences_books", accounting.get_posting_status(self))

	def validate(self):
		check_written_by_ledger(self)

	def on_trash(self):
		check_written_by_ledger(self)
