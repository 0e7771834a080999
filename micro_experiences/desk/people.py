"""Names of colleagues, as the banner speaks of them."""

import frappe

_CACHE = "micro_experiences:first_names"


def first_name(user: str | None) -> str:
	"""The first name of a user, from the cache: the banner must not pay a query for each name. "" for nobody."""
	if not user:
		return ""
	return frappe.cache.hget(_CACHE, user, lambda: frappe.db.get_value("User", user, "first_name") or user)


def user_changed(doc, method=None) -> None:
	"""`User.on_update`: a name may have changed."""
	frappe.cache.hdel(_CACHE, doc.name)
