"""Recall: which notes and follow-ups to show now, in which order and wording.

Everything is passed in: rows, `now` (naive, in the viewer's time zone), the current document and the viewer's
language. This module does not know where rows come from or where the text goes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from operator import itemgetter

from micro_experiences.domain.follow_ups import get_due_state, is_repeating
from micro_experiences.domain.language import Language
from micro_experiences.domain.occasions import occurrence_key
from micro_experiences.domain.recurrence import get_next_occurrence

NOTE_KINDS = ("Moment", "Fact", "Occasion", "Never")
# The ranks of lines, the most important first.
FOLLOW_UP, NEVER, OCCASION, MOMENT, PINNED, FACT = range(6)


@dataclass(frozen=True, slots=True)
class Note:
	"""An active Personal Note, as far as recall needs it. `heard_by` is the colleague's name."""

	name: str
	kind: str
	note: str
	certainty: str = "Told Us"
	heard_by: str = ""
	is_mine: bool = False
	heard_on: date | None = None
	heard_via: str = ""
	contact: str | None = None
	occasion_on: date | None = None
	repeats_yearly: bool = False
	remember_until: date | None = None
	pinned: bool = False


@dataclass(frozen=True, slots=True)
class NoteUse:
	"""One line of the log of uses. `snoozed_until` is None for "until the next visit"."""

	note: str
	action: str
	used_by: str
	is_mine: bool
	used_on: datetime
	they_said: str = ""
	snoozed_until: date | None = None
	reference: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class FollowUp:
	"""An open Follow Up Task. `assigned_to` is the colleague's name; `occurrence_key` is that of the occasion
	that opened it."""

	name: str
	subject: str
	due_on: date
	assigned_to: str = ""
	is_mine: bool = False
	snoozed_until: date | None = None
	repeats: str | None = None
	occurrence_key: str = ""


@dataclass(frozen=True, slots=True)
class RecallSettings:
	"""Settings of the site that decide what is shown, and for how long."""

	lines: int = 3
	occasion_lead_days: int = 14
	moment_fresh_days: int = 30
	moment_expires_days: int = 120
	rest_days: int = 14

	@classmethod
	def from_settings(cls, settings: Mapping) -> "RecallSettings":
		"""Create from the fields of Micro Experiences Settings."""
		return cls(
			lines=int(settings["lines_in_banner"] or 3),
			**{
				field: int(settings[field] or 0)
				for field in ("occasion_lead_days", "moment_fresh_days", "moment_expires_days", "rest_days")
			},
		)


@dataclass(frozen=True, slots=True)
class BannerItem:
	"""One line of the banner."""

	type: str
	name: str
	text: str
	source: str = ""
	said: str = ""
	ask: bool = False
	late: bool = False
	mine: bool = False
	repeats: bool = False

	def as_dict(self) -> dict:
		"""Return the line as a dict for the browser, without empty or false values, except the source."""
		row = {"type": self.type, "name": self.name, "text": self.text, "source": self.source}
		rest = ("said", "ask", "late", "mine", "repeats")
		return row | {key: value for key in rest if (value := getattr(self, key))}


@dataclass(frozen=True, slots=True)
class RecallResult:
	"""What is shown, how many more active notes and follow-ups exist, and how many follow-ups are due."""

	items: tuple[BannerItem, ...] = ()
	more: int = 0
	promises: int = 0


# A candidate: its sort key, and a function that builds its line if it is shown.
_Candidate = tuple[tuple, Callable[[], BannerItem]]


def select_items(
	notes: Sequence[Note],
	follow_ups: Sequence[FollowUp],
	uses: Iterable[NoteUse] = (),
	*,
	now: datetime,
	contact: str | None = None,
	reference: tuple[str, str] | None = None,
	recall_settings: RecallSettings | None = None,
	language: Language | None = None,
) -> RecallResult:
	"""Select the most useful lines about one customer.

	Ranks, in order: a due follow-up, what to avoid, an upcoming occasion (once, even if it opened a
	follow-up), a recent moment, pinned notes, a fact. Within a rank, items about the `contact` of the
	document come first, then by date, then by name, so that the order is stable.
	"""
	recall_settings, language, today = recall_settings or RecallSettings(), language or Language(), now.date()
	last_use, resting = _read_use_log(uses, now, reference, recall_settings)
	candidates: list[_Candidate] = []
	occasions: set[str] = set()
	for note in notes:
		placed = _rank_note(note, today, recall_settings)
		if placed is None or (note.name in resting and note.kind != "Never"):
			continue
		rank, nearness, occasion = placed
		elsewhere = bool(note.contact and contact and note.contact != contact)
		used = last_use.get(note.name)
		if (
			used
			and occasion
			and note.kind == "Occasion"
			and _is_occasion_covered(used, occasion, recall_settings)
		):
			continue
		if occasion:
			occasions.add(occurrence_key(note.name, occasion))
		line = partial(_build_note_item, note, rank, occasion, used, today, language)
		candidates.append(((rank, elsewhere, nearness, note.name), line))
	# A follow-up opened by an occasion adds nothing to the occasion itself.
	follow_ups = [task for task in follow_ups if task.occurrence_key not in occasions]
	due = [task for task in follow_ups if get_due_state(task.due_on, task.snoozed_until, today) != "Later"]
	candidates += [
		(
			(FOLLOW_UP, not task.is_mine, (task.due_on - today).days, task.name),
			partial(_build_follow_up_item, task, today, language),
		)
		for task in due
	]
	shown = sorted(candidates, key=itemgetter(0))[: max(recall_settings.lines, 1)]
	return RecallResult(
		items=tuple(line() for _order, line in shown),
		more=len(notes) + len(follow_ups) - len(shown),
		promises=len(due),
	)


