"""Recurrence of yearly occasions and repeating follow-ups."""

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

# Longest interval of a repeating follow-up: about ten years, so that its next date is still meaningful.
MAX_INTERVALS = {"Days": 3650, "Weeks": 520, "Months": 120, "Years": 10, "After Last Invoice": 3650}

_STEP_UNITS = {"Days": "days", "Weeks": "weeks", "Months": "months", "Years": "years"}


def get_anniversary(first: date, year: int) -> date:
	"""Return the day in `year` on which a yearly occasion falls. 29 February falls on the 28th in common
	years."""
	return first + relativedelta(years=year - first.year)


def get_next_occurrence(first: date, yearly: bool, today: date) -> date | None:
	"""Return the first day, today or later, on which an occasion falls, or None if it is over and does not
	repeat.

	A yearly 29 February is celebrated from now on: its first date is the next one in the calendar if the year is unknown.
	"""
	is_leap_day = yearly and (first.month, first.day) == (2, 29)
	if first >= today and not is_leap_day:
		return first
	if not yearly:
		return None
	this_year = get_anniversary(first, today.year)
	return this_year if this_year >= today else get_anniversary(first, today.year + 1)


def get_next_due_date(due: date, repeats: str, every: int, done_on: date) -> date | None:
	"""Return the next due date of a repeating follow-up that was done or skipped on `done_on`, or None if it
	does not repeat.

	The date is always after both `due` and `done_on`, and counted from `due`: the 31st falls on the last day
	of short months and returns to the 31st, and a late follow-up does not bunch up the next ones. For "After
	Last Invoice", see `get_due_date_after_invoice`.
	"""
	every = max(every or 1, 1)
	if repeats not in _STEP_UNITS:
		return None
	after = max(due, done_on)
	# Start close below the result, then step: a ten-year-old daily follow-up must not take 3,650 steps.
	days = {"Days": 1, "Weeks": 7, "Months": 31, "Years": 366}[repeats] * every
	count = max((after - due).days // days, 1)
	while (day := due + relativedelta(**{_STEP_UNITS[repeats]: every * count})) <= after:
		count += 1
	return day


def get_due_date_after_invoice(every: int, counted_from: date, last_invoice_on: date | None) -> date:
	"""Return the day `every` days after the last invoice, or after `counted_from` if no invoice is later.

	Each invoice restarts the count; cancelling it restores the previous count.
	"""
	return max(last_invoice_on or counted_from, counted_from) + timedelta(days=every)
