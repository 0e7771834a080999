"""What the books get of a wallet: when its period becomes a Journal Entry, of how much, and between which accounts.

Money is `Decimal`, in the currency of the company unless it says otherwise.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from micro_experiences.domain.budget import ZERO, to_money
from micro_experiences.domain.refusal import Money, Refused, Word, _

# Who posts besides a Micro Experiences Manager, where the host lets them submit Journal Entries.
POSTERS = frozenset({"Accounts User", "Accounts Manager"})

# The fields of a budget that say where it is posted, and of what kind an account in them is.
ROOTS = {"expense_account": ("Expense",), "paid_from_account": ("Asset", "Liability")}
PLACES = (*ROOTS, "cost_center")
# The books take nothing into these without a party, and a party would be a name.
_OF_A_PARTY = ("Receivable", "Payable")

# As exact as the database keeps money: every cost is rounded already.
_PLACES = 9


class WrongAccount(Refused):
	"""A budget cannot be posted to an account or a cost center that it names, or names none."""


class NotTaken(Refused):
	"""The books refused the Journal Entry: a closed period, most often."""


@dataclass(frozen=True, slots=True)
class Period:
	"""A wallet as the books see it: `amount` is what its given gestures cost, `posted` what its live Journal Entry has,
	None where there is none. `promised` is in `wallet_currency`."""

	posts: bool
	end: date
	promised: Decimal
	wallet_currency: str
	amount: Decimal
	currency: str
	posted: Decimal | None


def may_post(roles: Iterable[str], *, may_submit_entries: bool, manager: bool) -> bool:
	"""Whether somebody may post a wallet that he sees; the host knows who submits Journal Entries."""
	return manager or (may_submit_entries and not POSTERS.isdisjoint(roles))


def amount(gestures: Iterable[Mapping]) -> Decimal:
	"""What the given ones among the gestures of a wallet cost, as it is now: refunded is gone, corrected is corrected."""
	return sum((to_money(row["base_cost"], _PLACES) for row in gestures if row["status"] == "Given"), ZERO)


def is_offered(period: Period, today: date) -> bool:
	"""Whether to offer the posting: the period is over, it cost something, and it is not posted yet."""
	return period.posts and period.posted is None and bool(period.amount) and period.end < today


def check_period(period: Period, today: date) -> None:
	"""Raises Refused where a period is not to be posted, or not yet."""
	if not period.posts:
		raise Refused(
			_("This budget does not post. Tick Post to the Ledger in the budget first. Nothing was posted.")
		)
	if period.end >= today:
		raise Refused(_("This period ends on {0}, and is posted after that. Nothing was posted."), period.end)
	if period.promised:
		raise Refused(
			_(
				"{0} of this wallet is promised and not given yet. Nothing was posted. Give or cancel these gestures, then post again."
			),
			Money(period.promised, period.wallet_currency),
		)
	if not period.amount:
		raise Refused(_("Nothing was spent in this period, so there is nothing to post."))


def in_words(
	period: Period,
	places: Mapping[str, str | None],
	show: Callable[[Decimal], str],
	day: Callable[[date], str],
	translate: Callable[[str], str] = str,
) -> str | None:
	"""What to tell whoever may post the wallet about its books; None where there is nothing to tell. `show` writes money
	of the company, `day` a day, as the host does."""
	_ = translate
	if period.posted is not None and period.posted != period.amount:
		return _(
			"The Journal Entry has {0}, and what was given costs {1} by now. Cancel the Journal Entry and post again, or amend it."
		).format(show(period.posted), show(period.amount))
	if period.posts and period.posted is None and period.amount:
		return _("This would be posted as {0} on {1}: debit {2}, credit {3}.").format(
			show(period.amount), day(period.end), *(places[field] or "-" for field in ROOTS)
		)
	return None


def lines(total: Decimal, places: Mapping[str, str]) -> tuple[dict, dict]:
	"""The two rows of the Journal Entry: the expense, and what paid for it. They name nobody."""
	return (
		{"account": places["expense_account"], "cost_center": places["cost_center"], "debit": total},
		{"account": places["paid_from_account"], "cost_center": places["cost_center"], "credit": total},
	)


def title(
	start: date,
	end: date,
	month: Callable[[date], str],
	day: Callable[[date], str],
	translate: Callable[[str], str] = str,
) -> str:
	"""What the Journal Entry is called: the days and nothing of what was given. `month` writes "November 2026", `day` a
	day, as the host does."""
	_ = translate
	if start.day == 1 and end + timedelta(days=1) == (start + timedelta(days=31)).replace(day=1):
		return _("Gestures, {0}").format(month(start))
	return _("Gestures, {0} to {1}").format(day(start), day(end))


def check_places(
	company: str, currency: str, places: Mapping[str, Mapping | None], labels: Mapping[str, str]
) -> None:
	"""The accounts and the cost center of a budget can be posted to. `places` has the row of each field of PLACES, or
	None; `currency` is the company's. Raises WrongAccount, which names a field by its label."""
	for field in PLACES:
		row, label = places[field], Word(labels[field])
		if not row:
			raise WrongAccount(
				_(
					"{0} is missing. Nothing was posted. Choose one in the budget, or untick Post to the Ledger."
				),
				label,
			)
		if wrong := _wrong(field, row, company, currency):
			raise WrongAccount(wrong, label, row["name"], company, currency)


def _wrong(field: str, row: Mapping, company: str, currency: str) -> str | None:
	"""What is wrong with an account or a cost center: {0} is the field, {1} its value, {2} the company, {3} its currency."""
	if row["company"] != company:
		return _("{0} {1} is not of {2}. Nothing was posted. Choose another one in the budget.")
	if row["is_group"]:
		return _("{0} {1} is a group. Nothing was posted. Choose one below it in the budget.")
	if row["disabled"]:
		return _("{0} {1} is disabled. Nothing was posted. Choose another one in the budget.")
	if field not in ROOTS:
		return None
	if row["root_type"] not in ROOTS[field]:
		return _(
			"{0} {1} is of another kind than this needs. Nothing was posted. Choose another one in the budget."
		)
	if row["account_type"] in _OF_A_PARTY:
		return _(
			"{0} {1} needs a customer, a supplier or an employee. Nothing was posted. Choose another one in the budget."
		)
	if (row["account_currency"] or currency) != currency:
		return _("{0} {1} is not in {3}. Nothing was posted. Choose an account in {3} in the budget.")
	return None


def not_taken(end: date, reason: str) -> NotTaken:
	"""The refusal where the books do not take an entry of the day `end`, with their own `reason`."""
	return NotTaken(
		_(
			"The books took no entry for {0}: {1} Nothing was posted, and the wallet is as it was. Open that period or correct what is named, then post again."
		),
		end,
		reason,
	)
