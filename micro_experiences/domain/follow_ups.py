"""Rules for a Follow Up Task: validation, permitted actions, and what follows when it is done or skipped."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta

from micro_experiences.domain import recurrence
from micro_experiences.domain.errors import NotPermitted, RuleViolation, Translatable, _

# Units that continue from the day of an early completion; calendar dates, such as the 1st, stay.
INTERVAL_UNITS = ("Days", "Weeks")
AFTER_INVOICE = "After Last Invoice"

# Outcomes are news and expire.
OUTCOME_KIND = "Moment"


def clean_follow_up(task: Mapping, before: Mapping | None, today: date) -> dict:
	"""Return the fields of `task` that change when it is saved. `before` is the previous version, or None
	when it is new.

	Both have the fields of the DocType; days are `date` or None, counts are int. Raises RuleViolation.
	"""
	if not task["due_on"]:
		raise RuleViolation(_("Enter a due date."))
	for day in (task["due_on"], task["snoozed_until"]):
		if day and not today.year - 10 <= day.year <= today.year + 50:
			raise RuleViolation(_("The date is too far away. Check the year."))
	if not 0 <= task["remind_days_before"] <= 366:
		raise RuleViolation(_("The reminder can be 0 to 366 days before the due date."))
	if not 0 <= task["escalate_after_days"] <= 366:
		raise RuleViolation(_("The escalation can be 1 to 366 days after the due date."))
	repeats = task["repeats"] or "Never"
	most = recurrence.MAX_INTERVALS.get(repeats)
	if most and not 1 <= task["every"] <= most:
		raise RuleViolation(_("The interval can be 1 to {0} {1}."), most, Translatable(repeats))
	if before and before["status"] != "Open" and task["status"] != before["status"]:
		raise RuleViolation(
			_("A follow-up with the status {0} cannot be changed. Create a new follow-up instead."),
			Translatable(before["status"]),
		)
	every = task["every"] if most else 1
	moved = bool(before) and before["due_on"] != task["due_on"]
	recounted = moved or not task["counted_from"]
	if repeats == AFTER_INVOICE:
		recounted = recounted or (bool(before) and (before["repeats"], before["every"]) != (repeats, every))
		first = task["due_on"] - timedelta(days=every)
	else:
		first = task["due_on"]
	snoozed_until = task["snoozed_until"]
	if moved and before["snoozed_until"] == snoozed_until:
		# The snooze referred to the previous due date.
		snoozed_until = None
	return {
		"subject": (task["subject"] or "").strip(),
		"repeats": repeats,
		"every": every,
		"counted_from": first if recounted else task["counted_from"],
		"snoozed_until": snoozed_until,
	}


def check_new_due_date(due_on: date | None, today: date) -> None:
	"""Check that the due date that a person chose is not in the past; `today` is theirs. Raises RuleViolation."""
	if due_on and due_on < today:
		raise RuleViolation(_("The date is in the past. Nothing was saved. Choose today or a later day."))


def get_due_state(due_on: date, snoozed_until: date | None, today: date) -> str:
	"""Return "Later" if an open follow-up is snoozed or not due yet, else "Today" or "Overdue"."""
	if due_on > today or (snoozed_until and snoozed_until > today):
		return "Later"
	return "Overdue" if due_on < today else "Today"


def check_assignee(name: str, *, can_open_customer: bool, can_see_note: bool, enabled: bool = True) -> None:
	"""Check that the chosen assignee can open the customer and see the note behind a follow-up. Raises
	RuleViolation, which contains the user's `name`."""
	check_enabled(name, enabled=enabled)
	if not can_open_customer:
		raise RuleViolation(_("{0} cannot open this customer. Choose another user."), name)
	if not can_see_note:
		raise RuleViolation(
			_(
				"{0} cannot see the note behind this follow-up. Assign the follow-up to yourself, or create it without the note."
			),
			name,
		)


