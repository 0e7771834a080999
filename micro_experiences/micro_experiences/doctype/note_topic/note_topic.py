"""What a note is about."""

from frappe.model.document import Document


class NoteTopic(Document):
	"""A topic has a name and an icon; its rule, sensitive by default, is asked by the jotting."""
