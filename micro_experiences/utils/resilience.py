"""Resilience: an error in one of the app's hooks never affects the user's own work."""

from collections.abc import Callable
from functools import wraps

import frappe

from micro_experiences.utils.database import limit_query_time

_MAX_QUERY_SECONDS = 2


def fail_safe(hook: Callable) -> Callable:
	"""Catch and log the errors of a hook that only reads, so that its document opens and saves without it.

	Its queries are limited to two seconds. A deadlock is raised again: the database has already rolled the
	user's transaction back, and continuing would silently lose their changes.
	"""

	@wraps(hook)
	def wrapped(*args, **kwargs):
		messages = list(frappe.local.message_log)
		try:
			with limit_query_time(_MAX_QUERY_SECONDS):
				return hook(*args, **kwargs)
		except frappe.QueryDeadlockError:
			raise
		except Exception:
			frappe.local.message_log = messages
			log_exception(hook.__name__)

	return wrapped


def fail_safe_write(hook: Callable) -> Callable:
	"""Roll back and log the errors of a hook that writes, so that the document is saved without it.

	The error is raised again if the database has rolled back the whole transaction (a deadlock, a lost
	connection).
	"""

	@wraps(hook)
	def wrapped(*args, **kwargs):
		messages = list(frappe.local.message_log)
		point = f"mx_{frappe.generate_hash(length=10)}"
		frappe.db.savepoint(point)
		try:
			return hook(*args, **kwargs)
		except Exception:
			if not _roll_back_to(point):
				raise
			frappe.local.message_log = messages
			log_exception(hook.__name__)

	return wrapped


def log_exception(what: str) -> None:
	"""Log the current exception in the Error Log, or in the log file if that fails.

	The traceback has no values of variables, which Frappe would add, because they may contain personal text.
	"""
	try:
		frappe.log_error(title=f"Micro Experiences: {what}", message=frappe.get_traceback())
	except frappe.QueryDeadlockError:
		raise
	except Exception:
		frappe.logger("micro_experiences").exception(what)


def _roll_back_to(point: str) -> bool:
	"""Roll back to a savepoint, and return False if the whole transaction is gone."""
	try:
		frappe.db.rollback(save_point=point)
	except Exception:
		return False
	return True
