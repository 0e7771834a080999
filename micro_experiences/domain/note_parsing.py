"""Parsing of a jotted note: suggests its topic, kind and date. The user decides."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from micro_experiences.domain import lexicon, negation, note_kinds, note_restrictions
from micro_experiences.domain.day_grammar import FoundDay, find_days
from micro_experiences.domain.duplicates import find_duplicates
from micro_experiences.domain.note_days import DayUse, find_day_uses
from micro_experiences.domain.notes import MAX_NOTE_LENGTH

# Dates further ahead are more often an age ("45 years") than a plan.
_MAX_DAYS_AHEAD = 730


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
	reading = lexicon.read(text[:MAX_NOTE_LENGTH], language)
	topic, sensitive = note_kinds.find_topic(reading), note_kinds.is_sensitive(reading)
	ban = negation.find_ban(reading)
	days = find_day_uses(reading, _find_days(reading, today, language, month_first), today)
	# "Birthday on 3 May, no fuss" is an occasion first.
	if ban and not (reading.has("yearly") and any(day.use == "occasion" for day in days)):
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
	text = text[:MAX_NOTE_LENGTH]
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


def _find_days(
	reading: lexicon.Reading, today: date, language: str, month_first: bool | None
) -> list[FoundDay]:
	"""Return the plausible days in a sentence. A past day counts only for yearly events."""
	if month_first is None:
		month_first = language.replace("_", "-") == "en-US"
	found = find_days(reading.text, today, language=reading.language, month_first=month_first)
	return [day for day in found if _is_plausible(day, today, yearly=day.yearly or reading.has("yearly"))]


def _is_plausible(found: FoundDay, today: date, *, yearly: bool) -> bool:
	days = (found.day - today).days
	return days <= _MAX_DAYS_AHEAD and (days > 0 or yearly)
