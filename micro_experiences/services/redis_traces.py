"""Removal of erased data from Redis: deferred inserts, cached list settings, recorded requests and background jobs."""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import frappe
from frappe.model.base_document import BaseDocument
from frappe.utils.background_jobs import get_queues, get_redis_conn
from redis.exceptions import RedisError
from rq.exceptions import DeserializationError
from rq.job import Job
from rq.registry import (
	CanceledJobRegistry,
	DeferredJobRegistry,
	FailedJobRegistry,
	FinishedJobRegistry,
	ScheduledJobRegistry,
)
from rq.results import Result

from micro_experiences.domain.erasure import TraceMatcher, mentions_app_records
from micro_experiences.services.access_log import QUEUE_KEY
from micro_experiences.utils.resilience import log_exception

_JOB_REGISTRIES = (
	FinishedJobRegistry,
	FailedJobRegistry,
	CanceledJobRegistry,
	DeferredJobRegistry,
	ScheduledJobRegistry,
)


@contextmanager
def tolerate_redis_outage() -> Iterator[None]:
	"""Log a Redis error instead of raising it, so that changes in the database are not rolled back."""
	try:
		yield
	except RedisError:
		log_exception("cannot search Redis")


def remove_traces(marks: TraceMatcher) -> int:
	"""Remove everything that `marks` identifies, and return the number of rows, lists, requests and jobs.

	Redis has no transactions, so this runs before and after the commit.
	"""
	cache, removed = frappe.cache, 0
	for key in cache.get_keys("insert_queue_for_"):
		# Access log entries are kept, and are written to the database before an erasure.
		if key == cache.make_key(QUEUE_KEY):
			continue
		for row in cache.execute_command("LRANGE", key, 0, -1):
			if _is_trace(marks, row.decode()):
				removed += cache.execute_command("LREM", key, 0, row)
	for name in ("_user_settings", "recorder-requests", "recorder-requests-sparse"):
		for field, value in cache.hgetall(name).items():
			if _is_trace(marks, f"/{field.decode().split('::')[0]}/ {value}"):
				cache.hdel(name, field)
				removed += 1
	return removed + _remove_jobs(marks)


def remove_search_entries(doctype: str, names: Collection[str]) -> None:
	"""Remove queued global search entries of these documents."""
	queue, execute = frappe.cache.make_key("global_search_queue"), frappe.cache.execute_command
	with tolerate_redis_outage():
		for row in execute("LRANGE", queue, 0, -1):
			waiting = json.loads(row)
			if waiting["doctype"] == doctype and waiting["name"] in names:
				execute("LREM", queue, 0, row)


def _is_trace(marks: TraceMatcher, text: str) -> bool:
	return mentions_app_records(text) and marks.matches(text)


def _remove_jobs(marks: TraceMatcher) -> int:
	"""Remove waiting and finished jobs of this site whose arguments are identified by `marks`.

	Running jobs are not stopped.
	"""
	connection, removed = get_redis_conn(), 0
	for queue in get_queues(connection):
		ids = queue.get_job_ids()
		for registry in _JOB_REGISTRIES:
			ids += registry(queue=queue).get_job_ids()
		for job in Job.fetch_many(ids, connection=connection):
			if job and _is_trace(marks, _get_job_text(job)):
				Result.delete_all(job)
				job.delete()
				removed += 1
	return removed


def _get_job_text(job: Job) -> str:
	"""Return the arguments and the error of a job of this site as text; "" for another site's job."""
	try:
		if job.kwargs.get("site") != frappe.local.site:
			return ""
	except DeserializationError:
		return ""
	result = job.latest_result()
	return json.dumps(job.kwargs, default=_serialize, skipkeys=True) + str(
		getattr(result, "exc_string", None) or ""
	)


def _serialize(value: object) -> object:
	return value.as_dict() if isinstance(value, BaseDocument) else str(value)
