"""What Redis holds of records of ours: rows that wait to be written, lists as users left them, recorded requests, jobs."""

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

from micro_experiences.desk.safely import tell_log
from micro_experiences.domain.erasure import Marks, is_ours
from micro_experiences.privacy.access_log import QUEUE

_REGISTRIES = (
	FinishedJobRegistry,
	FailedJobRegistry,
	CanceledJobRegistry,
	DeferredJobRegistry,
	ScheduledJobRegistry,
)


@contextmanager
def if_there() -> Iterator[None]:
	"""That Redis is away is logged, and undoes nothing of what goes from the database."""
	try:
		yield
	except RedisError:
		tell_log("what Redis holds could not be searched")


def forget(marks: Marks) -> int:
	"""Remove what betrays; how many rows, lists, requests and jobs. Redis knows no transaction, so it is done before and after
	the commit."""
	cache, removed = frappe.cache, 0
	for key in cache.get_keys("insert_queue_for_"):
		# Who looked is kept, and written down before anything is erased.
		if key == cache.make_key(QUEUE):
			continue
		for row in cache.execute_command("LRANGE", key, 0, -1):
			if _betrayed(marks, row.decode()):
				removed += cache.execute_command("LREM", key, 0, row)
	for name in ("_user_settings", "recorder-requests", "recorder-requests-sparse"):
		for field, value in cache.hgetall(name).items():
			if _betrayed(marks, f"/{field.decode().split('::')[0]}/ {value}"):
				cache.hdel(name, field)
				removed += 1
	return removed + _forget_jobs(marks)


def forget_search(doctype: str, names: Collection[str]) -> None:
	"""Remove what waits to be written into the search of the site about these documents."""
	queue, ask = frappe.cache.make_key("global_search_queue"), frappe.cache.execute_command
	with if_there():
		for row in ask("LRANGE", queue, 0, -1):
			waiting = json.loads(row)
			if waiting["doctype"] == doctype and waiting["name"] in names:
				ask("LREM", queue, 0, row)


def _betrayed(marks: Marks, text: str) -> bool:
	return is_ours(text) and marks.betrayed_by(text)


def _forget_jobs(marks: Marks) -> int:
	"""Jobs of this site that wait, or are done and kept for a while, with what they were given. What runs right now is not
	stopped."""
	connection, removed = get_redis_conn(), 0
	for queue in get_queues(connection):
		ids = queue.get_job_ids()
		for registry in _REGISTRIES:
			ids += registry(queue=queue).get_job_ids()
		for job in Job.fetch_many(ids, connection=connection):
			if job and _betrayed(marks, _job_text(job)):
				Result.delete_all(job)
				job.delete()
				removed += 1
	return removed


def _job_text(job: Job) -> str:
	"""What a job of this site was given and how it failed; "" for one of another site."""
	try:
		if job.kwargs.get("site") != frappe.local.site:
			return ""
	except DeserializationError:
		return ""
	result = job.latest_result()
	return json.dumps(job.kwargs, default=_written, skipkeys=True) + str(
		getattr(result, "exc_string", None) or ""
	)


def _written(value: object) -> object:
	return value.as_dict() if isinstance(value, BaseDocument) else str(value)
