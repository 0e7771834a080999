"""Access log for sensitive notes, and temporary access to them: the only writer of Personal Note Access."""

import re
from collections.abc import Iterable
from datetime import datetime

import frappe
from frappe.deferred_insert import deferred_insert, queue_prefix
from frappe.utils import now_datetime
from redis.exceptions import RedisError

from micro_experiences.domain import sensitive_access
from micro_experiences.services.quiet_hours import get_user_hours
from micro_experiences.utils.background_jobs import run_after_commit
from micro_experiences.utils.errors import domain_errors_as_frappe
from micro_experiences.utils.resilience import log_exception

# Logged without a query because a user is waiting for the form; all other access is logged before it is granted.
_DEFERRED_SOURCES = frozenset({"Form", "Banner"})
# The Redis list in which deferred entries are queued.
QUEUE_KEY = f"{queue_prefix}Personal Note Access"
# Entries about a full report or an erasure keep the customer and the reason for accountability.
_ACCOUNTABILITY_SOURCES = ("Personal Data Report", "Erasure")
_HOUR_SECONDS = 60 * 60
_NOTE_PATH = re.compile(r"/api/(?:(?:v1/)?resource|v2/document)/Personal Note/([^/]+)/?$")
# Cached reasons expire because a customer may be renamed in the meantime. In seconds.
_CACHE_SECONDS = 600


def record_access(
	customer: str | None,
	user: str,
	seen_in: str,
	names: Iterable[str] = (),
	reason: str | None = None,
	open_until: datetime | None = None,
) -> None:
	"""Log an access by `user`: one entry for each note in `names`, or one for the customer if `names` is empty.

	`seen_in` is Reason, Form, Banner, Personal Data Report or Erasure. Form and Banner entries are written by Frappe's
	next deferred insert, at most once an hour per user and note, and never raise an error except a deadlock; all others
	are written immediately. With `open_until` (in the site's time zone), the customer's sensitive notes are open to the
	user until then.
	"""
	entry = {
		"customer": customer,
		"user": user,
		"seen_in": seen_in,
		"reason": reason,
		"accessed_on": now_datetime(),
		"open_until": open_until,
	}
	names = list(names)
	if seen_in in _DEFERRED_SOURCES:
		# Most forms show no sensitive note, and the user is waiting for the form.
		if names:
			_queue_entries(entry, names)
		return
	for name in names or [None]:
		access = frappe.get_doc({"doctype": "Personal Note Access", "personal_note": name, **entry})
		access.insert(ignore_permissions=True)
	_clear_cache(user)


def log_api_read() -> None:
	"""Log that a request reads one sensitive note over the REST API or by `frappe.client.get` (`auth_hooks`).

	The form logs in its `onload`, the panel in its services.
	"""
	name = _get_requested_note()
	note = name and frappe.db.get_value("Personal Note", name, "*", as_dict=True)
	if not note:
		return
	me = frappe.session.user
	names = sensitive_access.get_logged_notes([note], me)
	if names and frappe.has_permission("Personal Note", "read", doc=name):
		record_access(note.customer, me, "Form", names)


def open_access(customer: str, user: str, reason: str) -> None:
	"""Give `user` access to the sensitive notes of a customer until midnight in their time zone.

	Raises ValidationError for a reason that says nothing.
	"""
	with domain_errors_as_frappe():
		reason = sensitive_access.clean_access_reason(reason)
	until = get_user_hours([user])[user].get_local_midnight(now_datetime())
	record_access(customer, user, "Reason", reason=reason, open_until=until)


def get_open_reason(customer: str, user: str) -> str | None:
	"""Return the reason for which the customer's sensitive notes are currently open to `user`, or None.

	The value is cached for ten minutes and only used for the text of the banner. The query conditions in
	`permissions.visibility` decide which notes are visible.
	"""
	reasons = frappe.cache.get_value(_get_cache_key(user), expires=True)
	if reasons is None:
		reasons = _get_open_reasons(user)
		frappe.cache.set_value(_get_cache_key(user), reasons, expires_in_sec=_CACHE_SECONDS)
	until, reason = reasons.get(customer, (None, None))
	return reason if until and until > now_datetime() else None


def close_access(customer: str, user: str) -> None:
	"""End the user's access to the customer's sensitive notes; the log entry keeps the time when it ended."""
	still_open = {"customer": customer, "user": user, "open_until": (">", now_datetime())}
	frappe.db.set_value("Personal Note Access", still_open, "open_until", now_datetime())
	_clear_cache(user)


