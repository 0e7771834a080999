"""The reminder job: each reminder exactly once, with its proof row, whatever fails."""

import signal
from collections import Counter
from contextlib import contextmanager
from datetime import datetime
from unittest.mock import patch

import frappe
from frappe.utils import add_days, get_datetime, getdate, now_datetime, today

from micro_experiences.api import follow_ups, preferences
from micro_experiences.jobs import reminders as reminders_jobs
from micro_experiences.overrides import user as user_hooks
from micro_experiences.services import reminders, time_zone_changes
from micro_experiences.tests.utils import SiteTestCase, make_customer
from micro_experiences.tests.workers import get_output, run_together, start_worker
from micro_experiences.utils import transactions

# Send what is due for one customer in small chunks, and print how many reminders were its own.
WORKER = """
from micro_experiences.services import reminders
customer, step = sys.argv[2], sys.argv[3]
real, task = reminders._get_due_query, frappe.qb.DocType("Follow Up Task")
reminders._get_due_query = lambda *args: real(*args).where(task.customer == customer)
reminders.CHUNK_SIZE = 4
if step == "commit":
	kill_after(frappe.db, step, calls=2)  # a worker commits once before it begins
elif step:
	kill_after(reminders, step)
else:
	wait_for_the_others()
print(reminders.send_due_reminders())
"""


def at(days: int, hour: int = 12) -> datetime:
	"""Return the time that many days from today, at that hour."""
	return get_datetime(f"{add_days(today(), days)} {hour:02}:00:00")


class RemindersTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.set_settings(digest_hour=9, quiet_from=20, quiet_until=7)

	def notifications(self, *tasks) -> list:
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
		"""Insert that many copies of a task at once."""
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
		return len(self.notifications(*tasks)), len(self.proofs(*tasks))


