"""When a reminder of a promise is due, what it says, and how it is told from every other one."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta

from micro_experiences.domain.hours import HOLIDAY, QUIET_HOURS, Hours, Moment
from micro_experiences.domain.refusal import Refused, _

REMINDER, ESCALATION = "Reminder", "Escalation"

# What a reminder that has nothing to follow, or that was put right, leaves behind on its task.
NOTHING_TO_FOLLOW = {"next_reminder_at": None, "moved_from": None, "moved_because": ""}
NOT_SET_ASIDE = {"set_aside_at": None, "set_aside_because": ""}

# When one of these changes, the reminder is reckoned anew, and the moment at which somebody else hears of it.
_MOVES_REMINDER = ("due_on", "due_time", "remind_days_before", "snoozed_until", "status", "assigned_to")
_MOVES_ESCALATION = ("due_on", "status", "escalate_to", "escalate_after_days")

# Of each kind: the field of a task that says when it is due, the one that says whom it is for, and what a task has that
# waits for none of it.
MOMENT = {REMINDER: "next_reminder_at", ESCALATION: "escalates_at"}
RECIPIENT = {REMINDER: "assigned_to", ESCALATION: "escalate_to"}
_NOT_DUE = {REMINDER: NOTHING_TO_FOLLOW, ESCALATION: {"escalates_at": None}}


def quiet_hours(settings: Mapping) -> tuple[time, time]:
	"""(from, until) as the fields of Micro Experiences Settings have them."""
	return time(int(settings["quiet_from"] or 0)), time(int(settings["quiet_until"] or 0))


def moment_of(task: Mapping, hours: Hours) -> Moment:
	"""When to remind of a promise next, by its fields and the good hours of its owner.

	`remind_days_before` its day; one that is put off, on the day that it was put off to.
	"""
	day = task["snoozed_until"] or task["due_on"] - timedelta(days=task["remind_days_before"])
	return hours.at(day, task["due_time"])


def moment_after(task: Mapping, hours: Hours, now: datetime) -> Moment | None:
	"""What follows the reminder of a task that is sent `now`: the one on its day itself if that is still to come, or none
	until somebody puts the task off."""
	due = hours.at(task["due_on"], task["due_time"])
	return due if due.at > max(task["next_reminder_at"], now) else None


def next_reminder(moment: Moment | None) -> dict:
	"""The fields of a task that say when it is reminded of next."""
	if not moment:
		return NOTHING_TO_FOLLOW
	return {
		"next_reminder_at": moment.at,
		"moved_from": moment.moved_from,
		"moved_because": moment.moved_because,
	}


def rescheduled(
	task: Mapping,
	before: Mapping | None,
	reminder: Callable[[], dict],
	escalation: Callable[[], datetime | None],
) -> dict:
	"""The fields of a task that change when it is saved. What is done needs no reminder, what is unchanged keeps its own, and
	what was set aside is tried again.

	`before` is the task as it was, None when it is new. `reminder` reckons the fields of the next reminder anew, `escalation`
	the moment at which somebody else hears of it; they are asked only where they are needed.
	"""
	if task["status"] != "Open":
		return NOTHING_TO_FOLLOW | NOT_SET_ASIDE | {"escalates_at": None}
	changes = {}
	if task["set_aside_at"] or _has_moved(task, before, _MOVES_REMINDER):
		changes |= reminder() | NOT_SET_ASIDE
	if task["set_aside_at"] or _has_moved(task, before, _MOVES_ESCALATION):
		changes["escalates_at"] = escalation()
	return changes


def _has_moved(task: Mapping, before: Mapping | None, fields: Iterable[str]) -> bool:
	# A form sends texts where the database has days and times.
	return not before or any(str(before[field] or "") != str(task[field] or "") for field in fields)


def following(kind: str, task: Mapping, hours: Hours, now: datetime) -> dict:
	"""The fields of a task whose reminder or escalation is sent `now`."""
	if kind == ESCALATION:
		return _NOT_DUE[kind] | {"escalated_on": now}
	return next_reminder(moment_after(task, hours, now))


def held_back(kind: str, task: Mapping, hours: Hours, now: datetime) -> dict | None:
	"""The fields of a task whose reminder or escalation is due in hours that are not good any more: after an outage, or
	because the hours have changed. None where it may be sent `now`."""
	moment = hours.hold(now)
	if not moment:
		return None
	if kind == ESCALATION:
		return {MOMENT[kind]: moment.at}
	first = task["moved_from"] or task["next_reminder_at"]
	return next_reminder(Moment(moment.at, first, moment.moved_because))


def escalates_at(task: Mapping, hours: Hours) -> datetime | None:
	"""When somebody else hears that a promise is not kept: `escalate_after_days` (at least one) after its day, in the good
	hours of who hears it. None for what escalates to nobody, or has."""
	if not task["escalate_to"] or task["escalated_on"]:
		return None
	return hours.at(task["due_on"] + timedelta(days=max(task["escalate_after_days"], 1))).at


def set_aside(kind: str, moment: datetime, because: str) -> dict:
	"""The fields of a task whose reminder or escalation, due at `moment`, cannot be sent; somebody has to put it right."""
	return _NOT_DUE[kind] | {"set_aside_at": moment, "set_aside_because": because}


def check_can_arrive(
	recipient: str, enabled: bool | None, customer: str, customer_name: str | None, *, may_open: bool = True
) -> None:
	"""Whether a reminder has somebody to go to, and somebody whom it is about, and whom the first `may_open`. `enabled` is
	None where there is no such user, `customer_name` where there is no such customer. Raises Refused."""
	if enabled is None:
		raise Refused(_("There is no user {0}: hand this over to somebody."), recipient)
	if not enabled:
		raise Refused(_("{0} has left: hand this over to somebody."), recipient)
	if customer_name is None:
		raise Refused(_("The customer {0} is not there any more."), customer)
	if not may_open:
		raise Refused(_("{0} may not open this customer any more: hand this over to somebody."), recipient)


def is_late(due_on: date, now: datetime) -> bool:
	"""Whether a promise should have been kept before today."""
	return due_on < now.date()


def line(
	customer: str,
	due_on: date,
	now: datetime,
	translate: Callable[[str], str] = str,
	*,
	kind: str = REMINDER,
	owner: str = "",
	moved_because: str = "",
) -> str:
	"""What the bell says: a neutral line, because what was promised stays behind its permissions. `owner` is the name of
	the colleague whose promise escalates."""
	_ = translate
	if kind == ESCALATION:
		return _("A promise of {1} to {0} is not kept yet").format(customer, owner)
	late = is_late(due_on, now)
	text = _("A promise to {0} is overdue") if late else _("A promise to {0} is due")
	waited = {
		QUIET_HOURS: _("{0} (it waited for the quiet hours to end)"),
		HOLIDAY: _("{0} (it waited for the holiday to end)"),
	}.get(moved_because, "{0}")
	return waited.format(text.format(customer))


def reminder_key(kind: str, task: Mapping) -> str:
	"""One reminder of one kind, for one moment of a promise, to one person: the proof of exactly once. A reminder that was
	held back keeps the key of the moment that it was for."""
	moment = task[MOMENT[kind]]
	if kind == REMINDER:
		moment = task["moved_from"] or moment
	return f"{task['name']}|{moment.isoformat()}|{task[RECIPIENT[kind]]}|{kind}"


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
