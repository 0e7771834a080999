"""Everything the app does to a Kanban Board."""

from micro_experiences.domain.visibility import GUARDED_DOCTYPES


def validate(doc, method=None) -> None:
	"""Clear the stored card order of a board for a guarded DocType (`Kanban Board.validate`).

	The order lists the names of all cards to everyone who opens the board. Without it, users see only the cards that are
	visible to them.
	"""
	if doc.reference_doctype in GUARDED_DOCTYPES:
		for column in doc.columns:
			column.order = "[]"
