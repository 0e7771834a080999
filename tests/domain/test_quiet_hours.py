"""The good hours of a person, against plain counting, the calendar standard, and another library's time zones."""

from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from dateutil import rrule
from dateutil.tz import gettz
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain.cadence import next_due
from micro_experiences.domain.hours import HOLIDAY, QUIET_HOURS, Hours, Moment, after_quiet_hours

TODAY = date(2026, 11, 22)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 12, 31))
QUIET = st.tuples(st.times(), st.times())
NIGHT = (time(20), time(7))
# North and south of the equator, and a clock that changes by half an hour.
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
UTC = gettz("UTC")


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
	MOMENTS,
	QUIET,
	st.frozensets(st.dates(date(2020, 1, 1), date(2041, 12, 31)), max_size=40),
	st.integers(0, 23),
)
def test_the_first_good_moment_is_good_and_none_before_it_is(moment, quiet, holidays, hour):
	holidays |= {moment.date(), moment.date() + timedelta(days=1)}
	hours = Hours(hour, quiet, holidays)
	answer = hours.at(moment.date(), moment.time())
	assert answer.at >= moment and answer.at.date() not in holidays and not is_quiet(answer.at, quiet)
	assert answer.moved_from == moment and answer.moved_because in (HOLIDAY, QUIET_HOURS)
	assert hours.hold(answer.at) is None
	days = (answer.at.date() - moment.date()).days
	between = [moment.date() + timedelta(days=n) for n in range(days)]
	assert all(day in holidays for day in between[:-1])


@pytest.mark.parametrize(
	("day", "clock", "expected"),
	[
		# Friday is good; Saturday and Sunday are holidays: Monday at the person's hour, not at the hour of the promise.
		("2026-11-20", "15:30", Moment(datetime(2026, 11, 20, 15, 30))),
		("2026-11-21", "15:30", Moment(datetime(2026, 11, 23, 9), datetime(2026, 11, 21, 15, 30), HOLIDAY)),
		# On Friday night it is quiet, and the next morning is a holiday.
		("2026-11-20", "22:00", Moment(datetime(2026, 11, 23, 9), datetime(2026, 11, 20, 22), HOLIDAY)),
		("2026-11-19", "22:00", Moment(datetime(2026, 11, 20, 7), datetime(2026, 11, 19, 22), QUIET_HOURS)),
	],
)
def test_a_weekend(day, clock, expected):
	hours = Hours(9, NIGHT, frozenset({date(2026, 11, 21), date(2026, 11, 22)}))
	assert hours.at(date.fromisoformat(day), time.fromisoformat(clock)) == expected


def test_a_holiday_list_without_a_working_day_means_nothing():
	always = frozenset(TODAY + timedelta(days=n) for n in range(-10, 3000))
	assert Hours(9, NIGHT, always).at(TODAY) == Moment(datetime(2026, 11, 22, 9))
	assert Hours(5, NIGHT, always).at(TODAY).at == datetime(2026, 11, 22, 7)


def calendar_standard(first: date, repeats: str, every: int, until: date) -> list[date]:
	"""The series of RFC 5545, with the last day of a short month in place of the 29th to the 31st."""
	rules = {
		"Days": {"freq": rrule.DAILY},
		"Weeks": {"freq": rrule.WEEKLY},
		"Months": {
			"freq": rrule.MONTHLY,
			"bymonthday": range(min(28, first.day), first.day + 1),
			"bysetpos": -1,
		},
		"Years": {
			"freq": rrule.YEARLY,
			"bymonth": first.month,
			"bymonthday": range(min(28, first.day), first.day + 1),
			"bysetpos": -1,
		},
	}
	series = rrule.rrule(
		dtstart=datetime.combine(first, time()), interval=every, until=until, **rules[repeats]
	)
	return [moment.date() for moment in series]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("clock", ["00:30", "02:15", "09:00"])
@pytest.mark.parametrize(
	("first", "repeats", "every"),
	[
		("2026-11-22", "Days", 1),
		("2026-11-22", "Days", 10),
		("2026-11-22", "Weeks", 1),
		("2026-11-22", "Weeks", 6),
		("2026-01-31", "Months", 1),
		("2026-08-30", "Months", 2),
		("2024-02-29", "Years", 1),
		("2026-03-29", "Years", 1),
	],
)
def test_thirty_years_of_reminders_through_every_change_of_the_clock(zone, clock, first, repeats, every):
	"""Each reminder comes when the person's clock says so; a quarter past two that a night in spring leaves out comes when
	the clock goes on. Compared with the calendar standard and with Python's own time zones."""
	first, clock = date.fromisoformat(first), time.fromisoformat(clock)
	until = date(first.year + 30, 12, 31)
	hours = Hours(zone=gettz(zone), site=UTC)
	expected = [
		datetime.combine(day, clock, ZoneInfo(zone)).astimezone(timezone.utc).replace(tzinfo=None)
		for day in calendar_standard(first, repeats, every, until)
	]
	day, series = first, []
	while day <= until:
		series.append(hours.at(day, clock).at)
		# Counted from the first day, as `promises.following` does.
		day = next_due(first, repeats, every, day)
	assert series == expected
	assert len(series) >= 31
	offsets = {
		ZoneInfo(zone).utcoffset(datetime.combine(d, clock)) for d in (date(2027, 1, 1), date(2027, 7, 1))
	}
	assert len(offsets) == 2, "this zone changes its clock"


@given(MOMENTS, st.sampled_from(ZONES), st.sampled_from(ZONES))
def test_a_moment_of_the_site_is_the_same_moment_by_the_clock_of_the_person(moment, zone, site):
	hours = Hours(zone=gettz(zone), site=gettz(site))
	moment = moment.replace(microsecond=0)
	aware = moment.replace(tzinfo=ZoneInfo(site))
	exists = aware.astimezone(timezone.utc).astimezone(ZoneInfo(site)).replace(tzinfo=None) == moment
	if exists:
		expected = aware.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
		assert hours.local(moment) == expected
		assert hours.today(moment) == expected.date()


def test_quiet_hours_and_holidays_are_those_of_the_person_s_place():
	"""Nine in the evening in Berlin is three in the afternoon in New York, where nothing is quiet."""
	berlin, york = gettz("Europe/Berlin"), gettz("America/New_York")
	evening = datetime(2026, 11, 22, 21)
	assert Hours(9, NIGHT, zone=berlin, site=berlin).hold(evening).at == datetime(2026, 11, 23, 7)
	assert Hours(9, NIGHT, zone=york, site=berlin).hold(evening) is None
	morning = Hours(9, NIGHT, zone=york, site=berlin).at(TODAY)
	assert morning == Moment(datetime(2026, 11, 22, 15))
	# Half past four in the morning in Berlin is still Saturday in New York, a holiday there.
	saturday = frozenset({date(2026, 11, 21)})
	held = Hours(9, None, saturday, york, berlin).hold(datetime(2026, 11, 22, 4, 30))
	assert held.at == datetime(2026, 11, 22, 15)


def test_where_an_hour_comes_twice_nothing_is_held_for_ever():
	"""In Berlin two o'clock comes twice that night, and it is eight in Bangkok at the second one, when the quiet hours end."""
	hours = Hours(9, (time(20), time(8)), zone=gettz("Asia/Bangkok"), site=gettz("Europe/Berlin"))
	now = datetime(2026, 10, 25, 1, 30)
	for _step in range(10):
		moment = hours.hold(now)
		if not moment:
			break
		assert moment.at > now
		now = moment.at
	else:
		raise AssertionError("it is held again and again")
	assert now <= datetime(2026, 10, 25, 3)
