"""Rules for relative days, periods and feasts: "tomorrow", "in two weeks", "end of the month", "Good Friday"."""

from datetime import timedelta

from micro_experiences.domain.day_grammar import calendar_days as days
from micro_experiences.domain.day_grammar.feasts import get_feast, get_next_feast, get_previous_feast
from micro_experiences.domain.day_grammar.rule_base import NO_DAY, Meaning, Parts, get_duration, rule

# A period that is longer than this from now is rather an age or a duration than a plan.
_MOST_DAYS_AHEAD = 5 * 366


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
	else:
		amount, unit = get_duration(parts)
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
@rule(r"(?P<unit>U)g?(?P<edge>[skz])(?=[pLu_]|$)")
@rule(r"(?<![dn])(?P<this_month>月)(?P<edge>[skz])")
def edge_of_period(parts: Parts) -> Meaning | None:
	"""end of the month; Ende nächster Woche"""
	count, unit, size = parts["period"] or (0, *(parts["unit"] or ("month", 1)))
	edge, today = parts.get_symbol("edge"), parts.today
	count *= size if parts["period"] else 1
	if unit == "week":
		monday = days.get_monday(today) + timedelta(weeks=count)
		if parts["period"] and parts.match[0].endswith("z"):  # 来週末
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


def _names_a_thing(parts: Parts) -> bool:
	"""Return whether a feast only says which thing is meant: "Christmas card", "marché de Noël"."""
	data, words, end = parts.sentence.lexicon.data, parts.sentence.words, parts.match.end()
	if end < len(words) and words[end].text in data.get("feast_nouns", "").split(", "):
		return True
	if data.get("postpositions"):
		return parts.get_symbol_after() == "g"
	return parts.get_symbol_before() == "g" and parts.get_symbol_before(2) == "_"


@rule(r"(?P<nth>[odO])(?P<feast>F)")
@rule(r"(?P<relation>[xctl])?(?P<feast>F)(?P<after>[xl])?(?:[,hgpI]{0,2}(?P<year>y))?")
def feast(parts: Parts) -> Meaning | None:
	"""Christmas Eve; Pâques 2027"""
	name, year, today = parts["feast"], parts["year"], parts.today
	if parts.get_symbol_before() in tuple("eN") or _names_a_thing(parts):
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


@rule(r"e[~hg]?[dnaOolx]?[WwUEPFVD年]+")
@rule(r"h?V(?:[-u&,]V)*")
@rule(r"e[,h]?[Ww](?:[-u&,][Ww])*")
@rule(r"a[Ww]|[Ww]V+")
@rule(r"N[.]?[MmWw]_?")
@rule(r"[MmWwF]C")
@rule(r"B")
@rule(r"[pIh]{0,3}(?P<unit>l)(?:[dn])?[U]")
def no_day(parts: Parts) -> Meaning | None:
	"""every Monday; on Fridays; Mr May; Friday Ltd; Black Friday; in the last two weeks"""
	return NO_DAY
