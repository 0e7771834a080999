"""Negation: recognises that a sentence says what never to do, and what it is about.

A negator ("not", "kein", "jamais") rules something out if a verb of giving, doing or liking, or a thing that
can be given, is in its scope. Some words rule out by themselves ("allergic", "teetotal", "avoid"). A negated
state or event ("has not called back", "no news yet") rules out nothing.
"""

import re
from dataclasses import dataclass

from micro_experiences.domain.lexicon import Reading, Span, Token

# Languages that put the object, or the verb, before the negator.
_FREE_ORDER = frozenset(("de", "nl", "hi", "ja", "ko", "zh", "ru", "pl", "ar"))
# A negator refers to words this near, counted in words.
_SCOPE = 9
_MAX_AVOIDS = 4
# Words of these tags are not what a ban is about.
_NO_THINGS = (
	"act",
	"taste",
	"negator",
	"imperative",
	"wish",
	"subject",
	"skip",
	"softener",
	"please",
	"past",
	"forbid",
	"avoid",
	"until",
)
# The perfect or past tense: what somebody did not do is no ban.
_TOLD = {
	"en": re.compile(
		r"\b(?:nobody|no one)\s(?:\w+ed|told|heard|knew|came|asked|took|got|saw|was|had|has|ever)\b|\b(?:not a single|not one)\s\w+\s(?:was|were|is)\b"
	),
	"de": re.compile(
		r"\b(?:hat|haben|hatte|hatten)\b.*(?:ge\w{2,}(?:t|en)|(?:be|ver|er|ent|zer)\w{3,}(?:t|en))$"
	),
	"fr": re.compile(r"\b(?:a|ont|avait)\s\w{2,}(?:é|i|it|u|is)\b"),
	"es": re.compile(r"\b(?:ha|han|había)\s\w+(?:ado|ido|to|cho)\b|\b\w{3,}(?:ó|aron|ieron)\b"),
	"it": re.compile(r"\b(?:ha|hanno|aveva)\s\w+(?:ato|uto|ito|sto|tto|so|rto)\b"),
	"pt": re.compile(r"\b\w{3,}(?:ou|aram|eram|iram)\b"),
}
_THINGS = ("thing", "topic Food and Drink", "topic Pet")
# "In" before a drink or a dish, with its article
_IN = {
	"en": ("in",),
	"de": ("in", "im"),
	"fr": ("dans",),
	"es": ("en", "al"),
	"it": ("nel", "nella", "in"),
	"pt": ("no", "na", "em"),
}
# In German and Dutch, the thing is the first part of the word: "Nussallergie".
_COMPOUND_ENDINGS = (
	"allergikerin",
	"allergiker",
	"allergisch",
	"allergie",
	"unverträglichkeit",
	"intoleranz",
	"intolerantie",
	"intolerant",
)


@dataclass(frozen=True, slots=True)
class Ban:
	"""What a sentence rules out: the `places` of the words that say so (positions of tokens), and the things
	named by them, as written."""

	places: frozenset[int]
	things: tuple[str, ...]


def find_ban(reading: Reading) -> Ban | None:
	"""Return what a sentence rules out, or None if it rules out nothing."""
	cancelled = _get_cancelled(reading)
	for rule in (_find_avoider, _find_negated_verb, _find_bare_negation, _find_prohibition):
		if spans := [span for span in rule(reading) if not cancelled.intersection(_positions(span))]:
			# "Vegan, nothing with milk" rules out both.
			places = frozenset(at for span in spans for at in (*_positions(span), *_get_scope(reading, span)))
			things = dict.fromkeys(thing for span in spans for thing in _find_things(reading, span))
			return Ban(places, tuple(things)[:_MAX_AVOIDS])
	return None