def write_queued_entries(customer: str, notes: Iterable[str]) -> None:
	"""Write the queued entries about a customer or any of `notes` in this transaction.

	They leave the queue only after the commit, so a rollback loses nothing: Frappe's next deferred insert writes them.
	If Redis is unavailable, all entries are left to that insert.
	"""
	try:
		waiting = frappe.cache.lrange(QUEUE_KEY, 0, -1)
	except RedisError:
		log_exception("cannot read queued access log entries")
		return
	note_names, written = set(notes), []
	for row in waiting:
		entries = frappe.parse_json(row.decode())
		if any(entry["customer"] == customer or entry["personal_note"] in note_names for entry in entries):
			for entry in entries:
				access = frappe.get_doc(entry | {"doctype": "Personal Note Access"})
				# The deferred insert may have written it in the meantime.
				access.insert(ignore_permissions=True, ignore_if_duplicate=True)
			written.append(row)
	key = frappe.cache.make_key(QUEUE_KEY)
	run_after_commit(lambda: [frappe.cache.execute_command("LREM", key, 1, row) for row in written])


def get_erasable_entries(customer: str, *, lock: bool = False) -> list[str]:
	"""Return the names of the log entries that are anonymized together with a customer.

	Entries about a report or an erasure are not included. With `lock`, the rows are locked until the end of the
	transaction.
	"""
	access = frappe.qb.DocType("Personal Note Access")
	query = (
		frappe.qb.from_(access)
		.select(access.name)
		.where((access.customer == customer) & access.seen_in.notin(_ACCOUNTABILITY_SOURCES))
	)
	return (query.for_update() if lock else query).run(pluck=True)


def anonymize_customer(customer: str) -> None:
	"""Remove the customer and the reason from the log entries about a customer; user and time stay.

	Entries about a report or an erasure are not changed.
	"""
	names = get_erasable_entries(customer)
	if not names:
		return
	anonymous = {"customer": None, "reason": None}
	frappe.db.set_value("Personal Note Access", {"name": ("in", names)}, anonymous)
	frappe.cache.delete_keys(_get_cache_key(""))
	run_after_commit(lambda: frappe.cache.delete_keys(_get_cache_key("")))


def unlink_deleted_customer(customer: str) -> None:
	"""Anonymize the log entries about a deleted customer and clear the link in all others."""
	anonymize_customer(customer)
	frappe.db.set_value("Personal Note Access", {"customer": customer}, "customer", None)


def _get_requested_note() -> str | None:
	"""Return the name of the one note that the request reads, or None."""
	path, arguments = frappe.request.path, frappe.form_dict
	if found := _NOTE_PATH.match(path):
		return found[1]
	# Frappe also runs the method that a request names in `cmd`.
	calls_get = path.endswith("/frappe.client.get") or arguments.get("cmd") == "frappe.client.get"
	if not (calls_get and arguments.get("doctype") == "Personal Note"):
		return None
	if isinstance(arguments.get("name"), str):
		return arguments["name"]
	filters = frappe.parse_json(arguments.get("filters")) or {}
	return next(iter(frappe.get_list("Personal Note", filters=filters, pluck="name", limit=1)), None)


def _queue_entries(entry: dict, names: Iterable[str]) -> None:
	"""Queue log entries in Redis without querying the database, which is under the banner's time limit."""
	now = entry["accessed_on"]
	try:
		unlogged = [name for name in names if _is_first_in_hour(entry["user"], name, now)]
		if unlogged:
			row = entry | {"accessed_on": str(now)}
			waiting = [
				row | {"personal_note": name, "look": frappe.generate_hash(length=10)} for name in unlogged
			]
			deferred_insert("Personal Note Access", waiting)
	except frappe.QueryDeadlockError:
		# Without Redis, Frappe inserts directly, and a deadlock has rolled back the user's transaction.
		raise
	except Exception:
		log_exception("cannot queue access log entries")


def _is_first_in_hour(user: str, name: str, now: datetime) -> bool:
	key = frappe.cache.make_key(
		f"micro_experiences:looked:{sensitive_access.access_log_key(user, name, now)}"
	)
	# nosemgrep: frappe-cache-breaks-multitenancy -- `make_key` adds the site
	return bool(frappe.cache.set(key, 1, nx=True, ex=_HOUR_SECONDS))


def _get_open_reasons(user: str) -> dict[str, tuple[datetime, str]]:
	rows = frappe.get_all(
		"Personal Note Access",
		filters={"user": user, "open_until": (">", now_datetime())},
		fields=["customer", "open_until", "reason"],
		order_by="accessed_on asc",
	)
	return {row.customer: (row.open_until, row.reason or "") for row in rows}


def _clear_cache(user: str) -> None:
	"""Clear the user's cached reasons now and again after the commit."""
	frappe.cache.delete_value(_get_cache_key(user))
	run_after_commit(lambda: frappe.cache.delete_value(_get_cache_key(user)))


def _get_cache_key(user: str) -> str:
	return f"micro_experiences:opened:{user}"
