"""Gesture Budget Utilisation: how the money of gestures was used, as far as visible to the session user.

Wallets and gestures are read with the session user's permissions, as in their lists: a sales rep sees their
own wallets and shared pools, and no customer that they may not open.
"""

from collections.abc import Callable

import frappe
from frappe import _
from frappe.utils import flt, formatdate, getdate

from micro_experiences.domain.budget_utilisation import (
	GESTURE_GROUPINGS,
	WALLET_GROUPINGS,
	UtilisationTotal,
	count_free_gestures,
	sum_by_currency,
	sum_gestures,
	sum_wallets,
)
from micro_experiences.domain.budgets import get_distinct_titles
from micro_experiences.domain.ledger import COMMITTED_STATUSES
from micro_experiences.domain.text import neutralize_formula, neutralize_markup
from micro_experiences.permissions.visibility import can_see_all_wallets
from micro_experiences.utils.errors import throw

# More bars than this make a chart unreadable.
_MAX_BARS = 20
# Wallets per query for their gestures.
_CHUNK_SIZE = 1000
# The group of a wallet or of a gesture, by grouping.
_GROUP_KEYS: dict[str, Callable[[dict], object]] = {
	"holder": lambda wallet: wallet.holder or "",
	"budget": lambda wallet: wallet.gesture_budget,
	"period": lambda wallet: (wallet.period_start, wallet.period_end),
	"type": lambda gesture: gesture.gesture_type or "",
	"customer": lambda gesture: gesture.customer or "",
}


# The same for a gesture without a cost, which belongs to no budget and to no period of one.
_FREE_GROUP_KEYS: dict[str, Callable[[dict], object]] = {
	"holder": lambda gesture: gesture.given_by or "",
	"type": lambda gesture: gesture.gesture_type or "",
	"customer": lambda gesture: gesture.customer or "",
}


def execute(filters: dict | None = None) -> tuple:
	"""Return columns, rows, message, chart, summary, and whether to skip the total row because it would
	mix currencies."""
	report_filters = frappe._dict(filters or {})
	group_by = report_filters.group_by or WALLET_GROUPINGS[0]
	if group_by not in WALLET_GROUPINGS + GESTURE_GROUPINGS:
		throw(_("This report can be grouped by holder, budget, type, customer or period."))
	frappe.has_permission("Gesture Wallet", "report", throw=True)
	wallets = _get_wallets(report_filters)
	gestures = _get_gestures([wallet.name for wallet in wallets])
	sum_groups = sum_wallets if group_by in WALLET_GROUPINGS else sum_gestures
	sums = sum_groups(wallets, gestures, _GROUP_KEYS[group_by])
	if group_by in _FREE_GROUP_KEYS and not report_filters.gesture_budget:
		sums = count_free_gestures(sums, _get_free_gestures(report_filters), _FREE_GROUP_KEYS[group_by])
	# Periods in chronological order; all other groups by usage, highest first.
	sums.sort(
		key=lambda total: (
			total.group if group_by == "period" else (-total.spent, -total.promised, str(total.group))
		)
	)
	rows = _get_rows(sums, _get_label(group_by, wallets))
	totals = sum_by_currency(sums)
	return (
		_get_columns(group_by),
		rows,
		_(
			"This report includes only gestures that you have permission to open. Gestures without a cost are counted too."
		)
		if group_by in GESTURE_GROUPINGS
		else None,
		_get_chart(group_by, rows) if len(totals) == 1 else None,
		_get_summary(group_by, totals),
		len(totals) > 1,
	)


def _get_wallets(report_filters: dict) -> list[dict]:
	"""Return the wallets whose period overlaps the two dates."""
	filters = {
		field: report_filters[field] for field in ("company", "gesture_budget") if report_filters.get(field)
	}
	if report_filters.from_date:
		filters["period_end"] = (">=", getdate(report_filters.from_date))
	if report_filters.to_date:
		filters["period_start"] = ("<=", getdate(report_filters.to_date))
	sums = ("allowance", "carried_over", "committed", "spent")
	fields = ["name", "holder", "gesture_budget", "currency", "period_start", "period_end", *sums]
	return frappe.get_list("Gesture Wallet", filters=filters, fields=fields, order_by="name asc", limit=0)


def _get_gestures(wallets: list[str]) -> list[dict]:
	"""Return the gestures that these wallets paid for or have committed to."""
	fields, found = ["gesture_wallet", "gesture_type", "customer", "status", "wallet_amount"], []
	for start in range(0, len(wallets), _CHUNK_SIZE):
		paid_from = ("in", wallets[start : start + _CHUNK_SIZE])
		filters = {"gesture_wallet": paid_from, "status": ("in", (*COMMITTED_STATUSES, "Given"))}
		found += frappe.get_list("Gesture", filters=filters, fields=fields, order_by="name asc", limit=0)
	return found


