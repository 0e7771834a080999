"""Worth a Second Look: the notes of this site whose words sound like health, faith and the like, read anew on demand.

A manager finds here what was written before the app asked, or against its question: notes that are neither sensitive nor
kept with a reason, and only those that he may open anyway. Nothing is kept of what is found.
"""

import frappe
from frappe import _
from frappe.utils import escape_html, getdate

from micro_experiences.domain import sensitive_words as rules
from micro_experiences.micro_experiences.doctype.sensitive_term.sensitive_term import words
from micro_experiences.privacy.sight import check_manager

# Notes are read in chunks, by name; a list longer than the second number nobody reads.
_CHUNK = 1000
_MOST_ROWS = 500
_FIELDS = ("name", "customer", "heard_by", "heard_on", "status", "note", "sensitive", "kept_as_is_because")


def execute(filters: dict | None = None) -> tuple:
	"""What the report is made of: columns, rows, and a message. Raises PermissionError for all but a manager."""
	check_manager()
	asked = frappe._dict(filters or {})
	rows = []
	for note in _notes(asked):
		found = [
			finding
			for finding in rules.asks_for_a_look(note, words())
			if asked.category in (None, "", finding.category)
		]
		if found:
			rows.append(_row(note, found))
		if len(rows) == _MOST_ROWS:
			break
	message = _("Only notes that you may open are looked at, and nothing of this leaves the site.")
	if len(rows) == _MOST_ROWS:
		message = _("These are the first {0}: choose a customer or a day to see others.").format(_MOST_ROWS)
	return _columns(), rows, message


def _notes(asked: dict):
	"""The notes that the session user may see, without those that are answered already."""
	filters = [["sensitive", "=", 0], ["kept_as_is_because", "is", "not set"]]
	if asked.customer:
		filters.append(["customer", "=", asked.customer])
	if asked.from_date:
		filters.append(["heard_on", ">=", getdate(asked.from_date)])
	last = ""
	while True:
		chunk = frappe.get_list(
			"Personal Note",
			filters=[*filters, ["name", ">", last]],
			fields=list(_FIELDS),
			order_by="name asc",
			limit=_CHUNK,
		)
		yield from chunk
		if len(chunk) < _CHUNK:
			return
		last = chunk[-1].name


def _row(note: dict, found: list[rules.Finding]) -> dict:
	return {
		"personal_note": note.name,
		"customer": note.customer,
		"categories": ", ".join(dict.fromkeys(_(finding.category) for finding in found)),
		"words": escape_html(", ".join(dict.fromkeys(finding.word for finding in found))),
		"heard_by": note.heard_by,
		"heard_on": note.heard_on,
		"status": _(note.status),
	}


def _columns() -> list[dict]:
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
		{"fieldname": "categories", "label": _("Sounds Like"), "fieldtype": "Data", "width": 160},
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
