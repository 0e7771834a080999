"""The whitelisted method behind the My Wallet page."""

import frappe

from micro_experiences.services import ledger
from micro_experiences.services.wallets import get_wallet_details


@frappe.whitelist(methods=["GET"])
def get_my_wallets() -> list[dict]:
	"""Return the session user's wallets, the one that pays by default first. Creates no wallets.

	Each has `title, text, low, nudge, used, has, used_text, refills, rate`, and `entries` of `day, kind,
	amount, what, href`, the latest first. `what` describes only gestures that the user may see.
	"""
	frappe.has_permission("Gesture Wallet", throw=True)
	wallets = ledger.get_user_wallets(frappe.session.user)
	return [get_wallet_details(wallet) for wallet in wallets]
