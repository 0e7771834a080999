"""The life of a gesture: from which status to which, who decides, what it costs, and what cannot change any more."""

from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from micro_experiences.domain.budget import ASK, REFUSE, not_enough, number, verdict
from micro_experiences.domain.notes import is_for_everyone
from micro_experiences.domain.refusal import Money, NotAllowed, Refused, Word, _
from micro_experiences.domain.sight import MANAGER

# From each status of a gesture, the ones it may move to. Declined and Cancelled are final.
# What somebody has in mind, and has not given yet.
OPEN = ("Idea", "Awaiting Approval", "Approved")

_MOVES = {
	"": {"Idea", "Awaiting Approval", "Given"},
	"Idea": {"Awaiting Approval", "Given", "Cancelled"},
	"Awaiting Approval": {"Idea", "Approved", "Declined", "Cancelled"},
	"Approved": {"Given", "Cancelled"},
	"Given": {"Cancelled"},
	"Declined": set(),
	"Cancelled": set(),
}

# What a gesture was booked with cannot change under its entries.
FROZEN = (
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


def check_cost(value: object) -> Decimal:
	"""What a gesture costs, unrounded. Raises Refused for what is no amount from zero up."""
	cost = number(value)
	if cost is None or cost < 0:
		raise Refused(_("The cost must be a number from zero up. Nothing was booked."))
	return cost


def may_move(old: str, new: str) -> bool:
	"""Whether a gesture may go from status `old` (empty when new) to `new`. Approval is not skipped here:
	that an amount needs one is the verdict's to say."""
	return old == new or new in _MOVES[old]


def check_move(old: str, new: str) -> None:
	"""Raises Refused where a gesture may not go from status `old` (empty when new) to `new`."""
	if not may_move(old, new):
		raise Refused(
			_("A gesture that is {0} cannot become {1}. Nothing was changed."),
			Word(old or "New"),
			# What is no status of ours is somebody's own words.
			Word(new) if new in _MOVES else new,
		)


def is_priced(old: str, new: str) -> bool:
	"""Whether this step may still settle what it costs and who pays."""
	return old in ("", "Idea") and new != "Cancelled"


def is_given(old: str, new: str) -> bool:
	"""Whether it is given by this step."""
	return old != new == "Given"


def is_confidential(status: str, visibility: str, sensitive: bool) -> bool:
	"""Whether the link to its note goes when it is asked for: whoever decides must see what is asked for, and must not
	read on to a note that is not for everyone."""
	return status == "Awaiting Approval" and not is_for_everyone(visibility, sensitive)


def decider(approver_role: str | None) -> str:
	"""The role that decides about a gesture, by the `approver_role` of its budget."""
	return approver_role or MANAGER


def asked(approver_role: str, holders: Callable[[str], Collection[str]]) -> Collection[str]:
	"""Who is asked to approve: those who hold the role of the budget; where there is none of them, the managers. `holders`
	has those with a role who may approve this one. Raises Refused where there is nobody: it would wait for ever."""
	found = holders(approver_role) or holders(MANAGER)
	if not found:
		raise Refused(
			_(
				"Nobody else with the role {0} may open this customer, so nobody can approve this. Nothing was booked. Choose something that is free to give, or ask your administrator for an approver."
			),
			Word(approver_role),
		)
	return found


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


def check_by_button(status: str) -> None:
	"""Raises Refused for a status that its giver cannot choose for a gesture that is there."""
	if status not in ("Given", "Cancelled"):
		raise Refused(_("Choose Given or Cancelled."))


def check_decision(status: str, reason: str | None) -> None:
	"""Raises Refused for a status that is no decision, and for declining many without a word."""
	if status not in ("Approved", "Declined"):
		raise Refused(_("Choose Approved or Declined."))
	if status == "Declined" and not (reason or "").strip():
		raise Refused(_("Say why, for those who asked."))


def check_giver(given_by: str | None, user: str, *, manager: bool) -> None:
	"""A gesture is paid from the wallet of the one who gives it; a manager may record one of somebody else. Raises
	NotAllowed."""
	if given_by != user and not manager:
		raise NotAllowed(_("A gesture is paid from the wallet of the one who gives it: your own."))


def weighed(
	wanted: str, amount: Decimal, free_up_to: Decimal, available: Decimal, currency: str, period_end: date
) -> str:
	"""What a gesture becomes that somebody `wanted` to be Given or Awaiting Approval: the latter above the free limit.
	Raises NotEnoughLeft."""
	answer = verdict(amount, free_up_to, available)
	if answer == REFUSE:
		raise not_enough(amount, available, currency, period_end)
	return "Awaiting Approval" if answer == ASK else wanted


def has_lapsed(approved_on: datetime, now: datetime, after_days: int) -> bool:
	"""Whether an approval was not used in time, so that its money is released. Zero days means never."""
	return bool(after_days) and now - approved_on >= timedelta(days=after_days)


def may_correct(
	status: str, user: str, given_by: str | None, *, may_decide: bool, wallet: str | None
) -> bool:
	"""Whether somebody may put the price right: of what a wallet has paid, by the one who gave it or by whoever decides."""
	return status == "Given" and bool(wallet) and (user == given_by or may_decide)


def check_correction(
	status: str, user: str, given_by: str | None, *, may_decide: bool, wallet: str | None
) -> None:
	"""Raises Refused where the price may not be put right. `wallet` is the one that paid, if any has."""
	if may_correct(status, user, given_by, may_decide=may_decide, wallet=wallet):
		return
	if status != "Given":
		raise Refused(_("Only the price of a gesture that was given can be put right."))
	if not (user == given_by or may_decide):
		raise NotAllowed(
			_("Only the one who gave it, or somebody who decides about it, puts its price right.")
		)
	raise Refused(_("This gesture was given without a cost. Cancel it and record it anew."))


def check_higher_price(
	price: Decimal,
	booked: Decimal,
	granted: Decimal,
	free_up_to: Decimal,
	currency: str,
	*,
	may_decide: bool,
	approver_role: str,
) -> None:
	"""A price that was `booked` goes up without asking to what is free, or to what was `granted` when it was given. Above
	that it takes somebody who decides. Raises NotAllowed."""
	most = max(free_up_to, granted)
	if price > max(booked, most) and not may_decide:
		raise NotAllowed(
			_(
				"Without asking, this price can be {0} at most. Nothing was changed. Ask somebody else with the role {1} to put it right."
			),
			Money(most, currency),
			Word(approver_role),
		)


def text_given(status: str, translate: Callable[[str], str] = str) -> str:
	"""What to say to somebody who wanted to give a gesture that has `status` now."""
	_ = translate
	if status == "Given":
		return _("Given. How did it go? You can tell later.")
	return _("This is more than may be given without asking. It awaits approval.")


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


def frozen_fields(status: str) -> tuple[str, ...]:
	"""What cannot change any more in a gesture of this status."""
	return () if status in ("", "Idea") else FROZEN


def frozen(label: str, status: str) -> Refused:
	"""The refusal to change a field of a gesture whose money was asked for or booked."""
	return Refused(
		_("{0} cannot change any more, because the gesture is {1}. Cancel it and make a new one."),
		Word(label),
		Word(status),
	)
