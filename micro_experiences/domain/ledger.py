"""The lines of the ledger: what each adds to its wallet, and which of them a gesture gets in its life.

Money is `Decimal` in the currency of the wallet. Every amount is positive, except in an Adjust line; the kind says
which way it counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Line:
	"""One line that the ledger gets. An Adjust line is about the price of a gesture, or `of_budget`: about the allowance."""

	kind: str
	amount: Decimal
	of_budget: bool = False


# What a line of each kind adds to (allowance, carried_over, committed, spent) of its wallet, per unit of amount.
_EFFECT = {
	"Commit": (0, 0, 1, 0),
	"Release": (0, 0, -1, 0),
	"Spend": (0, 0, 0, 1),
	"Refund": (0, 0, 0, -1),
	"Carry Over": (0, 1, 0, 0),
	"Adjust": (0, 0, 0, 1),
}
_ADJUST_BUDGET = (1, 0, 0, 0)


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


def total(lines: Iterable[Line]) -> Change:
	"""The sum of what `lines` add to a wallet."""
	sums = [Decimal(0)] * 4
	for line in lines:
		effect = _ADJUST_BUDGET if line.of_budget and line.kind == "Adjust" else _EFFECT[line.kind]
		for index, sign in enumerate(effect):
			sums[index] += sign * line.amount
	return Change(*sums)


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


def entry_key(source: str, kind: str, number: int = 0) -> str:
	"""A gesture books each kind of line once in its life, and a wallet is carried over to once: nothing is booked twice.
	`source` is the gesture or the wallet; what may be adjusted again is numbered."""
	return f"{source}|{kind}|{number}" if number else f"{source}|{kind}"
