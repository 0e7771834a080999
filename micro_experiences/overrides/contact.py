"""Everything the app does to a Contact."""

from micro_experiences.services.cleanup import clear_deleted_contact


def after_delete(doc, method=None) -> None:
	"""Clear the links to a deleted contact (`Contact.after_delete`)."""
	clear_deleted_contact(doc)
