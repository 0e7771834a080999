"""Recall: which notes and follow-ups to show now, and in which order.

Everything is passed in: rows, `now` (naive, in the viewer's time zone), the current document and the viewer's
language. This module does not know where rows come from or where the text goes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import NamedTuple

from micro_experiences.domain.follow_ups import get_due_state
from micro_experiences.domain.language import Language
from micro_experiences.domain.recall_lines import BannerItem, build_follow_up_item, build_note_item
from micro_experiences.domain.recall_rows import FollowUp, Note, NoteUse
from micro_experiences.domain.recurrence import get_next_occurrence

NOTE_KINDS = ("Moment", "Fact", "Occasion", "Never")
# The ranks of lines, the most important first. Lines of rank LATER are shown only on request.
NEVER, OWN_FOLLOW_UP, OCCASION, FRESH, MOMENT, PINNED, FACT, OTHER_FOLLOW_UP, LATER = range(9)
# A note of a colleague counts as new for this long, unless the viewer has used or snoozed it: long enough for the next
# weekly visit. There is no log of who has seen a note.
NEW_FOR = timedelta(days=7)
# A planned gesture is shown from this many days before its day.
_GESTURE_LEAD_DAYS = 3


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
class RecallResult:
	"""What is shown, how many more lines exist, and how many follow-ups are open."""

	items: tuple[BannerItem, ...] = ()
	more: int = 0
	promises: int = 0


class _Line(NamedTuple):
	"""A line that can be shown: its place in the order, and a function that builds it."""

	order: tuple
	build: Callable[[], BannerItem]

	@property
	def rank(self) -> int:
		return self.order[0]


@dataclass(frozen=True, slots=True)
class Viewpoint:
	"""Who looks at the banner, when and where: `now` is the viewer's local time, `contact` and `reference` (DocType, name)
	are those of the open document."""

	now: datetime
	contact: str | None = None
	reference: tuple[str, str] | None = None
	settings: RecallSettings = field(default_factory=RecallSettings)
	language: Language = field(default_factory=Language)

	@property
	def today(self) -> date:
		"""The viewer's day."""
		return self.now.date()


def select_items(
	notes: Sequence[Note],
	follow_ups: Sequence[FollowUp],
	uses: Iterable[NoteUse] = (),
	*,
	viewpoint: Viewpoint,
) -> RecallResult:
	"""Select the most useful lines about one customer.

	Shows every Never note, and up to `settings.lines` more in this order: the viewer's due follow-ups, upcoming occasions,
	new notes of colleagues, recent moments, pinned notes, facts, due follow-ups of colleagues. The first new note always has
	a line. Within a rank, lines about the `contact` of the document come first, then by date, then by name, so that the order
	is stable.
	"""
	lines = _arrange(notes, follow_ups, uses, viewpoint)
	shown = _choose(lines, max(viewpoint.settings.lines, 1))
	return RecallResult(
		items=tuple(line.build() for line in shown), more=len(lines) - len(shown), promises=len(follow_ups)
	)


def select_remaining_items(
	notes: Sequence[Note],
	follow_ups: Sequence[FollowUp],
	uses: Iterable[NoteUse] = (),
	*,
	viewpoint: Viewpoint,
) -> tuple[BannerItem, ...]:
	"""Return the lines that `select_items` counts as `more`, in the same order."""
	lines = _arrange(notes, follow_ups, uses, viewpoint)
	shown = _choose(lines, max(viewpoint.settings.lines, 1))
	return tuple(line.build() for line in lines if line not in shown)


def _choose(lines: Sequence[_Line], most: int) -> list[_Line]:
	never = [line for line in lines if line.rank == NEVER]
	others = [line for line in lines if NEVER < line.rank < LATER]
	shown = others[:most]
	new = next((line for line in others if line.rank == FRESH), None)
	if new and new not in shown:
		shown[-1] = new
	return never + shown


