"""Our records among the Connections of a Customer, of a Sales Invoice and of a Journal Entry."""

from frappe import _

_LABEL = "Micro Experiences"
_ITEMS = ("Personal Note", "Gesture", "Follow Up Task")


def add(data: dict) -> dict:
	"""`override_doctype_dashboards` of Customer: found by their field `customer`."""
	return _with_items(data, "customer", _ITEMS)


def add_by_reference(data: dict) -> dict:
	"""`override_doctype_dashboards` of Sales Invoice: found by the document that was open."""
	data.setdefault("dynamic_links", {})["reference_name"] = ["Sales Invoice", "reference_doctype"]
	return _with_items(data, "reference_name", _ITEMS)


def add_wallet(data: dict) -> dict:
	"""`override_doctype_dashboards` of Journal Entry: the wallet whose period it posts."""
	return _with_items(data, "journal_entry", ("Gesture Wallet",))


def _with_items(data: dict, fieldname: str, items: tuple[str, ...]) -> dict:
	data.setdefault("transactions", []).append({"label": _(_LABEL), "items": list(items)})
	if data.get("fieldname") != fieldname:
		data.setdefault("non_standard_fieldnames", {}).update(dict.fromkeys(items, fieldname))
	return data