def get_banner_fields(
	customer: str,
	result: RecallResult,
	wallet: dict | None,
	*,
	show_empty: bool,
	opened: str | None = None,
) -> dict:
	"""Return the banner as the browser receives it, before its size is limited.

	`wallet` is `{"left", "text", "low", "nudge"}` of the first wallet; `opened` says that sensitive notes are
	currently visible to the viewer, and why. `quiet` is set in an empty banner if the site does not invite
	users to add a first note.
	"""
	fields = {
		"customer": customer,
		"items": [item.as_dict() for item in result.items],
		"more": result.more,
		"promises": result.promises,
		"wallet": wallet,
	}
	if opened:
		fields["opened"] = opened
	elif not show_empty and not result.items and not result.more:
		fields["quiet"] = True
	return fields


def is_expired(note: Note, today: date, recall_settings: RecallSettings) -> bool:
	"""Return whether a note has expired: a Moment past its date or its lifetime, or an Occasion that does not
	repeat."""
	if note.kind == "Moment":
		if note.remember_until:
			return note.remember_until < today
		return bool(note.heard_on) and (today - note.heard_on).days > recall_settings.moment_expires_days
	if note.kind == "Occasion" and note.occasion_on:
		return get_next_occurrence(note.occasion_on, note.repeats_yearly, today) is None
	return False


def _rank_note(
	note: Note, today: date, recall_settings: RecallSettings
) -> tuple[int, int, date | None] | None:
	"""Return (rank, distance in days, day of the occasion) of a note, or None if it is not shown today."""
	if is_expired(note, today, recall_settings):
		return None
	age = (today - note.heard_on).days if note.heard_on else 0
	if note.kind == "Never":
		return NEVER, age, None
	if note.kind == "Occasion" and note.occasion_on:
		day = get_next_occurrence(note.occasion_on, note.repeats_yearly, today)
		wait = (day - today).days
		if wait <= recall_settings.occasion_lead_days:
			return OCCASION, wait, day
		return (PINNED, age, day) if note.pinned else None
	if note.kind == "Moment" and age <= recall_settings.moment_fresh_days:
		return MOMENT, age, None
	if note.pinned:
		return PINNED, age, None
	return FACT, age, None


def _read_use_log(
	uses: Iterable[NoteUse], now: datetime, reference: tuple[str, str] | None, recall_settings: RecallSettings
) -> tuple[dict[str, NoteUse], set[str]]:
	"""Return the last Used line of each note, and the notes that are resting: used recently, or snoozed by
	this viewer."""
	last_use: dict[str, NoteUse] = {}
	resting: set[str] = set()
	for use in sorted(uses, key=lambda use: (use.used_on, use.note)):
		if use.action == "Used":
			last_use[use.note] = use
			if now - use.used_on < timedelta(days=recall_settings.rest_days):
				resting.add(use.note)
		elif use.action == "Snoozed" and use.is_mine:
			if use.snoozed_until:
				is_snoozed = use.snoozed_until > now.date()
			else:
				# Until the next visit: not on the same document, and not on the same day.
				same_document = (
					use.reference is not None and use.reference == reference and reference[0] != "Customer"
				)
				is_snoozed = same_document or use.used_on.date() == now.date()
			if is_snoozed:
				resting.add(use.note)
	return last_use, resting


def _is_occasion_covered(used: NoteUse, occasion: date, recall_settings: RecallSettings) -> bool:
	"""Return whether a use was already about this occurrence of an occasion."""
	return used.used_on.date() >= occasion - timedelta(days=recall_settings.occasion_lead_days)


def _build_follow_up_item(task: FollowUp, today: date, language: Language) -> BannerItem:
	_ = language.translate
	late = task.due_on < today
	when = language.format_relative(task.due_on, today)
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


def _build_note_item(
	note: Note, rank: int, occasion: date | None, used: NoteUse | None, today: date, language: Language
) -> BannerItem:
	_ = language.translate
	ask = note.certainty == "Noticed" and note.kind != "Never"
	text = note.note.strip()
	if occasion:
		text = _format_occasion(note, occasion, today, language)
	if ask:
		text = _("{0} (noticed, not confirmed)").format(text.rstrip("."))
	return BannerItem(
		("promise", "never", "occasion", "moment", "pinned", "fact")[rank],
		note.name,
		text,
		source=format_source(note, today, language),
		said=_format_last_use(used, today, language) if used else "",
		ask=ask,
	)


def _format_occasion(note: Note, day: date, today: date, language: Language) -> str:
	"""Return the note with its day, and the number of years only if the year of the first one is known."""
	_ = language.translate
	text = note.note.strip().rstrip(".")
	when = language.format_relative(day, today)
	if (day - today).days > 1:
		when = _("{0}, on {1}").format(when, language.format_date(day, today))
	years = day.year - note.occasion_on.year
	# "12 June" is stored as the next 12 June: a first date in the year it was heard, or later, implies no age.
	if note.repeats_yearly and note.heard_on and note.occasion_on.year < note.heard_on.year:
		return _("{0}: {1} (turns {2})").format(text, when, years)
	return _("{0}: {1}").format(text, when)


def format_source(note: Note, today: date, language: Language) -> str:
	"""Return where a note comes from: "told to Priya by phone, 3 weeks ago"."""
	_ = language.translate
	via = {
		"In Person": _("in person"),
		"Phone": _("by phone"),
		"Email": _("by email"),
		"Message": _("by message"),
		"Visit": _("on a visit"),
	}.get(note.heard_via, "")
	who = _("you") if note.is_mine else note.heard_by
	how = {"Noticed": _("noticed by {0}"), "Confirmed": _("confirmed to {0}")}.get(
		note.certainty, _("told to {0}")
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
