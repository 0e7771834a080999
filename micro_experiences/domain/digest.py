"""The digest: one mail a day to whoever has something to do, at their own hour, in neutral lines, and none on an empty day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from babel import Locale

from micro_experiences.domain.hours import Hours
from micro_experiences.domain.notes import is_for_everyone
from micro_experiences.domain.promises import standing
from micro_experiences.domain.recall import Language

KIND = "Digest"

_WEEK = timedelta(days=7)
# More lines than this under one heading are counted, and not told.
_MOST = 20


@dataclass(frozen=True, slots=True)
class Item:
	"""An open Follow Up Task of the reader. `customer` is a name to be read; `subject` is "" where a mail may not say it."""

	name: str
	customer: str
	due_on: date
	snoozed_until: date | None = None
	subject: str = ""
	occasion: bool = False


@dataclass(frozen=True, slots=True)
class Line:
	"""A line about the task `name`; `late` where its day is over."""

	text: str
	name: str
	late: bool = False


@dataclass(frozen=True, slots=True)
class Section:
	"""Lines under a heading; `more` says how many others there are, or is ""."""

	title: str
	lines: tuple[Line, ...]
	more: str = ""


@dataclass(frozen=True, slots=True)
class Digest:
	"""What the mail says, in the language of its reader. `wallet_lines` say what is left; `direction` is "ltr" or "rtl"."""

	subject: str
	greeting: str
	sections: tuple[Section, ...]
	wallet_title: str
	wallet_lines: tuple[str, ...]
	late: str
	change: str
	direction: str


def with_hour(hours: Hours, digest_hour: str | None) -> Hours:
	"""The hours of somebody's digest: the chosen hour ("07:00"; "" for that of the site), which no quiet hours move."""
	hour = int(digest_hour[:2]) if digest_hour else hours.hour
	return replace(hours, hour=hour, quiet=None)


def day_due(now: datetime, hours: Hours) -> date | None:
	"""The day, by the reader's calendar, whose digest may be sent `now` (time of the site); None before the hour and on a
	holiday. What an outage held back beyond its day comes at the hour of the next one, with what is late in it."""
	today = hours.today(now)
	# On a holiday that is a moment of a later day.
	return today if hours.at(today).at <= now else None


def next_digest_after(now: datetime, hours: Hours) -> datetime:
	"""When the next digest after `now` comes; both naive, in the time of the site."""
	day = hours.today(now)
	while (moment := hours.at(day)).at <= now:
		day += timedelta(days=1)
	return moment.at


def digest_key(user: str, day: date) -> str:
	"""One digest for one person on one day of that person's calendar: the proof of exactly once."""
	return f"digest|{user}|{day.isoformat()}"


def last_day(today: date) -> date:
	"""The last day that the digest of `today` looks at: occasions within a week."""
	return today + _WEEK - timedelta(days=1)


def subject_told(task: Mapping, *, names_promises: bool) -> str:
	"""What was promised, where a mail may say it; else "".

	`task` has `subject, notes, gesture_confidential`; `notes` are `(visibility, sensitive)` of each note that it stems from, its
	own and that of its gesture. What stems from one that is not for everyone, or from a confidential gesture, stays on the
	site whatever the admin allows.
	"""
	if not names_promises or task["gesture_confidential"]:
		return ""
	if not all(is_for_everyone(visibility, sensitive) for visibility, sensitive in task["notes"]):
		return ""
	return task["subject"] or ""


def compose(
	items: Iterable[Item],
	wallets: Iterable[tuple[str, date]],
	today: date,
	first_name: str,
	language: Language,
) -> Digest | None:
	"""The digest of `today`, or None where there is nothing to do. `wallets` are what is left, as text, and until when."""
	_, speak = language.translate, language
	overdue: list[Line] = []
	due: list[Line] = []
	occasions: list[Line] = []
	for item in sorted(items, key=lambda item: (item.due_on, item.customer, item.name)):
		stands = standing(item.due_on, item.snoozed_until, today)
		day = speak.date(item.due_on, today)
		if stands == "Overdue":
			text = (
				_("An occasion of {0} was on {1}") if item.occasion else _("A promise to {0} was due on {1}")
			)
			overdue.append(_line(item, text.format(item.customer, day), late=True))
		elif item.occasion:
			put_off = item.snoozed_until and item.snoozed_until > today
			if not put_off and item.due_on <= last_day(today):
				occasions.append(_line(item, _("An occasion of {0} on {1}").format(item.customer, day)))
		elif stands == "Today":
			due.append(_line(item, _("A promise to {0} is due today").format(item.customer)))
	sections = tuple(
		Section(title, tuple(lines[:_MOST]), _more(len(lines) - _MOST, language))
		for title, lines in (
			(_("Overdue"), overdue),
			(_("Today"), due),
			(_("Occasions This Week"), occasions),
		)
		if lines
	)
	if not sections:
		return None
	return Digest(
		subject=_("Your promises and occasions on {0}").format(speak.date(today, today)),
		greeting=_("Hello {0}, this is on for today:").format(first_name),
		sections=sections,
		wallet_title=_("Left in Your Wallet"),
		wallet_lines=tuple(
			_("{0} left until {1}").format(money, speak.date(until, today)) for money, until in wallets
		),
		late=_("late"),
		change=_("Change when and how"),
		direction=Locale.parse(language.locale).text_direction,
	)


def _line(item: Item, text: str, *, late: bool = False) -> Line:
	return Line(f"{text}: {item.subject}" if item.subject and not item.occasion else text, item.name, late)


def _more(count: int, language: Language) -> str:
	_ = language.translate
	return _("and {0} more").format(count) if count > 0 else ""
