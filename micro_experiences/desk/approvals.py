"""Who is told that a gesture awaits approval, and who hears what became of it: by the bell, without personal words."""

import frappe
from frappe import _
from frappe.utils import escape_html

from micro_experiences.desk.bell import ring
from micro_experiences.desk.people import first_name
from micro_experiences.desk.words import refusing
from micro_experiences.domain import gestures as rules
from micro_experiences.privacy.sight import is_manager, may_read_customer

# More people than this are not asked about one gesture.
_MOST = 20


def tell(gesture, old_status: str) -> None:
	"""Ask the approvers when a gesture begins to await them, and tell its giver when they have decided."""
	if gesture.status == old_status:
		return
	if gesture.status == "Awaiting Approval":
		line = _("{0} asks whether a gesture may be given").format(escape_html(first_name(gesture.given_by)))
		ring((user, line, "Gesture", gesture.name) for user in approvers(gesture))
	elif gesture.status in ("Approved", "Declined") and gesture.given_by:
		line = (
			_("Your gesture was approved") if gesture.status == "Approved" else _("Your gesture was declined")
		)
		ring([(gesture.given_by, line, "Gesture", gesture.name)])


def approvers(gesture) -> list[str]:
	"""The enabled users who are asked about a gesture, all of whom may open its customer. Raises where there is nobody."""
	with refusing():
		return rules.asked(gesture.approver_role(), lambda role: _holders(gesture, role))


def _holders(gesture, with_role: str) -> list[str]:
	user, role = frappe.qb.DocType("User"), frappe.qb.DocType("Has Role")
	names = (
		frappe.qb.from_(user)
		.join(role)
		.on((role.parent == user.name) & (role.parenttype == "User"))
		.select(user.name)
		.distinct()
		.where((user.enabled == 1) & (role.role == with_role))
		.where(user.name.notin(("Administrator", "Guest", gesture.given_by or "")))
		.orderby(user.name)
		.run(pluck=True)
	)
	may = (name for name in names if may_read_customer(gesture.customer, name))
	return [name for _number, name in zip(range(_MOST), may, strict=False)]


def decidable() -> dict | None:
	"""The filters for the gestures that await a decision of the session user; None where he decides about none.

	It is the rule of `domain.gestures.may_decide`, asked of all at once.
	"""
	me = frappe.session.user
	filters = {"status": "Awaiting Approval", "given_by": ("!=", me)}
	if is_manager(me):
		return filters
	roles = ("in", frappe.get_roles(me))
	budgets = frappe.get_all("Gesture Budget", filters={"approver_role": roles}, pluck="name")
	return filters | {"gesture_budget": ("in", budgets)} if budgets else None


@frappe.whitelist(methods=["GET"])
def may_decide_about_some() -> bool:
	"""Whether the list of gestures has something to offer to an approver."""
	frappe.has_permission("Gesture", throw=True)
	return bool(decidable())
