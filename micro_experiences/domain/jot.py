"""Reading a jotted sentence: the topic, the kind and the date it seems to speak of. Proposals, never decisions."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

from babel.dates import get_month_names
from babel.localedata import exists
from dateparser.search import search_dates
from rapidfuzz import fuzz, utils

from micro_experiences.domain.jot_words import ASK, HABIT, NEVER, PASSING, TOPICS, YEARLY
from micro_experiences.domain.notes import MAX_LENGTH

_SIMILAR = 88
# Dates further away are more often an age ("45 years") than a plan.
_FURTHEST_DAYS = 730


@dataclass(frozen=True, slots=True)
class Proposal:
	"""What a sentence seems to say. Each part may be None; `found` holds the words that were read as a date."""

	topic: str | None = None
	kind: str | None = None
	occasion_on: date | None = None
	repeats_yearly: bool = False
	follow_up_on: date | None = None
	found: str | None = None


def propose(text: str, today: date, language: str = "en") -> Proposal:
	"""Read `text` in `language` (such as "de"; English is always understood too), relative to `today`.

	A date to come is an occasion ("wedding on 12 June"), or a follow-up where the sentence says to ask or to
	call ("in two weeks ask about the marathon"). A past date counts only for what returns every year.
	"""
	text = text[:MAX_LENGTH]
	words, short = _words(text), _short(language)

	def speaks_of(stems: tuple[str, ...]) -> bool:
		return _speaks_of(words, stems, short)

	yearly = speaks_of(YEARLY)
	found, day = _date_in(text, today, language, past=yearly)
	topic = next((topic for topic, stems in TOPICS.items() if speaks_of(stems)), None)
	if speaks_of(NEVER):
		return Proposal(topic=topic, kind="Never")
	if day and day > today and speaks_of(ASK):
		return Proposal(topic=topic, kind="Moment", follow_up_on=day, found=found)
	if day:
		return Proposal(topic=topic, kind="Occasion", occasion_on=day, repeats_yearly=yearly, found=found)
	kind = "Fact" if speaks_of(HABIT) else "Moment" if speaks_of(PASSING) else None
	return Proposal(topic=topic, kind=kind)


def suggestion(
	text: str,
	topics: Mapping[str, bool],
	notes: Mapping[str, str],
	today: date,
	language: str = "en",
) -> dict:
	"""What the form of a new note offers: the proposals as the browser gets them, and up to three `duplicates`, names.

	`topics` says of each topic of the site whether it is sensitive by default; `notes` maps the names of the
	customer's notes to their texts.
	"""
	text = text[:MAX_LENGTH]
	proposal = propose(text, today, language)
	topic = proposal.topic if proposal.topic in topics else None
	return {
		"topic": topic,
		"kind": proposal.kind,
		"occasion_on": proposal.occasion_on,
		"repeats_yearly": proposal.repeats_yearly,
		"follow_up_on": proposal.follow_up_on,
		"found": [proposal.found] if proposal.found else [],
		"sensitive": bool(topic and topics[topic]),
		"duplicates": duplicates(text, notes.items())[:3],
	}


def duplicates(text: str, notes: Iterable[tuple[str, str]]) -> list[str]:
	"""The names among `notes` (name, text) that say much the same as `text`, the most similar first."""
	if len(text.strip()) < 8:
		return []
	scored = (
		(fuzz.token_set_ratio(text, other, processor=utils.default_process, score_cutoff=_SIMILAR), name)
		for name, other in notes
	)
	return [name for score, name in sorted(scored, key=lambda pair: (-pair[0], pair[1])) if score]


def _words(text: str) -> list[str]:
	return re.findall(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?", text.lower())


def _short(language: str) -> str:
	"""The language without its country: "de" of "de_CH"."""
	return language.lower().replace("_", "-").split("-")[0]


def _speaks_of(words: list[str], stems: tuple[str, ...], language: str) -> bool:
	"""Whether a word begins with a stem; a stem with a space is looked for in the running text, and one with a language
	in front ("fr:=chat") only in that `language`."""
	running = " ".join(words)
	own = f"{language}:"
	stems = tuple(stem.removeprefix(own) for stem in stems if ":" not in stem or stem.startswith(own))
	return any(
		stem.replace("=", "") in words
		if stem.startswith("=")
		else stem in running
		if " " in stem
		else any(word.startswith(stem) for word in words)
		for stem in stems
	)


def _date_in(text: str, today: date, language: str, *, past: bool) -> tuple[str | None, date | None]:
	"""The words that name a day, and the day. Of several days, the first one that fits."""
	for words, day in _plain_days(text, today):
		if _fits(day, today, past=past):
			return words, day
	short = _short(language)
	settings = {
		"RELATIVE_BASE": datetime.combine(today, time(12)),
		"PREFER_DATES_FROM": "future",
		"PREFER_DAY_OF_MONTH": "first",
	}
	# 12/6 is the sixth of December only in the United States.
	if language.replace("_", "-") != "en-US":
		settings["DATE_ORDER"] = "DMY"
	# As many blanks as characters, so that what is found stands at its old place.
	text = _NO_DATE.sub(lambda match: " " * len(match.group()), text)
	try:
		hits = search_dates(text, languages=list(dict.fromkeys([short, "en"])), settings=settings)
	except ValueError:  # a language that the library does not know
		hits = search_dates(text, languages=["en"], settings=settings)
	months = _months(short)
	for words, moment in hits or ():
		before, _found, after = (part.lower() for part in text.partition(words))
		if _NO_PLAN_BEFORE.search(before) or _NO_PLAN_AFTER.match(after):
			continue
		if not _names_a_day(words.lower(), before, months):
			continue
		if _fits(moment.date(), today, past=past):
			return words, moment.date()
	return None, None


def _plain_days(text: str, today: date) -> Iterator[tuple[str, date]]:
	"""Days that the library misreads: it takes 2027-06-12 for 6 December where the day comes before the month, and
	the day after tomorrow for tomorrow."""
	for match in re.finditer(_ISO, text):
		with suppress(ValueError):
			yield match.group(), date(*map(int, match.groups()))
	for match in re.finditer(r"(the )?day after tomorrow", text, re.IGNORECASE):
		yield match.group(), today + timedelta(days=2)


def _fits(day: date, today: date, *, past: bool) -> bool:
	days = (day - today).days
	return days <= _FURTHEST_DAYS and (days > 0 or (past and day.year > 1900))


_ISO = r"(?<![\w/.-])([12]\d{3})[-/.](\d{1,2})[-/.](\d{1,2})(?![\w/-])"

# What the library is not shown: a day that is read already; what looks like a day and is none, such as a long
# number (which also takes it seconds), a time of day, round the clock, a fraction; and the "day" of "name day
# 6 December", which it takes for a part of the date.
_NO_DATE = re.compile(
	_ISO + r"|\d{9,}|\b\d{1,2}[:h]\d{2}\b|\b24/7\b|\b\d+/\d+(?= (of|de|der|des|du)\b)|\bday(?= \d)",
	re.IGNORECASE,
)

# "Met her last Monday" is no plan, and neither is "comes every Monday".
_NO_PLAN_BEFORE = re.compile(
	r"\b(last|every|each|letzte[nrs]?|vorige[nrs]?|vergangene[nrs]?|jede[nrs]?|chaque|tous les|pasado|cada|todos los)\s*$"
)
_NO_PLAN_AFTER = re.compile(r"\s*(derni(er|ère)|passée?|pasad[oa])\b")

_UNIT = re.compile(
	r"\b(hours?|days?|weeks?|months?|years?|stunden?|tage?n?|wochen?|monate?n?|jahre?[ns]?|heures?|jours?|semaines?"
	r"|mois|ans?|années?|horas?|días?|semanas?|mes|meses|años?)\b"
)
_TO_COME = re.compile(r"(in|dans|en|next|nächste[nrs]?)\s")
_BEFORE_MONTH = re.compile(r"\b(in|im|by|from|until|next|ab|bis|en)\s+$")
_BEFORE_DAY = re.compile(r"(in|on|by|next|am|im|bis|en|le|el)\s")
_SMALL = frozenset("a ab am at by de del den der el en from im in la le of on the um until à".split())


def _names_a_day(words: str, before: str, months: frozenset[str]) -> bool:
	"""Whether `words`, in lower case, say which day: not an age or a length of time, a year, a time of day, a name
	such as "April", or a lone short word: "may", "sun", "sat" and "mar" are more often words than days."""
	if _UNIT.search(words):
		return bool(_TO_COME.match(words)) and not words.startswith(("next year", "nächstes jahr"))
	letters = [word for word in _words(words) if word not in _SMALL]
	numbers = re.findall(r"\d+", words)
	if not letters:
		return bool(re.search(r"\d[./-]\d", words))
	if not numbers and months.issuperset(letters):
		# "31 February" is read as "February": better no day than a wrong one.
		return bool(_BEFORE_MONTH.search(before + words[: words.find(letters[0])]))
	return bool(numbers) or len(max(letters, key=len)) > 4 or bool(_BEFORE_DAY.match(words))


@cache
def _months(language: str) -> frozenset[str]:
	"""The names of the months in a language and in English, in lower case."""
	known = {language, "en"} if language.isalpha() and exists(language) else {"en"}
	return frozenset(
		name.lower().rstrip(".")
		for locale in known
		for width in ("wide", "abbreviated")
		for name in get_month_names(width, locale=locale).values()
	)
