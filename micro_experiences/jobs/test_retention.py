from contextlib import contextmanager
from unittest.mock import patch

import frappe
from frappe.utils import add_days, add_months, getdate, today

from micro_experiences.domain import retention as rules
from micro_experiences.domain.sight import WORDS
from micro_experiences.jobs import retention
from micro_experiences.micro_experiences.report.notes_to_be_forgotten import notes_to_be_forgotten
from micro_experiences.testing import SiteTestCase

SETTINGS = retention.SETTINGS
NEVER = dict.fromkeys(rules.FIELDS, 0)


class RetentionTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		# What other tests and the sample have left is not of these.
		for doctype in ("Personal Note", "Personal Note Use", "Notification Log"):
			frappe.db.delete(doctype)
		committing = patch.object(frappe.local.db, "commit")
		committing.start()
		self.addCleanup(committing.stop)
		self.choose()

	def choose(self, announced=None, announced_on=None, **months):
		"""These months and no others, and what was announced."""
		self.set_settings(**NEVER | months)
		frappe.db.set_single_value(SETTINGS, "forgetting_announced_for", announced)
		frappe.db.set_single_value(SETTINGS, "forgetting_announced_on", announced_on)
		frappe.clear_document_cache(SETTINGS, SETTINGS)

	def choose_and_announce(self, **months):
		"""As if it had been announced a week ago."""
		text = rules.Months.from_settings(months).as_text()
		self.choose(text, add_days(today(), -7), **months)

	def old(self, months=13, text="Takes tea.", **values):
		"""A note of so many months ago that nobody has touched since."""
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
			retention.mx_forget_notes()

	def there(self) -> set[str]:
		return set(frappe.get_all("Personal Note", pluck="name"))

	def bells(self) -> list[dict]:
		return frappe.get_all(
			"Notification Log",
			filters={"for_user": self.manager},
			fields=["subject", "email_content", "for_user"],
		)

	def announced(self) -> tuple:
		kept = frappe.db.get_singles_dict(SETTINGS)
		return kept.get("forgetting_announced_for"), kept.get("forgetting_announced_on")


