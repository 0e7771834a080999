import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from unittest.mock import patch

import frappe
from frappe.utils import add_days, get_datetime, getdate, now_datetime, today

from micro_experiences.desk import follow_ups, preferences
from micro_experiences.jobs import reminders, workers
from micro_experiences.testing import SiteTestCase, make_customer

# One worker: wait for the others, send what is due in small chunks, and print how many reminders were its own.
_WORKER = """
import sys, time, frappe
site, start, customer = sys.argv[1], float(sys.argv[2]), sys.argv[3]
frappe.init(site=site)
frappe.connect()
from micro_experiences.jobs import reminders
if len(sys.argv) > 4:
	import os, signal
	owner = frappe.db if sys.argv[4] == "commit" else reminders
	original = getattr(owner, sys.argv[4])
	calls = []
	def die(*args):
		original(*args)
		calls.append(args)
		# A worker commits once before it begins.
		if sys.argv[4] != "commit" or len(calls) > 1:
			os.kill(os.getpid(), signal.SIGKILL)
	setattr(owner, sys.argv[4], die)
real, task = reminders._due, frappe.qb.DocType("Follow Up Task")
reminders._due = lambda *args: real(*args).where(task.customer == customer)
reminders.CHUNK = 4
time.sleep(max(start - time.time(), 0))
print(reminders.send_due())
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

	def copies(self, task, count: int) -> list:
		"""As many promises like this one, written at once."""
		fields = (
			*("name", "owner", "customer", "subject", "assigned_to", "status", "due_on", "repeats"),
			*("counted_from", "next_reminder_at"),
		)
		names = [f"MX-COPY-{number:05}" for number in range(count)]
		values = [(name, *(task.get(field) for field in fields[1:])) for name in names]
		frappe.db.bulk_insert("Follow Up Task", fields, values)
		return [frappe._dict(name=name) for name in names]

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

	def send(self, *tasks, now: datetime | None = None) -> int:
		"""What a worker does at `now` (noon today), for these tasks alone."""
		real, task = reminders._due, frappe.qb.DocType("Follow Up Task")
		names = [one.name for one in tasks]
		with (
			patch.object(reminders, "now_datetime", lambda: now or at(0)),
			patch.object(reminders, "_due", lambda *args: real(*args).where(task.name.isin(names))),
		):
			return reminders.send_due()

	def moment(self, task):
		return frappe.db.get_value("Follow Up Task", task.name, "next_reminder_at")

	def aside(self, task) -> tuple:
		return frappe.db.get_value("Follow Up Task", task.name, ["set_aside_at", "set_aside_because"])

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
		self.assertEqual(reminders._due("Reminder", at(9), 10_000).run(pluck=True).count(task.name), 0)
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
		self.assertEqual(self.counts(future, done, skipped), (0, 0))

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
		gone, mine = self.task(assigned_to=self.colleague), self.task()
		frappe.db.set_value("User", self.colleague, "enabled", 0)
		self.assertEqual(self.send(gone, mine), 1)
		self.assertEqual((self.counts(gone), self.counts(mine)), ((0, 0), (1, 1)))
		since, because = self.aside(gone)
		self.assertEqual(since, at(0, hour=9))
		self.assertIn("has left", because)
		self.assertIsNone(self.moment(gone))
		with self.as_user("Administrator"):
			gone = frappe.get_doc("Follow Up Task", gone.name)
			gone.assigned_to = self.lead
			gone.save()
		self.assertEqual(self.aside(gone), (None, ""))
		self.assertEqual(self.send(gone), 1)
		self.assertEqual(self.bells(gone)[0].for_user, self.lead)

	def test_what_was_put_right_is_tried_again(self):
		task = self.task(assigned_to=self.colleague)
		frappe.db.set_value("User", self.colleague, "enabled", 0)
		self.send(task)
		frappe.db.set_value("User", self.colleague, "enabled", 1)
		self.assertEqual(self.send(task), 0)
		frappe.get_doc("Follow Up Task", task.name).try_again()
		self.assertEqual([self.send(task), self.send(task)], [1, 0])

	def test_a_thousand_with_fifty_that_cannot_be_sent(self):
		"""Deleted customers, users that are gone, a translation with a broken placeholder, a day that is none, and one
		that only the database refuses."""
		tasks = self.copies(self.task(), 1000)
		poisons = [
			lambda names: frappe.db.set_value(
				"Follow Up Task", {"name": ("in", names)}, "customer", "MX None"
			),
			lambda names: frappe.db.set_value(
				"Follow Up Task", {"name": ("in", names)}, "assigned_to", "mx.nobody@example.com"
			),
			lambda names: frappe.db.set_value(
				"Follow Up Task", {"name": ("in", names)}, "assigned_to", self.colleague
			),
			lambda names: frappe.db.sql(
				"update `tabFollow Up Task` set due_on = null where name in %s", [names]
			),
			lambda names: frappe.db.set_value(
				"Follow Up Task", {"name": ("in", names)}, "assigned_to", self.lead
			),
		]
		poisoned = [task.name for task in tasks[::20]]
		for number, poison in enumerate(poisons):
			poison(poisoned[number::5])
		# The colleague's language has a broken translation; the bell of the lead cannot be written.
		frappe.db.set_value("User", self.colleague, "language", "de")
		real_line, real_ring = reminders.rules.line, reminders.ring

		def line(customer, due_on, now, translate, **told):
			return real_line(
				customer, due_on, now, lambda text: translate(text).replace("{0}", "{9}"), **told
			)

		def broken_for_german(customer, due_on, now, translate, **told):
			german = translate.keywords["lang"] == "de"
			return (line if german else real_line)(customer, due_on, now, translate, **told)

		def ring(lines):
			lines = list(lines)
			if any(row[0] == self.lead for row in lines):
				raise frappe.DataError("(1406, Data too long for column 'subject')")
			real_ring(lines)

		with (
			patch.object(reminders.rules, "line", broken_for_german),
			patch.object(reminders, "ring", ring),
			# What is written into the transaction of the test is undone to where the chunk began.
			patch.object(frappe.local.db, "rollback", lambda *args, **kwargs: None),
		):
			sent = self.send(*tasks)
		self.assertEqual(sent, 950)
		self.assertEqual(self.counts(*tasks), (950, 950))
		rows = frappe.get_all(
			"Follow Up Task",
			filters={"set_aside_at": ("is", "set"), "name": ("in", [task.name for task in tasks])},
			fields=["name", "set_aside_because", "next_reminder_at"],
		)
		self.assertEqual(sorted(row.name for row in rows), sorted(poisoned))
		self.assertFalse([row for row in rows if row.next_reminder_at])
		reasons = Counter(row.set_aside_because for row in rows)
		self.assertEqual(set(reasons.values()), {10}, reasons)
		for words in (
			"MX None is not there",
			"no user mx.nobody",
			"IndexError",
			"TypeError",
			"Data too long",
		):
			self.assertTrue([why for why in reasons if words in why], reasons)

	def test_who_may_not_open_the_customer_any_more_is_told_nothing_of_it(self):
		task, other = self.task(), self.task(customer=self.other_customer)
		permission = {"doctype": "User Permission", "user": self.rep, "allow": "Customer"}
		with self.as_user("Administrator"):
			frappe.get_doc(permission | {"for_value": self.other_customer}).insert()
		self.assertEqual(self.send(task, other), 1)
		self.assertEqual((self.counts(task), self.counts(other)), ((0, 0), (1, 1)))
		self.assertIn("may not open this customer any more", self.aside(task)[1])

	def test_midnight_is_a_time(self):
		self.set_settings(quiet_from=0, quiet_until=0)
		task = self.task(due_time="00:00")
		self.assertEqual(self.moment(task), at(0, hour=0))
		self.assertEqual([self.send(task, now=at(0, hour=8)), self.send(task)], [1, 0])

	def test_what_everybody_suffers_from_is_nobody_s_fault(self):
		tasks = self.copies(self.task(), 60)
		with (
			patch.object(reminders, "ring", side_effect=frappe.DataError("(1054, Unknown column)")),
			patch.object(frappe.local.db, "rollback", lambda *args, **kwargs: None),
			self.assertRaises(frappe.DataError),
		):
			self.send(*tasks)
		names = [task.name for task in tasks]
		aside = {"set_aside_at": ("is", "set"), "name": ("in", names)}
		self.assertLessEqual(frappe.db.count("Follow Up Task", aside), 20)

	def test_what_is_not_kept_is_told_to_somebody_else_once(self):
		task = self.task(escalate_to=self.lead, escalate_after_days=3)
		self.assertEqual(self.send(task), 1)
		self.assertEqual(self.send(task, now=at(3, hour=8)), 0)
		self.assertEqual([self.send(task, now=at(3)), self.send(task, now=at(4))], [1, 0])
		_mine, told = self.bells(task)
		self.assertEqual(told.for_user, self.lead)
		self.assertIn("is not kept yet", told.subject)
		self.assertNotIn("book", told.subject)
		self.assertEqual([proof.kind for proof in self.proofs(task)], ["Reminder", "Escalation"])
		self.assertEqual(frappe.db.get_value("Follow Up Task", task.name, "escalated_on"), at(3))
		task.reload()
		task.escalate_after_days = 5
		task.save()
		self.assertEqual(self.send(task, now=at(9)), 0)

	def test_what_is_kept_in_time_is_told_to_nobody(self):
		task = self.task(escalate_to=self.lead, escalate_after_days=3)
		task.done()
		self.assertEqual(self.send(task, now=at(9)), 0)
		self.assertEqual(self.counts(task), (0, 0))

	def test_an_escalation_that_cannot_arrive_leaves_the_reminder_alone(self):
		task = self.task(escalate_to=self.colleague, escalate_after_days=1, due_on=add_days(today(), -2))
		task.put_off(getdate(at(2)))
		frappe.db.set_value("User", self.colleague, "enabled", 0)
		self.assertEqual(self.send(task), 0)
		self.assertIn("has left", self.aside(task)[1])
		self.assertEqual(self.send(task, now=at(2)), 1)

	def test_an_escalation_that_was_set_aside_is_tried_again_once_somebody_saves_the_promise(self):
		task = self.task(escalate_to=self.colleague, escalate_after_days=1, due_on=add_days(today(), -2))
		frappe.db.set_value("User", self.colleague, "enabled", 0)
		self.assertEqual(self.send(task), 1)
		self.assertIn("has left", self.aside(task)[1])
		frappe.db.set_value("User", self.colleague, "enabled", 1)
		task.reload().put_off(getdate(at(2)))
		self.assertEqual(self.aside(task), (None, ""))
		self.assertEqual(self.send(task), 1)
		self.assertTrue(frappe.db.get_value("Follow Up Task", task.name, "escalated_on"))

	def test_a_clock_that_was_set_back_sends_nothing_twice(self):
		task = self.task(due_on=add_days(today(), 2), remind_days_before=2)
		self.assertEqual(self.send(task), 1)
		self.assertEqual([self.send(task, now=at(-days)) for days in (0, 1, 3)], [0, 0, 0])
		self.assertEqual([self.send(task, now=at(2)), self.send(task, now=at(0))], [1, 0])
		self.assertEqual(self.counts(task), (2, 2))

	def test_in_the_night_it_waits_for_the_morning(self):
		task = self.task()
		self.assertEqual(self.send(task, now=at(0, hour=22)), 0)
		self.assertEqual(self.moment(task), at(1, hour=7))
		self.assertEqual([self.send(task, now=at(1, hour=7)), self.send(task, now=at(2))], [1, 0])
		(bell,), (proof,) = self.bells(task), self.proofs(task)
		self.assertIn("waited for the quiet hours", bell.subject)
		self.assertIn(at(0, hour=9).isoformat(), proof.reminder_key)

	def test_what_a_form_sends_does_not_move_a_reminder(self):
		task = self.task()
		for field, value in (
			("next_reminder_at", at(30)),
			("escalates_at", at(-3)),
			("escalated_on", at(-3)),
			("set_aside_at", at(-3)),
			("set_aside_because", "mine"),
			("occurrence_key", "note|2026-01-01"),
		):
			with self.subTest(field):
				before = frappe.db.get_value("Follow Up Task", task.name, field)
				task.reload()
				task.set(field, value)
				task.save()
				self.assertEqual(frappe.db.get_value("Follow Up Task", task.name, field), before)
				other = self.task(**{field: value})
				self.assertNotEqual(str(other.reload().get(field)), str(value))

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
		for event in ("notification", "micro_experiences_reminder"):
			users = [call.kwargs["user"] for call in ring.call_args_list if call.args[0] == event]
			self.assertEqual(sorted(users), [self.colleague, self.rep])

	def test_whose_bell_is_off_hears_nothing_and_it_counts_as_sent(self):
		preference = frappe.get_doc("Follow Up Preference", preferences.mine())
		preference.bell = 0
		preference.save()
		quiet, loud = self.task(), self.task(assigned_to=self.colleague)
		with patch.object(frappe, "publish_realtime") as ring:
			self.assertEqual([self.send(quiet, loud), self.send(quiet, loud)], [2, 0])
		self.assertEqual([bell.for_user for bell in self.bells(quiet, loud)], [self.colleague])
		self.assertEqual({call.kwargs["user"] for call in ring.call_args_list}, {self.colleague})
		self.assertEqual(len(self.proofs(quiet)), 1)

	def test_the_bell_is_unseen(self):
		frappe.db.set_value("Notification Settings", self.rep, "seen", 1)
		self.send(self.task())
		self.assertEqual(frappe.db.get_value("Notification Settings", self.rep, "seen"), 0)

	def run_clock(self, due: int) -> list:
		"""What is enqueued when so many are due."""
		with (
			patch.object(
				reminders, "due_count", lambda kind, now, most: min(due, most) if kind == "Reminder" else 0
			),
			patch.object(frappe, "enqueue") as enqueue,
		):
			reminders.mx_send_due_reminders()
		return enqueue.call_args_list

	def test_the_clock_asks_a_few_workers_and_never_one_for_each(self):
		calls = self.run_clock(5000)
		self.assertEqual(len(calls), 3)
		for call in calls:
			self.assertEqual((call.args, call.kwargs["deduplicate"]), ((reminders.send_due,), True))
			self.assertNotIn("names", call.kwargs)
		self.assertEqual(len({call.kwargs["job_id"] for call in calls}), 3)
		self.assertEqual([len(self.run_clock(due)) for due in (0, 1, 2000, 2001, 10**7)], [0, 1, 1, 2, 25])

	def test_the_clock_counts_what_is_due(self):
		before = reminders.due_count("Reminder", at(0), 10_000)
		self.task(), self.task(), self.task(due_on=add_days(today(), 1))
		self.task(escalate_to=self.lead, escalate_after_days=1, due_on=add_days(today(), -2))
		self.assertEqual(reminders.due_count("Reminder", at(0), 10_000), before + 3)
		self.assertEqual(reminders.due_count("Reminder", at(0), before + 1), before + 1)
		self.assertGreaterEqual(reminders.due_count("Escalation", at(0), 10_000), 1)

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
		# A test that runs at night would find everybody asleep.
		self.set_settings(quiet_from=0, quiet_until=0)
		self.customer = make_customer("MX Test Bells")
		self.tasks = [self.task(assigned_to=self.rep, due_on=add_days(today(), -1)) for _number in range(12)]
		frappe.db.commit()
		self.addCleanup(self.clean_up)
		real, task = reminders._due, frappe.qb.DocType("Follow Up Task")
		patcher = patch.object(
			reminders, "_due", lambda *args: real(*args).where(task.customer == self.customer)
		)
		patcher.start()
		self.addCleanup(patcher.stop)

	def still_due(self) -> int:
		return reminders.due_count("Reminder", now_datetime(), 10_000)

	def test_a_key_that_is_there_already_undoes_the_whole_chunk_bell_and_all(self):
		"""Another worker, which a broken lock let in, proved the last of them after this one had looked."""
		real, last = reminders._write_proofs, self.tasks[-1].name

		def write_proofs(kind, rows, keys, now):
			theirs = [row for row in rows if row.name == last]
			if theirs:
				real(kind, theirs, keys, now)
			real(kind, rows, keys, now)

		with patch.object(reminders, "_write_proofs", write_proofs):
			# The chunk is undone, then each is tried by itself, and the one to blame is set aside.
			self.assertEqual(reminders.send_chunk(), (12, 11))
		self.assertEqual(self.counts(*self.tasks), (11, 11))
		since, because = frappe.db.get_value("Follow Up Task", last, ["set_aside_at", "set_aside_because"])
		self.assertTrue(since)
		self.assertIn("Duplicate", because)
		self.assertEqual(self.still_due(), 0)
		frappe.get_doc("Follow Up Task", last).try_again()
		frappe.db.commit()
		self.assertEqual(reminders.send_chunk(), (1, 1))
		self.assertEqual(self.counts(*self.tasks), (12, 12))

	def fail(self, times: int):
		"""A deadlock at the end of a chunk, so many times."""
		real, failed = reminders._update, []

		def update(updates):
			real(updates)
			if len(failed) < times:
				failed.append(1)
				raise frappe.QueryDeadlockError

		return patch.object(reminders, "_update", update)

	def test_a_deadlock_is_tried_again(self):
		with self.fail(4), patch.object(workers.time, "sleep"):
			self.assertEqual(reminders.send_chunk(), (12, 12))
		self.assertEqual(self.counts(*self.tasks), (12, 12))

	def test_five_deadlocks_are_left_for_the_next_run(self):
		with (
			self.fail(5),
			patch.object(workers.time, "sleep"),
			self.assertRaises(frappe.QueryDeadlockError),
		):
			reminders.send_chunk()
		self.assertEqual(self.counts(*self.tasks), (0, 0))
		self.assertEqual(self.still_due(), 12)

	def test_what_another_worker_holds_is_passed_over_and_not_waited_for(self):
		held = self.tasks[0]
		# In a table of a handful of rows MariaDB reads all of them for an UPDATE by names.
		self.copies(self.task(due_on=add_days(today(), 30)), 300)
		frappe.db.commit()
		mine = frappe.local.db
		frappe.connect()
		other, frappe.local.db = frappe.local.db, mine
		self.addCleanup(other.close)
		other.sql("select name from `tabFollow Up Task` where name = %s for update", held.name)
		began = time.monotonic()
		self.assertEqual(reminders.send_due(), 11)
		self.assertLess(time.monotonic() - began, 5)
		self.assertEqual((self.counts(held), self.counts(*self.tasks)), ((0, 0), (11, 11)))
		other.rollback()
		self.assertEqual(reminders.send_due(), 1)
		self.assertEqual(self.counts(*self.tasks), (12, 12))

	def worker(self, start: float = 0, die_after: str | None = None):
		command = [sys.executable, "-c", _WORKER, frappe.local.site, str(start), self.customer]
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
		sent = 0
		for process in running:
			out, err = process.communicate(timeout=120)
			self.assertEqual(process.returncode, 0, err[-2000:])
			sent += int(out)
		frappe.db.rollback()
		self.assertEqual((sent, self.counts(*self.tasks)), (12, (12, 12)))
		self.assertEqual(
			{bell.document_name for bell in self.bells(*self.tasks)}, {task.name for task in self.tasks}
		)
		self.assertEqual(self.still_due(), 0)

	def test_a_worker_that_is_killed_loses_and_doubles_nothing(self):
		for step in ("ring", "_write_proofs", "_update"):
			with self.subTest(step):
				process = self.worker(die_after=step)
				_out, err = process.communicate(timeout=120)
				self.assertEqual(process.returncode, -signal.SIGKILL, err[-2000:])
				frappe.db.rollback()
				self.assertEqual(self.counts(*self.tasks), (0, 0))
		# Killed after the commit, before anybody was told over the socket: the bells are there, and ring no second time.
		self.assertEqual(self.worker(die_after="commit").wait(timeout=120), -signal.SIGKILL)
		frappe.db.rollback()
		self.assertEqual((self.counts(*self.tasks), self.still_due()), ((4, 4), 8))
		self.assertEqual(reminders.send_due(), 8)
		self.assertEqual(self.counts(*self.tasks), (12, 12))

	def clean_up(self):
		frappe.set_user("Administrator")
		frappe.db.rollback()
		names = frappe.get_all("Follow Up Task", filters={"customer": self.customer}, pluck="name")
		frappe.db.delete(
			"Notification Log", {"document_type": "Follow Up Task", "document_name": ("in", names)}
		)
		frappe.db.delete("Follow Up Reminder", {"follow_up_task": ("in", names)})
		frappe.db.delete("Follow Up Task", {"name": ("in", names)})
		frappe.delete_doc("Customer", self.customer, force=True, delete_permanently=True)
		self.set_settings(quiet_from=20, quiet_until=7)
		frappe.db.commit()
