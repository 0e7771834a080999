"""The report of a customer's personal data: its sections, their order and labels."""

from collections.abc import Callable, Mapping, Sequence

from micro_experiences.domain.errors import _

# Fields with fixed options of the app, which are translated.
TRANSLATED_FIELDS = frozenset(
	{"kind", "certainty", "heard_via", "action", "status", "reaction", "where", "ended_because"}
)

_Fields = tuple[tuple[str, str], ...]


def get_sections() -> tuple[tuple[str, str, _Fields], ...]:
	"""Return (key, title, ((field, label), …)) for each section."""
	day, who = ("day", _("Date")), ("by", _("Colleague"))
	return (
		("notes", _("Notes"), _note_fields()),
		(
			"uses",
			_("Use of notes"),
			(
				day,
				who,
				("action", _("Action")),
				("they_said", _("What you said")),
				("note", _("Note")),
			),
		),
		("gestures", _("Gestures"), _gesture_fields()),
		("promises", _("Follow-ups"), _follow_up_fields()),
		("reminders", _("Reminders to colleagues"), (day, who, ("what", _("Follow-up")))),
		(
			"looks",
			_("Access to sensitive notes"),
			(day, who, ("where", _("Where")), ("reason", _("Reason"))),
		),
		(
			"erasures",
			_("Earlier erasures"),
			(day, ("whose", _("Topic")), ("notes", _("Notes")), ("reason", _("Reason"))),
		),
	)


def _note_fields() -> _Fields:
	return (
		("text", _("Note")),
		("kind", _("Kind")),
		("topic", _("Topic")),
		("contact", _("Contact")),
		("certainty", _("Certainty")),
		("heard_on", _("Heard on")),
		("heard_via", _("Heard via")),
		("heard_by", _("Heard by")),
		("occasion_on", _("Date of the occasion")),
		("remember_until", _("Remember until")),
		("stops", _("Rules out")),
		("avoids", _("Words to avoid")),
		("kept_because", _("Reason for keeping the wording")),
		("seen_by", _("Visible to")),
		("status", _("Status")),
		("ended_because", _("Reason for closing")),
		("times_used", _("Times used")),
		("last_used_on", _("Last used on")),
		("came_from", _("Recorded with")),
	)


def _gesture_fields() -> _Fields:
	return (
		("what", _("What")),
		("kind", _("Kind")),
		("contact", _("Contact")),
		("status", _("Status")),
		("planned_on", _("Planned for")),
		("given_on", _("Given on")),
		("cost", _("Cost")),
		("by", _("Given by")),
		("message", _("Message")),
		("reaction", _("Reaction")),
		("story", _("Story")),
		("decided_by", _("Decided by")),
		("declined_because", _("Reason for declining")),
		("in_spite_because", _("Reason for overriding a note")),
		("because_of", _("Related note")),
		("came_from", _("Recorded with")),
	)


def _follow_up_fields() -> _Fields:
	return (
		("what", _("What")),
		("contact", _("Contact")),
		("by", _("Assigned to")),
		("due_on", _("Due on")),
		("status", _("Status")),
		("outcome", _("Outcome")),
		("done_on", _("Done on")),
		("done_by", _("Done by")),
		("came_from", _("Recorded with")),
	)


def describe_readers(visibility: str, sensitive: bool) -> str:
	"""Return who can read a note, worded for the customer and ready for translation."""
	if visibility == "Only Me":
		return _("One colleague only")
	if sensitive:
		return _("Its author, and a manager who records a reason")
	return _("A group of colleagues") if visibility == "Group" else _("Colleagues who look after you")


def format_report(
	data: Mapping[str, Sequence[Mapping]], say: Callable[[str], str], show: Callable[[object], str]
) -> list[dict]:
	"""Return the report as `[{"key", "title", "rows": [[{"label", "text"}, …], …]}]`, without empty values.

	`data` has the rows of each section by its key; `say` translates, `show` formats dates and numbers.
	"""

	def text(field: str, value: object) -> str:
		return say(str(value)) if field in TRANSLATED_FIELDS else show(value)

	return [
		{
			"key": key,
			"title": say(title),
			"rows": [
				[
					{"label": say(label), "text": text(field, row[field])}
					for field, label in fields
					if row.get(field) not in (None, "", 0)
				]
				for row in data[key]
			],
		}
		for key, title, fields in get_sections()
	]
