"""Errors that rules raise, and amounts of money, as text for the user."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import NoReturn

import frappe
from frappe import _
from frappe.utils import escape_html, formatdate

from micro_experiences.domain import budgets, errors, gesture_advice, gestures
from micro_experiences.utils.formatting import format_money


class InsufficientBalance(frappe.ValidationError):
	"""Raised if the balance of the wallet is too low."""


class RecipientCapExceeded(frappe.ValidationError):
	"""Raised if a customer would receive more in twelve months than the budget allows."""


class MissingBudget(frappe.ValidationError):
	"""Raised if the user has no matching Gesture Budget."""


class RuledOutByNote(frappe.ValidationError):
	"""Raised if a Never note of the customer rules out the gesture."""


def throw(message: str, exc: type[Exception] = frappe.ValidationError, title: str | None = None) -> NoReturn:
	"""Refuse a request with a message for the user. The title of the dialog names the app, unless `title` is more exact.

	A refusal is no fault of the server, so the response carries no traceback with the server's paths.
	"""
	frappe.flags.disable_traceback = True
	frappe.throw(message, exc, title=title or _("Micro Experiences"))  # noqa: TID251 -- the only call


@contextmanager
def domain_errors_as_frappe() -> Iterator[None]:
	"""Raise errors of the domain rules as Frappe errors in the user's language."""
	try:
		yield
	except errors.RuleViolation as refused:
		error, title = frappe.ValidationError, None
		if isinstance(refused, errors.NotPermitted):
			error = frappe.PermissionError
		elif isinstance(refused, budgets.InsufficientBalance):
			error, title = InsufficientBalance, _("Insufficient Balance")
		elif isinstance(refused, budgets.RecipientCapExceeded):
			error, title = RecipientCapExceeded, _("Customer Limit Reached")
		elif isinstance(refused, gestures.MissingFiscalYear):
			error, title = MissingBudget, _("No Fiscal Year")
		elif isinstance(refused, gestures.MissingBudget):
			error, title = MissingBudget, _("No Budget")
		elif isinstance(refused, gesture_advice.RuledOutByNote):
			error, title = RuledOutByNote, _("Ruled Out by a Never Note")
		throw(format_error(refused), error, title)


def format_error(refused: errors.RuleViolation) -> str:
	"""Return the message of an error of the domain rules, in the user's language."""
	return refused.format_message(_, _format_value)


def _format_value(value: object) -> str:
	if isinstance(value, errors.Money):
		return format_money(value.amount, value.currency)
	return formatdate(value) if isinstance(value, date) else escape_html(str(value))
