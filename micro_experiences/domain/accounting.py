"""Posting of a wallet to accounting: when its period becomes a Journal Entry, its amount and its accounts.

Money is `Decimal`, in the currency of the company unless stated otherwise.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from micro_experiences.domain.budgets import ZERO
from micro_experiences.domain.currencies import to_money
from micro_experiences.domain.errors import Money, RuleViolation, Translatable, _

# Roles that can post, besides Micro Experiences Manager, if the host lets them submit Journal Entries.
POSTING_ROLES = frozenset({"Accounts User", "Accounts Manager"})

# Budget fields with the accounts to post to, and the root types that each accepts.
ACCOUNT_ROOT_TYPES = {"expense_account": ("Expense",), "paid_from_account": ("Asset", "Liability")}
POSTING_FIELDS = (*ACCOUNT_ROOT_TYPES, "cost_center")
# ERPNext requires a party for these accounts, and a party would be a name.
_PARTY_ACCOUNT_TYPES = ("Receivable", "Payable")


class InvalidPostingAccount(RuleViolation):
	"""A budget names an account or a cost center that cannot be posted to, or names none."""


class PostingRejected(RuleViolation):
	"""Accounting rejected the Journal Entry, usually because the period is closed."""


@dataclass(frozen=True, slots=True)
class WalletPeriod:
	"""A wallet as accounting sees it. `amount` is the cost of its given gestures; `posted` is the amount of
	its submitted Journal Entry, or None if there is none. `committed` is in `wallet_currency`."""

	is_posting_enabled: bool
	end: date
	committed: Decimal
	wallet_currency: str
	amount: Decimal
	currency: str
	posted: Decimal | None


def can_post(roles: Iterable[str], *, may_submit_entries: bool, manager: bool) -> bool:
	"""Return whether a user may post a wallet that is visible to them. The host knows who can submit Journal
	Entries."""
	return manager or (may_submit_entries and not POSTING_ROLES.isdisjoint(roles))


def get_posting_amount(gestures: Iterable[Mapping]) -> Decimal:
	"""Return the current cost of the given gestures of a wallet, after refunds and price corrections."""
	return sum((to_money(row["base_cost"]) for row in gestures if row["status"] == "Given"), ZERO)


def can_offer_posting(period: WalletPeriod, today: date) -> bool:
	"""Return whether to offer posting: the period is over, it has a cost, and it is not posted yet."""
	return period.is_posting_enabled and period.posted is None and bool(period.amount) and period.end < today


def check_postable(period: WalletPeriod, today: date) -> None:
	"""Raise RuleViolation if a period cannot be posted, or cannot be posted yet."""
	if not period.is_posting_enabled:
		raise RuleViolation(
			_(
				"This budget does not post to the ledger. Select Post to the Ledger in the budget first. Nothing was posted."
			)
		)
	if period.end >= today:
		raise RuleViolation(
			_("This period ends on {0} and can be posted after that. Nothing was posted."), period.end
		)
	if period.committed:
		raise RuleViolation(
			_(
				"{0} of this wallet is committed to gestures that have not been given yet. Nothing was posted. Give or cancel these gestures, then post again."
			),
			Money(period.committed, period.wallet_currency),
		)
	if not period.amount:
		raise RuleViolation(_("Nothing was spent in this period, so there is nothing to post."))


def describe_posting(
	period: WalletPeriod,
	accounts: Mapping[str, str | None],
	show: Callable[[Decimal], str],
	day: Callable[[date], str],
	translate: Callable[[str], str] = str,
) -> str | None:
	"""Return the accounting notice for a user who may post the wallet, or None if there is nothing to report.

	`accounts` maps the posting fields of the budget to their values. `show` formats money of the company and `day` formats
	a date, as the host does.
	"""
	_ = translate
	if period.posted is not None and period.posted != period.amount:
		return _(
			"The Journal Entry is for {0}, but the given gestures now cost {1}. Cancel the Journal Entry and post again, or amend it."
		).format(show(period.posted), show(period.amount))
	if period.is_posting_enabled and period.posted is None and period.amount:
		return _("{0} would be posted on {1}: debit {2}, credit {3}.").format(
			show(period.amount), day(period.end), *(accounts[field] or "-" for field in ACCOUNT_ROOT_TYPES)
		)
	return None


def build_entry_rows(total: Decimal, accounts: Mapping[str, str]) -> tuple[dict, dict]:
	"""Return the two rows of the Journal Entry: the expense, and the account that paid for it. They contain
	no names of people."""
	return (
		{"account": accounts["expense_account"], "cost_center": accounts["cost_center"], "debit": total},
		{"account": accounts["paid_from_account"], "cost_center": accounts["cost_center"], "credit": total},
	)


def format_entry_title(
	start: date,
	end: date,
	month: Callable[[date], str],
	day: Callable[[date], str],
	translate: Callable[[str], str] = str,
) -> str:
	"""Return the title of the Journal Entry: its period, without any detail of the gestures.

	`month` formats a date as "November 2026" and `day` as a date, as the host does.
	"""
	_ = translate
	if start.day == 1 and end + timedelta(days=1) == (start + timedelta(days=31)).replace(day=1):
		return _("Gestures, {0}").format(month(start))
	return _("Gestures, {0} to {1}").format(day(start), day(end))


def check_posting_fields(
	company: str, currency: str, rows: Mapping[str, Mapping | None], labels: Mapping[str, str]
) -> None:
	"""Check that the accounts and the cost center of a budget can be posted to.

	`rows` has the account or cost center of each of POSTING_FIELDS as a row, or None; `currency` is that of the
	company. Raises InvalidPostingAccount, which names the field by its label.
	"""
	for field in POSTING_FIELDS:
		row, label = rows[field], Translatable(labels[field])
		if not row:
			raise InvalidPostingAccount(
				_(
					"{0} is missing. Nothing was posted. Choose one in the budget, or clear Post to the Ledger."
				),
				label,
			)
		if wrong := _find_account_problem(field, row, company, currency):
			raise InvalidPostingAccount(wrong, label, row["name"], company, currency)


def _find_account_problem(field: str, row: Mapping, company: str, currency: str) -> str | None:
	"""Return the problem with an account or a cost center, or None. {0} is the field, {1} its value, {2} the
	company and {3} its currency."""
	if row["company"] != company:
		return _("{0} {1} does not belong to {2}. Nothing was posted. Choose another one in the budget.")
	if row["is_group"]:
		return _("{0} {1} is a group. Nothing was posted. Choose one below it in the budget.")
	if row["disabled"]:
		return _("{0} {1} is disabled. Nothing was posted. Choose another one in the budget.")
	if field not in ACCOUNT_ROOT_TYPES:
		return None
	if row["root_type"] not in ACCOUNT_ROOT_TYPES[field]:
		return _("{0} {1} has the wrong account type. Nothing was posted. Choose another one in the budget.")
	if row["account_type"] in _PARTY_ACCOUNT_TYPES:
		return _(
			"{0} {1} requires a customer, supplier or employee. Nothing was posted. Choose another one in the budget."
		)
	if (row["account_currency"] or currency) != currency:
		return _("{0} {1} is not in {3}. Nothing was posted. Choose an account in {3} in the budget.")
	return None


def posting_rejected(end: date, reason: str) -> PostingRejected:
	"""Return the error for an entry of the date `end` that accounting rejected, with its `reason`."""
	return PostingRejected(
		_(
			"The Journal Entry for {0} was rejected: {1} Nothing was posted and the wallet is unchanged. Reopen the accounting period or correct the problem, then post again."
		),
		end,
		# Frappe's messages end with or without a full stop.
		f"{reason.rstrip('. ')}.",
	)
