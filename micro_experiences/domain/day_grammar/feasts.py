"""Days with a name, such as Christmas Eve, Good Friday, Diwali and Eid."""

import re
from datetime import date, timedelta
from functools import cache

from dateutil.easter import easter

from micro_experiences.domain.day_grammar.calendar_days import get_nth_weekday, make_date

# Where the `holidays` library (which ERPNext uses too) knows a feast, and how it is called there.
_MOVING = {
	"diwali": ("IN", r"diwali"),
	"holi": ("IN", r"^holi\b"),
	"raksha bandhan": ("IN", r"^raksha bandhan"),
	"ramadan": ("MV", r"ramadan"),
	"eid al-fitr": ("AE", r"eid al-fitr"),
	"eid al-adha": ("AE", r"eid al-adha"),
	"islamic new year": ("AE", r"islamic new year|hijri"),
	"mawlid": ("AE", r"prophet"),
	"chinese new year": ("SG", r"^chinese new year"),
	"mid-autumn": ("KR", r"^chuseok"),
	"seollal": ("KR", r"^korean new year"),
	"chuseok": ("KR", r"^chuseok"),
	"dragon boat": ("HK", r"^(dragon boat|tuen ng)"),
	"qingming": ("HK", r"^(tomb-sweeping|ching ming)"),
	"dussehra": ("IN", r"^dussehra"),
	"janmashtami": ("IN", r"^janmashtami"),
	"rosh hashanah": ("IL", r"rosh hashana"),
	"yom kippur": ("IL", r"yom kippur"),
	"passover": ("IL", r"pesach|passover"),
}


def get_feast(rule: str, year: int) -> date | None:
	"""Return the day of a feast in a year.

	`rule` is "12-24" (month and day), "easter-2" (days from Easter Sunday), "5/2/6" (second Sunday of May, days
	of the week from Monday = 0), "advent+0" (days from the first Sunday of Advent), or a name of `_MOVING`.
	"""
	if fixed := re.fullmatch(r"(\d+)-(\d+)", rule):
		return make_date(year, int(fixed[1]), int(fixed[2]))
	if nth := re.fullmatch(r"(\d+)/(-?\d)/(\d)", rule):
		return get_nth_weekday(year, int(nth[1]), int(nth[2]), int(nth[3]))
	if moving := re.fullmatch(r"(easter|orthodox|advent)([+-]\d+)", rule):
		return _get_anchor(moving[1], year) + timedelta(days=int(moving[2]))
	if near := re.fullmatch(r"(.+)([+-]\d+)", rule):
		day = _find_holiday(near[1], year)
		return day and day + timedelta(days=int(near[2]))
	return _find_holiday(rule, year)


def get_next_feast(rule: str, today: date) -> date | None:
	days = (get_feast(rule, today.year + years) for years in range(3))
	return next((day for day in days if day and day >= today), None)


def get_previous_feast(rule: str, today: date) -> date | None:
	days = (get_feast(rule, today.year - years) for years in range(3))
	return next((day for day in days if day and day < today), None)


def is_fixed(rule: str) -> bool:
	"""Return whether a feast is on the same day of each year."""
	return bool(re.fullmatch(r"\d+-\d+", rule))


def _get_anchor(name: str, year: int) -> date:
	if name == "advent":
		eve = date(year, 12, 24)
		return eve - timedelta(days=(eve.weekday() - 6) % 7 + 21)
	return easter(year, 2 if name == "orthodox" else 3)


@cache
def _find_holiday(name: str, year: int) -> date | None:
	# Takes a tenth of a second to import, for feasts that few notes name.
	from holidays import country_holidays

	if name not in _MOVING:
		return None
	country, words = _MOVING[name]
	# Holi is optional in India; older releases know public holidays only.
	for options in ({"categories": ("public", "optional")}, {}):
		try:
			days = country_holidays(country, years=year, language="en_US", **options)
			break
		except (NotImplementedError, ValueError, TypeError):
			continue
	else:
		return None
	return min((day for day, label in days.items() if re.search(words, label, re.IGNORECASE)), default=None)
