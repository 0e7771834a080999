"""Reminder preferences of users: notifications and the time of the next digest."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import frappe
from frappe.query_builder import DocType
from frappe.utils import now_datetime

from micro_experiences.domain import digests as rules
from micro_experiences.domain.visibility import APP_ROLES
from micro_experiences.services.quiet_hours import get_user_hours

DOCTYPE = "Follow Up Preference"
_FIELDS = (
	"name",
	"creation",
	"modified",
	"owner",
	"modified_by",
	"user",
	"bell",
	"digest",
	"digest_hour",
	"next_digest_at",
)


def create_preferences(users: Iterable[str]) -> None:
	"""Create a preference with notifications and digest for each user. Existing preferences are not changed.

	Safe if another transaction creates the same preference at the same time.
	"""
	at = now_datetime()
	values = [
		(frappe.generate_hash(length=10), at, at, user, user, user, 1, 1, "", moment)
		for user, moment in get_next_digests(dict.fromkeys(users, "")).items()
	]
	if values:
		frappe.db.bulk_insert(DOCTYPE, _FIELDS, values, ignore_duplicates=True)


def get_next_digests(wanted: Mapping[str, str | None]) -> dict[str, datetime]:
	"""Return the time of each user's next digest, in the time zone of the site.

	`wanted` maps users to their chosen hour: "07:00", or "" for the default.
	"""
	now, hours = now_datetime(), get_user_hours(wanted) if wanted else {}
	return {
		user: rules.get_next_digest_time(now, rules.apply_digest_hour(hours[user], hour))
		for user, hour in wanted.items()
	}


def get_users_with_notifications(users: Iterable[str]) -> set[str]:
	"""Return those `users` who have not turned reminder notifications off. Takes one query."""
	users = set(users)
	off = frappe.get_all(DOCTYPE, filters={"user": ("in", users), "bell": 0}, pluck="user")
	return users - set(off)


def create_missing_preferences() -> None:
	"""Create the missing preference of each user of the app, which turns on the digest and notifications."""
	user, role, preference = DocType("User"), DocType("Has Role"), DocType(DOCTYPE)
	missing = (
		frappe.qb.from_(user)
		.join(role)
		.on((role.parent == user.name) & (role.parenttype == "User") & role.role.isin(APP_ROLES))
		.left_join(preference)
		.on(preference.user == user.name)
		.select(user.name)
		.distinct()
		.where((user.enabled == 1) & (user.user_type == "System User"))
		.where(user.name.notin(frappe.STANDARD_USERS) & preference.name.isnull())
		.run(pluck=True)
	)
	create_preferences(missing)
