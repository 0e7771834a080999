"""Gestures planned for a day: the day, the follow-up that reminds the giver, and when a plan lapses."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from micro_experiences.domain.errors import RuleViolation, _
from micro_experiences.domain.ledger import COMMITTED_STATUSES

# The longest time ahead that a gesture can be planned.
_MAX_DAYS_AHEAD = 366


def check_planned_day(planned_on: date | None, today: date) -> None:
	"""Check the day of a planned gesture: today or later, and at most a year ahead. Raises RuleViolation."""
	if not planned_on:
		raise RuleViolation(_("Choose the day on which you plan to give this gesture. Nothing was saved."))
	if planned_on < today:
		raise RuleViolation(
			_("The planned day {0} is in the past. Nothing was saved. Choose today or a later day."),
			planned_on,
		)
	if planned_on > today + timedelta(days=_MAX_DAYS_AHEAD):
		raise RuleViolation(
			_("The planned day {0} is more than a year ahead. Nothing was saved. Check the year."), planned_on
		)


def is_planned_day_checked(status: str, planned_on: date | None, before: tuple[str, date | None]) -> bool:
	"""Return whether the planned day must be checked: it is new, or it changed. `before` has the previous status and
	planned day."""
	old, was_on = before
	if status == "Planned" and old in ("", "Idea"):
		return True
	return bool(planned_on) and status in COMMITTED_STATUSES and (old in ("", "Idea") or planned_on != was_on)


class FollowUpStep(NamedTuple):
	"""What to do with the follow-up that reminds the giver of a planned gesture: "Open" it for `due_on`, "Move" it to
	`due_on`, finish it as "Done" or "Skipped", or nothing ("")."""

	action: str
	due_on: date | None = None


def get_follow_up_step(
	status: str,
	planned_on: date | None,
	was_on: date | None,
	today: date,
	*,
	has_follow_up: bool,
	is_open: bool,
) -> FollowUpStep:
	"""Return what a save of a gesture means for its follow-up.

	`was_on` is the planned day before the save. A follow-up that its owner has finished stays finished, unless the gesture
	moves to another day.
	"""
	if planned_on and status in ("Planned", "Approved"):
		moved, due_on = planned_on != was_on, max(planned_on, today)
		if is_open:
			return FollowUpStep("Move", due_on) if moved else FollowUpStep("")
		return FollowUpStep("Open", due_on) if moved or not has_follow_up else FollowUpStep("")
	if not is_open:
		return FollowUpStep("")
	return FollowUpStep("Done" if status == "Given" else "Skipped")


def has_lapsed(committed_on: datetime, planned_on: date | None, now: datetime, after_days: int) -> bool:
	"""Return whether a gesture was not given in time, so that its money is released. Zero days means never.

	The days count from its planned day, or from `committed_on` (when it was approved, or when the request was made) if
	that is later.
	"""
	start = (
		max(committed_on, datetime.combine(planned_on, datetime.min.time())) if planned_on else committed_on
	)
	return bool(after_days) and now - start >= timedelta(days=after_days)


def describe_lapse(status: str, days: int, translate: Callable[[str], str] = str) -> str:
	"""Return why a gesture with `status` was cancelled after `days` days, for its comment and its giver."""
	_ = translate
	if status == "Awaiting Approval":
		return _("Nobody decided about your request within {0} days. It was cancelled.").format(days)
	if status == "Approved":
		return _("Your approved gesture was not given within {0} days. It was cancelled.").format(days)
	return _("Your planned gesture was not given within {0} days after its day. It was cancelled.").format(
		days
	)
