"""Recall: which notes and promises to show now, in what order, in what words.

Everything is passed in: rows, `now` (naive, in the viewer's time zone), the document in hand, and the
viewer's language. Nothing here knows where the rows came from or where the words go.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from operator import itemgetter

from babel.dates import format_date, format_timedelta

from micro_experiences.domain.cadence import next_occurrence
from micro_experiences.domain.occasions import occurrence_key
from micro_experiences.domain.promises import repeating, standing

KINDS = ("Moment", "Fact", "Occasion", "Never")
PAYLOAD_BYTES = 2048
_TEXT_LENGTHS = (160, 110, 70, 40)


@dataclass(frozen=True, slots=True)
class Note:
	"""An active Personal Note, as far as recall needs it. `heard_by` is the colleague's name."""

	name: str
	kind: str
	note: str
	certainty: str = "Told Us"
	heard_by: str = ""
	heard_by_me: bool = False
	heard_on: date | None = None
	heard_via: str = ""
	contact: str | None = None
	occasion_on: date | None = None
	repeats_yearly: bool = False
	remember_until: date | None = None
	pinned: bool = False


@dataclass(frozen=True, slots=True)
class Use:
	"""One line of the log of uses. `snoozed_until` is None for "until the next visit"."""

	note: str
	action: str
	used_by: str
	by_me: bool
	used_on: datetime
	they_said: str = ""
	snoozed_until: date | None = None
	reference: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Promise:
	"""An open Follow Up Task. `assigned_to` is the colleague's name; `occurrence_key` that of the occasion which opened it."""

	name: str
	subject: str
	due_on: date
	assigned_to: str = ""
	mine: bool = False
	snoozed_until: date | None = None
	repeats: str | None = None
	occurrence_key: str = ""


@dataclass(frozen=True, slots=True)
class Manners:
	"""The settings of the site that decide what is shown, and for how long."""

	lines: int = 3
	occasion_lead_days: int = 14
	moment_fresh_days: int = 30
	moment_expires_days: int = 120
	rest_days: int = 14

	@classmethod
	def from_settings(cls, settings: Mapping) -> "Manners":
		"""As the fields of Micro Experiences Settings have them."""
		return cls(
			lines=int(settings["lines_in_banner"] or 3),
			**{
				field: int(settings[field] or 0)
				for field in ("occasion_lead_days", "moment_fresh_days", "moment_expires_days", "rest_days")
			},
		)


@dataclass(frozen=True, slots=True)
class Language:
	"""How to speak to the viewer: a translator of "{0}" templates, and the locale of dates (such as "de" or "pt_BR")."""

	translate: Callable[[str], str] = str
	locale: str = "en"

	def date(self, day: date, today: date) -> str:
		"""A short date; the year only where it is not this year's."""
		return format_date(day, "d MMM" if day.year == today.year else "d MMM y", locale=self.locale)

	def ago(self, day: date, today: date) -> str:
		"""How long ago, or in how long, in words."""
		_ = self.translate
		near = {0: _("today"), -1: _("yesterday"), 1: _("tomorrow")}.get((day - today).days)
		# "in 9 days" says more than "in 1 week": a longer unit is used from two of it on.
		return near or format_timedelta(
			day - today, granularity="day", threshold=2, add_direction=True, locale=self.locale
		)


@dataclass(frozen=True, slots=True)
class Item:
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
		"""The line for the browser; what is empty or false is left out, except the source."""
		row = {"type": self.type, "name": self.name, "text": self.text, "source": self.source}
		rest = ("said", "ask", "late", "mine", "repeats")
		return row | {key: value for key in rest if (value := getattr(self, key))}


@dataclass(frozen=True, slots=True)
class Recall:
	"""What is shown, how many more active notes and promises there are, and how many promises are due."""

	items: tuple[Item, ...] = ()
	more: int = 0
	promises: int = 0


# A candidate: what it is sorted by, and how its line is made once it is known to be shown.
_Candidate = tuple[tuple, Callable[[], Item]]

PROMISE, NEVER, OCCASION, MOMENT, PINNED, FACT = range(6)


