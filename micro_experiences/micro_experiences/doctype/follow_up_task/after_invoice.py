"""Promises "After Last Invoice" are counted from each new Sales Invoice of their customer."""

import frappe
from frappe.utils import getdate

from micro_experiences.desk.safely import ask_worker, never_fail
from micro_experiences.domain.promises import AFTER_INVOICE
from micro_experiences.jobs import workers
from micro_experiences.micro_experiences.doctype.follow_up_task.follow_up_task import last_invoice


@never_fail
def invoice_changed(doc, method=None) -> None:
	"""`Sales Invoice.on_submit` and `on_cancel`: one query by index for a customer who has no such promise, like nearly all.

	The promises themselves are counted after it: locks of ours have no place in the transaction of an invoice.
	"""
	if doc.is_return:
		return
	waiting = {"customer": doc.customer, "status": "Open", "repeats": AFTER_INVOICE}
	if frappe.get_all("Follow Up Task", filters=waiting, limit=1):
		ask_worker(count_anew, customer=doc.customer, invoiced_on=getdate(doc.posting_date).isoformat())


def count_anew(customer: str, invoiced_on: str) -> None:
	"""An invoice of `invoiced_on` (ISO date) was submitted or cancelled: count the customer's promises from the last one."""
	workers.kept(lambda: _count_anew(customer, invoiced_on))


def _count_anew(customer: str, invoiced_on: str) -> None:
	names = frappe.get_all(
		"Follow Up Task",
		filters={"customer": customer, "status": "Open", "repeats": AFTER_INVOICE},
		pluck="name",
		order_by="name asc",
	)
	for name in names:
		task = frappe.get_doc("Follow Up Task", name, for_update=True)
		task.restart(last_invoice(customer), getdate(invoiced_on))
