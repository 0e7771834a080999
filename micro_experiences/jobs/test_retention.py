"""The retention job: every deletion is announced first, and nothing of a deleted note remains."""

from contextlib import contextmanager
from unittest.mock import patch

import frappe
from frappe.utils import add_days, add_months, getdate, today

from micro_experiences.domain import retention as rules
from micro_experiences.domain.visibility import FREE_TEXT_FIELDS
from micro_experiences.jobs import retention as retention_jobs
from micro_experiences.micro_experiences.report.notes_to_be_forgotten import notes_to_be_forgotten
from micro_experiences.services import retention
from micro_experiences.tests.utils import SiteTestCase

SETTINGS = retention.SETTINGS_DOCTYPE
NEVER = dict.fromkeys(rules.RETENTION_FIELDS, 0)


class RetentionTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		# Ignore the records of other tests and of the sample data.
		for doctype in ("Personal Note", "Personal Note Use", "Notification Log"):
			frappe.db.delete(doctype)
		committing = patch.object(frappe.local.db, "commit")
		committing.start()
		self.addCleanup(committing.stop)
		self.set_retention()

	def set_retention(self, announced=None, announced_on=None, **months):
		"""Set these retention periods and no others, and what was announced."""
		self.set_settings(**NEVER | months)
		frappe.db.set_single_value(SETTINGS, "forgetting_announced_for", announced)
		frappe.db.set_single_value(SETTINGS, "forgetting_announced_on", announced_on)
		frappe.clear_document_cache(SETTINGS, SETTINGS)

	def set_announced_retention(self, **months):
		"""Set retention periods that were announced a week ago."""
		text = rules.RetentionMonths.from_settings(months).as_text()
		self.set_retention(text, add_days(today(), -7), **months)

	def old(self, months=13, text="Takes tea.", **values):
		"""Create a note that was last changed so many months ago."""
		note = self.note(text, **values)
		day = add_months(today(), -months)
		status = {"status": "Closed"} if values.get("status") == "Closed" else {}
		frappe.db.set_value(
			"Personal Note",
			note.name,
			{"heard_on": day, "modified": f"{day} 10:00:00", "creation": f"{day} 10:00:00"} | status,
			update_modified=False,
		)
		return note.name

	def run_on(self, day=None):
		with self.as_user("Administrator"), self.freeze(day or today()):
			retention_jobs.mx_forget_notes()

	def there(self) -> set[str]:
		return set(frappe.get_all("Personal Note", pluck="name"))

	def notifications(self) -> list[dict]:
		return frappe.get_all(
			"Notification Log",
			filters={"for_user": self.manager},
			fields=["subject", "email_content", "for_user"],
		)

	def announced(self) -> tuple:
		kept = frappe.db.get_singles_dict(SETTINGS)
		return kept.get("forgetting_announced_for"), kept.get("forgetting_announced_on")


