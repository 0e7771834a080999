"""Traces of erased records in tables, files and Redis are removed; those of other records stay."""

import json
import os
import zlib
from base64 import b64decode
from unittest.mock import patch

import frappe
from frappe.utils.background_jobs import get_queue, get_redis_conn
from redis.exceptions import ConnectionError
from rq.job import Job
from rq.registry import FailedJobRegistry

from micro_experiences.domain.erasure import TraceMatcher
from micro_experiences.services import access_log, redis_traces, traces
from micro_experiences.services.preferences import create_preferences
from micro_experiences.tests.planted_traces import insert_row, plant_traces
from micro_experiences.tests.utils import SiteTestCase
from micro_experiences.utils.resilience import fail_safe


class TestTraces(SiteTestCase):
	def setUp(self):
		super().setUp()
		with self.as_user("Administrator"):
			create_preferences([self.rep])
		self.doc = self.note("It's Zoë's 40th, \"soon\".\nShe likes <tea>.")

	def found(self, words: set[str]) -> set[str]:
		"""Those of `words` that the site still has somewhere: in a table, in a file, in Redis."""
		# Some of it goes just before the commit that never comes here.
		frappe.db.before_commit.run()
		text = read_site()
		return {word for word in words if word in text}

	def plant(self, doc) -> set[str]:
		# What an interrupted run has left in Redis and on disk is not looked for.
		self.marker = "zqx" + frappe.generate_hash(length=6)
		with self.as_user("Administrator"):
			return plant_traces(
				doc.doctype, doc.name, doc.get("note") or doc.get("subject"), self.rep, self.marker
			)

	def test_remove_traces_leaves_no_marker(self):
		planted = self.plant(self.doc)
		self.assertGreater(len(planted), 40)
		self.assertEqual(self.found(planted), planted)
		removed = traces.remove_traces("Personal Note", [self.doc.name])
		traces.delete_documents("Personal Note", [self.doc.name])
		self.assertEqual(self.found(planted), set())
		self.assertGreater(removed, 40)

	def test_traces_of_other_records_stay(self):
		other = self.note("Another customer's dog.", customer=self.other_customer)
		planted = self.plant(other)
		traces.remove_traces("Personal Note", [self.doc.name])
		gone = planted - self.found(planted)
		# Reports are made again, and a cache is filled again.
		self.assertEqual(
			gone, {self.marker + place for place in ("prepared", "result", "reportmail", "documentcache")}
		)
		traces.remove_traces("Personal Note", [other.name])

	def test_common_words_remove_nothing_of_other_records(self):
		"""A promise "Delivery", a note "customer", somebody who is called Smith."""
		marks = TraceMatcher(["NOTE-999999"], ["Delivery", "customer", "Feedback"], about=["Smith"])
		with self.as_user("Administrator"):
			kept = {
				"Notification Log": insert_row(
					"Notification Log", subject="A personal note about Smith Ltd: Delivery", for_user=self.rep
				),
				"Error Log": insert_row(
					"Error Log", method="x", error='micro_experiences {"customer": "Smith Ltd"}'
				),
				"Access Log": insert_row(
					"Access Log", page="<h2>Personal Note</h2><p>Feedback from customer</p>"
				),
				"Deleted Document": insert_row(
					"Deleted Document",
					deleted_doctype="Lead",
					deleted_name="L",
					data='{"notes": "sent a personal note", "title": "Smith"}',
				),
			}
		frappe.db.sql(
			"replace into `__UserSettings` (`user`, `doctype`, `data`) values (%s, 'Personal Note', %s)",
			(self.rep, '{"List": {"filters": [["Personal Note", "customer", "=", "John Smith"]]}}'),
		)
		jobs = [
			queue_job(method="x.submit", doctype="Delivery Note", data={"customer": "Smith"}),
			queue_job(method="micro_experiences.x.count_anew", customer="Smith Ltd"),
		]
		waiting = json.dumps([{"customer": "Smith Ltd", "user": self.rep}])
		for queue in ("insert_queue_for_Error Log", access_log.QUEUE_KEY):
			frappe.cache.rpush(queue, waiting)
			self.addCleanup(frappe.cache.delete_value, queue)
		traces.remove_mentions(marks)
		for doctype, name in kept.items():
			self.assertTrue(frappe.db.exists(doctype, name), doctype)
		self.assertTrue(
			frappe.db.sql(
				"select 1 from `__UserSettings` where `user` = %s and `doctype` = 'Personal Note'", self.rep
			)
		)
		for job in jobs:
			self.assertTrue(Job.exists(job.id, connection=get_redis_conn()))
			job.delete()
		for queue in ("insert_queue_for_Error Log", access_log.QUEUE_KEY):
			self.assertIn(waiting.encode(), frappe.cache.lrange(queue, 0, -1))

	def test_name_that_is_a_value_is_found(self):
		with self.as_user("Administrator"):
			name = insert_row(
				"Error Log", method="x", error='micro_experiences.api.notes.jot {"customer": "Smith"}'
			)
		traces.remove_mentions(TraceMatcher(["NOTE-999999"], about=["Smith"]))
		self.assertFalse(frappe.db.exists("Error Log", name))

	def test_results_of_other_reports_stay(self):
		"""A note that was written into a task of Frappe's takes no results of reports about tasks with it."""
		self.plant(self.doc)
		with self.as_user("Administrator"):
			insert_row(
				"Report",
				name="MX Tasks",
				report_name="MX Tasks",
				ref_doctype="ToDo",
				report_type="Report Builder",
			)
			result = insert_row("Prepared Report", report_name="MX Tasks")
		traces.remove_traces("Personal Note", [self.doc.name])
		self.assertTrue(frappe.db.exists("Prepared Report", result))

	def test_rows_are_removed_without_redis(self):
		with self.as_user("Administrator"):
			name = insert_row("Error Log", method="x", error=f"micro_experiences {self.doc.name}")
		away = ConnectionError("no redis")
		with (
			patch.object(frappe.cache, "execute_command", side_effect=away),
			patch.object(redis_traces, "get_redis_conn", side_effect=away),
		):
			traces.remove_traces("Personal Note", [self.doc.name])
		self.assertFalse(frappe.db.exists("Error Log", name))

	def test_traces_of_follow_up_are_found_by_its_subject(self):
		task = self.task(subject="write to her about the marathon")
		planted = self.plant(task)
		traces.remove_traces("Follow Up Task", [task.name])
		traces.delete_documents("Follow Up Task", [task.name])
		self.assertEqual(self.found(planted), set())

	def test_removed_unsent_digest_is_due_again(self):
		self.plant(self.doc)
		with self.as_user("Administrator"):
			preference = frappe.get_doc("Follow Up Preference", {"user": self.rep})
			preference.db_set({"digest": 1, "next_digest_at": "2099-01-01 08:00:00"})
			proof = {
				"recipient": self.rep,
				"kind": "Digest",
				"sent_on": frappe.utils.now(),
				"reminder_key": "mx",
			}
			frappe.get_doc(
				{"doctype": "Follow Up Reminder", "occurrence": frappe.utils.today(), **proof}
			).insert()
		traces.remove_traces("Personal Note", [self.doc.name])
		self.assertFalse(frappe.db.exists("Follow Up Reminder", {"reminder_key": "mx"}))
		due = frappe.db.get_value("Follow Up Preference", preference.name, "next_digest_at")
		self.assertLessEqual(due, frappe.utils.now_datetime())

	def test_removing_many_takes_few_queries(self):
		names = frappe.get_all("Personal Note", pluck="name", limit=1) + [f"MX-NOTE-{n}" for n in range(1200)]
		with QueryCounter() as few:
			traces.remove_linked_rows("Personal Note", names[:1])
		with QueryCounter() as many:
			traces.remove_linked_rows("Personal Note", names)
		self.assertLessEqual(many.count, 3 * few.count)

	def test_error_log_holds_no_values_of_variables(self):
		@fail_safe
		def fails(doc):
			private = "zqxlocal"
			raise ZeroDivisionError(len(private))

		before = frappe.db.count("Error Log")
		fails(self.doc)
		self.assertEqual(frappe.db.count("Error Log"), before + 1)
		error = frappe.get_last_doc("Error Log").error
		self.assertIn("ZeroDivisionError", error)
		self.assertNotIn("zqxlocal'", error)
		self.assertNotIn("Zoë", error)


