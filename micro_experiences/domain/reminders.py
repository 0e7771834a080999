"""When a reminder of a promise is due, what it says, and how it is told from every other one."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta

from micro_experiences.domain.refusal import Refused, _


def reminder_at(
	due_on: date,
	due_time: time | None,
	*,
	hour: int,
	days_before: int = 0,
	snoozed_until: date | None = None,
	quiet: tuple[time, time] | None = None,
) -> datetime:
	"""The moment at which to remind of a promise; naive, in the time zone of the arguments.

	`hour` (0 to 23) is used where the promise has no time of its own. A promise put off is reminded of on
	the day it was put off to. A moment within the quiet hours `(from, until)` moves to their end.
	"""
	if snoozed_until:
		moment = datetime.combine(snoozed_until, due_time or time(hour))
	else:
		moment = datetime.combine(due_on - timedelta(days=days_before), due_time or time(hour))
	return after_quiet_hours(moment, quiet)


def after_quiet_hours(moment: datetime, quiet: tuple[time, time] | None) -> datetime:
	"""`moment`, or the end of the quiet hours that it falls in. They may span midnight; equal ends mean none."""
	if not quiet or quiet[0] == quiet[1]:
		return moment
	start, end = quiet
	if start < end:
		return datetime.combine(moment, end) if start <= moment.time() < end else moment
	if moment.time() >= start:
		return datetime.combine(moment.date() + timedelta(days=1), end)
	return datetime.combine(moment, end) if moment.time() < end else moment


def quiet_hours(settings: Mapping) -> tuple[time, time]:
	"""(from, until) as the fields of Micro Experiences Settings have them."""
	return time(int(settings["quiet_from"] or 0)), time(int(settings["quiet_until"] or 0))


def moment_of(task: Mapping, settings: Mapping) -> datetime:
	"""When to remind of a Follow Up Task next, by its fields and those of Micro Experiences Settings."""
	return reminder_at(
		task["due_on"],
		task["due_time"],
		hour=int(settings["digest_hour"] or 0),
		days_before=task["remind_days_before"],
		snoozed_until=task["snoozed_until"],
		quiet=quiet_hours(settings),
	)


def moment_after(task: Mapping, settings: Mapping, now: datetime) -> datetime | None:
	"""What follows the reminder of a task that is sent `now`: the one at the due moment itself, or none until somebody
	puts the task off."""
	due_at = moment_of({**task, "remind_days_before": 0, "snoozed_until": None}, settings)
	return next_reminder_after(max(task["next_reminder_at"], now), due_at)


def next_reminder_after(sent: datetime, due_at: datetime) -> datetime | None:
	"""What follows a reminder sent at `sent`: the reminder at the due moment itself if that is still to come."""
	return due_at if due_at > sent else None


def is_late(due_on: date, now: datetime) -> bool:
	"""Whether a promise should have been kept before today."""
	return due_on < now.date()


def line(customer: str, due_on: date, now: datetime, translate: Callable[[str], str] = str) -> str:
	"""What the bell says: a neutral line, because what was promised stays behind its permissions."""
	_ = translate
	late = is_late(due_on, now)
	text = _("A promise to {0} is overdue") if late else _("A promise to {0} is due")
	return text.format(customer)


def reminder_key(task: str, moment: datetime, recipient: str, kind: str) -> str:
	"""One reminder of one kind, for one moment of a promise, to one person: the proof of exactly once."""
	return f"{task}|{moment.isoformat()}|{recipient}|{kind}"


def snoozed_until(until: str, today: date) -> date | None:
	"""The day until which a note is put off; None for "next_visit". Raises Refused as `later` does."""
	return None if until == "next_visit" else later(until, today)


def later(until: str, today: date) -> date:
	"""The day that "tomorrow", "next_week", "next_month" or an ISO date stands for; a month from the 31st ends on the last
	day of a shorter one. Raises Refused for any day not after today."""
	if until == "tomorrow":
		return today + timedelta(days=1)
	if until == "next_week":
		return today + timedelta(days=7)
	if until == "next_month":
		return today + relativedelta(months=1)
	try:
		day = date.fromisoformat(until)
	except ValueError:
		day = today
	if day <= today:
		raise Refused(_("Choose a day after today."))
	return day
