"""What a user may see, by the app's own rules of sight and the roles in its DocType files."""

from datetime import datetime
from functools import cache

from micro_experiences.domain import sight
from preview import ledger, schema
from preview.clock import moment
from preview.people import may_use, roles
from preview.store import Db

_DENY = "1=0"


@cache
def _permissions(doctype: str) -> tuple[dict, ...]:
	return tuple(schema.permissions(doctype))


def may(db: Db, doctype: str, ptype: str, user: str) -> bool:
	"""Whether a user may "read", "write" or "create" records of a DocType; those of the host are for every user of the app."""
	held = roles(db, user)
	if doctype in schema.HOST:
		return may_use(held)
	return any(rule["role"] in held and rule.get(ptype) for rule in _permissions(doctype))


def condition(db: Db, doctype: str, user: str, now: datetime | None = None) -> str:
	"""Which records of a DocType a user may see at `now` (the clock of the preview unless said), as SQL; "" means all."""
	if not may(db, doctype, "read", user):
		return _DENY
	held = roles(db, user)
	me, manager = _quoted(user), sight.MANAGER in held
	notes = sight.note_condition(
		me, _quoted((now or moment(db)).isoformat(" ", "microseconds")), manager=manager
	)
	if doctype == "Personal Note":
		return notes
	if doctype == "Personal Note Use":
		return sight.within("`tabPersonal Note Use`.`personal_note`", "Personal Note", notes)
	gestures = sight.gesture_condition(me, notes, map(_quoted, held), manager=manager)
	if doctype == "Gesture":
		return gestures
	if doctype == "Follow Up Task":
		return sight.follow_up_task_condition(me, notes, gestures)
	if doctype == "Follow Up Reminder":
		return sight.follow_up_reminder_condition(sight.follow_up_task_condition(me, notes, gestures))
	if doctype == "Personal Note Access":
		return sight.access_condition(manager=manager)
	if doctype == "Follow Up Preference":
		return sight.preference_condition(me, manager=manager)
	if doctype in ("Gesture Wallet", "Gesture Wallet Entry") and held.isdisjoint(sight.TREASURERS):
		wallets = sight.wallet_condition(me, map(_quoted, _pools(db, user)))
		if doctype == "Gesture Wallet":
			return wallets
		return sight.within("`tabGesture Wallet Entry`.`gesture_wallet`", "Gesture Wallet", wallets)
	if doctype == "Notification Log":
		return f"`tabNotification Log`.`for_user` = {me}"
	if doctype == "Email Queue" and not manager:
		return f"`tabEmail Queue`.`recipient` = {me}"
	return ""


def rows(
	db: Db,
	doctype: str,
	user: str,
	filters: dict | None = None,
	order_by: str = "name",
	limit: int = 100,
	now: datetime | None = None,
) -> list[dict]:
	"""The records that equal `filters` (a list stands for any of its values) and that the user may see at `now`."""
	return db.find(doctype, filters, order_by, limit, condition(db, doctype, user, now))


def get(db: Db, doctype: str, name: str, user: str, now: datetime | None = None) -> dict | None:
	"""One record, or None where it is not there or not for this user at `now`."""
	return next(iter(rows(db, doctype, user, {"name": name}, limit=1, now=now)), None)


def _pools(db: Db, user: str) -> list[str]:
	"""The names of the pools that a user may spend from today."""
	today = moment(db).date()
	return [one.name for one in ledger.budgets(db, user, today) if one.budget_kind == "Shared Pool"]


def _quoted(text: str) -> str:
	return "'" + text.replace("'", "''") + "'"
