"""Number cards of the workspace that need more than a count of records."""

import frappe
from frappe.utils import flt
from pypika import Criterion

from micro_experiences.domain import occasions
from micro_experiences.permissions import visibility
from micro_experiences.services import ledger
from micro_experiences.services.approvals import get_pending_filters
from micro_experiences.utils.user_time import get_user_today

_DAYS_AHEAD = 7


@frappe.whitelist(methods=["GET", "POST"])
def count_occasions_this_week(filters: str | list | dict | None = None) -> dict:
	"""Count the occasions of the next seven days, including today, that the session user may see."""
	frappe.has_permission("Personal Note", throw=True)
	today, note = get_user_today(), frappe.qb.DocType("Personal Note")
	# Loading the workspace waits for this query, so it reads only the occasions of these days.
	is_near = [note.occasion_on.like(f"%-{day}") for day in occasions.get_days_of_year(today, _DAYS_AHEAD)]
	rows = (
		frappe.qb.from_(note)
		.select(note.name, note.occasion_on, note.repeats_yearly)
		.where((note.status == "Active") & (note.kind == "Occasion") & Criterion.any(is_near))
		.run(as_dict=True)
	)
	near = [
		row.name
		for row in rows
		if occasions.get_upcoming_date(row.occasion_on, bool(row.repeats_yearly), today, _DAYS_AHEAD - 1)
	]
	names = sorted(visibility.filter_visible(frappe.session.user, "Personal Note", near))
	return {
		"value": len(names),
		"fieldtype": "Int",
		"route": ["List", "Personal Note"],
		"route_options": _get_list_filters(names, {"kind": "Occasion", "status": "Active"}),
	}


def _get_list_filters(names: list[str], filters: dict) -> dict:
	"""Return the filters of a list that shows exactly these records, which also meet `filters`."""
	# Frappe ignores a filter on an empty list of names.
	return filters | {"name": ["in", names or ["-"]]}


@frappe.whitelist(methods=["GET", "POST"])
def get_wallet_balance(filters: str | list | dict | None = None) -> dict:
	"""Return the balance of the session user's first wallet, in its currency, or 0 without a wallet."""
	frappe.has_permission("Gesture Wallet", throw=True)
	wallets = ledger.get_user_wallets(frappe.session.user)
	return {
		"value": flt(wallets[0].left) if wallets else 0,
		"fieldtype": "Currency",
		"options": wallets[0].budget.currency if wallets else None,
		"route": ["my-wallet"],
	}


@frappe.whitelist(methods=["GET", "POST"])
def count_pending_approvals(filters: str | list | dict | None = None) -> dict:
	"""Count the gestures that the session user can approve. The card opens the list of them."""
	frappe.has_permission("Gesture", throw=True)
	pending = get_pending_filters()
	count = len(frappe.get_list("Gesture", filters=pending, pluck="name", limit=0)) if pending else 0
	return {
		"value": count,
		"fieldtype": "Int",
		"route": ["List", "Gesture"],
		"route_options": pending or {"status": "Awaiting Approval"},
	}
