"""Reminders: their times, what follows them, failures, escalations and unique keys."""

from datetime import date, datetime, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain.errors import RuleViolation
from micro_experiences.domain.quiet_hours import HOLIDAY, QUIET_HOURS, NotificationHours, ReminderTime
from micro_experiences.domain.reminders import (
	DUE_FIELDS,
	ESCALATION,
	RECIPIENT_FIELDS,
	REMINDER,
	check_deliverable,
	get_escalation_time,
	get_failure_fields,
	get_fields_after_sending,
	get_following_reminder_time,
	get_held_back_fields,
	get_reminder_fields,
	get_reminder_time,
	get_repeated_reminder_time,
	get_snooze_date,
	reminder_key,
	reschedule,
)

TODAY = date(2026, 11, 22)
NINE = datetime(2026, 11, 22, 9)
NIGHT = (time(20), time(7))
DAYS = st.dates(date(2020, 1, 1), date(2040, 1, 1))
TASK = {"due_on": TODAY, "due_time": None, "snoozed_until": None, "remind_days_before": 0, "moved_from": None}


@given(DAYS, st.none() | st.times(), st.integers(0, 23), st.integers(0, 366), st.none() | DAYS)
def test_reminder_time_is_on_the_due_date_or_the_snooze_date(due, clock, hour, before, later):
	task = {"due_on": due, "due_time": clock, "remind_days_before": before, "snoozed_until": later}
	answer = get_reminder_time(task, NotificationHours(hour))
	assert answer.at.date() == (later or due - timedelta(days=before))
	assert answer.at.time() == (clock or time(hour))
	assert (answer.moved_from, answer.moved_because) == (None, "")


@given(st.integers(0, 30), st.integers(-40 * 24, 40 * 24))
def test_reminder_is_followed_by_the_due_time_or_nothing(before, hours):
	sent = NINE - timedelta(days=before)
	now = max(sent, sent + timedelta(hours=hours))
	task = TASK | {"remind_days_before": before, "next_reminder_at": sent}
	following = get_following_reminder_time(task, NotificationHours(), now)
	assert following == (ReminderTime(NINE) if NINE > now else None)
	if following:
		# The chain ends: a reminder at the due time has no successor.
		task["next_reminder_at"] = following.at
		assert get_following_reminder_time(task, NotificationHours(), following.at) is None


def test_clock_set_back_does_not_repeat_the_last_reminder():
	task = TASK | {"next_reminder_at": NINE}
	assert get_following_reminder_time(task, NotificationHours(), NINE - timedelta(days=3)) is None


def test_reminder_in_quiet_hours_or_on_a_holiday_waits_and_gives_the_reason():
	task = TASK | {"next_reminder_at": NINE}
	hours = NotificationHours(9, NIGHT, frozenset({date(2026, 11, 23)}))
	assert get_held_back_fields(REMINDER, task, hours, NINE) is None
	evening = get_held_back_fields(REMINDER, task, hours, datetime(2026, 11, 22, 21))
	assert evening == get_reminder_fields(ReminderTime(datetime(2026, 11, 24, 9), NINE, HOLIDAY))
	# Held a second time, it keeps its original time.
	again = get_held_back_fields(
		REMINDER, task | evening, NotificationHours(9, NIGHT), datetime(2026, 11, 24, 22)
	)
	assert again == get_reminder_fields(ReminderTime(datetime(2026, 11, 25, 7), NINE, QUIET_HOURS))


def test_escalation_waits_for_allowed_hours_and_is_sent_once():
	task = TASK | {"escalates_at": NINE}
	night = datetime(2026, 11, 22, 21)
	assert get_held_back_fields(ESCALATION, task, NotificationHours(9, NIGHT), night) == {
		"escalates_at": datetime(2026, 11, 23, 7)
	}
	assert get_held_back_fields(ESCALATION, task, NotificationHours(9, NIGHT), NINE) is None
	sent = task | get_fields_after_sending(ESCALATION, task, NotificationHours(), NINE)
	assert (sent["escalated_on"], sent["escalates_at"]) == (NINE, None)
	assert (
		get_escalation_time(sent | {"escalate_to": "lead", "escalate_after_days": 1}, NotificationHours())
		is None
	)


