"""Names of colleagues, as the banner speaks of them."""

import frappe

_CACHE = "micro_experiences:full_names"


def full_name(user: str | None) -> str:
	"""The full name of a user, from the cache: the banner must not pay a query for each name. "" for nobody."""
	if not user:
		return ""
	return frappe.cache.hget(_CACHE, user, lambda: frappe.db.get_value("User", user, "full_name") or user)


def user_changed(doc, method=None) -> None:
	"""`User.on_update`: a name may have changed."""
	frappe.cache.hdel(_CACHE, doc.name)
