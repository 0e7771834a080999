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

from micro_experiences.desk.preferences import open_for
from micro_experiences.desk.safely import never_fail
from micro_experiences.domain.erasure import Marks
from micro_experiences.privacy import access_log, memory, traces
from micro_experiences.testing import SiteTestCase
from micro_experiences.testing.planted import plant, row


class TestTraces(SiteTestCase):
	def setUp(self):
		super().setUp()
		with self.as_user("Administrator"):
			open_for([self.rep])
		self.doc = self.note("It's Zoë's 40th, \"soon\".\nShe likes <tea>.")

	def found(self, words: set[str]) -> set[str]:
		"""Those of `words` that the site still has somewhere: in a table, in a file, in Redis."""
		# Some of it goes just before the commit that never comes here.
		frappe.db.before_commit.run()
		text = everything()
		return {word for word in words if word in text}

	def plant(self, doc) -> set[str]:
		# What an interrupted run has left in Redis and on disk is not looked for.
		self.marker = "zqx" + frappe.generate_hash(length=6)
		with self.as_user("Administrator"):
			return plant(doc.doctype, doc.name, doc.get("note") or doc.get("subject"), self.rep, self.marker)

	def test_no_trace_is_left_in_any_place(self):
		planted = self.plant(self.doc)
		self.assertGreater(len(planted), 40)
		self.assertEqual(self.found(planted), planted)
		removed = traces.remove("Personal Note", [self.doc.name])
		traces.delete_rows("Personal Note", [self.doc.name])
		self.assertEqual(self.found(planted), set())
		self.assertGreater(removed, 40)

	def test_the_traces_of_others_stay(self):
		other = self.note("Another customer's dog.", customer=self.other_customer)
		planted = self.plant(other)
		traces.remove("Personal Note", [self.doc.name])
		gone = planted - self.found(planted)
		# Reports are made again, and a cache is filled again.
		self.assertEqual(
			gone, {self.marker + place for place in ("prepared", "result", "reportmail", "documentcache")}
		)
		traces.remove("Personal Note", [other.name])

	def test_nothing_of_others_goes_for_a_word_that_many_say(self):
		"""A promise "Delivery", a note "customer", somebody who is called Smith."""
		marks = Marks(["NOTE-999999"], ["Delivery", "customer", "Feedback"], about=["Smith"])
		with self.as_user("Administrator"):
			kept = {
				"Notification Log": row(
					"Notification Log", subject="A personal note about Smith Ltd: Delivery", for_user=self.rep
				),
				"Error Log": row(
					"Error Log", method="x", error='micro_experiences {"customer": "Smith Ltd"}'
				),
				"Access Log": row("Access Log", page="<h2>Personal Note</h2><p>Feedback from customer</p>"),
				"Deleted Document": row(
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
			queued(method="x.submit", doctype="Delivery Note", data={"customer": "Smith"}),
			queued(method="micro_experiences.x.count_anew", customer="Smith Ltd"),
		]
		waiting = json.dumps([{"customer": "Smith Ltd", "user": self.rep}])
		for queue in ("insert_queue_for_Error Log", access_log.QUEUE):
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
		for queue in ("insert_queue_for_Error Log", access_log.QUEUE):
			self.assertIn(waiting.encode(), frappe.cache.lrange(queue, 0, -1))

	def test_whoever_is_named_as_a_value_is_found(self):
		with self.as_user("Administrator"):
			name = row(
				"Error Log", method="x", error='micro_experiences.desk.notes.jot {"customer": "Smith"}'
			)
		traces.remove_mentions(Marks(["NOTE-999999"], about=["Smith"]))
		self.assertFalse(frappe.db.exists("Error Log", name))

	def test_reports_about_other_things_stay(self):
		"""A note that was written into a task of Frappe's takes no results of reports about tasks with it."""
		self.plant(self.doc)
		with self.as_user("Administrator"):
			row(
				"Report",
				name="MX Tasks",
				report_name="MX Tasks",
				ref_doctype="ToDo",
				report_type="Report Builder",
			)
			result = row("Prepared Report", report_name="MX Tasks")
		traces.remove("Personal Note", [self.doc.name])
		self.assertTrue(frappe.db.exists("Prepared Report", result))

	def test_without_redis_the_rows_go_all_the_same(self):
		with self.as_user("Administrator"):
			name = row("Error Log", method="x", error=f"micro_experiences {self.doc.name}")
		away = ConnectionError("no redis")
		with (
			patch.object(frappe.cache, "execute_command", side_effect=away),
			patch.object(memory, "get_redis_conn", side_effect=away),
		):
			traces.remove("Personal Note", [self.doc.name])
		self.assertFalse(frappe.db.exists("Error Log", name))

	def test_the_traces_of_a_promise_are_found_by_its_own_words(self):
		task = self.task(subject="write to her about the marathon")
		planted = self.plant(task)
		traces.remove("Follow Up Task", [task.name])
		traces.delete_rows("Follow Up Task", [task.name])
		self.assertEqual(self.found(planted), set())

	def test_twice_is_once(self):
		self.plant(self.doc)
		traces.remove("Personal Note", [self.doc.name])
		traces.delete_rows("Personal Note", [self.doc.name])
		frappe.db.before_commit.run()
		self.assertEqual(traces.remove("Personal Note", [self.doc.name]), 0)

	def test_a_digest_that_was_not_sent_is_due_again(self):
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
		traces.remove("Personal Note", [self.doc.name])
		self.assertFalse(frappe.db.exists("Follow Up Reminder", {"reminder_key": "mx"}))
		due = frappe.db.get_value("Follow Up Preference", preference.name, "next_digest_at")
		self.assertLessEqual(due, frappe.utils.now_datetime())

	def test_many_are_removed_with_few_queries(self):
		names = frappe.get_all("Personal Note", pluck="name", limit=1) + [f"MX-NOTE-{n}" for n in range(1200)]
		with self.count_queries() as few:
			traces.remove_rows("Personal Note", names[:1])
		with self.count_queries() as many:
			traces.remove_rows("Personal Note", names)
		self.assertLessEqual(many.count, 3 * few.count)

	def count_queries(self):
		return Counted()

	def test_our_error_log_holds_no_values_of_variables(self):
		@never_fail
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

	def test_marks_are_found_however_they_are_written(self):
		marks = Marks(["NOTE-000001"], ["It's Zoë's\n40th"])
		for text in (
			'{"x": "It\'s Zo\\u00eb\'s\\n40th"}',
			"<p>It&#39;s Zoë&#39;s<br>40th</p>".replace("<br>", " "),
			"/NOTE-000001?",
		):
			self.assertTrue(marks.betrayed_by(text), text)
		for text in ("NOTE-0000012", "It's Zoë's 50th", ""):
			self.assertFalse(marks.betrayed_by(text), text)


def queued(**kwargs) -> Job:
	"""A job of the site that waits in a queue."""
	queue = get_queue("short")
	get_redis_conn().sadd(queue.redis_queues_keys, queue.key)
	job = Job.create("frappe.ping", kwargs={"site": frappe.local.site} | kwargs, connection=get_redis_conn())
	job.save()
	FailedJobRegistry(queue=queue).add(job, ttl=600)
	return job


class Counted:
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


def everything() -> str:
	"""The site as this transaction sees it: every text of every table, the files, and Redis."""
	parts = []
	for table in frappe.db.get_tables(cached=False):
		parts += [repr(row) for row in frappe.db.sql(f"select * from `{table}`")]
	for folder, _folders, files in os.walk(frappe.get_site_path("private", "files")):
		for file in files:
			with open(os.path.join(folder, file), "rb") as opened:
				parts.append(file + opened.read().decode("utf-8", "replace"))
	for connection in (frappe.cache, get_redis_conn()):
		parts += in_redis(connection)
	return "\n".join(parts)


def in_redis(connection) -> list[str]:
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
		found.append(f"{key} {readable(ask(*how[kind]))}")
	return found


def readable(value) -> str:
	"""What Redis holds, with what RQ has packed."""
	if isinstance(value, dict):
		return " ".join(f"{readable(key)} {readable(inner)}" for key, inner in value.items())
	if isinstance(value, list | tuple | set):
		return " ".join(map(readable, value))
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
