"""Everything the app does to a Role."""

from micro_experiences.services import budgets


def on_trash(doc, method=None) -> None:
	"""Remove a deleted role from all budgets (`Role.on_trash`)."""
	budgets.clear_references(doc)
