"""Rules for days and months: "12 June", "am 14.", "3-10 December", "12/6", "in March"."""

import re
from datetime import date, timedelta

from micro_experiences.domain.day_grammar import calendar_days as days
from micro_experiences.domain.day_grammar.rule_base import NO_DAY, Meaning, Parts, get_date, rule

_YEAR = "(?:[,g]{0,2}(?P<year>y)|,?(?P<short_year>Y(?!U)|d(?=[.,]|$)))?"
_WEEKDAY = "(?:[WwV][,.]?[hpg]{0,2})?"


@rule(rf"{_WEEKDAY}(?P<day>[doOn])[hg]{{0,2}}(?P<month>[Mm]){_YEAR}")
def day_and_month(parts: Parts) -> Meaning | None:
	"""12 June; the 12th of June 2027; 3 de mayo"""
	if parts.get_symbol("month") == "m" and parts.get_symbol_before() in ("q", "-"):
		return None
	short = parts["short_year"]
	year = parts["year"] if parts["year"] is not None else _read_short_year(short, parts.today)
	return get_date(parts, year, parts["month"], parts["day"])


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
	return get_date(parts, year, month, parts["day"])


@rule(
	rf"{_WEEKDAY}(?P<month>[Mm])[hg]?(?P<day>[doO])日?(?:[-u][Mm]?h?[do]日?)?(?:,?(?P<year>y)|,?(?P<short_year>Y(?!U)|d(?=[.,]|$)))?"
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
	return get_date(parts, year, parts["month"], parts["day"])


@rule(r"(?:(?P<year>[yd#])年)?(?P<month>[dn])月g?(?P<day>[dn])日?(?:[-u](?:[dn]月)?[dn]日?)?")
def month_and_day_with_marks(parts: Parts) -> Meaning | None:
	"""12月20日"""
	return get_date(parts, parts["year"], parts["month"], parts["day"])


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
		if symbol == "m" and parts["year"] is None and parts.get_text_before() in refused:
			return None
		listed = before in ("&", "u", "-") and parts.get_symbol_before(2) in ("M", "m")
		has_preposition = has_preposition or listed
		if before == "g" and parts["year"] is None and not postposition:
			return None
		if symbol == "m" and not has_preposition and relation is None and parts["year"] is None:
			return None
	if before == "S":
		found = days.get_previous(parts.today + timedelta(days=1), parts["month"], 1)
		return Meaning(found) if parts["year"] is None else get_date(parts, parts["year"], parts["month"], 1)
	return _month(parts, parts["year"])


def _month(parts: Parts, year: int | None) -> Meaning | None:
	"""Return the first day of a month, or the middle or last one if its edge is named."""
	edge = parts.get_symbol("edge")
	if edge not in ("k", "z"):
		return get_date(parts, year, parts["month"], 1)
	if edge == "k":
		return get_date(parts, year, parts["month"], 15)
	first = get_date(parts, year, parts["month"], 1)
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
	return get_date(parts, None, parts["month"], parts["day"])


@rule(r"(?P<day>[do])\.?[-u]h?(?P<date>%)")
def range_before_date_in_digits(parts: Parts) -> Meaning | None:
	"""3.-10.12.2026"""
	end = _read_digits(parts, parts["date"], "p", parts.get_symbol_after())
	if not end or end is NO_DAY:
		return end
	start = days.make_date(end.day.year, end.day.month, parts["day"])
	if not start or start > end.day:
		return None
	return get_date(parts, start.year if end.year_known else None, start.month, start.day)


def _read_digits(parts: Parts, value: tuple, before: str, after: str) -> Meaning | None:
	kind, fields = value
	if before == "q" or (before in ("_", ".") and parts.get_symbol_before(2) == "q" and kind != "iso"):
		return NO_DAY
	numbers = [int(re.sub(r"\D", "", field)) for field in fields[:3]]
	if kind == "iso":
		return get_date(parts, *numbers)
	month_first = parts.sentence.month_first and (kind == "slashed" or fields[-1] in ("/", "-"))
	day, month = numbers[1::-1] if month_first else numbers[:2]
	if month > 12 >= day:
		day, month = month, day
	if kind == "full":
		return get_date(parts, numbers[2], month, day)
	if kind == "slashed" and _is_fraction(numbers, before, after):
		return NO_DAY
	if kind == "point" and not _is_date_with_point(parts, before):
		return None
	if kind in ("point", "dotted") and after in ("U", "Q"):
		return NO_DAY
	return get_date(parts, None, month, day)


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
