"""Names of colleagues, as the banner speaks of them."""

import frappe

from micro_experiences.desk.safely import after_commit, never_fail

_CACHE = "micro_experiences:first_names"


def first_name(user: str | None) -> str:
	"""The first name of a colleague; "" for nobody. One look into the cache for all names of a banner."""
	if not user:
		return ""
	return frappe.cache.get_value(_CACHE, _first_names).get(user) or user


def _first_names() -> dict[str, str]:
	return dict(
		frappe.get_all(
			"User", filters={"user_type": "System User"}, fields=["name", "first_name"], as_list=True
		)
	)


@never_fail
def user_changed(doc, method=None) -> None:
	"""`User.on_update`: a name may have changed; ask again, now and once the change is committed."""
	after_commit(lambda: frappe.cache.delete_value(_CACHE))
	frappe.cache.delete_value(_CACHE)
