"""Days in a jotted note: what each day in the sentence is for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from micro_experiences.domain.lexicon import Reading, Span

# Languages that put "until" after the day.
_POSTPOSITIONAL = frozenset(("hi", "ja", "ko", "zh"))


class FoundDay(Protocol):
	"""A day that is named by the `words` from `start` up to `end` of the text."""

	day: date
	words: str
	start: int
	end: int
	year_known: bool
	yearly: bool


@dataclass(frozen=True, slots=True)
class DayUse:
	"""A day, its words as written, and what it is for: "occasion", "follow_up" or "until"."""

	day: date
	words: str
	use: str
	year_known: bool = False
	yearly: bool = False


def find_day_uses(reading: Reading, days: Iterable[FoundDay], today: date) -> tuple[DayUse, ...]:
	"""Return what each of the `days` in the sentence is for. Only a future day can be a follow-up or an end."""
	days = list(days)
	actions = find_actions(reading)
	places = [_get_places(reading, day) for day in days]
	followed = {_get_followed_day(reading, action, places) for action in actions}
	return tuple(
		DayUse(
			day.day,
			reading.written[day.start : day.end],
			_get_use(reading, index, places, followed, day.day > today),
			day.year_known,
			day.yearly,
		)
		for index, day in enumerate(days)
	)


def find_actions(reading: Reading) -> list[Span]:
	"""Return the words that tell the colleague to act: "call", "ask how", "nachfragen"."""
	tokens = reading.tokens
	told = {at for span in reading.find("customer_acts") for at in range(span.first, span.last + 2)}
	found = [span for span in reading.find("follow_up") if span.first not in told]
	connectors = {span.last for span in reading.find("connector")}
	for span in reading.find("follow_up_start"):
		at = span.first
		if at in told:
			continue
		if at == 0 or tokens[at - 1].clause != tokens[at].clause or at - 1 in connectors:
			found.append(span)
		elif reading.language == "en" and not _ends(reading, "not_before_verb", at - 1):
			found.append(span)
	negated = {negator.last for negator in reading.find("negator")}
	return sorted(
		(span for span in found if not negated.intersection(range(span.first - 2, span.first))),
		key=lambda span: span.first,
	)


def _get_use(
	reading: Reading, index: int, places: list[tuple[int, int]], followed: set[int], is_future: bool
) -> str:
	if is_future and index in followed:
		return "follow_up"
	return "until" if is_future and _is_end(reading, *places[index]) else "occasion"


def _is_end(reading: Reading, first: int, last: int) -> bool:
	"""Return whether a word such as "until" belongs to the day from `first` to `last`."""
	ends = reading.find("until")
	if reading.language in _POSTPOSITIONAL:
		return any(last <= span.first <= last + 2 for span in ends)
	return any(first - 3 <= span.last <= first for span in ends)


def _get_followed_day(reading: Reading, action: Span, places: list[tuple[int, int]]) -> int:
	"""Return the index of the day that an action is meant for: in its own clause before others, and after the
	action before earlier ones. -1 if there is none."""
	tokens = reading.tokens

	def rank(index: int) -> tuple[int, bool, int]:
		first, _last = places[index]
		clauses = abs(tokens[first].clause - tokens[action.first].clause)
		return clauses, first < action.first, abs(first - action.first)

	best = min(range(len(places)), key=rank, default=-1)
	# "Interview on Tuesday, wish her luck" names no day for the action.
	if best >= 0 and rank(best)[0] and _has_event(reading, tokens[places[best][0]].clause):
		return -1
	return best


def _has_event(reading: Reading, clause: int) -> bool:
	return any(reading.tokens[span.first].clause == clause for span in reading.find("event"))


def _get_places(reading: Reading, day: FoundDay) -> tuple[int, int]:
	"""Return the positions of the first and last token of a day."""
	inside = [
		at for at, token in enumerate(reading.tokens) if token.start < day.end and token.end > day.start
	]
	return (inside[0], inside[-1]) if inside else (0, 0)


def _ends(reading: Reading, tag: str, at: int) -> bool:
	return any(span.last == at for span in reading.find(tag))
