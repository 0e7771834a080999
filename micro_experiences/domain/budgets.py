"""Policy of a Gesture Budget: periods, wallet holders, available amount, approval and carry-over.

Money is `Decimal` in the currency of the budget.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from dateutil.relativedelta import relativedelta

from micro_experiences.domain.currencies import round_amount, to_money
from micro_experiences.domain.errors import Money, RuleViolation, Translatable, _

# The verdicts about an amount.
FREE, NEEDS_APPROVAL, INSUFFICIENT = "Free", "Ask", "Refuse"

# Existing wallets depend on these fields, so they cannot change.
FROZEN_POLICY_FIELDS = ("company", "currency", "period", "budget_kind")
# Budget fields that hold money.
POLICY_MONEY_FIELDS = ("amount", "free_up_to", "carry_over_limit", "cap_per_recipient")

# How long gestures count towards the limit per customer.
CAP_MONTHS = 12

ZERO = Decimal(0)

# The limit of the database column.
_MAX_AMOUNT = 10**11

_MONTHS_PER_PERIOD = {"Month": 1, "Quarter": 3, "Half-Year": 6}
# Length of the last days of a period: a fifth of it, rounded up, and at most a week.
_FINAL_FRACTION, _MAX_FINAL_DAYS = 5, 7


def parse_amount(value: object, label: str) -> Decimal:
	"""Return an amount from user input, unrounded. Raises RuleViolation, naming the field by `label`, if it is not
	a valid amount."""
	amount = parse_amount_or_none(value)
	if amount is None:
		raise RuleViolation(_("{0} must be a number."), Translatable(label))
	return amount


def parse_amount_or_none(value: object) -> Decimal | None:
	"""Return an amount that the database can hold, unrounded, or None if `value` is not such an amount."""
	try:
		amount = Decimal(str(value or 0))
	except InvalidOperation:
		return None
	return amount if amount.is_finite() and abs(amount) < _MAX_AMOUNT else None


def get_period(day: date, period: str, fiscal_year: tuple[date, date] | None = None) -> tuple[date, date]:
	"""Return the first and last day of the period that contains `day`. Weeks begin on Monday (ISO 8601).

	The fiscal year depends on the company and is passed in. Raises ValueError if it is missing, or for an
	unknown period.
	"""
	if period == "Week":
		start = day - timedelta(days=day.weekday())
		return start, start + timedelta(days=6)
	if period == "Fiscal Year":
		if not fiscal_year or not fiscal_year[0] <= day <= fiscal_year[1]:
			raise ValueError("no fiscal year for this day")
		return fiscal_year
	if period not in _MONTHS_PER_PERIOD:
		raise ValueError(f"unknown period {period!r}")
	months = _MONTHS_PER_PERIOD[period]
	start = date(day.year, (day.month - 1) // months * months + 1, 1)
	return start, start + relativedelta(months=months) - timedelta(days=1)


def wallet_key(budget: str, holder: str, period_start: date) -> str:
	"""Return the unique key of a wallet: its budget, holder (empty for a pool) and period."""
	return f"{budget}|{period_start.isoformat()}|{holder}"


@dataclass(frozen=True, slots=True)
class BudgetPolicy:
	"""An enabled Gesture Budget, as far as wallets need it. Money is Decimal in `currency`."""

	name: str
	title: str
	company: str
	budget_kind: str
	period: str
	currency: str
	amount: Decimal
	free_up_to: Decimal
	starts_on: date
	unspent: str = "Lapses"
	carry_over_limit: Decimal = ZERO
	cap_per_recipient: Decimal = ZERO

	@classmethod
	def from_row(cls, row: Mapping) -> "BudgetPolicy":
		"""Create a policy from the fields of a Gesture Budget."""
		texts = ("name", "title", "company", "budget_kind", "period", "currency", "starts_on", "unspent")
		return cls(
			**{field: row[field] for field in texts},
			**{field: to_money(row[field]) for field in POLICY_MONEY_FIELDS},
		)

	def get_fiscal_year(self, day: date) -> tuple[date, date] | None:
		"""Return the first and last day of the company's fiscal year that contains `day`. The host overrides
		this."""
		return None

	def get_period(self, day: date) -> tuple[date, date]:
		"""Return the first and last day of the period that contains `day`. Raises ValueError if there is
		none."""
		year = self.get_fiscal_year(day) if self.period == "Fiscal Year" else None
		return get_period(day, self.period, year)

	def has_period(self, day: date) -> bool:
		"""Return whether a period contains `day`. Without a fiscal year there is none, and nothing can be
		spent."""
		try:
			return bool(self.get_period(day))
		except ValueError:
			return False

	def get_holder(self, user: str) -> str:
		"""Return the holder of the wallet: the user, or "" for a pool."""
		return "" if self.budget_kind == "Shared Pool" else user

	def wallet_key(self, user: str, day: date) -> str:
		"""Return the unique key of the user's wallet for the period that contains `day`."""
		return wallet_key(self.name, self.get_holder(user), self.get_period(day)[0])

	def is_available_to(
		self, user: str, roles: Iterable[str], *, users: Iterable[str], for_role: str | None, day: date
	) -> bool:
		"""Return whether `user`, who has `roles`, may spend from this budget on `day`. The budget names
		`users` and `for_role`."""
		named = user in users or for_role in roles
		return named and self.starts_on <= day and self.has_period(day)

	@property
	def carries_over(self) -> bool:
		"""Return whether unspent money moves to the next period."""
		return self.unspent == "Carries Over"

	def calculate_carry_over(self, last_end: date, last_left: Decimal, start: date) -> Decimal:
		"""Return the amount that a holder carries into the period that begins on `start`.

		Their last wallet ended on `last_end` with `last_left`. Nothing was spent in periods for which no
		wallet was opened.
		"""
		if not self.carries_over:
			return ZERO
		carried, first = self._limit_carry_over(last_left), last_end + timedelta(days=1)
		while first < start:
			carried = self._limit_carry_over(self.amount + carried)
			first = self.get_period(first)[1] + timedelta(days=1)
		return carried

	def get_amount_carried_out(self, last_left: Decimal) -> Decimal:
		"""Return the amount that leaves a wallet with `last_left` when the next wallet is opened, so that it
		is not counted twice.

		Money above the limit stays, to cover a price that turns out higher.
		"""
		return self._limit_carry_over(last_left) if self.carries_over else ZERO

	def _limit_carry_over(self, unspent: Decimal) -> Decimal:
		"""Return the part of `unspent` that is carried over. A limit of zero means no limit."""
		carried = max(unspent, ZERO)
		return min(carried, self.carry_over_limit) if self.carry_over_limit else carried

	def get_sort_key(self, day: date) -> tuple:
		"""Return the sort key for the budgets of one user, the one to spend from first.

		Own wallets come before pools, then the one whose period ends sooner, then by title.
		"""
		return self.budget_kind == "Shared Pool", self.get_period(day)[1], self.title

	def get_paying_day(self, planned_on: date | None, today: date) -> date:
		"""Return the day whose period pays for a gesture that is planned for `planned_on`, or for today without it.

		A later period pays for its own gestures. If money is carried over, today's period pays: the next wallet cannot
		be opened before its period without closing the current one.
		"""
		later = planned_on and planned_on > today and not self.carries_over
		return planned_on if later and self.has_period(planned_on) else today

	def should_nudge(self, available: Decimal, day: date) -> bool:
		"""Return whether to point out that money is still available.

		This is the case in the last days of a period at whose end the money lapses, if more than half of it
		is unspent.
		"""
		start, end = self.get_period(day)
		days = (end - start).days + 1
		last_days = min(-(-days // _FINAL_FRACTION), _MAX_FINAL_DAYS)
		return self.unspent == "Lapses" and (end - day).days < last_days and available * 2 > self.amount


def get_available_amount(
	allowance: Decimal, carried_over: Decimal, committed: Decimal, spent: Decimal
) -> Decimal:
	"""Return the amount that can still be committed or spent."""
	return allowance + carried_over - committed - spent


def get_approval_verdict(amount: Decimal, free_up_to: Decimal, available: Decimal) -> str:
	"""Return FREE if no approval is needed, NEEDS_APPROVAL if an approver decides, or INSUFFICIENT if the wallet
	does not hold the amount."""
	if amount > available:
		return INSUFFICIENT
	return FREE if amount <= free_up_to else NEEDS_APPROVAL


def get_distinct_titles(
	budgets: Sequence[BudgetPolicy], translate: Callable[[str], str] = str
) -> dict[str, str]:
	"""Return the titles of budgets by name. Where titles are equal, what tells the budgets apart is added: the company, the
	period, the currency, or else the name."""
	_ = translate
	titles = {}
	for budget in budgets:
		same = [other for other in budgets if other.title == budget.title]
		if len(same) == 1:
			titles[budget.name] = budget.title
			continue
		marks = {one.name: (one.company, _(one.period), one.currency) for one in same}
		differing = [len(set(column)) > 1 for column in zip(*marks.values(), strict=True)]
		parts = [mark for mark, differs in zip(marks[budget.name], differing, strict=True) if differs]
		is_distinct = list(marks.values()).count(marks[budget.name]) == 1
		titles[budget.name] = f"{budget.title} ({', '.join(parts if is_distinct else [*parts, budget.name])})"
	return titles


def format_nudge(until: str, translate: Callable[[str], str] = str) -> str:
	"""Return the message that goes with `BudgetPolicy.should_nudge`; `until` is the last day, formatted for the
	user."""
	_ = translate
	return _("Available until {0}. Who would enjoy a small gesture?").format(until)


def is_balance_low(available: Decimal, allowance: Decimal) -> bool:
	"""Return whether less than a fifth of the allowance of a period is left."""
	return available * 5 < allowance


def calculate_adjustment(allowance: Decimal, available: Decimal, amount: Decimal) -> Decimal:
	"""Return the change to the allowance of an open wallet when its budget becomes `amount`.

	The allowance never falls below the amount that is already committed and spent.
	"""
	return max(amount - allowance, -max(available, ZERO))


class RecipientCapExceeded(RuleViolation):
	"""The customer would receive more within twelve months than the budget allows."""


def check_recipient_cap(
	amount: Decimal, so_far: Decimal, cap: Decimal, currency: str, *, deciding: bool = False
) -> None:
	"""Check what one customer receives from all users within CAP_MONTHS: `so_far` plus `amount`.

	A cap of zero means no limit. Raises RecipientCapExceeded, with advice for the approver if one is `deciding`.
	"""
	if cap and so_far + amount > cap:
		raise RecipientCapExceeded(
			_(
				"This customer would receive {0} within twelve months; the limit is {1}. Nothing was changed. Decline the request, or raise the limit in the budget before you approve it."
			)
			if deciding
			else _(
				"This customer would receive {0} within twelve months; the limit is {1}. Nothing was saved. Choose a smaller gesture or one without a cost."
			),
			Money(so_far + amount, currency),
			Money(cap, currency),
		)


def counts_towards_cap(day: date, today: date) -> bool:
	"""Return whether a gesture given on `day` still counts towards the limit per customer."""
	return day >= get_cap_start(today)


def get_cap_start(today: date) -> date:
	"""Return the first day whose gestures count towards the limit per customer today."""
	return today - relativedelta(months=CAP_MONTHS) + timedelta(days=1)


class InsufficientBalance(RuleViolation):
	"""The wallet does not hold the amount."""


def insufficient_balance(
	need: Decimal, available: Decimal, currency: str, period_end: date
) -> InsufficientBalance:
	"""Return the error that says how much is available and when the next period starts."""
	return InsufficientBalance(
		_(
			"This needs {0}, but only {1} is left until {2}. Nothing was saved. Choose a smaller gesture or wait for the next period."
		),
		Money(need, currency),
		Money(available, currency),
		period_end,
	)


def request_beyond_balance(
	holder: str, need: Decimal, available: Decimal, currency: str, period_end: date
) -> InsufficientBalance:
	"""Return the error for an approver: the wallet of `holder`, a user's name, does not hold the amount of a request."""
	return InsufficientBalance(
		_(
			"The request needs {0}, but only {1} is left until {2} in the wallet that {3} spends from. Nothing was changed. Decline the request, or raise the amount of the budget before you approve it."
		),
		Money(need, currency),
		Money(available, currency),
		period_end,
		holder,
	)


def correction_beyond_balance(
	need: Decimal, available: Decimal, currency: str, period_end: date
) -> InsufficientBalance:
	"""Return the error for a corrected cost that the wallet does not hold."""
	return InsufficientBalance(
		_(
			"The corrected cost needs {0} more, but only {1} is left until {2}. Nothing was changed. Ask a Micro Experiences Manager to raise the amount of the budget."
		),
		Money(need, currency),
		Money(available, currency),
		period_end,
	)


def policy_field_frozen(label: str) -> RuleViolation:
	"""Return the error for changing a field of a budget from which money was used."""
	return RuleViolation(
		_(
			"{0} cannot be changed once money from this budget has been used. Disable this budget and create a new one."
		),
		Translatable(label),
	)


def validate_policy_amounts(row: Mapping, labels: Mapping[str, str], precision: int) -> dict[str, Decimal]:
	"""Return the amounts of a budget as they are stored, in the `precision` of its currency.

	Raises RuleViolation, which names the field by its label, for a negative amount or a budget without an amount, and for
	less than the smallest amount of the currency, which would become "no limit".
	"""
	amounts = {field: parse_amount(row[field], labels[field]) for field in POLICY_MONEY_FIELDS}
	money = {field: round_amount(amount, precision, row["currency"]) for field, amount in amounts.items()}
	for field, amount in money.items():
		if amount < 0:
			raise RuleViolation(_("{0} cannot be negative."), Translatable(labels[field]))
	if not money["amount"]:
		raise RuleViolation(_("Enter an amount above zero."))
	return money


def get_default_free_limit(amount: Decimal, precision: int) -> Decimal:
	"""Return the default free limit of a budget: two fifths of its amount, so that ordinary gestures need no
	approval."""
	return to_money(amount * 2 / 5, precision)


def describe_budget(
	row: Mapping,
	people: int,
	group: str,
	money: Callable[[Decimal], str],
	translate: Callable[[str], str] = str,
) -> str:
	"""Describe a budget in one sentence, from the fields of a Gesture Budget that a user is filling in: "Each
	of 14 people in Sales User may use 50 EUR a month, up to 20 EUR per gesture without approval; unspent
	money lapses."

	`people` is the number of users, and `group` the role or user group that they all come from, or "".
	Returns "" until the form has an amount and a period.
	"""
	_ = translate
	amounts = {field: parse_amount_or_none(row.get(field)) for field in POLICY_MONEY_FIELDS}
	if None in amounts.values() or min(amounts.values()) < 0 or not amounts["amount"]:
		return ""
	rates = {
		"Week": _("{0} a week"),
		"Month": _("{0} a month"),
		"Quarter": _("{0} a quarter"),
		"Half-Year": _("{0} each half-year"),
		"Fiscal Year": _("{0} each fiscal year"),
	}
	if row.get("period") not in rates:
		return ""
	rate = rates[row["period"]].format(money(amounts["amount"]))
	pool = row.get("budget_kind") == "Shared Pool"
	use = _describe_users(people, group, pool, translate).format(rate)
	approval, free = _("{0}, and every gesture needs approval"), amounts["free_up_to"]
	if free >= amounts["amount"]:
		approval = _("{0} without approval")
	elif free:
		approval = _("{0}, up to {1} per gesture without approval")
	parts = [approval.format(use, money(free)), _describe_unspent(row, amounts["carry_over_limit"], money, _)]
	if cap := amounts["cap_per_recipient"]:
		parts.append(_("one customer may receive at most {0} in twelve months").format(money(cap)))
	return _("{0}.").format("; ".join(parts))


def describe_approvers(role: str, names: str, more: int, translate: Callable[[str], str] = str) -> str:
	"""Return who approves gestures: the users with `role`, some `names` and how many `more` there are."""
	_ = translate
	if not names:
		return _(
			"Nobody has the role {0}. A Micro Experiences Manager approves gestures above the free limit."
		).format(role)
	text = _("Gestures above the free limit are approved by a user with the role {0}: {1}.")
	if more > 0:
		text = _("Gestures above the free limit are approved by a user with the role {0}: {1} and {2} more.")
	return text.format(role, names, more)


def _describe_users(people: int, group: str, pool: bool, translate: Callable[[str], str]) -> str:
	"""Return who may use "{0}"."""
	_ = translate
	if not people:
		return _("Nobody may use {0} yet")
	if people == 1:
		text = _("One person in {1} may use {0}") if group else _("One person may use {0}")
	elif pool:
		text = _("{2} people in {1} share {0}") if group else _("{2} people share {0}")
	else:
		text = _("Each of {2} people in {1} may use {0}") if group else _("Each of {2} people may use {0}")
	return text.format("{0}", group.replace("{", "{{").replace("}", "}}"), people)


def _describe_unspent(
	row: Mapping, limit: Decimal, money: Callable[[Decimal], str], translate: Callable[[str], str]
) -> str:
	_ = translate
	if row.get("unspent") != "Carries Over":
		return _("unspent money lapses")
	if not limit:
		return _("unspent money is carried over")
	return _("up to {0} of unspent money is carried over").format(money(limit))


def has_holders(row: Mapping, users: list[str]) -> bool:
	"""Return whether a budget has holders: a role, a user group, or individual `users`."""
	return bool(row["for_role"] or row["for_user_group"] or users)


def check_holders(row: Mapping, users: list[str]) -> None:
	"""Check that a budget has holders and lists no user twice. Raises RuleViolation."""
	if not has_holders(row, users):
		raise RuleViolation(_("Choose who may use this budget: a role, a user group or individual users."))
	if twice := next((user for user in users if users.count(user) > 1), None):
		raise RuleViolation(_("{0} is listed twice."), twice)
