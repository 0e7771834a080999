"""Set the start date of open follow-ups "After Last Invoice", before which no invoice counts, from their
first due date."""

import frappe
from frappe.utils import add_days

from micro_experiences.domain.follow_ups import AFTER_INVOICE


def execute():
	task = frappe.qb.DocType("Follow Up Task")
	rows = (
		frappe.qb.from_(task)
		.select(task.name, task.due_on, task.every)
		.where((task.status == "Open") & (task.repeats == AFTER_INVOICE) & task.due_on.isnotnull())
		.run(as_dict=True)
	)
	counted = {row.name: {"counted_from": add_days(row.due_on, -row.every)} for row in rows}
	frappe.db.bulk_update("Follow Up Task", counted, update_modified=False)
