"""Close expired notes."""

import frappe
from frappe.utils import getdate

from micro_experiences.domain import recall
from micro_experiences.domain.notes import get_closed_fields
from micro_experiences.services.notes import build_recall_note
from micro_experiences.utils.settings import get_settings

_CHUNK_SIZE = 1000


def mx_close_expired_notes() -> None:
	"""Close notes that are never shown again. Runs daily and is safe to repeat."""
	recall_settings, today, after = get_settings().get_recall_settings(), getdate(), ""
	while rows := frappe.get_all(
		"Personal Note",
		filters={"status": "Active", "kind": ("in", ("Moment", "Occasion", "Never")), "name": (">", after)},
		fields=["name", "kind", "note", "heard_on", "occasion_on", "repeats_yearly", "remember_until"],
		order_by="name asc",
		limit=_CHUNK_SIZE,
	):
		after = rows[-1].name
		gone = [row.name for row in rows if recall.is_expired(build_recall_note(row), today, recall_settings)]
		if gone:
			frappe.db.set_value(
				"Personal Note",
				{"name": ("in", gone)},
				get_closed_fields("Expired"),
			)