@given(st.booleans(), st.sampled_from(["due_on", "escalate_to", "subject"]), st.booleans())
def test_only_failed_or_changed_reminders_are_rescheduled(failed, field, new):
	task = TASK | {"status": "Open", "assigned_to": "ana", "escalate_to": "lead", "subject": "book"}
	task |= {"escalate_after_days": 1, "set_aside_at": NINE if failed else None}
	called = []
	changes = reschedule(
		task | {field: "x"},
		None if new else task,
		lambda: called.append("reminder") or {"next_reminder_at": NINE},
		lambda: called.append("escalation") or NINE,
	)
	assert ("next_reminder_at" in changes) == ("reminder" in called) == (failed or new or field == "due_on")
	assert ("escalates_at" in changes) == ("escalation" in called) == (failed or new or field != "subject")
	assert changes.get("set_aside_at", task["set_aside_at"]) is None
	done = reschedule(task | {"status": "Done"}, task, called.clear, called.clear)
	assert (done["next_reminder_at"], done["escalates_at"], done["set_aside_at"]) == (None, None, None)


def test_failed_reminder_is_not_due_and_leaves_the_other_kind_alone():
	task = TASK | {"next_reminder_at": NINE, "escalates_at": NINE}
	for kind, other in ((REMINDER, "escalates_at"), (ESCALATION, "next_reminder_at")):
		failed = task | get_failure_fields(kind, NINE, "Ana has left")
		assert (failed[DUE_FIELDS[kind]], failed[other]) == (None, NINE)
		assert (failed["set_aside_at"], failed["set_aside_because"]) == (NINE, "Ana has left")


@pytest.mark.parametrize(("days", "day"), [(0, 23), (1, 23), (3, 25)])
def test_escalation_time_is_some_days_after_the_due_date(days, day):
	task = TASK | {"escalate_to": "lead", "escalate_after_days": days, "escalated_on": None}
	assert get_escalation_time(task, NotificationHours()) == datetime(2026, 11, day, 9)
	assert get_escalation_time(task | {"escalated_on": NINE}, NotificationHours()) is None
	assert get_escalation_time(task | {"escalate_to": None}, NotificationHours()) is None


def test_reminder_without_a_recipient_or_a_customer_is_undeliverable():
	check_deliverable("Ana", True, "C1", "Brandt")
	for enabled, customer_name, can_open in (
		(None, "Brandt", True),
		(False, "Brandt", True),
		(True, None, True),
		(True, "Brandt", False),
	):
		with pytest.raises(RuleViolation):
			check_deliverable("Ana", enabled, "C1", customer_name, can_open=can_open)


def test_reminder_keys_are_unique_and_fit_their_column():
	keys = [
		reminder_key(
			kind, {"name": task, DUE_FIELDS[kind]: moment, RECIPIENT_FIELDS[kind]: user, "moved_from": None}
		)
		for task, moment, user, kind in product(
			("PROMISE-000001", "PROMISE-000011"),
			(NINE, NINE + timedelta(days=1), NINE + timedelta(days=365)),
			("ana@example.com", "maya@example.com"),
			(REMINDER, ESCALATION),
		)
	]
	assert len(set(keys)) == len(keys) == 24
	# 140 characters is the longest name that Frappe gives.
	task = {"name": "PROMISE-000001", "escalates_at": NINE, "escalate_to": "x" * 140}
	assert len(reminder_key(ESCALATION, task)) <= 255


