"""Genuine, not calculated: what speaks against a gesture. Only a Never note blocks; the rest is advice."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from micro_experiences.domain.recall import Language
from micro_experiences.domain.refusal import Refused, Word, _

INVOLVES = ("alcohol", "food", "gift", "call", "mail", "photo", "public")


# What suits a topic, the best first; by the names of the seeds, which a site may have renamed or disabled.
_SUITS = {
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


def fitting_type(topic: str | None, types: Sequence[Mapping], stops: Sequence[str | None]) -> Mapping | None:
	"""The gesture type to begin with: one that suits a note about `topic`, else the first one; ruled out ones last.

	`types` have `name` and `involves`; `stops` is what the customer's Never notes stop. None when there is no type.
	"""
	allowed = {row["name"]: row for row in types if not ruled_out(row["involves"], stops)}
	allowed = allowed or {row["name"]: row for row in types}
	suits = (name for name in _SUITS.get(topic or "", ()) if name in allowed)
	name = next(suits, None) or next(iter(allowed), None)
	return allowed.get(name)


def words(text: str | None) -> tuple[str, ...]:
	"""The words of a comma-separated field, in order, in lower case, each once."""
	return tuple(dict.fromkeys(word for part in (text or "").split(",") if (word := part.strip().lower())))


def unknown_words(text: str | None) -> tuple[str, ...]:
	"""Those words of a comma-separated field that are not in INVOLVES."""
	return tuple(word for word in words(text) if word not in INVOLVES)


def tidied(text: str | None, label: str) -> str:
	"""A comma-separated field in its tidy form. Raises Refused, naming the field by `label`, for an unknown word."""
	if unknown := unknown_words(text):
		known = ", ".join(INVOLVES)
		raise Refused(_("{0}: {1} is not known. Known are: {2}."), Word(label), unknown[0], known)
	return ", ".join(words(text))


def ruled_out(involves: str | None, stops: Iterable[str | None]) -> tuple[str, ...]:
	"""What a gesture involves that one of the customer's Never notes stops."""
	stopped = {word for text in stops for word in words(text)}
	return tuple(word for word in words(involves) if word in stopped)


def last_same(
	gesture_type: str, given: Iterable[tuple[str, date]], today: date, within_days: int
) -> date | None:
	"""When this customer last got the same type of gesture, if that is at most `within_days` ago; zero asks for nothing."""
	if not within_days:
		return None
	days = [day for kind, day in given if kind == gesture_type and 0 <= (today - day).days <= within_days]
	return max(days, default=None)


def too_many(given: Iterable[tuple[str, date]], today: date, at_most: int, within_days: int = 30) -> bool:
	"""Whether one more gesture would be more than `at_most` within the days. Zero means no limit."""
	return bool(at_most) and sum(0 <= (today - day).days < within_days for _, day in given) >= at_most


class NeverNote(Refused):
	"""A Never note of the customer rules a gesture out."""


def check_never(
	involves: str | None, stops: Iterable[str | None], *, override_reason: str | None, manager: bool
) -> None:
	"""Only a Never note blocks, and a manager may override it with a reason. Raises NeverNote."""
	stopped = ruled_out(involves, stops)
	if stopped and not (manager and (override_reason or "").strip()):
		raise NeverNote(
			_(
				"A note on this customer rules out: {0}. Nothing was booked. Choose another gesture, or ask a Micro Experiences Manager, who may give a reason and do it all the same."
			),
			tuple(map(Word, stopped)),
		)


def warnings(
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
	"""What speaks against a gesture, in words. `given` is what this customer got: (gesture type, day)."""
	_, said = language.translate, []
	if stopped := ruled_out(involves, stops):
		named = ", ".join(_(word) for word in stopped)
		said.append(_("A note on this customer rules out: {0}.").format(named))
	if day := last_same(gesture_type, given, today, same_gesture_days):
		when = language.date(day, today)
		said.append(_("They had the same on {0}. Something else may mean more.").format(when))
	if too_many(given, today, gestures_per_month):
		said.append(_("They had several gestures this month. A kind word may be enough."))
	return said
