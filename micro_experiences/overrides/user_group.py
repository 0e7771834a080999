"""Everything the app does to a User Group."""

from micro_experiences.permissions.budget_access import clear_budget_cache
from micro_experiences.services import budgets, cleanup


def on_update(doc, method=None) -> None:
	"""Clear the cached budgets, whose holders may have changed (`User Group.on_update`)."""
	clear_budget_cache()


def on_trash(doc, method=None) -> None:
	"""Restrict the notes of a deleted group to their authors, and remove it from budgets (`User Group.on_trash`)."""
	cleanup.restrict_group_notes(doc)
	budgets.clear_references(doc)
