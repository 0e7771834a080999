"""When a reminder comes, that it never comes in the quiet hours, and that no two share a key."""

from datetime import date, datetime, time, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain.reminders import (
	after_quiet_hours,
	later,
	next_reminder_after,
	reminder_at,
	reminder_key,
)

TODAY = date(2026, 11, 22)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 12, 31))
QUIET = st.tuples(st.times(), st.times())
NIGHT = (time(20), time(7))


def is_quiet(moment: datetime, quiet: tuple[time, time]) -> bool:
	"""Whether the clock hand lies on the arc from the first time to the second one."""
	start, end, now = (
		t.hour * 3600 + t.minute * 60 + t.second + t.microsecond / 1e6 for t in (*quiet, moment.time())
	)
	day = 24 * 3600
	return (now - start) % day < (end - start) % day


@given(MOMENTS, QUIET)
def test_never_in_the_quiet_hours_and_never_early(moment, quiet):
	answer = after_quiet_hours(moment, quiet)
	assert moment <= answer < moment + timedelta(days=1)
	assert not is_quiet(answer, quiet)
	assert after_quiet_hours(answer, quiet) == answer
	if is_quiet(moment, quiet):
		assert answer.time() == quiet[1]
	else:
		assert answer == moment


@pytest.mark.parametrize(
	("moment", "expected"),
	[
		("2026-11-22T19:59", "2026-11-22T19:59"),
		("2026-11-22T20:00", "2026-11-23T07:00"),
		("2026-11-22T23:59", "2026-11-23T07:00"),
		("2026-11-23T00:00", "2026-11-23T07:00"),
		("2026-11-23T06:59", "2026-11-23T07:00"),
		("2026-11-23T07:00", "2026-11-23T07:00"),
		("2026-12-31T21:00", "2027-01-01T07:00"),
		("2028-02-28T21:00", "2028-02-29T07:00"),
	],
)
def test_quiet_hours_over_midnight(moment, expected):
	assert after_quiet_hours(datetime.fromisoformat(moment), NIGHT) == datetime.fromisoformat(expected)


@given(MOMENTS, st.times())
def test_equal_ends_or_none_mean_no_quiet_hours(moment, end):
	assert after_quiet_hours(moment, (end, end)) == moment
	assert after_quiet_hours(moment, None) == moment


@given(
	st.dates(date(2020, 1, 1), date(2040, 1, 1)),
	st.none() | st.times(),
	st.integers(0, 23),
	st.integers(0, 366),
	st.none() | st.dates(date(2020, 1, 1), date(2040, 1, 1)),
)
def test_reminder_at_without_quiet_hours(due_on, due_time, hour, days_before, snoozed_until):
	answer = reminder_at(due_on, due_time, hour=hour, days_before=days_before, snoozed_until=snoozed_until)
	assert answer.date() == (snoozed_until or due_on - timedelta(days=days_before))
	assert answer.time() == (due_time or time(hour))


def test_reminder_at_moves_out_of_the_quiet_hours():
	assert reminder_at(TODAY, time(22), hour=9, quiet=NIGHT) == datetime(2026, 11, 23, 7)
	assert reminder_at(TODAY, None, hour=5, quiet=NIGHT) == datetime(2026, 11, 22, 7)
	assert reminder_at(TODAY, time(0), hour=9) == datetime(2026, 11, 22, 0)
	snoozed = reminder_at(TODAY, None, hour=9, days_before=3, snoozed_until=date(2026, 12, 1), quiet=NIGHT)
	assert snoozed == datetime(2026, 12, 1, 9)


@given(MOMENTS, MOMENTS)
def test_after_a_reminder_comes_the_due_moment_or_nothing(sent, due_at):
	assert next_reminder_after(sent, due_at) == (due_at if due_at > sent else None)
	# So the chain ends: what was sent at the due moment has no successor.
	assert next_reminder_after(due_at, due_at) is None


def test_every_reminder_has_a_key_of_its_own():
	keys = [
		reminder_key(task, occurrence, recipient, kind)
		for task, occurrence, recipient, kind in product(
			("PROMISE-000001", "PROMISE-000011"),
			(TODAY, TODAY + timedelta(days=1), TODAY + timedelta(days=365)),
			("ana@example.com", "maya@example.com"),
			("Reminder", "Escalation"),
		)
	]
	assert len(set(keys)) == len(keys) == 24


def test_a_key_fits_its_column():
	# 140 characters is the longest name that Frappe gives.
	assert len(reminder_key("PROMISE-000001", TODAY, "x" * 140, "Escalation")) <= 255


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
