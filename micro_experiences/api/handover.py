"""Whitelisted methods of the Handover page."""

import frappe

from micro_experiences.permissions import roles
from micro_experiences.services import handover
from micro_experiences.utils.transactions import retry_on_deadlock


@frappe.whitelist(methods=["GET"])
def get_people() -> dict[str, list[dict]]:
	"""Return `{"leaving", "staying"}`: all users including disabled ones, and those who can take over.

	Each is a list of `{"value", "label"}`.
	"""
	roles.check_manager()
	return handover.get_people()


@frappe.whitelist(methods=["GET"])
def preview(leaving: str, staying: str) -> dict:
	"""Return what a handover between two users would include, and what not and why. Nothing is written.

	See `services.handover.preview_handover` for the keys.
	"""
	roles.check_manager()
	return handover.preview_handover(leaving, staying)


@frappe.whitelist(methods=["POST"])
@retry_on_deadlock
def hand_over(leaving: str, staying: str, after: str | None = None) -> dict:
	"""Hand over the next batch of follow-ups, starting after `after`, and the notes with the last one.

	See `services.handover.hand_over_batch` for the keys. Idempotent.
	"""
	roles.check_manager()
	return handover.hand_over_batch(leaving, staying, after)
