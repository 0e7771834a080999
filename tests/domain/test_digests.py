"""A digest comes at the hour of its reader, once a day, never on an empty day, and says no more than it may."""

from datetime import date, datetime, time, timedelta

import pytest
from dateutil.tz import gettz
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain import digest as rules
from micro_experiences.domain.hours import Hours
from micro_experiences.domain.promises import standing
from micro_experiences.domain.recall import Language

TODAY = date(2026, 11, 20)
ZONES = ("Asia/Kolkata", "Europe/Berlin", "America/New_York", "Pacific/Auckland")
HOURS = st.builds(
	lambda hour, zone, site, days: rules.with_hour(
		Hours(9, (time(20), time(7)), frozenset(TODAY + timedelta(days=day) for day in days), zone, site),
		hour,
	),
	st.sampled_from(["", *(f"{hour:02}:00" for hour in range(24))]),
	st.sampled_from(ZONES).map(gettz),
	st.sampled_from(ZONES).map(gettz),
	st.sets(st.integers(-3, 400), max_size=60),
)
# Days that include those on which the clocks of these places change.
NOWS = st.datetimes(datetime(2026, 9, 1), datetime(2027, 11, 30))
ITEMS = st.lists(
	st.builds(
		rules.Item,
		st.uuids().map(str),
		st.sampled_from(["Harbour Street Books", "{0}", "<b>"]),
		st.integers(-40, 40).map(lambda days: TODAY + timedelta(days=days)),
		st.none() | st.integers(-3, 3).map(lambda days: TODAY + timedelta(days=days)),
		st.sampled_from(["", "send the book"]),
		st.booleans(),
	),
	max_size=30,
)


def compose(*items, wallets=(), language=None):
	return rules.compose(items, wallets, TODAY, "Priya", language or Language())


def item(days: int = 0, **values) -> rules.Item:
	return rules.Item("PROMISE-1", "Harbour Street Books", TODAY + timedelta(days=days), **values)


@given(NOWS, HOURS)
def test_always_at_the_hour_and_on_no_holiday(now, hours):
	moment = rules.next_digest_after(now, hours)
	assert moment > now
	local = hours.local(moment)
	assert local.date() not in hours.holidays
	# The hour that the clock leaves out in spring is the next one.
	assert local.hour in (hours.hour, hours.hour + 1) and local.minute == 0
	assert rules.day_due(moment, hours) == local.date()
	assert rules.day_due(moment - timedelta(minutes=1), hours) is None or local.date() != rules.day_due(
		moment - timedelta(minutes=1), hours
	)


@given(NOWS, HOURS, st.lists(st.integers(1, 4000), max_size=60))
def test_never_two_a_day_and_none_is_left_out_while_the_clock_runs(now, hours, steps):
	"""The job runs every now and then (minutes between), with outages of days."""
	due_at, keys = rules.next_digest_after(now, hours), []
	for minutes in steps:
		now += timedelta(minutes=minutes)
		if due_at <= now:
			day = rules.day_due(now, hours)
			if day:
				assert hours.at(day).at <= now
				keys.append(rules.digest_key("priya@example.com", day))
			due_at = rules.next_digest_after(now, hours)
		assert due_at > now
	assert len(set(keys)) == len(keys)


@given(ITEMS, st.lists(st.just(("€ 38.00", date(2026, 11, 30))), max_size=2))
def test_never_on_an_empty_day(items, wallets):
	digest = rules.compose(items, wallets, TODAY, "Priya", Language())
	to_do = [
		one
		for one in items
		if standing(one.due_on, one.snoozed_until, TODAY) != "Later"
		or (
			one.occasion
			and TODAY <= one.due_on < TODAY + timedelta(days=7)
			and (one.snoozed_until or TODAY) <= TODAY
		)
	]
	assert bool(digest) == bool(to_do)
	if digest:
		assert all(section.lines for section in digest.sections)
		told = [line.name for section in digest.sections for line in section.lines]
		assert sorted(told) == sorted(one.name for one in to_do)
		late = {line.name for section in digest.sections for line in section.lines if line.late}
		assert late == {one.name for one in to_do if one.due_on < TODAY}


