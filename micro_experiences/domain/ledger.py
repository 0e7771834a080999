"""Lines of the wallet ledger: their effect on the wallet, and which ones each gesture creates.

Money is `Decimal` in the currency of the wallet. Every amount is positive, except in an Adjust line; the kind
determines the sign.
"""

from collections.abc import Iterable, Mapping
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

# While a gesture has one of these statuses, its amount is committed in the wallet.
COMMITTED_STATUSES = ("Planned", "Awaiting Approval", "Approved")


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


def get_lines_for_transition(
	old: str, new: str, amount: Decimal, *, reserved: bool = True
) -> tuple[LedgerLine, ...]:
	"""Return the ledger lines for a gesture of `amount` that goes from status `old` to `new`.

	Money is committed when a gesture is planned or awaits approval, and released when that ends. It is spent when the
	gesture is given, and refunded when it is cancelled after that. `reserved` is False for an old request that awaits
	approval without reserved money: its money is committed on approval.
	"""
	if old == new or not amount:
		return ()
	was_committed, is_committed = old in COMMITTED_STATUSES and reserved, new in COMMITTED_STATUSES
	kinds = []
	if was_committed != is_committed:
		kinds.append("Commit" if is_committed else "Release")
	if new == "Given":
		kinds.append("Spend")
	elif old == "Given":
		kinds.append("Refund")
	return tuple(LedgerLine(kind, amount) for kind in kinds)


def get_entry_number(kind: str, entries: Mapping[str, int]) -> int:
	"""Return the number of a line in its `entry_key`, from the number of `entries` of the gesture by kind.

	A request that is withdrawn and made again commits its money again. Each round has its own number, so that no round
	is booked twice.
	"""
	if kind == "Commit":
		return entries.get("Release", 0)
	return max(entries.get("Commit", 0) - 1, 0) if kind == "Release" else 0


def entry_key(source: str, kind: str, number: int = 0) -> str:
	"""Return the unique key of a ledger line, which prevents double booking.

	A gesture books each kind of line once, and a wallet receives one carry-over. `source` is the gesture or
	the wallet; repeated adjustments, and commitments after a release, are numbered.
	"""
	return f"{source}|{kind}|{number}" if number else f"{source}|{kind}"
