"""Visibility of the guarded DocTypes: one SQL condition per DocType for lists and single documents.

Both checks use the same condition, so they cannot disagree, and the document check reads the database, never the posted
values.

A note is visible to users who may read its customer and match its visibility (Everyone, Group, Only Me). A sensitive note
is visible only to its author, and to a Micro Experiences Manager who has given an access reason. Gestures and follow-ups
that resulted from a note follow the note, except for the people named in them. A condition that denies access is "1=0";
Administrator sees everything.
"""

from collections.abc import Iterable, Mapping

import frappe
from frappe import _
from frappe.utils import now

from micro_experiences.domain import visibility as rules
from micro_experiences.permissions import budget_access, conditions
from micro_experiences.permissions.roles import is_manager
from micro_experiences.utils.database import get_match_conditions
from micro_experiences.utils.errors import throw

_DENY = "1=0"


def get_personal_note_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""Return the SQL condition for the Personal Notes visible to the user."""
	user = user or frappe.session.user
	if user == "Administrator":
		return ""
	visible = conditions.note_condition(_quote(user), _quote(now()), manager=is_manager(user))
	return _join_conditions(visible, _get_customer_condition("`tabPersonal Note`.`customer`", user))


def get_personal_note_use_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""Return the condition for Personal Note Use: rows of the visible notes."""
	return conditions.in_condition(
		"`tabPersonal Note Use`.`personal_note`", "Personal Note", get_personal_note_condition(user)
	)


def get_gesture_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""Return the condition for the Gestures visible to the user."""
	user = user or frappe.session.user
	if user == "Administrator":
		return ""
	visible = _get_visible_gestures_condition(user, get_personal_note_condition(user))
	return _join_conditions(visible, _get_customer_condition("`tabGesture`.`customer`", user))


def get_follow_up_task_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""Return the condition for the Follow Up Tasks visible to the user."""
	user = user or frappe.session.user
	if user == "Administrator":
		return ""
	notes = get_personal_note_condition(user)
	# A follow-up has the same customer as its gesture, so one condition on the customer is enough.
	visible = conditions.follow_up_task_condition(
		_quote(user), notes, _get_visible_gestures_condition(user, notes)
	)
	return _join_conditions(visible, _get_customer_condition("`tabFollow Up Task`.`customer`", user))


def get_follow_up_reminder_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""Return the condition for Follow Up Reminder: reminders of the visible follow-ups, and digests."""
	return conditions.follow_up_reminder_condition(get_follow_up_task_condition(user))


def get_follow_up_preference_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""Return the condition for Follow Up Preference: the user's own, or all for a manager."""
	user = user or frappe.session.user
	return conditions.preference_condition(_quote(user), manager=is_manager(user))


def get_personal_note_access_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""Return the condition for Personal Note Access: entries about readable customers, for managers only."""
	return _get_manager_condition("Personal Note Access", user)


def get_personal_data_erasure_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""Return the condition for Personal Data Erasure: certificates of readable customers, for managers only."""
	return _get_manager_condition("Personal Data Erasure", user)


def can_see_all_wallets(user: str) -> bool:
	"""Return whether a user reviews the spending of everybody."""
	return user == "Administrator" or bool(rules.ALL_WALLETS_ROLES & set(frappe.get_roles(user)))


def get_gesture_wallet_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""Return the condition for Gesture Wallet: own wallets and shared pools, or all for roles that review spending."""
	user = user or frappe.session.user
	if can_see_all_wallets(user):
		return ""
	pools = (
		budget.name for budget in budget_access.get_user_budgets(user) if budget.budget_kind == "Shared Pool"
	)
	return conditions.wallet_condition(_quote(user), [_quote(pool) for pool in pools])


def get_gesture_wallet_entry_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""Return the condition for Gesture Wallet Entry: entries of the visible wallets."""
	return conditions.in_condition(
		"`tabGesture Wallet Entry`.`gesture_wallet`", "Gesture Wallet", get_gesture_wallet_condition(user)
	)