def _arrange(
	notes: Sequence[Note], follow_ups: Sequence[FollowUp], uses: Iterable[NoteUse], view: Viewpoint
) -> list[_Line]:
	"""Return all lines in order. An occasion and the follow-up that it opened are one line."""
	last_use, resting = _read_use_log(uses, view)
	opened = {task.occurrence: task for task in follow_ups if task.occurrence}
	lines = []
	for note in notes:
		if is_expired(note, view.today, view.settings):
			continue
		rank, nearness, occasion = _rank_note(note, view.today, view.settings)
		used = last_use.get(note.name)
		is_covered = bool(used and occasion) and _is_occasion_covered(used, occasion, view.settings)
		item_type = _get_item_type(note, rank)
		if note.kind != "Never" and (note.name in resting or is_covered):
			rank = LATER
		elif note.is_new and rank > FRESH:
			rank = FRESH
		elsewhere = bool(note.contact and view.contact and note.contact != view.contact)
		task = opened.get((note.name, occasion)) if occasion else None
		build = partial(build_note_item, note, item_type, occasion, task, used, view.today, view.language)
		lines.append(_Line((rank, elsewhere, nearness, note.name), build))
	known = {note.name for note in notes}
	for task in follow_ups:
		# An occasion is shown by its note. Without one, it ends with its day.
		if task.occurrence and (task.occurrence[0] in known or task.due_on < view.today):
			continue
		order = (_rank_follow_up(task, view.today), False, (task.due_on - view.today).days, task.name)
		lines.append(_Line(order, partial(build_follow_up_item, task, view.today, view.language)))
	return sorted(lines, key=lambda line: line.order)


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
	"""Return whether a note has expired: a Moment past its lifetime, an Occasion that is over and does not repeat, or any
	other note past its date in Remember Until."""
	if note.remember_until and note.kind != "Occasion":
		return note.remember_until < today
	if note.kind == "Moment":
		return bool(note.heard_on) and (today - note.heard_on).days > recall_settings.moment_expires_days
	if note.kind == "Occasion" and note.occasion_on:
		return get_next_occurrence(note.occasion_on, note.repeats_yearly, today) is None
	return False


def is_new(written_at: datetime, heard_on: date | None, now: datetime, *, by_viewer: bool) -> bool:
	"""Return whether a note that was written at `written_at` (in the time zone of `now`) is news to the viewer.

	What was heard long ago is not, for example if it was imported.
	"""
	heard_lately = heard_on is None or heard_on > (now - NEW_FOR).date()
	return not by_viewer and now - written_at < NEW_FOR and heard_lately


def _get_item_type(note: Note, rank: int) -> str:
	"""Return the type of a note's line. An old Moment is shown as a Fact, and a note without a kind as a note."""
	if rank == FACT:
		return "fact" if note.kind else "note"
	return "pinned" if rank == PINNED else note.kind.lower() or "note"


def _rank_note(note: Note, today: date, settings: RecallSettings) -> tuple[int, int, date | None]:
	"""Return (rank, distance in days, day of the occasion) of a note that has not expired."""
	age = (today - note.heard_on).days if note.heard_on else 0
	if note.kind == "Never":
		return NEVER, age, None
	if note.kind == "Occasion" and note.occasion_on:
		day = get_next_occurrence(note.occasion_on, note.repeats_yearly, today)
		wait = (day - today).days
		if wait <= settings.occasion_lead_days:
			return OCCASION, wait, day
		return (PINNED, age, day) if note.pinned else (LATER, wait, day)
	if note.kind == "Moment" and age <= settings.moment_fresh_days:
		return MOMENT, age, None
	return (PINNED if note.pinned else FACT), age, None


def _rank_follow_up(task: FollowUp, today: date) -> int:
	if task.occurrence:
		return OCCASION
	if task.gesture and not task.snoozed_until and (task.due_on - today).days <= _GESTURE_LEAD_DAYS:
		return OWN_FOLLOW_UP if task.is_mine else OTHER_FOLLOW_UP
	if get_due_state(task.due_on, task.snoozed_until, today) == "Later":
		return LATER
	return OWN_FOLLOW_UP if task.is_mine else OTHER_FOLLOW_UP


def _read_use_log(uses: Iterable[NoteUse], view: Viewpoint) -> tuple[dict[str, NoteUse], set[str]]:
	"""Return the last Used line of each note, and the notes that are resting: used recently, or snoozed by
	this viewer."""
	last_use: dict[str, NoteUse] = {}
	resting: set[str] = set()
	for use in sorted(uses, key=lambda use: (use.used_on, use.note)):
		if use.action == "Used":
			last_use[use.note] = use
			if view.now - use.used_on < timedelta(days=view.settings.rest_days):
				resting.add(use.note)
		elif use.action == "Snoozed" and use.is_mine:
			if use.snoozed_until:
				is_snoozed = use.snoozed_until > view.today
			else:
				# Until the next visit: not on the same document, and not on the same day.
				same_document = (
					use.reference is not None
					and use.reference == view.reference
					and view.reference[0] != "Customer"
				)
				is_snoozed = same_document or use.used_on.date() == view.today
			if is_snoozed:
				resting.add(use.note)
	return last_use, resting


def _is_occasion_covered(used: NoteUse, occasion: date, settings: RecallSettings) -> bool:
	"""Return whether a use was already about this occurrence of an occasion."""
	return used.used_on.date() >= occasion - timedelta(days=settings.occasion_lead_days)
