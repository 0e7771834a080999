"""The whitelisted method that checks the wording of a text while it is typed."""

import frappe

from micro_experiences.services.sensitive_words import get_hints
from micro_experiences.utils.rate_limit import rate_limit_per_user


@frappe.whitelist(methods=["POST"])
@rate_limit_per_user(120)
def check_wording(text: str) -> dict:
	"""Return `{"hints"}` for a text: for each category of sensitive words `category`, `text` and `words`.

	Uses POST although it writes nothing, so that no personal text appears in the access log of a web server.
	"""
	frappe.has_permission("Personal Note", "create", throw=True)
	return {"hints": get_hints(text)}
