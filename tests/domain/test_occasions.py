"""The promise that an occasion opens: when, for whom, and with nothing of the note's text."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain.occasions import (
	candidates,
	days_of_year,
	is_reported,
	near,
	occurrence_key,
	promise,
)
from micro_experiences.domain.recall import Manners, Note, Promise, recall

TODAY = date(2026, 11, 22)
DAYS = st.dates(date(1950, 1, 1), date(2060, 12, 31))
NOTE = {"name": "NOTE-1", "customer": "Bluebell", "contact": "Olivia", "note": "Ends the treatment"}


@given(DAYS, st.booleans(), st.dates(date(2000, 1, 1), date(2060, 12, 31)), st.integers(0, 60))
def test_near_is_today_or_within_the_lead_days(first, yearly, today, lead):
	day = near(first, yearly, today, lead)
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
def test_the_days_of_a_year_leave_no_near_occasion_out(first, yearly, today, days):
	if near(first, yearly, today, days - 1):
		assert first.strftime("%m-%d") in days_of_year(today, days)


@pytest.mark.parametrize(
	("today", "days"),
	[
		(date(2026, 12, 30), ["01-01", "12-30", "12-31"]),
		(date(2026, 2, 27), ["02-27", "02-28", "02-29", "03-01"]),
		(date(2028, 2, 28), ["02-28", "02-29", "03-01"]),
		(date(2027, 3, 1), ["03-01", "03-02", "03-03"]),
	],
)
def test_the_days_of_a_year_are_few(today, days):
	assert days_of_year(today, 3) == days


@given(DAYS, st.integers(0, 60))
def test_day_by_day_a_yearly_occasion_has_one_key_a_year(first, lead):
	start = max(first, date(2026, 1, 1))
	keys = {}
	for ahead in range(0, 3 * 366):
		today = start + timedelta(days=ahead)
		if day := near(first, True, today, lead):
			keys.setdefault(occurrence_key("NOTE-1", day), set()).add(day)
	assert all(len(days) == 1 for days in keys.values())
	assert len({min(days).year for days in keys.values()}) == len(keys)


@pytest.mark.parametrize(("days", "before"), [(0, 0), (1, 1), (3, 3), (4, 3), (14, 3)])
def test_it_reminds_three_days_before_or_at_once(days, before):
	fields = promise(NOTE, "Bluebell Books", TODAY + timedelta(days=days), TODAY)
	assert fields["remind_days_before"] == before
	assert fields["due_on"] == TODAY + timedelta(days=days)


@given(st.text(max_size=200))
def test_it_says_nothing_of_the_note_and_fits(name):
	fields = promise(NOTE, name, TODAY, TODAY)
	whole = f"An occasion of {name} is near"
	subject = fields["subject"]
	assert subject == whole if len(whole) <= 140 else subject.endswith("…") and len(subject) <= 140
	assert not any("treatment" in str(value) for value in fields.values()) or "treatment" in name


@pytest.mark.parametrize(("lead", "days"), [(14, [0, 14]), (1, [0, 1]), (0, [0])])
def test_what_opened_nothing_is_reported_twice_at_most(lead, days):
	near_by = range(lead + 1)
	assert [d for d in near_by if is_reported(TODAY + timedelta(days=d), TODAY, lead)] == days


def test_for_whom():
	note = {"heard_by": "priya", "owner": "ana"}
	assert candidates("tom", note, ["maya", "zoe"]) == ["tom", "priya", "maya", "zoe"]
	assert candidates(None, note | {"heard_by": None}, ["maya"]) == ["ana", "maya"]
	assert candidates("priya", note, ["priya", "maya"]) == ["priya", "maya"]


def recalled(note, promises, today=TODAY):
	return recall([note], promises, now=datetime.combine(today, datetime.min.time()), manners=Manners())


def opened(day, **values):
	fields = {"due_on": day, "mine": True, "occurrence_key": occurrence_key("NOTE-1", day)}
	return Promise("PROMISE-1", "An occasion of Bluebell is near", **fields | values)


def test_the_banner_says_it_once():
	note = Note(
		"NOTE-1", "Occasion", "Olivia's birthday", occasion_on=date(1990, 11, 22), repeats_yearly=True
	)
	told = recalled(note, [opened(TODAY)])
	assert [item.type for item in told.items] == ["occasion"]
	assert (told.more, told.promises) == (0, 0)
	# The day has passed: only the promise is left to speak of.
	late = recalled(note, [opened(TODAY)], TODAY + timedelta(days=1))
	assert [(item.type, item.late) for item in late.items] == [("promise", True)]


def test_what_somebody_promised_himself_is_said_beside_the_occasion():
	note = Note("NOTE-1", "Occasion", "Olivia's birthday", occasion_on=TODAY)
	told = recalled(note, [opened(TODAY, occurrence_key="")])
	assert [item.type for item in told.items] == ["promise", "occasion"]


def test_the_promise_is_said_where_its_note_is_not_shown():
	other = Note("NOTE-2", "Occasion", "The shop turns fifty", occasion_on=TODAY)
	assert [item.type for item in recalled(other, [opened(TODAY)]).items] == ["promise", "occasion"]