class TestTheOrder(RetentionTestCase):
	def test_it_is_announced_and_forgotten_a_week_later_and_not_before(self):
		note, fresh = self.old(), self.note("Takes coffee.").name
		self.choose(forget_fact_after=12)
		self.run_on()
		(bell,) = self.bells()
		self.assertEqual(bell.subject, "Notes that are forgotten in a week: 1")
		self.assertIn("These have had their time: Fact: 1. Customers: 1.", bell.email_content)
		self.assertIn("/app/query-report/Notes%20to%20Be%20Forgotten", bell.email_content)
		self.assertNotIn("tea", bell.email_content)
		for day in (0, 6):
			self.run_on(add_days(today(), day))
			self.assertEqual(self.there(), {note, fresh})
		self.run_on(add_days(today(), 7))
		self.assertEqual(self.there(), {fresh})
		self.run_on(add_days(today(), 14))
		self.assertEqual(self.there(), {fresh})
		self.assertEqual(len(self.bells()), 1)

	def test_where_nothing_is_due_nothing_is_said_and_nothing_counts_as_announced(self):
		self.note()
		self.choose(forget_fact_after=12)
		self.run_on()
		self.assertEqual((self.bells(), self.announced()), ([], (None, None)))

	def test_what_comes_due_later_is_announced_too_once_a_week_and_never_in_vain(self):
		gone, next_one = self.old(), self.old()
		day = add_months(add_days(today(), 10), -12)
		frappe.db.set_value(
			"Personal Note",
			next_one,
			{"heard_on": day, "modified": f"{day} 10:00:00"},
			update_modified=False,
		)
		self.choose_and_announce(forget_fact_after=12)
		self.run_on()
		self.assertEqual((self.there(), self.bells()), ({next_one}, []), "in ten days, not in a week")
		for _twice in range(2):
			self.run_on(add_days(today(), 7))
			self.assertEqual((self.there(), len(self.bells())), ({next_one}, 1))
		self.run_on(add_days(today(), 13))
		self.assertEqual(self.there(), {next_one}, "its day has come, and its week has not")
		for later in (14, 21, 28):
			self.run_on(add_days(today(), later))
			self.assertEqual((self.there(), len(self.bells())), (set(), 1))
		self.assertNotIn(gone, self.there())

	def test_after_an_outage_nothing_goes_that_was_not_announced(self):
		note = self.old()
		self.choose_and_announce(forget_fact_after=12)
		day = add_months(add_days(today(), 10), -12)
		values = {"heard_on": day, "modified": f"{day} 10:00:00"}
		frappe.db.set_value("Personal Note", note, values, update_modified=False)
		self.run_on(add_days(today(), 21))
		self.assertEqual((self.there(), len(self.bells())), ({note}, 1))
		self.run_on(add_days(today(), 28))
		self.assertEqual((self.there(), len(self.bells())), (set(), 1))

	def test_stricter_is_announced_anew_and_milder_is_not(self):
		note = self.old()
		self.choose_and_announce(forget_fact_after=24)
		announced, on = self.announced()
		self.choose(announced, on, forget_fact_after=12)
		self.run_on()
		self.assertEqual((len(self.bells()), self.there()), (1, {note}))
		self.assertEqual(self.announced()[0], "0/12/0/0/0/0")
		self.choose("0/12/0/0/0/0", on, forget_fact_after=24)
		self.run_on()
		self.assertEqual((len(self.bells()), self.announced()[0]), (1, "0/24/0/0/0/0"))
		# What is stricter again is announced again.
		self.choose("0/24/0/0/0/0", on, forget_fact_after=12)
		self.run_on()
		self.assertEqual((len(self.bells()), self.there()), (2, {note}))

	def test_zero_forgets_nothing_ever(self):
		note = self.old(500)
		self.choose("0/0/0/0/0/0", "2020-01-01")
		self.run_on()
		self.assertEqual((self.there(), self.bells()), ({note}, []))

	def test_who_saves_the_settings_does_not_say_what_was_announced(self):
		note = self.old()
		self.choose(forget_fact_after=12)
		with self.as_user(self.manager):
			settings = frappe.get_doc(SETTINGS)
			settings.update(
				{"forgetting_announced_for": "0/12/0/0/0/0", "forgetting_announced_on": "2020-01-01"}
			)
			settings.save()
		self.assertEqual(self.announced(), (None, None))
		self.run_on()
		self.assertEqual(self.there(), {note})

	def test_the_settings_say_what_comes_next(self):
		self.choose(forget_fact_after=12)
		settings = frappe.get_doc(SETTINGS)
		settings.run_method("onload")
		words = settings.get("__onload")["micro_experiences_forgetting"]
		self.assertIn("the managers are told by the bell", words)

	def test_months_that_make_no_sense_are_refused(self):
		for values in ({"forget_fact_after": -1}, {"forget_closed_after": 601}):
			with self.subTest(values), self.assertRaises(frappe.ValidationError):
				self.set_settings(**values)


