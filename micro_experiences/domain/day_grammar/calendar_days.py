"""Arithmetic of days: the next or previous day of a kind, and days that depend on a calendar."""

from calendar import monthrange
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

# An earlier year of a birthday is a placeholder of another program (1900, 1904) rather than a year.
FIRST_PLAUSIBLE_YEAR = 1905
_MOST_YEARS = 8  # between two days of 29 February, at most


def make_date(year: int, month: int, day: int) -> date | None:
	"""Return the day, or None if the calendar has no such day."""
	try:
		return date(year, month, day)
	except (ValueError, OverflowError):
		return None


def get_next(today: date, month: int, day: int) -> date | None:
	"""Return the first such day of a year from `today` on, or None if no year has it."""
	days = (make_date(today.year + years, month, day) for years in range(_MOST_YEARS + 1))
	return next((found for found in days if found and found >= today), None)


def get_previous(today: date, month: int, day: int) -> date | None:
	"""Return the last such day of a year before `today`."""
	days = (make_date(today.year - years, month, day) for years in range(_MOST_YEARS + 1))
	return next((found for found in days if found and found < today), None)


def get_next_day_of_month(today: date, day: int) -> date | None:
	"""Return the first day from `today` on with this number in its month."""
	months = (add(today.replace(day=1), count, "month") for count in range(3))
	days = (make_date(month.year, month.month, day) for month in months if month)
	return next((found for found in days if found and found >= today), None)


def get_previous_day_of_month(today: date, day: int) -> date | None:
	months = (add(today.replace(day=1), -count, "month") for count in range(3))
	days = (make_date(month.year, month.month, day) for month in months if month)
	return next((found for found in days if found and found < today), None)


def get_monday(day: date) -> date:
	return day - timedelta(days=day.weekday())


def get_next_weekday(today: date, weekday: int) -> date:
	"""Return the first such day of the week after `today`."""
	return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def get_previous_weekday(today: date, weekday: int) -> date:
	return today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)


def add(day: date, count: int, unit: str) -> date | None:
	"""Return the day `count` units ("day", "week", "month", "year") later, or None outside of the calendar."""
	if abs(count) > 2000 or unit == "other":
		return None
	try:
		return day + relativedelta(**{f"{unit}s": count})
	except (ValueError, OverflowError):
		return None


def get_nth_weekday(year: int, month: int, nth: int, weekday: int) -> date | None:
	"""Return the nth such day of the week in a month, or the last one for -1."""
	if nth < 0:
		last = date(year, month, monthrange(year, month)[1])
		return last - timedelta(days=(last.weekday() - weekday) % 7)
	first = date(year, month, 1)
	day = first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
	return day if day.month == month else None


def get_last_of_month(day: date) -> date:
	return day.replace(day=monthrange(day.year, day.month)[1])
