"""Create what a Never note can rule out, fill in what the app's own gesture types involve, and guess what existing
Never notes rule out from their words. Notes whose words say nothing stay as they are."""

import frappe

from micro_experiences.services import never_notes
from micro_experiences.setup import install, seeds


def execute():
	install.create_restrictions()
	for name, _channel, _cost, involves, _template in seeds.GESTURE_TYPES:
		filters = {"name": name, "involves": ("is", "not set")}
		frappe.db.set_value("Gesture Type", filters, "involves", involves, update_modified=False)
	notes = frappe.get_all(
		"Personal Note",
		filters={"kind": "Never", "stops": ("is", "not set"), "avoids": ("is", "not set")},
		fields=["name", "note"],
	)
	for row in notes:
		stops, avoids = never_notes.guess(row.note or "")
		if stops or avoids:
			values = {"stops": stops, "avoids": avoids}
			frappe.db.set_value("Personal Note", row.name, values, update_modified=False)
