"""Role checks: app users and Micro Experiences Managers."""

import frappe
from frappe import _

from micro_experiences.domain.visibility import APP_ROLES, MANAGER_ROLE
from micro_experiences.utils.errors import throw


def has_app_permission() -> bool:
	"""Return whether the app is shown to the session user on the apps screen."""
	return frappe.session.user == "Administrator" or bool(set(APP_ROLES) & set(frappe.get_roles()))


def is_manager(user: str) -> bool:
	"""Return whether a user is a Micro Experiences Manager; Administrator always is."""
	return user == "Administrator" or MANAGER_ROLE in frappe.get_roles(user)


def check_manager() -> None:
	"""Raise PermissionError unless the session user is a Micro Experiences Manager."""
	if not is_manager(frappe.session.user):
		throw(_("Only a {0} can do this.").format(_(MANAGER_ROLE)), frappe.PermissionError)
