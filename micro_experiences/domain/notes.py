"""What a Personal Note may hold, and what becomes of it when it is used."""

from collections.abc import Mapping
from datetime import date, datetime

from micro_experiences.domain import text, variety
from micro_experiences.domain.refusal import NotAllowed, Refused, _

MAX_LENGTH = text.BY_NAME["note"]

# What a note that follows another one takes over from it.
INHERITED = ("customer", "contact", "topic", "visibility", "user_group", "sensitive")

# What somebody else may look after when its keeper leaves: never what was for him alone.
HANDED_OVER = ("Everyone", "Group")

# Set when a note is made, and then by the log of uses alone, whatever a form or an import sends.
KEPT_BY_LOG = ("heard_by", "status", "closed_because", "times_used", "last_used_on", "last_used_by")


def tidied(note: Mapping, today: date) -> dict:
	"""The fields of `note` that change when it is saved: trimmed, and without what its kind has no use for.

	`note` has the fields of the DocType; days are `date` or None. Raises Refused.
	"""
	words = text.tidied(note["note"], _("Note"), "note", "Small Text")
	if not words:
		raise Refused(_("Write what is worth remembering, in one sentence."))
	kind, group = note["kind"], note["user_group"] if note["visibility"] == "Group" else None
	occasion_on, remember_until = note["occasion_on"], note["remember_until"]
	if kind == "Occasion" and not occasion_on:
		raise Refused(_("An occasion needs its day."))
	if kind == "Occasion" and not _is_near(occasion_on, today):
		raise Refused(_("The day of the occasion is too far away: please check the year."))
	if kind == "Moment" and remember_until and not _is_near(remember_until, today):
		raise Refused(_("The day to remember it until is too far away: please check the year."))
	if note["heard_on"] and note["heard_on"] > today:
		raise Refused(_("A note cannot be heard tomorrow: please check the day."))
	if note["visibility"] == "Group" and not group:
		raise Refused(_("Say which group may see this note."))
	return {
		"note": words,
		"occasion_on": occasion_on if kind == "Occasion" else None,
		"repeats_yearly": bool(note["repeats_yearly"]) and kind == "Occasion",
		"remember_until": remember_until if kind == "Moment" else None,
		"stops": variety.tidied(note["stops"], _("Stops")) if kind == "Never" else None,
		"user_group": group,
	}


def kind_of(chosen: str | None, remember_until: date | str | None) -> str:
	"""The kind of a jotted note: what its author says, else a Moment where it is to be remembered until a day, because only
	that one passes."""
	return chosen or ("Moment" if remember_until else "Fact")


def inherited(source: Mapping | None, *, confidential: bool) -> dict:
	"""What the note of an outcome takes over from what it came of, because what came of a private matter is as private:
	`source` is the note behind it, if there is one; `confidential` says that the gesture behind it is."""
	values = {field: source[field] for field in INHERITED} if source else {}
	return values | ({"visibility": "Only Me", "user_group": None} if confidential else {})


def is_sensitive(chosen: bool | None, by_topic: bool) -> bool:
	"""Whether a jotted note is sensitive: what its author says, else what its topic says."""
	return by_topic if chosen is None else bool(chosen)


def promised(note: str) -> str:
	"""What is promised when a note asks for a follow-up: its own words, as far as the field holds them."""
	return text.shortened(note, text.LINE)


def check_author(heard_by: str, user: str, *, manager: bool) -> None:
	"""A note is kept in one's own name; a manager may keep one for somebody else. Raises NotAllowed."""
	if heard_by != user and not manager:
		raise NotAllowed(_("A note is kept in the name of the one who heard it: your own."))


def check_handed_over(name: str, *, sees_customer: bool, sees_note: bool) -> None:
	"""Whoever looks after a note from now on may open its customer and see the note. Raises Refused, which names `name`, a
	colleague's name."""
	if not sees_customer:
		raise Refused(_("{0} may not open this customer: choose somebody else."), name)
	if not sees_note:
		raise Refused(_("{0} may not see this note: choose somebody else."), name)


def check_open(status: str) -> None:
	"""Nothing is logged of a closed note. Raises Refused."""
	if status != "Active":
		raise Refused(_("This note is closed already. Open the form again to see what is current."))


def logged(action: str, times_used: int, user: str, now: datetime) -> dict:
	"""The fields of a note that change with a line of its log. What is put off stays as it is."""
	if action == "Used":
		return {"last_used_on": now, "last_used_by": user, "times_used": times_used + 1}
	return closed("No Longer True") if action == "No Longer True" else {}


def closed(because: str) -> dict:
	"""The fields of a note that is kept, and not shown any more."""
	return {"status": "Closed", "closed_because": because}


def said(words: str | None) -> str | None:
	"""What they said, as the log keeps it. Raises Refused."""
	return text.tidied(words or "", _("They Said"), "they_said", "Small Text") or None


def kind_after_use(kind: str) -> str:
	"""The kind of the note that what they said becomes: news of a moment or an occasion passes too."""
	return "Moment" if kind in ("Moment", "Occasion") else "Fact"


def is_for_everyone(visibility: str, sensitive: bool) -> bool:
	"""Whether a note is for everyone who may read its customer."""
	return visibility == "Everyone" and not sensitive


def _is_near(day: date, today: date) -> bool:
	return 1900 <= day.year <= today.year + 50
