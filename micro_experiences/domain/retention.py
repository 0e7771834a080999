"""Retention of notes: how long they are kept, and when they are deleted. Deletion is always announced first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from micro_experiences.domain.language import Language

# Settings fields: months, where 0 means never.
KIND_FIELDS = {
	"Moment": "forget_moment_after",
	"Fact": "forget_fact_after",
	"Occasion": "forget_occasion_after",
	"Never": "forget_never_after",
}
CLOSED_FIELD, WITHOUT_INVOICE_FIELD = "forget_closed_after", "forget_without_invoice"
RETENTION_FIELDS = (*KIND_FIELDS.values(), CLOSED_FIELD, WITHOUT_INVOICE_FIELD)
MAX_MONTHS = 600

# Time between the announcement and the deletion.
NOTICE_PERIOD = timedelta(days=7)

NOTHING, ANNOUNCE, WAIT, FORGET = "Nothing", "Announce", "Wait", "Forget"


@dataclass(frozen=True, slots=True)
class RetentionMonths:
	"""Number of months after which notes are deleted; 0 means never."""

	by_kind: Mapping[str, int]
	closed: int = 0
	without_invoice: int = 0

	@classmethod
	def from_settings(cls, settings: Mapping) -> "RetentionMonths":
		"""Create from the fields of Micro Experiences Settings; an empty field means never."""
		months = {field: int(settings.get(field) or 0) for field in RETENTION_FIELDS}
		by_kind = {kind: months[field] for kind, field in KIND_FIELDS.items()}
		return cls(by_kind, months[CLOSED_FIELD], months[WITHOUT_INVOICE_FIELD])

	@property
	def all(self) -> tuple[int, ...]:
		"""Return the months in the order of RETENTION_FIELDS."""
		return (*(self.by_kind[kind] for kind in KIND_FIELDS), self.closed, self.without_invoice)

	@property
	def shortest(self) -> int:
		"""Return the shortest period after which anything is deleted; 0 if nothing ever is."""
		return min((months for months in self.all if months), default=0)

	def as_text(self) -> str:
		"""Return the periods as stored with an announcement: "12/0/0/0/24/0"."""
		return "/".join(str(months) for months in self.all)

	def is_stricter_than(self, announced: str | None) -> bool:
		"""Return whether these periods delete anything earlier than the announced ones (`as_text`; None or ""
		if nothing was announced)."""
		if not announced:
			return self.shortest > 0
		before = announced.split("/")
		if len(before) != len(self.all):
			return True
		return any(
			now and (not int(then) or now < int(then)) for now, then in zip(self.all, before, strict=True)
		)


def get_expiry_date(
	note: Mapping, months: RetentionMonths, last_invoice: date | None, customer_since: date
) -> date | None:
	"""Return the day from which a note is to be deleted, or None for never.

	`note` has `kind, status, pinned, heard_on, last_used_on, modified`, all dates or None. Counted from the
	last day on which it was heard, used or changed. A note without a kind is kept like a Fact. For a closed
	note, the earlier of the periods for its kind and for closed notes applies. For a customer without invoices,
	the period counts from their last submitted invoice or, if there is none, from the day they were created, so
	that new customers get the full period. A pinned note is kept while it is active.
	"""
	if note["pinned"] and note["status"] == "Active":
		return None
	days = [note[field] for field in ("heard_on", "last_used_on", "modified") if note[field]]
	if not days:
		return None
	touched = max(days)
	periods = [
		(touched, months.by_kind.get(note["kind"] or "Fact", 0)),
		(touched, months.closed if note["status"] == "Closed" else 0),
		(max(touched, last_invoice or customer_since), months.without_invoice),
	]
	return min((add_months(day, count) for day, count in periods if count), default=None)


def add_months(day: date, months: int) -> date:
	"""Return the same day `months` later, or the last day of a shorter month."""
	return day + relativedelta(months=months)


def get_cutoff_date(months: RetentionMonths, today: date) -> date | None:
	"""Return the last day of activity that makes deletion by `today` possible, or None if nothing is ever
	deleted."""
	# Months differ in length by up to three days.
	return today - relativedelta(months=months.shortest) + timedelta(days=3) if months.shortest else None


def get_next_run(today: date) -> date:
	"""Return the day of the next weekly job after `today`: Sunday."""
	return today + timedelta(days=(6 - today.weekday()) % 7 or 7)


def describe_next_step(
	months: RetentionMonths, announced: str | None, announced_on: date | None, today: date, language: Language
) -> str:
	"""Describe what happens next, and when, for the settings form."""
	_ = language.translate
	run = get_next_run(today)
	step = get_next_step(months, announced, announced_on, run)
	if step == NOTHING:
		return _("No notes are deleted automatically because every retention period is 0.")
	if step == ANNOUNCE:
		return _(
			"On {0}, managers are notified of the number of notes due for deletion, if any. These notes are deleted a week later, on {1}."
		).format(language.format_date(run, today), language.format_date(run + NOTICE_PERIOD, today))
	announced_day = language.format_date(announced_on, today)
	if step == WAIT:
		while run < get_announced_until(announced_on):
			run = get_next_run(run)
		return _(
			"Announced on {0}. Deletion starts on {1}. Until then, you can change these settings."
		).format(announced_day, language.format_date(run, today))
	return _(
		"On {0}, managers were notified of the number of notes due for deletion, if any. On {1}, these notes are deleted and the next ones are announced. This repeats every week."
	).format(announced_day, language.format_date(run, today))


def get_next_step(
	months: RetentionMonths, announced: str | None, announced_on: date | None, today: date
) -> str:
	"""Return what the weekly job does on `today`: NOTHING, ANNOUNCE, WAIT, or FORGET (delete what was
	announced and announce the next notes)."""
	if not months.shortest:
		return NOTHING
	if months.is_stricter_than(announced) or not announced_on:
		return ANNOUNCE
	return FORGET if today >= get_announced_until(announced_on) else WAIT


def get_announced_until(announced_on: date) -> date:
	"""Return the day up to which deletions were announced on `announced_on`."""
	return announced_on + NOTICE_PERIOD
