"""Rules of the day grammar: which sequences of symbols name a day, and which look like one but do not.

The rules are the same for all languages; see `lexicon.SYMBOLS` for the symbols. Further symbols: "d" a number
of up to two digits, "o" one with an ordinal ending ("3rd"), "n" a number in words, "O" an ordinal in words, "y" a
year, "#" another number, "M" and "W" months and days of the week, "m" and "w" those that are also other words,
"U" a unit of time, "D" a duration ("half a year"), "J" a period ("next week"), "R" a relative day ("tomorrow"),
"F" a feast, "%" a date in digits, "+" a number of days after a weekday ("Friday week"), "X" text that is no day,
"_" any other word, "Z" a day that another rule found.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from micro_experiences.domain.day_grammar import calendar_days as days
from micro_experiences.domain.day_grammar.feasts import get_feast, get_next_feast, get_previous_feast
from micro_experiences.domain.day_grammar.lexicon import Lexicon, Word

# A period that is longer than this from now is rather an age or a duration than a plan.
_MOST_DAYS_AHEAD = 5 * 366


@dataclass(frozen=True, slots=True)
class Meaning:
	"""A day; `past` is the day that is meant instead if the sentence speaks of the past."""

	day: date
	past: date | None = None
	year_known: bool = True
	# Of "two days before" and the like, for languages that put it after the day: (count, unit).
	shift: tuple[int, str] | None = None


# Claims its words for no day, so that no other rule reads a part of them.
NO_DAY = Meaning(date.min)


@dataclass(frozen=True, slots=True)
class Sentence:
	"""A text as symbols, with what the rules need to know about it."""

	words: list[Word]
	symbols: str
	lexicon: Lexicon
	today: date
	month_first: bool


class Parts:
	"""Named parts of a match: `parts["day"]` is the value of that word, or None."""

	def __init__(self, sentence: Sentence, match: re.Match):
		self.sentence, self.match = sentence, match
		self.today = sentence.today

	def __getitem__(self, name: str):
		at = self.get_position(name)
		return None if at is None else self.sentence.words[at].value

	def get_position(self, name: str) -> int | None:
		try:
			at = self.match.start(name)
		except IndexError:
			return None
		return None if at < 0 else at

	def get_symbol(self, name: str) -> str:
		at = self.get_position(name)
		return "" if at is None else self.sentence.symbols[at]

	def get_symbol_before(self, distance: int = 1) -> str:
		at = self.match.start() - distance
		return self.sentence.symbols[at] if at >= 0 else ""

	def get_symbol_after(self) -> str:
		at = self.match.end()
		return self.sentence.symbols[at] if at < len(self.sentence.symbols) else ""


Rule = Callable[[Parts], Meaning | None]
RULES: list[tuple[str, Rule]] = []

_YEAR = "(?:[,g]{0,2}(?P<year>y)|,?(?P<short_year>Y|d(?=[.,]|$)))?"
_WEEKDAY = "(?:[WwV][,.]?[hpg]{0,2})?"


def rule(pattern: str) -> Callable[[Rule], Rule]:
	def add(function: Rule) -> Rule:
		RULES.append((pattern, function))
		return function

	return add


def _date_of_year(parts: Parts, year: int | None, month: int, day: int) -> Meaning:
	"""Return the day; without a plausible year the next one. The calendar may have no such day."""
	today = parts.today
	if year is not None and year < 100:
		year = expand_year(year, today)
	if year is not None and year >= days.FIRST_PLAUSIBLE_YEAR:
		found = days.make_date(year, month, day)
		return Meaning(found) if found else NO_DAY
	found = days.get_next(today, month, day)
	return Meaning(found, days.get_previous(today, month, day), year_known=False) if found else NO_DAY


def expand_year(year: int, today: date) -> int:
	"""Return the year of two digits: the nearest one that is at most five years ahead."""
	century = today.year // 100 * 100
	return century + year if century + year <= today.year + 5 else century - 100 + year


# Days and months


@rule(rf"{_WEEKDAY}(?P<day>[doOn])[hg]{{0,2}}(?P<month>[Mm]){_YEAR}")
def day_and_month(parts: Parts) -> Meaning | None:
	"""12 June; the 12th of June 2027; 3 de mayo"""
	if parts.get_symbol("month") == "m" and parts.get_symbol_before() in ("q", "-"):
		return None
	short = parts["short_year"]
	year = parts["year"] if parts["year"] is not None else _read_short_year(short, parts.today)
	return _date_of_year(parts, year, parts["month"], parts["day"])


def _read_short_year(year: int | None, today: date) -> int | None:
	if year is None or 31 < year or today.year % 100 <= year <= today.year % 100 + 2:
		return year
	return None


@rule(
	rf"(?:[Ww][hp]{{0,2}})?(?P<day>[doOn])[hg]{{0,2}}(?P<first>[Mm])?(?:[gp]?[-u&/,])h?(?:[doOn](?:[,&/]|,&))?{_WEEKDAY}h?[doOn][hg]{{0,2}}(?P<month>[Mm]){_YEAR}"
)
def range_of_days(parts: Parts) -> Meaning | None:
	"""3-10 December; du 3 au 10 décembre; 28 Dec to 3 Jan"""
	if parts["first"] and parts.sentence.symbols[parts.get_position("first") + 1] in "&,/":
		return None
	if not 1 <= parts["day"] <= 31:
		return None
	month = parts["first"] or parts["month"]
	year = parts["year"]
	if year and month > parts["month"]:
		year -= 1
	return _date_of_year(parts, year, month, parts["day"])


@rule(
	rf"{_WEEKDAY}(?P<month>[Mm])[hg]?(?P<day>[doO])日?(?:[-u][Mm]?h?[do]日?)?(?:,?(?P<year>y)|,?(?P<short_year>Y|d(?=[.,]|$)))?"
)
def month_and_day(parts: Parts) -> Meaning | None:
	"""June 12th, 2027; March 3-10"""
	if not parts.sentence.lexicon.data.get("month_before_day"):
		return None
	plain = parts.get_symbol("day") == "d" and not parts.match[0].endswith("日")
	if plain and parts.get_symbol_after() in ("_", "U", "Q", "X") and parts["year"] is None:
		if parts.get_symbol("month") == "m" or parts.get_symbol_before() == "I":
			return None
	year = parts["year"] if parts["year"] is not None else _read_short_year(parts["short_year"], parts.today)
	return _date_of_year(parts, year, parts["month"], parts["day"])


@rule(r"(?:(?P<year>[yd#])年)?(?P<month>[dn])月g?(?P<day>[dn])日?(?:[-u](?:[dn]月)?[dn]日?)?")
def month_and_day_with_marks(parts: Parts) -> Meaning | None:
	"""12月20日"""
	return _date_of_year(parts, parts["year"], parts["month"], parts["day"])


@rule(r"(?:(?P<year>y)年)?(?P<month>[dn])月g?(?P<edge>[skz])?")
def month_with_mark(parts: Parts) -> Meaning | None:
	"""3月; 2027年3月"""
	return _month(parts, parts["year"])


@rule(
	r"(?P<edge>[skz][-hgIp]{0,2})?(?P<relation>[xctl])?(?P<month>[Mm])(?P<after>[xl])?(?:[,g]{0,2}(?P<year>y))?"
)
def month_alone(parts: Parts) -> Meaning | None:
	"""in March; early May 2027; next June"""
	symbol, before = parts.get_symbol("month"), parts.get_symbol_before()
	relation = parts["relation"] if parts["relation"] is not None else parts["after"]
	if relation == -1:
		found = days.get_previous(parts.today, parts["month"], 1)
		return Meaning(found)
	if parts["edge"] is None and parts.get_position("edge") is None:
		postposition = parts.sentence.lexicon.data.get("postpositions") and parts.get_symbol_after() in tuple(
			"pLguf"
		)
		has_preposition = (
			postposition
			or before in tuple("IpfuSbg")
			or (before == "h" and parts.get_symbol_before(2) in tuple("Ipf"))
		)
		if not has_preposition and relation is None and parts["year"] is None:
			return None
		refused = parts.sentence.lexicon.data.get("not_before_month", "").split(", ")
		if symbol == "m" and parts["year"] is None and _get_text_before(parts) in refused:
			return None
		listed = before in ("&", "u", "-") and parts.get_symbol_before(2) in ("M", "m")
		has_preposition = has_preposition or listed
		if before == "g" and parts["year"] is None and not postposition:
			return None
		if symbol == "m" and not has_preposition and relation is None and parts["year"] is None:
			return None
	if before == "S":
		found = days.get_previous(parts.today + timedelta(days=1), parts["month"], 1)
		return (
			Meaning(found)
			if parts["year"] is None
			else _date_of_year(parts, parts["year"], parts["month"], 1)
		)
	return _month(parts, parts["year"])


def _get_text_before(parts: Parts) -> str:
	at = parts.match.start()
	return parts.sentence.words[at - 1].text if at else ""


def _month(parts: Parts, year: int | None) -> Meaning | None:
	"""Return the first day of a month, or the middle or last one if its edge is named."""
	edge = parts.get_symbol("edge")
	if edge not in ("k", "z"):
		return _date_of_year(parts, year, parts["month"], 1)
	if edge == "k":
		return _date_of_year(parts, year, parts["month"], 15)
	first = _date_of_year(parts, year, parts["month"], 1)
	if not year and parts["month"] == parts.today.month:
		return Meaning(days.get_last_of_month(parts.today), year_known=False)
	past = first.past and days.get_last_of_month(first.past)
	return Meaning(days.get_last_of_month(first.day), past, first.year_known)


@rule(r"(?:[Ww],?[hp]{0,2})?(?P<date>%)(?:[-u]h?(?P<until>%))?")
def date_in_digits(parts: Parts) -> Meaning | None:
	"""2027-06-12; 24.12.; 12/6"""
	return _read_digits(parts, parts["date"], parts.get_symbol_before(), parts.get_symbol_after())


@rule(r"(?<=[pW])(?P<day>d)-(?P<month>d)(?![-uUQMmX%])")
def date_with_dash(parts: Parts) -> Meaning | None:
	"""op 20-12"""
	if not parts.sentence.lexicon.data.get("dash_dates") or not 1 <= parts["month"] <= 12:
		return None
	return _date_of_year(parts, None, parts["month"], parts["day"])


@rule(r"(?P<day>[do])\.?[-u]h?(?P<date>%)")
def range_before_date_in_digits(parts: Parts) -> Meaning | None:
	"""3.-10.12.2026"""
	end = _read_digits(parts, parts["date"], "p", parts.get_symbol_after())
	if not end or end is NO_DAY:
		return end
	start = days.make_date(end.day.year, end.day.month, parts["day"])
	if not start or start > end.day:
		return None
	return _date_of_year(parts, start.year if end.year_known else None, start.month, start.day)


def _read_digits(parts: Parts, value: tuple, before: str, after: str) -> Meaning | None:
	kind, fields = value
	if before == "q" or (before in ("_", ".") and parts.get_symbol_before(2) == "q" and kind != "iso"):
		return NO_DAY
	numbers = [int(re.sub(r"\D", "", field)) for field in fields[:3]]
	if kind == "iso":
		return _date_of_year(parts, *numbers)
	month_first = parts.sentence.month_first and (kind == "slashed" or fields[-1] in ("/", "-"))
	day, month = numbers[1::-1] if month_first else numbers[:2]
	if month > 12 >= day:
		day, month = month, day
	if kind == "full":
		return _date_of_year(parts, numbers[2], month, day)
	if kind == "slashed" and _is_fraction(numbers, before, after):
		return NO_DAY
	if kind == "point" and not _is_date_with_point(parts, before):
		return None
	if kind in ("point", "dotted") and after in ("U", "Q"):
		return NO_DAY
	return _date_of_year(parts, None, month, day)


def _is_date_with_point(parts: Parts, before: str) -> bool:
	"""Return whether 24.12 is a date rather than a decimal number or a time."""
	lexicon, at = parts.sentence.lexicon, parts.match.start()
	if not lexicon.data.get("dot_dates"):
		return False
	words = " ".join(word.text for word in parts.sentence.words[max(0, at - 4) : at])
	return before in tuple("pfuI-hW") or bool(lexicon.yearly.search(words))


def _is_fraction(numbers: list[int], before: str, after: str) -> bool:
	part, whole = numbers
	if after in ("g", "U"):
		return True
	if before in tuple("pfuIW") or after == "":
		return False
	if part == whole:
		return after == "_"
	return part < whole <= 5 and (after in ("_", "Q") or before in ("_", "a", ""))


# A day of a month that is not named


@rule(r"(?P<day>[doOn])(?:日|[.]?[-u]h?[do])?[hgpI]{0,4}(?P<period>J)")
@rule(r"(?P<period>J)[hgpI]{0,2}(?P<day>[doOn])日?")
def day_of_period(parts: Parts) -> Meaning | None:
	"""the 14th of next month; 来月10日"""
	count, unit, size = parts["period"]
	if unit != "month":
		return None
	month = days.add(parts.today.replace(day=1), count * size, "month")
	found = month and days.make_date(month.year, month.month, parts["day"])
	return found and Meaning(found, year_known=True)


@rule(r"(?:[Ww],?[hp]{0,2})?(?P<day>[doOn])(?:日(?![LG]))?(?:[.]?(?:[-u]|p)h?[do]日?)?(?:ghU)?")
def day_of_month(parts: Parts) -> Meaning | None:
	"""on the 14th; am 14.; le 14"""
	lexicon, symbol = parts.sentence.lexicon, parts.get_symbol("day")
	at = parts.get_position("day")
	if not 1 <= parts["day"] <= 31 or parts.get_symbol_after() in tuple("UQMmq月年X日#y%"):
		return None
	marked = at + 1 < len(parts.sentence.symbols) and parts.sentence.symbols[at + 1] == "日"
	if symbol == "n" and not marked:
		return None
	if symbol == "O" and (parts.get_symbol_after() not in ("", ".", ",")):
		return None
	before = " ".join(word.text for word in parts.sentence.words[max(0, at - 3) : at])
	introduced = lexicon.bare_day_ordinal if symbol in "oO" else lexicon.bare_day_number
	weekday = at > parts.match.start() and symbol == "o"
	if not marked and not weekday and not (introduced and introduced.search(before)):
		return None
	found = days.get_next_day_of_month(parts.today, parts["day"])
	return found and Meaning(found, days.get_previous_day_of_month(parts.today, parts["day"]))


# Days of the week


@rule(r"(?:(?P<relation>[xctl])h?)?(?P<weekday>[Ww])(?P<after>[xctl])?")
def weekday(parts: Parts) -> Meaning | None:
	"""Friday; next Friday; vendredi prochain"""
	before, following = parts.get_symbol_before(), parts.get_symbol_after()
	number, today = parts["weekday"], parts.today
	sign = parts.get_symbol("relation") or parts.get_symbol("after")
	if before in tuple("eN") or following in ("C", "e"):
		return None
	if before == "h" and not sign and parts.sentence.lexicon.data.get("definite_weekday_is_habit"):
		return NO_DAY
	if parts.get_symbol("weekday") == "w" and not sign and before not in tuple("pufb"):
		if before != "h" or parts.get_symbol_before(2) not in tuple("pfu"):
			return None
	if sign == "l":
		return Meaning(days.get_previous_weekday(today, number))
	if not sign and _is_habit(parts):
		return NO_DAY
	coming, previous = days.get_next_weekday(today, number), days.get_previous_weekday(today, number)
	if sign == "x":
		return Meaning(get_next_named_weekday(today, number, parts, parts["relation"] or parts["after"]))
	if sign == "t" and today.weekday() == number:
		return Meaning(today)
	return Meaning(coming, previous if not sign else None)


def _is_habit(parts: Parts) -> bool:
	"""Return whether a weekday belongs to a sentence such as "works Tuesday and Thursday"."""
	words, first = parts.sentence.words, parts.match.start()
	near = " ".join(word.text for word in words[max(0, first - 6) : first])
	return bool(parts.sentence.lexicon.habit.search(near.rpartition(". ")[2]))


def get_next_named_weekday(today: date, number: int, parts: Parts, weeks: int) -> date:
	"""Return the day of "next Friday", or of "Friday after next" for two `weeks`.

	Most people say "next Friday" for the Friday of next week as long as this week still has one: that one is
	"Friday" or "this Friday". Weeks begin on Monday. Where a language means the first Friday to come, its data
	file says so.
	"""
	if parts.sentence.lexicon.data.get("next_weekday") == "coming":
		return days.get_next_weekday(today, number) + timedelta(weeks=weeks - 1)
	return days.get_monday(today) + timedelta(days=number, weeks=weeks)


@rule(r"(?P<weekday>[WwE])(?:[ghpI,]{0,3}|年)(?P<period>J)")
@rule(r"(?P<period>J)[ghpI,]{0,3}(?P<weekday>[WwE])")
def weekday_of_period(parts: Parts) -> Meaning | None:
	"""Friday next week; vendredi de la semaine prochaine"""
	count, unit, size = parts["period"]
	if unit != "week":
		return None
	weekday_number = 5 if parts.get_symbol("weekday") == "E" else parts["weekday"]
	return Meaning(days.get_monday(parts.today) + timedelta(days=weekday_number, weeks=count * size))


@rule(r"(?P<period>J)(?P<number>[n日U])(?![日年LU])")
def numbered_weekday_of_period(parts: Parts) -> Meaning | None:
	"""下周五"""
	count, unit, size = parts["period"]
	if unit != "week" or not parts.sentence.lexicon.data.get("number_weekdays"):
		return None
	number = parts["number"] - 1 if parts.get_symbol("number") == "n" else 6
	if not 0 <= number <= 6:
		return None
	return Meaning(days.get_monday(parts.today) + timedelta(days=number, weeks=count * size))


@rule(r"(?P<weekday>[Ww])I[~h]?(?P<count>[dna])(?P<unit>U)")
@rule(r"(?P<weekday>[Ww])I(?P<duration>D)")
def weekday_in_weeks(parts: Parts) -> Meaning | None:
	"""Friday in two weeks"""
	_count, unit, weeks = parts["duration"] or _get_duration(parts)
	if parts["duration"]:
		weeks = parts["duration"][0] * parts["duration"][2]
	if unit != "week" or weeks > 60:
		return None
	return Meaning(days.get_next_weekday(parts.today, parts["weekday"]) + timedelta(weeks=weeks))


def _get_duration(parts: Parts) -> tuple[int, str, int]:
	count = parts["count"] or 1
	unit, size = parts["unit"]
	return count, unit, count * size


@rule(r"(?P<weekday>[WwR])[hpI]?(?P<plus>[+U])")
def weekday_plus(parts: Parts) -> Meaning | None:
	"""Friday week; vendredi en huit"""
	at = parts.get_position("plus")
	words = parts.sentence.lexicon.data.get("after_weekday", {})
	more = parts["plus"] if parts.get_symbol("plus") == "+" else None
	if more is None:
		text = parts.sentence.words[at].text
		more = next((int(key) for key, value in words.items() if text in value.split(", ")), None)
	if more is None or parts.get_symbol_before() in tuple("elt"):
		return None
	if parts.get_symbol("weekday") == "R":
		first = parts.today + timedelta(days=parts["weekday"])
	else:
		first = days.get_next_weekday(parts.today, parts["weekday"])
	return Meaning(first + timedelta(days=more))


@rule(r"(?P<relation>[xctphlIf])[hg]?(?P<weekend>E)(?P<after>[xcl])?")
@rule(r"(?P<weekend>E)(?P<after>[xcl])?")
def weekend(parts: Parts) -> Meaning | None:
	"""this weekend; el próximo fin de semana"""
	monday, sign = days.get_monday(parts.today), parts.get_symbol("after") or parts.get_symbol("relation")
	if parts.get_symbol_before() in tuple("elN") or not sign:
		return None
	if sign == "l":
		return Meaning(monday - timedelta(days=2))
	this = max(monday + timedelta(days=5), parts.today)
	if sign == "x":
		weeks = parts["after"] or parts["relation"]
		return Meaning(monday + timedelta(days=5, weeks=weeks))
	return Meaning(this, monday - timedelta(days=2) if sign != "t" else None)


@rule(r"(?P<nth>[Olodn])(?P<weekday>[WwE])[ghpI]{0,3}(?P<month>[Mm])(?:[,g]{0,2}(?P<year>y))?")
@rule(r"(?P<month>[Mm])g?T?(?P<nth>[Odn])(?P<weekday>[WwE])")
@rule(r"(?P<month>[dn])月g?T?(?P<nth>[dnOl])[gT]?(?P<weekday>[WwE])")
def nth_weekday(parts: Parts) -> Meaning | None:
	"""first Thursday of March; last weekend in May"""
	year, month, number = (
		parts["year"],
		parts["month"],
		5 if parts.get_symbol("weekday") == "E" else parts["weekday"],
	)
	nth = parts["nth"] or -1
	if nth > 5:
		return None
	years = (year,) if year else range(parts.today.year - 1, parts.today.year + 3)
	found = [day for day in (days.get_nth_weekday(each, month, nth, number) for each in years) if day]
	if year:
		return Meaning(found[0]) if found else None
	coming = next((day for day in found if day >= parts.today), None)
	previous = next((day for day in reversed(found) if day < parts.today), None)
	return coming and Meaning(coming, previous, year_known=False)


@rule(r"(?P<nth>[Ol])(?P<weekday>[WwEU])[ghpI]{0,3}(?P<period>[JU])")
def nth_weekday_of_period(parts: Parts) -> Meaning | None:
	"""first Monday of next month; last Friday of the month"""
	period = parts["period"]
	count, unit, _size = period if parts.get_symbol("period") == "J" else (0, period[0], 1)
	if unit != "month" or parts.get_symbol_before() == "e":
		return None
	month = days.add(parts.today.replace(day=1), count, "month")
	nth, sign = parts["nth"], parts.get_symbol("weekday")
	if sign == "U":
		if parts["weekday"] == ("day", 1) and nth == -1:
			return Meaning(days.get_last_of_month(month))
		return _week_of_month(month, nth) if parts["weekday"] == ("week", 1) else None
	number = 5 if sign == "E" else parts["weekday"]
	found = days.get_nth_weekday(month.year, month.month, nth, number)
	if found and found < parts.today and not count:
		month = days.add(month, 1, "month")
		found = days.get_nth_weekday(month.year, month.month, nth, number)
	return found and Meaning(found)


@rule(r"(?P<nth>[Olo])(?P<unit>U)[ghpI]{0,3}(?P<month>[Mm])(?:g?(?P<year>y))?")
def nth_week(parts: Parts) -> Meaning | None:
	"""first week of March"""
	first = _date_of_year(parts, parts["year"], parts["month"], 1)
	if parts["unit"] == ("day", 1) and parts["nth"] in (1, -1):
		return (
			first if parts["nth"] == 1 else Meaning(days.get_last_of_month(first.day), None, first.year_known)
		)
	if parts["unit"] != ("week", 1):
		return None
	return _week_of_month(first.day, parts["nth"], first.year_known)


def _week_of_month(first: date, nth: int, year_known: bool = True) -> Meaning | None:
	if not -1 <= nth <= 5:
		return None
	if nth < 0:
		return Meaning(days.get_monday(days.get_last_of_month(first)), year_known=year_known)
	found = first if nth <= 1 else days.get_monday(first) + timedelta(weeks=nth - 1)
	return Meaning(found, year_known=year_known)


@rule(r"(?P<mark>K)(?P<week>[dY])")
@rule(r"(?<=[Ipfu])(?P<unit>U)(?P<week>[dY])")
def calendar_week(parts: Parts) -> Meaning | None:
	"""KW 50; in week 50"""
	if parts["unit"] not in (None, ("week", 1)) or not 1 <= parts["week"] <= 53:
		return None
	weeks = []
	for year in (parts.today.year, parts.today.year + 1):
		try:
			weeks.append(date.fromisocalendar(year, parts["week"], 1))
		except ValueError:
			continue
	found = next((monday for monday in weeks if monday + timedelta(days=6) >= parts.today), None)
	return found and Meaning(found)


# Relative days


@rule(r"(?P<relative>R)")
def relative_day(parts: Parts) -> Meaning | None:
	"""tomorrow; pasado mañana"""
	offset = parts["relative"]
	today = parts.today
	either = parts.sentence.lexicon.data.get("relative_either", False)
	return Meaning(
		today + timedelta(days=offset), today - timedelta(days=offset) if either and offset > 0 else None
	)


@rule(r"(?:(?P<start>R))?I[~h]?(?P<count>[dna])(?P<unit>[U日年])L?")
@rule(r"(?:(?P<start>R))?I[~h]?(?P<duration>D)L?")
@rule(r"I(?P<single>U)")
@rule(r"(?P<count>[dna])~?(?P<unit>[U日年])g?L")
@rule(r"(?P<duration>D)g?L")
def duration_ahead(parts: Parts) -> Meaning | None:
	"""in two weeks; heute in einer Woche; 2週間後"""
	return _move(parts, 1)


@rule(r"A~?(?P<count>[dna])(?P<unit>[U日年])")
@rule(r"A~?(?P<duration>D)")
@rule(r"(?P<count>[dna])~?(?P<unit>[U日年])G")
@rule(r"(?P<duration>D)G")
def duration_ago(parts: Parts) -> Meaning | None:
	"""3 weeks ago; vor zwei Wochen"""
	return _move(parts, -1)


def _move(parts: Parts, sign: int) -> Meaning | None:
	if parts["single"]:
		if not parts.sentence.lexicon.data.get("units_without_number"):
			return None
		unit, amount = parts["single"]
	elif parts["duration"]:
		count, unit, size = parts["duration"]
		amount = count * size
	else:
		_count, unit, amount = _get_duration(parts)
	if not amount:
		return None
	day = days.add(parts.today + timedelta(days=parts["start"] or 0), sign * amount, unit)
	if not day or (day - parts.today).days > _MOST_DAYS_AHEAD:
		return None
	return Meaning(day, shift=(sign * amount, unit))


@rule(r"(?P<period>J)")
def period_alone(parts: Parts) -> Meaning | None:
	"""next week; next month: their first day"""
	return _get_first_of_period(parts, parts["period"])


def _get_first_of_period(parts: Parts, period: tuple) -> Meaning | None:
	count, unit, size = period
	count *= size
	if not count or unit not in ("week", "month"):
		return None
	first = days.get_monday(parts.today) if unit == "week" else parts.today.replace(day=1)
	day = days.add(first, count, unit)
	return day and Meaning(day)


@rule(r"(?P<edge>[skz])[hgIp]{0,3}(?P<period>J)")
@rule(r"(?P<edge>[skz])[hgIp]{0,3}(?P<unit>U)")
@rule(r"(?P<period>J)g?(?P<edge>[skz])")
@rule(r"(?<![dn])(?P<this_month>月)(?P<edge>[skz])")
def edge_of_period(parts: Parts) -> Meaning | None:
	"""end of the month; Ende nächster Woche"""
	count, unit, size = parts["period"] or (0, *(parts["unit"] or ("month", 1)))
	edge, today = parts.get_symbol("edge"), parts.today
	count *= size if parts["period"] else 1
	if unit == "week":
		monday = days.get_monday(today) + timedelta(weeks=count)
		if parts.match[0].endswith("z"):  # 来週末
			return Meaning(monday + timedelta(days=5))
		day = monday + timedelta(days={"s": 0, "k": 2, "z": 4}[edge])
		return Meaning(day if day >= today or count else monday + timedelta(days=6))
	if unit == "month":
		first = days.add(today.replace(day=1), count, "month")
	elif unit == "year":
		first = days.add(today.replace(month=1, day=1), count, "year")
	else:
		return None
	if not first:
		return None
	if edge == "z":
		return Meaning(days.get_last_of_month(first if unit == "month" else first.replace(month=12)))
	day = first if edge == "s" else first.replace(day=15) if unit == "month" else first.replace(month=7)
	if day < today and not count:
		day = days.add(day, 1, unit)
	return Meaning(day)


# Feasts


@rule(r"(?P<nth>[odO])(?P<feast>F)")
@rule(r"(?P<relation>[xctl])?(?P<feast>F)(?P<after>[xl])?(?:[,hgpI]{0,2}(?P<year>y))?")
def feast(parts: Parts) -> Meaning | None:
	"""Christmas Eve; Pâques 2027"""
	name, year, today = parts["feast"], parts["year"], parts.today
	if parts.get_symbol_before() in tuple("eN"):
		return None
	if parts["nth"]:  # second Sunday of Advent, 2. Weihnachtstag
		day = get_next_feast(name, today)
		more = (parts["nth"] - 1) * (7 if name.startswith("advent") else 1)
		return Meaning(day + timedelta(days=more)) if day and 0 <= more <= 21 else None
	if year:
		day = get_feast(name, year)
		return day and Meaning(day)
	if "l" in (parts.get_symbol("relation"), parts.get_symbol("after")):
		day = get_previous_feast(name, today)
		return day and Meaning(day)
	day = get_next_feast(name, today)
	return day and Meaning(day, get_previous_feast(name, today))


# No days: they take their words, so that no other rule reads them


@rule(r"e[~hg]?[dnaOolx]?[WwUEPFVD年]+")
@rule(r"h?V(?:[-u&,]V)*")
@rule(r"e[,h]?[Ww](?:[-u&,][Ww])*")
@rule(r"a[Ww]|[Ww]V+")
@rule(r"N[.]?[MmWw]_?")
@rule(r"[MmWwF]C")
@rule(r"B")
@rule(r"[pIh]*(?P<unit>l)(?:[dn])?[U]")
def no_day(parts: Parts) -> Meaning | None:
	"""every Monday; on Fridays; Mr May; Friday Ltd; Black Friday; in the last two weeks"""
	return NO_DAY


# Second round: days that are named by another day

COMPOSITE_RULES: list[tuple[str, Rule]] = []


def composite_rule(pattern: str) -> Callable[[Rule], Rule]:
	def add(function: Rule) -> Rule:
		COMPOSITE_RULES.append((pattern, function))
		return function

	return add


@composite_rule(r"(?P<count>[dna])?~?(?P<unit>U)g?(?P<side>[bfApI]|(?=Z))h?(?P<anchor>Z)")
@composite_rule(r"(?P<duration>D)g?(?P<side>[bfApI]|(?=Z))h?(?P<anchor>Z)")
def days_from_day(parts: Parts) -> Meaning | None:
	"""two days before Christmas; a week from Friday; two weeks tomorrow"""
	sign, anchor = parts.get_symbol("side"), parts["anchor"]
	if parts["duration"]:
		count, unit, size = parts["duration"]
		amount = count * size
	else:
		if parts["count"] is None and sign not in tuple("bfA"):
			return None
		_count, unit, amount = _get_duration(parts)
	if unit == "year" or anchor is NO_DAY:
		return None
	day = days.add(anchor.day, -amount if sign in tuple("bA") else amount, unit)
	return day and Meaning(day, year_known=anchor.year_known)


@composite_rule(r"(?P<eve>v)[gh]{0,2}(?P<anchor>Z)")
def day_beside_day(parts: Parts) -> Meaning | None:
	"""la veille de Noël"""
	anchor = parts["anchor"]
	return Meaning(anchor.day + timedelta(days=parts["eve"]), year_known=anchor.year_known)


@composite_rule(r"(?P<anchor>Z)[gfpu]?(?P<moved>Z)")
def day_with_shift(parts: Parts) -> Meaning | None:
	"""クリスマスの2日前"""
	anchor, moved = parts["anchor"], parts["moved"]
	if not moved.shift or anchor.shift:
		return None
	day = days.add(anchor.day, *moved.shift)
	return day and Meaning(day, year_known=anchor.year_known)


@composite_rule(r"(?P<weekday>[Z])(?P<side>[bfA])h?(?P<anchor>Z)")
@composite_rule(r"(?P<weekend>E)(?P<side>[bfA])h?(?P<anchor>Z)")
def weekday_from_day(parts: Parts) -> Meaning | None:
	"""the Friday after Easter"""
	anchor, first = parts["anchor"], parts["weekday"]
	if first and (first.past is None or (first.past - first.day).days != -7):
		return None
	number = first.day.weekday() if first else 5
	if parts.get_symbol("side") == "f":
		return Meaning(days.get_next_weekday(anchor.day, number), year_known=anchor.year_known)
	return Meaning(days.get_previous_weekday(anchor.day, number), year_known=anchor.year_known)


@composite_rule(r"(?P<first>Z)[gp]?[-u]h?Z")
def range_from_day_to_day(parts: Parts) -> Meaning | None:
	"""Friday to Sunday; 28 December to 3 January"""
	return parts["first"]


@cache
def compile_rules(*, composite: bool = False) -> list[tuple[re.Pattern, Rule]]:
	"""Return the rules of the first or second round with their compiled patterns."""
	return [
		(re.compile(pattern), function) for pattern, function in (COMPOSITE_RULES if composite else RULES)
	]
