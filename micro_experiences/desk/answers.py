"""What the bell may offer to answer on the spot: of the notifications in it, those that still await the one who reads."""

import frappe
from frappe import _

from micro_experiences.desk.approvals import decidable
from micro_experiences.desk.limits import at_most
from micro_experiences.desk.sent import names
from micro_experiences.desk.words import money


@frappe.whitelist(methods=["GET"])
@at_most(120)
def awaited(gestures: str | list, follow_ups: str | list) -> dict[str, dict[str, str]]:
	"""By DocType, those of these names that still await the session user, each with a line that says what it is about:
	gestures that he decides about, and his own open promises."""
	for doctype in ("Gesture", "Follow Up Task"):
		frappe.has_permission(doctype, throw=True)
	return {
		"Gesture": _undecided(names(gestures)[:_MOST]),
		"Follow Up Task": _open(names(follow_ups)[:_MOST]),
	}


# Frappe shows the last twenty.
_MOST = 20


def _undecided(asked: list[str]) -> dict[str, str]:
	filters = decidable() if asked else None
	if not filters:
		return {}
	rows = frappe.get_list(
		"Gesture",
		filters=filters | {"name": ("in", asked)},
		fields=["name", "what", "cost", "currency", "customer.customer_name"],
		order_by="name asc",
		limit=_MOST,
	)
	return {
		row.name: _("{0} for {1}: {2}").format(row.what, row.customer_name, money(row.cost, row.currency))
		for row in rows
	}


def _open(asked: list[str]) -> dict[str, str]:
	if not asked:
		return {}
	me = frappe.session.user
	rows = frappe.get_list(
		"Follow Up Task",
		filters={"name": ("in", asked), "status": "Open"},
		or_filters={"assigned_to": me, "escalate_to": me},
		fields=["name", "subject"],
		order_by="name asc",
		limit=_MOST,
	)
	return {row.name: row.subject for row in rows}
