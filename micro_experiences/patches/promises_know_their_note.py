"""Link follow-ups of a gesture to the note of that gesture."""

import frappe
from frappe.query_builder.functions import Coalesce


def execute():
	task, gesture = frappe.qb.DocType("Follow Up Task"), frappe.qb.DocType("Gesture")
	rows = (
		frappe.qb.from_(task)
		.join(gesture)
		.on(gesture.name == task.gesture)
		.select(task.name, gesture.personal_note)
		.where((Coalesce(task.personal_note, "") == "") & (Coalesce(gesture.personal_note, "") != ""))
		.run(as_dict=True)
	)
	notes = {row.name: {"personal_note": row.personal_note} for row in rows}
	frappe.db.bulk_update("Follow Up Task", notes, update_modified=False)
