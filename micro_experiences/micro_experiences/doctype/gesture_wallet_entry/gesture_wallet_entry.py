"""One line of the wallet ledger. Append-only."""

from frappe import _

from micro_experiences.permissions.confidential_document import ConfidentialDocument
from micro_experiences.services.ledger import check_written_by_ledger
from micro_experiences.utils.errors import throw


class GestureWalletEntry(ConfidentialDocument):
	"""Written only by the ledger service."""

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
		check_written_by_ledger(self)
		if not self.is_new():
			throw(
				_("A wallet entry cannot be changed. Cancel the gesture to return its money to the wallet.")
			)

	def on_trash(self):
		check_written_by_ledger(self)
