"""The policy of a Gesture Budget: periods, whose wallet, what is left, who is asked, what is carried over.

Money is `Decimal` in the currency of the budget.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from dateutil.relativedelta import relativedelta

from micro_experiences.domain.refusal import Money, Refused, Word, _

FREE, ASK, REFUSE = "Free", "Ask", "Refuse"

# What wallets were opened with cannot turn into something else under them.
POLICY_FROZEN = ("company", "currency", "period", "budget_kind")

ZERO = Decimal(0)

# What the database can hold.
_MOST = 10**11

_MONTHS = {"Month": 1, "Quarter": 3, "Half-Year": 6}


def to_money(value: object, precision: int = 2) -> Decimal:
	"""`value` as money, rounded half up to `precision` places."""
	return Decimal(str(value or 0)).quantize(Decimal(1).scaleb(-precision), ROUND_HALF_UP)


def check_number(value: object, label: str) -> Decimal:
	"""An amount that somebody typed, unrounded. Raises Refused, naming the field by `label`, for what is no amount."""
	amount = number(value)
	if amount is None:
		raise Refused(_("{0} must be a number."), Word(label))
	return amount


def number(value: object) -> Decimal | None:
	"""An amount that the database can hold, unrounded; None for what is none."""
	try:
		amount = Decimal(str(value or 0))
	except InvalidOperation:
		return None
	return amount if amount.is_finite() and abs(amount) < _MOST else None


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


@dataclass(frozen=True, slots=True)
class Policy:
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
	def from_row(cls, row: Mapping) -> "Policy":
		"""From the fields of a Gesture Budget."""
		texts = ("name", "title", "company", "budget_kind", "period", "currency", "starts_on", "unspent")
		return cls(
			**{field: row[field] for field in texts},
			**{field: to_money(row[field]) for field in POLICY_MONEY},
		)

	def fiscal_year(self, day: date) -> tuple[date, date] | None:
		"""First and last day of the company's fiscal year around `day`: the host knows it."""
		return None

	def period_of(self, day: date) -> tuple[date, date]:
		"""First and last day of the period around `day`. ValueError where there is none."""
		year = self.fiscal_year(day) if self.period == "Fiscal Year" else None
		return period_of(day, self.period, year)

	def has_period(self, day: date) -> bool:
		"""Whether there is a period around `day`; without a fiscal year there is none, and nothing to spend."""
		try:
			return bool(self.period_of(day))
		except ValueError:
			return False

	def holder(self, user: str) -> str:
		"""Whose wallet it is: the user's, or nobody's for a pool."""
		return "" if self.budget_kind == "Shared Pool" else user

	def wallet_key(self, user: str, day: date) -> str:
		"""What makes the user's wallet for the period around `day` the only one."""
		return wallet_key(self.name, self.holder(user), self.period_of(day)[0])

	def is_for(
		self, user: str, roles: Iterable[str], *, users: Iterable[str], for_role: str | None, day: date
	) -> bool:
		"""Whether `user`, who has `roles`, may spend from it on `day`; it names `users` and `for_role`."""
		named = user in users or for_role in roles
		return named and self.starts_on <= day and self.has_period(day)

	@property
	def carries_over(self) -> bool:
		"""Whether unspent money is taken into the next period at all."""
		return self.unspent == "Carries Over"

	def carried_over(self, last_end: date, last_left: Decimal, start: date) -> Decimal:
		"""What a holder takes into the period that begins on `start`, whose last wallet ended on `last_end` with
		`last_left`. Periods between them in which no wallet was opened were not spent from."""
		if not self.carries_over:
			return ZERO
		carried, first = self._kept(last_left), last_end + timedelta(days=1)
		while first < start:
			carried = self._kept(self.amount + carried)
			first = self.period_of(first)[1] + timedelta(days=1)
		return carried

	def went_on(self, last_left: Decimal) -> Decimal:
		"""What leaves a wallet with `last_left` when the next one is opened, so that it is not there twice. What is more
		than the limit stays, for a price that turns out higher."""
		return self._kept(last_left) if self.carries_over else ZERO

	def _kept(self, unspent: Decimal) -> Decimal:
		"""As much of `unspent` as is carried over; a limit of zero is none."""
		kept = max(unspent, ZERO)
		return min(kept, self.carry_over_limit) if self.carry_over_limit else kept

	def order(self, day: date) -> tuple:
		"""What the budgets of one person are sorted by, the one to spend from first: own before pool, sooner to lapse
		before later, then by title."""
		return self.budget_kind == "Shared Pool", self.period_of(day)[1], self.title

	def is_to_be_used(self, available: Decimal, day: date) -> bool:
		"""Whether to say kindly that the money is there to be used: in the last days of a period whose end it lapses
		with, when more than half of it is unspent."""
		start, end = self.period_of(day)
		days = (end - start).days + 1
		last_days = min(-(-days // _LAST_PART), _LAST_DAYS)
		return self.unspent == "Lapses" and (end - day).days < last_days and available * 2 > self.amount


def left(allowance: Decimal, carried_over: Decimal, committed: Decimal, spent: Decimal) -> Decimal:
	"""What may still be promised or spent."""
	return allowance + carried_over - committed - spent


def verdict(amount: Decimal, free_up_to: Decimal, available: Decimal) -> str:
	"""FREE: nobody is asked. ASK: an approver decides. REFUSE: the wallet does not hold as much."""
	if amount > available:
		return REFUSE
	return FREE if amount <= free_up_to else ASK


# The last days of a period: a fifth of it, rounded up, and at most a week.
_LAST_PART, _LAST_DAYS = 5, 7


def text_nudge(until: str, translate: Callable[[str], str] = str) -> str:
	"""The kind word that goes with `Policy.is_to_be_used`; `until` is the last day, as the user reads it."""
	_ = translate
	return _("Yours to give until {0}. Who would be glad of something small?").format(until)


def is_low(available: Decimal, allowance: Decimal) -> bool:
	"""Whether little is left: less than a fifth of what a period brings."""
	return available * 5 < allowance


def adjustment(allowance: Decimal, available: Decimal, amount: Decimal) -> Decimal:
	"""By how much the allowance of an open wallet changes when its budget becomes `amount`: never below what is
	promised and spent from it already."""
	return max(amount - allowance, -max(available, ZERO))


# How long the gestures to one customer count towards its limit.
CAP_MONTHS = 12


class OverCap(Refused):
	"""One customer would get more in twelve months than the budget allows."""


def check_cap(amount: Decimal, so_far: Decimal, cap: Decimal, currency: str) -> None:
	"""What one customer gets within CAP_MONTHS from everybody: `so_far`, and `amount` more. A cap of zero is none.
	Raises OverCap."""
	if cap and so_far + amount > cap:
		raise OverCap(
			_(
				"This customer would get {0} within twelve months, and the limit is {1}. Nothing was booked; a kind word costs nothing."
			),
			Money(so_far + amount, currency),
			Money(cap, currency),
		)


def counts(day: date, today: date) -> bool:
	"""Whether what a customer got on `day` still counts towards its limit."""
	return day >= counts_since(today)


def counts_since(today: date) -> date:
	"""The first day whose gestures count towards the limit of a customer today."""
	return today - relativedelta(months=CAP_MONTHS) + timedelta(days=1)


class NotEnoughLeft(Refused):
	"""The wallet does not hold as much."""


def not_enough(need: Decimal, available: Decimal, currency: str, period_end: date) -> NotEnoughLeft:
	"""The refusal that says how much there is and when it refills."""
	return NotEnoughLeft(
		_(
			"This needs {0}, and {1} is left until {2}. Nothing was booked; choose something smaller, or wait for the refill."
		),
		Money(need, currency),
		Money(available, currency),
		period_end,
	)


def policy_frozen(label: str) -> Refused:
	"""The refusal to change a field of a budget from which money was used."""
	return Refused(
		_("{0} cannot change once money was used. Disable this budget and make a new one."), Word(label)
	)


# The fields of a budget that hold money.
POLICY_MONEY = ("amount", "free_up_to", "carry_over_limit", "cap_per_recipient")


def checked_policy(row: Mapping, labels: Mapping[str, str]) -> dict[str, Decimal]:
	"""The money of a budget as it is kept: none below zero, and something to give. Raises Refused, which names a field by
	its label."""
	money = {field: to_money(check_number(row[field], labels[field])) for field in POLICY_MONEY}
	for field, amount in money.items():
		if amount < 0:
			raise Refused(_("{0} cannot be below zero."), Word(labels[field]))
	if not money["amount"]:
		raise Refused(_("Say how much there is to give, above zero."))
	return money


def usual_free_up_to(amount: Decimal) -> Decimal:
	"""Up to what nobody is asked, for a budget that says nothing about it: two fifths, so that the ordinary is free."""
	return to_money(amount * 2 / 5)


def in_words(
	row: Mapping,
	people: int,
	group: str,
	money: Callable[[Decimal], str],
	translate: Callable[[str], str] = str,
) -> str:
	"""A budget as one sentence, from the fields of a Gesture Budget that somebody is filling in: "Each of 14 people in
	Sales User may use 50 EUR a month, without asking up to 20 EUR; what is unspent lapses."

	`people` is how many may use it, and `group` the role or user group that they all come from, or "". It is "" until the
	form says how much, and how often.
	"""
	_ = translate
	amounts = {field: number(row.get(field)) for field in POLICY_MONEY}
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
	use = _users_in_words(people, group, pool, translate).format(rate)
	asked, free = _("{0}, and asks for each gesture"), amounts["free_up_to"]
	if pool and people != 1:
		asked = _("{0}, and ask for each gesture")
	if free >= amounts["amount"]:
		asked = _("{0}, without asking")
	elif free:
		asked = _("{0}, without asking up to {1}")
	parts = [asked.format(use, money(free)), _unspent_in_words(row, amounts["carry_over_limit"], money, _)]
	if cap := amounts["cap_per_recipient"]:
		parts.append(_("one customer gets at most {0} in twelve months").format(money(cap)))
	return _("{0}.").format("; ".join(parts))


def _users_in_words(people: int, group: str, pool: bool, translate: Callable[[str], str]) -> str:
	"""Who may use "{0}"."""
	_ = translate
	if not people:
		return _("Nobody yet may use {0}")
	if people == 1:
		text = _("One person in {1} may use {0}") if group else _("One person may use {0}")
	elif pool:
		text = _("{2} people in {1} share {0}") if group else _("{2} people share {0}")
	else:
		text = _("Each of {2} people in {1} may use {0}") if group else _("Each of {2} people may use {0}")
	return text.format("{0}", group.replace("{", "{{").replace("}", "}}"), people)


def _unspent_in_words(
	row: Mapping, limit: Decimal, money: Callable[[Decimal], str], translate: Callable[[str], str]
) -> str:
	_ = translate
	if row.get("unspent") != "Carries Over":
		return _("what is unspent lapses")
	if not limit:
		return _("what is unspent is carried over")
	return _("what is unspent is carried over, at most {0}").format(money(limit))


def is_for_somebody(row: Mapping, users: list[str]) -> bool:
	"""Whether a budget names anybody: a role, a user group, or `users` one by one."""
	return bool(row["for_role"] or row["for_user_group"] or users)


def check_holders(row: Mapping, users: list[str]) -> None:
	"""A budget is for somebody, and names nobody twice. Raises Refused."""
	if not is_for_somebody(row, users):
		raise Refused(_("Say who may use this budget: a role, a user group, or some people."))
	if twice := next((user for user in users if users.count(user) > 1), None):
		raise Refused(_("{0} is named twice."), twice)
