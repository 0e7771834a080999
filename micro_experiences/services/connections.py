"""Records of the app in the Connections of a form, and their counts by permission."""

import frappe
from frappe import _

from micro_experiences.utils.resilience import fail_safe

_LABEL = "Micro Experiences"
CUSTOMER_DOCTYPES = ("Personal Note", "Gesture", "Follow Up Task")
_COUNT_METHOD = "micro_experiences.api.connections.get_counts"
# The records that are counted as open. `follow_ups/connections.js` opens the list with the same filters.
_OPEN_FILTERS = {"Follow Up Task": {"status": "Open"}}
# Frappe stops counting at the same number.
_MAX_COUNT = 100


def set_count_method(data: dict) -> dict:
	"""Count connections by permission on the app's own forms (`override_doctype_dashboards`).

	Frappe counts linked records without checking permissions.
	"""
	data.setdefault("method", _COUNT_METHOD)
	return data


def get_link_counts(doctype: str, name: str, links: dict) -> dict:
	"""Return the visible records that are linked to a document, as Frappe counts them: `{"doctype", "open_count",
	"count"}`, each at most 100. Only follow-ups can be open."""
	counts = {"doctype": doctype, "open_count": 0, "count": _count_visible(doctype, name, links, {}) or 0}
	if open_filters := _OPEN_FILTERS.get(doctype):
		counts["open_count"] = _count_visible(doctype, name, links, open_filters) or 0
	return counts


@fail_safe
def _count_visible(doctype: str, name: str, links: dict, more_filters: dict) -> int | None:
	"""Return the number of visible records, or None on an error.

	An error must not fail the response: it also contains the counts of Frappe and of other apps.
	"""
	if not frappe.has_permission(doctype, "read"):
		return 0
	fieldname = (links.get("non_standard_fieldnames") or {}).get(doctype) or links.get("fieldname")
	filters = {fieldname: name} | more_filters
	if dynamic := (links.get("dynamic_links") or {}).get(fieldname):
		filters[dynamic[1]] = dynamic[0]
	return len(frappe.get_list(doctype, filters=filters, pluck="name", limit=_MAX_COUNT, order_by=None))


@fail_safe
def add_connections(data: dict, fieldname: str, items: tuple[str, ...]) -> None:
	"""Add DocTypes that are linked by `fieldname` to the Connections of a form.

	DocTypes without their table or column are skipped: between an update and its migration they would fail
	the request that counts all Connections of the form.
	"""
	there = [item for item in items if frappe.db.table_exists(item) and frappe.db.has_column(item, fieldname)]
	if not there:
		return
	data.setdefault("transactions", []).append({"label": _(_LABEL), "items": there})
	if data.get("fieldname") != fieldname:
		data.setdefault("non_standard_fieldnames", {}).update(dict.fromkeys(there, fieldname))
	set_count_method(data)
