"""The page "My wallet": balances, refill dates and the latest entries."""

from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import add_days, flt, get_url_to_form, getdate

from micro_experiences.domain.budgets import ZERO, format_nudge, get_distinct_titles, is_balance_low
from micro_experiences.domain.currencies import to_money
from micro_experiences.domain.gestures import missing_fiscal_year
from micro_experiences.domain.ledger import COMMITTED_STATUSES, LedgerLine, sum_lines
from micro_experiences.permissions.budget_access import find_budget_without_period
from micro_experiences.services import ledger
from micro_experiences.utils.errors import format_error
from micro_experiences.utils.formatting import format_money, get_currency_precision
from micro_experiences.utils.language import get_language

_MAX_ENTRIES = 100
_MAX_PERIODS = 6
_MINUS = "\N{MINUS SIGN}"


def get_titles(wallets: list[ledger.Wallet]) -> dict[str, str]:
	"""Return the titles of the budgets of some wallets by their names, told apart where two are equal."""
	return get_distinct_titles([wallet.budget for wallet in wallets], _)


def get_wallet_details(wallet: ledger.Wallet, title: str) -> dict:
	"""Return a wallet for the page My Wallet; see `api.wallets.get_my_wallets`."""
	budget, today, language = wallet.budget, getdate(), get_language()
	row = wallet.name and frappe.get_doc("Gesture Wallet", wallet.name)
	used = to_money(row.committed) + to_money(row.spent) if row else ZERO
	refills = language.format_date(getdate(add_days(wallet.period_end, 1)), today)
	free = format_money(budget.free_up_to, budget.currency)
	return get_wallet_summary(wallet) | {
		"title": title,
		"used": flt(used),
		"has": flt(wallet.left + used),
		"used_text": _("{0} used").format(format_money(used, budget.currency)),
		"refills": _("refills on {0}").format(refills),
		"rate": _("no approval needed up to {0}").format(free),
		"history": get_history(row) if row else None,
	}


def get_history(wallet) -> dict:
	"""Return what happened to the money of a Gesture Wallet, as far as the session user may see it.

	`{"entries", "reserved", "earlier"}`: its entries, the latest first and its allowance last, with the amounts signed by
	their effect on what is left; the gestures that reserve money; and the earlier periods of the same holder.
	"""
	return {
		"entries": [*_get_entries(wallet), _describe_allowance(wallet)],
		"reserved": _get_reserved(wallet),
		"earlier": _get_earlier_periods(wallet),
	}


def _get_entries(wallet) -> list[dict]:
	if not frappe.has_permission("Gesture Wallet Entry"):
		return []
	rows = frappe.get_list(
		"Gesture Wallet Entry",
		filters={"gesture_wallet": wallet.name},
		fields=["posting_date", "kind", "amount", "gesture", "reason"],
		order_by="creation desc, name desc",
		limit=_MAX_ENTRIES,
	)
	names = [row.gesture for row in rows if row.gesture]
	seen = (
		frappe.get_list(
			"Gesture", filters={"name": ("in", names)}, fields=["name", "what"], limit=_MAX_ENTRIES
		)
		if frappe.has_permission("Gesture")
		else []
	)
	what = {gesture.name: gesture.what for gesture in seen}
	today, language = getdate(), get_language()
	return [
		{
			"day": language.format_date(row.posting_date, today),
			"kind": _(row.kind),
			"amount": _format_effect(_get_effect(row), wallet.currency),
			"what": what.get(row.gesture) or row.reason,
			"href": get_url_to_form("Gesture", row.gesture) if row.gesture in what else None,
		}
		for row in rows
	]


def _get_effect(row) -> Decimal:
	"""Return how an entry changes what is left in its wallet."""
	line = LedgerLine(row.kind, to_money(row.amount), is_allowance=not row.gesture)
	return -sum_lines([line]).required_amount


def _format_effect(effect: Decimal, currency: str) -> str:
	sign = _MINUS if effect < 0 else "+"
	return f"{sign} {format_money(abs(effect), currency)}"


def _describe_allowance(wallet) -> dict:
	return {
		"day": get_language().format_date(getdate(wallet.period_start), getdate()),
		"kind": _("Allowance"),
		"amount": _format_effect(to_money(wallet.opened_with), wallet.currency),
		"what": None,
		"href": None,
	}


def _get_reserved(wallet) -> list[dict]:
	if not frappe.has_permission("Gesture"):
		return []
	rows = frappe.get_list(
		"Gesture",
		filters={"gesture_wallet": wallet.name, "status": ("in", COMMITTED_STATUSES)},
		fields=["name", "what", "status", "planned_on", "wallet_amount"],
		order_by="creation asc, name asc",
		limit=_MAX_ENTRIES,
	)
	today, language = getdate(), get_language()
	return [
		{
			"day": language.format_date(row.planned_on, today) if row.planned_on else "",
			"kind": _(row.status),
			"amount": format_money(row.wallet_amount, wallet.currency),
			"what": row.what,
			"href": get_url_to_form("Gesture", row.name),
		}
		for row in rows
	]


def _get_earlier_periods(wallet) -> list[dict]:
	rows = frappe.get_list(
		"Gesture Wallet",
		filters={
			"gesture_budget": wallet.gesture_budget,
			"holder": wallet.holder or ("is", "not set"),
			"period_start": ("<", wallet.period_start),
		},
		fields=["name", "period_start", "period_end", "spent"],
		order_by="period_start desc",
		limit=_MAX_PERIODS,
	)
	today, language = getdate(), get_language()
	return [
		{
			"day": language.format_date(row.period_start, today),
			"kind": _("until {0}").format(language.format_date(row.period_end, today)),
			"amount": _("{0} spent").format(format_money(row.spent, wallet.currency)),
			"what": None,
			"href": get_url_to_form("Gesture Wallet", row.name),
		}
		for row in rows
	]


def get_wallets(company: str | None = None) -> list[ledger.Wallet]:
	"""Return the session user's wallets in a company, or all of them if there are none there.

	The wallet that pays by default comes first.
	"""
	me = frappe.session.user
	return ledger.get_user_wallets(me, company) or (ledger.get_user_wallets(me) if company else [])


def get_missing_period_notice() -> str | None:
	"""Return why the session user has a budget but no wallet: there is no fiscal year. None if that is not the reason."""
	today = getdate()
	budget = find_budget_without_period(frappe.session.user, None, today)
	return budget and format_error(missing_fiscal_year(today, budget.company))


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


def get_wallet_choice(wallet: ledger.Wallet, title: str) -> dict:
	"""Return a wallet that a gesture can be paid from: its summary, and `gesture_budget, title, currency, precision,
	free_up_to, free_text`."""
	budget = wallet.budget
	return get_wallet_summary(wallet) | {
		"gesture_budget": budget.name,
		"title": title,
		"currency": budget.currency,
		"precision": get_currency_precision(budget.currency),
		"free_up_to": flt(budget.free_up_to),
		"free_text": _("no approval needed up to {0}").format(
			format_money(budget.free_up_to, budget.currency)
		),
	}
