"""Our failure is never the user's failure: how hooks on other people's forms, and writes under load, fail."""

import random
import time
from collections.abc import Callable
from functools import wraps

import frappe
from frappe import _

_TRIES = 3
# The row that numbers new gestures: whatever books one locks it.
_LINE = "GES-"


def never_fail(hook: Callable) -> Callable:
	"""For a hook on somebody else's form: an error is logged, and the form opens and saves as if we were not here.

	A deadlock is raised again: the database has already undone the user's transaction, and to go on would
	lose his save in silence.
	"""

	@wraps(hook)
	def wrapped(*args, **kwargs):
		messages = list(frappe.local.message_log)
		try:
			return hook(*args, **kwargs)
		except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
			raise
		except Exception:
			frappe.local.message_log = messages
			log(hook.__name__)

	return wrapped


def log(title: str) -> None:
	"""The exception that is being handled goes to the Error Log, without the values of variables that Frappe would add: they
	hold what people wrote about a customer."""
	frappe.log_error(title=f"Micro Experiences: {title}", message=frappe.get_traceback())


def try_again(method: Callable) -> Callable:
	"""For a whitelisted method that books money: a deadlock or a changed snapshot (error 1020, which Frappe counts among
	the deadlocks) is rolled back and tried again, up to three times in all, with fresh documents; then a clear message.
	Nothing is half done."""

	@wraps(method)
	def wrapped(*args, **kwargs):
		for attempt in range(_TRIES):
			try:
				if attempt:
					_stand_in_line()
				return method(*args, **kwargs)
			except (frappe.QueryDeadlockError, frappe.QueryTimeoutError, frappe.TimestampMismatchError):
				frappe.db.rollback()
				frappe.clear_messages()
				time.sleep(random.uniform(0.02, 0.1) * (attempt + 1))
		frappe.throw(
			_(
				"Many people are at this at once. Nothing was booked and your words are still here: please try again."
			),
			title=_("Please Try Again"),
		)

	return wrapped


def _stand_in_line() -> None:
	"""Wait for those who are booking now, before anything is read.

	With `innodb_snapshot_isolation`, which newer versions of MariaDB turn on, who reads first and waits then has lost:
	what he waited for has changed meanwhile. Under load a try that does not wait first fails like the one before it.
	"""
	series = frappe.qb.DocType("Series")
	frappe.qb.from_(series).select(series.current).where(series.name == _LINE).for_update().run()
