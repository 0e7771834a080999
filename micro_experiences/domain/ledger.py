"""Lines of the wallet ledger: their effect on the wallet, and which ones each gesture creates.

Money is `Decimal` in the currency of the wallet. Every amount is positive, except in an Adjust line; the kind
determines the sign.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

# Effect of each kind of line on (allowance, carried_over, committed, spent) of its wallet, per unit of amount.
_LINE_EFFECTS = {
	"Commit": (0, 0, 1, 0),
	"Release": (0, 0, -1, 0),
	"Spend": (0, 0, 0, 1),
	"Refund": (0, 0, 0, -1),
	"Carry Over": (0, 1, 0, 0),
	"Adjust": (0, 0, 0, 1),
}
_ALLOWANCE_ADJUSTMENT = (1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class LedgerLine:
	"""One line of the ledger. An Adjust line changes the price of a gesture, or the allowance if `is_allowance`."""

	kind: str
	amount: Decimal
	is_allowance: bool = False


@dataclass(frozen=True, slots=True)
class WalletChange:
	"""Change to the four sums of a wallet."""

	allowance: Decimal
	carried_over: Decimal
	committed: Decimal
	spent: Decimal

	@property
	def required_amount(self) -> Decimal:
		"""Return the amount that must be available in the wallet for this change; negative when it returns
		money."""
		return self.committed + self.spent - self.allowance - self.carried_over


def sum_lines(lines: Iterable[LedgerLine]) -> WalletChange:
	"""Return the total change of a wallet caused by `lines`."""
	sums = [Decimal(0)] * 4
	for line in lines:
		effect = (
			_ALLOWANCE_ADJUSTMENT if line.is_allowance and line.kind == "Adjust" else _LINE_EFFECTS[line.kind]
		)
		for index, sign in enumerate(effect):
			sums[index] += sign * line.amount
	return WalletChange(*sums)


def get_lines_for_transition(old: str, new: str, amount: Decimal) -> tuple[LedgerLine, ...]:
	"""Return the ledger lines for a gesture of `amount` that goes from status `old` to `new`.

	Money is committed on approval, spent when given, released when cancelled before, and refunded when
	cancelled after.
	"""
	if old == new or not amount:
		return ()
	if new == "Approved":
		return (LedgerLine("Commit", amount),)
	if new == "Given":
		spend = LedgerLine("Spend", amount)
		return (LedgerLine("Release", amount), spend) if old == "Approved" else (spend,)
	if new == "Cancelled" and old == "Approved":
		return (LedgerLine("Release", amount),)
	if new == "Cancelled" and old == "Given":
		return (LedgerLine("Refund", amount),)
	return ()


def entry_key(source: str, kind: str, number: int = 0) -> str:
	"""Return the unique key of a ledger line, which prevents double booking.

	A gesture books each kind of line once, and a wallet receives one carry-over. `source` is the gesture or
	the wallet; repeated adjustments are numbered.
	"""
	return f"{source}|{kind}|{number}" if number else f"{source}|{kind}"
