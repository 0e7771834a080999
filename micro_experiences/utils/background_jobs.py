"""Background jobs: share one between several workers, in chunks with their own transactions, or run one after a commit."""

import time
from collections.abc import Callable
from functools import partial

import frappe
from redis.exceptions import RedisError

from micro_experiences.utils import transactions
from micro_experiences.utils.database import read_committed
from micro_experiences.utils.resilience import log_exception

# How many chunks justify a worker, and the maximum number of workers for one run.
CHUNKS_PER_WORKER, MAX_WORKERS = 4, 25
# Stop well before the queue's time limit; the rest waits for the next run.
_MAX_SECONDS = 20 * 60


def get_run_limit(chunk: int) -> int:
	"""Return how many due items one run needs to count at most, given the chunk size."""
	return chunk * CHUNKS_PER_WORKER * MAX_WORKERS


def enqueue_workers(method: Callable, what: str, due: int, chunk: int) -> None:
	"""Enqueue workers to run `method`: as many as `due` items justify, not one for each. A worker from an
	earlier run that is still busy shares the work."""
	for number in range(min(-(-due // (chunk * CHUNKS_PER_WORKER)), MAX_WORKERS)):
		frappe.enqueue(method, queue="long", job_id=f"micro_experiences:{what}:{number}", deduplicate=True)


def process_chunks(*chunks: Callable[[], tuple[int, int]]) -> int:
	"""Run in a worker: repeat each function of `chunks` until it finds no unclaimed rows. Each returns
	(found, sent) for one chunk. Return the total number sent."""
	frappe.db.commit()  # nosemgrep: frappe-manual-commit -- end the old snapshot before the first chunk is read
	until, total = time.monotonic() + _MAX_SECONDS, 0
	with read_committed():
		for chunk in chunks:
			while time.monotonic() < until:
				found, sent = chunk()
				total += sent
				if not found:
					break
	return total


def run_after_commit(act: Callable[[], object]) -> None:
	"""Call `act` after commit and log its errors.

	The user's changes are saved at that point, so an unavailable Redis must not be reported to them as a
	failed save.
	"""

	def act_and_log():
		try:
			act()
		except Exception:
			log_exception("after commit")

	frappe.db.after_commit.add(act_and_log)


def enqueue_after_commit(job: Callable, queue: str = "short", **arguments) -> None:
	"""Enqueue `job` after commit. If the queue is unavailable, run it immediately in its own transaction."""

	def enqueue():
		if not _try_enqueue(job, queue, arguments):
			transactions.commit_with_retry(partial(job, **arguments))

	run_after_commit(enqueue)


def enqueue_before_commit(job: Callable, queue: str = "short", **arguments) -> None:
	"""Enqueue `job` now, before commit. If the queue is unavailable, run it after commit.

	The job must wait for the end of the user's transaction and check whether it was committed. Because it is
	enqueued first, a server that crashes after the commit does not lose it.
	"""
	if not _try_enqueue(job, queue, arguments):
		run_after_commit(lambda: transactions.commit_with_retry(partial(job, **arguments)))


def _try_enqueue(job: Callable, queue: str, arguments: dict) -> bool:
	"""Enqueue a job, and return whether the queue accepted it."""
	try:
		frappe.enqueue(job, queue=queue, **arguments)
	except (RedisError, frappe.QueueOverloaded):
		log_exception(f"queue unavailable: {job.__name__}")
		return False
	return True
