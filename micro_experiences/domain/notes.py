"""Validation of a Personal Note, and its changes when it is used."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from micro_experiences.domain import gesture_advice, restrictions, text
from micro_experiences.domain.errors import NotPermitted, RuleViolation, _

MAX_NOTE_LENGTH = text.MAX_LENGTHS_BY_FIELD["note"]

# Fields that a note inherits from the note it follows.
INHERITED_FIELDS = ("customer", "contact", "topic", "visibility", "user_group", "sensitive")

# Visibilities of notes that can be handed over; private notes never are.
HANDOVER_VISIBILITIES = ("Everyone", "Group")

# Earlier years of a yearly occasion are taken for placeholders: 1900 and 1904 begin the calendars of spreadsheets.
FIRST_PLAUSIBLE_YEAR = 1905

# Communication Medium of a Communication -> Heard Via. An "Event" and "Other" say nothing about the channel.
_CHANNELS = {
	"Email": "Email",
	"Phone": "Phone",
	"Chat": "Message",
	"SMS": "Message",
	"Meeting": "In Person",
	"Visit": "Visit",
}

# Set on creation and then only by the log of uses; values from forms and imports are ignored.
LOG_MAINTAINED_FIELDS = ("heard_by", "status", "closed_because", "times_used", "last_used_on", "last_used_by")


def clean_note(note: Mapping, today: date, known: Collection[str] = restrictions.NAMES) -> dict:
	"""Return the fields of `note` that change when it is saved: trimmed, and cleared if its kind does not use
	them.

	`note` has the fields of the DocType; days are `date` or None. `known` are the restrictions that a note can rule out.
	Raises RuleViolation.
	"""
	words = text.clean_text(note["note"], _("Note"), "note", "Small Text")
	if not words:
		raise RuleViolation(_("Enter one thing worth remembering, in one sentence."))
	kind, group = note["kind"], note["user_group"] if note["visibility"] == "Group" else None
	occasion_on, remember_until = note["occasion_on"], note["remember_until"]
	if kind == "Occasion" and not occasion_on:
		raise RuleViolation(_("An occasion needs a date."))
	if kind == "Occasion" and not _is_plausible_date(occasion_on, today):
		raise RuleViolation(_("The date of the occasion is too far away. Check the year."))
	if kind in ("Moment", "Never") and remember_until and not _is_plausible_date(remember_until, today):
		raise RuleViolation(_("The date in Remember Until is too far away. Check the year."))
	if note["heard_on"] and note["heard_on"] > today:
		raise RuleViolation(_("The date in Heard On is in the future. Check the date."))
	if note["visibility"] == "Group" and not group:
		raise RuleViolation(_("Choose the group that can see this note."))
	yearly = kind == "Occasion" and bool(note["repeats_yearly"])
	return {
		"note": words,
		"occasion_on": occasion_on if kind == "Occasion" else None,
		"repeats_yearly": yearly,
		"year_known": yearly and bool(note["year_known"]) and is_plausible_first_year(occasion_on, today),
		"remember_until": remember_until if kind in ("Moment", "Never") else None,
		"stops": gesture_advice.clean_tags(note["stops"], _("Rules Out"), known) if kind == "Never" else None,
		"avoids": _clean_avoids(note["avoids"]) if kind == "Never" else None,
		"user_group": group,
	}


def _clean_avoids(words: str | None) -> str:
	"""Return the words to avoid, separated by commas, without empty ones and repetitions."""
	return ", ".join(dict.fromkeys(word for part in (words or "").split(",") if (word := part.strip())))


def get_kind(chosen: str | None, remember_until: date | str | None) -> str:
	"""Return the kind of a jotted note: the author's choice, else Moment if it has a Remember Until date
	(only a Moment expires), else "" because nobody said so."""
	return chosen or ("Moment" if remember_until else "")


def get_channel(reference_doctype: str | None, medium: str | None) -> str:
	"""Return how a note that was written on a document was heard (an option of Heard Via), "" if unknown.

	`medium` is the Communication Medium of a Communication.
	"""
	if reference_doctype == "Call Log":
		return "Phone"
	return _CHANNELS.get(medium or "", "") if reference_doctype == "Communication" else ""


def get_inherited_fields(source: Mapping | None, *, confidential: bool) -> dict:
	"""Return the fields that the note of an outcome inherits, so that it stays as private as its source.

	`source` is the underlying note, if any; `confidential` says that the underlying gesture is confidential.
	"""
	values = {field: source[field] for field in INHERITED_FIELDS} if source else {}
	return values | ({"visibility": "Only Me", "user_group": None} if confidential else {})


def is_sensitive(chosen: bool | None, by_topic: bool) -> bool:
	"""Return whether a jotted note is sensitive: the author's choice, else the default of its topic."""
	return by_topic if chosen is None else bool(chosen)


def get_follow_up_subject(note: str) -> str:
	"""Return the subject of the follow-up for a note: its text, shortened to the length of the field."""
	return text.shorten(note, text.MAX_LINE_LENGTH)


def check_author(heard_by: str, user: str, *, manager: bool) -> None:
	"""Check that a note is added in the user's own name. Managers may add one for another user. Raises
	NotPermitted."""
	if heard_by != user and not manager:
		raise NotPermitted(_("You can only add notes in your own name."))


def check_handover(name: str, *, can_open_customer: bool, can_see_note: bool) -> None:
	"""Check that the new owner of a note can open its customer and see the note. Raises RuleViolation, which
	contains the user's `name`."""
	if not can_open_customer:
		raise RuleViolation(_("{0} cannot open this customer. Choose another user."), name)
	if not can_see_note:
		raise RuleViolation(_("{0} cannot see this note. Choose another user."), name)


def check_active(status: str) -> None:
	"""Check that a note is active; use of a closed note is not logged. Raises RuleViolation."""
	if status != "Active":
		raise RuleViolation(_("This note is already closed. Reload the form to see its current state."))


def get_use_updates(action: str, times_used: int, user: str, now: datetime) -> dict:
	"""Return the fields of a note that change when a use with `action` is logged. A snooze changes nothing."""
	if action == "Used":
		return {"last_used_on": now, "last_used_by": user, "times_used": times_used + 1}
	return get_closed_fields("No Longer True") if action == "No Longer True" else {}


def get_closed_fields(reason: str) -> dict:
	"""Return the fields of a note that is closed for a `reason` (an option of Closed Because): it is stored, but no
	longer shown."""
	return {"status": "Closed", "closed_because": reason}


def clean_they_said(words: str | None) -> str | None:
	"""Return the customer's words as the log stores them. Raises RuleViolation."""
	return text.clean_text(words or "", _("They Said"), "they_said", "Small Text") or None


def get_kind_after_use(kind: str) -> str:
	"""Return the kind of a note made from the customer's words: news about a Moment or an Occasion expires as
	well; otherwise "", because nobody chose a kind."""
	return "Moment" if kind in ("Moment", "Occasion") else ""


def is_for_everyone(visibility: str, sensitive: bool) -> bool:
	"""Return whether a note is visible to everyone who may read its customer."""
	return visibility == "Everyone" and not sensitive


def is_plausible_first_year(day: date, today: date) -> bool:
	"""Return whether the year of a yearly occasion can be the year of the first one: a day without a year is
	stored in the current year or later, or as a placeholder before 1905."""
	return FIRST_PLAUSIBLE_YEAR <= day.year < today.year


def _is_plausible_date(day: date, today: date) -> bool:
	return 1900 <= day.year <= today.year + 50
