"""Occasions that come near: the promise that each one opens once, for whom, and what becomes of it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta

from micro_experiences.domain.cadence import next_occurrence
from micro_experiences.domain.text import LINE, shortened

# Time enough to find a card and to send it; who knows it earlier than that forgets it again.
_MOST_DAYS_BEFORE = 3

# When one of these changes, a note speaks of another occurrence than the promise that it opened.
MOVES_OCCURRENCE = ("kind", "occasion_on", "repeats_yearly")


def near(first: date, yearly: bool, today: date, lead_days: int) -> date | None:
	"""The next time that an occasion falls, if that is today or within `lead_days` from today; else None."""
	day = next_occurrence(first, yearly, today)
	return day if day and (day - today).days <= lead_days else None


def days_of_year(today: date, days: int) -> list[str]:
	"""The days of a year ("11-22") on which an occasion was first, that falls within `days` days from today, today included."""
	near = [today + timedelta(days=ahead) for ahead in range(days)]
	# Those of 29 February fall on the 28th in common years.
	leap = ["02-29"] if any((day.month, day.day) == (2, 28) for day in near) else []
	return sorted({day.strftime("%m-%d") for day in near} | set(leap))


def is_reported(day: date, today: date, lead_days: int) -> bool:
	"""Whether it is said today that the occasion on `day` opened no promise: when it first comes near, and on the day
	itself. Every day would be noise."""
	return (day - today).days in (lead_days, 0)


def occurrence_key(note: str, day: date) -> str:
	"""One occurrence of one note: the proof that no second promise is opened for it."""
	return f"{note}|{day.isoformat()}"


def candidates(account_manager: str | None, note: Mapping, managers: Iterable[str]) -> list[str]:
	"""Whose promise an occasion is, the first choice first: who looks after the customer, who heard of it, and a Micro
	Experiences Manager. `managers` are user ids in the order in which to ask them."""
	people = (account_manager, note["heard_by"] or note["owner"], *managers)
	return list(dict.fromkeys(filter(None, people)))


def promise(
	note: Mapping, customer_name: str, day: date, today: date, translate: Callable[[str], str] = str
) -> dict:
	"""The fields of the promise that the occurrence of an occasion on `day` opens, but for who keeps it.

	`note` has the fields of the DocType. Nothing of its text: that is read through the note, by who may see it.
	"""
	_ = translate
	return {
		"customer": note["customer"],
		"contact": note["contact"],
		"personal_note": note["name"],
		"subject": shortened(_("An occasion of {0} is near").format(customer_name), LINE),
		"due_on": day,
		"remind_days_before": min((day - today).days, _MOST_DAYS_BEFORE),
		"occurrence_key": occurrence_key(note["name"], day),
	}
