"""Upcoming occasions: each occurrence opens one follow-up, for the right user."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta

from micro_experiences.domain.recurrence import get_next_occurrence
from micro_experiences.domain.text import MAX_LINE_LENGTH, shorten

# Enough time to find and send a card; an earlier reminder would be forgotten.
_MAX_REMINDER_LEAD_DAYS = 3

# If one of these fields changes, the open follow-up no longer matches the occurrence of the note.
OCCURRENCE_FIELDS = ("kind", "occasion_on", "repeats_yearly")


def get_upcoming_date(first: date, yearly: bool, today: date, lead_days: int) -> date | None:
	"""Return the next day of an occasion if it is today or within `lead_days` from today, else None."""
	day = get_next_occurrence(first, yearly, today)
	return day if day and (day - today).days <= lead_days else None


def get_days_of_year(today: date, days: int) -> list[str]:
	"""Return the days of the year ("11-22") of original dates whose occasions fall within `days` days,
	including today."""
	near = [today + timedelta(days=ahead) for ahead in range(days)]
	# Occasions of 29 February fall on the 28th in common years.
	leap = ["02-29"] if any((day.month, day.day) == (2, 28) for day in near) else []
	return sorted({day.strftime("%m-%d") for day in near} | set(leap))


def is_over(due_on: date, snoozed_until: date | None, today: date) -> bool:
	"""Return whether the follow-up of an occasion ends by itself: its day is over, and nobody put it off beyond that.
	`today` is the day of its assignee."""
	return max(due_on, snoozed_until or due_on) < today


def is_report_day(day: date, today: date, lead_days: int) -> bool:
	"""Return whether to report today that the occasion on `day` opened no follow-up: when it first comes up
	and on the day itself. Daily reports would be noise."""
	return (day - today).days in (lead_days, 0)


def occurrence_key(note: str, day: date) -> str:
	"""Return the unique key of one occurrence of a note, which prevents a second follow-up for it."""
	return f"{note}|{day.isoformat()}"


def parse_occurrence_key(key: str) -> tuple[str, date]:
	"""Return the note and the day of an `occurrence_key`."""
	note, _separator, day = key.rpartition("|")
	return note, date.fromisoformat(day)


def get_assignee_candidates(account_manager: str | None, note: Mapping, managers: Iterable[str]) -> list[str]:
	"""Return the candidates for the follow-up of an occasion, in order of preference.

	These are the account manager of the customer, the author of the note, then `managers` (user ids, in
	order).
	"""
	people = (account_manager, note["heard_by"] or note["owner"], *managers)
	return list(dict.fromkeys(user for user in people if user))


def build_follow_up(
	note: Mapping, customer_name: str, day: date, today: date, translate: Callable[[str], str] = str
) -> dict:
	"""Return the fields of the follow-up that the occurrence of an occasion on `day` opens, except its
	assignee.

	`note` has the fields of the DocType. Its text is not copied: it is read through the note, by those who
	may see it.
	"""
	_ = translate
	return {
		"customer": note["customer"],
		"contact": note["contact"],
		"personal_note": note["name"],
		"subject": shorten(_("Upcoming occasion for {0}").format(customer_name), MAX_LINE_LENGTH),
		"due_on": day,
		"remind_days_before": min((day - today).days, _MAX_REMINDER_LEAD_DAYS),
		"occurrence_key": occurrence_key(note["name"], day),
	}
