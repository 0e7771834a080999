"""Our records among the Connections of a form: where they are found, and how many of them the user may see."""

import frappe
from frappe import _
from frappe.desk.notifications import get_open_count

from micro_experiences.desk.safely import never_fail
from micro_experiences.desk.sent import listed
from micro_experiences.domain.sight import GUARDED

_LABEL = "Micro Experiences"
_ITEMS = ("Personal Note", "Gesture", "Follow Up Task")
_COUNTS = "micro_experiences.desk.connections.counts"
# As many as Frappe counts of anything.
_MOST = 100


@frappe.whitelist(methods=["GET", "POST"])
def counts(doctype: str, name: str, items: str | list[str] | None = None) -> dict:
	"""What Frappe's `get_open_count` answers to a form, with our records counted as a list would show them to the session
	user. `items` are the DocTypes (a list, or one as JSON). PermissionError where he may not read the document."""
	if not frappe.db.exists("DocType", doctype):
		frappe.throw(_("There is no such record."), frappe.DoesNotExistError)
	frappe.has_permission(doctype, "read", doc=name, throw=True)
	links = frappe.get_meta(doctype).get_dashboard_data()
	items = [str(item) for item in listed(items)] or [
		item for group in links.transactions or () for item in group["items"]
	]
	answer = get_open_count(doctype, name, [item for item in items if item not in GUARDED])
	if answer["count"]:
		answer["count"]["external_links_found"] += [
			{"doctype": item, "open_count": 0, "count": _count(item, name, links) or 0}
			for item in items
			if item in GUARDED
		]
	return answer


def counted(data: dict) -> dict:
	"""`override_doctype_dashboards` of our own records: Frappe counts what is linked without asking who may see it."""
	data.setdefault("method", _COUNTS)
	return data


@never_fail
def _count(doctype: str, name: str, links: dict) -> int | None:
	"""None where it fails: Frappe's own counts, and those of all other apps, are in the same answer."""
	if not frappe.has_permission(doctype, "read"):
		return 0
	fieldname = (links.get("non_standard_fieldnames") or {}).get(doctype) or links.get("fieldname")
	filters = {fieldname: name}
	if dynamic := (links.get("dynamic_links") or {}).get(fieldname):
		filters[dynamic[1]] = dynamic[0]
	return len(frappe.get_list(doctype, filters=filters, pluck="name", limit=_MOST, order_by=None))


def add(data: dict) -> dict:
	"""`override_doctype_dashboards` of Customer: found by their field `customer`."""
	_add(data, "customer", _ITEMS)
	return data


def add_by_reference(data: dict) -> dict:
	"""`override_doctype_dashboards` of Sales Invoice: found by the document that was open."""
	data.setdefault("dynamic_links", {})["reference_name"] = ["Sales Invoice", "reference_doctype"]
	_add(data, "reference_name", _ITEMS)
	return data


def add_wallet(data: dict) -> dict:
	"""`override_doctype_dashboards` of Journal Entry: the wallet whose period it posts."""
	_add(data, "journal_entry", ("Gesture Wallet",))
	return data


@never_fail
def _add(data: dict, fieldname: str, items: tuple[str, ...]) -> None:
	"""Frappe counts all Connections of a form in one request: a table or a column that is not there yet, between an update
	and its migration, would take the counts of all others with it."""
	there = [item for item in items if frappe.db.table_exists(item) and frappe.db.has_column(item, fieldname)]
	if not there:
		return
	data.setdefault("transactions", []).append({"label": _(_LABEL), "items": there})
	if data.get("fieldname") != fieldname:
		data.setdefault("non_standard_fieldnames", {}).update(dict.fromkeys(there, fieldname))
	counted(data)
