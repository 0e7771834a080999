"""Clean up the records of deleted customers where the clean-up failed at the time of deletion."""

import frappe

from micro_experiences.services.cleanup import forget_deleted_customer, get_deleted_customers
from micro_experiences.utils import transactions


def mx_forget_deleted_customers() -> None:
	"""Finish the clean-up of deleted customers. Runs daily. The app never blocks a deletion, so whatever
	failed then is done here. A customer that fails again is logged and tried again the next day."""
	for name in sorted(get_deleted_customers()):
		transactions.commit_with_retry(
			lambda name=name: forget_deleted_customer(frappe._dict(doctype="Customer", name=name))
		)
