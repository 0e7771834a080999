"""Gesture Budget Utilisation: what became of the money of gestures, for everybody as far as he may see it.

It asks Frappe for wallets and gestures as the session user would read their lists, so that the rule of sight is the
same one: a rep sees his own wallets and the pools that he shares, and a customer he may not open is not there.
"""

from collections.abc import Callable

import frappe
from frappe import _
from frappe.utils import flt, formatdate, getdate

from micro_experiences.domain import utilisation as rules
from micro_experiences.domain.text import inert, unmarked
from micro_experiences.domain.utilisation import OF_GESTURES, OF_WALLETS, Sum

# More groups than this would be no chart any more.
_MOST_BARS = 20
# The gestures of so many wallets are asked for in one query.
_AT_ONCE = 1000


def execute(filters: dict | None = None) -> tuple:
	"""What the report is made of: columns, rows, message, chart, totals, and whether a total row would mix currencies."""
	asked = frappe._dict(filters or {})
	group_by = asked.group_by or OF_WALLETS[0]
	if group_by not in OF_WALLETS + OF_GESTURES:
		frappe.throw(_("This report is grouped by holder, budget, type, customer or period."))
	frappe.has_permission("Gesture Wallet", "report", throw=True)
	wallets = _wallets(asked)
	gestures = _gestures([wallet.name for wallet in wallets])
	summed = rules.by_wallets if group_by in OF_WALLETS else rules.by_gestures
	sums = summed(wallets, gestures, _GROUPS[group_by])
	# The last period is the newest; of all else the one that was used most comes first.
	sums.sort(
		key=lambda one: one.group if group_by == "period" else (-one.spent, -one.promised, str(one.group))
	)
	rows = _rows(sums, _labels(group_by, wallets))
	totals = rules.total(sums)
	return (
		_columns(group_by),
		rows,
		_("Only gestures that you may open are counted here.") if group_by in OF_GESTURES else None,
		_chart(group_by, rows) if len(totals) == 1 else None,
		_summary(group_by, totals),
		len(totals) > 1,
	)


_GROUPS: dict[str, Callable[[dict], object]] = {
	"holder": lambda wallet: wallet.holder or "",
	"budget": lambda wallet: wallet.gesture_budget,
	"period": lambda wallet: (wallet.period_start, wallet.period_end),
	"type": lambda gesture: gesture.gesture_type or "",
	"customer": lambda gesture: gesture.customer or "",
}


def _wallets(asked: dict) -> list[dict]:
	"""The wallets whose period lies at least partly between the two days."""
	filters = {field: asked[field] for field in ("company", "gesture_budget") if asked.get(field)}
	if asked.from_date:
		filters["period_end"] = (">=", getdate(asked.from_date))
	if asked.to_date:
		filters["period_start"] = ("<=", getdate(asked.to_date))
	sums = ("allowance", "carried_over", "committed", "spent")
	fields = ["name", "holder", "gesture_budget", "currency", "period_start", "period_end", *sums]
	return frappe.get_list("Gesture Wallet", filters=filters, fields=fields, order_by="name asc", limit=0)


def _gestures(wallets: list[str]) -> list[dict]:
	"""What these wallets paid for, or promised."""
	fields, found = ["gesture_wallet", "gesture_type", "customer", "status", "wallet_amount"], []
	for start in range(0, len(wallets), _AT_ONCE):
		paid_from = ("in", wallets[start : start + _AT_ONCE])
		filters = {"gesture_wallet": paid_from, "status": ("in", ("Approved", "Given"))}
		found += frappe.get_list("Gesture", filters=filters, fields=fields, order_by="name asc", limit=0)
	return found


def _labels(group_by: str, wallets: list[dict]) -> Callable[[object], str]:
	"""How a group is called."""
	if group_by == "holder":
		# A name is not ours to put right, but a file is made of this.
		return lambda user: inert(unmarked(frappe.utils.get_fullname(user))) if user else _("Shared pools")
	if group_by == "budget":
		names = list({wallet.gesture_budget for wallet in wallets})
		found = frappe.get_all("Gesture Budget", filters={"name": ("in", names)}, fields=["name", "title"])
		titles = {budget.name: budget.title for budget in found}
		return lambda name: titles.get(name, name)
	if group_by == "period":
		return lambda days: _("{0} to {1}").format(*map(formatdate, days))
	return lambda name: name


def _rows(sums: list[Sum], label: Callable[[object], str]) -> list[dict]:
	return [
		{
			"group": label(one.group),
			"currency": one.currency,
			"count": one.count,
			**{
				field: flt(getattr(one, field))
				for field in ("allowance", "carried_over", "promised", "spent", "left")
			},
		}
		for one in sums
	]


def _columns(group_by: str) -> list[dict]:
	first = {
		"holder": {"label": _("Holder"), "fieldtype": "Data"},
		"budget": {"label": _("Budget"), "fieldtype": "Data"},
		"period": {"label": _("Period"), "fieldtype": "Data"},
		"type": {"label": _("Gesture Type"), "fieldtype": "Link", "options": "Gesture Type"},
		"customer": {"label": _("Customer"), "fieldtype": "Link", "options": "Customer"},
	}[group_by]
	labels = {"promised": _("Promised"), "spent": _("Spent")}
	if group_by in OF_WALLETS:
		labels = {"allowance": _("Allowance"), "carried_over": _("Carried Over"), **labels, "left": _("Left")}
	money = {"fieldtype": "Currency", "options": "currency", "width": 130}
	return [
		{"fieldname": "group", "width": 220, **first},
		*({"fieldname": name, "label": label, **money} for name, label in labels.items()),
		{"fieldname": "count", "label": _("Gestures"), "fieldtype": "Int", "width": 90},
		# No Link: Frappe would refuse the report to those who may not read the list of currencies, such as a Sales Manager.
		{"fieldname": "currency", "label": _("Currency"), "fieldtype": "Data", "width": 90},
	]


def _chart(group_by: str, rows: list[dict]) -> dict:
	shown = rows[-_MOST_BARS:] if group_by == "period" else rows[:_MOST_BARS]
	series = {"spent": _("Spent"), "promised": _("Promised")}
	if group_by in OF_WALLETS:
		series["left"] = _("Left")
	return {
		"type": "bar",
		"fieldtype": "Currency",
		"options": "currency",
		"currency": shown[0]["currency"],
		"colors": ["blue", "orange", "light-blue"],
		"barOptions": {"stacked": 1},
		"data": {
			"labels": [row["group"] or _("Something else") for row in shown],
			"datasets": [
				{"name": name, "values": [row[field] for row in shown]} for field, name in series.items()
			],
		},
	}


def _summary(group_by: str, totals: list[Sum]) -> list[dict]:
	labels = {"spent": _("Spent"), "promised": _("Promised")}
	if group_by in OF_WALLETS:
		labels["left"] = _("Left")
	return [
		{
			"label": label,
			"value": flt(getattr(one, field)),
			"datatype": "Currency",
			"currency": one.currency,
		}
		for one in totals
		for field, label in labels.items()
	]
