"""The log behind "already asked by Ana on 3 May"."""

from frappe.model.document import Document


class PersonalNoteUse(Document):
	"""Written by Personal Note alone, when somebody used it, put it off, or said that it is no longer true."""
