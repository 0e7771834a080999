"""When something comes round again: yearly occasions and repeating promises."""

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

# How far apart a repeating promise may be: about ten years, so that its next day is always a day to plan with.
MOST_EVERY = {"Days": 3650, "Weeks": 520, "Months": 120, "Years": 10, "After Last Invoice": 3650}

_STEP = {"Days": "days", "Weeks": "weeks", "Months": "months", "Years": "years"}


def anniversary(first: date, year: int) -> date:
	"""The day in `year` on which a yearly occasion falls; 29 February falls on the 28th in common years."""
	return first + relativedelta(years=year - first.year)


def next_occurrence(first: date, yearly: bool, today: date) -> date | None:
	"""The first time, today or later, that an occasion falls; None when it is over and does not return."""
	if not yearly or first >= today:
		return first if first >= today else None
	this_year = anniversary(first, today.year)
	return this_year if this_year >= today else anniversary(first, today.year + 1)


def next_due(due: date, repeats: str, every: int, done_on: date) -> date | None:
	"""The next due date of a repeating promise that was done or skipped on `done_on`; None when it does not repeat.

	Always after both `due` and `done_on`, and counted from `due`: the 31st falls on the last day of
	short months and returns to the 31st, and a promise that is kept late does not bunch up the next ones.
	"After Last Invoice" is told by `after_invoice`.
	"""
	every = max(every or 1, 1)
	if repeats not in _STEP:
		return None
	after = max(due, done_on)
	# Start close below the answer, then step: a daily promise ten years old must not take 3,650 steps.
	days = {"Days": 1, "Weeks": 7, "Months": 31, "Years": 366}[repeats] * every
	count = max((after - due).days // days, 1)
	while (day := due + relativedelta(**{_STEP[repeats]: every * count})) <= after:
		count += 1
	return day


def after_invoice(every: int, counted_from: date, last_invoice_on: date | None) -> date:
	"""`every` days after the last invoice, or after `counted_from` where no invoice is later: each invoice starts the count
	anew, and when it is cancelled the count is as it was before."""
	return max(last_invoice_on or counted_from, counted_from) + timedelta(days=every)