class TestWhatIsForgotten(RetentionTestCase):
	def test_kind_closed_pinned_and_touched(self):
		kept = {
			self.old(11),
			self.old(pinned=1),
			self.old(kind="Never"),
			self.old(kind="Occasion", occasion_on=today()),
		}
		used = self.old()
		frappe.get_doc("Personal Note", used).log("Used")
		changed = self.old()
		frappe.get_doc("Personal Note", changed).save()
		self.old()
		self.old(pinned=1, status="Closed")
		self.old(kind="Never", status="Closed")
		self.choose_and_announce(forget_fact_after=12, forget_closed_after=12)
		self.run_on()
		self.assertEqual(self.there(), kept | {used, changed})

	def test_customers_without_invoices(self):
		def since(customer, months):
			frappe.db.set_value("Customer", customer, "creation", f"{add_months(today(), -months)} 10:00:00")

		since(self.customer, 20)
		since(self.other_customer, 3)
		bought, new = self.old(), self.old(customer=self.other_customer)
		self.choose_and_announce(forget_without_invoice=12)
		with self.as_user("Administrator"):
			invoice = self.invoice(set_posting_time=1, posting_date=add_months(today(), -2), due_date=today())
			self.run_on()
			self.assertEqual(self.there(), {new}, "a draft is no invoice, and a new customer has his time")
			bought = self.old()
			frappe.get_doc("Sales Invoice", invoice.name).submit()
			self.run_on()
			self.assertEqual(self.there(), {new, bought})

	def test_what_stems_from_it_is_put_right_and_no_trace_is_left(self):
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
		gesture.db_set(dict.fromkeys(WORDS["Gesture"], "Zanzibar"))
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
		self.choose_and_announce(forget_fact_after=12)
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

	def test_the_promise_of_an_occasion_ends(self):
		note = self.old(kind="Occasion", occasion_on=add_days(today(), 3))
		task = self.task()
		key = f"{note} {add_days(today(), 3)}"
		task.db_set({"personal_note": note, "occurrence_key": key})
		self.choose_and_announce(forget_occasion_after=12)
		self.run_on()
		self.assertEqual(
			frappe.db.get_value("Follow Up Task", task.name, ["status", "personal_note", "occurrence_key"]),
			("Skipped", None, None),
		)


class TestKillsAndMany(RetentionTestCase):
	@contextmanager
	def chunks_of(self, size):
		with patch.object(retention, "CHUNK", size):
			yield

	def test_the_logs_are_searched_once_a_run(self):
		for number in range(7):
			self.old(text=f"note {number}", sensitive=number % 2)
		self.choose_and_announce(forget_fact_after=12)
		with self.chunks_of(3), patch.object(retention.traces, "remove_mentions") as searched:
			self.run_on()
		self.assertEqual((searched.call_count, self.there()), (1, set()))

	def test_a_killed_run_is_taken_up_again(self):
		for number in range(7):
			self.old(text=f"note {number}")
		self.choose_and_announce(forget_fact_after=12)
		real, calls = retention._forget, []

		def killed(*args):
			calls.append(args)
			if len(calls) == 2:
				raise KeyboardInterrupt
			return real(*args)

		with self.chunks_of(3):
			with patch.object(retention, "_forget", killed), self.assertRaises(KeyboardInterrupt):
				self.run_on()
			self.assertEqual(len(self.there()), 4)
			self.run_on()
		self.assertEqual(self.there(), set())

	def test_what_is_used_meanwhile_is_kept(self):
		note = self.old()
		months = rules.Months.from_settings({"forget_fact_after": 12})
		frappe.get_doc("Personal Note", note).log("Used")
		with self.as_user("Administrator"):
			self.assertEqual(retention._forget([note], months, getdate()), 0)
		self.assertEqual(self.there(), {note})

	def test_no_query_more_for_more_notes_of_a_chunk(self):
		def queries(count: int) -> int:
			for number in range(count):
				self.old(text=f"note {number}")
			self.choose_and_announce(forget_fact_after=12)
			with patch.object(frappe.db, "sql", wraps=frappe.db.sql) as asked:
				self.run_on()
			self.assertEqual(self.there(), set())
			return asked.call_count

		queries(1)
		self.assertEqual(queries(12), queries(2))


class TestTheReport(RetentionTestCase):
	def run_report(self, user):
		with self.as_user(user):
			return notes_to_be_forgotten.execute()

	def test_it_lists_what_one_may_see_and_counts_the_rest(self):
		shown = self.old()
		self.old(sensitive=1)
		self.old(visibility="Only Me")
		self.note("fresh")
		self.choose(forget_fact_after=12)
		_columns, rows, message = self.run_report(self.manager)
		self.assertEqual([row["personal_note"] for row in rows], [shown])
		self.assertEqual(rows[0]["forgotten_from"], getdate(add_months(add_months(today(), -13), 12)))
		self.assertEqual(message, "Not for you to see, and only counted: 2.")

	def test_it_is_for_managers(self):
		for user in (self.rep, self.lead):
			with self.assertRaises(frappe.PermissionError):
				self.run_report(user)
