"""The whitelisted method that counts linked records on a form's Connections."""

import frappe
from frappe import _
from frappe.desk.notifications import get_open_count

from micro_experiences.domain.visibility import GUARDED_DOCTYPES
from micro_experiences.services.connections import get_link_counts
from micro_experiences.utils.errors import throw
from micro_experiences.utils.request_data import parse_list


@frappe.whitelist(methods=["GET", "POST"])
def get_counts(doctype: str, name: str, items: str | list[str] | None = None) -> dict:
	"""Return Frappe's `get_open_count` for a document, with the app's records counted by permission.

	`items` are DocTypes, as a list or as JSON. Raises PermissionError if the user may not read the document.
	"""
	if not frappe.db.exists("DocType", doctype):
		throw(_("This record does not exist."), frappe.DoesNotExistError)
	frappe.has_permission(doctype, "read", doc=name, throw=True)
	links = frappe.get_meta(doctype).get_dashboard_data()
	items = [str(item) for item in parse_list(items)] or [
		item for group in links.transactions or () for item in group["items"]
	]
	answer = get_open_count(doctype, name, [item for item in items if item not in GUARDED_DOCTYPES])
	if answer["count"]:
		answer["count"]["external_links_found"] += [
			get_link_counts(item, name, links) for item in items if item in GUARDED_DOCTYPES
		]
	return answer
