"""Restrictions of this site: what a Never note can rule out."""

import frappe
from frappe import _

from micro_experiences.domain import restrictions
from micro_experiences.domain.gesture_advice import parse_tags


def get_known_names(before: str | None = None) -> tuple[str, ...]:
	"""Return the enabled restrictions of this site, those of the app first, and those that a field had `before`."""
	enabled = frappe.get_all("Gesture Restriction", filters={"enabled": 1}, pluck="name", order_by="name asc")
	known = [name for name in restrictions.NAMES if name in enabled]
	return tuple(dict.fromkeys([*known, *enabled, *parse_tags(before)]))


def get_extra_words() -> dict[str, tuple[str, ...]]:
	"""Return the words that this site added, by restriction. One without words is found by its name."""
	rows = frappe.get_all("Gesture Restriction", fields=["name", "words"], order_by="name asc")
	words = {row.name: parse_tags(row.words) for row in rows}
	return {
		name: found or (name,) for name, found in words.items() if found or name not in restrictions.NAMES
	}


def get_choices() -> list[dict]:
	"""Return the enabled restrictions for a form: `{"name", "label"}`."""
	return [{"name": name, "label": _(name.capitalize())} for name in get_known_names()]
