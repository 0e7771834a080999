"""Notes that have had their time are closed."""

import frappe
from frappe.utils import getdate

from micro_experiences.domain import recall
from micro_experiences.domain.notes import closed
from micro_experiences.micro_experiences.doctype.micro_experiences_settings.micro_experiences_settings import (
	get_settings,
)

_CHUNK = 1000


def mx_close_expired_notes() -> None:
	"""Daily: close what recall would not show again. Running it twice changes nothing more."""
	manners, today, after = get_settings().manners(), getdate(), ""
	while rows := frappe.get_all(
		"Personal Note",
		filters={"status": "Active", "kind": ("in", ("Moment", "Occasion")), "name": (">", after)},
		fields=["name", "kind", "note", "heard_on", "occasion_on", "repeats_yearly", "remember_until"],
		order_by="name asc",
		limit=_CHUNK,
	):
		after = rows[-1].name
		gone = [row.name for row in rows if recall.expired(rules_note(row), today, manners)]
		if gone:
			frappe.db.set_value(
				"Personal Note",
				{"name": ("in", gone)},
				closed("Expired"),
			)


def rules_note(row) -> recall.Note:
	"""A row as recall knows it."""
	return recall.Note(
		row.name,
		row.kind,
		row.note,
		heard_on=row.heard_on,
		occasion_on=row.occasion_on,
		repeats_yearly=bool(row.repeats_yearly),
		remember_until=row.remember_until,
	)
