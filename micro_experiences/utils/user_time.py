"""The day and the time of a user: everything that a person sees or types is in their own time zone.

Wallets and periods use the time zone of the site.
"""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import frappe
from frappe.utils import get_system_timezone, now_datetime


def get_user_now(user: str | None = None) -> datetime:
	"""Return the time on the clock of a user (default: the session user), without a time zone."""
	return to_user_time(now_datetime(), user)


def get_user_today(user: str | None = None) -> date:
	"""Return the day in the calendar of a user (default: the session user)."""
	return get_user_now(user).date()


def to_user_time(moment: datetime, user: str | None = None) -> datetime:
	"""Return a time of the site, as the database stores it, on the clock of a user. Both are without a time zone."""
	return get_user_clock(user)(moment)


def get_user_clock(user: str | None = None) -> Callable[[datetime], datetime]:
	"""Return `to_user_time` for many times of one user, whose time zone is looked up once."""
	site = get_system_timezone()
	name = frappe.get_cached_value("User", user or frappe.session.user, "time_zone")
	zone, site_zone = get_time_zone(name), get_time_zone(site)
	if name == site or not (zone and site_zone):
		return lambda moment: moment
	return lambda moment: moment.replace(tzinfo=site_zone).astimezone(zone).replace(tzinfo=None)


def get_time_zone(name: str | None) -> ZoneInfo | None:
	"""Return a time zone by name, or None if the name is unknown."""
	try:
		return ZoneInfo(name) if name else None
	except (KeyError, ValueError, OSError):  # unknown, malformed, or a folder of the database
		return None
