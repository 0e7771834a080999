"""The numbers on the workspace that a plain count cannot give."""

import frappe
from frappe.utils import flt, getdate
from pypika import Criterion

from micro_experiences.desk.approvals import decidable
from micro_experiences.domain import occasions
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.privacy import sight

_WEEK = 7


@frappe.whitelist(methods=["GET", "POST"])
def occasions_this_week(filters: str | list | dict | None = None) -> dict:
	"""How many occasions fall within the next seven days, today included, among the notes that I may see."""
	frappe.has_permission("Personal Note", throw=True)
	today, note = getdate(), frappe.qb.DocType("Personal Note")
	# Whoever opens the workspace waits for it: of all occasions only those of these days are read.
	of_the_days = [note.occasion_on.like(f"%-{day}") for day in occasions.days_of_year(today, _WEEK)]
	rows = (
		frappe.qb.from_(note)
		.select(note.name, note.occasion_on, note.repeats_yearly)
		.where((note.status == "Active") & (note.kind == "Occasion") & Criterion.any(of_the_days))
		.run(as_dict=True)
	)
	near = [
		row.name
		for row in rows
		if occasions.near(row.occasion_on, bool(row.repeats_yearly), today, _WEEK - 1)
	]
	return {
		"value": len(sight.seen_by(frappe.session.user, "Personal Note", near)),
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
