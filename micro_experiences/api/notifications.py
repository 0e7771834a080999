"""Actions that the notification list offers for records that still wait for the user."""

import frappe

from micro_experiences.services.approvals import get_pending_approvals
from micro_experiences.services.follow_ups import get_pending_tasks
from micro_experiences.utils.notifications import MAX_SHOWN
from micro_experiences.utils.rate_limit import rate_limit_per_user
from micro_experiences.utils.request_data import parse_names


@frappe.whitelist(methods=["GET"])
@rate_limit_per_user(120)
def get_pending_actions(gestures: str | list, follow_ups: str | list) -> dict[str, dict[str, str]]:
	"""Return the records that still wait for the session user, as `{DocType: {name: text}}`.

	These are the gestures that the user may approve or decline, and the open follow-ups that are assigned or
	escalated to them. Both arguments are lists of names, or lists as JSON.
	"""
	for doctype in ("Gesture", "Follow Up Task"):
		frappe.has_permission(doctype, throw=True)
	return {
		"Gesture": get_pending_approvals(parse_names(gestures)[:MAX_SHOWN]),
		"Follow Up Task": get_pending_tasks(parse_names(follow_ups)[:MAX_SHOWN]),
	}
