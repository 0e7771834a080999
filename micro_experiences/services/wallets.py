"""The page "My wallet": balances, refill dates and the latest entries."""

import frappe
from frappe import _
from frappe.utils import add_days, flt, get_url_to_form, getdate

from micro_experiences.domain.budgets import format_nudge, is_balance_low
from micro_experiences.services import ledger
from micro_experiences.utils.formatting import format_money
from micro_experiences.utils.language import get_language

_MAX_ENTRIES = 10


def get_wallet_details(wallet: ledger.Wallet) -> dict:
	"""Return a wallet for the page My Wallet; see `api.wallets.get_my_wallets`."""
	budget, today, language = wallet.budget, getdate(), get_language()
	row = wallet.name and frappe.db.get_value(
		"Gesture Wallet", wallet.name, ["committed", "spent"], as_dict=True
	)
	used = flt(row.committed) + flt(row.spent) if row else 0.0
	refills = language.format_date(getdate(add_days(wallet.period_end, 1)), today)
	free = format_money(budget.free_up_to, budget.currency)
	return get_wallet_summary(wallet) | {
		"title": budget.title,
		"used": used,
		"has": flt(wallet.left) + used,
		"used_text": _("{0} used").format(format_money(used, budget.currency)),
		"refills": _("refills on {0}").format(refills),
		"rate": _("no approval needed up to {0}").format(free),
		"entries": _get_entries(wallet.name, budget.currency) if wallet.name else [],
	}


def _get_entries(wallet: str, currency: str) -> list[dict]:
	rows = frappe.get_list(
		"Gesture Wallet Entry",
		filters={"gesture_wallet": wallet},
		fields=["posting_date", "kind", "amount", "gesture", "reason"],
		order_by="creation desc, name desc",
		limit=_MAX_ENTRIES,
	)
	names = [row.gesture for row in rows if row.gesture]
	seen = frappe.get_list(
		"Gesture", filters={"name": ("in", names)}, fields=["name", "what"], limit=_MAX_ENTRIES
	)
	what = {gesture.name: gesture.what for gesture in seen}
	today, language = getdate(), get_language()
	return [
		{
			"day": language.format_date(row.posting_date, today),
			"kind": _(row.kind),
			"amount": format_money(row.amount, currency),
			"what": what.get(row.gesture) or row.reason,
			"href": get_url_to_form("Gesture", row.gesture) if row.gesture in what else None,
		}
		for row in rows
	]


def get_wallets(company: str | None = None) -> list[ledger.Wallet]:
	"""Return the session user's wallets in a company, or all of them if there are none there.

	The wallet that pays by default comes first.
	"""
	me = frappe.session.user
	return ledger.get_user_wallets(me, company) or (ledger.get_user_wallets(me) if company else [])


def get_first_wallet_summary(company: str | None = None) -> dict | None:
	"""Return the summary of the session user's first wallet, or None."""
	first = next(iter(get_wallets(company)), None)
	return first and get_wallet_summary(first)


def get_wallet_summary(wallet: ledger.Wallet) -> dict:
	"""Return the balance of a wallet as `left`, `text`, `low` and, near the end of its period, `nudge`."""
	today, budget = getdate(), wallet.budget
	nudge = budget.should_nudge(wallet.left, today)
	return {
		"left": flt(wallet.left),
		"text": _("{0} left").format(format_money(wallet.left, budget.currency)),
		"low": is_balance_low(wallet.left, budget.amount),
		"nudge": format_nudge(get_language().format_date(wallet.period_end, today), _) if nudge else None,
	}


def get_wallet_choice(wallet: ledger.Wallet) -> dict:
	"""Return a wallet that a gesture can be paid from: its summary, and `gesture_budget, title, currency, free_up_to,
	free_text`."""
	budget = wallet.budget
	return get_wallet_summary(wallet) | {
		"gesture_budget": budget.name,
		"title": budget.title,
		"currency": budget.currency,
		"free_up_to": flt(budget.free_up_to),
		"free_text": _("no approval needed up to {0}").format(
			format_money(budget.free_up_to, budget.currency)
		),
	}
