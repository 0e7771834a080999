"""The wording of the banner's lines. It states only what somebody said."""

from dataclasses import dataclass
from datetime import date

from micro_experiences.domain.anniversaries import describe_years
from micro_experiences.domain.follow_ups import is_repeating
from micro_experiences.domain.language import Language
from micro_experiences.domain.recall_rows import FollowUp, Note, NoteUse

# Notes that were heard through these channels were told by somebody.
_SPOKEN_CHANNELS = ("In Person", "Phone", "Email", "Message")


@dataclass(frozen=True, slots=True)
class BannerItem:
	"""One line of the banner. `task` is the open follow-up of an occasion or a planned gesture."""

	type: str
	name: str
	text: str
	source: str = ""
	said: str = ""
	ask: bool = False
	late: bool = False
	mine: bool = False
	repeats: bool = False
	fresh: bool = False
	task: str = ""

	def as_dict(self) -> dict:
		"""Return the line as a dict for the browser, without empty or false values, except the source."""
		row = {"type": self.type, "name": self.name, "text": self.text, "source": self.source}
		rest = ("said", "ask", "late", "mine", "repeats", "fresh", "task")
		return row | {key: value for key in rest if (value := getattr(self, key))}


def build_follow_up_item(task: FollowUp, today: date, language: Language) -> BannerItem:
	"""Return the line of a follow-up: a promise of a person, a planned gesture, or an occasion whose note is hidden."""
	_ = language.translate
	late = task.due_on < today
	when = language.format_relative(task.due_on, today)
	if task.occurrence:
		return BannerItem("promise", task.name, task.subject, source=when, mine=task.is_mine)
	if task.gesture:
		if task.is_mine:
			source = _("planned by you, {0}").format(when)
		else:
			source = _("planned by {0}, {1}").format(task.assigned_to, when)
		return BannerItem(
			"gesture", task.gesture, task.subject, source, late=late, mine=task.is_mine, task=task.name
		)
	if task.is_mine:
		text = _("You promised: {0}").format(task.subject)
	else:
		text = _("{0} promised: {1}").format(task.assigned_to, task.subject)
	return BannerItem(
		"promise",
		task.name,
		text,
		source=_("due {0}").format(when),
		late=late,
		mine=task.is_mine,
		repeats=is_repeating(task.repeats),
	)


def build_note_item(
	note: Note,
	item_type: str,
	occasion: date | None,
	task: FollowUp | None,
	used: NoteUse | None,
	today: date,
	language: Language,
) -> BannerItem:
	"""Return the line of a note. `occasion` is the day to name, and `task` the follow-up that the occasion opened."""
	_ = language.translate
	ask = note.certainty == "Noticed" and note.kind != "Never"
	text = format_occasion(note, occasion, today, language) if occasion else note.note.strip()
	if ask:
		text = _("{0} (noticed, not confirmed)").format(text.rstrip("."))
	return BannerItem(
		item_type,
		note.name,
		text,
		source=format_source(note, today, language),
		said=_format_last_use(used, today, language) if used else "",
		ask=ask,
		fresh=note.is_new,
		task=task.name if task else "",
		mine=bool(task and task.is_mine),
	)


def format_occasion(note: Note, day: date, today: date, language: Language) -> str:
	"""Return the note with its day, and with an age or a number of years as far as they are known."""
	_ = language.translate
	text = note.note.strip().rstrip(".")
	when = language.format_relative(day, today)
	if (day - today).days > 1:
		when = _("{0}, on {1}").format(when, language.format_date(day, today))
	years = (
		describe_years(note.note, note.topic, note.occasion_on, day, language.translate)
		if note.repeats_yearly and note.year_known
		else ""
	)
	return _("{0}: {1} ({2})").format(text, when, years) if years else _("{0}: {1}").format(text, when)


def format_source(note: Note, today: date, language: Language) -> str:
	"""Return where a note comes from, as far as it was said: "told to Priya by phone, 3 weeks ago"."""
	_ = language.translate
	via = {
		"In Person": _("in person"),
		"Phone": _("by phone"),
		"Email": _("by email"),
		"Message": _("by message"),
		"Visit": _("on a visit"),
	}.get(note.heard_via, "")
	who = _("you") if note.is_mine else note.heard_by
	told = _("told to {0}")
	how = {"Noticed": _("noticed by {0}"), "Confirmed": _("confirmed to {0}"), "Told Us": told}.get(
		note.certainty, told if note.heard_via in _SPOKEN_CHANNELS else _("noted by {0}")
	)
	parts = [how.format(who)] if who else []
	if via and note.certainty != "Noticed":
		parts.append(via)
	source = " ".join(parts)
	if not note.heard_on:
		return source
	when = language.format_relative(note.heard_on, today)
	return _("{0}, {1}").format(source, when) if source else when


def _format_last_use(use: NoteUse, today: date, language: Language) -> str:
	_ = language.translate
	day = language.format_date(use.used_on.date(), today)
	if use.is_mine:
		asked = _("asked by you on {0}").format(day)
	else:
		asked = _("asked by {0} on {1}").format(use.used_by, day)
	return _("{0}: {1}").format(asked, use.they_said.strip()) if use.they_said else asked
