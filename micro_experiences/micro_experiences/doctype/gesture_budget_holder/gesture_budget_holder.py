"""One person who holds a Gesture Budget."""

from frappe.model.document import Document


class GestureBudgetHolder(Document):
	"""A row of Gesture Budget; it has no rules of its own."""
