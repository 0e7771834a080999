"""The digest job: one email a day for each user, exactly once, with its proof row."""

import signal
from dataclasses import replace
from datetime import datetime
from unittest.mock import patch

import frappe
from frappe.utils import add_days, get_datetime, getdate, now_datetime, today

from micro_experiences.jobs import digests
from micro_experiences.services import digests as digests_services
from micro_experiences.tests.utils import SiteTestCase, get_queued_digests, make_customer, make_email_account
from micro_experiences.tests.workers import get_output, run_together, start_worker
from micro_experiences.utils import transactions

PREFERENCE = "Follow Up Preference"
HOUR = 9
# Send what is due in chunks of one, and print how many emails were its own.
SENDING_WORKER = """
from micro_experiences.services import digests
wait_for_the_others()
sent = 0
while (answer := digests.send_chunk(1))[0]:
	sent += answer[1]
print(sent)
"""
DYING_WORKER = """
from micro_experiences.services import digests
kill_after(frappe.db if sys.argv[2] == "commit" else digests, sys.argv[2])
digests.send_chunk()
"""


def at(days: int, hour: int = 12) -> datetime:
	"""Return the time that many days from today, at that hour."""
	return get_datetime(f"{add_days(today(), days)} {hour:02}:00:00")


class DigestsTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.set_settings(digest_hour=HOUR, send_digests=1, digest_names_promises=0)
		make_email_account()
		digests.mx_open_preferences()
		# Ignore other users of the site.
		frappe.db.set_value(PREFERENCE, {"name": ("is", "set")}, "next_digest_at", None)
		self.make_due(self.rep)

	def make_due(self, *users: str) -> None:
		"""Let the digests of these users be due at the next run."""
		choices = {"digest": 1, "bell": 1, "digest_hour": "", "next_digest_at": "2020-01-01"}
		frappe.db.set_value(PREFERENCE, {"user": ("in", users)}, choices)

	def preference(self, user: str | None = None):
		return frappe.get_doc(PREFERENCE, {"user": user or self.rep})

	def proofs(self, *users: str) -> list:
		return frappe.get_all(
			"Follow Up Reminder",
			filters={"kind": "Digest", "recipient": ("in", users or (self.rep,))},
			fields=["*"],
			order_by="sent_on asc",
		)


