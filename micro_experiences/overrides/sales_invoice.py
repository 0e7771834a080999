"""Everything the app does to a Sales Invoice."""

import frappe
from frappe.utils import getdate

from micro_experiences.domain.follow_ups import AFTER_INVOICE
from micro_experiences.services import banner
from micro_experiences.services.cleanup import clear_references
from micro_experiences.services.connections import CUSTOMER_DOCTYPES, add_connections
from micro_experiences.services.follow_ups import recount_after_invoice
from micro_experiences.utils.background_jobs import enqueue_after_commit
from micro_experiences.utils.resilience import fail_safe


def onload(doc, method=None) -> None:
	"""Add the banner to an invoice that is sent to its form (`Sales Invoice.onload`)."""
	banner.add_to_onload(doc, doc.get("customer"))


def after_mapping(doc, method=None, source=None) -> None:
	"""Add the banner to an invoice that is created from another document (`Sales Invoice.after_mapping`)."""
	banner.add_to_onload(doc, doc.get("customer"))


def on_submit(doc, method=None) -> None:
	"""Recalculate the customer's follow-ups that count from the last invoice (`Sales Invoice.on_submit`)."""
	_recount_follow_ups(doc)


def on_cancel(doc, method=None) -> None:
	"""Recalculate the customer's follow-ups that count from the last invoice (`Sales Invoice.on_cancel`)."""
	_recount_follow_ups(doc)


def after_delete(doc, method=None) -> None:
	"""Clear the references to a deleted invoice (`Sales Invoice.after_delete`)."""
	clear_references(doc)


def get_dashboard_data(data: dict) -> dict:
	"""Add the records that refer to an invoice to its Connections (`override_doctype_dashboards`)."""
	data.setdefault("dynamic_links", {})["reference_name"] = ["Sales Invoice", "reference_doctype"]
	add_connections(data, "reference_name", CUSTOMER_DOCTYPES)
	return data


@fail_safe
def _recount_follow_ups(doc) -> None:
	"""Enqueue the recalculation. One indexed query, which finds nothing for most customers.

	The follow-ups are recalculated in a background job, so that the transaction of the invoice holds no locks
	of the app.
	"""
	if doc.is_return:
		return
	waiting = {"customer": doc.customer, "status": "Open", "repeats": AFTER_INVOICE}
	if frappe.get_all("Follow Up Task", filters=waiting, limit=1):
		enqueue_after_commit(
			recount_after_invoice, customer=doc.customer, invoiced_on=getdate(doc.posting_date).isoformat()
		)
