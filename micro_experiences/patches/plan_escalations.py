"""Open promises that name somebody to be told when they are not kept get the moment at which that is."""

import frappe


def execute():
	planned = {"status": "Open", "escalate_to": ("is", "set"), "escalates_at": ("is", "not set")}
	for name in frappe.get_all("Follow Up Task", filters=planned, pluck="name"):
		task = frappe.get_doc("Follow Up Task", name)
		if not task.escalated_on:
			task.db_set("escalates_at", task.escalation(), update_modified=False)
