"""Set the escalation time of open follow-ups that name an escalation contact."""

import frappe


def execute():
	planned = {"status": "Open", "escalate_to": ("is", "set"), "escalates_at": ("is", "not set")}
	for name in frappe.get_all("Follow Up Task", filters=planned, pluck="name"):
		task = frappe.get_doc("Follow Up Task", name)
		if not task.escalated_on:
			task.db_set("escalates_at", task.get_escalation_time(), update_modified=False)