def _get_free_gestures(report_filters: dict) -> list[dict]:
	"""Return the given gestures without a cost between the two dates: those of everybody only for a user who also sees
	everybody's wallets."""
	filters = [["status", "=", "Given"], ["cost", "=", 0]]
	if not can_see_all_wallets(frappe.session.user):
		filters.append(["given_by", "=", frappe.session.user])
	if report_filters.company:
		filters.append(["company", "=", report_filters.company])
	if report_filters.from_date:
		filters.append(["given_on", ">=", getdate(report_filters.from_date)])
	if report_filters.to_date:
		filters.append(["given_on", "<=", getdate(report_filters.to_date)])
	fields = ["given_by", "gesture_type", "customer", "currency"]
	return frappe.get_list("Gesture", filters=filters, fields=fields, order_by="name asc", limit=0)


def _get_label(group_by: str, wallets: list[dict]) -> Callable[[object], str]:
	"""Return a function that turns a group into its label."""
	if group_by == "holder":
		# Names are not sanitized by the app, but the report can be exported to a file.
		return lambda user: (
			neutralize_formula(neutralize_markup(frappe.utils.get_fullname(user)))
			if user
			else _("Shared pools")
		)
	if group_by == "budget":
		names = list({wallet.gesture_budget for wallet in wallets})
		fields = ["name", "title", "company", "period", "currency"]
		found = frappe.get_all("Gesture Budget", filters={"name": ("in", names)}, fields=fields)
		titles = get_distinct_titles(found, _)
		return lambda name: titles.get(name, name)
	if group_by == "period":
		return lambda days: _("{0} to {1}").format(*(formatdate(day) for day in days))
	return lambda name: name


def _get_rows(sums: list[UtilisationTotal], label: Callable[[object], str]) -> list[dict]:
	return [
		{
			"group": label(total.group),
			"currency": total.currency,
			"count": total.count,
			**{
				field: flt(getattr(total, field))
				for field in ("allowance", "carried_over", "promised", "spent", "left")
			},
		}
		for total in sums
	]


def _get_columns(group_by: str) -> list[dict]:
	first = {
		"holder": {"label": _("Holder"), "fieldtype": "Data"},
		"budget": {"label": _("Budget"), "fieldtype": "Data"},
		"period": {"label": _("Period"), "fieldtype": "Data"},
		"type": {"label": _("Gesture Type"), "fieldtype": "Link", "options": "Gesture Type"},
		"customer": {"label": _("Customer"), "fieldtype": "Link", "options": "Customer"},
	}[group_by]
	labels = {"promised": _("Committed"), "spent": _("Spent")}
	if group_by in WALLET_GROUPINGS:
		labels = {"allowance": _("Allowance"), "carried_over": _("Carried Over"), **labels, "left": _("Left")}
	money = {"fieldtype": "Currency", "options": "currency", "width": 130}
	return [
		{"fieldname": "group", "width": 220, **first},
		*({"fieldname": name, "label": label, **money} for name, label in labels.items()),
		{"fieldname": "count", "label": _("Gestures"), "fieldtype": "Int", "width": 90},
		# Not a Link: Frappe would refuse the report to roles that may not list currencies, such as Sales Manager.
		{"fieldname": "currency", "label": _("Currency"), "fieldtype": "Data", "width": 90},
	]


def _get_chart(group_by: str, rows: list[dict]) -> dict:
	shown = rows[-_MAX_BARS:] if group_by == "period" else rows[:_MAX_BARS]
	series = {"spent": _("Spent"), "promised": _("Committed")}
	if group_by in WALLET_GROUPINGS:
		series["left"] = _("Left")
	return {
		"type": "bar",
		"fieldtype": "Currency",
		"options": "currency",
		"currency": shown[0]["currency"],
		"colors": ["blue", "orange", "light-blue"],
		"barOptions": {"stacked": 1},
		"data": {
			"labels": [row["group"] or _("Other") for row in shown],
			"datasets": [
				{"name": name, "values": [row[field] for row in shown]} for field, name in series.items()
			],
		},
	}


def _get_summary(group_by: str, totals: list[UtilisationTotal]) -> list[dict]:
	labels = {"spent": _("Spent"), "promised": _("Committed")}
	if group_by in WALLET_GROUPINGS:
		labels["left"] = _("Left")
	return [
		{
			"label": label,
			"value": flt(getattr(total, field)),
			"datatype": "Currency",
			"currency": total.currency,
		}
		for total in totals
		for field, label in labels.items()
	]