def recall(
	notes: Sequence[Note],
	promises: Sequence[Promise],
	uses: Iterable[Use] = (),
	*,
	now: datetime,
	contact: str | None = None,
	reference: tuple[str, str] | None = None,
	manners: Manners | None = None,
	language: Language | None = None,
) -> Recall:
	"""The most useful lines about one customer: a promise that is due, what to avoid, an occasion that is near (once,
	also where it has opened a promise), a fresh moment, what is pinned, a fact. Within a rank, what concerns the
	`contact` on the document comes first, then the nearer date, then the name, so that ties keep their order.
	"""
	manners, language, today = manners or Manners(), language or Language(), now.date()
	last_use, resting = _log(uses, now, reference, manners)
	candidates: list[_Candidate] = []
	occasions: set[str] = set()
	for note in notes:
		placed = _place(note, today, manners)
		if placed is None or (note.name in resting and note.kind != "Never"):
			continue
		rank, nearness, occasion = placed
		elsewhere = bool(note.contact and contact and note.contact != contact)
		used = last_use.get(note.name)
		if used and occasion and note.kind == "Occasion" and _covers(used, occasion, manners):
			continue
		if occasion:
			occasions.add(occurrence_key(note.name, occasion))
		line = partial(_item, note, rank, occasion, used, today, language)
		candidates.append(((rank, elsewhere, nearness, note.name), line))
	# The promise that an occasion has opened says no more than the occasion does.
	promises = [p for p in promises if p.occurrence_key not in occasions]
	due = [p for p in promises if standing(p.due_on, p.snoozed_until, today) != "Later"]
	candidates += [
		((PROMISE, not p.mine, (p.due_on - today).days, p.name), partial(_promise, p, today, language))
		for p in due
	]
	shown = sorted(candidates, key=itemgetter(0))[: max(manners.lines, 1)]
	return Recall(
		items=tuple(line() for _order, line in shown),
		more=len(notes) + len(promises) - len(shown),
		promises=len(due),
	)


def payload(
	customer: str, remembered: Recall, wallet: dict | None, *, show_empty: bool, opened: str | None = None
) -> dict:
	"""The banner as the browser gets it, in at most 2 kB. `wallet` is `{"left", "text", "low", "nudge"}` of the first wallet,
	`opened` says that sensitive notes are open to the viewer for now, and why.

	`quiet` stands in a banner that has nothing to say on a site that does not want to be invited to a first note.
	"""
	said = {
		"customer": customer,
		"items": [item.as_dict() for item in remembered.items],
		"more": remembered.more,
		"promises": remembered.promises,
		"wallet": wallet,
	}
	if opened:
		said["opened"] = opened
	elif not show_empty and not remembered.items and not remembered.more:
		said["quiet"] = True
	return fit(said)


def expired(note: Note, today: date, manners: Manners) -> bool:
	"""Whether a note has had its time: a Moment past its date or its days, an Occasion that does not return."""
	if note.kind == "Moment":
		if note.remember_until:
			return note.remember_until < today
		return bool(note.heard_on) and (today - note.heard_on).days > manners.moment_expires_days
	if note.kind == "Occasion" and note.occasion_on:
		return next_occurrence(note.occasion_on, note.repeats_yearly, today) is None
	return False


def _place(note: Note, today: date, manners: Manners) -> tuple[int, int, date | None] | None:
	"""(rank, nearness in days, day of the occasion) of a note, or None when it is not for today."""
	if expired(note, today, manners):
		return None
	age = (today - note.heard_on).days if note.heard_on else 0
	if note.kind == "Never":
		return NEVER, age, None
	if note.kind == "Occasion" and note.occasion_on:
		day = next_occurrence(note.occasion_on, note.repeats_yearly, today)
		wait = (day - today).days
		if wait <= manners.occasion_lead_days:
			return OCCASION, wait, day
		return (PINNED, age, day) if note.pinned else None
	if note.kind == "Moment" and age <= manners.moment_fresh_days:
		return MOMENT, age, None
	if note.pinned:
		return PINNED, age, None
	return FACT, age, None


def _log(
	uses: Iterable[Use], now: datetime, reference: tuple[str, str] | None, manners: Manners
) -> tuple[dict[str, Use], set[str]]:
	"""The last Used line of each note, and the notes that rest now: used lately, or put off by this viewer."""
	last_use: dict[str, Use] = {}
	resting: set[str] = set()
	for use in sorted(uses, key=lambda use: (use.used_on, use.note)):
		if use.action == "Used":
			last_use[use.note] = use
			if now - use.used_on < timedelta(days=manners.rest_days):
				resting.add(use.note)
		elif use.action == "Snoozed" and use.by_me:
			if use.snoozed_until:
				put_off = use.snoozed_until > now.date()
			else:
				# Until the next visit: not on the same document again, and not again on the same day.
				same_document = (
					use.reference is not None and use.reference == reference and reference[0] != "Customer"
				)
				put_off = same_document or use.used_on.date() == now.date()
			if put_off:
				resting.add(use.note)
	return last_use, resting


