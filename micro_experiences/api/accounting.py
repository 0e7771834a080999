"""Accounting actions of the Gesture Wallet form."""

import frappe
from frappe import _

from micro_experiences.permissions.roles import is_manager
from micro_experiences.services import accounting
from micro_experiences.utils.errors import throw
from micro_experiences.utils.transactions import retry_on_deadlock


@frappe.whitelist(methods=["POST"])
@retry_on_deadlock
def post_wallet_period(name: str) -> dict:
	"""Post the period of a wallet as one Journal Entry, and return `{"journal_entry"}`.

	A period is posted at most once. Raises ValidationError with the reason if it cannot be posted.
	"""
	frappe.get_doc("Gesture Wallet", name).check_permission("read")
	me = frappe.session.user
	manager = is_manager(me)
	if not accounting.can_post(me, manager=manager):
		throw(
			_("Only accounting users and Micro Experiences Managers can post a wallet. Nothing was posted."),
			frappe.PermissionError,
		)
	return {"journal_entry": accounting.post_wallet(name, ignore_permissions=manager)}
