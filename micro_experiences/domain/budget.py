"""Gesture money: periods, what is left, who is asked, and which lines the ledger gets.

Money is `Decimal` in the currency of the wallet. Every amount in a ledger line is positive, except in an
Adjust line; the kind says which way it counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from dateutil.relativedelta import relativedelta

PERIODS = ("Week", "Month", "Quarter", "Half-Year", "Fiscal Year")

FREE, ASK, REFUSE = "Free", "Ask", "Refuse"

_MONTHS = {"Month": 1, "Quarter": 3, "Half-Year": 6}

# From each status of a gesture, the ones it may move to. Declined and Cancelled are final.
_MOVES = {
	"": {"Idea", "Awaiting Approval", "Given"},
	"Idea": {"Awaiting Approval", "Given", "Cancelled"},
	"Awaiting Approval": {"Idea", "Approved", "Declined", "Cancelled"},
	"Approved": {"Given", "Cancelled"},
	"Given": {"Cancelled"},
	"Declined": set(),
	"Cancelled": set(),
}


def to_money(value: object, precision: int = 2) -> Decimal:
	"""`value` as money, rounded half up to `precision` places."""
	return Decimal(str(value or 0)).quantize(Decimal(1).scaleb(-precision), ROUND_HALF_UP)


def period_of(day: date, period: str, fiscal_year: tuple[date, date] | None = None) -> tuple[date, date]:
	"""First and last day of the period that `day` lies in. Weeks begin on Monday (ISO 8601).

	A Fiscal Year is the company's own and is passed in; ValueError without it, or for an unknown period.
	"""
	if period == "Week":
		start = day - timedelta(days=day.weekday())
		return start, start + timedelta(days=6)
	if period == "Fiscal Year":
		if not fiscal_year or not fiscal_year[0] <= day <= fiscal_year[1]:
			raise ValueError("no fiscal year for this day")
		return fiscal_year
	if period not in _MONTHS:
		raise ValueError(f"unknown period {period!r}")
	months = _MONTHS[period]
	start = date(day.year, (day.month - 1) // months * months + 1, 1)
	return start, start + relativedelta(months=months) - timedelta(days=1)


def wallet_key(budget: str, holder: str, period_start: date) -> str:
	"""What makes a wallet the only one of its budget, holder (empty for a pool) and period."""
	return f"{budget}|{period_start.isoformat()}|{holder}"


def left(allowance: Decimal, carried_over: Decimal, committed: Decimal, spent: Decimal) -> Decimal:
	"""What may still be promised or spent."""
	return allowance + carried_over - committed - spent


def verdict(amount: Decimal, free_up_to: Decimal, available: Decimal) -> str:
	"""FREE: nobody is asked. ASK: an approver decides. REFUSE: the wallet does not hold as much."""
	if amount > available:
		return REFUSE
	return FREE if amount <= free_up_to else ASK


def may_move(old: str, new: str) -> bool:
	"""Whether a gesture may go from status `old` (empty when new) to `new`. Approval is not skipped here:
	that an amount needs one is the verdict's to say."""
	return old == new or new in _MOVES[old]


@dataclass(frozen=True, slots=True)
class Line:
	"""One line that the ledger gets: its kind, and its positive amount."""

	kind: str
	amount: Decimal


def lines_for(old: str, new: str, amount: Decimal) -> tuple[Line, ...]:
	"""The ledger lines for a gesture of `amount` that goes from status `old` to `new`.

	Committed when approved, spent when given, released when cancelled before, refunded when cancelled after.
	"""
	if old == new or not amount:
		return ()
	if new == "Approved":
		return (Line("Commit", amount),)
	if new == "Given":
		spend = Line("Spend", amount)
		return (Line("Release", amount), spend) if old == "Approved" else (spend,)
	if new == "Cancelled" and old == "Approved":
		return (Line("Release", amount),)
	if new == "Cancelled" and old == "Given":
		return (Line("Refund", amount),)
	return ()


# What a line of each kind adds to (allowance, carried_over, committed, spent) of its wallet, per unit of amount.
_EFFECT = {
	"Commit": (0, 0, 1, 0),
	"Release": (0, 0, -1, 0),
	"Spend": (0, 0, 0, 1),
	"Refund": (0, 0, 0, -1),
	"Carry Over": (0, 1, 0, 0),
	"Adjust": (1, 0, 0, 0),
}


@dataclass(frozen=True, slots=True)
class Change:
	"""What some lines add to the four sums of a wallet."""

	allowance: Decimal
	carried_over: Decimal
	committed: Decimal
	spent: Decimal

	@property
	def need(self) -> Decimal:
		"""How much must be left in the wallet for this; negative when it gives back."""
		return self.committed + self.spent - self.allowance - self.carried_over


def change(lines: Iterable[Line]) -> Change:
	"""The sum of what `lines` add to a wallet."""
	sums = [Decimal(0)] * 4
	for line in lines:
		for index, sign in enumerate(_EFFECT[line.kind]):
			sums[index] += sign * line.amount
	return Change(*sums)


def entry_key(gesture: str, kind: str) -> str:
	"""A gesture books each kind of line once in its life: nothing is booked twice."""
	return f"{gesture}|{kind}"
