"""Recurring dates, compared with plain counting and with the calendar standard (RFC 5545)."""

import calendar
from datetime import date, timedelta
from itertools import count

import pytest
from dateutil import rrule
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain.recurrence import (
	MAX_INTERVALS,
	get_anniversary,
	get_due_date_after_invoice,
	get_next_due_date,
	get_next_occurrence,
)

DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))
TODAY = date(2026, 11, 22)


def count_steps(due: date, repeats: str, steps: int) -> date:
	"""Return the date `steps` days, weeks, months or years after `due`, counted by hand."""
	if repeats in ("Days", "Weeks"):
		return due + timedelta(days=steps * (7 if repeats == "Weeks" else 1))
	months = due.year * 12 + due.month - 1 + steps * (12 if repeats == "Years" else 1)
	year, month = divmod(months, 12)
	return date(year, month + 1, min(due.day, calendar.monthrange(year, month + 1)[1]))


@given(
	DAYS,
	st.sampled_from(["Days", "Weeks", "Months", "Years"]),
	st.integers(1, 40),
	st.integers(-400, 30 * 366),
)
def test_next_due_date_is_the_first_step_after_both_days(due, repeats, every, done_after):
	done_on = due + timedelta(days=done_after)
	after = max(due, done_on)
	expected = next(day for n in count(1) if (day := count_steps(due, repeats, n * every)) > after)
	assert get_next_due_date(due, repeats, every, done_on) == expected


@pytest.mark.parametrize("every", [1, 5])
@pytest.mark.parametrize(
	("repeats", "frequency"), [("Days", rrule.DAILY), ("Weeks", rrule.WEEKLY), ("Months", rrule.MONTHLY)]
)
def test_thirty_years_of_due_dates_equal_the_calendar_standard(repeats, frequency, every):
	until = date(2056, 11, 22)
	expected = [
		moment.date() for moment in rrule.rrule(frequency, dtstart=TODAY, interval=every, until=until)
	]
	series = [TODAY]
	while (following := get_next_due_date(series[-1], repeats, every, series[-1])) <= until:
		series.append(following)
	assert series == expected


def test_monthly_due_date_on_the_31st_uses_the_last_day_of_short_months():
	done_on, days = date(2026, 1, 31), []
	for _ in range(14):
		done_on = get_next_due_date(date(2026, 1, 31), "Months", 1, done_on)
		days.append(done_on.day)
	assert days == [28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 28, 31]


def test_yearly_due_date_on_29_february_uses_the_28th_in_common_years():
	done_on, series = date(2024, 2, 29), []
	for _ in range(8):
		done_on = get_next_due_date(date(2024, 2, 29), "Years", 1, done_on)
		series.append(done_on)
	assert series == [date(y, 2, 29 if y in (2028, 2032) else 28) for y in range(2025, 2033)]


@given(DAYS, st.integers(1, 1000), st.lists(DAYS))
def test_due_date_after_invoice_follows_submitted_and_cancelled_invoices(counted_from, every, invoices):
	"""Invoices are submitted one after the other, then cancelled in reverse order."""
	days, dues = [], [get_due_date_after_invoice(every, counted_from, None)]
	assert dues == [counted_from + timedelta(days=every)]
	for day in invoices:
		days.append(day)
		dues.append(get_due_date_after_invoice(every, counted_from, max(days)))
		assert dues[-1] >= dues[-2] and dues[-1] >= day + timedelta(days=every)
	for before in reversed(dues[:-1]):
		days.pop()
		assert get_due_date_after_invoice(every, counted_from, max(days, default=None)) == before


@pytest.mark.parametrize("every", [0, -3, None])
def test_interval_below_one_counts_as_one(every):
	assert get_next_due_date(TODAY, "Days", every, TODAY) == TODAY + timedelta(days=1)


def test_task_that_does_not_repeat_by_the_calendar_has_no_next_due_date():
	for repeats in ("", "Never", *MAX_INTERVALS):
		due = get_next_due_date(TODAY, repeats, 1, TODAY)
		assert (due is None) == (repeats in ("", "Never", "After Last Invoice"))


@given(st.dates(date(1900, 1, 1), date(2060, 12, 31)), DAYS)
def test_yearly_occurrence_falls_on_its_day_within_a_year(first, today):
	day = get_next_occurrence(first, True, today)
	if first >= today:
		assert day == first
		return
	assert 0 <= (day - today).days <= 365
	if (first.month, first.day) == (2, 29):
		assert (day.month, day.day) == (2, 29 if calendar.isleap(day.year) else 28)
	else:
		assert (day.month, day.day) == (first.month, first.day)
	# No earlier occurrence lies between today and the result.
	assert get_anniversary(first, day.year - 1) < today


@given(DAYS, DAYS)
def test_single_occurrence_is_in_the_future_or_none(first, today):
	assert get_next_occurrence(first, False, today) == (first if first >= today else None)
