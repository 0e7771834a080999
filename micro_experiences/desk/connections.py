"""Our records among the Connections of a Customer, of a Sales Invoice and of a Journal Entry."""

import frappe
from frappe import _

from micro_experiences.desk.safely import never_fail

_LABEL = "Micro Experiences"
_ITEMS = ("Personal Note", "Gesture", "Follow Up Task")


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
