"""Hours at which users receive reminders, from their time zones, the settings and ERPNext's holiday lists."""

from collections.abc import Iterable
from datetime import date

import frappe
from frappe.query_builder import DocType
from frappe.utils import add_days, cint, get_system_timezone, getdate

from micro_experiences.domain.quiet_hours import NotificationHours
from micro_experiences.domain.reminders import parse_quiet_hours
from micro_experiences.utils.settings import get_settings
from micro_experiences.utils.user_time import get_time_zone

# How far ahead holidays are loaded. A reminder is checked again when it is sent.
_DAYS_AHEAD = 750


def get_user_hours(users: Iterable[str]) -> dict[str, NotificationHours]:
	"""Return `{user: NotificationHours}`, in a constant number of queries."""
	users, settings = sorted(set(users)), get_settings().as_dict()
	zones = dict(
		frappe.get_all("User", filters={"name": ("in", users)}, fields=["name", "time_zone"], as_list=True)
	)
	site, hour, quiet = (
		get_time_zone(get_system_timezone()),
		cint(settings.digest_hour),
		parse_quiet_hours(settings),
	)
	lists = _get_holiday_lists(users)
	days = _get_holidays(set(lists.values()))
	return {
		user: NotificationHours(
			hour, quiet, days.get(lists.get(user), frozenset()), get_time_zone(zones.get(user)) or site, site
		)
		for user in users
	}


def _get_holiday_lists(users: list[str]) -> dict[str, str | None]:
	"""Return the holiday list of each user: that of their Employee, or else that of the company."""
	employee = DocType("Employee")
	rows = (
		frappe.qb.from_(employee)
		.select(employee.user_id, employee.holiday_list, employee.company)
		.where(employee.user_id.isin(users) & (employee.status == "Active"))
		.run()
	)
	own = {user: (holiday_list, company) for user, holiday_list, company in rows}
	of_company = dict(
		frappe.get_all("Company", fields=["name", "default_holiday_list"], as_list=True, order_by="name asc")
	)
	default = frappe.db.get_single_value("Global Defaults", "default_company")
	found = {}
	for user in users:
		holiday_list, company = own.get(user, (None, default))
		found[user] = holiday_list or of_company.get(company or default)
	return found


def _get_holidays(lists: set[str | None]) -> dict[str, frozenset[date]]:
	holiday, today = DocType("Holiday"), getdate()
	rows = (
		frappe.qb.from_(holiday)
		.select(holiday.parent, holiday.holiday_date)
		.where(holiday.parent.isin(sorted(name for name in lists if name) or [""]))
		.where(holiday.holiday_date[add_days(today, -1) : add_days(today, _DAYS_AHEAD)])
		.run()
	)
	days: dict[str, set[date]] = {}
	for parent, day in rows:
		days.setdefault(parent, set()).add(day)
	return {parent: frozenset(found) for parent, found in days.items()}
