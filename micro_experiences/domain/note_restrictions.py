"""Guess of what a jotted Never note rules out: restrictions by name, and things in the note's own words."""

from collections.abc import Container, Iterable, Mapping, Sequence

from micro_experiences.domain.lexicon import Lexicon, Reading, Span
from micro_experiences.domain.negation import Ban
from micro_experiences.domain.restrictions import find_mentions

_MAX_AVOIDS_LENGTH = 100
# A thing to eat or to give is ruled out alone: "no lilies" is no ban on gifts.
_WHOLE = frozenset(("alcohol", "call", "mail", "message", "photo", "visit"))
# Words that no ban is about.
_FILLER = (
	"function",
	"negator",
	"bare",
	"imperative",
	"avoid",
	"forbid",
	"please",
	"softener",
	"subject",
	"wish",
)

# Names of restrictions with the words of each; those that a site added.
Restrictions = Mapping[str, Sequence[str]]


def guess_stops(reading: Reading, ban: Ban, added: Restrictions | None = None) -> tuple[str, ...]:
	"""Return the names of the restrictions that a ban stands for, including those `added` by the site."""
	spans = _find_spans(reading, added)
	named = _get_names(spans, ban.places)
	if named := named or _find_other_words(reading, ban.places):
		return named
	# "The newsletter, please, no more of it": where the ban itself names nothing, the sentence may.
	everywhere = range(len(reading.tokens))
	if _get_uncovered(reading, ban, added):
		return ()
	return _get_names(spans, everywhere) or _find_other_words(reading, everywhere)


def guess_avoids(reading: Reading, ban: Ban, added: Restrictions | None = None) -> str:
	"""Return the things that a ban names in own words, separated by commas, and that no restriction stands for."""
	implied = [
		tag.removeprefix("implies ")
		for tag, spans in reading.tags.items()
		if tag.startswith("implies ") and any(span.first in ban.places for span in spans)
	]
	named = _get_uncovered(reading, ban, added)
	if named or implied or guess_stops(reading, ban, added):
		return _join([*named, *implied])
	return _join(_get_own_words(reading, ban.places))


def _get_uncovered(reading: Reading, ban: Ban, added: Restrictions | None) -> list[str]:
	"""Return the things of a ban that no restriction stands for."""
	covered = {
		reading.tokens[span.last].end for spans in _find_spans(reading, added).values() for span in spans
	}
	# The last word of a thing decides: "phone calls" are calls.
	return [thing for thing in ban.things if reading.written.find(thing) + len(thing) not in covered]


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


def _find_other_words(reading: Reading, places: Container[int]) -> tuple[str, ...]:
	"""Return the restrictions that gestures of the words at `places` would involve: "leaflets" are mail."""
	words = " ".join(
		reading.written[token.start : token.end] for at, token in enumerate(reading.tokens) if at in places
	)
	return tuple(name for name in find_mentions(words).restrictions if name in _WHOLE)


def _get_own_words(reading: Reading, places: Container[int]) -> list[str]:
	"""Return the last words of a ban that are no filler: "duzen" in "bitte nicht duzen"."""
	filler = {at for tag in _FILLER for span in reading.find(tag) for at in range(span.first, span.last + 1)}
	words = [
		reading.written[token.start : token.end]
		for at, token in enumerate(reading.tokens)
		if at in places and at not in filler and len(token.text) > 2
	]
	return [" ".join(words[-3:])] if words else [reading.written.strip()[: _MAX_AVOIDS_LENGTH - 2]]


def _get_names(spans: Mapping[str, list[Span]], places: Container[int]) -> tuple[str, ...]:
	return tuple(name for name, found in spans.items() if any(span.first in places for span in found))


def _join(things: Iterable[str]) -> str:
	joined = ""
	for thing in dict.fromkeys(things):
		if len(joined) + len(thing) + 2 > _MAX_AVOIDS_LENGTH:
			break
		joined = f"{joined}, {thing}" if joined else thing
	return joined
