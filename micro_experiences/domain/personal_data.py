"""What a customer reads of what we hold about him: which parts, in which order, under which words."""

from collections.abc import Callable, Mapping, Sequence

from micro_experiences.domain.refusal import _

# What is a choice of ours, and so is translated.
CHOICES = frozenset(
	{"kind", "certainty", "heard_via", "action", "status", "reaction", "where", "ended_because"}
)

_Fields = tuple[tuple[str, str], ...]


def sections() -> tuple[tuple[str, str, _Fields], ...]:
	"""(key, title, ((field, label), …)) of each part."""
	day, who = ("day", _("Day")), ("by", _("Colleague"))
	return (
		("notes", _("What we noted"), _of_notes()),
		(
			"uses",
			_("When we spoke of it"),
			(
				day,
				who,
				("action", _("What was done")),
				("they_said", _("What you said")),
				("note", _("About the note")),
			),
		),
		("gestures", _("What was done for you, or thought of"), _of_gestures()),
		("promises", _("What we promised"), _of_promises()),
		("reminders", _("When a colleague was reminded"), (day, who, ("what", _("Of the promise")))),
		(
			"looks",
			_("Who looked at what is sensitive"),
			(day, who, ("where", _("Where")), ("reason", _("Reason"))),
		),
		(
			"erasures",
			_("What was erased before"),
			(day, ("whose", _("About")), ("notes", _("Notes")), ("reason", _("Reason"))),
		),
	)


def _of_notes() -> _Fields:
	return (
		("text", _("Note")),
		("kind", _("Kind")),
		("topic", _("About")),
		("contact", _("Person")),
		("certainty", _("How we know")),
		("heard_on", _("Heard on")),
		("heard_via", _("Heard by way of")),
		("heard_by", _("Heard by")),
		("occasion_on", _("Day of the occasion")),
		("remember_until", _("To be remembered until")),
		("stops", _("Rules out")),
		("kept_because", _("Worded like this because")),
		("seen_by", _("Who may read it")),
		("status", _("In use")),
		("ended_because", _("Not used any more because")),
		("times_used", _("Times used")),
		("last_used_on", _("Last used on")),
		("came_from", _("Written down with")),
	)


def _of_gestures() -> _Fields:
	return (
		("what", _("What")),
		("kind", _("Kind")),
		("contact", _("Person")),
		("status", _("How far it came")),
		("planned_on", _("Planned for")),
		("given_on", _("Given on")),
		("cost", _("Cost")),
		("by", _("Given by")),
		("message", _("Message")),
		("reaction", _("How it was received")),
		("story", _("What was told of it")),
		("decided_by", _("Decided by")),
		("declined_because", _("Declined because")),
		("in_spite_because", _("Given in spite of a note because")),
		("because_of", _("Because of the note")),
		("came_from", _("Written down with")),
	)


def _of_promises() -> _Fields:
	return (
		("what", _("What")),
		("contact", _("Person")),
		("by", _("Who keeps it")),
		("due_on", _("Due on")),
		("status", _("How far it came")),
		("outcome", _("What came of it")),
		("done_on", _("Done on")),
		("done_by", _("Done by")),
		("came_from", _("Written down with")),
	)


def may_read(visibility: str, sensitive: bool) -> str:
	"""Who may read a note, in words of the one whom it is about, to be translated."""
	if visibility == "Only Me":
		return _("One colleague alone")
	if sensitive:
		return _("Its author, and a manager who says why")
	return _("A group of colleagues") if visibility == "Group" else _("Colleagues who look after you")


def readable(
	data: Mapping[str, Sequence[Mapping]], say: Callable[[str], str], show: Callable[[object], str]
) -> list[dict]:
	"""`data` has the rows of each part by its key. Answers `[{"key", "title", "rows": [[{"label", "text"}, …], …]}]`,
	with what is empty left out; `say` translates, `show` writes days and numbers as people read them."""

	def text(field: str, value: object) -> str:
		return say(str(value)) if field in CHOICES else show(value)

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
		for key, title, fields in sections()
	]
