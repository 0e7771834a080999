import io
import os
import subprocess
import sys
import time
from contextlib import redirect_stdout
from datetime import datetime, timedelta
from unittest.mock import patch

import frappe
from frappe.utils import add_days, get_datetime, getdate, now_datetime, today
from frappe.utils.background_jobs import execute_job

from micro_experiences.desk import follow_ups
from micro_experiences.jobs import reminders
from micro_experiences.testing import SiteTestCase, make_customer

# One worker: wait for the others, send the chunk, and print how many reminders were its own.
_WORKER = """
import sys, time, frappe
site, start, names = sys.argv[1], float(sys.argv[2]), sys.argv[3].split(",")
frappe.init(site=site)
frappe.connect()
from micro_experiences.jobs import reminders
if len(sys.argv) > 4:
	import os
	owner = frappe.db if sys.argv[4] == "commit" else reminders
	original = getattr(owner, sys.argv[4])
	def die(*args):
		original(*args)
		os._exit(9)
	setattr(owner, sys.argv[4], die)
reminders.getdate()
time.sleep(max(start - time.time(), 0))
print(reminders.send_chunk(names))
"""


def at(days: int, hour: int = 12) -> datetime:
	"""That many days from today, at that hour."""
	return get_datetime(f"{add_days(today(), days)} {hour:02}:00:00")


class RemindersTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.set_settings(digest_hour=9, quiet_from=20, quiet_until=7)

	def bells(self, *tasks) -> list:
		return frappe.get_all(
			"Notification Log",
			filters={
				"document_type": "Follow Up Task",
				"document_name": ("in", [task.name for task in tasks]),
			},
			fields=["*"],
			order_by="creation asc",
		)

	def proofs(self, *tasks) -> list:
		return frappe.get_all(
			"Follow Up Reminder",
			filters={"follow_up_task": ("in", [task.name for task in tasks])},
			fields=["*"],
			order_by="occurrence asc",
		)

	def counts(self, *tasks) -> tuple[int, int]:
		return len(self.bells(*tasks)), len(self.proofs(*tasks))


