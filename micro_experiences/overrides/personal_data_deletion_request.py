"""Everything the app does to a Personal Data Deletion Request."""

from frappe import _

from micro_experiences.services.privacy_requests import notify_managers
from micro_experiences.utils.resilience import fail_safe_write

_CONFIRMED_STATUS = "Pending Approval"


@fail_safe_write
def on_update(doc, method=None) -> None:
	"""Notify managers once the request is confirmed by email (`Personal Data Deletion Request.on_update`)."""
	if doc.status == _CONFIRMED_STATUS and doc.has_value_changed("status"):
		notify_managers(
			doc.email, lambda lang: _("{0} requested the erasure of their personal data.", lang=lang)
		)
