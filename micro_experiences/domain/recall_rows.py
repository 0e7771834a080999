"""The rows from which the banner is made: notes, their uses, and follow-ups."""

from dataclasses import dataclass
from datetime import date, datetime

from micro_experiences.domain.occasions import parse_occurrence_key


@dataclass(frozen=True, slots=True)
class Note:
	"""An active Personal Note, as far as recall needs it.

	`heard_by` is the colleague's name. `kind`, `certainty` and `heard_via` are empty if nobody said so. `is_new` says that a
	colleague of the viewer wrote it recently.
	"""

	name: str
	kind: str
	note: str
	certainty: str = ""
	heard_by: str = ""
	is_mine: bool = False
	heard_on: date | None = None
	heard_via: str = ""
	contact: str | None = None
	topic: str | None = None
	occasion_on: date | None = None
	repeats_yearly: bool = False
	year_known: bool = False
	remember_until: date | None = None
	pinned: bool = False
	is_new: bool = False


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
	"""An open Follow Up Task. `assigned_to` is the colleague's name.

	`occurrence_key` is that of the occasion that opened it, and `gesture` the planned gesture that it is about.
	"""

	name: str
	subject: str
	due_on: date
	assigned_to: str = ""
	is_mine: bool = False
	snoozed_until: date | None = None
	repeats: str | None = None
	occurrence_key: str = ""
	gesture: str | None = None

	@property
	def occurrence(self) -> tuple[str, date] | None:
		"""The note and the day of the occasion that opened it."""
		return parse_occurrence_key(self.occurrence_key) if self.occurrence_key else None
