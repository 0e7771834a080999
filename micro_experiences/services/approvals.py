"""Approval of gestures: the approvers, and notifications without personal text to them and to the giver."""

from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import escape_html, get_fullname, getdate

from micro_experiences.domain import gestures as rules
from micro_experiences.permissions.roles import is_manager
from micro_experiences.permissions.visibility import can_read_customer
from micro_experiences.services import ledger
from micro_experiences.utils.errors import domain_errors_as_frappe
from micro_experiences.utils.formatting import format_money
from micro_experiences.utils.language import get_language
from micro_experiences.utils.notifications import MAX_SHOWN, notify_users
from micro_experiences.utils.users import get_first_name

# The number of approvers who are notified of one gesture.
_MAX_APPROVERS = 20
_REQUEST_FIELDS = (
	"name",
	"what",
	"message",
	"cost",
	"currency",
	"company",
	"given_by",
	"gesture_budget",
	"gesture_wallet",
	"personal_note",
)


def notify_status_change(gesture, old_status: str) -> None:
	"""Notify the approvers of a gesture that awaits approval, and its giver of the decision."""
	if gesture.status == old_status:
		return
	if gesture.status == "Awaiting Approval":
		# Without the customer and the gift: the notification is also sent by email.
		line = _("{0} requests approval for a gesture of {1}").format(
			escape_html(get_first_name(gesture.given_by)), format_money(gesture.cost, gesture.currency)
		)
		notify_users((user, line, "Gesture", gesture.name) for user in get_approvers(gesture))
	elif gesture.status in ("Approved", "Declined") and gesture.given_by:
		line = (
			_("Your gesture was approved") if gesture.status == "Approved" else _("Your gesture was declined")
		)
		notify_giver(gesture, line)


def notify_giver(gesture, line: str) -> None:
	"""Notify the user who gives a gesture."""
	notify_users([(gesture.given_by, line, "Gesture", gesture.name)])


def get_approvers(gesture) -> list[str]:
	"""Return the enabled users who may approve a gesture and read its customer.

	Raises an error if there are none.
	"""
	with domain_errors_as_frappe():
		return rules.get_approvers(gesture.get_approver_role(), lambda role: _get_role_holders(gesture, role))


def _get_role_holders(gesture, with_role: str) -> list[str]:
	"""Return the enabled users with a role who may read the customer, without the giver of the gesture."""
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
	readers = (name for name in names if can_read_customer(gesture.customer, name))
	return [name for _number, name in zip(range(_MAX_APPROVERS), readers, strict=False)]


def get_pending_filters() -> dict | None:
	"""Return the filters for the gestures that the session user may approve, or None if they approve none.

	This is the rule `domain.gestures.can_decide` as a list filter.
	"""
	me = frappe.session.user
	filters = {"status": "Awaiting Approval", "given_by": ("!=", me)}
	if is_manager(me):
		return filters
	roles = ("in", frappe.get_roles(me))
	budgets = frappe.get_all("Gesture Budget", filters={"approver_role": roles}, pluck="name")
	return filters | {"gesture_budget": ("in", budgets)} if budgets else None


def get_pending_approvals(names: list[str]) -> dict[str, str]:
	"""Return `{name: text}` of those gestures among `names` that the session user may approve or decline."""
	filters = get_pending_filters() if names else None
	if not filters:
		return {}
	rows = frappe.get_list(
		"Gesture",
		filters=filters | {"name": ("in", names)},
		fields=[*_REQUEST_FIELDS, "customer.customer_name"],
		order_by="name asc",
		limit=MAX_SHOWN,
	)
	return {
		row.name: _("{0} for {1}: {2}. {3}").format(
			row.what, row.customer_name, format_money(row.cost, row.currency), describe_request(row)
		)
		for row in rows
	}


def describe_request(gesture) -> str:
	"""Describe to the session user who pays for a gesture that awaits approval, what is left, and why.

	The reason is the note behind it, if the user may read it and it is not sensitive, else the message.
	"""
	budget = gesture.gesture_budget and frappe.db.get_value("Gesture Budget", gesture.gesture_budget, "title")
	if not budget:
		return _("It costs nothing.")
	wallet = _get_request_wallet(gesture)
	if not wallet:
		return _("Its budget is disabled or no longer available to {0}.").format(
			get_fullname(gesture.given_by)
		)
	left, currency, until = wallet
	return rules.describe_request(
		get_fullname(gesture.given_by),
		budget,
		format_money(left, currency),
		get_language().format_date(until, getdate()),
		_get_reason(gesture),
		reserved=bool(gesture.gesture_wallet),
		translate=_,
	)


def _get_request_wallet(gesture) -> tuple[Decimal, str, date] | None:
	"""Return what is left in the wallet that pays, its currency and its last day. A request of an older version has no
	wallet yet."""
	if gesture.gesture_wallet:
		row = frappe.db.get_value("Gesture Wallet", gesture.gesture_wallet, "*", as_dict=True)
		return ledger.get_balance(row), row.currency, getdate(row.period_end)
	for wallet in ledger.get_user_wallets(gesture.given_by, gesture.company):
		if wallet.budget.name == gesture.gesture_budget:
			return wallet.left, wallet.budget.currency, wallet.period_end
	return None


def _get_reason(gesture) -> str:
	note = gesture.personal_note and frappe.db.get_value(
		"Personal Note", gesture.personal_note, ["note", "sensitive"], as_dict=True
	)
	if (
		note
		and not note.sensitive
		and frappe.has_permission("Personal Note", "read", doc=gesture.personal_note)
	):
		return note.note
	return gesture.message or ""