def test_delayed_reminder_keeps_its_key():
	task = {"name": "PROMISE-000001", "assigned_to": "ana", "next_reminder_at": NINE, "moved_from": None}
	held = get_held_back_fields(REMINDER, task, NotificationHours(9, NIGHT), datetime(2026, 11, 22, 21))
	assert held["next_reminder_at"] != NINE
	assert reminder_key(REMINDER, task | held) == reminder_key(REMINDER, task)


def test_snooze_choices_name_a_date():
	assert get_snooze_date("tomorrow", TODAY) == date(2026, 11, 23)
	assert get_snooze_date("next_week", TODAY) == date(2026, 11, 29)
	assert get_snooze_date("next_month", TODAY) == date(2026, 12, 22)
	assert get_snooze_date("next_month", date(2027, 1, 31)) == date(2027, 2, 28)
	assert get_snooze_date("tomorrow", date(2026, 12, 31)) == date(2027, 1, 1)
	assert get_snooze_date("2026-12-24", TODAY) == date(2026, 12, 24)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_snooze_date_is_after_today(day):
	if day > TODAY:
		assert get_snooze_date(day.isoformat(), TODAY) == day
	else:
		with pytest.raises(ValueError):
			get_snooze_date(day.isoformat(), TODAY)


@pytest.mark.parametrize(
	"until",
	["", "2026-11-22", "2026-11-21", "yesterday", "next_visit", "2026-13-01", "2026-02-30", "'; --", "١٢/٦"],
)
def test_snooze_until_an_invalid_date_is_refused(until):
	with pytest.raises(ValueError):
		get_snooze_date(until, TODAY)


ZONES = [
	ZoneInfo(name)
	for name in (
		*("UTC", "Europe/Dublin", "America/New_York", "America/Los_Angeles", "Pacific/Honolulu"),
		*("Asia/Kolkata", "Australia/Sydney", "Pacific/Auckland", "Pacific/Kiritimati"),
	)
]


@given(
	*(st.sampled_from(ZONES) for _zone in range(2)),
	st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),
	st.lists(
		st.tuples(
			st.sampled_from(("snooze", "put off", "reschedule", "hand over", "move")),
			st.integers(-2, 3),
			st.sampled_from(ZONES),
			st.integers(0, 50),
		),
		max_size=8,
	),
)
def test_open_follow_up_that_was_put_off_rings_again_in_every_pair_of_zones(site, zone, now, actions):
	"""Whatever is done to it, an open follow-up has a next reminder, or it rang after it was last put off."""
	hours = NotificationHours(9, NIGHT, frozenset({TODAY}), zone, site)
	task = TASK | {"name": "FU-1", "assigned_to": "a", "due_on": hours.get_local_date(now)}
	sent, put_off, rang = set(), True, False
	task |= get_reminder_fields(get_reminder_time(task, hours))
	for action, days, other, passed in actions:
		if action != "move":
			put_off, rang = True, False
			day = hours.get_local_date(now) + timedelta(days=days)
			if action == "hand over":
				hours = NotificationHours(9, NIGHT, frozenset(), other, site)
				task["assigned_to"] = "b" if task["assigned_to"] == "a" else "a"
			elif action == "reschedule":
				task |= {"due_on": day, "snoozed_until": None}
			else:
				task["snoozed_until"] = day
			task |= get_reminder_fields(get_reminder_time(task, hours))
			if reminder_key(REMINDER, task) in sent:
				task |= get_reminder_fields(get_repeated_reminder_time(task, hours, now))
		else:
			hours = NotificationHours(9, NIGHT, frozenset(), other, site)
		now += timedelta(hours=passed, minutes=7)
		if task["next_reminder_at"] and task["next_reminder_at"] <= now:
			held = get_held_back_fields(REMINDER, task, hours, now)
			if not held:
				rang = reminder_key(REMINDER, task) not in sent or rang
				sent.add(reminder_key(REMINDER, task))
			task |= held or get_fields_after_sending(REMINDER, task, hours, now)
		assert task["next_reminder_at"] or rang or not put_off
