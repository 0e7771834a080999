"""Everything the app does to a Personal Data Download Request."""

from frappe import _

from micro_experiences.services.privacy_requests import notify_managers
from micro_experiences.utils.resilience import fail_safe_write


@fail_safe_write
def after_insert(doc, method=None) -> None:
	"""Notify managers of a download request (`Personal Data Download Request.after_insert`).

	Frappe's download does not include the app's records.
	"""
	notify_managers(doc.user, lambda lang: _("{0} requested their personal data.", lang=lang))
