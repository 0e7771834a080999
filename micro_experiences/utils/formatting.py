"""Money as text, in the site's number format, and the precision of currencies."""

from decimal import Decimal

import frappe
from frappe.utils import cint, flt, get_number_format_info

from micro_experiences.domain.currencies import format_amount, get_precision, to_money

_DEFAULT_FORMAT = "#,###.##"
# Groups of two digits above the thousands, as in India.
_LAKHS_FORMAT = "#,##,###.##"


def get_currency_precision(currency: str) -> int:
	"""Return the decimal places of a currency. Uses no query, because the banner formats money on every form."""
	known = frappe.get_cached_doc("Currency", currency)
	places = get_number_format_info(known.number_format or _DEFAULT_FORMAT)[2]
	return get_precision(places, cint(known.fraction_units), flt(known.smallest_currency_fraction_value))


def format_money(amount: Decimal | float | None, currency: str) -> str:
	"""Format an amount with its currency, as the Desk does: the separators are the site's, the decimals the currency's."""
	known = frappe.get_cached_doc("Currency", currency)
	number_format = frappe.db.get_default("number_format") or _DEFAULT_FORMAT
	if known.number_format and cint(frappe.db.get_default("use_number_format_from_currency")):
		number_format = known.number_format
	decimal, group, _places = get_number_format_info(number_format)
	text = format_amount(
		to_money(amount),
		get_currency_precision(currency),
		decimal,
		group,
		by_lakhs=number_format == _LAKHS_FORMAT,
	)
	symbol = known.symbol or currency
	if frappe.db.get_default("hide_currency_symbol") == "Yes":
		return text
	return f"{text} {symbol}" if known.symbol_on_right else f"{symbol} {text}"