def get_visible_rows(
	doctype: str, fields: tuple[str, ...], filters: dict[str, str], order_by: str, limit: int
) -> list[dict]:
	"""Return the rows that `frappe.get_list` would return for equality `filters`, in a fraction of its time.

	The banner needs this speed. The same conditions apply, with the site's User Permissions and shares.
	"""
	where = [f"`tab{doctype}`.`{field}` = {_quote(value)}" for field, value in filters.items()]
	if match := get_match_conditions(doctype, frappe.session.user):
		where.append(match)
	columns = ", ".join(f"`tab{doctype}`.`{field}`" for field in fields)
	query = f"select {columns} from `tab{doctype}` where {' and '.join(where)} order by {order_by} limit {limit:d}"
	# nosemgrep: frappe-using-db-sql -- the condition is the SQL text of Frappe's own list query
	return frappe.db.sql(query, as_dict=True)


_QUERY_CONDITIONS = {
	"Personal Note": get_personal_note_condition,
	"Personal Note Use": get_personal_note_use_condition,
	"Gesture": get_gesture_condition,
	"Follow Up Task": get_follow_up_task_condition,
	"Follow Up Reminder": get_follow_up_reminder_condition,
	"Follow Up Preference": get_follow_up_preference_condition,
	"Personal Note Access": get_personal_note_access_condition,
	"Personal Data Erasure": get_personal_data_erasure_condition,
	"Gesture Wallet": get_gesture_wallet_condition,
	"Gesture Wallet Entry": get_gesture_wallet_entry_condition,
}


def get_query_condition(doctype: str, user: str) -> str:
	"""Return the condition for a guarded DocType, including the user's role permissions; "" means no restriction."""
	return _QUERY_CONDITIONS[doctype](user) if frappe.has_permission(doctype, "read", user=user) else _DENY


def has_permission(doc, ptype: str | None = None, user: str | None = None) -> bool:
	"""Return whether a user has permission on a guarded record (`has_permission` of all guarded DocTypes)."""
	user = user or frappe.session.user
	if user == "Administrator":
		return True
	# Posted values can claim that a document is new, so the database decides.
	stored = frappe.db.get_value(doc.doctype, doc.name, "*", as_dict=True) if doc.name else None
	if not stored:
		return doc.doctype not in rules.PROTECTED_DOCTYPES and can_read_customer(doc.get("customer"), user)
	if not _is_visible(doc.doctype, doc.name, user):
		return False
	if ptype in ("share", "export"):
		return ptype == "export" and is_manager(user)
	if ptype in ("write", "delete", "submit", "cancel"):
		return rules.can_write(doc.doctype, stored, user, manager=is_manager(user))
	return True


def abstain() -> bool | None:
	"""Return the result with which a `has_permission` hook leaves the decision to Frappe and other apps.

	Frappe 15 uses the first result that is not None; from version 16 on, all hooks are called and None denies access.
	"""
	return None if frappe.__version__.startswith("15.") else True


