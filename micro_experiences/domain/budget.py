"""Gesture money: periods, what is left, who is asked, and which lines the ledger gets.

Money is `Decimal` in the currency of the wallet. Every amount in a ledger line is positive, except in an
Adjust line; the kind says which way it counts.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from dateutil.relativedelta import relativedelta

from micro_experiences.domain.refusal import Money, NotAllowed, Refused, Word, _

PERIODS = ("Week", "Month", "Quarter", "Half-Year", "Fiscal Year")

FREE, ASK, REFUSE = "Free", "Ask", "Refuse"

# What a gesture was booked with cannot change under its entries.
GESTURE_FROZEN = (
	"customer",
	"contact",
	"gesture_type",
	"what",
	"cost",
	"currency",
	"company",
	"gesture_budget",
	"gesture_wallet",
	"wallet_amount",
	"base_cost",
	"conversion_rate",
	"given_by",
)
# What wallets were opened with cannot turn into something else under them.
POLICY_FROZEN = ("company", "currency", "period", "budget_kind")

# What the database can hold.
_MOST = 10**11

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


def check_cost(value: object) -> Decimal:
	"""What a gesture costs, unrounded. Raises Refused for what is no amount from zero up."""
	cost = _number(value)
	if cost is None or cost < 0:
		raise Refused(_("The cost must be a number from zero up. Nothing was booked."))
	return cost


def check_number(value: object, label: str) -> Decimal:
	"""An amount that somebody typed, unrounded. Raises Refused, naming the field by `label`, for what is no amount."""
	number = _number(value)
	if number is None:
		raise Refused(_("{0} must be a number."), Word(label))
	return number


def _number(value: object) -> Decimal | None:
	try:
		number = Decimal(str(value or 0))
	except InvalidOperation:
		return None
	return number if number.is_finite() and abs(number) < _MOST else None


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

	def order(self, day: date) -> tuple:
		"""What the budgets of one person are sorted by, the one to spend from first: own before pool, sooner to lapse
		before later, then by title."""
		return self.budget_kind == "Shared Pool", self.period_of(day)[1], self.title


def left(allowance: Decimal, carried_over: Decimal, committed: Decimal, spent: Decimal) -> Decimal:
	"""What may still be promised or spent."""
	return allowance + carried_over - committed - spent


def verdict(amount: Decimal, free_up_to: Decimal, available: Decimal) -> str:
	"""FREE: nobody is asked. ASK: an approver decides. REFUSE: the wallet does not hold as much."""
	if amount > available:
		return REFUSE
	return FREE if amount <= free_up_to else ASK


def is_low(available: Decimal, allowance: Decimal) -> bool:
	"""Whether little is left: less than a fifth of what a period brings."""
	return available * 5 < allowance


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


def status_given(
	amount: Decimal, free_up_to: Decimal, available: Decimal, currency: str, period_end: date
) -> str:
	"""What a gesture becomes that somebody wants to give: Given, or Awaiting Approval. Raises NotEnoughLeft."""
	answer = verdict(amount, free_up_to, available)
	if answer == REFUSE:
		raise not_enough(amount, available, currency, period_end)
	return "Given" if answer == FREE else "Awaiting Approval"


def may_move(old: str, new: str) -> bool:
	"""Whether a gesture may go from status `old` (empty when new) to `new`. Approval is not skipped here:
	that an amount needs one is the verdict's to say."""
	return old == new or new in _MOVES[old]


def text_given(status: str, translate: Callable[[str], str] = str) -> str:
	"""What to say to somebody who wanted to give a gesture that has `status` now."""
	_ = translate
	if status == "Given":
		return _("Given. How did it go? You can tell later.")
	return _("This is more than may be given without asking. It awaits approval.")


def check_move(old: str, new: str) -> None:
	"""Raises Refused where a gesture may not go from status `old` (empty when new) to `new`."""
	if not may_move(old, new):
		raise Refused(
			_("A gesture that is {0} cannot become {1}. Nothing was changed."), Word(old or "New"), Word(new)
		)


def is_weighed(old: str, new: str) -> bool:
	"""Whether this step holds the cost against the wallet and the free limit."""
	return old in ("", "Idea") and new in ("Awaiting Approval", "Given")


