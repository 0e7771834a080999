"""Notification hours, compared with plain counting, the calendar standard and conversions through UTC."""

from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from dateutil import rrule
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain.quiet_hours import (
	HOLIDAY,
	QUIET_HOURS,
	NotificationHours,
	ReminderTime,
	skip_quiet_hours,
)
from micro_experiences.domain.recurrence import get_next_due_date

TODAY = date(2026, 11, 22)
# Beyond 2037, where the rules of a zone are not listed but calculated.
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2060, 12, 31))
QUIET = st.tuples(st.times(), st.times())
NIGHT = (time(20), time(7))
# North and south of the equator, and a change of half an hour.
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
BERLIN, NEW_YORK, BANGKOK = map(ZoneInfo, ("Europe/Berlin", "America/New_York", "Asia/Bangkok"))


def is_quiet(moment: datetime, quiet: tuple[time, time]) -> bool:
	"""Return whether the clock hand lies on the arc from the first time to the second."""
	start, end, now = (
		t.hour * 3600 + t.minute * 60 + t.second + t.microsecond / 1e6 for t in (*quiet, moment.time())
	)
	day = 24 * 3600
	return (now - start) % day < (end - start) % day


@given(MOMENTS, QUIET)
def test_time_after_quiet_hours_is_allowed_and_never_early(moment, quiet):
	answer = skip_quiet_hours(moment, quiet)
	assert moment <= answer < moment + timedelta(days=1)
	assert not is_quiet(answer, quiet)
	assert skip_quiet_hours(answer, quiet) == answer
	if is_quiet(moment, quiet):
		assert answer.time() == quiet[1]
	else:
		assert answer == moment


@pytest.mark.parametrize(
	("moment", "expected"),
	[
		("2026-11-22T19:59", "2026-11-22T19:59"),
		("2026-11-22T20:00", "2026-11-23T07:00"),
		("2026-11-23T06:59", "2026-11-23T07:00"),
		("2026-11-23T07:00", "2026-11-23T07:00"),
		("2026-12-31T21:00", "2027-01-01T07:00"),
	],
)
def test_quiet_hours_over_midnight_end_in_the_morning(moment, expected):
	assert skip_quiet_hours(datetime.fromisoformat(moment), NIGHT) == datetime.fromisoformat(expected)


@given(MOMENTS, st.times())
def test_equal_or_missing_ends_mean_no_quiet_hours(moment, end):
	assert skip_quiet_hours(moment, (end, end)) == moment
	assert skip_quiet_hours(moment, None) == moment


@given(
	MOMENTS,
	QUIET,
	st.frozensets(st.dates(date(2020, 1, 1), date(2061, 12, 31)), max_size=40),
	st.integers(0, 23),
)
def test_first_allowed_time_avoids_quiet_hours_and_holidays(moment, quiet, holidays, hour):
	holidays |= {moment.date(), moment.date() + timedelta(days=1)}
	hours = NotificationHours(hour, quiet, holidays)
	answer = hours.get_allowed_time(moment.date(), moment.time())
	assert answer.at >= moment and answer.at.date() not in holidays and not is_quiet(answer.at, quiet)
	assert answer.moved_from == moment and answer.moved_because in (HOLIDAY, QUIET_HOURS)
	assert hours.get_retry_time(answer.at) is None
	days = (answer.at.date() - moment.date()).days
	assert all(moment.date() + timedelta(days=n) in holidays for n in range(days - 1))


@pytest.mark.parametrize(
	("day", "clock", "at", "because"),
	[
		(20, "15:30", datetime(2026, 11, 20, 15, 30), ""),
		# Saturday and Sunday are holidays: Monday at the user's hour, not at the time of the task.
		(21, "15:30", datetime(2026, 11, 23, 9), HOLIDAY),
		(20, "22:00", datetime(2026, 11, 23, 9), HOLIDAY),
		(19, "22:00", datetime(2026, 11, 20, 7), QUIET_HOURS),
	],
)
def test_reminder_around_a_weekend_moves_to_a_working_day(day, clock, at, because):
	hours = NotificationHours(9, NIGHT, frozenset({date(2026, 11, 21), date(2026, 11, 22)}))
	day, clock = date(2026, 11, day), time.fromisoformat(clock)
	moved_from = datetime.combine(day, clock) if because else None
	assert hours.get_allowed_time(day, clock) == ReminderTime(at, moved_from, because)


def test_holiday_list_without_a_working_day_is_ignored():
	always = frozenset(TODAY + timedelta(days=n) for n in range(-10, 3000))
	assert NotificationHours(9, NIGHT, always).get_allowed_time(TODAY) == ReminderTime(
		datetime(2026, 11, 22, 9)
	)
	assert NotificationHours(5, NIGHT, always).get_allowed_time(TODAY).at == datetime(2026, 11, 22, 7)


