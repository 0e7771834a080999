"""When a reminder comes and what follows it, what it says, and that no two share a key."""

from datetime import date, datetime, time, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain.hours import HOLIDAY, QUIET_HOURS, Hours, Moment
from micro_experiences.domain.refusal import Refused
from micro_experiences.domain.reminders import (
	ESCALATION,
	MOMENT,
	RECIPIENT,
	REMINDER,
	check_can_arrive,
	escalates_at,
	following,
	held_back,
	later,
	line,
	moment_after,
	moment_of,
	next_reminder,
	reminder_key,
	rescheduled,
	set_aside,
)

TODAY = date(2026, 11, 22)
NINE = datetime(2026, 11, 22, 9)
NIGHT = (time(20), time(7))
DAYS = st.dates(date(2020, 1, 1), date(2040, 1, 1))
TASK = {"due_on": TODAY, "due_time": None, "snoozed_until": None, "remind_days_before": 0, "moved_from": None}


@given(DAYS, st.none() | st.times(), st.integers(0, 23), st.integers(0, 366), st.none() | DAYS)
def test_a_reminder_comes_on_its_day_or_on_the_one_that_it_was_put_off_to(due, clock, hour, before, later):
	task = {"due_on": due, "due_time": clock, "remind_days_before": before, "snoozed_until": later}
	answer = moment_of(task, Hours(hour))
	assert answer.at.date() == (later or due - timedelta(days=before))
	assert answer.at.time() == (clock or time(hour))
	assert (answer.moved_from, answer.moved_because) == (None, "")


@given(st.integers(0, 30), st.integers(-40 * 24, 40 * 24))
def test_after_a_reminder_comes_the_due_moment_or_nothing(before, hours):
	sent = NINE - timedelta(days=before)
	now = max(sent, sent + timedelta(hours=hours))
	task = TASK | {"remind_days_before": before, "next_reminder_at": sent}
	following = moment_after(task, Hours(), now)
	assert following == (Moment(NINE) if NINE > now else None)
	if following:
		# So the chain ends: what was sent at the due moment has no successor.
		task["next_reminder_at"] = following.at
		assert moment_after(task, Hours(), following.at) is None


def test_a_clock_that_was_set_back_does_not_repeat_the_last_reminder():
	task = TASK | {"next_reminder_at": NINE}
	assert moment_after(task, Hours(), NINE - timedelta(days=3)) is None


def test_what_is_due_in_hours_that_are_not_good_any_more_waits_and_says_for_what():
	task = TASK | {"next_reminder_at": NINE}
	hours = Hours(9, NIGHT, frozenset({date(2026, 11, 23)}))
	assert held_back(REMINDER, task, hours, NINE) is None
	evening = held_back(REMINDER, task, hours, datetime(2026, 11, 22, 21))
	assert evening == next_reminder(Moment(datetime(2026, 11, 24, 9), NINE, HOLIDAY))
	# Held a second time it still knows when it was to come first.
	again = held_back(REMINDER, task | evening, Hours(9, NIGHT), datetime(2026, 11, 24, 22))
	assert again == next_reminder(Moment(datetime(2026, 11, 25, 7), NINE, QUIET_HOURS))


def test_what_is_told_to_somebody_else_waits_for_good_hours_and_is_told_once():
	task = TASK | {"escalates_at": NINE}
	night = datetime(2026, 11, 22, 21)
	assert held_back(ESCALATION, task, Hours(9, NIGHT), night) == {"escalates_at": datetime(2026, 11, 23, 7)}
	assert held_back(ESCALATION, task, Hours(9, NIGHT), NINE) is None
	sent = task | following(ESCALATION, task, Hours(), NINE)
	assert (sent["escalated_on"], sent["escalates_at"]) == (NINE, None)
	assert escalates_at(sent | {"escalate_to": "lead", "escalate_after_days": 1}, Hours()) is None


@given(st.booleans(), st.sampled_from(["due_on", "escalate_to", "subject"]), st.booleans())
def test_what_was_set_aside_or_has_moved_is_reckoned_anew_and_nothing_else_is(aside, field, new):
	task = TASK | {"status": "Open", "assigned_to": "ana", "escalate_to": "lead", "subject": "book"}
	task |= {"escalate_after_days": 1, "set_aside_at": NINE if aside else None}
	asked = []
	changes = rescheduled(
		task | {field: "x"},
		None if new else task,
		lambda: asked.append("reminder") or {"next_reminder_at": NINE},
		lambda: asked.append("escalation") or NINE,
	)
	assert ("next_reminder_at" in changes) == ("reminder" in asked) == (aside or new or field == "due_on")
	assert ("escalates_at" in changes) == ("escalation" in asked) == (aside or new or field != "subject")
	assert changes.get("set_aside_at", task["set_aside_at"]) is None
	done = rescheduled(task | {"status": "Done"}, task, asked.clear, asked.clear)
	assert (done["next_reminder_at"], done["escalates_at"], done["set_aside_at"]) == (None, None, None)


