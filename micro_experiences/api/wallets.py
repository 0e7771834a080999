"""The whitelisted method behind the My Wallet page."""

import frappe

from micro_experiences.services import ledger
from micro_experiences.services.wallets import get_missing_period_notice, get_titles, get_wallet_details


@frappe.whitelist(methods=["GET"])
def get_my_wallets() -> dict:
	"""Return the session user's wallets, the one that pays by default first. Creates no wallets.

	`{"wallets", "notice"}`: `notice` says why there is none, if that is known. Each wallet has `title, text, low, nudge,
	used, has, used_text, refills, rate`, and `history` (None before its first use): `entries`, `reserved` and `earlier`,
	each a list of `day, kind, amount, what, href`. `what` describes only gestures that the user may see.
	"""
	frappe.has_permission("Gesture Wallet", throw=True)
	wallets = ledger.get_user_wallets(frappe.session.user)
	notice = None if wallets else get_missing_period_notice()
	titles = get_titles(wallets)
	details = [get_wallet_details(wallet, titles[wallet.budget.name]) for wallet in wallets]
	return {"wallets": details, "notice": notice}
