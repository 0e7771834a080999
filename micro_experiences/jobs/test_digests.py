import os
import subprocess
import sys
import time
from datetime import datetime
from unittest.mock import patch

import frappe
from frappe.utils import add_days, get_datetime, getdate, now_datetime, today

from micro_experiences.jobs import digests, workers
from micro_experiences.testing import SiteTestCase, make_customer, make_email_account, queued_digests

PREFERENCE = "Follow Up Preference"
HOUR = 9
# One worker: wait for the others, send what is due, and print how many mails were its own.
_WORKER = """
import sys, time, frappe
site, start, chunk = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
frappe.init(site=site)
frappe.connect()
from micro_experiences.jobs import digests
from micro_experiences.testing import make_email_account
digests.CHUNK = chunk
if len(sys.argv) > 4:
	import os
	owner = frappe.db if sys.argv[4] == "commit" else digests
	original = getattr(owner, sys.argv[4])
	def die(*args):
		original(*args)
		os._exit(9)
	setattr(owner, sys.argv[4], die)
digests.language()
time.sleep(max(start - time.time(), 0))
sent = 0
while (answer := digests.send_chunk(chunk))[0]:
	sent += answer[1]
print(sent)
"""


def at(days: int, hour: int = 12) -> datetime:
	"""That many days from today, at that hour."""
	return get_datetime(f"{add_days(today(), days)} {hour:02}:00:00")


class DigestsTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.set_settings(digest_hour=HOUR, send_digests=1, digest_names_promises=0)
		make_email_account()
		digests.mx_open_preferences()
		# Those of the site are not of the test.
		frappe.db.set_value(PREFERENCE, {"name": ("is", "set")}, "next_digest_at", None)
		self.due(self.rep)

	def due(self, *users: str) -> None:
		"""These look at their hour when the clock runs next."""
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
		# A chunk commits; here it does so into the transaction of the test.
		patcher = patch.object(frappe.local.db, "commit")
		patcher.start()
		self.addCleanup(patcher.stop)

	def send(self, now: datetime | None = None) -> int:
		"""What the clock does at `now` (noon today); how many mails were queued."""
		with (
			self.as_user("Administrator"),
			patch.object(digests, "now_datetime", lambda: now or at(0)),
		):
			return digests.send_due()

	def test_one_mail_a_day_with_its_proof(self):
		late, near = self.task(due_on=add_days(today(), -2)), self.task()
		self.assertEqual(self.send(), 1)
		(mail,), (proof,) = queued_digests(self.rep), self.proofs()
		self.assertIn("(late)", mail.text)
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

	def test_none_on_an_empty_day(self):
		self.budget()
		self.task(due_on=add_days(today(), 1))
		self.assertEqual(self.send(), 0)
		self.assertEqual((queued_digests(self.rep), self.proofs()), ([], []))
		self.assertEqual(self.preference().next_digest_at, at(1, HOUR))

	def test_not_before_the_hour(self):
		self.task()
		self.assertEqual([self.send(at(0, 8)), self.send(at(0, 9))], [0, 1])

	def test_after_days_of_outage_one_digest_at_the_hour(self):
		self.task()
		self.assertEqual([self.send(at(3, 4)), self.send(at(3, 10)), self.send(at(3, 11))], [0, 1, 0])
		self.assertIn("(late)", queued_digests(self.rep)[0].text)

	def test_the_hour_and_the_time_zone_are_the_persons(self):
		frappe.db.set_value("User", self.rep, "time_zone", "Pacific/Auckland")
		with patch("micro_experiences.desk.hours.get_system_timezone", lambda: "UTC"):
			self.task(due_on=add_days(today(), -1))
			self.assertEqual(self.send(datetime(2030, 6, 5, 20, 59)), 0)
			self.assertEqual(self.preference().next_digest_at, datetime(2030, 6, 5, 21))
			self.assertEqual(self.send(datetime(2030, 6, 5, 21)), 1)
			self.assertEqual(self.proofs()[0].occurrence, getdate("2030-06-06"))

	def test_not_on_a_holiday(self):
		self.task()
		days = frozenset({getdate(), getdate(at(1))})
		real = digests.hours_of

		def hours_of(users):
			from dataclasses import replace

			return {user: replace(hours, holidays=days) for user, hours in real(users).items()}

		with patch.object(digests, "hours_of", hours_of):
			self.assertEqual([self.send(), self.send(at(1)), self.send(at(2))], [0, 0, 1])

	def test_the_clock_set_back_sends_nothing_twice(self):
		self.task()
		self.assertEqual([self.send(at(1)), self.send(at(0))], [1, 0])
		# Nor when somebody chooses anew after it.
		self.due(self.rep)
		self.assertEqual([self.send(at(1)), self.send(at(1, 20))], [0, 0])

	def test_off_means_off(self):
		self.task()
		preference = self.preference()
		preference.update({"digest": 0}).save()
		self.assertIsNone(self.preference().next_digest_at)
		self.assertEqual([self.send(), self.send(at(5))], [0, 0])
		self.set_settings(send_digests=0)
		self.due(self.rep)
		self.assertEqual(self.send(), 0)
		self.set_settings(send_digests=1)
		self.assertEqual(self.send(), 1)

	def test_who_has_left_or_uses_the_app_no_more_is_not_written_to(self):
		self.due(self.rep, self.colleague)
		self.task()
		self.task(assigned_to=self.colleague)
		frappe.db.set_value("User", self.rep, "enabled", 0)
		frappe.db.delete("Has Role", {"parent": self.colleague})
		self.assertEqual(self.send(), 0)
		self.assertEqual(queued_digests(self.rep, self.colleague), [])

	def test_it_says_nothing_of_what_was_promised(self):
		note = self.note("A very private matter", sensitive=1)
		self.task(subject="send the secret book", personal_note=note.name)
		self.task(subject="send the open book")
		self.send()
		(mail,) = queued_digests(self.rep)
		raw = str(mail)
		self.assertNotIn("private", raw)
		self.assertNotIn("book", raw.replace("MX Test Books", ""))

	def test_where_the_shop_allows_it_says_what_is_open_to_all(self):
		self.set_settings(digest_names_promises=1)
		note = self.note("A very private matter", sensitive=1)
		self.task(subject="send the secret book", personal_note=note.name)
		self.task(subject="send the open book")
		self.send()
		(mail,) = queued_digests(self.rep)
		self.assertIn("send the open book", mail.text)
		self.assertNotIn("secret", str(mail))

	def test_an_occasion_of_the_week_is_told(self):
		task = self.task(due_on=add_days(today(), 5), subject="An occasion")
		frappe.db.set_value("Follow Up Task", task.name, "occurrence_key", f"{task.name}|x")
		self.send()
		self.assertIn("An occasion of MX Test Books on", queued_digests(self.rep)[0].text)

	def test_what_is_left_in_the_wallet_is_told(self):
		self.budget()
		self.task()
		self.send()
		self.assertIn("50.00 left until", queued_digests(self.rep)[0].text)

	def test_a_hostile_customer_name_is_only_text(self):
		frappe.db.set_value(
			"Customer", self.customer, "customer_name", "<img src=x onerror=alert(1)>{{ 7*7 }}{0}"
		)
		self.task()
		self.send()
		(mail,) = queued_digests(self.rep)
		self.assertNotIn("<img src=x", mail.html)
		self.assertIn("{{ 7*7 }}{0}", mail.html)

	def test_the_language_is_the_readers(self):
		frappe.db.set_value("User", self.rep, "language", "ar")
		self.task()
		with patch.object(
			digests, "language", lambda lang: digests.rules.Language(lambda text: f"[{lang}] {text}", lang)
		):
			self.send()
		(mail,) = queued_digests(self.rep)
		self.assertTrue(mail.subject.startswith("[ar] Your promises"), mail.subject)
		self.assertIn('dir="rtl"', mail.html)

	def test_one_who_cannot_be_written_to_stops_nobody(self):
		self.due(self.rep, self.colleague, self.lead)
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
			[mail.recipient for mail in queued_digests(self.rep, self.colleague, self.lead)], [self.lead]
		)
		self.assertEqual(len(self.proofs(self.rep, self.colleague)), 0)
		self.assertIn("the template is broken", self.preference().set_aside_because)
		self.assertIn("no e-mail address", self.preference(self.colleague).set_aside_because)
		self.assertIsNone(self.preference(self.lead).set_aside_because)
		self.assertEqual(self.preference().next_digest_at, at(1, HOUR))
		# What stood in the way is gone: the next one comes.
		self.assertEqual(self.send(at(1)), 2)
		self.assertIsNone(self.preference().set_aside_because)

	def broken_words(self, source: str):
		"""A translator wrote a name where a number belongs."""
		frappe.get_doc(
			{
				"doctype": "Translation",
				"language": "it",
				"source_text": source,
				"translated_text": "Per {nome}",
			}
		).insert(ignore_permissions=True)

	def test_a_broken_translation_stops_nobody_else(self):
		frappe.db.set_value("User", self.rep, "language", "it")
		self.due(self.rep, self.colleague)
		frappe.db.set_value(PREFERENCE, {"user": self.rep}, "next_digest_at", "2019-01-01")
		for user in (self.rep, self.colleague):
			self.task(assigned_to=user)
		with self.as_user("Administrator"):
			self.broken_words("A promise to {0} is due today")
			self.broken_words(
				"The mail could not be made ({0}). It is tried again with the next digest; the Error Log says more."
			)
		self.assertEqual([self.send(), self.send()], [1, 0])
		self.assertEqual(
			[mail.recipient for mail in queued_digests(self.rep, self.colleague)], [self.colleague]
		)
		self.assertEqual(self.preference().set_aside_because, "Per {nome}")
		self.assertEqual(self.preference().next_digest_at, at(1, HOUR))
		self.assertIsNone(self.preference(self.colleague).set_aside_because)
		self.assertEqual(self.proofs(self.rep), [])

	def test_an_hour_that_is_none_stops_nobody_else(self):
		self.due(self.rep, self.colleague)
		frappe.db.set_value(PREFERENCE, {"user": self.rep}, "digest_hour", "soon")
		for user in (self.rep, self.colleague):
			self.task(assigned_to=user)
		self.assertEqual([self.send(), self.send()], [1, 0])
		self.assertIn("ValueError", self.preference().set_aside_because)
		self.assertEqual(self.preference().next_digest_at, at(1))

	def test_it_names_no_customer_that_the_reader_may_not_open_any_more(self):
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
		(mail,) = queued_digests(self.rep)
		self.assertIn("MX Test Bakery", str(mail))
		self.assertNotIn("Books", str(mail))
		self.assertNotIn("send the book", str(mail))
		frappe.db.set_value("Follow Up Task", {"customer": self.other_customer}, "status", "Done")
		self.assertEqual(self.send(at(1)), 0)

	def test_it_names_what_both_notes_let_it_name(self):
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
		(mail,) = queued_digests(self.rep)
		self.assertIn("the open book", mail.text)
		self.assertNotIn("hidden", str(mail))

	def test_without_an_email_account_it_is_said_and_nothing_breaks(self):
		self.task()
		with patch.object(digests.EmailAccount, "find_outgoing", lambda: None):
			self.assertEqual(self.send(), 0)
		self.assertIn("Email Account", self.preference().set_aside_because)
		self.assertEqual(self.send(at(1)), 1)

	def test_an_address_that_takes_no_mails(self):
		self.task()
		frappe.get_doc({"doctype": "Email Unsubscribe", "email": self.rep, "global_unsubscribe": 1}).insert(
			ignore_permissions=True
		)
		self.assertEqual(self.send(), 0)
		self.assertIn("no e-mail address", self.preference().set_aside_because)

	def test_the_clock_asks_for_workers_and_sends_nothing_itself(self):
		self.task()
		with patch.object(frappe, "enqueue") as enqueue, patch.object(digests, "now_datetime", lambda: at(0)):
			digests.mx_send_digests()
			self.set_settings(send_digests=0)
			enqueue.reset_mock()
			digests.mx_send_digests()
			self.assertFalse(enqueue.called)
			self.set_settings(send_digests=1)
			enqueue.reset_mock()
			digests.mx_send_digests()
		(call,) = enqueue.call_args_list
		self.assertEqual((call.args, call.kwargs["deduplicate"]), ((digests.send_due,), True))
		self.assertEqual(queued_digests(self.rep), [])

	def test_the_hour_of_the_site_is_followed_by_who_chose_none(self):
		self.due(self.rep, self.colleague)
		frappe.db.set_value(PREFERENCE, {"user": self.colleague}, "digest_hour", "11:00")
		self.set_settings(digest_hour=17)
		with patch("micro_experiences.desk.preferences.now_datetime", lambda: at(0)):
			digests.follow_the_hour_of_the_site()
		self.assertEqual(self.preference().next_digest_at, at(0, 17))
		self.assertEqual(self.preference(self.colleague).next_digest_at, get_datetime("2020-01-01"))

	def test_everybody_who_uses_the_app_has_one_preference(self):
		frappe.db.delete(PREFERENCE)
		digests.mx_open_preferences()
		digests.mx_open_preferences()
		users = frappe.get_all(PREFERENCE, pluck="user")
		self.assertEqual(len(set(users)), len(users))
		self.assertTrue({self.rep, self.colleague, self.lead, self.manager} <= set(users))
		self.assertFalse({self.outsider, "Administrator", "Guest"} & set(users))
		self.assertGreater(self.preference().next_digest_at, now_datetime())

	def test_a_chunk_looks_up_the_same_for_one_and_for_many(self):
		def queries() -> int:
			with patch.object(frappe.local.db, "sql", wraps=frappe.local.db.sql) as sql:
				self.sent = self.send()
			return sql.call_count

		self.budget()
		people = [self.rep, self.colleague, self.lead, self.manager]
		for user in people:
			self.task(assigned_to=user)
		self.due(self.lead)
		queries()
		self.due(*people)
		frappe.db.delete("Follow Up Reminder", {"kind": "Digest"})
		with patch.object(frappe, "sendmail", return_value=True):
			self.due(self.rep)
			frappe.db.set_value(PREFERENCE, {"user": ("!=", self.rep)}, "next_digest_at", None)
			one = queries()
			self.assertEqual(self.sent, 1)
			frappe.db.delete("Follow Up Reminder", {"kind": "Digest"})
			self.due(*people)
			many = queries()
			self.assertEqual(self.sent, 4)
		# A savepoint for each mail, and no look-up.
		self.assertLessEqual(many, one + 3)


