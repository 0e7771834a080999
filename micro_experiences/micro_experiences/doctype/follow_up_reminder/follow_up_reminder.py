"""The proof that a reminder was sent exactly once."""

from frappe.model.document import Document


class FollowUpReminder(Document):
	"""Written by the reminder job alone."""