class TestReminders(RemindersTestCase):
	def setUp(self):
		super().setUp()
		# A chunk commits; the test rolls everything back.
		patcher = patch.object(frappe.local.db, "commit")
		patcher.start()
		self.addCleanup(patcher.stop)

	def send(self, *tasks, now: datetime | None = None) -> int:
		"""Run a worker at `now` (default: noon today) for these tasks only."""
		real, task = reminders._get_due_query, frappe.qb.DocType("Follow Up Task")
		names = [one.name for one in tasks]
		with (
			patch.object(reminders, "now_datetime", lambda: now or at(0)),
			patch.object(reminders, "_get_due_query", lambda *args: real(*args).where(task.name.isin(names))),
		):
			return reminders.send_due_reminders()

	def get_due_time(self, task):
		return frappe.db.get_value("Follow Up Task", task.name, "next_reminder_at")

	def get_failure(self, task) -> tuple:
		return frappe.db.get_value("Follow Up Task", task.name, ["set_aside_at", "set_aside_because"])

	def test_due_reminder_notifies_once_with_its_proof(self):
		task = self.task()
		self.assertEqual(self.send(task), 1)
		(notification,), (proof,) = self.notifications(task), self.proofs(task)
		self.assertEqual(
			(notification.for_user, notification.type, notification.read), (self.rep, "Alert", 0)
		)
		self.assertIn("MX Test Books", notification.subject)
		self.assertEqual((proof.recipient, proof.kind, proof.occurrence), (self.rep, "Reminder", getdate()))
		self.assertIsNone(self.get_due_time(task))
		self.assertEqual([self.send(task), self.send(task, now=at(3))], [0, 0])
		self.assertEqual(self.counts(task), (1, 1))

	def test_reminder_after_an_outage_is_sent_once_as_overdue(self):
		task = self.task(due_on=add_days(today(), 1))
		self.assertEqual(self.send(task, now=at(4)), 1)
		self.assertEqual(self.send(task, now=at(5)), 0)
		self.assertEqual(self.counts(task), (1, 1))
		self.assertIn("overdue", self.notifications(task)[0].subject)

	def test_snoozed_follow_up_is_reminded_of_again(self):
		task = self.task()
		self.send(task)
		follow_ups.snooze(task.name, "tomorrow")
		self.assertEqual([self.send(task), self.send(task, now=at(1)), self.send(task, now=at(2))], [0, 1, 0])
		self.assertEqual([proof.occurrence for proof in self.proofs(task)], [getdate(), getdate(at(1))])

	def test_tomorrow_is_the_day_of_the_assignee(self):
		"""The bell rings at 09:05 in Sydney, when it is still the day before at a site in New York."""
		self.set_time_zone(self.rep, "Australia/Sydney")
		with self.in_new_york(datetime(2026, 11, 23, 12)):
			task = self.task(due_on="2026-11-24")
			self.assertEqual(self.get_due_time(task), datetime(2026, 11, 23, 17))
			self.assertEqual(self.send(task, now=datetime(2026, 11, 23, 17, 5)), 1)
		with self.in_new_york(datetime(2026, 11, 23, 17, 10)):
			follow_ups.snooze(task.name, "tomorrow")
			self.assertEqual(
				frappe.db.get_value("Follow Up Task", task.name, "snoozed_until"), getdate("2026-11-25")
			)
			self.assertEqual(self.send(task, now=datetime(2026, 11, 24, 16, 59)), 0)
			self.assertEqual(self.send(task, now=datetime(2026, 11, 24, 17, 5)), 1)

	def test_follow_up_put_off_to_a_time_already_reminded_of_rings_again(self):
		"""A form can put off to the day on which the bell has rung."""
		task = self.task()
		self.send(task)
		task.reload()
		task.snoozed_until = today()
		task.save()
		self.assertIsNotNone(self.get_due_time(task))
		self.assertEqual([self.send(task, now=at(1)), self.send(task, now=at(2))], [1, 0])

	def test_open_follow_up_without_next_reminder_is_repaired_and_rings(self):
		emptied, rung, snoozed = self.task(), self.task(), self.task()
		self.lose_reminder(emptied)
		self.send(rung)
		self.send(snoozed)
		follow_ups.snooze(snoozed.name, "tomorrow")
		self.lose_reminder(snoozed)
		reminders_jobs.mx_repair_lost_reminders()
		self.assertIsNone(self.get_due_time(rung))
		self.assertIsNotNone(self.get_due_time(emptied))
		self.assertEqual(getdate(self.get_due_time(snoozed)), getdate(at(1)))
		self.assertEqual([self.send(emptied, now=at(1)), self.send(snoozed, now=at(1))], [1, 1])

	def lose_reminder(self, task) -> None:
		frappe.db.set_value("Follow Up Task", task.name, "next_reminder_at", None)

	def test_pending_reminder_moves_to_the_new_time_zone_of_the_assignee(self):
		self.set_time_zone(self.rep, "America/New_York")
		with self.in_new_york(datetime(2026, 11, 23, 12)):
			task = self.task(due_on="2026-11-25")
			self.assertEqual(self.get_due_time(task), datetime(2026, 11, 25, 9))
			user = frappe.get_doc("User", self.rep)
			user.time_zone = "Australia/Sydney"
			with patch.object(user_hooks, "enqueue_after_commit") as enqueued:
				user.save(ignore_permissions=True)
			enqueued.assert_called_once_with(time_zone_changes.move_reminders, user=self.rep)
			time_zone_changes.move_reminders(self.rep)
			self.assertEqual(self.get_due_time(task), datetime(2026, 11, 24, 17))

	@contextmanager
	def in_new_york(self, now: datetime):
		"""Set the time zone of the site and its clock within the block."""
		zone = "America/New_York"
		with (
			patch("micro_experiences.utils.user_time.get_system_timezone", lambda: zone),
			patch("micro_experiences.services.quiet_hours.get_system_timezone", lambda: zone),
			patch("frappe.utils.data.convert_utc_to_system_timezone", lambda *_args: now),
		):
			yield

	def test_reminder_of_a_disabled_user_fails_and_is_sent_to_the_next_assignee(self):
		gone, mine = self.task(assigned_to=self.colleague), self.task()
		frappe.db.set_value("User", self.colleague, "enabled", 0)
		self.assertEqual(self.send(gone, mine), 1)
		self.assertEqual((self.counts(gone), self.counts(mine)), ((0, 0), (1, 1)))
		since, because = self.get_failure(gone)
		self.assertEqual(since, at(0, hour=9))
		self.assertIn("disabled", because)
		self.assertIsNone(self.get_due_time(gone))
		with self.as_user("Administrator"):
			gone = frappe.get_doc("Follow Up Task", gone.name)
			gone.assigned_to = self.lead
			gone.save()
		self.assertEqual(self.get_failure(gone), (None, ""))
		self.assertEqual(self.send(gone), 1)
		self.assertEqual(self.notifications(gone)[0].for_user, self.lead)

	def test_failed_reminder_is_sent_after_a_retry(self):
		task = self.task(assigned_to=self.colleague)
		frappe.db.set_value("User", self.colleague, "enabled", 0)
		self.send(task)
		frappe.db.set_value("User", self.colleague, "enabled", 1)
		self.assertEqual(self.send(task), 0)
		frappe.get_doc("Follow Up Task", task.name).retry_reminder()
		self.assertEqual([self.send(task), self.send(task)], [1, 0])

	def test_fifty_failing_reminders_of_a_thousand_do_not_stop_the_others(self):
		"""They have a deleted customer, a deleted user, a broken translation, no due date, or the database refuses them."""
		tasks = self.copies(self.task(), 1000)
		break_tasks = [
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
		broken = [task.name for task in tasks[::20]]
		for number, break_task in enumerate(break_tasks):
			break_task(broken[number::5])
		# The colleague's language has a broken translation; the notification of the lead cannot be written.
		frappe.db.set_value("User", self.colleague, "language", "de")
		format_notification, notify_users = reminders.rules.format_notification, reminders.notify_users

		def format_with_broken_german(customer, due_on, now, translate, **values):
			def break_german(text):
				translated = translate(text)
				return translated.replace("{0}", "{9}") if translate.keywords["lang"] == "de" else translated

			return format_notification(customer, due_on, now, break_german, **values)

		def notify_all_but_lead(lines):
			lines = list(lines)
			if any(row[0] == self.lead for row in lines):
				raise frappe.DataError("(1406, Data too long for column 'subject')")
			notify_users(lines)

		with (
			patch.object(reminders.rules, "format_notification", format_with_broken_german),
			patch.object(reminders, "notify_users", notify_all_but_lead),
			# A rollback would undo the records of this test too.
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
		self.assertEqual(sorted(row.name for row in rows), sorted(broken))
		self.assertFalse([row for row in rows if row.next_reminder_at])
		reasons = Counter(row.set_aside_because for row in rows)
		self.assertEqual(set(reasons.values()), {10}, reasons)
		for word in ("MX None", "mx.nobody", "IndexError", "TypeError", "Data too long"):
			self.assertTrue([why for why in reasons if word in why], reasons)

	def test_reminder_about_a_customer_that_the_user_cannot_open_fails(self):
		task, other = self.task(), self.task(customer=self.other_customer)
		permission = {"doctype": "User Permission", "user": self.rep, "allow": "Customer"}
		with self.as_user("Administrator"):
			frappe.get_doc(permission | {"for_value": self.other_customer}).insert()
		self.assertEqual(self.send(task, other), 1)
		self.assertEqual((self.counts(task), self.counts(other)), ((0, 0), (1, 1)))
		self.assertIn("customer", self.get_failure(task)[1])

	def test_due_time_of_midnight_is_used(self):
		self.set_settings(quiet_from=0, quiet_until=0)
		task = self.task(due_time="00:00")
		self.assertEqual(self.get_due_time(task), at(0, hour=0))
		self.assertEqual([self.send(task, now=at(0, hour=8)), self.send(task)], [1, 0])

	def test_error_of_every_reminder_is_raised_and_marks_few_as_failed(self):
		tasks = self.copies(self.task(), 60)
		with (
			patch.object(reminders, "notify_users", side_effect=frappe.DataError("(1054, Unknown column)")),
			patch.object(frappe.local.db, "rollback", lambda *args, **kwargs: None),
			self.assertRaises(frappe.DataError),
		):
			self.send(*tasks)
		names = [task.name for task in tasks]
		failed = {"set_aside_at": ("is", "set"), "name": ("in", names)}
		self.assertLessEqual(frappe.db.count("Follow Up Task", failed), 20)

	def test_overdue_follow_up_is_escalated_once(self):
		task = self.task(escalate_to=self.lead, escalate_after_days=3)
		self.assertEqual(self.send(task), 1)
		self.assertEqual(self.send(task, now=at(3, hour=8)), 0)
		self.assertEqual([self.send(task, now=at(3)), self.send(task, now=at(4))], [1, 0])
		_reminder, escalation = self.notifications(task)
		self.assertEqual(escalation.for_user, self.lead)
		self.assertNotIn("send the book", escalation.subject)
		self.assertEqual([proof.kind for proof in self.proofs(task)], ["Reminder", "Escalation"])
		self.assertEqual(frappe.db.get_value("Follow Up Task", task.name, "escalated_on"), at(3))
		task.reload()
		task.escalate_after_days = 5
		task.save()
		self.assertEqual(self.send(task, now=at(9)), 0)

	def test_failed_escalation_leaves_the_reminder_and_is_sent_after_a_save(self):
		task = self.task(escalate_to=self.colleague, escalate_after_days=1, due_on=add_days(today(), -2))
		task.snooze(getdate(at(2)))
		frappe.db.set_value("User", self.colleague, "enabled", 0)
		self.assertEqual(self.send(task), 0)
		self.assertIn("disabled", self.get_failure(task)[1])
		self.assertEqual(self.send(task, now=at(2)), 1)
		frappe.db.set_value("User", self.colleague, "enabled", 1)
		task.reload().snooze(getdate(at(5)))
		self.assertEqual(self.get_failure(task), (None, ""))
		self.assertEqual(self.send(task, now=at(3)), 1)
		self.assertTrue(frappe.db.get_value("Follow Up Task", task.name, "escalated_on"))

	def test_clock_set_back_repeats_no_reminder(self):
		task = self.task(due_on=add_days(today(), 2), remind_days_before=2)
		self.assertEqual(self.send(task), 1)
		self.assertEqual([self.send(task, now=at(-days)) for days in (0, 1, 3)], [0, 0, 0])
		self.assertEqual([self.send(task, now=at(2)), self.send(task, now=at(0))], [1, 0])
		self.assertEqual(self.counts(task), (2, 2))

	def test_reminder_in_quiet_hours_waits_and_keeps_its_key(self):
		task = self.task()
		self.assertEqual(self.send(task, now=at(0, hour=22)), 0)
		self.assertEqual(self.get_due_time(task), at(1, hour=7))
		self.assertEqual([self.send(task, now=at(1, hour=7)), self.send(task, now=at(2))], [1, 0])
		(notification,), (proof,) = self.notifications(task), self.proofs(task)
		self.assertIn("quiet hours", notification.subject)
		self.assertIn(at(0, hour=9).isoformat(), proof.reminder_key)

	def test_form_cannot_change_the_fields_of_reminders(self):
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

	def test_proved_reminder_is_not_sent_again_whatever_the_task_contains(self):
		task = self.task()
		self.send(task)
		frappe.db.set_value("Follow Up Task", task.name, "next_reminder_at", at(0, hour=9))
		self.assertEqual(self.send(task), 0)
		self.assertEqual(self.counts(task), (1, 1))
		self.assertIsNone(self.get_due_time(task))

	def test_notification_has_no_text_of_the_follow_up_and_escapes_the_customer_name(self):
		frappe.db.set_value("Customer", self.customer, "customer_name", "<img src=x onerror=alert(1)>{0}")
		note = self.note("A very private matter", sensitive=1)
		task = self.task(subject="send the secret book", personal_note=note.name)
		self.send(task)
		(notification,) = self.notifications(task)
		for text in ("secret", "private", "<img"):
			self.assertNotIn(text, str(notification))
		self.assertFalse(notification.email_content)

	def test_realtime_event_is_sent_once_to_each_user(self):
		tasks = [self.task() for _number in range(3)] + [self.task(assigned_to=self.colleague)]
		with patch.object(frappe, "publish_realtime") as publish:
			self.assertEqual(self.send(*tasks), 4)
		for event in ("notification", "micro_experiences_reminder"):
			users = [call.kwargs["user"] for call in publish.call_args_list if call.args[0] == event]
			self.assertEqual(sorted(users), [self.colleague, self.rep])

	def test_user_without_notifications_gets_none_and_the_reminder_counts_as_sent(self):
		preference = frappe.get_doc("Follow Up Preference", preferences.get_or_create())
		preference.bell = 0
		preference.save()
		quiet, loud = self.task(), self.task(assigned_to=self.colleague)
		with patch.object(frappe, "publish_realtime") as publish:
			self.assertEqual([self.send(quiet, loud), self.send(quiet, loud)], [2, 0])
		self.assertEqual(
			[notification.for_user for notification in self.notifications(quiet, loud)], [self.colleague]
		)
		self.assertEqual({call.kwargs["user"] for call in publish.call_args_list}, {self.colleague})
		self.assertEqual(len(self.proofs(quiet)), 1)

	def test_notification_is_unseen(self):
		frappe.db.set_value("Notification Settings", self.rep, "seen", 1)
		self.send(self.task())
		self.assertEqual(frappe.db.get_value("Notification Settings", self.rep, "seen"), 0)

	def run_job(self, due: int) -> list:
		"""Return what the scheduled job enqueues when so many reminders are due."""
		with (
			patch.object(
				reminders_jobs,
				"count_due",
				lambda kind, now, most: min(due, most) if kind == "Reminder" else 0,
			),
			patch.object(frappe, "enqueue") as enqueue,
		):
			reminders_jobs.mx_send_due_reminders()
		return enqueue.call_args_list

	def test_scheduled_job_enqueues_a_limited_number_of_workers(self):
		calls = self.run_job(5000)
		self.assertEqual(len(calls), 3)
		for call in calls:
			self.assertEqual((call.args, call.kwargs["deduplicate"]), ((reminders.send_due_reminders,), True))
			self.assertNotIn("names", call.kwargs)
		self.assertEqual(len({call.kwargs["job_id"] for call in calls}), 3)
		self.assertEqual([len(self.run_job(due)) for due in (0, 1, 2000, 2001, 10**7)], [0, 1, 1, 2, 25])

	def test_due_reminders_are_counted_up_to_a_limit(self):
		before = reminders.count_due("Reminder", at(0), 10_000)
		self.task(), self.task(), self.task(due_on=add_days(today(), 1))
		self.task(escalate_to=self.lead, escalate_after_days=1, due_on=add_days(today(), -2))
		self.assertEqual(reminders.count_due("Reminder", at(0), 10_000), before + 3)
		self.assertEqual(reminders.count_due("Reminder", at(0), before + 1), before + 1)
		self.assertGreaterEqual(reminders.count_due("Escalation", at(0), 10_000), 1)

	def test_queries_of_a_chunk_do_not_grow_with_its_size(self):
		def queries(tasks) -> int:
			with patch.object(frappe.local.db, "sql", wraps=frappe.local.db.sql) as sql:
				self.send(*tasks)
			return sql.call_count

		one, many = [self.task()], [self.task() for _number in range(20)]
		queries([self.task()])
		self.assertLessEqual(queries(many), queries(one) + 2)
		self.assertEqual(self.counts(*one, *many), (21, 21))


class TestWorkers(RemindersTestCase):
	"""Committed chunks, and several worker processes."""

	commits = True

	def setUp(self):
		super().setUp()
		frappe.set_user("Administrator")
		# The test may run at night.
		self.set_settings(quiet_from=0, quiet_until=0)
		self.customer = make_customer("MX Test Reminders")
		self.tasks = [self.task(assigned_to=self.rep, due_on=add_days(today(), -1)) for _number in range(12)]
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		self.addCleanup(self.clean_up)
		real, task = reminders._get_due_query, frappe.qb.DocType("Follow Up Task")
		patcher = patch.object(
			reminders, "_get_due_query", lambda *args: real(*args).where(task.customer == self.customer)
		)
		patcher.start()
		self.addCleanup(patcher.stop)

	def count_due(self) -> int:
		return reminders.count_due("Reminder", now_datetime(), 10_000)

	def test_duplicate_key_rolls_back_the_chunk_and_only_its_task_fails(self):
		"""Another worker, which a broken lock let in, has written the last proof."""
		real, last = reminders._write_proofs, self.tasks[-1].name

		def write_proofs(kind, rows, keys, now):
			theirs = [row for row in rows if row.name == last]
			if theirs:
				real(kind, theirs, keys, now)
			real(kind, rows, keys, now)

		with patch.object(reminders, "_write_proofs", write_proofs):
			# The chunk is rolled back and halved until the task with the duplicate key is isolated.
			self.assertEqual(reminders.send_chunk(), (12, 11))
		self.assertEqual(self.counts(*self.tasks), (11, 11))
		since, because = frappe.db.get_value("Follow Up Task", last, ["set_aside_at", "set_aside_because"])
		self.assertTrue(since)
		self.assertIn("Duplicate", because)
		self.assertEqual(self.count_due(), 0)
		frappe.get_doc("Follow Up Task", last).retry_reminder()
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		self.assertEqual(reminders.send_chunk(), (1, 1))
		self.assertEqual(self.counts(*self.tasks), (12, 12))

	def deadlock(self, times: int):
		"""Raise a deadlock at the end of a chunk, so many times."""
		real, failed = reminders._update_tasks, []

		def update(updates):
			real(updates)
			if len(failed) < times:
				failed.append(1)
				raise frappe.QueryDeadlockError

		return patch.object(reminders, "_update_tasks", update)

	def test_deadlock_is_retried(self):
		with self.deadlock(4), patch.object(transactions.time, "sleep"):
			self.assertEqual(reminders.send_chunk(), (12, 12))
		self.assertEqual(self.counts(*self.tasks), (12, 12))

	def test_fifth_deadlock_leaves_the_chunk_for_the_next_run(self):
		with (
			self.deadlock(5),
			patch.object(transactions.time, "sleep"),
			self.assertRaises(frappe.QueryDeadlockError),
		):
			reminders.send_chunk()
		self.assertEqual(self.counts(*self.tasks), (0, 0))
		self.assertEqual(self.count_due(), 12)

	def test_row_locked_by_another_worker_is_skipped(self):
		"""To wait for it would end in a lock timeout."""
		held = self.tasks[0]
		# In a small table, MariaDB reads every row for an UPDATE by name.
		self.copies(self.task(due_on=add_days(today(), 30)), 300)
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		mine = frappe.local.db
		frappe.connect()
		other, frappe.local.db = frappe.local.db, mine
		self.addCleanup(other.close)
		other.sql("select name from `tabFollow Up Task` where name = %s for update", held.name)
		self.assertEqual(reminders.send_due_reminders(), 11)
		self.assertEqual((self.counts(held), self.counts(*self.tasks)), ((0, 0), (11, 11)))
		other.rollback()
		self.assertEqual(reminders.send_due_reminders(), 1)
		self.assertEqual(self.counts(*self.tasks), (12, 12))

	def start_worker(self, die_after: str = ""):
		return start_worker(WORKER, self.customer, die_after)

	def test_concurrent_workers_send_each_reminder_once(self):
		sent = run_together([self.start_worker() for _number in range(3)])
		frappe.db.rollback()
		self.assertEqual((sum(int(count) for count in sent), self.counts(*self.tasks)), (12, (12, 12)))
		self.assertEqual(
			{notification.document_name for notification in self.notifications(*self.tasks)},
			{task.name for task in self.tasks},
		)
		self.assertEqual(self.count_due(), 0)

	def test_killed_worker_loses_and_repeats_no_reminder(self):
		for step in ("notify_users", "_write_proofs", "_update_tasks"):
			with self.subTest(step):
				get_output(self.start_worker(step), -signal.SIGKILL)
				frappe.db.rollback()
				self.assertEqual(self.counts(*self.tasks), (0, 0))
		# Killed after the commit and before the realtime event, the notifications exist and are not repeated.
		get_output(self.start_worker("commit"), -signal.SIGKILL)
		frappe.db.rollback()
		self.assertEqual((self.counts(*self.tasks), self.count_due()), ((4, 4), 8))
		self.assertEqual(reminders.send_due_reminders(), 8)
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
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
