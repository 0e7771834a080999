"""The person whom the message of a gesture greets."""

import frappe

from micro_experiences.domain.message_templates import get_person_name

_CONTACT_FIELDS = ("first_name", "full_name")


def find_person_name(customer: str, contact: str | None) -> str:
	"""Return the first name of the contact at hand, else of the customer's primary or only contact, or the name of
	an Individual. "" if nobody is known or the session user may not read the contact."""
	if contact and frappe.db.exists("Contact", contact):
		person = _read_contact(contact)
		return (person and person.first_name) or ""
	values = frappe.db.get_value(
		"Customer",
		customer,
		("customer_name", "customer_type", "customer_primary_contact"),
		as_dict=True,
	)
	if not values:
		return ""
	return get_person_name(
		values, _read_contact(values.customer_primary_contact or _find_only_contact(customer))
	)


def _read_contact(name: str | None) -> frappe._dict | None:
	if not name or not frappe.has_permission("Contact", "read", doc=name):
		return None
	return frappe.db.get_value("Contact", name, _CONTACT_FIELDS, as_dict=True)


def _find_only_contact(customer: str) -> str | None:
	names = frappe.get_all(
		"Dynamic Link",
		filters={"parenttype": "Contact", "link_doctype": "Customer", "link_name": customer},
		pluck="parent",
		distinct=True,
		limit=2,
	)
	return names[0] if len(names) == 1 else None
