"""When something comes round again, against plain counting on the calendar."""

import calendar
from datetime import date, timedelta
from itertools import count

import pytest
from dateutil import rrule
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain.cadence import (
	MOST_EVERY,
	after_invoice,
	anniversary,
	next_due,
	next_occurrence,
)

DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))
STEPPING = ("Days", "Weeks", "Months", "Years")


def naive_day(due: date, repeats: str, steps: int) -> date:
	"""`steps` days, weeks, months or years after `due`, counted by hand."""
	if repeats in ("Days", "Weeks"):
		return due + timedelta(days=steps * (7 if repeats == "Weeks" else 1))
	months = due.year * 12 + due.month - 1 + steps * (12 if repeats == "Years" else 1)
	year, month = divmod(months, 12)
	return date(year, month + 1, min(due.day, calendar.monthrange(year, month + 1)[1]))


def naive_next(due: date, repeats: str, every: int, after: date) -> date:
	return next(day for n in count(1) if (day := naive_day(due, repeats, n * every)) > after)


@given(DAYS, st.sampled_from(STEPPING), st.integers(1, 40), st.integers(-400, 30 * 366))
def test_next_due_is_the_first_step_after_both_days(due, repeats, every, done_after):
	done_on = due + timedelta(days=done_after)
	answer = next_due(due, repeats, every, done_on)
	assert answer > due and answer > done_on
	assert answer == naive_next(due, repeats, every, max(due, done_on))


@pytest.mark.parametrize(
	("repeats", "frequency"), [("Days", rrule.DAILY), ("Weeks", rrule.WEEKLY), ("Months", rrule.MONTHLY)]
)
@pytest.mark.parametrize("every", [1, 2, 3, 5])
def test_thirty_years_of_keeping_it_in_time(repeats, frequency, every):
	"""On a day that every month has, the whole series equals the one of the calendar standard (RFC 5545)."""
	first = date(2026, 11, 22)
	expected = [
		moment.date()
		for moment in rrule.rrule(frequency, dtstart=first, interval=every, until=date(2056, 11, 22))
	]
	series = [first]
	while (following := next_due(series[-1], repeats, every, series[-1])) <= date(2056, 11, 22):
		series.append(following)
	assert series == expected
	assert len(series) > 70


def test_the_31st_returns_to_the_31st():
	due = date(2026, 1, 31)
	kept, series = due, []
	for _ in range(14):
		kept = next_due(due, "Months", 1, kept)
		series.append(kept)
	assert [day.day for day in series] == [28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 28, 31]
	assert all(day.day == calendar.monthrange(day.year, day.month)[1] for day in series)


def test_29_february_is_the_28th_in_common_years_and_returns():
	due = date(2024, 2, 29)
	kept, series = due, []
	for _ in range(8):
		kept = next_due(due, "Years", 1, kept)
		series.append(kept)
	assert series == [date(y, 2, 29 if y in (2028, 2032) else 28) for y in range(2025, 2033)]


@given(DAYS, st.integers(1, 1000), st.lists(DAYS))
def test_each_invoice_starts_the_count_anew_and_a_cancelled_one_gives_it_back(counted_from, every, invoices):
	"""Invoices are submitted one after the other, then cancelled from the last one back."""
	days, dues = [], [after_invoice(every, counted_from, None)]
	assert dues == [counted_from + timedelta(days=every)]
	for day in invoices:
		days.append(day)
		dues.append(after_invoice(every, counted_from, max(days)))
		assert dues[-1] >= dues[-2] and dues[-1] >= day + timedelta(days=every)
	for before in reversed(dues[:-1]):
		days.pop()
		assert after_invoice(every, counted_from, max(days, default=None)) == before


@pytest.mark.parametrize("every", [0, -3, None])
def test_an_interval_below_one_counts_as_one(every):
	assert next_due(date(2026, 11, 22), "Days", every, date(2026, 11, 22)) == date(2026, 11, 23)


def test_what_does_not_repeat_has_no_next():
	assert next_due(date(2026, 11, 22), "Never", 1, date(2026, 11, 22)) is None
	assert next_due(date(2026, 11, 22), "", 1, date(2026, 11, 22)) is None
	answers = {
		repeats: next_due(date(2026, 11, 22), repeats, 1, date(2026, 11, 22))
		for repeats in ("Never", *MOST_EVERY)
	}
	assert [repeats for repeats, day in answers.items() if day is None] == ["Never", "After Last Invoice"]


def test_a_daily_promise_that_slept_for_decades_is_answered_at_once():
	assert next_due(date(1990, 1, 1), "Days", 1, date(2026, 11, 22)) == date(2026, 11, 23)


@given(st.dates(date(1900, 1, 1), date(2060, 12, 31)), DAYS)
def test_a_yearly_occasion_falls_within_a_year_and_on_its_day(first, today):
	day = next_occurrence(first, True, today)
	assert day >= today
	if first >= today:
		assert day == first
		return
	assert (day - today).days <= 365
	if (first.month, first.day) == (2, 29):
		assert (day.month, day.day) == (2, 29 if calendar.isleap(day.year) else 28)
	else:
		assert (day.month, day.day) == (first.month, first.day)
	# None was passed over: no earlier day of the occasion lies between today and the answer.
	assert anniversary(first, day.year - 1) < today


@given(DAYS, DAYS)
def test_an_occasion_that_does_not_return_is_to_come_or_over(first, today):
	assert next_occurrence(first, False, today) == (first if first >= today else None)


def test_a_birthday_on_29_february_year_by_year():
	born = date(2000, 2, 29)
	assert next_occurrence(born, True, date(2027, 2, 28)) == date(2027, 2, 28)
	assert next_occurrence(born, True, date(2027, 3, 1)) == date(2028, 2, 29)
	assert next_occurrence(born, True, date(2028, 2, 29)) == date(2028, 2, 29)
	assert next_occurrence(born, True, date(2028, 3, 1)) == date(2029, 2, 28)