class TestAnnouncement(RetentionTestCase):
	def test_due_notes_are_announced_and_deleted_a_week_later(self):
		note, fresh = self.old(), self.note("Takes coffee.").name
		self.set_retention(forget_fact_after=12)
		self.run_on()
		(notification,) = self.notifications()
		self.assertIn("Fact: 1", notification.email_content)
		self.assertIn("/app/query-report/Notes%20to%20Be%20Forgotten", notification.email_content)
		self.assertNotIn("tea", notification.email_content)
		for day in (0, 6):
			self.run_on(add_days(today(), day))
			self.assertEqual(self.there(), {note, fresh})
		self.run_on(add_days(today(), 7))
		self.assertEqual(self.there(), {fresh})
		self.run_on(add_days(today(), 14))
		self.assertEqual(self.there(), {fresh})
		self.assertEqual(len(self.notifications()), 1)

	def test_nothing_is_announced_if_no_note_is_due(self):
		self.note()
		self.set_retention(forget_fact_after=12)
		self.run_on()
		self.assertEqual((self.notifications(), self.announced()), ([], (None, None)))

	def test_notes_due_later_are_announced_once_a_week(self):
		gone, next_one = self.old(), self.old()
		day = add_months(add_days(today(), 10), -12)
		frappe.db.set_value(
			"Personal Note",
			next_one,
			{"heard_on": day, "modified": f"{day} 10:00:00"},
			update_modified=False,
		)
		self.set_announced_retention(forget_fact_after=12)
		self.run_on()
		self.assertEqual((self.there(), self.notifications()), ({next_one}, []), "in ten days, not in a week")
		for _twice in range(2):
			self.run_on(add_days(today(), 7))
			self.assertEqual((self.there(), len(self.notifications())), ({next_one}, 1))
		self.run_on(add_days(today(), 13))
		self.assertEqual(self.there(), {next_one}, "its day has come, and its week has not")
		for later in (14, 21, 28):
			self.run_on(add_days(today(), later))
			self.assertEqual((self.there(), len(self.notifications())), (set(), 1))
		self.assertNotIn(gone, self.there())

	def test_outage_deletes_nothing_that_was_not_announced(self):
		note = self.old()
		self.set_announced_retention(forget_fact_after=12)
		day = add_months(add_days(today(), 10), -12)
		values = {"heard_on": day, "modified": f"{day} 10:00:00"}
		frappe.db.set_value("Personal Note", note, values, update_modified=False)
		self.run_on(add_days(today(), 21))
		self.assertEqual((self.there(), len(self.notifications())), ({note}, 1))
		self.run_on(add_days(today(), 28))
		self.assertEqual((self.there(), len(self.notifications())), (set(), 1))

	def test_only_stricter_retention_is_announced_again(self):
		note = self.old()
		self.set_announced_retention(forget_fact_after=24)
		announced, on = self.announced()
		self.set_retention(announced, on, forget_fact_after=12)
		self.run_on()
		self.assertEqual((len(self.notifications()), self.there()), (1, {note}))
		self.assertEqual(self.announced()[0], "0/12/0/0/0/0")
		self.set_retention("0/12/0/0/0/0", on, forget_fact_after=24)
		self.run_on()
		self.assertEqual((len(self.notifications()), self.announced()[0]), (1, "0/24/0/0/0/0"))
		# Tightened again, it is announced again.
		self.set_retention("0/24/0/0/0/0", on, forget_fact_after=12)
		self.run_on()
		self.assertEqual((len(self.notifications()), self.there()), (2, {note}))

	def test_form_cannot_change_what_was_announced(self):
		note = self.old()
		self.set_retention(forget_fact_after=12)
		with self.as_user(self.manager):
			settings = frappe.get_doc(SETTINGS)
			settings.update(
				{"forgetting_announced_for": "0/12/0/0/0/0", "forgetting_announced_on": "2020-01-01"}
			)
			settings.save()
		self.assertEqual(self.announced(), (None, None))
		self.run_on()
		self.assertEqual(self.there(), {note})


class TestDeletion(RetentionTestCase):
	def test_only_expired_notes_are_deleted(self):
		kept = {
			self.old(11),
			self.old(pinned=1),
			self.old(kind="Never", stops="gift"),
			self.old(kind="Occasion", occasion_on=today()),
		}
		used = self.old()
		frappe.get_doc("Personal Note", used).log_use("Used")
		changed = self.old()
		frappe.get_doc("Personal Note", changed).save()
		self.old()
		self.old(pinned=1, status="Closed")
		self.old(kind="Never", stops="gift", status="Closed")
		self.set_announced_retention(forget_fact_after=12, forget_closed_after=12)
		self.run_on()
		self.assertEqual(self.there(), kept | {used, changed})

	def test_notes_of_customers_without_invoices_are_deleted(self):
		def since(customer, months):
			frappe.db.set_value("Customer", customer, "creation", f"{add_months(today(), -months)} 10:00:00")

		since(self.customer, 20)
		since(self.other_customer, 3)
		bought, new = self.old(), self.old(customer=self.other_customer)
		self.set_announced_retention(forget_without_invoice=12)
		with self.as_user("Administrator"):
			invoice = self.invoice(set_posting_time=1, posting_date=add_months(today(), -2), due_date=today())
			self.run_on()
			self.assertEqual(self.there(), {new}, "a draft is no invoice, and the other customer is new")
			bought = self.old()
			frappe.get_doc("Sales Invoice", invoice.name).submit()
			self.run_on()
			self.assertEqual(self.there(), {new, bought})

	def test_deletion_removes_dependents_and_traces(self):
		plain, secret = self.old(), self.old(text="Is divorced, Zanzibar", sensitive=1)
		frappe.get_doc("Personal Note", secret).db_set(
			"modified", f"{add_months(today(), -13)} 10:00:00", update_modified=False
		)
		tasks = {name: self.task(personal_note=name).name for name in (plain, secret)}
		gesture = frappe.get_doc(
			{
				"doctype": "Gesture",
				"customer": self.customer,
				"what": "Card",
				"personal_note": secret,
			}
		).insert()
		gesture.db_set(dict.fromkeys(FREE_TEXT_FIELDS["Gesture"], "Zanzibar"))
		frappe.get_doc(
			{
				"doctype": "Personal Note Use",
				"personal_note": secret,
				"customer": self.customer,
				"action": "Snoozed",
				"used_by": self.rep,
				"used_on": "2020-01-01 10:00:00",
			}
		).insert(ignore_permissions=True)
		with self.as_user("Administrator"):
			frappe.get_doc("Personal Note", secret).add_comment("Comment", "Zanzibar")
		self.set_announced_retention(forget_fact_after=12)
		self.run_on()
		self.assertEqual(self.there(), set())
		self.assertFalse(frappe.db.exists("Personal Note Use", {"personal_note": ("in", (plain, secret))}))
		self.assertFalse(frappe.db.exists("Follow Up Task", tasks[secret]))
		self.assertEqual(
			frappe.db.get_value("Follow Up Task", tasks[plain], ["personal_note", "status"]), (None, "Open")
		)
		left = frappe.db.get_value("Gesture", gesture.name, "*", as_dict=True)
		self.assertEqual((left.what, left.personal_note), ("-", None))
		self.assertNotIn("Zanzibar", frappe.as_json(left))
		self.assertFalse(frappe.db.exists("Comment", {"reference_name": secret}))
		self.assertFalse(frappe.db.exists("Deleted Document", {"deleted_name": ("in", (plain, secret))}))

	def test_deleted_occasion_skips_its_follow_up(self):
		note = self.old(kind="Occasion", occasion_on=add_days(today(), 3))
		task = self.task()
		key = f"{note} {add_days(today(), 3)}"
		task.db_set({"personal_note": note, "occurrence_key": key})
		self.set_announced_retention(forget_occasion_after=12)
		self.run_on()
		self.assertEqual(
			frappe.db.get_value("Follow Up Task", task.name, ["status", "personal_note", "occurrence_key"]),
			("Skipped", None, None),
		)


