"""Context for a follow-up: the latest notes, the latest order and the open gestures of its customer."""

import frappe
from frappe import _
from frappe.utils import flt, get_url_to_form, getdate

from micro_experiences.domain import gestures, sensitive_access
from micro_experiences.permissions import visibility
from micro_experiences.services import access_log
from micro_experiences.utils.formatting import format_money
from micro_experiences.utils.language import get_language
from micro_experiences.utils.resilience import fail_safe
from micro_experiences.utils.user_time import get_user_today
from micro_experiences.utils.users import get_first_name

_MAX_NOTES = 3
_MAX_GESTURES = 5
_MAX_LENGTH = 200
# DocType and its date field.
_DATE_FIELDS = {"Sales Invoice": "posting_date", "Sales Order": "transaction_date"}


@fail_safe
def get_customer_context(customer: str) -> dict[str, list[dict]]:
	"""Return `{"notes", "orders", "gestures"}` of a customer, as far as the session user may read them.

	Each line has `text`, `quiet` (who and when) and `href`. The text is not escaped.
	"""
	if not visibility.filter_visible(frappe.session.user, "Customer", [customer]):
		return {}
	return {
		"notes": _get_notes(customer),
		"orders": _get_orders(customer),
		"gestures": _get_gestures(customer),
	}


def _get_notes(customer: str) -> list[dict]:
	if not frappe.has_permission("Personal Note"):
		return []
	rows = visibility.get_visible_rows(
		"Personal Note",
		("name", "note", "heard_by", "heard_on", "sensitive"),
		{"customer": customer, "status": "Active"},
		order_by="heard_on desc, creation desc",
		limit=_MAX_NOTES,
	)
	me = frappe.session.user
	access_log.record_access(customer, me, "Form", sensitive_access.get_logged_notes(rows, me))
	return [
		_make_line(
			"Personal Note", row.name, row.note, get_first_name(row.heard_by), _format_day(row.heard_on)
		)
		for row in rows
	]


def _get_orders(customer: str) -> list[dict]:
	"""Return the latest submitted document of each type, without credit notes."""
	lines = []
	for doctype, day in _DATE_FIELDS.items():
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
			amount = format_money(flt(row.grand_total), row.currency)
			text = _("{0}: {1}").format(_(doctype), row.name)
			lines.append(_make_line(doctype, row.name, text, amount, _format_day(row[day])))
	return lines


def _get_gestures(customer: str) -> list[dict]:
	if not frappe.has_permission("Gesture"):
		return []
	rows = frappe.get_list(
		"Gesture",
		filters={"customer": customer, "status": ("in", gestures.OPEN_STATUSES)},
		fields=["name", "what", "status", "given_by"],
		order_by="creation desc",
		limit=_MAX_GESTURES,
	)
	return [
		_make_line("Gesture", row.name, row.what, get_first_name(row.given_by), _(row.status)) for row in rows
	]


def _make_line(doctype: str, name: str, text: str, *quiet: str) -> dict:
	text = (text or "").strip()
	return {
		"text": text if len(text) <= _MAX_LENGTH else text[: _MAX_LENGTH - 1].rstrip() + "…",
		"quiet": [part for part in quiet if part],
		"href": get_url_to_form(doctype, name),
	}


def _format_day(day) -> str:
	return get_language().format_date(getdate(day), get_user_today()) if day else ""