class TestReminders(RemindersTestCase):
	def setUp(self):
		super().setUp()
		# A chunk commits; here it does so into the transaction of the test.
		patcher = patch.object(frappe.local.db, "commit")
		patcher.start()
		self.addCleanup(patcher.stop)

	def send_chunk(self, *tasks, now: datetime | None = None) -> int:
		"""One chunk of these tasks at `now` (noon today), due or not."""
		with patch.object(reminders, "now_datetime", lambda: now or at(0)):
			return reminders.send_chunk([task.name for task in tasks])

	def send(self, *tasks, now: datetime | None = None) -> int:
		"""What the clock does at `now` (noon today), for these tasks alone."""
		due = reminders.due_tasks(now or at(0), 10_000)
		found = [task for task in tasks if task.name in due]
		return self.send_chunk(*found, now=now) if found else 0

	def moment(self, task):
		return frappe.db.get_value("Follow Up Task", task.name, "next_reminder_at")

	def test_what_is_due_rings_once_and_is_proved(self):
		task = self.task()
		self.assertEqual(self.send(task), 1)
		(bell,), (proof,) = self.bells(task), self.proofs(task)
		self.assertEqual((bell.for_user, bell.type, bell.read), (self.rep, "Alert", 0))
		self.assertIn("MX Test Books", bell.subject)
		self.assertEqual((proof.recipient, proof.kind, proof.occurrence), (self.rep, "Reminder", getdate()))
		self.assertIsNone(self.moment(task))

	def test_run_twice_nothing_more(self):
		task = self.task()
		self.assertEqual([self.send(task), self.send(task), self.send(task, now=at(3))], [1, 0, 0])
		self.assertEqual(self.send_chunk(task), 0)
		self.assertNotIn(task.name, reminders.due_tasks(at(9), 10_000))
		self.assertEqual(self.counts(task), (1, 1))

	def test_after_an_outage_of_three_days_it_arrives_once(self):
		task = self.task(due_on=add_days(today(), 1))
		self.assertEqual(self.send(task, now=at(4)), 1)
		self.assertEqual(self.send(task, now=at(5)), 0)
		self.assertEqual(self.counts(task), (1, 1))
		self.assertIn("overdue", self.bells(task)[0].subject)

	def test_not_before_its_time(self):
		early, timed = self.task(), self.task(due_time="15:30")
		self.assertEqual(self.send(early, timed, now=at(0, hour=8)), 0)
		self.assertEqual(self.send(early, timed, now=at(0, hour=9)), 1)
		self.assertEqual(self.send(early, timed, now=at(0, hour=15)), 0)
		self.assertEqual(self.send(early, timed, now=at(0, hour=16)), 1)

	def test_the_future_and_the_done_are_left_alone(self):
		future = self.task(due_on=add_days(today(), 1))
		done, skipped = self.task(), self.task()
		done.done()
		skipped.skip()
		self.assertEqual(self.send(future, done, skipped), 0)
		# Nor where somebody finished it after the chunk was made.
		closed = self.task()
		due = reminders.due_tasks(at(0), 10_000)
		self.assertIn(closed.name, due)
		closed.done()
		self.assertEqual(self.send_chunk(closed, future), 0)
		self.assertEqual(self.counts(future, done, skipped, closed), (0, 0))

	def test_put_off_it_comes_again_on_the_new_day(self):
		task = self.task()
		self.send(task)
		follow_ups.later(task.name, "tomorrow")
		self.assertEqual([self.send(task), self.send(task, now=at(1)), self.send(task, now=at(2))], [0, 1, 0])
		self.assertEqual([proof.occurrence for proof in self.proofs(task)], [getdate(), getdate(at(1))])

	def test_some_days_before_and_again_on_the_day(self):
		task = self.task(due_on=add_days(today(), 2), remind_days_before=2)
		self.assertEqual(self.send(task), 1)
		self.assertEqual(self.moment(task), at(2, hour=9))
		self.assertIn("is due", self.bells(task)[0].subject)
		self.assertEqual(
			[self.send(task, now=at(1)), self.send(task, now=at(2)), self.send(task, now=at(3))], [0, 1, 0]
		)
		self.assertEqual(self.counts(task), (2, 2))

	def test_an_outage_over_both_reminders_sends_one(self):
		task = self.task(due_on=add_days(today(), 2), remind_days_before=2)
		self.assertEqual([self.send(task, now=at(5)), self.send(task, now=at(6))], [1, 0])

	def test_who_has_left_is_told_nothing_and_who_takes_over_is(self):
		task = self.task()
		frappe.db.set_value("User", self.rep, "enabled", 0)
		self.assertEqual(self.send(task), 0)
		self.assertEqual(self.counts(task), (0, 0))
		with self.as_user("Administrator"):
			task = frappe.get_doc("Follow Up Task", task.name)
			task.assigned_to = self.colleague
			task.save()
		self.assertEqual(self.send(task), 1)
		self.assertEqual(self.bells(task)[0].for_user, self.colleague)

	def test_one_who_has_left_does_not_stop_the_others(self):
		gone, mine = self.task(assigned_to=self.colleague), self.task()
		frappe.db.set_value("User", self.colleague, "enabled", 0)
		self.assertEqual(self.send(gone, mine), 1)
		self.assertEqual(self.counts(mine), (1, 1))

	def test_two_chunks_that_overlap(self):
		a, b, c = self.task(), self.task(), self.task()
		self.send(a, b)
		# The second chunk was made before the first was sent.
		self.send_chunk(b, c)
		self.assertEqual(self.counts(a, b, c), (3, 3))

	def test_what_was_proved_is_not_sent_again_whatever_the_task_says(self):
		task = self.task()
		self.send(task)
		frappe.db.set_value("Follow Up Task", task.name, "next_reminder_at", at(0, hour=9))
		self.assertEqual(self.send(task), 0)
		self.assertEqual(self.counts(task), (1, 1))
		self.assertIsNone(self.moment(task))

	def test_the_bell_says_nothing_of_what_was_promised(self):
		note = self.note("A very private matter", sensitive=1)
		task = self.task(subject="send the secret book", personal_note=note.name)
		self.send(task)
		(bell,) = self.bells(task)
		self.assertNotIn("secret", str(bell))
		self.assertNotIn("private", str(bell))
		self.assertFalse(bell.email_content)

	def test_a_hostile_customer_name_is_only_text(self):
		frappe.db.set_value("Customer", self.customer, "customer_name", "<img src=x onerror=alert(1)>{0}")
		task = self.task()
		self.send(task)
		self.assertNotIn("<img", self.bells(task)[0].subject)

	def test_a_hint_to_each_open_desk_once(self):
		tasks = [self.task() for _number in range(3)] + [self.task(assigned_to=self.colleague)]
		with patch.object(frappe, "publish_realtime") as ring:
			self.assertEqual(self.send(*tasks), 4)
		self.assertEqual(
			sorted(call.kwargs["user"] for call in ring.call_args_list), [self.colleague, self.rep]
		)

	def test_the_bell_is_unseen(self):
		frappe.db.set_value("Notification Settings", self.rep, "seen", 1)
		self.send(self.task())
		self.assertEqual(frappe.db.get_value("Notification Settings", self.rep, "seen"), 0)

	def test_the_clock_hands_on_chunks_and_never_a_job_for_each(self):
		tasks = [self.task() for _number in range(5)]
		future = self.task(due_on=add_days(today(), 1))
		with (
			patch.object(reminders, "CHUNK", 2),
			patch.object(reminders, "now_datetime", lambda: at(0)),
			patch.object(frappe, "enqueue") as enqueue,
		):
			expected = reminders.due_tasks(at(0), 10_000)
			reminders.mx_send_due_reminders()
		chunks = [call.kwargs["names"] for call in enqueue.call_args_list]
		self.assertEqual([name for chunk in chunks for name in chunk], expected)
		self.assertEqual(len(chunks), -(-len(expected) // 2))
		self.assertTrue({task.name for task in tasks} <= set(expected))
		self.assertNotIn(future.name, expected)
		for call in enqueue.call_args_list:
			self.assertEqual((call.args, call.kwargs["deduplicate"]), ((reminders.send_chunk,), True))
		self.assertEqual(len({call.kwargs["job_id"] for call in enqueue.call_args_list}), len(chunks))
		self.assertEqual(self.counts(*tasks), (0, 0), "the clock itself sends nothing")

	def test_one_run_hands_on_only_so_much(self):
		for _number in range(3):
			self.task()
		with (
			patch.object(reminders, "CHUNK", 1),
			patch.object(reminders, "_MOST_CHUNKS", 2),
			patch.object(reminders, "now_datetime", lambda: at(0)),
			patch.object(frappe, "enqueue") as enqueue,
		):
			reminders.mx_send_due_reminders()
		self.assertEqual(enqueue.call_count, 2)

	def test_a_chunk_costs_the_same_for_one_and_for_many(self):
		def queries(tasks) -> int:
			with patch.object(frappe.local.db, "sql", wraps=frappe.local.db.sql) as sql:
				self.send(*tasks)
			return sql.call_count

		one, many = [self.task()], [self.task() for _number in range(20)]
		queries([self.task()])
		self.assertLessEqual(queries(many), queries(one) + 2)
		self.assertEqual(self.counts(*one, *many), (21, 21))


class TestChunks(RemindersTestCase):
	"""What is committed, what is rolled back, and what real workers do at the same time."""

	commits = True

	def setUp(self):
		super().setUp()
		frappe.set_user("Administrator")
		self.customer = make_customer("MX Test Bells")
		self.tasks = [self.task(assigned_to=self.rep, due_on=add_days(today(), -1)) for _number in range(12)]
		frappe.db.commit()
		self.addCleanup(self.clean_up)

	def names(self):
		return [task.name for task in self.tasks]

	def still_due(self) -> int:
		return len(set(self.names()) & set(reminders.due_tasks(now_datetime(), 10_000)))

	def test_a_key_that_is_there_already_undoes_the_whole_chunk_bell_and_all(self):
		real = reminders._write_proofs

		def write_proofs(rows, now):
			"""Another worker proved the last of them after this one had looked."""
			real(rows[-1:], now)
			real(rows, now)

		with patch.object(reminders, "_write_proofs", write_proofs):
			with self.assertRaises(Exception) as refused, redirect_stdout(io.StringIO()):
				execute_job(
					frappe.local.site,
					reminders.send_chunk,
					None,
					"mx test",
					{"names": self.names()},
					is_async=False,
				)
		self.assertTrue(frappe.db.is_duplicate_entry(refused.exception), refused.exception)
		self.assertEqual(self.counts(*self.tasks), (0, 0))
		self.assertEqual(self.still_due(), 12)
		self.assertEqual(reminders.send_chunk(self.names()), 12)
		self.assertEqual(self.counts(*self.tasks), (12, 12))

	def test_a_deadlock_is_tried_again(self):
		real, failed = reminders._write_proofs, []

		def write_proofs(rows, now):
			real(rows, now)
			if len(failed) < 2:
				failed.append(1)
				raise frappe.QueryDeadlockError

		with patch.object(reminders, "_write_proofs", write_proofs), patch.object(reminders.time, "sleep"):
			self.assertEqual(reminders.send_chunk(self.names()), 12)
		self.assertEqual(self.counts(*self.tasks), (12, 12))

	def test_what_another_worker_holds_is_passed_over_and_not_waited_for(self):
		held, free = self.tasks[:2]
		mine = frappe.local.db
		frappe.connect()
		other, frappe.local.db = frappe.local.db, mine
		self.addCleanup(other.close)
		other.sql("select name from `tabFollow Up Task` where name = %s for update", held.name)
		began = time.monotonic()
		self.assertEqual(reminders.send_chunk([held.name, free.name]), 1)
		self.assertLess(time.monotonic() - began, 5)
		self.assertEqual((self.counts(held), self.counts(free)), ((0, 0), (1, 1)))
		other.rollback()
		self.assertEqual(reminders.send_chunk([held.name, free.name]), 1)
		self.assertEqual((self.counts(held), self.counts(free)), ((1, 1), (1, 1)))

	def test_three_deadlocks_are_left_for_the_next_run(self):
		with (
			patch.object(reminders, "_write_proofs", side_effect=frappe.QueryDeadlockError),
			patch.object(reminders.time, "sleep"),
			self.assertRaises(frappe.QueryDeadlockError),
		):
			reminders.send_chunk(self.names())
		self.assertEqual(self.counts(*self.tasks), (0, 0))
		self.assertEqual(self.still_due(), 12)

	def worker(self, start: float = 0, die_after: str | None = None):
		command = [sys.executable, "-c", _WORKER, frappe.local.site, str(start), ",".join(self.names())]
		return subprocess.Popen(
			command + ([die_after] if die_after else []),
			cwd=os.getcwd(),
			stdout=subprocess.PIPE,
			stderr=subprocess.PIPE,
			text=True,
		)

	def test_workers_at_once_send_each_reminder_once(self):
		start = time.time() + timedelta(seconds=6).total_seconds()
		running = [self.worker(start) for _number in range(3)]
		for process in running:
			_out, err = process.communicate(timeout=120)
			self.assertEqual(process.returncode, 0, err[-2000:])
		frappe.db.rollback()
		self.assertEqual(self.counts(*self.tasks), (12, 12))
		self.assertEqual({bell.document_name for bell in self.bells(*self.tasks)}, set(self.names()))
		self.assertEqual(self.still_due(), 0)

	def test_a_worker_that_is_killed_loses_and_doubles_nothing(self):
		for step in ("_write_notifications", "_write_proofs", "_schedule_next"):
			with self.subTest(step):
				process = self.worker(die_after=step)
				_out, err = process.communicate(timeout=120)
				self.assertEqual(process.returncode, 9, err[-2000:])
				frappe.db.rollback()
				self.assertEqual(self.counts(*self.tasks), (0, 0))
		# Killed after the commit, before anybody was told over the socket: the bell is there, and rings no second time.
		self.assertEqual(self.worker(die_after="commit").wait(timeout=120), 9)
		frappe.db.rollback()
		self.assertEqual(self.counts(*self.tasks), (12, 12))
		self.assertEqual(reminders.send_chunk(self.names()), 0)

	def clean_up(self):
		frappe.set_user("Administrator")
		frappe.db.rollback()
		names = frappe.get_all("Follow Up Task", filters={"customer": self.customer}, pluck="name")
		frappe.db.delete(
			"Notification Log", {"document_type": "Follow Up Task", "document_name": ("in", names)}
		)
		frappe.db.delete("Follow Up Reminder", {"follow_up_task": ("in", names)})
		frappe.db.delete("Follow Up Task", {"name": ("in", names)})
		frappe.db.delete("Error Log", {"method": ("like", "%send_chunk%")})
		frappe.delete_doc("Customer", self.customer, force=True, delete_permanently=True)
		frappe.db.commit()
