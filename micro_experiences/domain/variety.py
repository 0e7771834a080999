"""Genuine, not calculated: what speaks against a gesture. Only a Never note blocks; the rest is advice."""

from collections.abc import Iterable
from datetime import date

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


def fitting_type(topic: str | None, types: set[str]) -> str | None:
	"""The gesture type among `types` that suits a note about `topic`, or None."""
	return next((name for name in _SUITS.get(topic or "", ()) if name in types), None)


def words(text: str | None) -> tuple[str, ...]:
	"""The words of a comma-separated field, in order, in lower case, each once."""
	return tuple(dict.fromkeys(word for part in (text or "").split(",") if (word := part.strip().lower())))


def unknown_words(text: str | None) -> tuple[str, ...]:
	"""Those words of a comma-separated field that are not in INVOLVES."""
	return tuple(word for word in words(text) if word not in INVOLVES)


def ruled_out(involves: str | None, stops: Iterable[str | None]) -> tuple[str, ...]:
	"""What a gesture involves that one of the customer's Never notes stops."""
	stopped = {word for text in stops for word in words(text)}
	return tuple(word for word in words(involves) if word in stopped)


def last_same(
	gesture_type: str, given: Iterable[tuple[str, date]], today: date, within_days: int
) -> date | None:
	"""When this customer last got the same type of gesture, if that is at most `within_days` ago."""
	days = [day for kind, day in given if kind == gesture_type and 0 <= (today - day).days <= within_days]
	return max(days, default=None)


def too_many(given: Iterable[tuple[str, date]], today: date, at_most: int, within_days: int = 30) -> bool:
	"""Whether one more gesture would be more than `at_most` within the days. Zero means no limit."""
	return bool(at_most) and sum(0 <= (today - day).days < within_days for _, day in given) >= at_most
