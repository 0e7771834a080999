"""Advice against repetitive or unsuitable gestures. Only a Never note blocks a gesture; everything else is a
warning."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from micro_experiences.domain.errors import RuleViolation, Translatable, _
from micro_experiences.domain.language import Language

# Gesture types that suit a topic, best first, by seeded name; a site may have renamed or disabled them.
_SUITABLE_TYPES = {
	"Pet": ("Treat for the Pet",),
	"Health": ("Get Well Card", "Quick Call"),
	"Celebration": ("Birthday Card", "Handwritten Card"),
	"Hard Time": ("Quick Call", "Handwritten Card", "Help with an Errand"),
	"Food and Drink": ("Coffee on the House", "Something Sweet"),
	"Hobby": ("Book", "Handwritten Card"),
	"Travel": ("Book", "Handwritten Card"),
	"Family": ("Handwritten Card", "Quick Call"),
	"Work": ("Quick Call", "Handwritten Card"),
	"Preference": ("Something Sweet", "Coffee on the House"),
}


def suggest_gesture_type(
	topic: str | None, types: Sequence[Mapping], stops: Sequence[str | None]
) -> Mapping | None:
	"""Return the suggested gesture type: the best one for a note about `topic`, else the first. Types that
	are ruled out are used only if there is no other.

	`types` have `name` and `involves`; `stops` are the restrictions of the customer's Never notes. Returns
	None if there is no type.
	"""
	allowed = {row["name"]: row for row in types if not get_ruled_out_tags(row["involves"], stops)}
	allowed = allowed or {row["name"]: row for row in types}
	suits = (name for name in _SUITABLE_TYPES.get(topic or "", ()) if name in allowed)
	name = next(suits, None) or next(iter(allowed), None)
	return allowed.get(name)


def parse_tags(text: str | None) -> tuple[str, ...]:
	"""Return the words of a comma-separated field, in order, in lower case, without duplicates."""
	return tuple(dict.fromkeys(word for part in (text or "").split(",") if (word := part.strip().lower())))


def clean_tags(text: str | None, label: str, known: Collection[str]) -> str:
	"""Return a comma-separated field in normalized form. Raises RuleViolation, naming the field by `label`, for a word
	that is not `known`."""
	if unknown := [word for word in parse_tags(text) if word not in known]:
		raise RuleViolation(
			_("{0}: {1} is not a known value. Choose from: {2}."),
			Translatable(label),
			unknown[0],
			", ".join(known),
		)
	return ", ".join(parse_tags(text))


def get_ruled_out_tags(involves: str | None, stops: Iterable[str | None]) -> tuple[str, ...]:
	"""Return what a gesture involves that one of the customer's Never notes rules out."""
	stopped = {word for text in stops for word in parse_tags(text)}
	return tuple(word for word in parse_tags(involves) if word in stopped)


def get_last_same_gesture(
	gesture_type: str, given: Iterable[tuple[str, date]], today: date, within_days: int
) -> date | None:
	"""Return when this customer last received the same type of gesture, if that is at most `within_days` ago;
	zero disables the check."""
	if not within_days:
		return None
	days = [day for kind, day in given if kind == gesture_type and 0 <= (today - day).days <= within_days]
	return max(days, default=None)


def has_too_many_gestures(
	given: Iterable[tuple[str, date]], today: date, at_most: int, within_days: int = 30
) -> bool:
	"""Return whether one more gesture would exceed `at_most` within the days. Zero means no limit."""
	return bool(at_most) and sum(0 <= (today - day).days < within_days for _, day in given) >= at_most


class RuledOutByNote(RuleViolation):
	"""A Never note of the customer rules a gesture out."""


def get_warnings(
	gesture_type: str,
	involves: str | None,
	stops: Iterable[str | None],
	given: Sequence[tuple[str, date]],
	today: date,
	*,
	same_gesture_days: int,
	gestures_per_month: int,
	language: Language,
) -> list[str]:
	"""Return the warnings about a gesture. `given` is what this customer received: (gesture type, day)."""
	_, warnings = language.translate, []
	if stopped := get_ruled_out_tags(involves, stops):
		named = ", ".join(_(word) for word in stopped)
		warnings.append(_("A note on this customer rules out: {0}.").format(named))
	if day := get_last_same_gesture(gesture_type, given, today, same_gesture_days):
		when = language.format_date(day, today)
		warnings.append(
			_("They received the same gesture on {0}. A different one may mean more.").format(when)
		)
	if has_too_many_gestures(given, today, gestures_per_month):
		warnings.append(_("They received several gestures this month. A kind word may be enough."))
	return warnings
