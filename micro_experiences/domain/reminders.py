"""When reminders of follow-ups are due, what they say, and their unique keys."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta

from micro_experiences.domain.errors import RuleViolation, _
from micro_experiences.domain.quiet_hours import HOLIDAY, QUIET_HOURS, NotificationHours, ReminderTime

REMINDER, ESCALATION = "Reminder", "Escalation"

# Fields of a task without a further reminder, and of a task without a failed one.
NO_REMINDER = {"next_reminder_at": None, "moved_from": None, "moved_because": ""}
NOT_FAILED = {"set_aside_at": None, "set_aside_because": ""}

# No two time zones are further apart, so that a reminder moves by no more when its recipient changes theirs.
_MOST_ZONE_SHIFT = timedelta(hours=26)

# If one of these fields changes, the reminder or the escalation is rescheduled.
_REMINDER_FIELDS = ("due_on", "due_time", "remind_days_before", "snoozed_until", "status", "assigned_to")
_ESCALATION_FIELDS = ("due_on", "status", "escalate_to", "escalate_after_days")

# For each kind: the task field with its due time, the one with its recipient, and the values of a task that
# waits for none.
DUE_FIELDS = {REMINDER: "next_reminder_at", ESCALATION: "escalates_at"}
RECIPIENT_FIELDS = {REMINDER: "assigned_to", ESCALATION: "escalate_to"}
_CLEARED_FIELDS = {REMINDER: NO_REMINDER, ESCALATION: {"escalates_at": None}}


def parse_quiet_hours(settings: Mapping) -> tuple[time, time]:
	"""Return (from, until) from the fields of Micro Experiences Settings."""
	return time(int(settings["quiet_from"] or 0)), time(int(settings["quiet_until"] or 0))


def get_reminder_time(task: Mapping, hours: NotificationHours) -> ReminderTime:
	"""Return the time of the next reminder of a follow-up, from its fields and the notification hours of its
	assignee.

	It is `remind_days_before` its due date or, if snoozed, on the day it was snoozed to.
	"""
	day = task["snoozed_until"] or task["due_on"] - timedelta(days=task["remind_days_before"])
	return hours.get_allowed_time(day, task["due_time"])


def get_following_reminder_time(
	task: Mapping, hours: NotificationHours, now: datetime
) -> ReminderTime | None:
	"""Return the next reminder of a task whose reminder is sent `now`: on its due date if that is still to
	come, else None until the task is snoozed."""
	due = hours.get_allowed_time(task["due_on"], task["due_time"])
	return due if due.at > max(task["next_reminder_at"], now) else None


def get_repeated_reminder_time(task: Mapping, hours: NotificationHours, now: datetime) -> ReminderTime:
	"""Return the reminder of a task that was put off, at `now` (time of the site), to its `next_reminder_at`, of which
	its assignee was already reminded: the one on its due date if that is still to come, else the first allowed time.

	Without it, the job would take the reminder for sent, and the follow-up would never ring again.
	"""
	now = now.replace(microsecond=0)
	return get_following_reminder_time(task, hours, now) or hours.get_retry_time(now) or ReminderTime(now)


def is_reminder_lost(task: Mapping, hours: NotificationHours, last_sent_on: datetime | None) -> bool:
	"""Return whether an open follow-up waits for no reminder although its assignee was not reminded on its last
	day: the due date, or the day it was snoozed to if that is later.

	`last_sent_on` (time of the site) is when its present assignee was last reminded. Days are compared in the
	calendar of the assignee. A failed reminder is not lost: it is shown to the managers.
	"""
	if task["status"] != "Open" or task["next_reminder_at"] or task["set_aside_at"]:
		return False
	last_day = max(task["due_on"], task["snoozed_until"] or task["due_on"])
	return not last_sent_on or hours.to_local(last_sent_on).date() < last_day


def get_repaired_reminder_time(task: Mapping, hours: NotificationHours, now: datetime) -> ReminderTime:
	"""Return the next reminder of a task that lost its own, at `now` (time of the site): its regular one if that is
	still to come, else the one on its due date, else the first allowed time."""
	regular = get_reminder_time(task, hours)
	if regular.at > now:
		return regular
	return get_repeated_reminder_time(dict(task) | {"next_reminder_at": regular.at}, hours, now)


def get_rezoned_reminder_time(task: Mapping, hours: NotificationHours, now: datetime) -> ReminderTime | None:
	"""Return the reminder of a task whose assignee changed their time zone, in their new `hours`, or None if it stays:
	it is already due at `now`, or has no hour of its own, as one that was repeated."""
	current = task["next_reminder_at"]
	if current <= now:
		return None
	usual = (get_reminder_time(task, hours), hours.get_allowed_time(task["due_on"], task["due_time"]))
	nearest = min(usual, key=lambda moment: abs(moment.at - current))
	return nearest if timedelta() < abs(nearest.at - current) <= _MOST_ZONE_SHIFT else None


def get_reminder_fields(moment: ReminderTime | None) -> dict:
	"""Return the fields of a task for its next reminder."""
	if not moment:
		return NO_REMINDER
	return {
		"next_reminder_at": moment.at,
		"moved_from": moment.moved_from,
		"moved_because": moment.moved_because,
	}


def reschedule(
	task: Mapping,
	before: Mapping | None,
	reminder: Callable[[], dict],
	escalation: Callable[[], datetime | None],
) -> dict:
	"""Return the fields of a task that change when it is saved. A closed task needs no reminder, an unchanged
	one keeps its own, and a failed one is retried.

	`before` is the previous version, or None when it is new. `reminder` calculates the fields of the next
	reminder and `escalation` the time of the escalation; both are called only when needed.
	"""
	if task["status"] != "Open":
		return NO_REMINDER | NOT_FAILED | {"escalates_at": None}
	changes = {}
	if task["set_aside_at"] or _has_changed(task, before, _REMINDER_FIELDS):
		changes |= reminder() | NOT_FAILED
	if task["set_aside_at"] or _has_changed(task, before, _ESCALATION_FIELDS):
		changes["escalates_at"] = escalation()
	return changes


def _has_changed(task: Mapping, before: Mapping | None, fields: Iterable[str]) -> bool:
	# A form sends strings where the database has dates and times.
	return not before or any(str(before[field] or "") != str(task[field] or "") for field in fields)


def get_fields_after_sending(kind: str, task: Mapping, hours: NotificationHours, now: datetime) -> dict:
	"""Return the changed fields of a task whose reminder or escalation is sent `now`."""
	if kind == ESCALATION:
		return _CLEARED_FIELDS[kind] | {"escalated_on": now}
	return get_reminder_fields(get_following_reminder_time(task, hours, now))


def get_held_back_fields(kind: str, task: Mapping, hours: NotificationHours, now: datetime) -> dict | None:
	"""Return the changed fields of a task whose reminder or escalation is due outside notification hours,
	after an outage or a change of the hours.

	Returns None if it can be sent `now`.
	"""
	moment = hours.get_retry_time(now)
	if not moment:
		return None
	if kind == ESCALATION:
		return {DUE_FIELDS[kind]: moment.at}
	first = task["moved_from"] or task["next_reminder_at"]
	return get_reminder_fields(ReminderTime(moment.at, first, moment.moved_because))


def get_escalation_time(task: Mapping, hours: NotificationHours) -> datetime | None:
	"""Return when a follow-up is escalated: `escalate_after_days` (at least one) after its due date, in the
	notification hours of the recipient.

	Returns None if it has no recipient or was already escalated.
	"""
	if not task["escalate_to"] or task["escalated_on"]:
		return None
	return hours.get_allowed_time(task["due_on"] + timedelta(days=max(task["escalate_after_days"], 1))).at


def get_failure_fields(kind: str, moment: datetime, reason: str) -> dict:
	"""Return the fields of a task whose reminder or escalation, due at `moment`, failed and needs attention."""
	return _CLEARED_FIELDS[kind] | {"set_aside_at": moment, "set_aside_because": reason}


def check_deliverable(
	recipient: str, enabled: bool | None, customer: str, customer_name: str | None, *, can_open: bool = True
) -> None:
	"""Check that a reminder has an enabled recipient and an existing customer, and that the recipient can
	open it (`can_open`).

	`enabled` is None if the user does not exist, `customer_name` is None if the customer does not exist.
	Raises RuleViolation.
	"""
	if enabled is None:
		raise RuleViolation(
			_("User {0} does not exist. Hand this follow-up over to another user."), recipient
		)
	if not enabled:
		raise RuleViolation(_("{0} is disabled. Hand this follow-up over to another user."), recipient)
	if customer_name is None:
		raise RuleViolation(_("Customer {0} no longer exists."), customer)
	if not can_open:
		raise RuleViolation(
			_("{0} can no longer open this customer. Hand this follow-up over to another user."), recipient
		)


def is_overdue(due_on: date, now: datetime) -> bool:
	"""Return whether a follow-up was due before today."""
	return due_on < now.date()


def format_notification(
	customer: str,
	due_on: date,
	now: datetime,
	translate: Callable[[str], str] = str,
	*,
	kind: str = REMINDER,
	owner: str = "",
	moved_because: str = "",
	is_occasion: bool = False,
) -> str:
	"""Return the text of the notification. It is neutral, because the subject stays behind its permissions.

	`owner` is the name of the colleague whose follow-up is escalated. `is_occasion` says that an occasion opened the
	follow-up: nobody has promised anything, and the day is its own.
	"""
	_ = translate
	if kind == ESCALATION:
		return _("Follow-up by {1} for {0} is still open").format(customer, owner)
	if is_occasion:
		days = (due_on - now.date()).days
		near = {0: _("{0} has an occasion today"), 1: _("{0} has an occasion tomorrow")}.get(days)
		other = _("{0} has an occasion in {1} days") if days > 0 else _("An occasion of {0} is over")
		return (near or other).format(customer, days)
	late = is_overdue(due_on, now)
	text = _("Follow-up for {0} is overdue") if late else _("Follow-up for {0} is due")
	delay = {
		QUIET_HOURS: _("{0} (delayed by quiet hours)"),
		HOLIDAY: _("{0} (delayed by a holiday)"),
	}.get(moved_because, "{0}")
	return delay.format(text.format(customer))


def reminder_key(kind: str, task: Mapping) -> str:
	"""Return the unique key of one reminder: its kind, task, time and recipient. It guarantees that the
	reminder is sent only once.

	A delayed reminder keeps the key of its original time.
	"""
	moment = task[DUE_FIELDS[kind]]
	if kind == REMINDER:
		moment = task["moved_from"] or moment
	return f"{task['name']}|{moment.isoformat()}|{task[RECIPIENT_FIELDS[kind]]}|{kind}"


def get_note_snooze_date(until: str, today: date) -> date | None:
	"""Return the day until which a note is snoozed, or None for "next_visit". Raises RuleViolation as `get_snooze_date`
	does."""
	return None if until == "next_visit" else get_snooze_date(until, today)


def get_snooze_date(until: str, today: date) -> date:
	"""Return the day for "tomorrow", "next_week", "next_month" or an ISO date. A month from the 31st ends on
	the last day of a shorter month.

	Raises RuleViolation for any day that is not after today.
	"""
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
		raise RuleViolation(_("Choose a date after today."))
	return day
