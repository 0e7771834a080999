"""What is at hand in a promise: the last notes, the last order and the open gestures, as far as the user may see each."""

import frappe
from frappe import _
from frappe.utils import flt, get_url_to_form, getdate

from micro_experiences.desk.banner import language
from micro_experiences.desk.people import first_name
from micro_experiences.desk.safely import never_fail
from micro_experiences.desk.words import money
from micro_experiences.domain import gestures, looks
from micro_experiences.privacy import access_log, sight

_NOTES = 3
_GESTURES = 5
_LONGEST = 200
# The document, and the day that it is about.
_ORDERS = {"Sales Invoice": "posting_date", "Sales Order": "transaction_date"}


@never_fail
def at_hand(customer: str) -> dict[str, list[dict]]:
	"""`{"notes", "orders", "gestures"}` of one customer for the session user; nothing of a kind that he may not read.

	Each line has `text`, `quiet` (who and when) and `href`; the text is as somebody wrote it, and not yet escaped.
	"""
	if not sight.seen_by(frappe.session.user, "Customer", [customer]):
		return {}
	return {"notes": _notes(customer), "orders": _orders(customer), "gestures": _gestures(customer)}


def _notes(customer: str) -> list[dict]:
	if not frappe.has_permission("Personal Note"):
		return []
	rows = sight.rows(
		"Personal Note",
		("name", "note", "heard_by", "heard_on", "sensitive"),
		{"customer": customer, "status": "Active"},
		order_by="heard_on desc, creation desc",
		limit=_NOTES,
	)
	me = frappe.session.user
	access_log.note_look(customer, me, "Form", looks.logged(rows, me))
	return [
		_line("Personal Note", row.name, row.note, first_name(row.heard_by), _day(row.heard_on))
		for row in rows
	]


def _orders(customer: str) -> list[dict]:
	"""The last submitted document of each kind, credit notes not counted."""
	lines = []
	for doctype, day in _ORDERS.items():
		if not frappe.has_permission(doctype):
			continue
		filters = {"customer": customer, "docstatus": 1}
		if doctype == "Sales Invoice":
			filters["is_return"] = 0
		for row in frappe.get_list(
			doctype,
			filters=filters,
			fields=["name", day, "grand_total", "currency"],
			order_by=f"{day} desc, creation desc",
			limit=1,
		):
			amount = money(flt(row.grand_total), row.currency)
			text = _("{0}: {1}").format(_(doctype), row.name)
			lines.append(_line(doctype, row.name, text, amount, _day(row[day])))
	return lines


def _gestures(customer: str) -> list[dict]:
	if not frappe.has_permission("Gesture"):
		return []
	rows = frappe.get_list(
		"Gesture",
		filters={"customer": customer, "status": ("in", gestures.OPEN)},
		fields=["name", "what", "status", "given_by"],
		order_by="creation desc",
		limit=_GESTURES,
	)
	return [_line("Gesture", row.name, row.what, first_name(row.given_by), _(row.status)) for row in rows]


def _line(doctype: str, name: str, text: str, *quiet: str) -> dict:
	text = (text or "").strip()
	return {
		"text": text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…",
		"quiet": [part for part in quiet if part],
		"href": get_url_to_form(doctype, name),
	}


def _day(day) -> str:
	return language().date(getdate(day), getdate()) if day else ""
