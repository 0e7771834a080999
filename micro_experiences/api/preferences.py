"""The whitelisted method that opens the session user's reminder preferences."""

import frappe

from micro_experiences.services.preferences import DOCTYPE, create_preferences


@frappe.whitelist(methods=["POST"])
def get_or_create() -> str:
	"""Return the name of the session user's Follow Up Preference, and create it if needed."""
	frappe.has_permission(DOCTYPE, "write", throw=True)
	me = frappe.session.user
	if not frappe.db.exists(DOCTYPE, {"user": me}):
		create_preferences([me])
	return frappe.db.get_value(DOCTYPE, {"user": me})
