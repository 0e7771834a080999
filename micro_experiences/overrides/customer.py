"""Everything the app does to a Customer."""

from micro_experiences.services import banner
from micro_experiences.services.cleanup import forget_deleted_customer
from micro_experiences.services.connections import CUSTOMER_DOCTYPES, add_connections


def onload(doc, method=None) -> None:
	"""Add the banner to a customer that is sent to its form (`Customer.onload`)."""
	banner.add_to_onload(doc, doc.name)


def after_delete(doc, method=None) -> None:
	"""Erase the personal data of a deleted customer (`Customer.after_delete`)."""
	forget_deleted_customer(doc)


def get_dashboard_data(data: dict) -> dict:
	"""Add the records of a customer to the Connections of Customer (`override_doctype_dashboards`)."""
	add_connections(data, "customer", CUSTOMER_DOCTYPES)
	return data
