"""Rules for days of the week and weeks: "next Friday", "first Thursday of March", "this weekend", "KW 50"."""

from datetime import date, timedelta

from micro_experiences.domain.day_grammar import calendar_days as days
from micro_experiences.domain.day_grammar.rule_base import (
	NO_DAY,
	Meaning,
	Parts,
	get_date,
	get_duration,
	rule,
)


@rule(r"(?:(?P<relation>[xctl])h?)?(?P<weekday>[Ww])(?P<after>[xctl])?")
def weekday(parts: Parts) -> Meaning | None:
	"""Friday; next Friday; vendredi prochain"""
	before, following = parts.get_symbol_before(), parts.get_symbol_after()
	number, today = parts["weekday"], parts.today
	sign = parts.get_symbol("relation") or parts.get_symbol("after")
	if before in tuple("eN") or following in ("C", "e") or _is_after_another_day(parts):
		return None
	if before == "h" and not sign and parts.sentence.lexicon.data.get("definite_weekday_is_habit"):
		return NO_DAY
	if parts.get_symbol("weekday") == "w" and not sign and before not in tuple("pufb"):
		is_range = before == "g" and following == "u"
		if not is_range and (before != "h" or parts.get_symbol_before(2) not in tuple("pfu")):
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


def _is_after_another_day(parts: Parts) -> bool:
	"""Return whether a weekday is told from a day that is not named: "on the Monday after"."""
	words, last = parts.sentence.words, parts.match.end()
	if last >= len(words):
		return False
	following = words[last].text
	if following in parts.sentence.lexicon.data.get("afterwards", "").split(", "):
		return True
	# "A week on Monday after the holidays" is a day, "on the Monday after the holidays" is not.
	if parts.get_symbol_before() != "h" or following != "after":
		return False
	return last + 1 == len(words) or words[last + 1].symbol in ("h", ",")


def _is_habit(parts: Parts) -> bool:
	"""Return whether a weekday belongs to a sentence such as "works Tuesday and Thursday"."""
	words, first = parts.sentence.words, parts.match.start()
	near = " ".join(word.text for word in words[max(0, first - 6) : first])
	return bool(parts.sentence.lexicon.habit.search(near.rpartition(". ")[2]))


def get_next_named_weekday(today: date, number: int, parts: Parts, weeks: int) -> date:
	"""Return the day of "next Friday", or of "Friday after next" for two `weeks`.

	In English, German, French, Dutch, Russian, Polish and Hindi most people mean the Friday of next week as long
	as this week still has one, since that one is "Friday" or "this Friday". Weeks begin on Monday. "El próximo
	viernes", "venerdì prossimo", "próxima sexta" and their like in Arabic, Japanese and Korean are the first to
	come, since these languages name the other one by its week: "el viernes de la semana que viene". Their data
	files have "next_weekday".
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
	number = 5 if parts.get_symbol("weekday") == "E" else parts["weekday"]
	return _get_day_of_week(parts, number, count * size)


def _get_day_of_week(parts: Parts, number: int, weeks: int) -> Meaning:
	day = days.get_monday(parts.today) + timedelta(days=number, weeks=weeks)
	if weeks == 0 and day < parts.today:  # on a Sunday, "Saturday this week" is mostly the coming one
		return Meaning(day + timedelta(weeks=1), day)
	return Meaning(day)


@rule(r"(?P<period>J)(?P<number>[n日U])(?![日年LU])")
def numbered_weekday_of_period(parts: Parts) -> Meaning | None:
	"""下周五"""
	count, unit, size = parts["period"]
	if unit != "week" or not parts.sentence.lexicon.data.get("number_weekdays"):
		return None
	number = parts["number"] - 1 if parts.get_symbol("number") == "n" else 6
	if not 0 <= number <= 6:
		return None
	return _get_day_of_week(parts, number, count * size)


@rule(r"(?P<weekday>[Ww])I[~h]?(?P<count>[dna])(?P<unit>U)")
@rule(r"(?P<weekday>[Ww])I(?P<duration>D)")
def weekday_in_weeks(parts: Parts) -> Meaning | None:
	"""Friday in two weeks"""
	weeks, unit = get_duration(parts)
	if unit != "week" or weeks > 60:
		return None
	return Meaning(days.get_next_weekday(parts.today, parts["weekday"]) + timedelta(weeks=weeks))


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
@rule(r"(?P<month>[Mm])g?T?(?P<nth>[OdnG])(?P<weekday>[WwE])")
@rule(r"(?P<month>[dn])月g?T?(?P<nth>[dnOl])[gT]?(?P<weekday>[WwE])")
def nth_weekday(parts: Parts) -> Meaning | None:
	"""first Thursday of March; last weekend in May"""
	year, month, number = (
		parts["year"],
		parts["month"],
		5 if parts.get_symbol("weekday") == "E" else parts["weekday"],
	)
	nth = 1 if parts.get_symbol("nth") == "G" else parts["nth"] or -1
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
	first = get_date(parts, parts["year"], parts["month"], 1)
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
