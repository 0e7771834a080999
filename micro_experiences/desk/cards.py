"""The numbers on the workspace that a plain count cannot give."""

from datetime import timedelta

import frappe
from frappe.utils import flt, getdate

from micro_experiences.desk.approvals import decidable
from micro_experiences.domain.cadence import next_occurrence
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger


@frappe.whitelist(methods=["GET", "POST"])
def occasions_this_week(filters: str | list | dict | None = None) -> dict:
	"""How many occasions fall within the next seven days, today included, among the notes that I may see."""
	frappe.has_permission("Personal Note", throw=True)
	today = getdate()
	week = [today + timedelta(days=offset) for offset in range(7)]
	rows = frappe.get_list(
		"Personal Note",
		filters={"status": "Active", "kind": "Occasion"},
		fields=["occasion_on", "repeats_yearly"],
		order_by="occasion_on asc",
		limit=0,
	)
	near = sum(next_occurrence(row.occasion_on, bool(row.repeats_yearly), today) in week for row in rows)
	return {
		"value": near,
		"fieldtype": "Int",
		"route": ["List", "Personal Note"],
		"route_options": {"kind": "Occasion", "status": "Active"},
	}


@frappe.whitelist(methods=["GET", "POST"])
def left_in_my_wallet(filters: str | list | dict | None = None) -> dict:
	"""What is left in my first wallet, in its currency; zero without one."""
	frappe.has_permission("Gesture Wallet", throw=True)
	wallets = ledger.wallets_of(frappe.session.user)
	return {
		"value": flt(wallets[0].left) if wallets else 0,
		"fieldtype": "Currency",
		"options": wallets[0].budget.currency if wallets else None,
		"route": ["my-wallet"],
	}


@frappe.whitelist(methods=["GET", "POST"])
def awaiting_my_approval(filters: str | list | dict | None = None) -> dict:
	"""How many gestures await my approval; the card leads to the list of just those."""
	frappe.has_permission("Gesture", throw=True)
	mine = decidable()
	count = len(frappe.get_list("Gesture", filters=mine, pluck="name", limit=0)) if mine else 0
	return {
		"value": count,
		"fieldtype": "Int",
		"route": ["List", "Gesture"],
		"route_options": mine or {"status": "Awaiting Approval"},
	}
