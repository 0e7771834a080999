"""Money as text, in the site's number format."""

from decimal import Decimal

import frappe
from frappe.utils import fmt_money


def format_money(amount: Decimal, currency: str) -> str:
	"""Format an amount with its currency. Uses no query, because the banner does this on every form."""
	known = frappe.get_cached_doc("Currency", currency)
	text = fmt_money(amount, format=known.number_format or None)
	symbol = known.symbol or currency
	return f"{text} {symbol}" if known.symbol_on_right else f"{symbol} {text}"
