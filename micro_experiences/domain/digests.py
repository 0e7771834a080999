"""The daily digest: one email in neutral lines for each user with something to do, at their chosen hour, and
none on an empty day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from babel import Locale

from micro_experiences.domain.follow_ups import get_due_state
from micro_experiences.domain.language import Language
from micro_experiences.domain.notes import is_for_everyone
from micro_experiences.domain.quiet_hours import NotificationHours

DIGEST_KIND = "Digest"

_WEEK = timedelta(days=7)
# Further lines under one heading are only counted.
_MAX_LINES = 20


@dataclass(frozen=True, slots=True)
class DigestItem:
	"""An open Follow Up Task of the reader. `customer` is the display name; `subject` is "" if an email must
	not contain it."""

	name: str
	customer: str
	due_on: date
	snoozed_until: date | None = None
	subject: str = ""
	occasion: bool = False


@dataclass(frozen=True, slots=True)
class DigestLine:
	"""A line about the task `name`; `late` if it is overdue."""

	text: str
	name: str
	late: bool = False


@dataclass(frozen=True, slots=True)
class DigestSection:
	"""Lines under a heading; `more` says how many lines were left out, or is ""."""

	title: str
	lines: tuple[DigestLine, ...]
	more: str = ""


@dataclass(frozen=True, slots=True)
class Digest:
	"""Content of the email in the language of its reader. `wallet_lines` show what is left; `direction` is
	"ltr" or "rtl"."""

	subject: str
	greeting: str
	sections: tuple[DigestSection, ...]
	wallet_title: str
	wallet_lines: tuple[str, ...]
	late: str
	change: str
	direction: str


def apply_digest_hour(hours: NotificationHours, digest_hour: str | None) -> NotificationHours:
	"""Return the hours that apply to a user's digest: the chosen hour ("07:00"; "" for the default of the
	site), not moved by quiet hours."""
	hour = int(digest_hour[:2]) if digest_hour else hours.hour
	return replace(hours, hour=hour, quiet=None)


def get_due_day(now: datetime, hours: NotificationHours) -> date | None:
	"""Return the day, in the reader's calendar, whose digest can be sent `now` (time of the site).

	Returns None before the hour and on a holiday. A digest that an outage delays beyond its day is replaced
	by that of the next day, which includes overdue items.
	"""
	today = hours.get_local_date(now)
	# On a holiday, this is a time on a later day.
	return today if hours.get_allowed_time(today).at <= now else None


def get_next_digest_time(now: datetime, hours: NotificationHours) -> datetime:
	"""Return when the next digest after `now` is sent. Both are naive, in the time of the site."""
	day = hours.get_local_date(now)
	while (moment := hours.get_allowed_time(day)).at <= now:
		day += timedelta(days=1)
	return moment.at


def digest_key(user: str, day: date) -> str:
	"""Return the unique key of a user's digest for one day of their calendar. It guarantees that the digest
	is sent only once."""
	return f"digest|{user}|{day.isoformat()}"


def get_last_day(today: date) -> date:
	"""Return the last day that the digest of `today` covers: occasions within a week."""
	return today + _WEEK - timedelta(days=1)


def get_disclosable_subject(task: Mapping, *, includes_subjects: bool) -> str:
	"""Return the subject of a follow-up if an email may contain it, else "".

	`task` has `subject, notes, gesture_confidential`; `notes` are `(visibility, sensitive)` of the note of
	the task and of the note of its gesture. The subject stays on the site, whatever the settings allow, if
	one of them is not visible to everyone or the gesture is confidential.
	"""
	if not includes_subjects or task["gesture_confidential"]:
		return ""
	if not all(is_for_everyone(visibility, sensitive) for visibility, sensitive in task["notes"]):
		return ""
	return task["subject"] or ""


def compose_digest(
	items: Iterable[DigestItem],
	wallets: Iterable[tuple[str, date]],
	today: date,
	first_name: str,
	language: Language,
) -> Digest | None:
	"""Return the digest of `today`, or None if there is nothing to do. `wallets` are the available amounts as
	text, each with its last day."""
	_ = language.translate
	overdue: list[DigestLine] = []
	due: list[DigestLine] = []
	occasions: list[DigestLine] = []
	for item in sorted(items, key=lambda item: (item.due_on, item.customer, item.name)):
		state = get_due_state(item.due_on, item.snoozed_until, today)
		day = language.format_date(item.due_on, today)
		if state == "Overdue":
			text = (
				_("Occasion for {0} was on {1}") if item.occasion else _("Follow-up for {0} was due on {1}")
			)
			overdue.append(_build_line(item, text.format(item.customer, day), late=True))
		elif item.occasion:
			is_snoozed = item.snoozed_until and item.snoozed_until > today
			if not is_snoozed and item.due_on <= get_last_day(today):
				occasions.append(_build_line(item, _("Occasion for {0} on {1}").format(item.customer, day)))
		elif state == "Today":
			due.append(_build_line(item, _("Follow-up for {0} is due today").format(item.customer)))
	sections = tuple(
		DigestSection(title, tuple(lines[:_MAX_LINES]), _format_more(len(lines) - _MAX_LINES, language))
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
		subject=_("Your follow-ups and occasions for {0}").format(language.format_date(today, today)),
		greeting=_("Hello {0}, here is your list for today:").format(first_name),
		sections=sections,
		wallet_title=_("Left in Your Wallet"),
		wallet_lines=tuple(
			_("{0} left until {1}").format(money, language.format_date(until, today))
			for money, until in wallets
		),
		late=_("overdue"),
		change=_("Change digest settings"),
		direction=Locale.parse(language.locale).text_direction,
	)


def _build_line(item: DigestItem, text: str, *, late: bool = False) -> DigestLine:
	return DigestLine(
		f"{text}: {item.subject}" if item.subject and not item.occasion else text, item.name, late
	)


def _format_more(count: int, language: Language) -> str:
	_ = language.translate
	return _("and {0} more").format(count) if count > 0 else ""
