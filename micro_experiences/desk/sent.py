"""What the Desk sends as JSON, or as it is: a list, the fields of a form."""

import frappe
from frappe import _


def names(sent: str | list) -> list[str]:
	"""The names in a list, or in one as JSON, each once and in their order. Raises ValidationError for anything else."""
	return list(dict.fromkeys(str(name) for name in _of_kind(sent, list)))


def listed(sent: str | list | None) -> list:
	"""A list, or one as JSON; an empty one for nothing. Raises ValidationError for anything else."""
	return _of_kind(sent, list) if sent else []


def fields(sent: str | dict) -> dict:
	"""The fields of a form, or of one as JSON. Raises ValidationError for anything else."""
	return _of_kind(sent, dict)


def _of_kind(sent: object, kind: type) -> object:
	try:
		found = frappe.parse_json(sent)
	except ValueError:
		found = None
	if not isinstance(found, kind):
		frappe.throw(_("This cannot be read. Nothing was changed: please open the page again."))
	return found