class TestChunks(RetentionTestCase):
	@contextmanager
	def chunks_of(self, size):
		with patch.object(retention, "CHUNK_SIZE", size):
			yield

	def test_traces_are_searched_once_a_run(self):
		for number in range(7):
			self.old(text=f"note {number}", sensitive=number % 2)
		self.set_announced_retention(forget_fact_after=12)
		with self.chunks_of(3), patch.object(retention.traces, "remove_mentions") as searched:
			self.run_on()
		self.assertEqual((searched.call_count, self.there()), (1, set()))

	def test_killed_run_is_continued_by_the_next(self):
		for number in range(7):
			self.old(text=f"note {number}")
		self.set_announced_retention(forget_fact_after=12)
		real, calls = retention._delete_notes, []

		def killed(*args):
			calls.append(args)
			if len(calls) == 2:
				raise KeyboardInterrupt
			return real(*args)

		with self.chunks_of(3):
			with patch.object(retention, "_delete_notes", killed), self.assertRaises(KeyboardInterrupt):
				self.run_on()
			self.assertEqual(len(self.there()), 4)
			self.run_on()
		self.assertEqual(self.there(), set())

	def test_note_used_in_the_meantime_is_kept(self):
		note = self.old()
		months = rules.RetentionMonths.from_settings({"forget_fact_after": 12})
		frappe.get_doc("Personal Note", note).log_use("Used")
		with self.as_user("Administrator"):
			self.assertEqual(retention._delete_notes([note], months, getdate()), 0)
		self.assertEqual(self.there(), {note})

	def test_queries_of_a_chunk_do_not_grow_with_its_size(self):
		def queries(count: int) -> int:
			for number in range(count):
				self.old(text=f"note {number}")
			self.set_announced_retention(forget_fact_after=12)
			with patch.object(frappe.db, "sql", wraps=frappe.db.sql) as sql:
				self.run_on()
			self.assertEqual(self.there(), set())
			return sql.call_count

		queries(1)
		self.assertEqual(queries(12), queries(2))


class TestReport(RetentionTestCase):
	def run_report(self, user):
		with self.as_user(user):
			return notes_to_be_forgotten.execute()

	def test_report_lists_visible_notes_and_counts_the_hidden_ones(self):
		shown = self.old()
		self.old(sensitive=1)
		self.old(visibility="Only Me")
		self.note("fresh")
		self.set_retention(forget_fact_after=12)
		_columns, rows, message = self.run_report(self.manager)
		self.assertEqual([row["personal_note"] for row in rows], [shown])
		self.assertEqual(rows[0]["forgotten_from"], getdate(add_months(add_months(today(), -13), 12)))
		self.assertIn("2", message)

	def test_report_is_denied_to_other_users(self):
		for user in (self.rep, self.lead):
			with self.assertRaises(frappe.PermissionError):
				self.run_report(user)