def check_open(status: str) -> None:
	"""Check that a follow-up is open; done and skipped ones are final. Raises RuleViolation."""
	if status != "Open":
		raise RuleViolation(
			_("This follow-up is already {0}. Reload the form to see its current state."),
			Translatable(status),
		)


def is_repeating(repeats: str | None) -> bool:
	"""Return whether a follow-up repeats when it is done or skipped."""
	return (repeats or "Never") != "Never"


def check_repeating(repeats: str | None) -> None:
	"""Check that a follow-up repeats, so that repeating can be stopped. Raises RuleViolation."""
	if not is_repeating(repeats):
		raise RuleViolation(_("This follow-up does not repeat, so there is nothing to stop."))


def check_enabled(name: str, *, enabled: bool) -> None:
	"""Check that a user is enabled. Raises RuleViolation, which contains the user's `name`."""
	if not enabled:
		raise RuleViolation(_("{0} is disabled. Choose another user."), name)


def check_handover(to: str, assigned_to: str, name: str, *, enabled: bool) -> None:
	"""Check that a follow-up is handed over to another, enabled user. Raises RuleViolation, which contains the
	`name` of the chosen user."""
	if to == assigned_to:
		raise RuleViolation(_("{0} already has this follow-up. Choose another user."), name)
	check_enabled(name, enabled=enabled)


def format_handover_notification(giver: str, customer: str, translate: Callable[[str], str] = str) -> str:
	"""Return the notification for the new assignee. It is neutral, because the subject stays behind its
	permissions."""
	_ = translate
	return _("{0} handed over a follow-up for {1} to you").format(giver, customer)


def can_act(user: str, people: Iterable[str | None], *, manager: bool) -> bool:
	"""Return whether `user` may update a follow-up: its `people` (assignee, creator, escalation contact) and
	managers may."""
	return manager or user in people


def check_can_act(user: str, people: Iterable[str | None], assigned_to: str, *, manager: bool) -> None:
	"""Check `can_act`. Raises NotPermitted, which contains `assigned_to`, the assignee's name."""
	if not can_act(user, people, manager=manager):
		raise NotPermitted(_("This follow-up is assigned to {0}, who can update it."), assigned_to)


def get_next_schedule(task: Mapping, status: str, today: date, last_invoice_on: date | None) -> dict | None:
	"""Return the dates (`due_on`, `counted_from`) of the next task after a follow-up becomes `status` (Done
	or Skipped) today, or None if it does not repeat.

	Dates are counted from the first one; otherwise the 31st would stay on the 28th after its first February.
	An interval that is done early continues from today: a customer called on Monday need not be called on
	Wednesday.
	"""
	repeats, every = task["repeats"], task["every"]
	if repeats == AFTER_INVOICE:
		return {
			"due_on": recurrence.get_due_date_after_invoice(every, today, last_invoice_on),
			"counted_from": today,
		}
	early = status == "Done" and today < task["due_on"]
	first, done_on = task["counted_from"], max(task["due_on"], today)
	if early and repeats in INTERVAL_UNITS:
		first = done_on = today
	due = recurrence.get_next_due_date(first, repeats, every, done_on)
	return due and {"due_on": due, "counted_from": first}


def recalculate_after_invoice(task: Mapping, last_invoice_on: date | None, invoiced_on: date) -> dict | None:
	"""Return the changed fields of an "After Last Invoice" follow-up after an invoice of `invoiced_on` is
	submitted or cancelled, or None.

	`last_invoice_on` is the last valid invoice. Only the last invoice, or the one that the follow-up was
	counted from, affects it; with any other, a date chosen by a user stays.
	"""
	every = timedelta(days=task["every"])
	if task["status"] != "Open" or (invoiced_on != last_invoice_on and task["due_on"] != invoiced_on + every):
		return None
	due = recurrence.get_due_date_after_invoice(task["every"], task["counted_from"], last_invoice_on)
	return None if due == task["due_on"] else {"due_on": due, "snoozed_until": None, "escalated_on": None}
