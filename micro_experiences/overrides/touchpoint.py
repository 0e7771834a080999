"""Everything the app does to the other documents from which a note, gesture or follow-up can be recorded."""

from micro_experiences.services.cleanup import clear_references


def after_delete(doc, method=None) -> None:
	"""Clear the references to a deleted document (`after_delete`)."""
	clear_references(doc)
