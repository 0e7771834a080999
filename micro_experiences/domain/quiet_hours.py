"""Notification hours of a user: outside quiet hours and holidays, in their own time zone."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

QUIET_HOURS, HOLIDAY = "Quiet Hours", "Holiday"

# A holiday list without a working day for a year is ignored.
_MAX_HOLIDAYS = 366


@dataclass(frozen=True, slots=True)
class ReminderTime:
	"""When a reminder is sent: `at`, in the time of the site.

	`moved_from` is the original time and `moved_because` is QUIET_HOURS or HOLIDAY; they are None and "" if
	it was not moved.
	"""

	at: datetime
	moved_from: datetime | None = None
	moved_because: str = ""


@dataclass(frozen=True, slots=True)
class NotificationHours:
	"""When a user may be notified. `hour` is the default for items without a time of their own; `quiet` are
	hours (from, until).

	All times are naive: in the time of the site for callers, and in the user's `zone` internally. Without
	zones both are the same. The zones are those of `zoneinfo`, which know daylight saving beyond 2037.
	"""

	hour: int = 9
	quiet: tuple[time, time] | None = None
	holidays: frozenset[date] = frozenset()
	zone: tzinfo | None = None
	site: tzinfo | None = None

	def get_allowed_time(self, day: date, clock: time | None = None) -> ReminderTime:
		"""Return the first allowed time from `day` on at `clock` (default: the user's own hour), both in the
		user's calendar and time zone.

		A time that is skipped when daylight saving begins counts from where the clock continues.
		"""
		wanted = datetime.combine(day, clock or time(self.hour))
		return self._find_allowed_time(wanted)

	def get_retry_time(self, now: datetime) -> ReminderTime | None:
		"""Return when to try again if `now` (time of the site) is not allowed, or None if it is."""
		moment = self._find_allowed_time(self.to_local(now))
		# When daylight saving ends, an hour of the site occurs twice, and a later time may look like the current one.
		return moment if moment.moved_because and moment.at > now else None

	def to_local(self, moment: datetime) -> datetime:
		"""Convert a time of the site to the user's time zone."""
		return _convert_zone(moment, self.site, self.zone)

	def get_local_date(self, now: datetime) -> date:
		"""Return the user's date at `now`, in the time of the site."""
		return self.to_local(now).date()

	def get_local_midnight(self, now: datetime) -> datetime:
		"""Return when the user's day at `now` ends, both in the time of the site."""
		return _convert_zone(
			datetime.combine(self.get_local_date(now) + timedelta(days=1), time()), self.zone, self.site
		)

	def _find_allowed_time(self, wanted: datetime) -> ReminderTime:
		moment, reason = wanted, ""
		for _step in range(2 * _MAX_HOLIDAYS):
			after = skip_quiet_hours(moment, self.quiet)
			if after != moment:
				moment, reason = after, reason or QUIET_HOURS
			elif moment.date() in self.holidays:
				moment, reason = (
					datetime.combine(moment.date() + timedelta(days=1), time(self.hour)),
					HOLIDAY,
				)
			else:
				break
		else:
			moment = skip_quiet_hours(wanted, self.quiet)
			reason = QUIET_HOURS if moment != wanted else ""
		at = _convert_zone(moment, self.zone, self.site)
		return (
			ReminderTime(at, _convert_zone(wanted, self.zone, self.site), reason)
			if reason
			else ReminderTime(at)
		)


def skip_quiet_hours(moment: datetime, quiet: tuple[time, time] | None) -> datetime:
	"""Return `moment`, or the end of the quiet hours that contain it. Quiet hours may span midnight; equal
	ends mean none."""
	if not quiet or quiet[0] == quiet[1]:
		return moment
	start, end = quiet
	if start < end:
		return datetime.combine(moment, end) if start <= moment.time() < end else moment
	if moment.time() >= start:
		return datetime.combine(moment.date() + timedelta(days=1), end)
	return datetime.combine(moment, end) if moment.time() < end else moment


def _convert_zone(moment: datetime, zone: tzinfo | None, other: tzinfo | None) -> datetime:
	"""Convert a naive time from one zone to another.

	A time that is skipped when daylight saving begins has the offset from before the change (PEP 495), so it
	counts from where the clock continues. Of a time that occurs twice, the first one is meant.
	"""
	if not zone or not other or zone == other:
		return moment
	return moment.replace(tzinfo=zone).astimezone(other).replace(tzinfo=None)
