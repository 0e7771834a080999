"""The one rule of sight. One SQL condition per DocType feeds both the list and the check of a single document,
so that they cannot disagree, and the document check reads the database, never the posted values.

A note is seen by who may read its customer, and is in its visibility (Everyone, Group, Only Me), and, where it is
sensitive, is its author, or a Micro Experiences Manager who has said why he needs to look. Gestures and promises
that stem from a note follow the note, except for their own people. A condition that denies is "1=0"; Administrator
sees everything.
"""

from collections.abc import Iterable, Mapping

import frappe
from frappe import _
from frappe.model.db_query import DatabaseQuery
from frappe.utils import now

from micro_experiences.domain import sight as rules
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger

_DENY = "1=0"


def is_manager(user: str) -> bool:
	"""Whether a user is a Micro Experiences Manager (Administrator is one)."""
	return user == "Administrator" or rules.MANAGER in frappe.get_roles(user)


def check_manager() -> None:
	"""Raises PermissionError unless the session user is a Micro Experiences Manager."""
	if not is_manager(frappe.session.user):
		frappe.throw(_("This is for a {0}.").format(_(rules.MANAGER)), frappe.PermissionError)


def personal_note_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""Which Personal Notes the user may see, as SQL."""
	user = user or frappe.session.user
	if user == "Administrator":
		return ""
	visible = rules.note_condition(_quoted(user), _quoted(now()), manager=is_manager(user))
	return _all(visible, _customers("`tabPersonal Note`.`customer`", user))


def personal_note_use_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""Which lines of the log of uses the user may see: those of the notes that he may see."""
	return rules.within(
		"`tabPersonal Note Use`.`personal_note`", "Personal Note", personal_note_condition(user)
	)


def gesture_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""Which Gestures the user may see."""
	user = user or frappe.session.user
	if user == "Administrator":
		return ""
	seen = _gestures(user, personal_note_condition(user))
	return _all(seen, _customers("`tabGesture`.`customer`", user))


def follow_up_task_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""Which Follow Up Tasks the user may see."""
	user = user or frappe.session.user
	if user == "Administrator":
		return ""
	notes = personal_note_condition(user)
	# A promise is about the same customer as its gesture, so that the customer is asked for once.
	seen = rules.follow_up_task_condition(_quoted(user), notes, _gestures(user, notes))
	return _all(seen, _customers("`tabFollow Up Task`.`customer`", user))


def follow_up_reminder_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""Which Follow Up Reminders the user may see: those of the promises that he may see, and digests."""
	return rules.follow_up_reminder_condition(follow_up_task_condition(user))


def follow_up_preference_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""Which Follow Up Preferences the user may see: his own."""
	user = user or frappe.session.user
	return rules.preference_condition(_quoted(user), manager=is_manager(user))


def personal_note_access_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""Which lines of the log of looks the user may see: a manager those of the customers that he may read."""
	return _of_managers("Personal Note Access", user)


def personal_data_erasure_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""Which certificates the user may see: a manager those of the customers that he may read."""
	return _of_managers("Personal Data Erasure", user)


def gesture_wallet_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""Which wallets the user may see: his own, the pools he shares, and all for those who read the results."""
	user = user or frappe.session.user
	if user == "Administrator" or rules.TREASURERS & set(frappe.get_roles(user)):
		return ""
	pools = (budget.name for budget in ledger.budgets_of(user) if budget.budget_kind == "Shared Pool")
	return rules.wallet_condition(_quoted(user), map(_quoted, pools))


def gesture_wallet_entry_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""Which ledger lines the user may see: those of the wallets that he may see."""
	return rules.within(
		"`tabGesture Wallet Entry`.`gesture_wallet`", "Gesture Wallet", gesture_wallet_condition(user)
	)


def rows(
	doctype: str, fields: tuple[str, ...], filters: dict[str, str], order_by: str, limit: int
) -> list[dict]:
	"""What `frappe.get_list` would answer to the session user for equality `filters`, at a fraction of its time:
	the banner stands on a hot path. The rule of sight is the same one, with the site's User Permissions and shares.
	"""
	where = [f"`tab{doctype}`.`{field}` = {_quoted(value)}" for field, value in filters.items()]
	if match := DatabaseQuery(doctype, user=frappe.session.user).build_match_conditions():
		where.append(match)
	columns = ", ".join(f"`tab{doctype}`.`{field}`" for field in fields)
	query = f"select {columns} from `tab{doctype}` where {' and '.join(where)} order by {order_by} limit {limit:d}"
	return frappe.db.sql(query, as_dict=True)


_CONDITIONS = {
	"Personal Note": personal_note_condition,
	"Personal Note Use": personal_note_use_condition,
	"Gesture": gesture_condition,
	"Follow Up Task": follow_up_task_condition,
	"Follow Up Reminder": follow_up_reminder_condition,
	"Follow Up Preference": follow_up_preference_condition,
	"Personal Note Access": personal_note_access_condition,
	"Personal Data Erasure": personal_data_erasure_condition,
	"Gesture Wallet": gesture_wallet_condition,
	"Gesture Wallet Entry": gesture_wallet_entry_condition,
}


def condition_of(doctype: str, user: str) -> str:
	"""Which records of a guarded DocType the user may see, with what his roles allow; "" means all."""
	return _CONDITIONS[doctype](user) if frappe.has_permission(doctype, "read", user=user) else _DENY


