"""A promise (Follow Up Task): what it may hold, who may act on it, and what follows when it is kept or let go."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta

from micro_experiences.domain import cadence
from micro_experiences.domain.refusal import NotAllowed, Refused, Word, _

# An interval goes on from the day on which it was kept early; a day of the calendar, such as the 1st, stays.
INTERVALS = ("Days", "Weeks")
AFTER_INVOICE = "After Last Invoice"

# What came of a promise is news, and passes.
OUTCOME_KIND = "Moment"


def tidied(task: Mapping, before: Mapping | None, today: date) -> dict:
	"""The fields of `task` that change when it is saved. `before` is the task as it was, None when it is new.

	Both have the fields of the DocType; days are `date` or None, counts are int. Raises Refused.
	"""
	if not task["due_on"]:
		raise Refused(_("Say when it is due."))
	for day in filter(None, (task["due_on"], task["snoozed_until"])):
		if not today.year - 10 <= day.year <= today.year + 50:
			raise Refused(_("The day is too far away: please check the year."))
	if not 0 <= task["remind_days_before"] <= 366:
		raise Refused(_("Remind from 0 to 366 days before."))
	if not 0 <= task["escalate_after_days"] <= 366:
		raise Refused(_("Tell somebody else from 1 to 366 days after."))
	repeats = task["repeats"] or "Never"
	most = cadence.MOST_EVERY.get(repeats)
	if most and not 1 <= task["every"] <= most:
		raise Refused(_("Repeat every 1 to {0} {1}."), most, Word(repeats))
	if before and before["status"] != "Open" and task["status"] != before["status"]:
		raise Refused(_("What is {0} stays so. Make a new follow-up instead."), Word(before["status"]))
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
		# It was put off from the day that it had.
		snoozed_until = None
	return {
		"subject": (task["subject"] or "").strip(),
		"repeats": repeats,
		"every": every,
		"counted_from": first if recounted else task["counted_from"],
		"snoozed_until": snoozed_until,
	}


def standing(due_on: date, snoozed_until: date | None, today: date) -> str:
	"""How an open promise stands: "Later" while it is put off or its day has not come, "Today", or "Overdue"."""
	if due_on > today or (snoozed_until and snoozed_until > today):
		return "Later"
	return "Overdue" if due_on < today else "Today"


def check_chosen(name: str, *, sees_customer: bool, sees_note: bool) -> None:
	"""Whoever is chosen for a promise may open its customer and see the note that it stems from. Raises Refused, which
	names `name`, a colleague's name."""
	if not sees_customer:
		raise Refused(_("{0} may not open this customer: choose somebody else."), name)
	if not sees_note:
		raise Refused(
			_(
				"{0} may not see the note that this stems from. Keep it yourself, or promise it without the note."
			),
			name,
		)


def check_open(status: str) -> None:
	"""What is done or skipped stays so. Raises Refused."""
	if status != "Open":
		raise Refused(_("This one is {0} already. Open the form again to see what is current."), Word(status))


def repeating(repeats: str | None) -> bool:
	"""Whether a promise comes back when it is kept or let go."""
	return (repeats or "Never") != "Never"


def check_repeats(repeats: str | None) -> None:
	"""Only what repeats can stop doing so. Raises Refused."""
	if not repeating(repeats):
		raise Refused(_("This one does not repeat: there is nothing to stop."))


def check_handed_over(to: str, assigned_to: str, name: str, *, enabled: bool) -> None:
	"""A promise is handed over to somebody else, who is still here. Raises Refused, which names `name`, the one chosen."""
	if to == assigned_to:
		raise Refused(_("{0} has this one already: choose somebody else."), name)
	if not enabled:
		raise Refused(_("{0} is not here any more: choose somebody else."), name)


def handed_over_line(giver: str, customer: str, translate: Callable[[str], str] = str) -> str:
	"""What the bell tells the new owner: a neutral line, because what was promised stays behind its permissions."""
	_ = translate
	return _("{0} handed a promise to {1} over to you").format(giver, customer)


def may_act(user: str, people: Iterable[str | None], *, manager: bool) -> bool:
	"""Whether `user` may say what comes of a promise: its `people` (owner, maker, whoever it escalates to) and
	managers."""
	return manager or user in people


def check_may_act(user: str, people: Iterable[str | None], assigned_to: str, *, manager: bool) -> None:
	"""As `may_act`. Raises NotAllowed, which names `assigned_to`, a colleague's name."""
	if not may_act(user, people, manager=manager):
		raise NotAllowed(_("This was promised by {0}, who can say what came of it."), assigned_to)


def following(task: Mapping, status: str, today: date, last_invoice_on: date | None) -> dict | None:
	"""The days (`due_on`, `counted_from`) of what follows a promise that becomes `status` (Done or Skipped) today; None when
	it does not repeat.

	Counted from its first day, or the 31st would stay on the 28th after its first February. An interval that is kept
	early goes on from today: who was called on Monday need not be called on Wednesday.
	"""
	repeats, every = task["repeats"], task["every"]
	if repeats == AFTER_INVOICE:
		return {"due_on": cadence.after_invoice(every, today, last_invoice_on), "counted_from": today}
	early = status == "Done" and today < task["due_on"]
	first, done_on = task["counted_from"], max(task["due_on"], today)
	if early and repeats in INTERVALS:
		first = done_on = today
	due = cadence.next_due(first, repeats, every, done_on)
	return due and {"due_on": due, "counted_from": first}


def restarted(task: Mapping, last_invoice_on: date | None, invoiced_on: date) -> dict | None:
	"""The fields of an "After Last Invoice" promise that change because an invoice of `invoiced_on` was submitted or
	cancelled; None for none. `last_invoice_on` is the last that stands now.

	Only an invoice that is the last one, or that this promise was counted from, says anything about it: with any other, the
	day that somebody chose stays.
	"""
	every = timedelta(days=task["every"])
	if task["status"] != "Open" or (invoiced_on != last_invoice_on and task["due_on"] != invoiced_on + every):
		return None
	due = cadence.after_invoice(task["every"], task["counted_from"], last_invoice_on)
	return None if due == task["due_on"] else {"due_on": due, "snoozed_until": None, "escalated_on": None}
