"""Called by the browser: the onload hook of each form, and the typed whitelisted methods."""

import frappe
from frappe import _

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


def check_touchpoint(doc, before=None) -> None:
	"""Whatever a form or an import sends: what a record came from is one of the documents that say so when they are deleted.
	Any other would leave it behind with a link to nothing, and it could not be saved again."""
	came_from = doc.reference_doctype
	if came_from and came_from not in TOUCHPOINTS and not (before and before.reference_doctype == came_from):
		frappe.throw(
			_("This cannot come from a {0}. Leave Came From empty; the rest is still here.").format(
				_(came_from)
			)
		)


def may_use() -> bool:
	"""Whether to show the app to the session user on the apps screen."""
	return frappe.session.user == "Administrator" or bool(set(USERS) & set(frappe.get_roles()))