def _find_avoider(reading: Reading) -> list[Span]:
	"""Return words that rule out by themselves ("allergic"), unless they are negated, and those that need an
	object ("avoid")."""
	found = [span for span in reading.find("avoid") if not _is_negated(reading, span)]
	found += [span for span in reading.find("avoid at start") if _is_clause_start(reading, span.first)]
	for span in reading.find("forbid"):
		if _is_negated(reading, span):
			continue
		scope = [at for at in _get_scope(reading, span) if not _starts(reading, "tail", at)]
		if scope and not _is_told_of_subject(reading, span.first):
			found.append(span)
	return sorted(found, key=lambda span: span.first)


def _find_negated_verb(reading: Reading) -> list[Span]:
	"""Return negators with a verb of liking, or a thing, in their scope."""
	found = []
	for negator in reading.find("negator"):
		if _is_state(reading, negator):
			continue
		scope = set(_get_scope(reading, negator))
		if _touches(reading, "taste", scope) and not _is_bare(reading, negator):
			found.append(negator)
		elif _touches(reading, "act", scope) and not _is_told_of_subject(reading, negator.first):
			if not _is_inability(reading, negator):
				found.append(negator)
		elif _is_bare(reading, negator) and _touches_things(reading, scope):
			if not _is_part_of_habit(reading, negator):
				found.append(negator)
	return found


def _find_bare_negation(reading: Reading) -> list[Span]:
	"""Return "no …" at the beginning of a clause, whatever follows, except what is no thing ("no news")."""
	found = []
	for negator in reading.find("bare"):
		following = negator.last + 1
		if following >= len(reading.tokens) or not _is_clause_start(reading, negator.first):
			continue
		if reading.tokens[following].clause != reading.tokens[negator.last].clause or _is_state(
			reading, negator
		):
			continue
		if _starts(reading, "not_thing", following) or _is_part_of_habit(reading, negator):
			continue
		if not reading.tokens[following].text.isdigit():
			found.append(negator)
	return found


def _find_prohibition(reading: Reading) -> list[Span]:
	"""Return negated imperatives ("never …", "don't …", "ne pas …") with any verb."""
	found = []
	for negator in reading.find("imperative"):
		following = negator.last + 1
		if following >= len(reading.tokens) or _is_state(reading, negator):
			continue
		if reading.tokens[following].clause != reading.tokens[negator.first].clause:
			continue
		if _starts(reading, "not_thing", following) or reading.tokens[following].text.isdigit():
			continue
		if reading.language == "en" and reading.tokens[following].text.endswith(
			("s", "ed", "en", "ing", "ly")
		):
			continue
		if not _is_clause_start(reading, negator.first) and (
			negator.first == negator.last or _is_told_of_subject(reading, negator.first)
		):
			continue
		found.append(negator)
	return found


def _get_cancelled(reading: Reading) -> set[int]:
	"""Return the places of words that belong to a phrase without a ban, such as "can't wait"."""
	cancelled = {at for span in reading.find("not_never") for at in _positions(span)}
	# "Nothing makes her happier than a visit" is no ban on visits.
	compared = {reading.tokens[span.first].clause for span in reading.find("comparison")}
	for nothing in reading.find("nothing"):
		if reading.tokens[nothing.first].clause in compared:
			cancelled.update(_positions(nothing))
	# "Without coffee nothing works" is no ban on coffee.
	for without in reading.find("without"):
		scope = _get_scope(reading, without)
		negators = [
			span for span in reading.find("negator") if span.first in scope and span.first > without.last
		]
		# Nor is "not a day without coffee".
		if _touches(reading, "topic Food and Drink", set(scope)):
			clause = reading.tokens[without.first].clause
			negators += [
				span
				for span in reading.find("negator")
				if span.last < without.first and reading.tokens[span.first].clause == clause
			]
		if negators:
			cancelled.update(_positions(without), *(_positions(span) for span in negators))
	return cancelled


