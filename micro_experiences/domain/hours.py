"""The good hours of a person: outside quiet hours and holidays, by the clock of the place where that person is."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from dateutil.tz import resolve_imaginary

QUIET_HOURS, HOLIDAY = "Quiet Hours", "Holiday"

# Who has no working day in a year has a holiday list that means nothing.
_MOST_HOLIDAYS = 366


@dataclass(frozen=True, slots=True)
class Moment:
	"""When a reminder comes: `at`, in the time of the site. `moved_from` is when it would have come, and `moved_because`
	is QUIET_HOURS or HOLIDAY; None and "" where it was not moved."""

	at: datetime
	moved_from: datetime | None = None
	moved_because: str = ""


@dataclass(frozen=True, slots=True)
class Hours:
	"""When somebody may be reminded. `hour` is for what has no time of its own; `quiet` are hours (from, until).

	Moments are naive: in the time of the site where they are kept and answered, by the clock of the person's `zone`
	within. Without zones both are the same.
	"""

	hour: int = 9
	quiet: tuple[time, time] | None = None
	holidays: frozenset[date] = frozenset()
	zone: tzinfo | None = None
	site: tzinfo | None = None

	def at(self, day: date, clock: time | None = None) -> Moment:
		"""The first good moment from `day` on at `clock` (the person's own hour), both as the person's calendar and clock
		have them. A time that the clock leaves out in spring counts from where it goes on."""
		wanted = datetime.combine(day, clock or time(self.hour))
		return self._moment(wanted)

	def hold(self, now: datetime) -> Moment | None:
		"""When to come back where `now` (of the site) is no good moment; None where it is one."""
		moment = self._moment(self.local(now))
		# Where the clocks go back, an hour of the site comes twice, and what is later may look as if it were now.
		return moment if moment.moved_because and moment.at > now else None

	def local(self, moment: datetime) -> datetime:
		"""A moment of the site by the clock of the person."""
		return _from_to(moment, self.site, self.zone)

	def today(self, now: datetime) -> date:
		"""The person's day at `now`, of the site."""
		return self.local(now).date()

	def midnight(self, now: datetime) -> datetime:
		"""When the person's day at `now` ends, both of the site."""
		return _from_to(datetime.combine(self.today(now) + timedelta(days=1), time()), self.zone, self.site)

	def _moment(self, wanted: datetime) -> Moment:
		good, because = wanted, ""
		for _step in range(2 * _MOST_HOLIDAYS):
			after = after_quiet_hours(good, self.quiet)
			if after != good:
				good, because = after, because or QUIET_HOURS
			elif good.date() in self.holidays:
				good, because = datetime.combine(good.date() + timedelta(days=1), time(self.hour)), HOLIDAY
			else:
				break
		else:
			good = after_quiet_hours(wanted, self.quiet)
			because = QUIET_HOURS if good != wanted else ""
		at = _from_to(good, self.zone, self.site)
		return Moment(at, _from_to(wanted, self.zone, self.site), because) if because else Moment(at)


def after_quiet_hours(moment: datetime, quiet: tuple[time, time] | None) -> datetime:
	"""`moment`, or the end of the quiet hours that it falls in. They may span midnight; equal ends mean none."""
	if not quiet or quiet[0] == quiet[1]:
		return moment
	start, end = quiet
	if start < end:
		return datetime.combine(moment, end) if start <= moment.time() < end else moment
	if moment.time() >= start:
		return datetime.combine(moment.date() + timedelta(days=1), end)
	return datetime.combine(moment, end) if moment.time() < end else moment


def _from_to(moment: datetime, zone: tzinfo | None, other: tzinfo | None) -> datetime:
	"""A naive moment of one zone as a naive moment of another one."""
	if not zone or not other or zone == other:
		return moment
	return resolve_imaginary(moment.replace(tzinfo=zone)).astimezone(other).replace(tzinfo=None)
