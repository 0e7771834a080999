"""Our failure is never the user's failure: how hooks on other people's forms, and writes under load, fail."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps

import frappe
from frappe import _
from frappe.database.database import get_query_execution_timeout
from redis.exceptions import RedisError

from micro_experiences.jobs import workers

_TRIES = 3
_SECONDS = 2
# The row that numbers new gestures: whatever books one locks it.
_LINE = "GES-"


def never_fail(hook: Callable) -> Callable:
	"""For a hook on somebody else's form that only reads: an error is logged, and the form opens and saves as if we were
	not here. No question of ours keeps the form waiting for longer than two seconds.

	A deadlock is raised again: the database has already undone the user's transaction, and to go on would
	lose his save in silence.
	"""

	@wraps(hook)
	def wrapped(*args, **kwargs):
		messages = list(frappe.local.message_log)
		try:
			with _impatient():
				return hook(*args, **kwargs)
		except frappe.QueryDeadlockError:
			raise
		except Exception:
			frappe.local.message_log = messages
			tell_log(hook.__name__)

	return wrapped


def never_fail_writing(hook: Callable) -> Callable:
	"""For a hook on somebody else's document that writes: what it wrote before an error is undone, the error is logged, and
	the user's own work goes on as if we were not here.

	Where the database has undone the user's transaction as well (a deadlock, a lost connection), the error is raised again.
	"""

	@wraps(hook)
	def wrapped(*args, **kwargs):
		messages = list(frappe.local.message_log)
		point = f"mx_{frappe.generate_hash(length=10)}"
		frappe.db.savepoint(point)
		try:
			return hook(*args, **kwargs)
		except Exception:
			if not _undone_to(point):
				raise
			frappe.local.message_log = messages
			tell_log(hook.__name__)

	return wrapped


def after_commit(act: Callable[[], object]) -> None:
	"""Do something once the user's transaction is kept. By then his work is saved: that Redis or the queue is away is
	logged, and never told to him as if it were not."""

	def quietly():
		try:
			act()
		except Exception:
			tell_log("after commit")

	frappe.db.after_commit.add(quietly)


def look_anew() -> None:
	"""What is read from now on is as others have left it, and not as it was when this transaction asked its first question.
	Only where it has written nothing yet."""
	if not frappe.db.transaction_writes:
		frappe.db.rollback()


def ask_worker(job: Callable, queue: str = "short", **arguments) -> None:
	"""Have a worker do `job` once the user's transaction is kept; where the queue is away it is done at once, in a
	transaction of its own, so that nothing is forgotten."""

	def ask():
		if not _is_queued(job, queue, arguments):
			workers.kept(partial(job, **arguments))

	after_commit(ask)


def ask_waiting_worker(job: Callable, queue: str = "short", **arguments) -> None:
	"""As `ask_worker`, for a `job` that waits by itself for the user's transaction, and asks whether it was kept: it is in the
	queue before, so that a server that dies between the two forgets nothing."""
	if not _is_queued(job, queue, arguments):
		after_commit(lambda: workers.kept(partial(job, **arguments)))


def _is_queued(job: Callable, queue: str, arguments: dict) -> bool:
	try:
		frappe.enqueue(job, queue=queue, **arguments)
	except (RedisError, frappe.QueueOverloaded):
		tell_log(f"the queue is away: {job.__name__}")
		return False
	return True


def tell_log(what: str) -> None:
	"""Log the error that is being handled, in the Error Log, or in the log file where that cannot be written; without the
	values of variables that Frappe would add: they hold what people wrote about a customer."""
	try:
		frappe.log_error(title=f"Micro Experiences: {what}", message=frappe.get_traceback())
	except frappe.QueryDeadlockError:
		raise
	except Exception:
		frappe.logger("micro_experiences").exception(what)


def _undone_to(point: str) -> bool:
	"""Whether everything since a savepoint could be undone; not where the whole transaction is gone."""
	try:
		frappe.db.rollback(save_point=point)
	except Exception:
		return False
	return True


@contextmanager
def _impatient() -> Iterator[None]:
	"""A table of ours that is locked or very slow is given up after two seconds; one limit holds for all that is asked
	within it."""
	if frappe.db.db_type != "mariadb" or frappe.flags.micro_experiences_impatient:
		yield
		return
	frappe.flags.micro_experiences_impatient = True
	frappe.db.set_execution_timeout(_SECONDS)
	try:
		yield
	finally:
		frappe.flags.micro_experiences_impatient = False
		# As Frappe set it for this request, where the site asks for that; else as the server has it.
		if theirs := get_query_execution_timeout():
			frappe.db.set_execution_timeout(theirs)
		else:
			frappe.db.sql("set session max_statement_time = default")


def try_again(method: Callable) -> Callable:
	"""For a whitelisted method that writes: a deadlock or a changed snapshot (error 1020, which Frappe counts among
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
				"Many people are at this at once. Nothing was changed, and your words are still here: please try again."
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
