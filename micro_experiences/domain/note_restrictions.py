"""Guess of what a jotted Never note rules out: restrictions by name, and things in the note's own words."""

from collections.abc import Container, Iterable, Mapping, Sequence

from micro_experiences.domain.lexicon import Lexicon, Reading, Span
from micro_experiences.domain.negation import Ban

_MAX_AVOIDS_LENGTH = 100

# Names of restrictions with the words of each; those that a site added.
Restrictions = Mapping[str, Sequence[str]]


def guess_stops(reading: Reading, ban: Ban, added: Restrictions | None = None) -> tuple[str, ...]:
	"""Return the names of the restrictions that a ban stands for, including those `added` by the site."""
	spans = _find_spans(reading, added)
	named = _get_names(spans, ban.places)
	# "The newsletter, please, no more of it": where the ban itself names nothing, the sentence may.
	return named if named or ban.things else _get_names(spans, range(len(reading.tokens)))


def guess_avoids(reading: Reading, ban: Ban, added: Restrictions | None = None) -> str:
	"""Return the things that a ban names in own words, separated by commas, and that no restriction stands for."""
	covered = {
		reading.tokens[span.last].end for spans in _find_spans(reading, added).values() for span in spans
	}
	implied = [
		tag.removeprefix("implies ")
		for tag, spans in reading.tags.items()
		if tag.startswith("implies ") and any(span.first in ban.places for span in spans)
	]
	# The last word of a thing decides: "phone calls" are calls.
	named = [thing for thing in ban.things if reading.written.find(thing) + len(thing) not in covered]
	return _join([*named, *implied])


def _find_spans(reading: Reading, added: Restrictions | None) -> dict[str, list[Span]]:
	"""Return the places of the words of each restriction."""
	found = {
		tag.removeprefix("stops "): list(spans)
		for tag, spans in reading.tags.items()
		if tag.startswith("stops ")
	}
	terms = [(name, word) for name, words in (added or {}).items() for word in words]
	for name, spans in Lexicon(reading.language, terms).find_tags(reading.tokens).items():
		found.setdefault(name, []).extend(spans)
	return found


def _get_names(spans: Mapping[str, list[Span]], places: Container[int]) -> tuple[str, ...]:
	return tuple(name for name, found in spans.items() if any(span.first in places for span in found))


def _join(things: Iterable[str]) -> str:
	joined = ""
	for thing in dict.fromkeys(things):
		if len(joined) + len(thing) + 2 > _MAX_AVOIDS_LENGTH:
			break
		joined = f"{joined}, {thing}" if joined else thing
	return joined