class TestDigests(DigestsTestCase):
	def setUp(self):
		super().setUp()
		# A chunk commits; the test rolls everything back.
		patcher = patch.object(frappe.local.db, "commit")
		patcher.start()
		self.addCleanup(patcher.stop)

	def send(self, now: datetime | None = None) -> int:
		"""Send what is due at `now` (default: noon today), and return how many emails were queued."""
		with (
			self.as_user("Administrator"),
			patch.object(digests_services, "now_datetime", lambda: now or at(0)),
		):
			return digests_services.send_due_digests()

	def test_due_digest_is_queued_once_a_day_with_its_proof(self):
		late, near = self.task(due_on=add_days(today(), -2)), self.task()
		self.assertEqual(self.send(), 1)
		(mail,), (proof,) = get_queued_digests(self.rep), self.proofs()
		for task in (late, near):
			self.assertIn(f"/app/follow-up-task/{task.name}", mail.text)
			self.assertIn(f"/app/follow-up-task/{task.name}", mail.html)
		self.assertIn(f"/app/follow-up-preference/{self.preference().name}", mail.html)
		self.assertEqual((proof.occurrence, proof.follow_up_task), (getdate(), None))
		self.assertEqual(proof.reminder_key, f"digest|{self.rep}|{today()}")
		self.assertEqual(self.preference().next_digest_at, at(1, HOUR))
		self.assertEqual(
			[self.send(), self.send(at(0, 23)), self.send(at(1)), self.send(at(1))], [0, 0, 1, 0]
		)
		# After an outage: one digest, at the hour.
		self.assertEqual([self.send(at(4, 4)), self.send(at(4, 10)), self.send(at(4, 11))], [0, 1, 0])

	def test_digest_follows_the_user_s_hour_and_time_zone(self):
		frappe.db.set_value("User", self.rep, "time_zone", "Pacific/Auckland")
		with patch("micro_experiences.services.quiet_hours.get_system_timezone", lambda: "UTC"):
			self.task(due_on=add_days(today(), -1))
			self.assertEqual(self.send(datetime(2030, 6, 5, 20, 59)), 0)
			self.assertEqual(self.preference().next_digest_at, datetime(2030, 6, 5, 21))
			self.assertEqual(self.send(datetime(2030, 6, 5, 21)), 1)
			self.assertEqual(self.proofs()[0].occurrence, getdate("2030-06-06"))

	def test_digest_is_not_sent_on_a_holiday(self):
		self.task()
		days = frozenset({getdate(), getdate(at(1))})
		real = digests_services.get_user_hours

		def get_user_hours(users):
			return {user: replace(hours, holidays=days) for user, hours in real(users).items()}

		with patch.object(digests_services, "get_user_hours", get_user_hours):
			self.assertEqual([self.send(), self.send(at(1)), self.send(at(2))], [0, 0, 1])

	def test_clock_set_back_sends_no_second_digest(self):
		self.task()
		self.assertEqual([self.send(at(1)), self.send(at(0))], [1, 0])
		# Or after the user has changed the hour.
		self.make_due(self.rep)
		self.assertEqual([self.send(at(1)), self.send(at(1, 20))], [0, 0])

	def test_disabled_digest_is_not_sent(self):
		self.task()
		preference = self.preference()
		preference.update({"digest": 0}).save()
		self.assertIsNone(self.preference().next_digest_at)
		self.assertEqual([self.send(), self.send(at(5))], [0, 0])
		self.set_settings(send_digests=0)
		self.make_due(self.rep)
		self.assertEqual(self.send(), 0)
		self.set_settings(send_digests=1)
		self.assertEqual(self.send(), 1)

	def test_disabled_user_or_user_without_a_role_receives_no_digest(self):
		self.make_due(self.rep, self.colleague)
		self.task()
		self.task(assigned_to=self.colleague)
		frappe.db.set_value("User", self.rep, "enabled", 0)
		frappe.db.delete("Has Role", {"parent": self.colleague})
		self.assertEqual(self.send(), 0)
		self.assertEqual(get_queued_digests(self.rep, self.colleague), [])

	def test_digest_contains_subjects_only_if_the_settings_and_every_source_allow_it(self):
		note = self.note("A very private matter", sensitive=1)
		self.task(subject="send the secret gift", personal_note=note.name)
		self.task(subject="send the open gift")
		self.send()
		(mail,) = get_queued_digests(self.rep)
		self.assertNotIn("private", str(mail))
		self.assertNotIn("gift", str(mail))
		self.set_settings(digest_names_promises=1)
		self.send(at(1))
		_first, mail = get_queued_digests(self.rep)
		self.assertIn("send the open gift", mail.text)
		self.assertNotIn("secret", str(mail))

	def test_hostile_customer_name_is_escaped(self):
		frappe.db.set_value(
			"Customer", self.customer, "customer_name", "<img src=x onerror=alert(1)>{{ 7*7 }}{0}"
		)
		self.task()
		self.send()
		(mail,) = get_queued_digests(self.rep)
		self.assertNotIn("<img src=x", mail.html)
		self.assertIn("{{ 7*7 }}{0}", mail.html)

	def test_digest_is_in_the_reader_s_language(self):
		frappe.db.set_value("User", self.rep, "language", "ar")
		self.task()
		with patch.object(
			digests_services,
			"get_language",
			lambda lang: digests_services.rules.Language(lambda text: f"[{lang}] {text}", lang),
		):
			self.send()
		(mail,) = get_queued_digests(self.rep)
		self.assertTrue(mail.subject.startswith("[ar]"), mail.subject)
		self.assertIn('dir="rtl"', mail.html)

	def test_failed_email_is_marked_and_does_not_stop_the_others(self):
		self.make_due(self.rep, self.colleague, self.lead)
		for user in (self.rep, self.colleague, self.lead):
			self.task(assigned_to=user)
		frappe.db.set_value("User", self.colleague, "email", "")
		real = frappe.sendmail

		def sendmail(**values):
			if values["recipients"] == [self.rep]:
				real(**values)
				raise ValueError("the template is broken")
			return real(**values)

		with patch.object(frappe, "sendmail", sendmail):
			self.assertEqual(self.send(), 1)
		self.assertEqual(
			[mail.recipient for mail in get_queued_digests(self.rep, self.colleague, self.lead)], [self.lead]
		)
		self.assertEqual(len(self.proofs(self.rep, self.colleague)), 0)
		self.assertIn("the template is broken", self.preference().set_aside_because)
		self.assertIn("email address", self.preference(self.colleague).set_aside_because)
		self.assertIsNone(self.preference(self.lead).set_aside_because)
		self.assertEqual(self.preference().next_digest_at, at(1, HOUR))
		# Once the cause is removed, the next digest is sent.
		self.assertEqual(self.send(at(1)), 2)
		self.assertIsNone(self.preference().set_aside_because)

	def break_translation(self, source: str):
		"""Add a translation with a name in place of a number."""
		frappe.get_doc(
			{
				"doctype": "Translation",
				"language": "it",
				"source_text": source,
				"translated_text": "Per {nome}",
			}
		).insert(ignore_permissions=True)

	def test_broken_translation_does_not_stop_the_others(self):
		frappe.db.set_value("User", self.rep, "language", "it")
		self.make_due(self.rep, self.colleague)
		frappe.db.set_value(PREFERENCE, {"user": self.rep}, "next_digest_at", "2019-01-01")
		for user in (self.rep, self.colleague):
			self.task(assigned_to=user)
		with self.as_user("Administrator"):
			self.break_translation("Follow-up for {0} is due today")
			self.break_translation(
				"The email could not be created ({0}). The app tries again with the next scheduled digest. See the Error Log for details."
			)
		self.assertEqual([self.send(), self.send()], [1, 0])
		self.assertEqual(
			[mail.recipient for mail in get_queued_digests(self.rep, self.colleague)], [self.colleague]
		)
		self.assertEqual(self.preference().set_aside_because, "Per {nome}")
		self.assertEqual(self.preference().next_digest_at, at(1, HOUR))
		self.assertIsNone(self.preference(self.colleague).set_aside_because)
		self.assertEqual(self.proofs(self.rep), [])

	def test_invalid_hour_does_not_stop_the_others(self):
		self.make_due(self.rep, self.colleague)
		frappe.db.set_value(PREFERENCE, {"user": self.rep}, "digest_hour", "soon")
		for user in (self.rep, self.colleague):
			self.task(assigned_to=user)
		self.assertEqual([self.send(), self.send()], [1, 0])
		self.assertIn("ValueError", self.preference().set_aside_because)
		self.assertEqual(self.preference().next_digest_at, at(1))

	def test_digest_omits_customers_that_the_reader_cannot_open(self):
		self.set_settings(digest_names_promises=1)
		self.task(subject="send the book")
		self.task(customer=self.other_customer, subject="send the cake")
		frappe.get_doc(
			{
				"doctype": "User Permission",
				"user": self.rep,
				"allow": "Customer",
				"for_value": self.other_customer,
			}
		).insert(ignore_permissions=True)
		self.assertEqual(self.send(), 1)
		(mail,) = get_queued_digests(self.rep)
		self.assertIn("MX Test Bakery", str(mail))
		self.assertNotIn("Books", str(mail))
		self.assertNotIn("send the book", str(mail))
		frappe.db.set_value("Follow Up Task", {"customer": self.other_customer}, "status", "Done")
		self.assertEqual(self.send(at(1)), 0)

	def test_subject_is_omitted_if_the_note_of_its_gesture_is_hidden(self):
		self.set_settings(digest_names_promises=1)
		self.budget()
		gestures = []
		for number, values in enumerate(({}, {"visibility": "Only Me"})):
			note = self.note(f"Note {number}", **values)
			gesture = frappe.get_doc(
				{
					"doctype": "Gesture",
					"customer": self.customer,
					"personal_note": note.name,
				}
			)
			gesture.db_insert()
			gestures.append(gesture.name)
		for_all = self.note("For everyone")
		for gesture, subject in zip(gestures, ("the open book", "the hidden book"), strict=True):
			task = self.task(subject=subject, personal_note=for_all.name)
			task.db_set("gesture", gesture)
		self.assertEqual(self.send(), 1)
		(mail,) = get_queued_digests(self.rep)
		self.assertIn("the open book", mail.text)
		self.assertNotIn("hidden", str(mail))

	def test_missing_email_account_is_the_reason_of_the_failure(self):
		self.task()
		with patch.object(digests_services.EmailAccount, "find_outgoing", lambda: None):
			self.assertEqual(self.send(), 0)
		self.assertIn("Email Account", self.preference().set_aside_because)
		self.assertEqual(self.send(at(1)), 1)

	def test_scheduled_job_enqueues_workers_unless_digests_are_off(self):
		self.task()
		with (
			patch.object(frappe, "enqueue") as enqueue,
			patch.object(digests_services, "now_datetime", lambda: at(0)),
		):
			digests.mx_send_digests()
			self.set_settings(send_digests=0)
			enqueue.reset_mock()
			digests.mx_send_digests()
			self.assertFalse(enqueue.called)
			self.set_settings(send_digests=1)
			enqueue.reset_mock()
			digests.mx_send_digests()
		(call,) = enqueue.call_args_list
		self.assertEqual(
			(call.args, call.kwargs["deduplicate"]), ((digests_services.send_due_digests,), True)
		)
		self.assertEqual(get_queued_digests(self.rep), [])

	def test_changed_default_hour_reschedules_users_without_an_hour(self):
		self.make_due(self.rep, self.colleague)
		frappe.db.set_value(PREFERENCE, {"user": self.colleague}, "digest_hour", "11:00")
		self.set_settings(digest_hour=17)
		with patch("micro_experiences.services.preferences.now_datetime", lambda: at(0)):
			digests_services.reschedule_default_digests()
		self.assertEqual(self.preference().next_digest_at, at(0, 17))
		self.assertEqual(self.preference(self.colleague).next_digest_at, get_datetime("2020-01-01"))

	def test_every_user_of_the_app_gets_one_preference(self):
		frappe.db.delete(PREFERENCE)
		digests.mx_open_preferences()
		digests.mx_open_preferences()
		users = frappe.get_all(PREFERENCE, pluck="user")
		self.assertEqual(len(set(users)), len(users))
		self.assertTrue({self.rep, self.colleague, self.lead, self.manager} <= set(users))
		self.assertFalse({self.outsider, "Administrator", "Guest"} & set(users))
		self.assertGreater(self.preference().next_digest_at, now_datetime())

	def test_queries_of_a_chunk_do_not_grow_with_its_size(self):
		def queries() -> int:
			with patch.object(frappe.local.db, "sql", wraps=frappe.local.db.sql) as sql:
				self.sent = self.send()
			return sql.call_count

		self.budget()
		people = [self.rep, self.colleague, self.lead, self.manager]
		for user in people:
			self.task(assigned_to=user)
		self.make_due(self.lead)
		queries()
		self.make_due(*people)
		frappe.db.delete("Follow Up Reminder", {"kind": "Digest"})
		with patch.object(frappe, "sendmail", return_value=True):
			self.make_due(self.rep)
			frappe.db.set_value(PREFERENCE, {"user": ("!=", self.rep)}, "next_digest_at", None)
			one = queries()
			self.assertEqual(self.sent, 1)
			frappe.db.delete("Follow Up Reminder", {"kind": "Digest"})
			self.make_due(*people)
			many = queries()
			self.assertEqual(self.sent, 4)
		# One savepoint for each email, and no query.
		self.assertLessEqual(many, one + 3)


