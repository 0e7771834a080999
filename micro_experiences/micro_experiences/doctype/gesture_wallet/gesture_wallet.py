"""What one holder has in one period of one budget."""

from frappe.model.document import Document

from micro_experiences.micro_experiences.doctype.gesture_wallet_entry.gesture_wallet_entry import only_by_ledger


class GestureWallet(Document):
	def validate(self):
		only_by_ledger(self)

	def on_trash(self):
		only_by_ledger(self)
