"""Idempotency of methods that create a record: a repeated request creates no second one."""

from collections.abc import Callable
from functools import wraps

import frappe


def idempotent(doctype: str) -> Callable:
	"""Make a whitelisted method idempotent that creates a `doctype` record and saves `sent_key` in it.

	The panel creates a key for each form, and sends it with every attempt to submit the form. A repeated
	request returns `{"name", "again": True, "customer"}` for the existing record.
	"""

	def decorate(method: Callable) -> Callable:
		@wraps(method)
		def wrapped(*args, **kwargs):
			key = kwargs.get("sent_key")
			if response := _get_previous_response(doctype, key):
				return response
			try:
				return method(*args, **kwargs)
			except frappe.UniqueValidationError:
				# The first request was still running.
				frappe.db.rollback()
				frappe.clear_messages()
				if response := _get_previous_response(doctype, key):
					return response
				raise

		return wrapped

	return decorate


def _get_previous_response(doctype: str, key: str | None) -> dict | None:
	"""Return the response for the record that an earlier request with this key created, or None."""
	filters = {"sent_key": key, "owner": frappe.session.user}
	row = key and frappe.db.get_value(doctype, filters, ["name", "customer"], as_dict=True)
	return {"name": row.name, "again": True, "customer": row.customer} if row else None
