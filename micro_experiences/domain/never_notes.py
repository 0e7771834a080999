"""Never notes and gestures: whether a note rules a gesture out, and what a note without that information rules out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from micro_experiences.domain import lexicon, negation, note_restrictions, restrictions
from micro_experiences.domain.errors import RuleViolation, Translatable, _
from micro_experiences.domain.gesture_advice import RuledOutByNote, parse_tags
from micro_experiences.domain.restrictions import Mentions, find_mentions, find_words

CLEAR, DOUBTFUL, BLOCKED = "clear", "doubtful", "blocked"

# Restrictions that a gesture in unclear words may well involve. Whoever calls or visits says so.
_THINGS = frozenset(("alcohol", "food", "gift"))

ExtraWords = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class NeverNote:
	"""A Never note of the customer. `readable` says whether the user may see its words."""

	name: str
	note: str
	stops: str | None = None
	avoids: str | None = None
	readable: bool = True


@dataclass(frozen=True, slots=True)
class GestureWords:
	"""What is known about a gesture: `involves` of its type, its `title` (the type and what it is), and its message."""

	involves: str | None = None
	title: str = ""
	message: str = ""


@dataclass(frozen=True, slots=True)
class NeverVerdict:
	"""Whether the customer's Never notes rule a gesture out: CLEAR, DOUBTFUL or BLOCKED, the names of the notes that say
	so, and what they rule out, without the words of notes that the user may not see."""

	verdict: str = CLEAR
	notes: tuple[str, ...] = ()
	ruled_out: tuple[str, ...] = ()


CLEAR_VERDICT = NeverVerdict()


@dataclass(frozen=True, slots=True)
class _Gesture:
	"""What a gesture involves: `sure`, and `possible` only."""

	sure: frozenset[str]
	possible: frozenset[str]
	ingredients: frozenset[str]
	words: str
	unclear: bool


def get_never_verdict(
	gesture: GestureWords, notes: Iterable[NeverNote], extra_words: ExtraWords | None = None
) -> NeverVerdict:
	"""Return whether Never notes rule a gesture out.

	It is blocked if it involves what a note rules out, and doubtful if it may. `extra_words` maps the restrictions of the
	site to their words.
	"""
	notes, read = list(notes), _read_gesture(gesture, extra_words or {})
	blocking = {note.name: found for note in notes if (found := _get_ruled_out(note, read)) is not None}
	if blocking:
		named = tuple(dict.fromkeys(one for found in blocking.values() for one in found))
		return NeverVerdict(BLOCKED, tuple(blocking), named)
	doubtful = tuple(note.name for note in notes if _is_doubtful(note, read, extra_words or {}))
	return NeverVerdict(DOUBTFUL, doubtful) if doubtful else CLEAR_VERDICT


def check_never_verdict(
	verdict: NeverVerdict, *, override_reason: str | None, confirmed: bool, manager: bool
) -> None:
	"""Raise RuledOutByNote if a gesture is ruled out and no manager gave an `override_reason`, or if it may be and the user
	has not `confirmed` that they have read the notes. `manager` says whether the user is one."""
	is_overridden = bool((override_reason or "").strip())
	if verdict.verdict == BLOCKED and not is_overridden:
		raise _refuse(verdict, manager)
	if verdict.verdict == DOUBTFUL and not (confirmed or is_overridden):
		raise RuledOutByNote(
			_(
				"A note on this customer says what to avoid, and this gesture may not suit. Nothing was saved. Choose another gesture, or read the notes and tick I Have Read the Notes on What to Avoid."
			)
		)


def _refuse(verdict: NeverVerdict, manager: bool) -> RuledOutByNote:
	named = tuple(_translatable(name) for name in verdict.ruled_out)
	if manager and named:
		text = _(
			"A note on this customer rules out: {0}. Nothing was saved. To record it anyway, enter a reason under Override Reason."
		)
	elif manager:
		text = _(
			"A note on this customer rules this gesture out. Nothing was saved. To record it anyway, enter a reason under Override Reason."
		)
	elif named:
		text = _(
			"A note on this customer rules out: {0}. Nothing was saved. Choose another gesture, or ask a Micro Experiences Manager, who can override this with a reason."
		)
	else:
		text = _(
			"A note on this customer rules this gesture out. Nothing was saved. Choose another gesture, or ask a Micro Experiences Manager, who can override this with a reason."
		)
	return RuledOutByNote(text, named) if named else RuledOutByNote(text)


def describe_verdict(verdict: NeverVerdict, *, manager: bool) -> tuple[str, tuple[str, ...]]:
	"""Return a sentence about a verdict for the form, with a placeholder for what is ruled out if that is not empty."""
	if verdict.verdict == DOUBTFUL:
		return _("A note on this customer says what to avoid. Does this gesture suit?"), ()
	if verdict.verdict == CLEAR:
		return "", ()
	named = verdict.ruled_out
	if manager:
		text = (
			_("A note on this customer rules out: {0}. To record it anyway, enter a reason.")
			if named
			else _("A note on this customer rules this gesture out. To record it anyway, enter a reason.")
		)
	elif named:
		text = _(
			"A note on this customer rules out: {0}. Choose another gesture, or ask a Micro Experiences Manager."
		)
	else:
		text = _(
			"A note on this customer rules this gesture out. Choose another gesture, or ask a Micro Experiences Manager."
		)
	return text, named


def guess_restrictions(
	text: str, language: str = "en", extra_words: ExtraWords | None = None
) -> tuple[str, str]:
	"""Return the values of `stops` and `avoids` that a Never note with these words probably means, "" if unknown."""
	stops, avoids = _read_ban(text, language, extra_words)
	if not (stops or avoids):
		found = find_mentions(text, extra_words)
		stops = tuple(name for name in found.restrictions if name != "food" or not found.ingredients)
		avoids = ", ".join(sorted(found.ingredients))
	return ", ".join(stops), avoids


def check_says_what(stops: str | None, avoids: str | None) -> None:
	"""Raise RuleViolation unless a Never note says what it rules out."""
	if not (parse_tags(stops) or (avoids or "").strip(" ,")):
		raise RuleViolation(
			_(
				"A Never note must say what it rules out. Nothing was saved. Choose it under Rules Out, for example alcohol, or enter own words under Words to Avoid, for example nuts."
			)
		)


def _read_gesture(gesture: GestureWords, extra_words: ExtraWords) -> _Gesture:
	involved = frozenset(parse_tags(gesture.involves)) - {restrictions.NOTHING}
	title, message = find_mentions(gesture.title, extra_words), find_mentions(gesture.message, extra_words)
	sure, told = involved | set(title.restrictions), set(message.restrictions)
	# A message may speak of something else ("thanks for your call"), unless nothing else says what the gesture is.
	if not sure:
		sure = frozenset(told)
	possible = (told | set(title.possible) | set(message.possible)) - sure
	return _Gesture(
		sure,
		frozenset(possible),
		title.ingredients | message.ingredients,
		f"{gesture.title}\n{gesture.message}",
		unclear=not (sure or gesture.involves),
	)


def _get_ruled_out(note: NeverNote, gesture: _Gesture) -> tuple[str, ...] | None:
	"""Return what a note rules out for certain in a gesture, which may be empty because it is hidden, or None."""
	stopped = tuple(name for name in parse_tags(note.stops) if name in gesture.sure)
	own = find_words(_split(note.avoids), gesture.words)
	ingredients = sorted(gesture.ingredients & _read(note.avoids).ingredients)
	if not (stopped or own or ingredients):
		return None
	return stopped + ((own or tuple(ingredients)) if note.readable else ())


def _is_doubtful(note: NeverNote, gesture: _Gesture, extra_words: ExtraWords) -> bool:
	"""Return whether a note may rule a gesture out."""
	stops, avoids = set(parse_tags(note.stops)), _read(note.avoids, extra_words)
	if stops & gesture.possible or (set(avoids.restrictions) - {"food"}) & (gesture.sure | gesture.possible):
		return True
	if gesture.unclear:
		own = stops - set(restrictions.NAMES)
		return bool(stops & _THINGS or own or _split(note.avoids) or not stops)
	words = _read(note.note, extra_words)
	if "food" in gesture.sure and (avoids.ingredients or avoids.diet or words.ingredients or words.diet):
		return True
	said = set(_read_ban(note.note, "en", extra_words)[0])
	if not (stops or _split(note.avoids)):
		said |= set(words.restrictions)
	return bool((said - stops) & gesture.sure)


def _read_ban(text: str, language: str, extra_words: ExtraWords | None) -> tuple[tuple[str, ...], str]:
	reading = lexicon.read(text, language)
	ban = negation.find_ban(reading)
	if not ban:
		return (), ""
	return (
		note_restrictions.guess_stops(reading, ban, extra_words),
		note_restrictions.guess_avoids(reading, ban, extra_words),
	)


def _read(text: str | None, extra_words: ExtraWords | None = None) -> Mentions:
	return find_mentions(text or "", extra_words)


def _split(avoids: str | None) -> list[str]:
	return [word for part in (avoids or "").split(",") if (word := part.strip())]


def _translatable(name: str) -> str:
	"""Return the name of a restriction to be translated, and own words as they are."""
	return Translatable(name) if name in restrictions.NAMES else name
