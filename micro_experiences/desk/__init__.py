"""Called by the browser: the onload hook of each form, and the typed whitelisted methods."""

import frappe

from micro_experiences.domain.sight import USERS

# The documents that may be open when something is jotted, promised or given.
TOUCHPOINTS = (
	"Customer",
	"Contact",
	"Sales Invoice",
	"Sales Order",
	"Quotation",
	"Delivery Note",
	"Opportunity",
	"Lead",
	"Issue",
	"POS Invoice",
)


def may_use() -> bool:
	"""Whether to show the app to the session user on the apps screen."""
	return frappe.session.user == "Administrator" or bool(set(USERS) & set(frappe.get_roles()))
