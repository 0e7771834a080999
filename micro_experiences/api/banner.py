"""Whitelisted methods for the banner: for a form that is not saved yet, and the lines that it does not show at once."""

import frappe

from micro_experiences.permissions.visibility import can_read_customer, check_can_read_customer
from micro_experiences.services.banner import get_banner_payload, get_remaining_items, is_shown_on
from micro_experiences.utils.rate_limit import rate_limit_per_user


@frappe.whitelist(methods=["GET"])
@rate_limit_per_user(120)
def get_banner(
	customer: str,
	reference_doctype: str | None = None,
	reference_name: str | None = None,
	contact: str | None = None,
) -> dict | None:
	"""Return the banner for an unsaved form whose customer was selected, or None if there is none."""
	if reference_doctype and not is_shown_on(reference_doctype):
		return None
	reference = (reference_doctype, reference_name) if reference_doctype and reference_name else None
	if not can_read_customer(customer, frappe.session.user):
		return None
	return get_banner_payload(customer, reference, contact)


@frappe.whitelist(methods=["POST"])
@rate_limit_per_user(120)
def get_more(
	customer: str,
	reference_doctype: str | None = None,
	reference_name: str | None = None,
	contact: str | None = None,
) -> dict:
	"""Return the lines that the banner of a customer counts as `more`: `{"items"}`.

	Uses POST, because the access to sensitive notes is logged.
	"""
	check_can_read_customer(customer)
	reference = (reference_doctype, reference_name) if reference_doctype and reference_name else None
	return {"items": get_remaining_items(customer, reference, contact)}
