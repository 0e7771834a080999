"""Notes to Be Forgotten: what the settings say is forgotten within a week, as far as the session user may see it."""

import frappe
from frappe import _
from frappe.utils import getdate

from micro_experiences.domain.retention import announced_until
from micro_experiences.jobs.retention import due
from micro_experiences.micro_experiences.doctype.micro_experiences_settings.micro_experiences_settings import (
	get_settings,
)
from micro_experiences.privacy import sight

_SHOWN = 1000


def execute(filters: dict | None = None) -> tuple:
	"""Columns, rows and a message that counts what is not shown: never its words, its customer or its name."""
	sight.check_manager()
	me, rows, others, more = frappe.session.user, [], 0, 0
	for found in due(get_settings().months(), announced_until(getdate())):
		seen = sight.seen_by(me, "Personal Note", [row.name for row in found])
		others += len(found) - len(seen)
		mine = [row for row in found if row.name in seen]
		rows += mine[: _SHOWN - len(rows)]
		more += len(mine)
	more -= len(rows)
	rows.sort(key=lambda row: (row.forgotten_from, row.name))
	told = []
	if more:
		told.append(_("Not listed here, because they are many: {0}.").format(more))
	if others:
		told.append(_("Not for you to see, and only counted: {0}.").format(others))
	return _columns(), [dict(row, personal_note=row.name) for row in rows], " ".join(told) or None


def _columns() -> list[dict]:
	return [
		{
			"fieldname": "personal_note",
			"label": _("Personal Note"),
			"fieldtype": "Link",
			"options": "Personal Note",
			"width": 160,
		},
		{
			"fieldname": "customer",
			"label": _("Customer"),
			"fieldtype": "Link",
			"options": "Customer",
			"width": 220,
		},
		{"fieldname": "kind", "label": _("Kind"), "fieldtype": "Data", "width": 110},
		{"fieldname": "status", "label": _("Status"), "fieldtype": "Data", "width": 110},
		{"fieldname": "heard_on", "label": _("Heard On"), "fieldtype": "Date", "width": 120},
		{"fieldname": "last_used_on", "label": _("Last Used On"), "fieldtype": "Datetime", "width": 170},
		{
			"fieldname": "forgotten_from",
			"label": _("To Be Forgotten From"),
			"fieldtype": "Date",
			"width": 180,
		},
	]