class TestWorkers(DigestsTestCase):
	"""What is committed, and what real workers do at the same time."""

	commits = True

	def setUp(self):
		super().setUp()
		frappe.set_user("Administrator")
		self.people = [self.rep, self.colleague, self.lead, self.manager]
		self.customer = make_customer("MX Test Digests")
		self.addCleanup(self.clean_up)
		for user in self.people:
			self.task(assigned_to=user, due_on=add_days(today(), -1))
		# Whatever the hour is now, it is past theirs.
		frappe.db.set_single_value("Micro Experiences Settings", "digest_hour", 0)
		frappe.clear_document_cache("Micro Experiences Settings", "Micro Experiences Settings")
		self.due(*self.people)
		frappe.db.commit()

	def counts(self) -> tuple[int, int]:
		frappe.db.rollback()
		return len(queued_digests(*self.people)), len(self.proofs(*self.people))

	def worker(self, start: float = 0, chunk: int = 100, die_after: str | None = None):
		command = [sys.executable, "-c", _WORKER, frappe.local.site, str(start), str(chunk)]
		return subprocess.Popen(
			command + ([die_after] if die_after else []),
			cwd=os.getcwd(),
			stdout=subprocess.PIPE,
			stderr=subprocess.PIPE,
			text=True,
		)

	def test_workers_at_once_write_to_each_once(self):
		start = time.time() + 6
		running = [self.worker(start, chunk=1) for _number in range(3)]
		sent = 0
		for process in running:
			out, err = process.communicate(timeout=120)
			self.assertEqual(process.returncode, 0, err[-2000:])
			sent += int(out.split()[-1])
		self.assertEqual((sent, *self.counts()), (4, 4, 4))

	def test_a_worker_that_is_killed_loses_and_doubles_nothing(self):
		for step in ("_write_mails", "_write_proofs", "_schedule_next"):
			with self.subTest(step):
				process = self.worker(die_after=step)
				_out, err = process.communicate(timeout=120)
				self.assertEqual(process.returncode, 9, err[-2000:])
				self.assertEqual(self.counts(), (0, 0))
		# Killed after the commit: the mails are there, and no second ones come.
		process = self.worker(die_after="commit")
		process.communicate(timeout=120)
		self.assertEqual((process.returncode, *self.counts()), (9, 4, 4))
		self.assertEqual(digests.send_due(), 0)
		self.assertEqual(self.counts(), (4, 4))

	def test_a_deadlock_is_tried_again(self):
		real, failed = digests._write_proofs, []

		def write_proofs(rows, now):
			real(rows, now)
			if len(failed) < 2:
				failed.append(1)
				raise frappe.QueryDeadlockError

		with patch.object(digests, "_write_proofs", write_proofs), patch.object(workers.time, "sleep"):
			self.assertEqual(digests.send_chunk(), (4, 4))
		self.assertEqual((len(failed), *self.counts()), (2, 4, 4))

	def test_a_key_that_is_there_already_undoes_the_whole_chunk_and_each_is_tried_alone(self):
		real, sizes = digests._write_proofs, []

		def write_proofs(rows, now):
			"""Another worker proved the last of them after this one had looked."""
			sizes.append(len(rows))
			if len(rows) > 1:
				real(rows[-1:], now)
			real(rows, now)

		with patch.object(digests, "_write_proofs", write_proofs):
			self.assertEqual(digests.send_chunk(), (4, 4))
		self.assertEqual((sizes, *self.counts()), ([4, 1, 1, 1, 1], 4, 4))

	def test_the_one_that_the_database_refuses_is_set_aside_alone(self):
		real = digests._write_proofs

		def write_proofs(rows, now):
			if any(row.user == self.rep for row in rows):
				raise frappe.DataError("Data too long")
			real(rows, now)

		with patch.object(digests, "_write_proofs", write_proofs):
			self.assertEqual(digests.send_due(), 3)
			self.assertEqual(digests.send_due(), 0)
		self.assertEqual(self.counts(), (3, 3))
		aside = self.preference()
		self.assertIn("Data too long", aside.set_aside_because)
		self.assertGreater(aside.next_digest_at, add_days(now_datetime(), 0.9))
		self.assertIsNone(self.preference(self.colleague).set_aside_because)
		frappe.db.set_value(PREFERENCE, aside.name, "next_digest_at", "2020-01-01")
		self.assertEqual(digests.send_due(), 1)
		self.assertIsNone(self.preference().set_aside_because)

	def clean_up(self):
		frappe.set_user("Administrator")
		frappe.db.rollback()
		frappe.db.delete("Follow Up Task", {"customer": self.customer})
		frappe.db.delete("Follow Up Reminder", {"kind": "Digest"})
		for name in {mail.name for mail in queued_digests(*self.people)}:
			frappe.db.delete("Email Queue Recipient", {"parent": name})
			frappe.db.delete("Email Queue", {"name": name})
		frappe.db.set_single_value("Micro Experiences Settings", "digest_hour", 9)
		frappe.clear_document_cache("Micro Experiences Settings", "Micro Experiences Settings")
		frappe.db.delete("Email Account", {"name": "MX Test"})
		frappe.db.delete(PREFERENCE)
		frappe.delete_doc("Customer", self.customer, force=True, delete_permanently=True)
		frappe.db.commit()
