"""The whitelisted method that returns the banner for a form that is not saved yet."""

import frappe

from micro_experiences.permissions import visibility
from micro_experiences.services.banner import get_banner_payload, is_shown_on
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
	if not visibility.can_read_customer(customer, frappe.session.user):
		return None
	return get_banner_payload(customer, reference, contact)