def _is_state(reading: Reading, negator: Span) -> bool:
	"""Return whether a negator denies a state or an event: "has not called", "is not back yet"."""
	tokens = reading.tokens
	clause = tokens[negator.first].clause
	near = range(max(negator.first - 3, 0), min(negator.last + 3, len(tokens)))
	if _is_told(reading, clause):
		return True
	if any(
		span.first in near
		and tokens[span.first].clause == clause
		and span.first <= negator.last + 1
		and span.last >= negator.first - 1
		for span in reading.find("past")
	):
		return True
	return any(tokens[span.first].clause == clause for span in reading.find("yet"))


def _is_told(reading: Reading, clause: int) -> bool:
	"""Return whether a clause tells what somebody did not do: "nobody told her about the call"."""
	words = [token for token in reading.tokens if token.clause == clause]
	pattern = _TOLD.get(reading.language)
	return bool(pattern and pattern.search(reading.text[words[0].start : words[-1].end].lower()))


def _is_inability(reading: Reading, negator: Span) -> bool:
	"""Return whether somebody cannot do something: "kann morgen nicht kommen"."""
	clause = reading.tokens[negator.first].clause
	return any(
		span.first <= negator.first and reading.tokens[span.first].clause == clause
		for span in reading.find("ability")
	)


def _is_negated(reading: Reading, span: Span) -> bool:
	return any(
		span.first - 3 <= negator.last < span.first
		and reading.tokens[negator.last].clause == reading.tokens[span.first].clause
		for negator in reading.find("negator")
	)


def _is_bare(reading: Reading, negator: Span) -> bool:
	return any(span.first == negator.first for span in reading.find("bare"))


def _is_told_of_subject(reading: Reading, at: int) -> bool:
	"""Return whether the clause tells what somebody else does ("she never calls"), and not what to do."""
	tokens, clause = reading.tokens, reading.tokens[at].clause
	if any(tokens[span.first].clause == clause for span in reading.find("wish")):
		return False
	before = [place for place in range(at) if tokens[place].clause == clause]
	if reading.language in _FREE_ORDER:
		before = before[:2]
	return any(_starts(reading, "subject", place) for place in before)


def _is_part_of_habit(reading: Reading, negator: Span) -> bool:
	"""Return whether "no …" says how someone takes a drink or a dish ("tea, no sugar"), and not what to leave out."""
	scope = set(_get_scope(reading, negator))
	if not _touches(reading, "additive", scope):
		return False
	sentence = reading.tokens[negator.first].sentence
	# "No sugar in his tea", but not "no cream cakes" or "no milk or eggs"
	additives = {span.first for span in reading.find("additive")}
	if any(
		span.first in scope and span.first not in additives and _is_inside(reading, span.first)
		for span in reading.find("topic Food and Drink")
	):
		return True
	return any(
		span.first < negator.first and reading.tokens[span.first].sentence == sentence
		for span in reading.find("topic Food and Drink")
	)


def _is_inside(reading: Reading, at: int) -> bool:
	"""Return whether "in" is one of the two words before a word: "in his tea"."""
	return any(token.plain in _IN.get(reading.language, ()) for token in reading.tokens[max(at - 2, 0) : at])


def _is_clause_start(reading: Reading, at: int) -> bool:
	"""Return whether only softeners such as "please" precede a word in its clause."""
	tokens = reading.tokens
	soft = {place for tag in ("softener", "but") for span in reading.find(tag) for place in _positions(span)}
	while at > 0 and tokens[at - 1].clause == tokens[at].clause:
		at -= 1
		if at not in soft:
			return False
	return True


def _get_scope(reading: Reading, span: Span) -> list[int]:
	"""Return the places of the words that a negator or avoider refers to."""
	tokens, clause = reading.tokens, reading.tokens[span.first].clause
	size = _SCOPE * (3 if reading.language in ("ja", "zh", "ko") else 1)
	stops = {stop.first for stop in reading.find("but")}
	after = []
	for at in range(span.last + 1, min(span.last + 1 + size, len(tokens))):
		if tokens[at].clause != clause or at in stops:
			break
		after.append(at)
	if reading.language not in _FREE_ORDER:
		return after
	before = []
	for at in range(span.first - 1, max(span.first - 1 - size, -1), -1):
		if tokens[at].clause != clause or at in stops:
			break
		before.append(at)
	return before[::-1] + after


