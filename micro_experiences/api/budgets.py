"""Information on the Gesture Budget form: a description of the budget, its holders and its past periods."""

import frappe
from frappe.permissions import AUTOMATIC_ROLES
from frappe.utils import cstr

from micro_experiences.services import budgets
from micro_experiences.utils import request_data
from micro_experiences.utils.rate_limit import rate_limit_per_user


@frappe.whitelist(methods=["POST"])
def describe_budget(budget: str | dict) -> dict:
	"""Describe a budget from the fields of its form: `{"text", "people", "usual_free_up_to", "approval_text"}`.

	`approval_text` says who approves. `text` is "" until the fields are sufficient. Nothing is written.
	"""
	frappe.has_permission("Gesture Budget", "read", throw=True)
	row = request_data.parse_fields(budget)
	holders = (request_data.parse_fields(holder) for holder in request_data.parse_list(row.get("holders")))
	named = [cstr(holder.get("user")) for holder in holders if holder.get("user")]
	return budgets.describe_budget(row, named)


@frappe.whitelist(methods=["GET", "POST"])
@rate_limit_per_user(240)
def search_roles(
	doctype: str,
	txt: str,
	searchfield: str,
	start: int,
	page_len: int,
	filters: str | list | dict | None = None,
) -> list[tuple[str]]:
	"""Return the roles that a budget can name, as the query of a Link field.

	In ERPNext only a System Manager may search roles. Automatic roles such as "All" are excluded.
	"""
	frappe.has_permission("Gesture Budget", "write", throw=True)
	return frappe.get_all(
		"Role",
		filters=[
			["name", "like", f"%{txt}%"],
			["name", "not in", (*AUTOMATIC_ROLES, "Administrator")],
			["disabled", "=", 0],
		],
		fields=["name"],
		order_by="name asc",
		limit_start=start,
		limit=page_len,
		as_list=True,
	)


@frappe.whitelist(methods=["GET"])
def get_usage(name: str) -> dict:
	"""Return the current wallets and the past periods of a budget, as far as the session user may read them.

	`holders` has `who, used, has, used_text, left_text, low, href`, the highest spending first; `more` counts
	the holders that are not listed; `periods` has `label, used, left`, the oldest first.
	"""
	frappe.get_doc("Gesture Budget", name).check_permission("read")
	return budgets.get_usage(name)