class TestWorkers(DigestsTestCase):
	"""Committed chunks, and several worker processes."""

	commits = True

	def setUp(self):
		super().setUp()
		frappe.set_user("Administrator")
		self.people = [self.rep, self.colleague, self.lead, self.manager]
		self.customer = make_customer("MX Test Digests")
		self.addCleanup(self.clean_up)
		for user in self.people:
			self.task(assigned_to=user, due_on=add_days(today(), -1))
		# The hour is past at any time of the day.
		frappe.db.set_single_value("Micro Experiences Settings", "digest_hour", 0)
		frappe.clear_document_cache("Micro Experiences Settings", "Micro Experiences Settings")
		self.make_due(*self.people)
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it

	def counts(self) -> tuple[int, int]:
		frappe.db.rollback()
		return len(get_queued_digests(*self.people)), len(self.proofs(*self.people))

	def test_concurrent_workers_send_each_digest_once(self):
		sent = run_together([start_worker(SENDING_WORKER) for _number in range(3)])
		self.assertEqual((sum(int(count) for count in sent), *self.counts()), (4, 4, 4))

	def test_killed_worker_loses_and_repeats_no_digest(self):
		for step in ("_queue_mails", "_write_proofs", "_schedule_next"):
			with self.subTest(step):
				get_output(start_worker(DYING_WORKER, step), -signal.SIGKILL)
				self.assertEqual(self.counts(), (0, 0))
		# Killed after the commit, the emails are in the queue, and no second ones follow.
		get_output(start_worker(DYING_WORKER, "commit"), -signal.SIGKILL)
		self.assertEqual(self.counts(), (4, 4))
		self.assertEqual(digests_services.send_due_digests(), 0)
		self.assertEqual(self.counts(), (4, 4))

	def test_deadlock_is_retried(self):
		real, failed = digests_services._write_proofs, []

		def write_proofs(rows, now):
			real(rows, now)
			if len(failed) < 2:
				failed.append(1)
				raise frappe.QueryDeadlockError

		with (
			patch.object(digests_services, "_write_proofs", write_proofs),
			patch.object(transactions.time, "sleep"),
		):
			self.assertEqual(digests_services.send_chunk(), (4, 4))
		self.assertEqual((len(failed), *self.counts()), (2, 4, 4))

	def test_duplicate_key_rolls_back_the_chunk_and_each_digest_is_tried_separately(self):
		real, sizes = digests_services._write_proofs, []

		def write_proofs(rows, now):
			"""Let another worker write the last proof first."""
			sizes.append(len(rows))
			if len(rows) > 1:
				real(rows[-1:], now)
			real(rows, now)

		with patch.object(digests_services, "_write_proofs", write_proofs):
			self.assertEqual(digests_services.send_chunk(), (4, 4))
		self.assertEqual((sizes, *self.counts()), ([4, 1, 1, 1, 1], 4, 4))

	def test_digest_that_the_database_refuses_is_marked_as_failed_alone(self):
		real = digests_services._write_proofs

		def write_proofs(rows, now):
			if any(row.user == self.rep for row in rows):
				raise frappe.DataError("Data too long")
			real(rows, now)

		with patch.object(digests_services, "_write_proofs", write_proofs):
			self.assertEqual(digests_services.send_due_digests(), 3)
			self.assertEqual(digests_services.send_due_digests(), 0)
		self.assertEqual(self.counts(), (3, 3))
		failed = self.preference()
		self.assertIn("Data too long", failed.set_aside_because)
		self.assertGreater(failed.next_digest_at, add_days(now_datetime(), 0.9))
		self.assertIsNone(self.preference(self.colleague).set_aside_because)
		frappe.db.set_value(PREFERENCE, failed.name, "next_digest_at", "2020-01-01")
		self.assertEqual(digests_services.send_due_digests(), 1)
		self.assertIsNone(self.preference().set_aside_because)

	def clean_up(self):
		frappe.set_user("Administrator")
		frappe.db.rollback()
		frappe.db.delete("Follow Up Task", {"customer": self.customer})
		frappe.db.delete("Follow Up Reminder", {"kind": "Digest"})
		for name in {mail.name for mail in get_queued_digests(*self.people)}:
			frappe.db.delete("Email Queue Recipient", {"parent": name})
			frappe.db.delete("Email Queue", {"name": name})
		frappe.db.set_single_value("Micro Experiences Settings", "digest_hour", 9)
		frappe.clear_document_cache("Micro Experiences Settings", "Micro Experiences Settings")
		frappe.db.delete("Email Account", {"name": "MX Test"})
		frappe.db.delete(PREFERENCE)
		frappe.delete_doc("Customer", self.customer, force=True, delete_permanently=True)
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
