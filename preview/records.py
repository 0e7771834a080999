"""Record visibility: the app's own visibility conditions, and the roles in its DocType files."""

from datetime import datetime
from functools import cache

from micro_experiences.domain import visibility
from micro_experiences.permissions import conditions
from preview import schema
from preview.clock import moment
from preview.people import can_use_app, get_roles
from preview.store import Db

_DENY = "1=0"


@cache
def _permissions(doctype: str) -> tuple[dict, ...]:
	return tuple(schema.permissions(doctype))


def has_permission(db: Db, doctype: str, ptype: str, user: str) -> bool:
	"""Return whether a user may "read", "write" or "create" a DocType. ERPNext's are open to every user of the app."""
	held = get_roles(db, user)
	if doctype in schema.HOST:
		return can_use_app(held)
	return any(rule["role"] in held and rule.get(ptype) for rule in _permissions(doctype))


def get_condition(db: Db, doctype: str, user: str, now: datetime | None = None) -> str:
	"""Return the SQL condition for the records that a user may see at `now`; "" means all."""
	if not has_permission(db, doctype, "read", user):
		return _DENY
	held = get_roles(db, user)
	me, manager = _quoted(user), visibility.MANAGER_ROLE in held
	at = _quoted((now or moment(db)).isoformat(" ", "microseconds"))
	notes = conditions.note_condition(me, at, manager=manager)
	gestures = conditions.gesture_condition(me, notes, map(_quoted, held), manager=manager)
	tasks = conditions.follow_up_task_condition(me, notes, gestures)
	wallets = "" if held & visibility.ALL_WALLETS_ROLES else conditions.wallet_condition(me, ())
	return {
		"Personal Note": notes,
		"Personal Note Use": conditions.in_condition(
			"`tabPersonal Note Use`.`personal_note`", "Personal Note", notes
		),
		"Gesture": gestures,
		"Follow Up Task": tasks,
		"Follow Up Reminder": conditions.follow_up_reminder_condition(tasks),
		"Gesture Wallet": wallets,
		"Gesture Wallet Entry": conditions.in_condition(
			"`tabGesture Wallet Entry`.`gesture_wallet`", "Gesture Wallet", wallets
		),
		"Notification Log": f"`tabNotification Log`.`for_user` = {me}",
	}.get(doctype, _DENY if doctype in visibility.GUARDED_DOCTYPES else "")


def get_rows(
	db: Db,
	doctype: str,
	user: str,
	filters: dict | None = None,
	order_by: str = "name",
	limit: int = 100,
	now: datetime | None = None,
) -> list[dict]:
	"""Return the records that match `filters` and that the user may see at `now`."""
	return db.find(doctype, filters, order_by, limit, get_condition(db, doctype, user, now))


def get_row(db: Db, doctype: str, name: str, user: str, now: datetime | None = None) -> dict | None:
	"""Return a record, or None if it does not exist or is hidden from the user."""
	return next(iter(get_rows(db, doctype, user, {"name": name}, limit=1, now=now)), None)


def _quoted(text: str) -> str:
	return "'" + text.replace("'", "''") + "'"
