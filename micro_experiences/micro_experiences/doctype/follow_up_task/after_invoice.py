"""Promises "After Last Invoice" are counted from each new Sales Invoice of their customer."""

import frappe

from micro_experiences.desk.safely import never_fail
from micro_experiences.domain.promises import AFTER_INVOICE
from micro_experiences.micro_experiences.doctype.follow_up_task.follow_up_task import last_invoice


@never_fail
def invoice_changed(doc, method=None) -> None:
	"""`Sales Invoice.on_submit` and `on_cancel`: one query by index for a customer who has no such promise, like nearly all."""
	waiting = frappe.get_all(
		"Follow Up Task",
		filters={"customer": doc.customer, "status": "Open", "repeats": AFTER_INVOICE},
		pluck="name",
	)
	if waiting:
		last = last_invoice(doc.customer)
		for name in waiting:
			frappe.get_doc("Follow Up Task", name, for_update=True).restart(last)