def _find_things(reading: Reading, span: Span) -> tuple[str, ...]:
	"""Return the things in the scope of a ban, as written: all words except verbs, times and fillers."""
	if stem := _get_compound_stem(reading, span):
		return (stem,)
	phrases = _get_known_phrases(reading)
	left_out = {at for tag in _NO_THINGS for found in reading.find(tag) for at in _positions(found)} - phrases
	tails = {tail.first for tail in reading.find("tail")} - phrases
	scope = _get_scope(reading, span)
	after = [at for at in scope if at > span.last]
	# A verb or a time ends the object after the negator, filler before it does not.
	after = after[: next((index for index, at in enumerate(after) if at in tails), len(after))]
	before = [at for at in scope if at < span.first]
	known = _get_known_things(reading)
	choices = (
		[at for at in before + after if at not in left_out and at not in tails],
		[at for at in range(max(span.first - 2, 0), span.first) if at in known],
		sorted(known.intersection(_positions(span), scope) | known.intersection(_positions(span))),
		_get_places_before(reading, span, known),
	)
	for places in choices:
		if named := _join_words(reading, places):
			return tuple(named[:_MAX_AVOIDS])
	return ()


def _get_compound_stem(reading: Reading, span: Span) -> str:
	"""Return the first part of a word such as "Nussallergie"."""
	token = reading.tokens[span.last]
	for ending in _COMPOUND_ENDINGS:
		stem = reading.written[token.start : token.end - len(ending)]
		if token.text.endswith(ending) and len(stem) > 2:
			return stem
	return ""


def _get_places_before(reading: Reading, span: Span, known: set[int]) -> list[int]:
	"""Return the known things of the clause before: "Nuts: allergic", "Her ex works here. Never mention him"."""
	clause = reading.tokens[span.first].clause
	return [at for at in sorted(known) if reading.tokens[at].clause == clause - 1]


def _get_known_things(reading: Reading) -> set[int]:
	"""Return the places of words that are known things, and no verbs ("drinks")."""
	verbs = {
		span.first
		for tag, spans in reading.tags.items()
		if tag in ("act", "taste", "subject") or tag.startswith("implies ")
		for span in spans
		if span.first == span.last
	}
	known = {at for tag in _THINGS for span in reading.find(tag) for at in _positions(span)}
	return known - verbs | _get_known_phrases(reading)


def _get_known_phrases(reading: Reading) -> set[int]:
	"""Return the places of known things of several words: "fruits à coque", "ex-husband"."""
	return {
		at
		for tag in _THINGS
		for span in reading.find(tag)
		if span.first != span.last
		for at in _positions(span)
	}


def _join_words(reading: Reading, places: list[int]) -> list[str]:
	"""Return the words at `places` as written; those that follow each other directly are one thing."""
	groups: list[list[Token]] = []
	previous = None
	for at in places:
		if previous is None or at != previous + 1 or not _is_joined(reading, previous, at):
			groups.append([])
		groups[-1].append(reading.tokens[at])
		previous = at
	named = [reading.written[group[0].start : group[-1].end] for group in groups]
	return [word for word in named if not word[0].isdigit()]


def _is_joined(reading: Reading, first: int, second: int) -> bool:
	return reading.text[reading.tokens[first].end : reading.tokens[second].start] in (" ", "-", "'", "")


def _touches(reading: Reading, tag: str, places: set[int]) -> bool:
	return any(span.first in places for span in reading.find(tag))


def _touches_things(reading: Reading, places: set[int]) -> bool:
	return _touches(reading, "thing", places) or _touches(reading, "topic Food and Drink", places)


def _starts(reading: Reading, tag: str, at: int) -> bool:
	return any(span.first == at for span in reading.find(tag))


def _positions(span: Span) -> range:
	return range(span.first, span.last + 1)
