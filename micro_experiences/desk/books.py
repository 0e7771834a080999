"""What the form of a Gesture Wallet does with the books: post its period."""

import frappe
from frappe import _

from micro_experiences.desk.safely import try_again
from micro_experiences.micro_experiences.doctype.gesture_wallet import books
from micro_experiences.privacy.sight import is_manager


@frappe.whitelist(methods=["POST"])
@try_again
def post(name: str) -> dict:
	"""Post the period of a wallet as one Journal Entry; there is never a second one. Answers `{"journal_entry"}`; raises a
	ValidationError that says why not, and has then posted nothing."""
	frappe.get_doc("Gesture Wallet", name).check_permission("read")
	me = frappe.session.user
	manager = is_manager(me)
	if not books.may_post(me, manager=manager):
		frappe.throw(
			_("Posting is for Accounts and for a Micro Experiences Manager. Nothing was posted."),
			frappe.PermissionError,
		)
	return {"journal_entry": books.post(name, ignore_permissions=manager)}