def test_what_cannot_be_sent_is_not_due_any_more_and_leaves_the_other_kind_alone():
	task = TASK | {"next_reminder_at": NINE, "escalates_at": NINE}
	for kind, other in ((REMINDER, "escalates_at"), (ESCALATION, "next_reminder_at")):
		aside = task | set_aside(kind, NINE, "Ana has left")
		assert (aside[MOMENT[kind]], aside[other]) == (None, NINE)
		assert (aside["set_aside_at"], aside["set_aside_because"]) == (NINE, "Ana has left")


@pytest.mark.parametrize(("days", "day"), [(0, 23), (1, 23), (3, 25)])
def test_somebody_else_is_told_some_days_after_and_once(days, day):
	task = TASK | {"escalate_to": "lead", "escalate_after_days": days, "escalated_on": None}
	assert escalates_at(task, Hours()) == datetime(2026, 11, day, 9)
	assert escalates_at(task | {"escalated_on": NINE}, Hours()) is None
	assert escalates_at(task | {"escalate_to": None}, Hours()) is None


def test_a_reminder_needs_somebody_to_go_to_and_somebody_whom_it_is_about():
	check_can_arrive("Ana", True, "C1", "Brandt")
	for enabled, name, words in (
		(None, "Brandt", "no user Ana"),
		(False, "Brandt", "Ana has left"),
		(True, None, "customer C1 is not there"),
	):
		with pytest.raises(Refused, match=words):
			check_can_arrive("Ana", enabled, "C1", name)
	with pytest.raises(Refused, match="Ana may not open this customer any more"):
		check_can_arrive("Ana", True, "C1", "Brandt", may_open=False)


def test_what_the_bell_says():
	assert line("Brandt", TODAY, NINE) == "A promise to Brandt is due"
	assert line("Brandt", TODAY, NINE + timedelta(days=1)) == "A promise to Brandt is overdue"
	assert line("Brandt", TODAY, NINE, moved_because=HOLIDAY).endswith("(it waited for the holiday to end)")
	assert line("Brandt", TODAY, NINE, moved_because=QUIET_HOURS).endswith("quiet hours to end)")
	assert line("Brandt", TODAY, NINE, kind=ESCALATION, owner="Ana").startswith("A promise of Ana to Brandt")


def test_every_reminder_has_a_key_of_its_own():
	keys = [
		reminder_key(kind, {"name": task, MOMENT[kind]: moment, RECIPIENT[kind]: user, "moved_from": None})
		for task, moment, user, kind in product(
			("PROMISE-000001", "PROMISE-000011"),
			(NINE, NINE + timedelta(days=1), NINE + timedelta(days=365)),
			("ana@example.com", "maya@example.com"),
			(REMINDER, ESCALATION),
		)
	]
	assert len(set(keys)) == len(keys) == 24


def test_what_is_held_back_keeps_its_key():
	task = {"name": "PROMISE-000001", "assigned_to": "ana", "next_reminder_at": NINE, "moved_from": None}
	held = held_back(REMINDER, task, Hours(9, NIGHT), datetime(2026, 11, 22, 21))
	assert held["next_reminder_at"] != NINE
	assert reminder_key(REMINDER, task | held) == reminder_key(REMINDER, task)


def test_a_key_fits_its_column():
	# 140 characters is the longest name that Frappe gives.
	task = {"name": "PROMISE-000001", "escalates_at": NINE, "escalate_to": "x" * 140}
	assert len(reminder_key(ESCALATION, task)) <= 255


def test_later():
	assert later("tomorrow", TODAY) == date(2026, 11, 23)
	assert later("next_week", TODAY) == date(2026, 11, 29)
	assert later("next_month", TODAY) == date(2026, 12, 22)
	assert later("next_month", date(2027, 1, 31)) == date(2027, 2, 28)
	assert later("tomorrow", date(2026, 12, 31)) == date(2027, 1, 1)
	assert later("2026-12-24", TODAY) == date(2026, 12, 24)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_later_is_after_today(day):
	if day > TODAY:
		assert later(day.isoformat(), TODAY) == day
	else:
		with pytest.raises(ValueError):
			later(day.isoformat(), TODAY)


@pytest.mark.parametrize(
	"until",
	["", "2026-11-22", "2026-11-21", "yesterday", "next_visit", "2026-13-01", "2026-02-30", "'; --", "١٢/٦"],
)
def test_later_refuses_what_is_no_day(until):
	with pytest.raises(ValueError):
		later(until, TODAY)
