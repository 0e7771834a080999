"""Rename the number card of due follow-ups, so that dashboards of the site keep showing it."""

import frappe

_OLD, _NEW = "Promises Due Today", "Follow-Ups Due Today"


def execute():
	if frappe.db.exists("Number Card", _OLD) and not frappe.db.exists("Number Card", _NEW):
		frappe.rename_doc("Number Card", _OLD, _NEW, force=True, show_alert=False)
