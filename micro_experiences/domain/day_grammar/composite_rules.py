"""Rules of the second round: days that are named by another day, such as "two days before Christmas"."""

from datetime import timedelta

from micro_experiences.domain.day_grammar import calendar_days as days
from micro_experiences.domain.day_grammar.rule_base import NO_DAY, Meaning, Parts, get_duration, rule


@rule(r"(?P<count>[dna])?~?(?P<unit>U)g?(?P<side>[bfApI]|(?=Z))h?(?P<anchor>Z)", composite=True)
@rule(r"(?P<duration>D)g?(?P<side>[bfApI]|(?=Z))h?(?P<anchor>Z)", composite=True)
def days_from_day(parts: Parts) -> Meaning | None:
	"""two days before Christmas; a week from Friday; two weeks tomorrow"""
	sign, anchor = parts.get_symbol("side"), parts["anchor"]
	if not parts["duration"] and parts["count"] is None and sign not in tuple("bfA"):
		return None
	amount, unit = get_duration(parts)
	# "closed for two weeks from the 3rd"
	before = parts.get_text_before()
	if sign in tuple("fp") and before in parts.sentence.lexicon.data.get("durations_after", "").split(", "):
		return None
	if unit == "year" or anchor is NO_DAY:
		return None
	day = days.add(anchor.day, -amount if sign in tuple("bA") else amount, unit)
	return day and Meaning(day, year_known=anchor.year_known)


@rule(r"(?P<eve>v)[gh]{0,2}(?P<anchor>Z)", composite=True)
def day_beside_day(parts: Parts) -> Meaning | None:
	"""la veille de Noël"""
	anchor = parts["anchor"]
	return Meaning(anchor.day + timedelta(days=parts["eve"]), year_known=anchor.year_known)


@rule(r"(?P<anchor>Z)[gfpu]?(?P<moved>Z)", composite=True)
def day_with_shift(parts: Parts) -> Meaning | None:
	"""クリスマスの2日前"""
	anchor, moved = parts["anchor"], parts["moved"]
	if not moved.shift or anchor.shift:
		return None
	day = days.add(anchor.day, *moved.shift)
	return day and Meaning(day, year_known=anchor.year_known)


@rule(r"(?P<weekday>[Z])(?P<side>[bfA])h?(?P<anchor>Z)", composite=True)
@rule(r"(?P<weekend>E)(?P<side>[bfA])h?(?P<anchor>Z)", composite=True)
def weekday_from_day(parts: Parts) -> Meaning | None:
	"""the Friday after Easter"""
	anchor, first = parts["anchor"], parts["weekday"]
	if first and (first.past is None or (first.past - first.day).days != -7):
		return None
	number = first.day.weekday() if first else 5
	if parts.get_symbol("side") == "f":
		return Meaning(days.get_next_weekday(anchor.day, number), year_known=anchor.year_known)
	return Meaning(days.get_previous_weekday(anchor.day, number), year_known=anchor.year_known)


@rule(r"(?P<first>Z)[gp]?[-u]h?Z", composite=True)
def range_from_day_to_day(parts: Parts) -> Meaning | None:
	"""Friday to Sunday; 28 December to 3 January"""
	return parts["first"]
