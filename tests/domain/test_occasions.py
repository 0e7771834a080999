"""Follow-ups for occasions: when they are created, for whom, and without the text of the note."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from micro_experiences.domain.occasions import (
	build_follow_up,
	get_assignee_candidates,
	get_days_of_year,
	get_upcoming_date,
	is_over,
	is_report_day,
	occurrence_key,
)
from micro_experiences.domain.recall import Viewpoint, select_items
from micro_experiences.domain.recall_rows import FollowUp, Note
from micro_experiences.domain.recurrence import get_next_occurrence

TODAY = date(2026, 11, 22)
DAYS = st.dates(date(1950, 1, 1), date(2060, 12, 31))
NOTE = {"name": "NOTE-1", "customer": "Bluebell", "contact": "Olivia", "note": "Ends the treatment"}


@given(DAYS, st.booleans(), st.dates(date(2000, 1, 1), date(2060, 12, 31)), st.integers(0, 60))
def test_upcoming_date_lies_within_the_lead_days(first, yearly, today, lead):
	day = get_upcoming_date(first, yearly, today, lead)
	window = [today + timedelta(days=ahead) for ahead in range(lead + 1)]
	leap = first.month == 2 and first.day == 29
	falls = [
		one
		for one in window
		if one == first
		or (yearly and one > first and (one.month, one.day) == (first.month, first.day))
		or (
			yearly
			and leap
			and one > first
			and (one.month, one.day) == (2, 28)
			and (one + timedelta(1)).day == 1
		)
	]
	assert day == (falls[0] if falls else None)


@given(DAYS, st.booleans(), DAYS, st.integers(1, 31))
def test_days_of_year_include_every_upcoming_occasion(first, yearly, today, days):
	if get_upcoming_date(first, yearly, today, days - 1):
		assert first.strftime("%m-%d") in get_days_of_year(today, days)


@pytest.mark.parametrize(
	("today", "days"),
	[
		(date(2026, 12, 30), ["01-01", "12-30", "12-31"]),
		(date(2026, 2, 27), ["02-27", "02-28", "02-29", "03-01"]),
		(date(2028, 2, 28), ["02-28", "02-29", "03-01"]),
		(date(2027, 3, 1), ["03-01", "03-02", "03-03"]),
	],
)
def test_days_of_year_cover_the_turn_of_the_year_and_leap_days(today, days):
	assert get_days_of_year(today, 3) == days


@settings(max_examples=20)
@given(DAYS, st.integers(0, 60))
def test_yearly_occasion_has_one_key_a_year(first, lead):
	start = max(first, date(2026, 1, 1))
	keys = {}
	for ahead in range(3 * 366):
		today = start + timedelta(days=ahead)
		if day := get_upcoming_date(first, True, today, lead):
			keys.setdefault(occurrence_key("NOTE-1", day), set()).add(day)
	assert all(len(days) == 1 for days in keys.values())
	assert len({min(days).year for days in keys.values()}) == len(keys)


@pytest.mark.parametrize(("days", "before"), [(0, 0), (1, 1), (3, 3), (4, 3), (14, 3)])
def test_follow_up_reminds_three_days_before_or_at_once(days, before):
	fields = build_follow_up(NOTE, "Bluebell Books", TODAY + timedelta(days=days), TODAY)
	assert fields["remind_days_before"] == before
	assert fields["due_on"] == TODAY + timedelta(days=days)


@given(st.text(max_size=200))
def test_follow_up_contains_no_text_of_the_note_and_fits(name):
	fields = build_follow_up(NOTE, name, TODAY, TODAY)
	assert len(fields["subject"]) <= 140
	assert not any("treatment" in str(value) for value in fields.values()) or "treatment" in name


@pytest.mark.parametrize(("lead", "days"), [(14, [0, 14]), (1, [0, 1]), (0, [0])])
def test_occasion_without_an_assignee_is_reported_twice_at_most(lead, days):
	assert [d for d in range(lead + 1) if is_report_day(TODAY + timedelta(days=d), TODAY, lead)] == days


def test_assignee_candidates_are_account_manager_author_and_managers():
	note = {"heard_by": "priya", "owner": "ana"}
	assert get_assignee_candidates("tom", note, ["maya", "zoe"]) == ["tom", "priya", "maya", "zoe"]
	assert get_assignee_candidates(None, note | {"heard_by": None}, ["maya"]) == ["ana", "maya"]
	assert get_assignee_candidates("priya", note, ["priya", "maya"]) == ["priya", "maya"]


def select(note, follow_ups, today=TODAY):
	viewpoint = Viewpoint(datetime.combine(today, datetime.min.time()))
	return select_items([note], follow_ups, viewpoint=viewpoint)


def make_follow_up(day, **values):
	fields = {"due_on": day, "is_mine": True, "occurrence_key": occurrence_key("NOTE-1", day)}
	return FollowUp("PROMISE-1", "Upcoming occasion", **fields | values)


def test_occasion_of_another_note_is_shown_beside_its_follow_up():
	hidden = Note("NOTE-2", "Occasion", "The shop turns fifty", occasion_on=TODAY)
	shown = select(hidden, [make_follow_up(TODAY)])
	assert sorted(item.type for item in shown.items) == ["occasion", "promise"]


def test_follow_up_of_occasion_ends_after_its_day_unless_it_was_put_off():
	day = date(2026, 12, 1)
	assert not is_over(day, None, day)
	assert is_over(day, None, day + timedelta(days=1))
	assert not is_over(day, date(2026, 12, 3), date(2026, 12, 3))
	assert is_over(day, date(2026, 12, 3), date(2026, 12, 4))


@pytest.mark.parametrize("first", [date(2024, 2, 29), date(2028, 2, 29), date(1992, 2, 29)])
def test_leap_day_is_celebrated_on_28_february_in_common_years(first):
	for today, day in (
		(date(2026, 12, 1), date(2027, 2, 28)),
		(date(2027, 2, 28), date(2027, 2, 28)),
		(date(2027, 3, 1), date(2028, 2, 29)),
	):
		assert get_next_occurrence(first, True, today) == day
	assert get_next_occurrence(date(2028, 2, 29), False, date(2026, 12, 1)) == date(2028, 2, 29)
