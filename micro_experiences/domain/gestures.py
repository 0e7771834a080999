"""Life cycle of a gesture: status changes, decisions, prices and fields that become read-only."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple, TypeVar

from micro_experiences.domain.budgets import (
	INSUFFICIENT,
	NEEDS_APPROVAL,
	BudgetPolicy,
	check_recipient_cap,
	get_approval_verdict,
	insufficient_balance,
	parse_amount_or_none,
)
from micro_experiences.domain.errors import Money, NotPermitted, RuleViolation, Translatable, _
from micro_experiences.domain.ledger import COMMITTED_STATUSES, LedgerLine, get_lines_for_transition
from micro_experiences.domain.never_notes import CLEAR_VERDICT, NeverVerdict, check_never_verdict
from micro_experiences.domain.notes import is_for_everyone
from micro_experiences.domain.visibility import MANAGER_ROLE

# Statuses of gestures that are planned but not given yet.
OPEN_STATUSES = ("Idea", *COMMITTED_STATUSES)

# Permitted status changes. Declined and Cancelled are final.
_TRANSITIONS = {
	"": {"Idea", "Planned", "Awaiting Approval", "Given"},
	"Idea": {"Planned", "Awaiting Approval", "Given", "Cancelled"},
	"Planned": {"Given", "Cancelled"},
	"Awaiting Approval": {"Idea", "Approved", "Declined", "Cancelled"},
	"Approved": {"Given", "Cancelled"},
	"Given": {"Cancelled"},
	"Declined": set(),
	"Cancelled": set(),
}

# Ledger entries depend on these fields, so they cannot change.
FROZEN_FIELDS = (
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
	"wallet_rate",
	"base_cost",
	"conversion_rate",
	"given_by",
)

# Who is notified of a step.
APPROVERS, GIVER = "approvers", "giver"

AnyPolicy = TypeVar("AnyPolicy", bound=BudgetPolicy)


def parse_cost(value: object) -> Decimal:
	"""Return the cost of a gesture, unrounded. Raises RuleViolation if it is negative or not an amount."""
	cost = parse_amount_or_none(value)
	if cost is None:
		raise RuleViolation(_("The cost must be a number. Nothing was saved."))
	if cost < 0:
		raise RuleViolation(_("The cost must be zero or more. Nothing was saved."))
	return cost


def can_change_status(old: str, new: str) -> bool:
	"""Return whether a gesture may go from status `old` (empty when new) to `new`.

	This does not decide whether the amount needs approval; see `get_approval_verdict`.
	"""
	return old == new or new in _TRANSITIONS[old]


def check_status_change(old: str, new: str) -> None:
	"""Raise RuleViolation if a gesture may not go from status `old` (empty when new) to `new`."""
	if not can_change_status(old, new):
		raise RuleViolation(
			_("A gesture with the status {0} cannot change to {1}. Nothing was changed."),
			Translatable(old or "New"),
			# An unknown status is user input and is not translated.
			Translatable(new) if new in _TRANSITIONS else new,
		)


def can_change_price(old: str, new: str) -> bool:
	"""Return whether this step can still set the cost and the paying wallet."""
	return old in ("", "Idea") and new != "Cancelled"


def is_being_given(old: str, new: str) -> bool:
	"""Return whether the gesture is given in this step."""
	return old != new == "Given"


def is_confidential(status: str, visibility: str, sensitive: bool) -> bool:
	"""Return whether to remove the link to the note when approval is requested.

	The approver must see the request, but must not reach a note that is not visible to everyone.
	"""
	return status == "Awaiting Approval" and not is_for_everyone(visibility, sensitive)


def get_approver_role(approver_role: str | None) -> str:
	"""Return the role that decides about a gesture, from the `approver_role` of its budget."""
	return approver_role or MANAGER_ROLE


def get_approvers(approver_role: str, holders: Callable[[str], Collection[str]]) -> Collection[str]:
	"""Return who is asked to approve: the holders of the budget's role, or the managers if there are none.

	`holders` returns the users with a role who may approve this gesture. Raises RuleViolation if there are none,
	because the gesture would wait forever.
	"""
	found = holders(approver_role) or holders(MANAGER_ROLE)
	if not found:
		raise RuleViolation(
			_(
				"No other user with the role {0} can open this customer, so nobody can approve this gesture. Nothing was saved. Choose a gesture that needs no approval, or ask your administrator to add an approver."
			),
			Translatable(approver_role),
		)
	return found


def is_checked_against_budget(old: str, new: str) -> bool:
	"""Return whether this step checks the cost against the wallet and the free limit."""
	return old in ("", "Idea") and new in ("Planned", "Awaiting Approval", "Given")


def is_commitment(old: str, new: str) -> bool:
	"""Return whether this step confirms that the gesture will happen, so that a Never note can rule it out."""
	return old != new and new in ("Planned", "Awaiting Approval", "Approved", "Given")


def is_decision(old: str, new: str) -> bool:
	"""Return whether this step is the decision of an approver."""
	return old != new and new in ("Approved", "Declined")


def get_available_statuses(status: str, *, can_write: bool, can_decide: bool) -> tuple[str, ...]:
	"""Return the statuses that a user can choose with a button, the most common one first."""
	allowed = {
		"Approved": can_decide,
		"Declined": can_decide,
		"Given": can_write,
		"Planned": can_write,
		"Cancelled": can_write,
	}
	return tuple(new for new, is_allowed in allowed.items() if is_allowed and new in _TRANSITIONS[status])


def can_decide(
	user: str, given_by: str | None, roles: Iterable[str], approver_role: str, *, manager: bool
) -> bool:
	"""Return whether a user may decide: approvers of the budget and managers, except for their own gestures."""
	return user != given_by and (manager or approver_role in roles)


def check_can_decide(allowed: bool, approver_role: str) -> None:
	"""Raise NotPermitted, which names the role that decides, unless the user is `allowed` to decide."""
	if not allowed:
		raise NotPermitted(
			_("Only another user with the role {0} can approve or decline this gesture."),
			Translatable(approver_role),
		)


def check_chosen_status(status: str) -> None:
	"""Raise RuleViolation for a status that the giver cannot choose for an existing gesture."""
	if status not in ("Planned", "Given", "Cancelled"):
		raise RuleViolation(_("Choose Planned, Given or Cancelled."))


def check_decision(status: str, reason: str | None) -> None:
	"""Raise RuleViolation for a status that is not a decision, and for declining without a reason."""
	if status not in ("Approved", "Declined"):
		raise RuleViolation(_("Choose Approved or Declined."))
	if status == "Declined" and not (reason or "").strip():
		raise RuleViolation(_("Enter a reason for declining."))


def check_giver(given_by: str | None, user: str, *, manager: bool) -> None:
	"""Check that a gesture is paid from the user's own wallet. Managers may record one for another user.
	Raises NotPermitted."""
	if given_by != user and not manager:
		raise NotPermitted(
			_(
				"A gesture is paid from the wallet of the person who gives it. You can only record your own gestures."
			)
		)


def resolve_status(
	wanted: str, amount: Decimal, free_up_to: Decimal, available: Decimal, currency: str, period_end: date
) -> str:
	"""Return the status of a gesture that a user wants to be Planned, Given or Awaiting Approval (`wanted`). Above
	the free limit it is Awaiting Approval.

	Raises InsufficientBalance.
	"""
	verdict = get_approval_verdict(amount, free_up_to, available)
	if verdict == INSUFFICIENT:
		raise insufficient_balance(amount, available, currency, period_end)
	return "Awaiting Approval" if verdict == NEEDS_APPROVAL else wanted


def can_correct_price(
	status: str, user: str, given_by: str | None, *, can_decide: bool, wallet: str | None
) -> bool:
	"""Return whether a user may correct the price of a gesture paid from a wallet: the giver and approvers
	may."""
	return status == "Given" and bool(wallet) and (user == given_by or can_decide)


def check_price_correction(
	status: str, user: str, given_by: str | None, *, can_decide: bool, wallet: str | None
) -> None:
	"""Raise RuleViolation if the price cannot be corrected. `wallet` is the wallet that paid, if any."""
	if can_correct_price(status, user, given_by, can_decide=can_decide, wallet=wallet):
		return
	if status != "Given":
		raise RuleViolation(
			_("The cost can only be corrected after the gesture has been given. Nothing was changed.")
		)
	if not (user == given_by or can_decide):
		raise NotPermitted(
			_(
				"Only the person who gave the gesture or an approver can correct its cost. Nothing was changed."
			)
		)
	raise RuleViolation(
		_(
			"This gesture was given without a cost, so there is nothing to correct. Cancel it and record a new one."
		)
	)


def check_price_increase(
	price: Decimal,
	booked: Decimal,
	granted: Decimal,
	free_up_to: Decimal,
	currency: str,
	*,
	can_decide: bool,
	approver_role: str,
) -> None:
	"""Check an increase of a price that was `booked`.

	Without approval it may rise to the free limit, or to the amount that was `granted` when the gesture was
	given. Above that, an approver must make the change. Raises NotPermitted.
	"""
	most = max(free_up_to, granted)
	if price > max(booked, most) and not can_decide:
		raise NotPermitted(
			_(
				"Without approval, the cost can be at most {0}. Nothing was changed. Ask another user with the role {1} to correct it."
			),
			Money(most, currency),
			Translatable(approver_role),
		)


def format_recorded_message(status: str, day: str, amount: str, translate: Callable[[str], str] = str) -> str:
	"""Return the message for a user who recorded a gesture that now has `status`.

	`day` is the planned day, formatted for the user, and `amount` the money taken from the wallet, or "".
	"""
	_ = translate
	if status == "Planned":
		text = _("Planned for {0}. {1} is set aside.") if amount else _("Planned for {0}.")
		return text.format(day, amount)
	if status == "Awaiting Approval":
		return _("Sent for approval. {0} is reserved.").format(amount) if amount else _("Sent for approval.")
	return _("Gesture recorded.")


def describe_request(
	giver: str,
	budget: str,
	left: str,
	until: str,
	reason: str,
	*,
	reserved: bool,
	translate: Callable[[str], str] = str,
) -> str:
	"""Describe to an approver who would pay for a gesture, what is left, and why.

	`budget` is the title of the budget, `left` an amount and `until` a day, both formatted; `reason` is user input or "".
	"""
	_ = translate
	if reserved:
		text = _("Paid from {1}, which {0} spends from: {2} left until {3} after this gesture.")
	else:
		text = _("Paid from {1}, which {0} spends from: {2} left until {3} before this gesture.")
	text = text.format(giver, budget, left, until)
	return _("{0} Reason: {1}").format(text, reason) if reason else text


def can_undo(status: str) -> bool:
	"""Return whether the user who has just recorded a gesture with this status can undo that by cancelling it."""
	return status in ("Given", "Planned")


class MissingBudget(RuleViolation):
	"""No Gesture Budget is available to the holder."""


class MissingFiscalYear(MissingBudget):
	"""The budget runs by fiscal years, and there is none for the day."""


def missing_budget(holder: str) -> MissingBudget:
	"""Return the error for `holder`, the name of a user without a budget."""
	return MissingBudget(
		_(
			"No gesture budget is available for {0}. Record the gesture without a cost, or ask a Micro Experiences Manager for a budget."
		),
		holder,
	)


def budget_unavailable(holder: str) -> MissingBudget:
	"""Return the error for an approver: `holder`, the name of a user, lost access to the budget after the request."""
	return MissingBudget(
		_(
			"The budget of this gesture is disabled or no longer available to {0}. Nothing was changed. Decline the request, or ask a Micro Experiences Manager to make the budget available again."
		),
		holder,
	)


def missing_exchange_rate(from_currency: str, to_currency: str) -> RuleViolation:
	"""Return the error for a missing exchange rate between two currencies."""
	return RuleViolation(
		_(
			"There is no exchange rate from {0} to {1} for today. Nothing was saved. Add it under Currency Exchange, or enter the cost in {1}."
		),
		from_currency,
		to_currency,
	)


def get_frozen_fields(status: str) -> tuple[str, ...]:
	"""Return the fields that can no longer change in a gesture with this status."""
	return () if status in ("", "Idea") else FROZEN_FIELDS


def field_frozen(label: str, status: str) -> RuleViolation:
	"""Return the error for changing a field of a gesture whose money was requested or booked."""
	return RuleViolation(
		_("{0} cannot be changed because the gesture is {1}. Cancel it and record a new one."),
		Translatable(label),
		Translatable(status),
	)


# Steps of a gesture: the host looks up the facts, writes what the functions below return, and notifies the people whom
# they name.


def choose_budget(
	budgets: Sequence[AnyPolicy], chosen: str | None, *, required: bool, missing: Callable[[], MissingBudget]
) -> AnyPolicy | None:
	"""Return the budget that pays: the chosen one, else the first of the giver's `budgets`.

	Raises the error that `missing` returns if one is required and none fits.
	"""
	fitting = [budget for budget in budgets if chosen in (None, "", budget.name)]
	if not fitting and required:
		raise missing()
	return fitting[0] if fitting else None


def missing_fiscal_year(day: date, company: str) -> MissingFiscalYear:
	"""Return the error for a budget by fiscal year whose `company` has none for `day`."""
	return MissingFiscalYear(
		_(
			"There is no Fiscal Year for {0} in {1}, so its gesture budget has no money. Create one in the Fiscal Year list, or ask your administrator."
		),
		day,
		company,
	)


def get_pricing_fields(
	gesture: Mapping,
	budget: BudgetPolicy | None,
	*,
	default_company: Callable[[], str],
	currency_of: Callable[[str], str],
	rate: Callable[[str, str], float],
) -> dict[str, object]:
	"""Return the fields that say which company and budget pay, in which currency and at which rates.

	`currency_of` returns the currency of a company, and `rate` today's exchange rate between two currencies.
	"""
	company = (budget and budget.company) or gesture.get("company") or default_company()
	company_currency = currency_of(company)
	currency = gesture.get("currency") or (budget.currency if budget else company_currency)
	return {
		"company": company,
		"currency": currency,
		"gesture_budget": budget.name if budget else None,
		"conversion_rate": rate(currency, company_currency),
		"wallet_rate": rate(currency, budget.currency) if budget else 1.0,
	}


@dataclass(frozen=True, slots=True)
class Funds:
	"""The wallet that is to pay for a gesture: its budget, what is left in it, and its last day."""

	budget: BudgetPolicy
	left: Decimal
	period_end: date


class CustomerCap(NamedTuple):
	"""What one customer gets: `amount` now, `so_far` within twelve months, and the limit of the budget, in `currency`."""

	amount: Decimal
	so_far: Decimal
	limit: Decimal
	currency: str


@dataclass(frozen=True, slots=True)
class StepFacts:
	"""What the host knows about one step of a gesture. A field that the step does not depend on may keep its default.

	`amount` is in the currency of the wallet; `note` has the visibility of the note behind the gesture, and whether it is
	sensitive; `never` says whether the customer's Never notes rule the gesture out, and `has_new_words` whether its words
	change after it was recorded.
	"""

	user: str
	now: datetime
	manager: bool = False
	amount: Decimal = Decimal(0)
	funds: Funds | None = None
	note: tuple[str, bool] | None = None
	cap: CustomerCap | None = None
	never: NeverVerdict = CLEAR_VERDICT
	override_reason: str | None = None
	never_notes_confirmed: bool = False
	has_new_words: bool = False
	can_decide: bool = False
	approver_role: str = MANAGER_ROLE


def get_step_changes(old: str, new: str, facts: StepFacts) -> dict[str, object]:
	"""Return the fields that change when a gesture goes from status `old` (empty when new) to `new`.

	The status among them may differ from `new`: above the free limit, a gesture awaits approval. Raises InsufficientBalance,
	RecipientCapExceeded, RuledOutByNote or NotPermitted.
	"""
	changes: dict[str, object] = {"status": new}
	if facts.funds and facts.amount and is_checked_against_budget(old, new):
		budget = facts.funds.budget
		new = changes["status"] = resolve_status(
			new, facts.amount, budget.free_up_to, facts.funds.left, budget.currency, facts.funds.period_end
		)
		if facts.note and is_confidential(new, *facts.note):
			changes |= {"personal_note": None, "confidential": True}
	if is_commitment(old, new):
		if facts.cap:
			check_recipient_cap(*facts.cap, deciding=is_decision(old, new))
	if is_commitment(old, new) or facts.has_new_words:
		check_never_verdict(
			facts.never,
			override_reason=facts.override_reason,
			# The giver answers to what is doubtful; they are asked again when they give the gesture.
			confirmed=facts.never_notes_confirmed or is_decision(old, new),
			manager=facts.manager,
		)
	if is_decision(old, new):
		check_can_decide(facts.can_decide, facts.approver_role)
		changes |= {"approver": facts.user, "approved_on": facts.now}
	if is_being_given(old, new):
		changes["given_on"] = facts.now.date()
	return changes


@dataclass(frozen=True, slots=True)
class StepOutcome:
	"""What follows from a step once it is saved: the lines for the ledger, and who is notified (APPROVERS, GIVER or "")."""

	lines: tuple[LedgerLine, ...]
	notify: str


def get_step_outcome(old: str, new: str, amount: Decimal, *, reserved: bool = True) -> StepOutcome:
	"""Return what follows from the step of a gesture of `amount` from status `old` to `new`.

	`reserved` says whether its money is committed while it awaits approval.
	"""
	notify = ""
	if old != new == "Awaiting Approval":
		notify = APPROVERS
	elif is_decision(old, new):
		notify = GIVER
	return StepOutcome(get_lines_for_transition(old, new, amount, reserved=reserved), notify)
