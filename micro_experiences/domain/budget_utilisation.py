"""Utilisation of wallets: totals by holder, budget, type of gesture, customer or period.

Money is `Decimal` in the currency of the wallets; each currency has its own total.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from micro_experiences.domain.budgets import ZERO, get_available_amount
from micro_experiences.domain.currencies import to_money

# Groupings of the report. The first use wallets, which have an allowance; the others use gestures only.
WALLET_GROUPINGS = ("holder", "budget", "period")
GESTURE_GROUPINGS = ("type", "customer")


@dataclass(slots=True)
class UtilisationTotal:
	"""Total of one group in one currency; `count` is the number of gestures given or committed, free ones included."""

	group: Hashable
	currency: str
	allowance: Decimal = ZERO
	carried_over: Decimal = ZERO
	promised: Decimal = ZERO
	spent: Decimal = ZERO
	count: int = 0

	@property
	def left(self) -> Decimal:
		"""Return the amount that is still available."""
		return get_available_amount(self.allowance, self.carried_over, self.promised, self.spent)


def sum_wallets(
	wallets: Iterable[Mapping], gestures: Iterable[Mapping], group: Callable[[Mapping], Hashable]
) -> list[UtilisationTotal]:
	"""Return totals of `wallets`, each with the fields of a Gesture Wallet, grouped by `group`. The
	`gestures` paid from them are counted."""
	sums: dict[tuple, UtilisationTotal] = {}
	totals_by_wallet = {}
	for row in wallets:
		key = group(row), row["currency"]
		totals_by_wallet[row["name"]] = total = sums.setdefault(key, UtilisationTotal(*key))
		total.allowance += to_money(row["allowance"], 9)
		total.carried_over += to_money(row["carried_over"], 9)
		total.promised += to_money(row["committed"], 9)
		total.spent += to_money(row["spent"], 9)
	for row in gestures:
		if row["gesture_wallet"] in totals_by_wallet:
			totals_by_wallet[row["gesture_wallet"]].count += 1
	return list(sums.values())


def sum_gestures(
	wallets: Iterable[Mapping], gestures: Iterable[Mapping], group: Callable[[Mapping], Hashable]
) -> list[UtilisationTotal]:
	"""Return totals of the given and committed `gestures` that were paid from `wallets`, grouped by `group`."""
	currencies = {row["name"]: row["currency"] for row in wallets}
	sums: dict[tuple, UtilisationTotal] = {}
	for row in gestures:
		if row["gesture_wallet"] not in currencies:
			continue
		key = group(row), currencies[row["gesture_wallet"]]
		total, amount = sums.setdefault(key, UtilisationTotal(*key)), to_money(row["wallet_amount"], 9)
		if row["status"] == "Given":
			total.spent += amount
		else:
			total.promised += amount
		total.count += 1
	return list(sums.values())


def count_free_gestures(
	sums: list[UtilisationTotal], gestures: Iterable[Mapping], group: Callable[[Mapping], Hashable]
) -> list[UtilisationTotal]:
	"""Count `gestures` that cost nothing in the totals of their groups, and return all totals.

	They have no currency: a group without another total gets one in the only currency of `sums`, or in the `currency` of the
	gesture.
	"""
	totals = {total.group: total for total in reversed(sums)}
	currencies = {total.currency for total in sums}
	for row in gestures:
		key = group(row)
		if key not in totals:
			currency = next(iter(currencies)) if len(currencies) == 1 else row["currency"]
			totals[key] = UtilisationTotal(key, currency)
			sums = [*sums, totals[key]]
		totals[key].count += 1
	return sums


def sum_by_currency(sums: Iterable[UtilisationTotal]) -> list[UtilisationTotal]:
	"""Return one total for each currency, sorted by currency."""
	totals: dict[str, UtilisationTotal] = {}
	for group_total in sums:
		total = totals.setdefault(group_total.currency, UtilisationTotal(None, group_total.currency))
		for field in ("allowance", "carried_over", "promised", "spent", "count"):
			setattr(total, field, getattr(total, field) + getattr(group_total, field))
	return [totals[currency] for currency in sorted(totals)]
