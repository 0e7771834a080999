"""Who looked at what is sensitive, and who may for now: the one writer of Personal Note Access."""

from collections.abc import Iterable
from datetime import datetime

import frappe
from frappe.deferred_insert import deferred_insert, queue_prefix
from frappe.utils import now_datetime
from redis.exceptions import RedisError

from micro_experiences.desk.safely import after_commit, tell_log
from micro_experiences.domain import looks

# Written without a query on the form's path; the others say that something was opened, and stand before it is.
_DEFERRED = frozenset({"Form", "Banner"})
# Where they wait meanwhile.
QUEUE = f"{queue_prefix}Personal Note Access"
# These answer for somebody who saw or erased everything: of whom and why stays with them.
_ANSWERING = ("Personal Data Report", "Erasure")
_HOUR = 60 * 60
# A customer may be renamed meanwhile: what the banner says of an open reason is asked again after a while.
_OPENED_KEPT = 600


def note_look(
	customer: str | None,
	user: str,
	seen_in: str,
	names: Iterable[str] = (),
	reason: str | None = None,
	open_until: datetime | None = None,
) -> None:
	"""Write down that `user` looks, now: one line for each note of `names`, or one for the customer where they are none.

	`seen_in` is Reason, Form, Banner, Personal Data Report or Erasure. Form and Banner are written by the next round of
	Frappe's deferred inserts, once an hour for each user and note, and never fail; the others at once. With
	`open_until` (a moment of the site) the customer's sensitive notes are open to the user until then.
	"""
	look = {
		"customer": customer,
		"user": user,
		"seen_in": seen_in,
		"reason": reason,
		"accessed_on": now_datetime(),
		"open_until": open_until,
	}
	names = list(names)
	if seen_in in _DEFERRED:
		# Nearly always nothing was looked at, on a form that somebody waits for.
		if names:
			_defer(look, names)
		return
	for name in names or [None]:
		access = frappe.get_doc({"doctype": "Personal Note Access", "personal_note": name, **look})
		access.insert(ignore_permissions=True)
	_forget(user)


def opened(customer: str, user: str) -> str | None:
	"""The reason for which the customer's sensitive notes are open to `user` now, or None; asked of the database once in
	ten minutes, for the words of the banner only. What is seen is for the rule of sight to say."""
	mine = frappe.cache.get_value(_key(user), expires=True)
	if mine is None:
		mine = _reasons(user)
		frappe.cache.set_value(_key(user), mine, expires_in_sec=_OPENED_KEPT)
	until, reason = mine.get(customer, (None, None))
	return reason if until and until > now_datetime() else None


def close(customer: str, user: str) -> None:
	"""The customer's sensitive notes are no longer open to `user`; the line says until when they were."""
	still_open = {"customer": customer, "user": user, "open_until": (">", now_datetime())}
	frappe.db.set_value("Personal Note Access", still_open, "open_until", now_datetime())
	_forget(user)


def write_waiting(customer: str, notes: Iterable[str]) -> None:
	"""Write down the looks at a customer or at these notes that still wait, in this transaction. Only once that is kept do they
	wait no longer: what is undone is written by the next round. Where Redis is away that round writes them all."""
	try:
		waiting = frappe.cache.lrange(QUEUE, 0, -1)
	except RedisError:
		tell_log("looks that wait could not be asked for")
		return
	theirs, written = set(notes), []
	for row in waiting:
		waiting_looks = frappe.parse_json(row.decode())
		if any(look["customer"] == customer or look["personal_note"] in theirs for look in waiting_looks):
			for look in waiting_looks:
				access = frappe.get_doc(look | {"doctype": "Personal Note Access"})
				# That round may have taken it meanwhile.
				access.insert(ignore_permissions=True, ignore_if_duplicate=True)
			written.append(row)
	key = frappe.cache.make_key(QUEUE)
	after_commit(lambda: [frappe.cache.execute_command("LREM", key, 1, row) for row in written])


def looks_at(customer: str, *, lock: bool = False) -> list[str]:
	"""The lines about a customer that are forgotten with him: not those that answer for a report or an erasure."""
	access = frappe.qb.DocType("Personal Note Access")
	query = (
		frappe.qb.from_(access)
		.select(access.name)
		.where((access.customer == customer) & access.seen_in.notin(_ANSWERING))
	)
	return (query.for_update() if lock else query).run(pluck=True)


def forget_customer(customer: str) -> None:
	"""The customer is to be forgotten: who looked and when stays, and no word about whom. What answers for a report or an
	erasure stays as it is."""
	names = looks_at(customer)
	if not names:
		return
	nobody = {"customer": None, "reason": None}
	frappe.db.set_value("Personal Note Access", {"name": ("in", names)}, nobody)
	frappe.cache.delete_keys(_key(""))
	after_commit(lambda: frappe.cache.delete_keys(_key("")))


def customer_gone(customer: str) -> None:
	"""The customer is deleted: as `forget_customer`, and no line names what is not there."""
	forget_customer(customer)
	frappe.db.set_value("Personal Note Access", {"customer": customer}, "customer", None)


def _defer(look: dict, names: Iterable[str]) -> None:
	"""Asks Redis alone, and so sets the database no limit of its own within the banner's."""
	now = look["accessed_on"]
	try:
		fresh = [name for name in names if _is_first(look["user"], name, now)]
		if fresh:
			row = look | {"accessed_on": str(now)}
			waiting = [
				row | {"personal_note": name, "look": frappe.generate_hash(length=10)} for name in fresh
			]
			deferred_insert("Personal Note Access", waiting)
	except frappe.QueryDeadlockError:
		# Without Redis Frappe inserts at once, and a deadlock has undone the user's transaction.
		raise
	except Exception:
		tell_log("_defer")


def _is_first(user: str, name: str, now: datetime) -> bool:
	key = frappe.cache.make_key(f"micro_experiences:looked:{looks.look_key(user, name, now)}")
	return bool(frappe.cache.set(key, 1, nx=True, ex=_HOUR))


def _reasons(user: str) -> dict[str, tuple[datetime, str]]:
	rows = frappe.get_all(
		"Personal Note Access",
		filters={"user": user, "open_until": (">", now_datetime())},
		fields=["customer", "open_until", "reason"],
		order_by="accessed_on asc",
	)
	return {row.customer: (row.open_until, row.reason or "") for row in rows}


def _forget(user: str) -> None:
	"""Ask again, now and once the change is committed."""
	frappe.cache.delete_value(_key(user))
	after_commit(lambda: frappe.cache.delete_value(_key(user)))


def _key(user: str) -> str:
	return f"micro_experiences:opened:{user}"