def test_what_is_late_comes_first_and_is_marked():
	digest = compose(item(), item(-2), item(3, occasion=True), item(-1, occasion=True))
	assert [section.title for section in digest.sections] == ["Overdue", "Today", "Occasions This Week"]
	assert [(line.text, line.late) for section in digest.sections for line in section.lines] == [
		("A promise to Harbour Street Books was due on 18 Nov", True),
		("An occasion of Harbour Street Books was on 19 Nov", True),
		("A promise to Harbour Street Books is due today", False),
		("An occasion of Harbour Street Books on 23 Nov", False),
	]


def test_an_occasion_is_told_within_the_week_and_today():
	assert compose(item(6, occasion=True)) and compose(item(0, occasion=True))
	assert not compose(item(7, occasion=True))
	assert not compose(item(6))
	assert not compose(item(6, occasion=True, snoozed_until=TODAY + timedelta(days=1)))


def test_what_is_left_is_told_but_is_no_reason_to_write():
	wallets = [("€ 38.00", date(2026, 11, 30))]
	assert compose(wallets=wallets) is None
	assert compose(item(), wallets=wallets).wallet_lines == ("€ 38.00 left until 30 Nov",)


def test_a_long_list_is_counted():
	digest = compose(*(rules.Item(f"P-{n}", "Books", TODAY) for n in range(25)))
	(section,) = digest.sections
	assert (len(section.lines), section.more) == (20, "and 5 more")
	assert compose(item()).sections[0].more == ""


def test_it_speaks_the_language_of_its_reader():
	german = {"Overdue": "Überfällig", "A promise to {0} was due on {1}": "{1}: Versprechen an {0}"}
	digest = compose(item(-2), language=Language(lambda text: german.get(text, text), "de"))
	assert digest.sections[0].title == "Überfällig"
	assert digest.sections[0].lines[0].text == "18 Nov.: Versprechen an Harbour Street Books"
	assert (digest.direction, compose(item(), language=Language(str, "ar")).direction) == ("ltr", "rtl")


TASK = {"subject": "send the book", "notes": [], "gesture_confidential": None}
OPEN = ("Everyone", False)


@pytest.mark.parametrize(
	("task", "told"),
	[
		({}, True),
		({"notes": [OPEN]}, True),
		({"notes": [OPEN, OPEN]}, True),
		({"notes": [("Everyone", True)]}, False),
		({"notes": [("Only Me", False)]}, False),
		({"notes": [("Group", False)]}, False),
		({"notes": [OPEN, ("Only Me", False)]}, False),
		# A note that is there no more.
		({"notes": [(None, False)]}, False),
		({"gesture_confidential": 1}, False),
	],
)
def test_what_may_be_named(task, told):
	assert rules.subject_told(TASK | task, names_promises=True) == ("send the book" if told else "")
	assert rules.subject_told(TASK | task, names_promises=False) == ""


def test_a_subject_follows_the_neutral_line():
	assert compose(item(subject="send the book")).sections[0].lines[0].text.endswith("today: send the book")
	# The occasion is the note's: its words stay with it.
	told = compose(item(3, subject="a birthday", occasion=True)).sections[0].lines[0].text
	assert "birthday" not in told


def test_a_chosen_hour_is_moved_by_no_quiet_hours():
	hours = Hours(9, (time(20), time(7)))
	now = datetime(2026, 11, 20, 12)
	assert rules.next_digest_after(now, rules.with_hour(hours, "22:00")) == datetime(2026, 11, 20, 22)
	assert rules.next_digest_after(now, rules.with_hour(hours, "00:00")) == datetime(2026, 11, 21)
	assert rules.next_digest_after(now, rules.with_hour(hours, "")) == datetime(2026, 11, 21, 9)


def test_a_holiday_moves_it_to_the_next_working_day():
	weekend = frozenset({date(2026, 11, 21), date(2026, 11, 22)})
	hours = Hours(9, holidays=weekend)
	assert rules.next_digest_after(datetime(2026, 11, 20, 9), hours) == datetime(2026, 11, 23, 9)
	assert rules.day_due(datetime(2026, 11, 21, 12), hours) is None
