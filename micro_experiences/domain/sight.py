"""Who may see and change what, as far as the app itself decides; who may read a customer is the host's to say.

The conditions are SQL that MariaDB and SQLite both read, on Frappe's names of tables. `me` is the user's id,
quoted for SQL by the host.
"""

from collections.abc import Iterable, Mapping

# Who uses the app at all: ERPNext's own roles, and ours.
MANAGER = "Micro Experiences Manager"
USERS = ("Sales User", "Sales Manager", "Accounts User", "Accounts Manager", "Support Team", MANAGER)
# Who sees everybody's wallets.
TREASURERS = frozenset({MANAGER, "Sales Manager", "Accounts Manager", "System Manager"})

# Who may change what he sees, besides a Micro Experiences Manager: the people in these fields.
WRITERS = {
	"Personal Note": ("heard_by", "owner"),
	"Gesture": ("given_by", "owner"),
	"Follow Up Task": ("assigned_to", "owner"),
	"Follow Up Preference": ("user",),
}

# What follows the rule of sight, on every road.
GUARDED = (
	*("Personal Note", "Personal Note Use", "Gesture", "Gesture Wallet", "Gesture Wallet Entry"),
	*("Follow Up Task", "Follow Up Reminder", "Follow Up Preference", "Personal Note Access"),
	"Personal Data Erasure",
)
# Fields that name a record of ours and are no Link: a host may read on through a Link without asking.
SOURCES = {"personal_note": "Personal Note", "gesture": "Gesture"}
# What people wrote themselves: a deleted record is kept without it.
WORDS = {
	"Personal Note": ("note", "stops", "kept_as_is_because"),
	"Personal Note Use": ("they_said",),
	"Gesture": ("what", "message", "story", "override_reason", "decline_reason"),
	"Follow Up Task": ("subject", "outcome"),
	"Personal Note Access": ("reason",),
}
# What nobody changes or removes by hand, whatever rights a site gives: who could, could hide that he looked, or erased.
PROTECTED = frozenset({"Personal Note Access", "Personal Data Erasure"})

# The people of a gesture or a promise see it whatever note it stems from.
_OWN = {
	"Gesture": ("given_by", "owner", "approver"),
	"Follow Up Task": ("assigned_to", "owner", "escalate_to"),
}


def note_condition(me: str, now: str, *, manager: bool) -> str:
	"""Which Personal Notes are in somebody's sight: by their visibility, and sensitive ones for their author, and for a
	Micro Experiences Manager while a reason of his to look at this customer's is on record. `now` is a moment of the
	site, quoted for SQL."""
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
	"""Which Gestures are: one's own, those that follow a note in sight or none, and confidential ones for those who decide
	about them. `roles` are one's roles, quoted."""
	confidential = "`tabGesture`.`confidential` = 1"
	if not manager:
		held = ", ".join(roles) or "''"
		decided = f"select `name` from `tabGesture Budget` where `approver_role` in ({held})"
		confidential += f" and `tabGesture`.`gesture_budget` in ({decided})"
	followed = f"ifnull(`tabGesture`.`confidential`, 0) = 0 and {_follows('Gesture', notes)}"
	return f"({_own('Gesture', me)} or ({followed}) or ({confidential}))"


def follow_up_task_condition(me: str, notes: str, gestures: str) -> str:
	"""Which Follow Up Tasks are: one's own, and those that follow a note and a gesture in sight, or none."""
	followed = f"{_follows('Follow Up Task', notes)} and {_follows('Follow Up Task', gestures, 'gesture')}"
	return f"({_own('Follow Up Task', me)} or ({followed}))"


def follow_up_reminder_condition(tasks: str) -> str:
	"""Which Follow Up Reminders are: those of the promises in sight, and digests, which name none."""
	seen = within("`tabFollow Up Reminder`.`follow_up_task`", "Follow Up Task", tasks)
	return f"(`tabFollow Up Reminder`.`kind` = 'Digest' or {seen})" if seen else ""


def preference_condition(me: str, *, manager: bool) -> str:
	"""Which Follow Up Preferences are: one's own, and all for a Micro Experiences Manager."""
	return "" if manager else f"`tabFollow Up Preference`.`user` = {me}"


def access_condition(*, manager: bool) -> str:
	"""Which lines of the log of looks, and certificates of erasures, are: all for a Micro Experiences Manager, none for
	others."""
	return "" if manager else "1=0"


def _own(doctype: str, me: str) -> str:
	return " or ".join(f"`tab{doctype}`.`{field}` = {me}" for field in _OWN[doctype])


def _follows(doctype: str, seen: str, field: str = "personal_note") -> str:
	column = f"`tab{doctype}`.`{field}`"
	return f"(ifnull({column}, '') = '' or {within(column, SOURCES[field], seen)})"


def wallet_condition(me: str, pools: Iterable[str]) -> str:
	"""Which Gesture Wallets are: one's own, and those of the `pools` (names of budgets, quoted) that one shares."""
	condition = f"`tabGesture Wallet`.`holder` = {me}"
	if names := ", ".join(pools):
		condition += f" or (ifnull(`tabGesture Wallet`.`holder`, '') = '' and `tabGesture Wallet`.`gesture_budget` in ({names}))"
	return f"({condition})"


def within(column: str, doctype: str, condition: str) -> str:
	"""`column` names a record of `doctype` that fulfils `condition`; "" where the condition is, which means all."""
	return f"{column} in (select `name` from `tab{doctype}` where {condition})" if condition else ""


def around_condition(table: str, kind: str, name: str, seen: Mapping[str, str]) -> str:
	"""Which rows of a host's own table are about a guarded record in sight, or about none: the columns `kind` and `name` say
	about which. `seen` has the condition of each guarded DocType, "" for all."""
	kind, name = f"`tab{table}`.`{kind}`", f"`tab{table}`.`{name}`"
	guarded = ", ".join(f"'{doctype}'" for doctype in seen)
	ways = [f"ifnull({kind}, '') not in ({guarded})"]
	for doctype, condition in seen.items():
		inner = within(name, doctype, condition)
		ways.append(f"({kind} = '{doctype}'" + (f" and {inner})" if inner else ")"))
	return f"({' or '.join(ways)})"


def may_write(doctype: str, row: Mapping, user: str, *, manager: bool) -> bool:
	"""Whether somebody may change a record that he sees."""
	if doctype in PROTECTED:
		return False
	return manager or any(row.get(field) == user for field in WRITERS.get(doctype, ()))
