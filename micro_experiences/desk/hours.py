"""The good hours of colleagues, from their time zones, the settings, and ERPNext's holiday lists."""

from collections.abc import Iterable
from datetime import date, tzinfo

import frappe
from dateutil.tz import gettz
from frappe.query_builder import DocType
from frappe.utils import add_days, cint, get_system_timezone, getdate

from micro_experiences.domain.hours import Hours
from micro_experiences.domain.reminders import quiet_hours
from micro_experiences.micro_experiences.doctype.micro_experiences_settings.micro_experiences_settings import (
	get_settings,
)

# How far ahead holidays are looked up: a reminder is planned for its day, and checked again when it is sent.
_DAYS_AHEAD = 750


def hours_of(users: Iterable[str]) -> dict[str, Hours]:
	"""The good hours of each of `users`, in a few queries however many they are."""
	users, settings = sorted(set(users)), get_settings().as_dict()
	zones = dict(
		frappe.get_all("User", filters={"name": ("in", users)}, fields=["name", "time_zone"], as_list=True)
	)
	site, hour, quiet = _zone(get_system_timezone()), cint(settings.digest_hour), quiet_hours(settings)
	lists = _holiday_lists(users)
	days = _holidays(set(lists.values()))
	return {
		user: Hours(hour, quiet, days.get(lists.get(user), frozenset()), _zone(zones.get(user)) or site, site)
		for user in users
	}


def _holiday_lists(users: list[str]) -> dict[str, str | None]:
	"""The holiday list of each user: that of the employee, else that of the company."""
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


def _holidays(lists: set[str | None]) -> dict[str, frozenset[date]]:
	holiday, today = DocType("Holiday"), getdate()
	rows = (
		frappe.qb.from_(holiday)
		.select(holiday.parent, holiday.holiday_date)
		.where(holiday.parent.isin(sorted(filter(None, lists)) or [""]))
		.where(holiday.holiday_date[add_days(today, -1) : add_days(today, _DAYS_AHEAD)])
		.run()
	)
	days: dict[str, set[date]] = {}
	for parent, day in rows:
		days.setdefault(parent, set()).add(day)
	return {parent: frozenset(found) for parent, found in days.items()}


def _zone(name: str | None) -> tzinfo | None:
	"""A time zone by its name; None for a name that the tables do not know."""
	return gettz(name) if name else None
