"""What deleted customers have left behind, because something was broken just when they went, goes after them."""

import frappe

from micro_experiences.jobs import workers
from micro_experiences.privacy.departure import customer_deleted

_ABOUT_A_CUSTOMER = (
	*("Personal Note", "Personal Note Use", "Follow Up Task", "Gesture", "Personal Note Access"),
	"Personal Data Erasure",
)


def mx_forget_deleted_customers() -> None:
	"""Daily: a hook of ours never stops a deletion, so what it could not do then is done now. What fails again is logged, and
	is there tomorrow."""
	for name in sorted(left_behind()):
		workers.kept(lambda name=name: customer_deleted(frappe._dict(doctype="Customer", name=name)))


def left_behind() -> set[str]:
	"""The names of customers whom records of ours speak of, and who are not there."""
	customer = frappe.qb.DocType("Customer")
	found = set()
	for doctype in _ABOUT_A_CUSTOMER:
		ours = frappe.qb.DocType(doctype)
		found |= set(
			frappe.qb.from_(ours)
			.left_join(customer)
			.on(customer.name == ours.customer)
			.select(ours.customer)
			.distinct()
			.where((ours.customer != "") & customer.name.isnull())
			.run(pluck=True)
		)
	return found