def queue_job(**kwargs) -> Job:
	"""A job of the site that waits in a queue."""
	queue = get_queue("short")
	get_redis_conn().sadd(queue.redis_queues_keys, queue.key)
	job = Job.create("frappe.ping", kwargs={"site": frappe.local.site} | kwargs, connection=get_redis_conn())
	job.save()
	FailedJobRegistry(queue=queue).add(job, ttl=600)
	return job


class QueryCounter:
	"""How many statements were sent to the database meanwhile."""

	def __enter__(self):
		self.count, run = 0, frappe.db.sql

		def counting(*args, **kwargs):
			self.count += 1
			return run(*args, **kwargs)

		self.patch = patch.object(frappe.db, "sql", counting)
		self.patch.start()
		return self

	def __exit__(self, *_error):
		self.patch.stop()


def read_site() -> str:
	"""The site as this transaction sees it: every text of every table, the files, and Redis."""
	parts = []
	for table in frappe.db.get_tables(cached=False):
		parts += [repr(row) for row in frappe.db.sql(f"select * from `{table}`")]
	for folder, _folders, files in os.walk(frappe.get_site_path("private", "files")):
		for file in files:
			with open(os.path.join(folder, file), "rb") as opened:
				parts.append(file + opened.read().decode("utf-8", "replace"))
	for connection in (frappe.cache, get_redis_conn()):
		parts += read_redis(connection)
	return "\n".join(parts)


def read_redis(connection) -> list[str]:
	"""Every key of a Redis with what it holds."""
	ask, found = connection.execute_command, []
	for key in ask("KEYS", "*"):
		kind = ask("TYPE", key)
		how = {
			b"string": ("GET", key),
			b"hash": ("HGETALL", key),
			b"list": ("LRANGE", key, 0, -1),
			b"set": ("SMEMBERS", key),
			b"zset": ("ZRANGE", key, 0, -1),
			b"stream": ("XRANGE", key, "-", "+"),
		}
		found.append(f"{key} {decode(ask(*how[kind]))}")
	return found


def decode(value) -> str:
	"""What Redis holds, with what RQ has packed."""
	if isinstance(value, dict):
		return " ".join(f"{decode(key)} {decode(inner)}" for key, inner in value.items())
	if isinstance(value, list | tuple | set):
		return " ".join(decode(part) for part in value)
	if not isinstance(value, bytes):
		return str(value)
	try:
		value = zlib.decompress(value)
	except zlib.error:
		pass
	# RQ writes what failed as base64.
	text = value.decode("utf-8", "replace")
	try:
		return text + zlib.decompress(b64decode(value)).decode("utf-8", "replace")
	except (ValueError, zlib.error):
		return text
