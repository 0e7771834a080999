"""How long a note is kept, and when it is forgotten by itself: only after it was announced."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from micro_experiences.domain.recall import Language

# The settings: months, where zero is never.
BY_KIND = {
	"Moment": "forget_moment_after",
	"Fact": "forget_fact_after",
	"Occasion": "forget_occasion_after",
	"Never": "forget_never_after",
}
CLOSED, WITHOUT_INVOICE = "forget_closed_after", "forget_without_invoice"
FIELDS = (*BY_KIND.values(), CLOSED, WITHOUT_INVOICE)
MOST_MONTHS = 600

# How long between what is announced and what is done.
NOTICE = timedelta(days=7)

NOTHING, ANNOUNCE, WAIT, FORGET = "Nothing", "Announce", "Wait", "Forget"


@dataclass(frozen=True, slots=True)
class Months:
	"""After how many months a note is forgotten; 0 is never."""

	by_kind: Mapping[str, int]
	closed: int = 0
	without_invoice: int = 0

	@classmethod
	def from_settings(cls, settings: Mapping) -> "Months":
		"""As the fields of Micro Experiences Settings have them; what is empty is never."""
		months = {field: int(settings.get(field) or 0) for field in FIELDS}
		by_kind = {kind: months[field] for kind, field in BY_KIND.items()}
		return cls(by_kind, months[CLOSED], months[WITHOUT_INVOICE])

	@property
	def all(self) -> tuple[int, ...]:
		"""The months in the order of FIELDS."""
		return (*(self.by_kind[kind] for kind in BY_KIND), self.closed, self.without_invoice)

	@property
	def shortest(self) -> int:
		"""The fewest months after which anything is forgotten; 0 where nothing ever is."""
		return min(filter(None, self.all), default=0)

	def as_text(self) -> str:
		"""What was announced, as it is kept: "12/0/0/0/24/0"."""
		return "/".join(map(str, self.all))

	def is_stricter_than(self, announced: str | None) -> bool:
		"""Whether these forget anything earlier than what was announced (`as_text`; None or "": nothing was)."""
		if not announced:
			return self.shortest > 0
		before = announced.split("/")
		if len(before) != len(self.all):
			return True
		return any(
			now and (not int(then) or now < int(then)) for now, then in zip(self.all, before, strict=True)
		)


def forgotten_from(
	note: Mapping, months: Months, last_invoice: date | None, customer_since: date
) -> date | None:
	"""The day from which a note is to be forgotten, or None for never.

	`note` has `kind, status, pinned, heard_on, last_used_on, modified`, days all of them or None. Counted from the last day
	on which it was heard, used or changed; a closed note goes by whichever is earlier, its kind or that it is closed. A
	customer without invoices counts from his last submitted one, and where there was none, from the day on which he was
	made: a new customer has as long as everybody. What is pinned is kept as long as it is active.
	"""
	if note["pinned"] and note["status"] == "Active":
		return None
	days = [note[field] for field in ("heard_on", "last_used_on", "modified") if note[field]]
	if not days:
		return None
	touched = max(days)
	found = [
		(touched, months.by_kind.get(note["kind"], 0)),
		(touched, months.closed if note["status"] == "Closed" else 0),
		(max(touched, last_invoice or customer_since), months.without_invoice),
	]
	return min((later(day, count) for day, count in found if count), default=None)


def later(day: date, months: int) -> date:
	"""The same day so many months later; the last day of a shorter month."""
	return day + relativedelta(months=months)


def untouched_since(months: Months, today: date) -> date | None:
	"""What was touched after this day cannot be forgotten by `today`; None where nothing is ever forgotten."""
	# A month may end up to three days earlier than another one.
	return today - relativedelta(months=months.shortest) + timedelta(days=3) if months.shortest else None


def next_run(today: date) -> date:
	"""The day of the weekly job after `today`: Sunday."""
	return today + timedelta(days=(6 - today.weekday()) % 7 or 7)


def said(
	months: Months, announced: str | None, announced_on: date | None, today: date, language: Language
) -> str:
	"""What happens next, and when, for whoever looks at the settings."""
	_ = language.translate
	run = next_run(today)
	step = next_step(months, announced, announced_on, run)
	if step == NOTHING:
		return _("Nothing is forgotten by itself: every number here is zero.")
	if step == ANNOUNCE:
		return _(
			"On {0} the managers are told by the bell how many notes are to be forgotten, if there are any. They are forgotten a week later, on {1}, and not before."
		).format(language.date(run, today), language.date(run + NOTICE, today))
	told = language.date(announced_on, today)
	if step == WAIT:
		while run < announced_until(announced_on):
			run = next_run(run)
		return _("Announced on {0}. It begins on {1}; until then you can change your mind.").format(
			told, language.date(run, today)
		)
	return _(
		"The bell told on {0} of what was to come, if there was anything. On {1} that is forgotten, and what comes next is told. So it goes every week."
	).format(told, language.date(run, today))


def next_step(months: Months, announced: str | None, announced_on: date | None, today: date) -> str:
	"""What the weekly job does on `today`: NOTHING, ANNOUNCE, WAIT, or FORGET what was announced and announce what comes next."""
	if not months.shortest:
		return NOTHING
	if months.is_stricter_than(announced) or not announced_on:
		return ANNOUNCE
	return FORGET if today >= announced_until(announced_on) else WAIT


def announced_until(announced_on: date) -> date:
	"""What is to be forgotten by this day was announced on `announced_on`; what comes later was not."""
	return announced_on + NOTICE
