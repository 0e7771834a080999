"""Money, and what a rule refuses, as the user reads it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import escape_html, fmt_money, formatdate

from micro_experiences.domain import budget, gestures, refusal, variety


class NotEnoughLeft(frappe.ValidationError):
	"""The wallet does not hold as much."""


class OverCap(frappe.ValidationError):
	"""One customer would get more in twelve months than the budget allows."""


class NoBudget(frappe.ValidationError):
	"""The holder has no Gesture Budget that fits."""


class NeverNote(frappe.ValidationError):
	"""A Never note of the customer rules a gesture out."""


@contextmanager
def refusing() -> Iterator[None]:
	"""What a rule refuses within becomes an error of Frappe's, in the user's language; nothing was written."""
	try:
		yield
	except refusal.Refused as refused:
		error, title = frappe.ValidationError, None
		if isinstance(refused, refusal.NotAllowed):
			error = frappe.PermissionError
		elif isinstance(refused, budget.NotEnoughLeft):
			error, title = NotEnoughLeft, _("Not Enough Left")
		elif isinstance(refused, budget.OverCap):
			error, title = OverCap, _("Enough for This Customer")
		elif isinstance(refused, gestures.NoBudget):
			error, title = NoBudget, _("No Budget")
		elif isinstance(refused, variety.NeverNote):
			error, title = NeverNote, _("Better Not")
		frappe.throw(refused.say(_, _shown), error, title=title)


def money(amount: Decimal, currency: str) -> str:
	"""An amount as the user reads it, with its currency; without a query, because the banner says it on every form."""
	known = frappe.get_cached_doc("Currency", currency)
	text = fmt_money(amount, format=known.number_format or None)
	symbol = known.symbol or currency
	return f"{text} {symbol}" if known.symbol_on_right else f"{symbol} {text}"


def _shown(value: object) -> str:
	if isinstance(value, refusal.Money):
		return money(value.amount, value.currency)
	return formatdate(value) if isinstance(value, date) else escape_html(str(value))
