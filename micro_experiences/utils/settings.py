"""Access to Micro Experiences Settings."""

import frappe
from frappe.model.document import Document


def get_settings() -> Document:
	"""Return the settings from the cache."""
	return frappe.get_cached_doc("Micro Experiences Settings")
