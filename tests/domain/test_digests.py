"""Digests: at the user's hour, once a day, never on an empty day, and without confidential text."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain import digests
from micro_experiences.domain.follow_ups import get_due_state
from micro_experiences.domain.language import Language
from micro_experiences.domain.quiet_hours import NotificationHours

TODAY = date(2026, 11, 20)
ZONES = ("Asia/Kolkata", "Europe/Berlin", "America/New_York", "Pacific/Auckland")
HOURS = st.builds(
	lambda hour, zone, site, days: digests.apply_digest_hour(
		NotificationHours(
			9, (time(20), time(7)), frozenset(TODAY + timedelta(days=day) for day in days), zone, site
		),
		hour,
	),
	st.sampled_from(["", *(f"{hour:02}:00" for hour in range(24))]),
	st.sampled_from(ZONES).map(ZoneInfo),
	st.sampled_from(ZONES).map(ZoneInfo),
	st.sets(st.integers(-3, 400), max_size=60),
)
# Includes the days on which the clocks of these zones change.
NOWS = st.datetimes(datetime(2026, 9, 1), datetime(2027, 11, 30))
ITEMS = st.lists(
	st.builds(
		digests.DigestItem,
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
	return digests.compose_digest(items, wallets, TODAY, "Priya", language or Language())


def make_item(days: int = 0, **values) -> digests.DigestItem:
	return digests.DigestItem("PROMISE-1", "Harbour Street Books", TODAY + timedelta(days=days), **values)


@given(NOWS, HOURS)
def test_next_digest_is_at_the_user_s_hour_and_not_on_a_holiday(now, hours):
	moment = digests.get_next_digest_time(now, hours)
	assert moment > now
	local = hours.to_local(moment)
	assert local.date() not in hours.holidays
	# An hour that is skipped when daylight saving begins is the next one.
	assert local.hour in (hours.hour, hours.hour + 1) and local.minute == 0
	assert digests.get_due_day(moment, hours) == local.date()
	assert digests.get_due_day(moment - timedelta(minutes=1), hours) != local.date()


@given(NOWS, HOURS, st.lists(st.integers(1, 4000), max_size=60))
def test_digest_is_sent_at_most_once_a_day_whenever_the_job_runs(now, hours, steps):
	"""The steps are the minutes between runs of the job, with outages of days."""
	due_at, keys = digests.get_next_digest_time(now, hours), []
	for minutes in steps:
		now += timedelta(minutes=minutes)
		if due_at <= now:
			day = digests.get_due_day(now, hours)
			if day:
				assert hours.get_allowed_time(day).at <= now
				keys.append(digests.digest_key("priya@example.com", day))
			due_at = digests.get_next_digest_time(now, hours)
		assert due_at > now
	assert len(set(keys)) == len(keys)


@given(ITEMS, st.lists(st.just(("€ 38.00", date(2026, 11, 30))), max_size=2))
def test_digest_lists_what_is_due_and_is_omitted_on_an_empty_day(items, wallets):
	digest = compose(*items, wallets=wallets)
	week = TODAY + timedelta(days=7)
	expected = [
		item
		for item in items
		if get_due_state(item.due_on, item.snoozed_until, TODAY) != "Later"
		or (item.occasion and TODAY <= item.due_on < week and (item.snoozed_until or TODAY) <= TODAY)
	]
	assert bool(digest) == bool(expected)
	if digest:
		assert all(section.lines for section in digest.sections)
		lines = [line for section in digest.sections for line in section.lines]
		assert sorted(line.name for line in lines) == sorted(item.name for item in expected)
		assert {line.name for line in lines if line.late} == {
			item.name for item in expected if item.due_on < TODAY
		}


def test_overdue_items_come_first_and_are_marked():
	digest = compose(make_item(), make_item(-2), make_item(3, occasion=True), make_item(-1, occasion=True))
	assert [[line.late for line in section.lines] for section in digest.sections] == [
		[True, True],
		[False],
		[False],
	]


def test_long_section_is_cut_and_counts_the_rest():
	digest = compose(*(digests.DigestItem(f"P-{n}", "Books", TODAY) for n in range(25)))
	(section,) = digest.sections
	assert (len(section.lines), section.more) == (20, "and 5 more")
	assert compose(make_item()).sections[0].more == ""


def test_digest_is_in_the_reader_s_language_and_direction():
	german = {"Overdue": "Überfällig", "Follow-up for {0} was due on {1}": "{1}: {0}"}
	digest = compose(make_item(-2), language=Language(lambda text: german.get(text, text), "de"))
	assert digest.sections[0].title == "Überfällig"
	assert digest.sections[0].lines[0].text == "18. Nov.: Harbour Street Books"
	assert (digest.direction, compose(make_item(), language=Language(str, "ar")).direction) == ("ltr", "rtl")


TASK = {"subject": "send the book", "notes": [], "gesture_confidential": None}
OPEN = ("Everyone", False)


@pytest.mark.parametrize(
	("task", "disclosed"),
	[
		({}, True),
		({"notes": [OPEN, OPEN]}, True),
		({"notes": [("Everyone", True)]}, False),
		({"notes": [("Only Me", False)]}, False),
		({"notes": [("Group", False)]}, False),
		({"notes": [OPEN, ("Only Me", False)]}, False),
		# A deleted note.
		({"notes": [(None, False)]}, False),
		({"gesture_confidential": 1}, False),
	],
)
def test_subject_is_disclosed_only_where_every_source_is_visible_to_everyone(task, disclosed):
	subject = digests.get_disclosable_subject(TASK | task, includes_subjects=True)
	assert subject == ("send the book" if disclosed else "")
	assert digests.get_disclosable_subject(TASK | task, includes_subjects=False) == ""


def test_line_ends_with_the_subject_except_for_occasions():
	assert compose(make_item(subject="send the book")).sections[0].lines[0].text.endswith(": send the book")
	assert (
		"birthday" not in compose(make_item(3, subject="a birthday", occasion=True)).sections[0].lines[0].text
	)


def test_chosen_digest_hour_ignores_quiet_hours():
	hours, now = NotificationHours(9, (time(20), time(7))), datetime(2026, 11, 20, 12)
	for hour, expected in (
		("22:00", datetime(2026, 11, 20, 22)),
		("00:00", datetime(2026, 11, 21)),
		("", datetime(2026, 11, 21, 9)),
	):
		assert digests.get_next_digest_time(now, digests.apply_digest_hour(hours, hour)) == expected
