"""Commit and retry: how writes survive deadlocks and changed snapshots."""

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

import frappe
from frappe import _

from micro_experiences.utils.errors import throw

# Errors after which the database has rolled back the transaction or given up waiting for a lock. Frappe also reports
# a changed snapshot (error 1020) as a deadlock.
RETRYABLE_ERRORS = (frappe.QueryDeadlockError, frappe.QueryTimeoutError)
_REQUEST_ATTEMPTS, _COMMIT_ATTEMPTS = 3, 5
# The naming series of gestures. Every transaction that records a gesture locks this row.
_SERIES = "GES-"

_Result = TypeVar("_Result")


def retry(
	action: Callable[[], _Result], attempts: int, errors: tuple[type[Exception], ...] = RETRYABLE_ERRORS
) -> _Result:
	"""Return the result of `action`, which is repeated after each of `errors`. Raises the last one.

	Each attempt follows a rollback of the whole transaction.
	"""
	for attempt in range(1, attempts):
		try:
			return action()
		except errors:
			frappe.db.rollback()
			frappe.clear_messages()
			time.sleep(random.uniform(0.05, 0.1) * 2**attempt)
	return action()


def retry_on_deadlock(method: Callable) -> Callable:
	"""Retry a whitelisted method that writes after a deadlock, a lock timeout or a conflicting change.

	Each attempt loads the documents again. After three attempts, ValidationError is raised and nothing is saved.
	"""

	@wraps(method)
	def wrapped(*args, **kwargs):
		attempts = 0

		def call():
			nonlocal attempts
			attempts += 1
			if attempts > 1:
				_lock_series()
			return method(*args, **kwargs)

		try:
			return retry(call, _REQUEST_ATTEMPTS, (*RETRYABLE_ERRORS, frappe.TimestampMismatchError))
		except (*RETRYABLE_ERRORS, frappe.TimestampMismatchError):
			frappe.db.rollback()
			frappe.clear_messages()
			throw(
				_(
					"Other users are changing these records. Nothing was saved, and your input is still here. Try again."
				),
				title=_("Please Try Again"),
			)

	return wrapped


def commit_with_retry(write: Callable[[], _Result]) -> _Result:
	"""Return the result of `write` after committing it, for a job that owns its transaction.

	Retried up to five times when the database has rolled it back, which Frappe's own retry of jobs does not catch.
	"""

	def write_and_commit():
		result = write()
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- a job owns its transaction, and each chunk must be recorded as sent
		return result

	try:
		return retry(write_and_commit, _COMMIT_ATTEMPTS)
	except RETRYABLE_ERRORS:
		frappe.db.rollback()
		raise


def refresh_snapshot() -> None:
	"""Start a new transaction, so that later reads see what others have committed since the first read.

	Does nothing if this transaction has written something.
	"""
	if not frappe.db.transaction_writes:
		frappe.db.rollback()


def _lock_series() -> None:
	"""Wait for transactions that record gestures before reading anything.

	With `innodb_snapshot_isolation`, the default in newer versions of MariaDB, a transaction that reads
	before it waits for a lock fails, because the locked row has changed since its snapshot. Under load, a
	retry would fail again.
	"""
	series = frappe.qb.DocType("Series")
	frappe.qb.from_(series).select(series.current).where(series.name == _SERIES).for_update().run()
