"""Rejection of reports, scripts and templates whose code reads the app's confidential DocTypes."""

import re

import frappe
from frappe import _

from micro_experiences.domain.visibility import GUARDED_DOCTYPES
from micro_experiences.utils.errors import throw

# Fields with code, and fields with templates, that run without permission checks.
_CODE_FIELDS = {
	"Report": ("query", "report_script"),
	"Server Script": ("script",),
	"Web Page": ("context_script",),
}
_TEMPLATE_FIELDS = {
	"Address Template": ("template",),
	"Auto Repeat": ("subject", "message"),
	"Email Template": ("subject", "response", "response_html"),
	"Letter Head": ("content", "footer"),
	"Notification": ("subject", "message"),
	"Print Format": ("html", "raw_commands"),
	"Web Page": ("main_section", "main_section_md", "main_section_html"),
	"Web Template": ("template",),
	"Webhook": ("request_url", "webhook_json"),
}
_TEMPLATE_TAG = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
# A DocType must be quoted or named as a table to count, because "gesture" is an English word.
_GUARDED_NAMES = "|".join(GUARDED_DOCTYPES)
_GUARDED_REFERENCE = re.compile(
	rf"""["'`](tab)?({_GUARDED_NAMES})["'`]|(?<!["'`])\btab({_GUARDED_NAMES})\b""", re.IGNORECASE
)


def validate(doc, method=None) -> None:
	"""Reject code that names a guarded DocType (`validate` of the DocTypes in `_CODE_FIELDS` and `_TEMPLATE_FIELDS`).

	Such code runs without permission checks. Administrator is exempt.
	"""
	if frappe.session.user == "Administrator":
		return
	code = [doc.get(field) or "" for field in _CODE_FIELDS.get(doc.doctype, ())]
	texts = (doc.get(field) or "" for field in _TEMPLATE_FIELDS.get(doc.doctype, ()))
	code += [tag for text in texts for tag in _TEMPLATE_TAG.findall(text)]
	runs_on_guarded = doc.doctype == "Server Script" and doc.reference_doctype in GUARDED_DOCTYPES
	if runs_on_guarded or any(_GUARDED_REFERENCE.search(text) for text in code):
		throw(
			_(
				"This code bypasses the permissions on notes, gestures and follow-ups. Use a Report Builder report, or ask the Administrator."
			),
			frappe.PermissionError,
		)
