"""Parsing of request data that the Desk sends as JSON or as values."""

import frappe
from frappe import _

from micro_experiences.utils.errors import throw


def parse_names(sent: str | list) -> list[str]:
	"""Return the unique names of a list, or of a list as JSON. Raises ValidationError for other values."""
	return list(dict.fromkeys(str(name) for name in _parse(sent, list)))


def parse_list(sent: str | list | None) -> list:
	"""Return a list from a list, JSON or None. Raises ValidationError for other values."""
	return _parse(sent, list) if sent else []


def parse_fields(sent: str | dict) -> dict:
	"""Return a dict from a dict or JSON. Raises ValidationError for other values."""
	return _parse(sent, dict)


def _parse(sent: object, kind: type) -> object:
	try:
		found = frappe.parse_json(sent)
	except ValueError:
		found = None
	if not isinstance(found, kind):
		throw(_("The request could not be read. Nothing was changed. Reload the page and try again."))
	return found
