"""How a job shares its work: chunk after chunk, each in a transaction of its own, by as many workers as it is worth."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import frappe

# How many chunks are worth a worker of their own, and how many workers one run asks for at most.
CHUNKS_EACH, MOST_WORKERS = 4, 25
# A worker stops well before its queue would kill it; what is left is for the next run.
_SECONDS = 20 * 60
_TRIES = 5
# The database has undone the transaction, or will not wait longer for another one.
UNDONE = (frappe.QueryDeadlockError, frappe.QueryTimeoutError)

_T = TypeVar("_T")


def most(chunk: int) -> int:
	"""How much one run asks workers for, where a chunk is so big: more than that need not be counted."""
	return chunk * CHUNKS_EACH * MOST_WORKERS


def ask(method: Callable, what: str, due: int, chunk: int) -> None:
	"""Ask workers to run `method`, as many as are worth it for what is `due`, never one for each; one that is still at it
	from the last time shares the work with those of this run."""
	for number in range(min(-(-due // (chunk * CHUNKS_EACH)), MOST_WORKERS)):
		frappe.enqueue(method, queue="long", job_id=f"micro_experiences:{what}:{number}", deduplicate=True)


def until_done(*chunks: Callable[[], tuple[int, int]]) -> int:
	"""What a worker does: each of `chunks` again and again, until it finds nothing that nobody else holds; how many were
	sent. Each answers (found, sent) for one chunk."""
	frappe.db.commit()  # nosemgrep: what a worker has read before its first chunk is a look at the past
	until, total = time.monotonic() + _SECONDS, 0
	with _rows_locked_alone():
		for chunk in chunks:
			while time.monotonic() < until:
				found, sent = chunk()
				total += sent
				if not found:
					break
	return total


@contextmanager
def _rows_locked_alone() -> Iterator[None]:
	"""What a worker claims locks rows, and not the gaps between them, for which two workers would wait crosswise. Where a
	binary log of statements forbids that, it is as ever, and deadlocks are tried again."""
	isolation, log, form = frappe.db.sql("select @@tx_isolation, @@log_bin, @@binlog_format")[0]
	if log and form == "STATEMENT":
		yield
		return
	frappe.db.sql("set session tx_isolation = 'READ-COMMITTED'")
	try:
		yield
	finally:
		frappe.db.sql("set session tx_isolation = %s", isolation)


def kept(write: Callable[[], _T]) -> _T:
	"""What `write` answers, committed; tried again when the database has undone it: Frappe's own retry of jobs does not
	catch that. Raises one of UNDONE after five tries."""
	for attempt in range(_TRIES):
		try:
			answer = write()
			frappe.db.commit()  # nosemgrep: a job owns its transaction, and what is sent must be proved sent
			return answer
		except UNDONE:
			frappe.db.rollback()
			if attempt == _TRIES - 1:
				raise
			time.sleep(random.uniform(0.5, 1) * 0.1 * 2**attempt)
	raise AssertionError("the last try returns or raises")