def _covers(used: Use, occasion: date, manners: Manners) -> bool:
	"""Whether a use was already about this occurrence of an occasion."""
	return used.used_on.date() >= occasion - timedelta(days=manners.occasion_lead_days)


def _promise(promise: Promise, today: date, language: Language) -> Item:
	_ = language.translate
	late = promise.due_on < today
	when = language.ago(promise.due_on, today)
	if promise.mine:
		text = _("You promised: {0}").format(promise.subject)
	else:
		text = _("{0} promised: {1}").format(promise.assigned_to, promise.subject)
	return Item(
		"promise",
		promise.name,
		text,
		source=_("due {0}").format(when),
		late=late,
		mine=promise.mine,
		repeats=repeating(promise.repeats),
	)


def _item(
	note: Note, rank: int, occasion: date | None, used: Use | None, today: date, language: Language
) -> Item:
	_ = language.translate
	ask = note.certainty == "Noticed" and note.kind != "Never"
	text = note.note.strip()
	if occasion:
		text = _occasion_text(note, occasion, today, language)
	if ask:
		text = _("{0}: noticed once, better ask").format(text.rstrip("."))
	return Item(
		("promise", "never", "occasion", "moment", "pinned", "fact")[rank],
		note.name,
		text,
		source=source(note, today, language),
		said=_said(used, today, language) if used else "",
		ask=ask,
	)


def _occasion_text(note: Note, day: date, today: date, language: Language) -> str:
	"""The note with its day; with the number of years only where the year of the first one is known."""
	_ = language.translate
	text = note.note.strip().rstrip(".")
	when = language.ago(day, today)
	if (day - today).days > 1:
		when = _("{0}, on {1}").format(when, language.date(day, today))
	years = day.year - note.occasion_on.year
	# "12 June" is kept as the next 12 June: a first date in the year it was heard, or later, tells no age.
	if note.repeats_yearly and note.heard_on and note.occasion_on.year < note.heard_on.year:
		return _("{0}: {1} (turns {2})").format(text, when, years)
	return _("{0}: {1}").format(text, when)


def source(note: Note, today: date, language: Language) -> str:
	"""Where a note comes from: "told to Priya by phone, 3 weeks ago"."""
	_ = language.translate
	via = {
		"In Person": _("in person"),
		"Phone": _("by phone"),
		"Email": _("by email"),
		"Message": _("by message"),
		"Visit": _("on a visit"),
	}.get(note.heard_via, "")
	who = _("you") if note.heard_by_me else note.heard_by
	how = {"Noticed": _("noticed by {0}"), "Confirmed": _("confirmed to {0}")}.get(
		note.certainty, _("told to {0}")
	)
	parts = [how.format(who)] if who else []
	if via and note.certainty != "Noticed":
		parts.append(via)
	said = " ".join(parts)
	if not note.heard_on:
		return said
	when = language.ago(note.heard_on, today)
	return _("{0}, {1}").format(said, when) if said else when


def _said(use: Use, today: date, language: Language) -> str:
	_ = language.translate
	day = language.date(use.used_on.date(), today)
	if use.by_me:
		asked = _("asked by you on {0}").format(day)
	else:
		asked = _("asked by {0} on {1}").format(use.used_by, day)
	return _("{0}: {1}").format(asked, use.they_said.strip()) if use.they_said else asked


def fit(payload: dict, limit: int = PAYLOAD_BYTES) -> dict:
	"""`payload` with the texts of its items cut, evenly and with an ellipsis, until its JSON has at most `limit` bytes.

	If even the shortest texts do not fit, the last items go, and `more` counts them.
	"""
	items = payload["items"]
	for length in _TEXT_LENGTHS:
		cut = [
			{
				key: _cut(value, length) if key in ("text", "source", "said") else value
				for key, value in item.items()
			}
			for item in items
		]
		payload = payload | {"items": cut}
		if _size(payload) <= limit:
			return payload
	while payload["items"] and _size(payload) > limit:
		payload = payload | {"items": payload["items"][:-1], "more": payload["more"] + 1}
	return payload


def _cut(text: str, length: int) -> str:
	return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _size(payload: dict) -> int:
	# Frappe sends JSON with \\uXXXX escapes, so that is what is counted.
	return len(json.dumps(payload, separators=(",", ":")))
