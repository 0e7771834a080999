"""Notes to Be Forgotten: notes due for deletion within a week according to the settings, as far as visible
to the session user."""

import frappe
from frappe import _
from frappe.utils import getdate

from micro_experiences.domain.retention import get_announced_until
from micro_experiences.permissions import roles, visibility
from micro_experiences.services.retention import get_due_notes
from micro_experiences.utils.settings import get_settings

_MAX_ROWS = 1000


def execute(filters: dict | None = None) -> tuple:
	"""Return columns, rows and a message with the number of notes not shown, without revealing their text,
	customer or name."""
	roles.check_manager()
	me, rows, others, more = frappe.session.user, [], 0, 0
	for found in get_due_notes(get_settings().get_retention_periods(), get_announced_until(getdate())):
		visible = visibility.filter_visible(me, "Personal Note", [row.name for row in found])
		others += len(found) - len(visible)
		shown = [row for row in found if row.name in visible]
		rows += shown[: _MAX_ROWS - len(rows)]
		more += len(shown)
	more -= len(rows)
	rows.sort(key=lambda row: (row.forgotten_from, row.name))
	messages = []
	if more:
		messages.append(_("Not listed because of the row limit: {0}.").format(more))
	if others:
		messages.append(_("Hidden because you do not have permission to see them: {0}.").format(others))
	return _get_columns(), [dict(row, personal_note=row.name) for row in rows], " ".join(messages) or None


def _get_columns() -> list[dict]:
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
			"label": _("Due for Deletion On"),
			"fieldtype": "Date",
			"width": 180,
		},
	]
