"""The visibility rules as SQL conditions that MariaDB and SQLite both understand, on Frappe's table names. Imports no Frappe.

`me` is the id of the user, quoted for SQL by the caller.
"""

from collections.abc import Iterable, Mapping

from micro_experiences.domain.visibility import SOURCE_FIELDS

# Users in these fields see the record even if its note is hidden from them.
_OWNER_FIELDS = {
	"Gesture": ("given_by", "owner", "approver"),
	"Follow Up Task": ("assigned_to", "owner", "escalate_to"),
}


def note_condition(me: str, now: str, *, manager: bool) -> str:
	"""Return the condition for visible Personal Notes.

	Notes follow their visibility. Sensitive ones are visible to their author, and to a Micro Experiences
	Manager while a recorded reason grants access to the customer. `now` is a time of the site, quoted for
	SQL.
	"""
	visible = (
		f"(`tabPersonal Note`.`visibility` = 'Everyone' or `tabPersonal Note`.`heard_by` = {me}"
		" or (`tabPersonal Note`.`visibility` = 'Group' and `tabPersonal Note`.`user_group` in"
		f" (select `parent` from `tabUser Group Member` where `parenttype` = 'User Group' and `user` = {me})))"
	)
	plain = f"`tabPersonal Note`.`sensitive` = 0 or `tabPersonal Note`.`heard_by` = {me}"
	if manager:
		opened = (
			f"select `customer` from `tabPersonal Note Access` where `user` = {me} and `open_until` > {now}"
		)
		plain += f" or `tabPersonal Note`.`customer` in ({opened})"
	return f"{visible} and ({plain})"


def gesture_condition(me: str, notes: str, roles: Iterable[str], *, manager: bool) -> str:
	"""Return the condition for visible Gestures: the user's own, those of a visible note or without a note,
	and confidential ones for approvers.

	`roles` are the roles of the user, quoted.
	"""
	confidential = "`tabGesture`.`confidential` = 1"
	if not manager:
		held = ", ".join(roles) or "''"
		decided = f"select `name` from `tabGesture Budget` where `approver_role` in ({held})"
		confidential += f" and `tabGesture`.`gesture_budget` in ({decided})"
	followed = f"ifnull(`tabGesture`.`confidential`, 0) = 0 and {_source_condition('Gesture', notes)}"
	return f"({_owner_condition('Gesture', me)} or ({followed}) or ({confidential}))"


def follow_up_task_condition(me: str, notes: str, gestures: str) -> str:
	"""Return the condition for visible Follow Up Tasks: the user's own, and those whose note and gesture are
	visible or empty."""
	followed = f"{_source_condition('Follow Up Task', notes)} and {_source_condition('Follow Up Task', gestures, 'gesture')}"
	return f"({_owner_condition('Follow Up Task', me)} or ({followed}))"


def follow_up_reminder_condition(tasks: str) -> str:
	"""Return the condition for visible Follow Up Reminders: those of visible tasks, and digests, which
	contain no task."""
	seen = in_condition("`tabFollow Up Reminder`.`follow_up_task`", "Follow Up Task", tasks)
	return f"(`tabFollow Up Reminder`.`kind` = 'Digest' or {seen})" if seen else ""


def preference_condition(me: str, *, manager: bool) -> str:
	"""Return the condition for visible Follow Up Preferences: the user's own, or all for a Micro Experiences
	Manager."""
	return "" if manager else f"`tabFollow Up Preference`.`user` = {me}"


def access_log_condition(*, manager: bool) -> str:
	"""Return the condition for the access log and erasure certificates: all for a Micro Experiences Manager,
	none for others."""
	return "" if manager else "1=0"


def _owner_condition(doctype: str, me: str) -> str:
	return " or ".join(f"`tab{doctype}`.`{field}` = {me}" for field in _OWNER_FIELDS[doctype])


def _source_condition(doctype: str, seen: str, field: str = "personal_note") -> str:
	column = f"`tab{doctype}`.`{field}`"
	return f"(ifnull({column}, '') = '' or {in_condition(column, SOURCE_FIELDS[field], seen)})"


def wallet_condition(me: str, pools: Iterable[str]) -> str:
	"""Return the condition for visible Gesture Wallets: the user's own, and those of the shared `pools`
	(names of budgets, quoted)."""
	condition = f"`tabGesture Wallet`.`holder` = {me}"
	if names := ", ".join(pools):
		condition += f" or (ifnull(`tabGesture Wallet`.`holder`, '') = '' and `tabGesture Wallet`.`gesture_budget` in ({names}))"
	return f"({condition})"


def in_condition(column: str, doctype: str, condition: str) -> str:
	"""Return the condition that `column` names a record of `doctype` matching `condition`; "" if the
	condition is empty (all records)."""
	return f"{column} in (select `name` from `tab{doctype}` where {condition})" if condition else ""


def linked_record_condition(table: str, kind: str, name: str, seen: Mapping[str, str]) -> str:
	"""Return the condition for rows of a host's table that refer to a visible guarded record, or to none.

	The columns `kind` and `name` hold the reference. `seen` has the condition of each guarded DocType, "" for
	all.
	"""
	kind, name = f"`tab{table}`.`{kind}`", f"`tab{table}`.`{name}`"
	guarded = ", ".join(f"'{doctype}'" for doctype in seen)
	ways = [f"ifnull({kind}, '') not in ({guarded})"]
	for doctype, condition in seen.items():
		inner = in_condition(name, doctype, condition)
		ways.append(f"({kind} = '{doctype}'" + (f" and {inner})" if inner else ")"))
	return f"({' or '.join(ways)})"
