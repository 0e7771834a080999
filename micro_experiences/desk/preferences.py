"""How each colleague wants to be reminded: whose bell rings, and when the next digest comes."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import frappe
from frappe.utils import now_datetime

from micro_experiences.desk.hours import hours_of
from micro_experiences.domain import digest as rules

DOCTYPE = "Follow Up Preference"
_FIELDS = (
	*("name", "creation", "modified", "owner", "modified_by"),
	*("user", "bell", "digest", "digest_hour", "next_digest_at"),
)


@frappe.whitelist(methods=["POST"])
def mine() -> str:
	"""The name of the session user's own Follow Up Preference, which is made if it is not there yet."""
	frappe.has_permission(DOCTYPE, "write", throw=True)
	me = frappe.session.user
	if not frappe.db.exists(DOCTYPE, {"user": me}):
		open_for([me])
	return frappe.db.get_value(DOCTYPE, {"user": me})


def open_for(users: Iterable[str]) -> None:
	"""Give each of `users` a preference with bell and digest on. One that is there, or that somebody else makes at this
	moment, stays as it is."""
	at = now_datetime()
	values = [
		(frappe.generate_hash(length=10), at, at, user, user, user, 1, 1, "", moment)
		for user, moment in next_digests(dict.fromkeys(users, "")).items()
	]
	if values:
		frappe.db.bulk_insert(DOCTYPE, _FIELDS, values, ignore_duplicates=True)


def next_digests(wanted: Mapping[str, str | None]) -> dict[str, datetime]:
	"""When the next digest of each user comes (time of the site), by the chosen hours: user -> "07:00" or ""."""
	now, hours = now_datetime(), hours_of(wanted) if wanted else {}
	return {
		user: rules.next_digest_after(now, rules.with_hour(hours[user], hour))
		for user, hour in wanted.items()
	}


def bells(users: Iterable[str]) -> set[str]:
	"""Those of `users` whose bell rings: all but who has turned it off. One query."""
	users = set(users)
	off = frappe.get_all(DOCTYPE, filters={"user": ("in", users), "bell": 0}, pluck="user")
	return users - set(off)
