"""Guess of what a jotted Never note rules out."""

from collections.abc import Container, Iterable, Mapping, Sequence

from micro_experiences.domain.lexicon import Reading
from micro_experiences.domain.negation import Ban

_MAX_AVOIDS_LENGTH = 100


def guess_stops(
	reading: Reading, ban: Ban, restrictions: Mapping[str, Sequence[str]] | None = None
) -> tuple[str, ...]:
	"""Return the names of the restrictions that a ban stands for.

	`restrictions` maps those that the site added to their words.
	"""
	sentence = range(len(reading.tokens))
	# "The newsletter, please, no more of it": where the ban itself names nothing, the sentence may.
	return _find_stops(reading, ban.places) or (() if ban.things else _find_stops(reading, sentence))


def _find_stops(reading: Reading, places: Container[int]) -> tuple[str, ...]:
	return tuple(
		tag.removeprefix("stops ")
		for tag, spans in reading.tags.items()
		if tag.startswith("stops ") and any(span.first in places for span in spans)
	)


def guess_avoids(reading: Reading, ban: Ban, restrictions: Mapping[str, Sequence[str]] | None = None) -> str:
	"""Return the things that a ban names in own words, separated by commas, and that no restriction stands for."""
	implied = [
		tag.removeprefix("implies ")
		for tag, spans in reading.tags.items()
		if tag.startswith("implies ") and any(span.first in ban.places for span in spans)
	]
	return _join([*(thing for thing in ban.things if not _is_covered(reading, thing)), *implied])


def _is_covered(reading: Reading, thing: str) -> bool:
	"""Return whether the last word of a thing stands for a restriction: "calls", "Alkohol"."""
	end = reading.written.find(thing) + len(thing)
	return any(
		reading.tokens[span.last].end == end
		for tag, spans in reading.tags.items()
		if tag.startswith("stops ")
		for span in spans
	)


def _join(things: Iterable[str]) -> str:
	joined = ""
	for thing in dict.fromkeys(things):
		if len(joined) + len(thing) + 2 > _MAX_AVOIDS_LENGTH:
			break
		joined = f"{joined}, {thing}" if joined else thing
	return joined