def is_meant(old: str, new: str) -> bool:
	"""Whether this step means that the gesture is to happen, so that a Never note speaks against it."""
	return old != new and new in ("Awaiting Approval", "Approved", "Given")


def is_decision(old: str, new: str) -> bool:
	"""Whether this step is the decision of an approver."""
	return old != new and new in ("Approved", "Declined")


def moves(status: str, *, may_write: bool, may_decide: bool) -> tuple[str, ...]:
	"""What a person may make of a gesture by a button, the ordinary one first."""
	allowed = {"Approved": may_decide, "Declined": may_decide, "Given": may_write, "Cancelled": may_write}
	return tuple(new for new, may in allowed.items() if may and new in _MOVES[status])


def may_decide(
	user: str, given_by: str | None, roles: Iterable[str], approver_role: str, *, manager: bool
) -> bool:
	"""An approver of the budget, or a manager, but nobody decides about his own."""
	return user != given_by and (manager or approver_role in roles)


def check_may_decide(may: bool, approver_role: str) -> None:
	"""Raises NotAllowed, which names the role that decides."""
	if not may:
		raise NotAllowed(
			_("This is decided by somebody else with the role {0}, not by the one who gives it."),
			Word(approver_role),
		)


def check_giver(given_by: str | None, user: str, *, manager: bool) -> None:
	"""A gesture is paid from the wallet of the one who gives it; a manager may record one of somebody else. Raises
	NotAllowed."""
	if given_by != user and not manager:
		raise NotAllowed(_("A gesture is paid from the wallet of the one who gives it: your own."))


class NoBudget(Refused):
	"""The holder has no Gesture Budget that fits."""


def no_budget(holder: str) -> NoBudget:
	"""The refusal for `holder`, a colleague's name, who has no budget here."""
	return NoBudget(
		_(
			"There is no gesture budget for {0} here. Record the gesture without a cost, or ask a Micro Experiences Manager for a budget."
		),
		holder,
	)


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


def budget_gone(holder: str) -> NoBudget:
	"""The refusal for `holder`, a colleague's name, whose budget was taken away before the gesture was given."""
	return NoBudget(
		_("The budget of this gesture is disabled, or no longer for {0}. Nothing was booked."), holder
	)


def no_rate(from_currency: str, to_currency: str) -> Refused:
	"""The refusal where nobody knows what one currency is worth in the other today."""
	return Refused(
		_(
			"There is no exchange rate from {0} to {1} for today. Nothing was booked. Add it under Currency Exchange, or enter the cost in {1}."
		),
		from_currency,
		to_currency,
	)


def gesture_frozen(label: str, status: str) -> Refused:
	"""The refusal to change a field of a gesture whose money was asked for or booked."""
	return Refused(
		_("{0} cannot change any more, because the gesture is {1}. Cancel it and make a new one."),
		Word(label),
		Word(status),
	)


def policy_frozen(label: str) -> Refused:
	"""The refusal to change a field of a budget from which money was used."""
	return Refused(
		_("{0} cannot change once money was used. Disable this budget and make a new one."), Word(label)
	)


def check_policy(amount: Decimal, others: Iterable[tuple[str, Decimal]]) -> None:
	"""The money of a budget: an amount above zero, and `others` (label, amount) not below it. Raises Refused."""
	for label, other in (("Amount", amount), *others):
		if other < 0:
			raise Refused(_("{0} cannot be below zero."), Word(label))
	if not amount:
		raise Refused(_("Say how much there is to give, above zero."))


def check_holders(named: bool, users: list[str]) -> None:
	"""A budget is for somebody (`named`: a role, a group or people), and names nobody twice. Raises Refused."""
	if not named:
		raise Refused(_("Say who may use this budget: a role, a user group, or some people."))
	if twice := next((user for user in users if users.count(user) > 1), None):
		raise Refused(_("{0} is named twice."), twice)


def entry_key(gesture: str, kind: str) -> str:
	"""A gesture books each kind of line once in its life: nothing is booked twice."""
	return f"{gesture}|{kind}"
