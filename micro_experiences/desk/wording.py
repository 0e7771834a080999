"""The gentle question while somebody writes: which words sound like health, faith and the like. Nothing is kept of the text."""

import frappe
from frappe import _

from micro_experiences.desk.limits import at_most
from micro_experiences.domain import sensitive_words as rules
from micro_experiences.micro_experiences.doctype.micro_experiences_settings.micro_experiences_settings import (
	get_settings,
)
from micro_experiences.micro_experiences.doctype.sensitive_term.sensitive_term import words


@frappe.whitelist(methods=["POST"])
@at_most(120)
def look(text: str) -> dict:
	"""`{"hints"}` for a text that is being written: for each kind of words `category`, `text` and `words`.

	By POST, although it writes nothing, so that no personal sentence stands in the log of a web server.
	"""
	frappe.has_permission("Personal Note", "create", throw=True)
	return {"hints": hints(text)}


def hints(text: str) -> list[dict]:
	"""What is asked about a text, in the user's language; nothing where the site does not want to be asked."""
	if not get_settings().check_wording:
		return []
	return [hint | {"text": _(hint["text"])} for hint in rules.hints(rules.findings(text, words()))]