def has_number_card_permission(doc, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""Return whether a user may see a number card (`has_permission` of Number Card).

	Frappe shows every card to System Managers, including cards of the app that they may not read and that only show an error.
	"""
	if doc.module == "Micro Experiences" and not frappe.has_permission(doc.document_type, "read", user=user):
		return False
	return abstain()


def filter_visible(user: str, doctype: str, names: Iterable[str]) -> set[str]:
	"""Return those of `names` that are visible to a user, in one query. `doctype` is guarded or Customer."""
	names = list(names)
	if not (names and frappe.has_permission(doctype, "read", user=user)):
		return set()
	column = f"`tab{doctype}`.`name`"
	visible = (
		_get_customer_condition(column, user) if doctype == "Customer" else _QUERY_CONDITIONS[doctype](user)
	)
	listed = f"{column} in ({', '.join(_quote(name) for name in names)})"
	query = f"select `name` from `tab{doctype}` where {_join_conditions(listed, visible)}"
	# nosemgrep: frappe-using-db-sql -- the condition is the SQL text of Frappe's own list query
	return {name for (name,) in frappe.db.sql(query)}


def get_all_customer_readers(roles: Mapping[str, set[str]]) -> set[str]:
	"""Return the users who can read every customer, in one query. `roles` maps each user to their roles.

	Users with any User Permission are excluded, and so is everyone if another app restricts Customer. Check the other
	users with `filter_visible`.
	"""
	if not roles or frappe.get_hooks("permission_query_conditions").get("Customer"):
		return set()
	readers = {
		perm.role
		for perm in frappe.get_meta("Customer").permissions
		if perm.read and not perm.permlevel and not perm.if_owner
	}
	restricted = frappe.get_all(
		"User Permission", filters={"user": ("in", list(roles))}, pluck="user", distinct=True
	)
	return {user for user, held in roles.items() if held & readers} - set(restricted)


def validate_source(doc, before=None) -> None:
	"""Reject a new reference to a note or gesture that is not visible to the session user or has another customer.

	The fields are not Link fields, because Frappe reads linked records without a permission check, so Frappe does not
	check that the record exists. The record is locked until the end of the transaction: an erasure or deletion either
	waits and includes `doc`, or came first, and then the record does not exist. Raises PermissionError.
	"""
	if doc.flags.ignore_permissions:
		return
	for field, doctype in rules.SOURCE_FIELDS.items():
		name = doc.get(field)
		if not name or (before and (before.get(field), before.customer) == (name, doc.customer)):
			continue
		same_customer = frappe.db.get_value(doctype, name, "customer", for_update=True) == doc.customer
		if not (same_customer and frappe.has_permission(doctype, "read", doc=name)):
			throw(
				_(
					"{0} does not exist, is not visible to you or belongs to another customer. Nothing was saved."
				).format(frappe.utils.escape_html(name)),
				frappe.PermissionError,
			)


def can_read_customer(customer: str | None, user: str) -> bool:
	"""Return whether a user may read a customer. A record without a customer is not protected by one.

	The document comes from the cache: read from the database, a customer takes six queries.
	"""
	if not customer:
		return True
	document = frappe.get_cached_doc("Customer", customer)
	return bool(frappe.has_permission("Customer", "read", doc=document, user=user))


def check_can_read_customer(customer: str) -> None:
	"""Raise PermissionError unless the session user may read a customer."""
	frappe.has_permission("Customer", "read", doc=frappe.get_cached_doc("Customer", customer), throw=True)


def _get_manager_condition(doctype: str, user: str | None) -> str:
	user = user or frappe.session.user
	if user == "Administrator":
		return ""
	access = conditions.access_log_condition(manager=is_manager(user))
	customers = _get_customer_condition(f"`tab{doctype}`.`customer`", user)
	return _join_conditions(access, customers) if access or customers else ""


def _is_visible(doctype: str, name: str, user: str) -> bool:
	condition = _QUERY_CONDITIONS[doctype](user)
	if not condition:
		return True
	query = f"select 1 from `tab{doctype}` where `tab{doctype}`.`name` = {_quote(name)} and {condition}"
	# nosemgrep: frappe-using-db-sql -- the condition is the SQL text of Frappe's own list query
	return bool(frappe.db.sql(query))


def _get_visible_gestures_condition(user: str, notes: str) -> str:
	roles = [_quote(role) for role in sorted(frappe.get_roles(user))]
	return conditions.gesture_condition(_quote(user), notes, roles, manager=is_manager(user))


def _get_customer_condition(column: str, user: str) -> str:
	"""Return the condition for rows whose customer the user may read, by roles, User Permissions, shares and hooks.

	A record without a customer (because it was deleted) is visible to users who may read every customer.
	"""
	meta = frappe.get_meta("Customer")
	if frappe.permissions.get_role_permissions(meta, user=user).get("read"):
		match = get_match_conditions("Customer", user)
		return f"{column} in (select `name` from `tabCustomer` where {match})" if match else ""
	if shared := frappe.share.get_shared("Customer", user):
		return f"{column} in ({', '.join(_quote(name) for name in shared)})"
	return _DENY


def _quote(text: str) -> str:
	return frappe.db.escape(text, percent=False)


def _join_conditions(*conditions: str) -> str:
	return "(" + " and ".join(condition for condition in conditions if condition) + ")"
