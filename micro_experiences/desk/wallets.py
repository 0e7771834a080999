"""The page "My wallet": what I may still give, when it refills, and what was booked last."""

import frappe
from frappe import _
from frappe.utils import add_days, flt, get_url_to_form, getdate

from micro_experiences.desk.banner import language, wallet_line
from micro_experiences.desk.words import money
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger

_LAST = 10


@frappe.whitelist(methods=["GET"])
def mine() -> list[dict]:
	"""The session user's wallets, the one that pays first before the others. Wallets are not opened by looking at them.

	Each has `title, text, low, nudge, used, has, used_text, refills, rate`, and `entries` of `day, kind, amount, what, href`,
	the last one first; `what` only of gestures that he may see.
	"""
	frappe.has_permission("Gesture Wallet", throw=True)
	wallets = ledger.wallets_of(frappe.session.user)
	return [_told(wallet) for wallet in wallets]


def _told(wallet: ledger.Wallet) -> dict:
	budget, today, speak = wallet.budget, getdate(), language()
	row = wallet.name and frappe.db.get_value(
		"Gesture Wallet", wallet.name, ["committed", "spent"], as_dict=True
	)
	used = flt(row.committed) + flt(row.spent) if row else 0.0
	refills = speak.date(getdate(add_days(wallet.period_end, 1)), today)
	free = money(budget.free_up_to, budget.currency)
	return wallet_line(wallet) | {
		"title": budget.title,
		"used": used,
		"has": flt(wallet.left) + used,
		"used_text": _("{0} used").format(money(used, budget.currency)),
		"refills": _("refills on {0}").format(refills),
		"rate": _("up to {0} without asking").format(free),
		"entries": _entries(wallet.name, budget.currency) if wallet.name else [],
	}


def _entries(wallet: str, currency: str) -> list[dict]:
	rows = frappe.get_list(
		"Gesture Wallet Entry",
		filters={"gesture_wallet": wallet},
		fields=["posting_date", "kind", "amount", "gesture", "reason"],
		order_by="creation desc, name desc",
		limit=_LAST,
	)
	names = [row.gesture for row in rows if row.gesture]
	seen = frappe.get_list("Gesture", filters={"name": ("in", names)}, fields=["name", "what"], limit=_LAST)
	what = {gesture.name: gesture.what for gesture in seen}
	today, speak = getdate(), language()
	return [
		{
			"day": speak.date(row.posting_date, today),
			"kind": _(row.kind),
			"amount": money(row.amount, currency),
			"what": what.get(row.gesture) or row.reason,
			"href": get_url_to_form("Gesture", row.gesture) if row.gesture in what else None,
		}
		for row in rows
	]
