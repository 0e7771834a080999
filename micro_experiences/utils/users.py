"""Names of users."""

import frappe

from micro_experiences.domain.visibility import APP_ROLES
from micro_experiences.utils.background_jobs import run_after_commit
from micro_experiences.utils.resilience import fail_safe

_FIRST_NAMES_KEY = "micro_experiences:first_names"
# The number of users offered for a follow-up. The form of the task offers all users.
_MAX_APP_USERS = 100


def get_first_name(user: str | None) -> str:
	"""Return the first name of a user, or "" for None. All names are cached under one key."""
	if not user:
		return ""
	return frappe.cache.get_value(_FIRST_NAMES_KEY, _load_first_names).get(user) or user


def _load_first_names() -> dict[str, str]:
	return dict(
		frappe.get_all(
			"User", filters={"user_type": "System User"}, fields=["name", "first_name"], as_list=True
		)
	)


def get_app_users() -> list[dict]:
	"""Return the enabled users of the app, the session user first: [{"name", "label"}]."""
	user, role = frappe.qb.DocType("User"), frappe.qb.DocType("Has Role")
	rows = (
		frappe.qb.from_(user)
		.join(role)
		.on((role.parent == user.name) & (role.parenttype == "User"))
		.select(user.name, user.full_name)
		.distinct()
		.where((user.enabled == 1) & (user.user_type == "System User") & role.role.isin(APP_ROLES))
		.orderby(user.full_name)
		.limit(_MAX_APP_USERS)
		.run(as_dict=True)
	)
	people = {frappe.session.user: get_first_name(frappe.session.user)} | {
		row.name: row.full_name for row in rows if row.name not in ("Administrator", "Guest")
	}
	return [{"name": name, "label": label} for name, label in people.items()]


@fail_safe
def clear_first_names() -> None:
	"""Clear the cached first names, now and after commit."""
	run_after_commit(lambda: frappe.cache.delete_value(_FIRST_NAMES_KEY))
	frappe.cache.delete_value(_FIRST_NAMES_KEY)