def get_standard_series(first: date, repeats: str, every: int, until: date) -> list[date]:
	"""Return the series of RFC 5545, with the last day of a short month in place of the 29th to the 31st."""
	last_days = {"bymonthday": range(min(28, first.day), first.day + 1), "bysetpos": -1}
	rules = {
		"Days": {"freq": rrule.DAILY},
		"Weeks": {"freq": rrule.WEEKLY},
		"Months": {"freq": rrule.MONTHLY} | last_days,
		"Years": {"freq": rrule.YEARLY, "bymonth": first.month} | last_days,
	}
	start = datetime.combine(first, time())
	return [
		moment.date() for moment in rrule.rrule(dtstart=start, interval=every, until=until, **rules[repeats])
	]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
	("first", "repeats", "every", "clock"),
	[
		("2026-11-22", "Days", 1, "02:15"),
		("2026-11-22", "Days", 10, "00:30"),
		("2026-11-22", "Weeks", 6, "09:00"),
		("2026-01-31", "Months", 1, "02:15"),
		("2026-08-30", "Months", 2, "09:00"),
		("2024-02-29", "Years", 1, "00:30"),
		("2026-03-29", "Years", 1, "02:15"),
	],
)
def test_thirty_years_of_reminders_follow_every_clock_change(zone, first, repeats, every, clock):
	"""A quarter past two that is skipped in spring counts from where the clock continues."""
	first, clock = date.fromisoformat(first), time.fromisoformat(clock)
	until = date(first.year + 30, 12, 31)
	hours = NotificationHours(zone=ZoneInfo(zone), site=ZoneInfo("UTC"))
	expected = [
		datetime.combine(day, clock, ZoneInfo(zone)).astimezone(timezone.utc).replace(tzinfo=None)
		for day in get_standard_series(first, repeats, every, until)
	]
	day, series = first, []
	while day <= until:
		series.append(hours.get_allowed_time(day, clock).at)
		day = get_next_due_date(first, repeats, every, day)
	assert series == expected


@pytest.mark.parametrize("year", [2026, 2037, 2038, 2055])
def test_skipped_and_repeated_times_are_resolved_in_every_year(year):
	"""In Berlin the clock skips from two to three on the last Sunday in March and repeats that hour in October."""
	hours = NotificationHours(zone=BERLIN, site=ZoneInfo("UTC"))
	march, october = (
		max(date(year, month, day) for day in range(25, 32) if date(year, month, day).weekday() == 6)
		for month in (3, 10)
	)
	assert hours.get_allowed_time(march, time(2, 15)).at == datetime.combine(
		march, time(1, 15)
	)  # 03:15 by the new clock
	assert hours.get_allowed_time(march, time(3, 15)).at == datetime.combine(march, time(1, 15))
	assert hours.get_allowed_time(october, time(2, 15)).at == datetime.combine(
		october, time(0, 15)
	)  # the first of the two
	assert hours.get_allowed_time(date(year, 7, 1), time(9)).at == datetime(year, 7, 1, 7)


@given(MOMENTS, st.sampled_from(ZONES), st.sampled_from(ZONES))
def test_local_time_of_a_site_time_is_the_same_moment(moment, zone, site):
	hours = NotificationHours(zone=ZoneInfo(zone), site=ZoneInfo(site))
	aware = moment.replace(tzinfo=ZoneInfo(site)).astimezone(timezone.utc)
	exists = aware.astimezone(ZoneInfo(site)).replace(tzinfo=None) == moment
	if exists:
		expected = aware.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
		assert hours.to_local(moment) == expected
		assert hours.get_local_date(moment) == expected.date()


def test_quiet_hours_and_holidays_are_those_of_the_user_s_zone():
	# Nine in the evening in Berlin is three in the afternoon in New York.
	evening = datetime(2026, 11, 22, 21)
	assert NotificationHours(9, NIGHT, zone=BERLIN, site=BERLIN).get_retry_time(evening).at == datetime(
		2026, 11, 23, 7
	)
	assert NotificationHours(9, NIGHT, zone=NEW_YORK, site=BERLIN).get_retry_time(evening) is None
	morning = NotificationHours(9, NIGHT, zone=NEW_YORK, site=BERLIN).get_allowed_time(TODAY)
	assert morning == ReminderTime(datetime(2026, 11, 22, 15))
	# Half past four in the morning in Berlin is still Saturday in New York, a holiday there.
	saturday = frozenset({date(2026, 11, 21)})
	held = NotificationHours(9, None, saturday, NEW_YORK, BERLIN).get_retry_time(
		datetime(2026, 11, 22, 4, 30)
	)
	assert held.at == datetime(2026, 11, 22, 15)


def test_reminder_held_in_a_repeated_hour_is_sent_in_the_end():
	"""In Berlin two o'clock occurs twice that night; at the second one it is eight in Bangkok, where quiet hours end."""
	hours = NotificationHours(9, (time(20), time(8)), zone=BANGKOK, site=BERLIN)
	now = datetime(2026, 10, 25, 1, 30)
	for _step in range(10):
		moment = hours.get_retry_time(now)
		if not moment:
			break
		assert moment.at > now
		now = moment.at
	else:
		pytest.fail("the reminder is held again and again")
	assert now <= datetime(2026, 10, 25, 3)
