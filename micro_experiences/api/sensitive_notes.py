"""Temporary access of a manager to the sensitive notes of a customer, with a reason."""

import frappe
from frappe import _

from micro_experiences.permissions import roles
from micro_experiences.permissions.visibility import check_can_read_customer
from micro_experiences.services import access_log
from micro_experiences.services.banner_response import respond_with_banner
from micro_experiences.utils.touchpoints import FormContext


@frappe.whitelist(methods=["POST"])
@respond_with_banner
def request_access(form: FormContext, customer: str, reason: str) -> dict:
	"""Give the session user, a manager, access to the sensitive notes of a customer.

	It ends at midnight in the time zone of the user. The reason is logged. Returns `{"text", "banner"}`; the
	text does not depend on whether there are any sensitive notes.
	"""
	roles.check_manager()
	check_can_read_customer(customer)
	access_log.open_access(customer, frappe.session.user, reason)
	text = _(
		"You can see sensitive notes of this customer until midnight. Your reason is logged, together with each sensitive note that you open or see in the banner. Notes in lists and exports are not logged individually: your reason covers them."
	)
	return {"text": text, "customer": customer}


@frappe.whitelist(methods=["POST"])
@respond_with_banner
def end_access(form: FormContext, customer: str) -> dict:
	"""End the access to the sensitive notes of a customer. Returns `{"text", "banner"}`."""
	roles.check_manager()
	check_can_read_customer(customer)
	access_log.close_access(customer, frappe.session.user)
	return {"text": _("Access ended. Sensitive notes are hidden again."), "customer": customer}
