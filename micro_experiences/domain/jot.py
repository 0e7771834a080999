"""Reading a jotted sentence: the topic, the kind and the date it seems to speak of. Proposals, never decisions."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from dateparser.search import search_dates
from rapidfuzz import fuzz, utils

from micro_experiences.domain.jot_words import ASK, HABIT, NEVER, PASSING, TOPICS, YEARLY

MAX_LENGTH = 500
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
	words = _words(text)
	yearly = _speaks_of(words, YEARLY)
	found, day = _date_in(text, today, language, past=yearly)
	topic = next((topic for topic, stems in TOPICS.items() if _speaks_of(words, stems)), None)
	if _speaks_of(words, NEVER):
		return Proposal(topic=topic, kind="Never")
	if day and _speaks_of(words, ASK):
		return Proposal(topic=topic, kind="Moment", follow_up_on=day, found=found)
	if day:
		return Proposal(topic=topic, kind="Occasion", occasion_on=day, repeats_yearly=yearly, found=found)
	kind = "Fact" if _speaks_of(words, HABIT) else "Moment" if _speaks_of(words, PASSING) else None
	return Proposal(topic=topic, kind=kind)


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
	return re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", text.lower())


def _speaks_of(words: list[str], stems: tuple[str, ...]) -> bool:
	"""Whether a word begins with a stem; a stem with a space is looked for in the running text."""
	running = " ".join(words)
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
	base = datetime.combine(today, time(12))
	short = language.lower().replace("_", "-").split("-")[0]
	settings = {
		"RELATIVE_BASE": base,
		"PREFER_DATES_FROM": "future",
		"PREFER_DAY_OF_MONTH": "first",
	}
	# 12/6 is the sixth of December only in the United States.
	if language.replace("_", "-") != "en-US":
		settings["DATE_ORDER"] = "DMY"
	try:
		hits = search_dates(text, languages=list(dict.fromkeys([short, "en"])), settings=settings)
	except ValueError:  # a language that the library does not know
		hits = search_dates(text, languages=["en"], settings=settings)
	for words, moment in hits or ():
		day = moment.date()
		days = (day - today).days
		if _past(text, words) or not _names_a_day(words):
			continue
		if 0 < days <= _FURTHEST_DAYS or (past and day.year > 1900 and days <= _FURTHEST_DAYS):
			return words, day
	return None, None


def _past(text: str, words: str) -> bool:
	"""Whether "last" stands before the day: "met her last Monday" is no plan."""
	before = text[: text.find(words)].lower()
	return bool(re.search(r"(last|letzten|letzte|letztes|pasado)\s*$", before)) or words.lower().startswith(
		"last"
	)


def _names_a_day(words: str) -> bool:
	"""Not a lone short word: "may", "sun", "sat" and "mar" are more often words than days. Not an age either."""
	if re.search(r"\d+\s*(years?|jahren?|ans|años)\b", words.lower()) and not re.match(
		r"(in|dans|en)\b", words.lower()
	):
		return False
	if re.search(r"\d", words) or len(max(_words(words), key=len, default="")) > 4:
		return True
	return bool(re.match(r"(in|on|by|next|am|im|bis|en|le|el)\s", words.lower()))
