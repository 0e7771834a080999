"""Worth a Second Look: notes on this site that may contain sensitive information, checked on demand.

Lists notes that are neither sensitive nor kept with a reason, for example because they were written before
the app asked or without following its hint. Managers see only notes that they may open anyway. The findings
are not stored.
"""

import frappe
from frappe import _
from frappe.utils import escape_html, getdate

from micro_experiences.domain import sensitive_words as rules
from micro_experiences.permissions.roles import check_manager
from micro_experiences.services.sensitive_words import get_vocabulary

# Notes per query, in order of their names, and the maximum number of rows.
_CHUNK_SIZE = 1000
_MAX_ROWS = 500
_NOTE_FIELDS = (
	"name",
	"customer",
	"heard_by",
	"heard_on",
	"status",
	"note",
	"sensitive",
	"kept_as_is_because",
)


def execute(filters: dict | None = None) -> tuple:
	"""Return columns, rows and a message. Raises PermissionError for anyone but a manager."""
	check_manager()
	report_filters = frappe._dict(filters or {})
	rows = []
	for note in _get_notes(report_filters):
		found = [
			finding
			for finding in rules.find_words_to_review(note, get_vocabulary())
			if report_filters.category in (None, "", finding.category)
		]
		if found:
			rows.append(_get_row(note, found))
		if len(rows) == _MAX_ROWS:
			break
	message = _("This report checks only notes that you have permission to open. No data leaves this site.")
	if len(rows) == _MAX_ROWS:
		message = _("Only the first {0} notes are shown. Filter by customer or date to see others.").format(
			_MAX_ROWS
		)
	return _get_columns(), rows, message


def _get_notes(report_filters: dict):
	"""Yield the notes visible to the session user, except those already marked as sensitive or kept with a
	reason."""
	filters = [["sensitive", "=", 0], ["kept_as_is_because", "is", "not set"]]
	if report_filters.customer:
		filters.append(["customer", "=", report_filters.customer])
	if report_filters.from_date:
		filters.append(["heard_on", ">=", getdate(report_filters.from_date)])
	last = ""
	while True:
		chunk = frappe.get_list(
			"Personal Note",
			filters=[*filters, ["name", ">", last]],
			fields=list(_NOTE_FIELDS),
			order_by="name asc",
			limit=_CHUNK_SIZE,
		)
		yield from chunk
		if len(chunk) < _CHUNK_SIZE:
			return
		last = chunk[-1].name


def _get_row(note: dict, found: list[rules.Finding]) -> dict:
	return {
		"personal_note": note.name,
		"customer": note.customer,
		"categories": ", ".join(dict.fromkeys(_(finding.category) for finding in found)),
		"words": escape_html(", ".join(dict.fromkeys(finding.word for finding in found))),
		"heard_by": note.heard_by,
		"heard_on": note.heard_on,
		"status": _(note.status),
	}


def _get_columns() -> list[dict]:
	return [
		{
			"fieldname": "personal_note",
			"label": _("Personal Note"),
			"fieldtype": "Link",
			"options": "Personal Note",
			"width": 140,
		},
		{
			"fieldname": "customer",
			"label": _("Customer"),
			"fieldtype": "Link",
			"options": "Customer",
			"width": 200,
		},
		{"fieldname": "categories", "label": _("Category"), "fieldtype": "Data", "width": 160},
		{"fieldname": "words", "label": _("Words"), "fieldtype": "Data", "width": 240},
		{
			"fieldname": "heard_by",
			"label": _("Heard By"),
			"fieldtype": "Link",
			"options": "User",
			"width": 180,
		},
		{"fieldname": "heard_on", "label": _("Heard On"), "fieldtype": "Date", "width": 110},
		{"fieldname": "status", "label": _("Status"), "fieldtype": "Data", "width": 90},
	]