def may(doc, ptype: str | None = None, user: str | None = None) -> bool:
	"""`has_permission` of every record of ours that is about a customer or about money."""
	user = user or frappe.session.user
	if user == "Administrator":
		return True
	# Whoever posts a document says himself whether it is new: only the database knows.
	stored = frappe.db.get_value(doc.doctype, doc.name, "*", as_dict=True) if doc.name else None
	if not stored:
		return doc.doctype not in rules.PROTECTED and may_read_customer(doc.get("customer"), user)
	if not _seen(doc.doctype, doc.name, user):
		return False
	if ptype in ("share", "export"):
		return ptype == "export" and is_manager(user)
	if ptype in ("write", "delete", "submit", "cancel"):
		return rules.may_write(doc.doctype, stored, user, manager=is_manager(user))
	return True


def no_say() -> bool | None:
	"""What a `has_permission` hook of ours answers about somebody else's record. Frappe 15 takes the first answer that is
	not None, and asks no other app after it; from 16 on all are asked, and None denies."""
	return None if frappe.__version__.startswith("15.") else True


def may_see_card(doc, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""`has_permission` of Number Cards: Frappe puts each of them before a System Manager, and one of ours that he may not
	count could only tell him so."""
	if doc.module == "Micro Experiences" and not frappe.has_permission(doc.document_type, "read", user=user):
		return False
	return no_say()


def seen_by(user: str, doctype: str, names: Iterable[str]) -> set[str]:
	"""Those of `names` that a user may see, in one query however many there are: records of ours, or customers."""
	names = list(names)
	if not (names and frappe.has_permission(doctype, "read", user=user)):
		return set()
	column = f"`tab{doctype}`.`name`"
	seen = _customers(column, user) if doctype == "Customer" else _CONDITIONS[doctype](user)
	listed = f"{column} in ({', '.join(map(_quoted, names))})"
	query = f"select `name` from `tab{doctype}` where {_all(listed, seen)}"
	return {name for (name,) in frappe.db.sql(query)}


def read_all_customers(roles: Mapping[str, set[str]]) -> set[str]:
	"""Those of many users (user -> his roles) who surely may read every customer, in one query for all of them: nobody who
	has any User Permission, and none where another app narrows it. Of the others, `seen_by` knows."""
	if not roles or frappe.get_hooks("permission_query_conditions").get("Customer"):
		return set()
	readers = {
		perm.role
		for perm in frappe.get_meta("Customer").permissions
		if perm.read and not perm.permlevel and not perm.if_owner
	}
	narrowed = frappe.get_all(
		"User Permission", filters={"user": ("in", list(roles))}, pluck="user", distinct=True
	)
	return {user for user, held in roles.items() if held & readers} - set(narrowed)


def validate_source(doc, before=None) -> None:
	"""Refuse a new link to a note or a gesture that the session user may not see, or that is about another customer:
	the fields are no Link (Frappe reads on through a Link without asking), so that nobody else asks whether it exists.
	It is locked until the end of the transaction: who erases or deletes it meanwhile waits, and takes this record along, or
	was first, and then it is gone.
	"""
	if doc.flags.ignore_permissions:
		return
	for field, doctype in rules.SOURCES.items():
		name = doc.get(field)
		if not name or (before and (before.get(field), before.customer) == (name, doc.customer)):
			continue
		same_customer = frappe.db.get_value(doctype, name, "customer", for_update=True) == doc.customer
		if not (same_customer and frappe.has_permission(doctype, "read", doc=name)):
			frappe.throw(
				_(
					"{0} is not one of this customer's that you may open, or not any more. Nothing was saved."
				).format(frappe.utils.escape_html(name)),
				frappe.PermissionError,
			)


def may_read_customer(customer: str | None, user: str) -> bool:
	"""Whether the user may read this customer; a record about nobody is nobody's secret."""
	return not customer or bool(frappe.has_permission("Customer", "read", doc=customer, user=user))


def _of_managers(doctype: str, user: str | None) -> str:
	user = user or frappe.session.user
	if user == "Administrator":
		return ""
	seen = rules.access_condition(manager=is_manager(user))
	customers = _customers(f"`tab{doctype}`.`customer`", user)
	return _all(seen, customers) if seen or customers else ""


def _seen(doctype: str, name: str, user: str) -> bool:
	condition = _CONDITIONS[doctype](user)
	if not condition:
		return True
	query = f"select 1 from `tab{doctype}` where `tab{doctype}`.`name` = {_quoted(name)} and {condition}"
	return bool(frappe.db.sql(query))


def _gestures(user: str, notes: str) -> str:
	roles = map(_quoted, sorted(frappe.get_roles(user)))
	return rules.gesture_condition(_quoted(user), notes, roles, manager=is_manager(user))


def _customers(column: str, user: str) -> str:
	"""The customers that the user may read, with the site's roles, User Permissions, shares and hooks.

	A record without a customer (one who was deleted) is seen by those who may read every customer.
	"""
	meta = frappe.get_meta("Customer")
	if frappe.permissions.get_role_permissions(meta, user=user).get("read"):
		match = DatabaseQuery("Customer", user=user).build_match_conditions()
		return f"{column} in (select `name` from `tabCustomer` where {match})" if match else ""
	if shared := frappe.share.get_shared("Customer", user):
		return f"{column} in ({', '.join(_quoted(name) for name in shared)})"
	return _DENY


def _quoted(text: str) -> str:
	return frappe.db.escape(text, percent=False)


def _all(*conditions: str) -> str:
	return "(" + " and ".join(condition for condition in conditions if condition) + ")"
