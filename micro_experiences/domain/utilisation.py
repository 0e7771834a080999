"""What became of the money of some wallets: sums by holder, budget, type of gesture, customer or period.

Money is `Decimal` in the currency of the wallets; what is in another currency is another sum.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from micro_experiences.domain import budget
from micro_experiences.domain.budget import ZERO, to_money

# By what the money may be summed. The first are of wallets, which have an allowance; the others of gestures alone.
OF_WALLETS = ("holder", "budget", "period")
OF_GESTURES = ("type", "customer")


@dataclass(slots=True)
class Sum:
	"""The sum of one group in one currency; `count` is of gestures that were given or are promised."""

	group: Hashable
	currency: str
	allowance: Decimal = ZERO
	carried_over: Decimal = ZERO
	promised: Decimal = ZERO
	spent: Decimal = ZERO
	count: int = 0

	@property
	def left(self) -> Decimal:
		return budget.left(self.allowance, self.carried_over, self.promised, self.spent)


def by_wallets(
	wallets: Iterable[Mapping], gestures: Iterable[Mapping], group: Callable[[Mapping], Hashable]
) -> list[Sum]:
	"""Sums of `wallets`, each with the fields of a Gesture Wallet, by what `group` says of it; the `gestures` that were
	paid from them are counted."""
	sums: dict[tuple, Sum] = {}
	place = {}
	for row in wallets:
		key = group(row), row["currency"]
		place[row["name"]] = found = sums.setdefault(key, Sum(*key))
		found.allowance += to_money(row["allowance"], 9)
		found.carried_over += to_money(row["carried_over"], 9)
		found.promised += to_money(row["committed"], 9)
		found.spent += to_money(row["spent"], 9)
	for row in gestures:
		if row["gesture_wallet"] in place:
			place[row["gesture_wallet"]].count += 1
	return list(sums.values())


def by_gestures(
	wallets: Iterable[Mapping], gestures: Iterable[Mapping], group: Callable[[Mapping], Hashable]
) -> list[Sum]:
	"""Sums of the Approved and Given `gestures` that were paid from `wallets`, by what `group` says of each."""
	currencies = {row["name"]: row["currency"] for row in wallets}
	sums: dict[tuple, Sum] = {}
	for row in gestures:
		if row["gesture_wallet"] not in currencies:
			continue
		key = group(row), currencies[row["gesture_wallet"]]
		found, amount = sums.setdefault(key, Sum(*key)), to_money(row["wallet_amount"], 9)
		if row["status"] == "Given":
			found.spent += amount
		else:
			found.promised += amount
		found.count += 1
	return list(sums.values())


def total(sums: Iterable[Sum]) -> list[Sum]:
	"""One sum for each currency, by its name."""
	totals: dict[str, Sum] = {}
	for one in sums:
		found = totals.setdefault(one.currency, Sum(None, one.currency))
		for field in ("allowance", "carried_over", "promised", "spent", "count"):
			setattr(found, field, getattr(found, field) + getattr(one, field))
	return [totals[currency] for currency in sorted(totals)]
