"""Notify managers when someone requests their personal data, or its deletion, through Frappe."""

from collections.abc import Callable

import frappe
from frappe.utils import get_url, quoted

from micro_experiences.permissions import visibility
from micro_experiences.utils.notifications import get_managers, notify_users


def get_customers_by_email(email: str) -> set[str]:
	"""Return the customers that have a contact with this email address."""
	address, link = frappe.qb.DocType("Contact Email"), frappe.qb.DocType("Dynamic Link")
	return set(
		frappe.qb.from_(address)
		.join(link)
		.on((link.parent == address.parent) & (link.parenttype == "Contact"))
		.select(link.link_name)
		.where((address.email_id == email) & (link.link_doctype == "Customer"))
		.run(pluck=True)
	)


def notify_managers(email: str, get_message: Callable[[str], str]) -> None:
	"""Notify each manager who may read the customer, with a link to the page Personal Data.

	`get_message` returns the message in a language; "{0}" is the customer.
	"""
	customers = get_customers_by_email(email)
	for user, lang in get_managers().items() if customers else ():
		for customer in sorted(visibility.filter_visible(user, "Customer", customers)):
			subject = get_message(lang).format(f"<b>{frappe.utils.escape_html(customer)}</b>")
			notify_users(
				[(user, subject, "Customer", customer)],
				link=get_url(f"/app/personal-data/{quoted(customer)}"),
			)
