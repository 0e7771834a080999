"""Parsing of a jotted note: suggests its topic, kind and date. The user decides."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

from babel.dates import get_month_names
from babel.localedata import exists
from dateparser.search import search_dates

from micro_experiences.domain import lexicon, negation, note_kinds, note_restrictions
from micro_experiences.domain.duplicates import find_duplicates
from micro_experiences.domain.note_days import DayUse, find_day_uses
from micro_experiences.domain.notes import MAX_NOTE_LENGTH
from micro_experiences.domain.text import normalize

# Dates further ahead are more often an age ("45 years") than a plan.
_MAX_DAYS_AHEAD = 730

_ISO_DATE = r"(?<![\w/.-])([12]\d{3})[-/.](\d{1,2})[-/.](\d{1,2})(?![\w/-])"

# Hidden from the library: dates that are parsed already; text that looks like a date but is not, such as a
# long number (which also takes the library seconds), a time of day, "24/7" or a fraction; and the "day" of
# "name day 6 December", which it would include in the date.
_NOT_A_DATE = re.compile(
	_ISO_DATE + r"|\d{9,}|\b\d{1,2}[:h]\d{2}\b|\b24/7\b|\b\d+/\d+(?= (of|de|der|des|du)\b)|\bday(?= \d)",
	re.IGNORECASE,
)

# "Met her last Monday" and "comes every Monday" are not plans.
_NO_PLAN_BEFORE = re.compile(
	r"\b(last|every|each|letzte[nrs]?|vorige[nrs]?|vergangene[nrs]?|jede[nrs]?|chaque|tous les|pasado|cada|todos los)\s*$"
)
_NO_PLAN_AFTER = re.compile(r"\s*(derni(er|ère)|passée?|pasad[oa])\b")

_TIME_UNIT = re.compile(
	r"\b(hours?|days?|weeks?|months?|years?|stunden?|tage?n?|wochen?|monate?n?|jahre?[ns]?|heures?|jours?|semaines?"
	r"|mois|ans?|années?|horas?|días?|semanas?|mes|meses|años?)\b"
)
_FUTURE_PREFIX = re.compile(r"(in|dans|en|next|nächste[nrs]?)\s")
_MONTH_PREFIX = re.compile(r"\b(in|im|by|from|until|next|ab|bis|en)\s+$")
_DAY_PREFIX = re.compile(r"(in|on|by|next|am|im|bis|en|le|el)\s")
_FILLER_WORDS = frozenset("a ab am at by de del den der el en from im in la le of on the um until à".split())


@dataclass(frozen=True, slots=True)
class NoteProposal:
	"""Suggestions for a note. Each may be None or empty; `days` are all days with what each is for; `stops`
	(names of restrictions) and `avoids` (own words) say what a Never note rules out."""

	topic: str | None = None
	kind: str | None = None
	days: tuple[DayUse, ...] = ()
	repeats_yearly: bool = False
	stops: tuple[str, ...] = ()
	avoids: str = ""
	sensitive: bool = False

	@property
	def occasion_on(self) -> date | None:
		"""The day of the occasion."""
		return self._get_first("occasion", "day")

	@property
	def year_known(self) -> bool:
		"""Whether the sentence names the year of the occasion."""
		return bool(self._get_first("occasion", "year_known"))

	@property
	def follow_up_on(self) -> date | None:
		"""The day on which to follow up."""
		return self._get_first("follow_up", "day")

	@property
	def remember_until(self) -> date | None:
		"""The last day on which the note is true."""
		return self._get_first("until", "day")

	@property
	def found(self) -> tuple[str, ...]:
		"""The words that name days."""
		return tuple(day.words for day in self.days)

	def _get_first(self, use: str, field: str) -> object:
		return next((getattr(day, field) for day in self.days if day.use == use), None)


def parse_note(
	text: str,
	today: date,
	language: str = "en",
	*,
	month_first: bool | None = None,
	restrictions: Mapping[str, Sequence[str]] | None = None,
) -> NoteProposal:
	"""Parse `text`, relative to `today`, for a user of `language` (such as "de").

	The sentence may be in another language. A day is an occasion ("wedding on 12 June"), a follow-up if the
	sentence says to ask or call ("in two weeks ask about the marathon"), or an end ("until 3 January"). A past
	day counts only for yearly events. `month_first` says how the user writes 12/6; None derives it from the language.
	`restrictions` maps those that the site added to their words.
	"""
	text = normalize(text[:MAX_NOTE_LENGTH])
	reading = lexicon.read(text, language)
	topic, sensitive = note_kinds.find_topic(reading), reading.has("sensitive")
	ban = negation.find_ban(reading)
	days = find_day_uses(reading, _find_days(reading, today, language, month_first), today)
	if ban:
		until = tuple(day for day in days if day.use == "until")
		stops = note_restrictions.guess_stops(reading, ban, restrictions)
		avoids = note_restrictions.guess_avoids(reading, ban, restrictions)
		return NoteProposal(topic, "Never", until, stops=stops, avoids=avoids, sensitive=sensitive)
	yearly = any(day.use == "occasion" for day in days) and (
		reading.has("yearly") or any(day.yearly for day in days)
	)
	kind = note_kinds.find_kind(reading, {day.use for day in days})
	return NoteProposal(topic, kind, days, yearly, sensitive=sensitive)


def suggest_fields(
	text: str,
	topics: Mapping[str, bool],
	notes: Iterable[Mapping],
	today: date,
	language: str = "en",
	*,
	month_first: bool | None = None,
	restrictions: Mapping[str, Sequence[str]] | None = None,
) -> dict:
	"""Return the suggestions for the form of a new note in JSON form, with up to three `duplicates` (names of
	notes).

	`topics` maps each topic of the site to whether it is sensitive by default; `notes` are the customer's notes
	(`name`, `note`, `kind`, `occasion_on`, `repeats_yearly`); `restrictions` maps those that the site added to
	their words.
	"""
	text = normalize(text[:MAX_NOTE_LENGTH])
	proposal = parse_note(text, today, language, month_first=month_first, restrictions=restrictions)
	topic = proposal.topic if proposal.topic in topics else None
	return {
		"topic": topic,
		"kind": proposal.kind,
		"occasion_on": proposal.occasion_on,
		"year_known": proposal.year_known,
		"repeats_yearly": proposal.repeats_yearly,
		"follow_up_on": proposal.follow_up_on,
		"remember_until": proposal.remember_until,
		"days": [{"day": use.day.isoformat(), "words": use.words, "use": use.use} for use in proposal.days],
		"stops": list(proposal.stops),
		"avoids": proposal.avoids,
		"found": list(proposal.found),
		"sensitive": proposal.sensitive or bool(topic and topics[topic]),
		"duplicates": find_duplicates(
			text, notes, proposal.occasion_on, repeats_yearly=proposal.repeats_yearly
		)[:3],
	}


def _split_words(text: str) -> list[str]:
	return re.findall(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?", text.lower())


def _get_base_language(language: str) -> str:
	"""Return the language without its country: "de" for "de_CH"."""
	return language.lower().replace("_", "-").split("-")[0]


@dataclass(frozen=True, slots=True)
class _FoundDay:
	day: date
	words: str
	start: int
	end: int
	year_known: bool
	yearly: bool = False


def _find_days(
	reading: lexicon.Reading, today: date, language: str, month_first: bool | None
) -> list[_FoundDay]:
	"""Return the plausible days in a sentence. A past day counts only for yearly events."""
	words, day = _find_date(reading.text, today, language, past=reading.has("yearly"))
	if not day:
		return []
	start = reading.text.find(words)
	return [_FoundDay(day, words, start, start + len(words), str(day.year) in words)]


def _find_date(text: str, today: date, language: str, *, past: bool) -> tuple[str | None, date | None]:
	"""Return the words that name a day, and the day. Of several days, return the first plausible one."""
	for words, day in _find_plain_dates(text, today):
		if _is_plausible(day, today, past=past):
			return words, day
	base_language = _get_base_language(language)
	settings = {
		"RELATIVE_BASE": datetime.combine(today, time(12)),
		"PREFER_DATES_FROM": "future",
		"PREFER_DAY_OF_MONTH": "first",
	}
	# 12/6 is the sixth of December only in the United States.
	if language.replace("_", "-") != "en-US":
		settings["DATE_ORDER"] = "DMY"
	# Replaced by spaces of the same length, so that positions stay the same.
	text = _NOT_A_DATE.sub(lambda match: " " * len(match.group()), text)
	try:
		hits = search_dates(text, languages=list(dict.fromkeys([base_language, "en"])), settings=settings)
	except ValueError:  # the library does not support the language
		hits = search_dates(text, languages=["en"], settings=settings)
	months = _get_month_names(base_language)
	for words, moment in hits or ():
		before, _found, after = (part.lower() for part in text.partition(words))
		if _NO_PLAN_BEFORE.search(before) or _NO_PLAN_AFTER.match(after):
			continue
		if not _is_specific_day(words.lower(), before, months):
			continue
		if _is_plausible(moment.date(), today, past=past):
			return words, moment.date()
	return None, None


def _find_plain_dates(text: str, today: date) -> Iterator[tuple[str, date]]:
	"""Yield days that the library misreads: 2027-06-12 is read as 6 December where the day comes before the
	month, and "the day after tomorrow" as tomorrow."""
	for match in re.finditer(_ISO_DATE, text):
		with suppress(ValueError):
			yield match.group(), date(*(int(part) for part in match.groups()))
	for match in re.finditer(r"(the )?day after tomorrow", text, re.IGNORECASE):
		yield match.group(), today + timedelta(days=2)


def _is_plausible(day: date, today: date, *, past: bool) -> bool:
	days = (day - today).days
	return days <= _MAX_DAYS_AHEAD and (days > 0 or (past and day.year > 1900))


def _is_specific_day(words: str, before: str, months: frozenset[str]) -> bool:
	"""Return whether `words`, in lower case, name a specific day.

	Excluded are ages and durations, years, times of day, names such as "April", and single short words:
	"may", "sun", "sat" and "mar" are more often words than days.
	"""
	if _TIME_UNIT.search(words):
		return bool(_FUTURE_PREFIX.match(words)) and not words.startswith(("next year", "nächstes jahr"))
	letters = [word for word in _split_words(words) if word not in _FILLER_WORDS]
	numbers = re.findall(r"\d+", words)
	if not letters:
		return bool(re.search(r"\d[./-]\d", words))
	if not numbers and months.issuperset(letters):
		# The library reads "31 February" as "February": no day is better than a wrong one.
		return bool(_MONTH_PREFIX.search(before + words[: words.find(letters[0])]))
	return bool(numbers) or len(max(letters, key=len)) > 4 or bool(_DAY_PREFIX.match(words))


@cache
def _get_month_names(language: str) -> frozenset[str]:
	"""Return the names of the months in a language and in English, in lower case."""
	known = {language, "en"} if language.isalpha() and exists(language) else {"en"}
	return frozenset(
		name.lower().rstrip(".")
		for locale in known
		for width in ("wide", "abbreviated")
		for name in get_month_names(width, locale=locale).values()
	)
