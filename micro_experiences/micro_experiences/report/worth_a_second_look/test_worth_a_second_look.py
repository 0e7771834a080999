from unittest.mock import patch

import frappe
from frappe.desk.query_report import run

from micro_experiences.micro_experiences.report.worth_a_second_look import worth_a_second_look as report
from micro_experiences.testing import SiteTestCase

NAME = "Worth a Second Look"


class TestWorthASecondLook(SiteTestCase):
	def found(self, user: str | None = None, **filters) -> dict[str, str]:
		"""Note -> words, of the customer of the tests."""
		with self.as_user(user or self.manager):
			_columns, rows, _message = report.execute({"customer": self.customer} | filters)
		return {row["personal_note"]: row["words"] for row in rows}

	def test_it_lists_what_is_neither_sensitive_nor_kept_with_a_reason(self):
		ill = self.note("Is ill, and that idiot")
		self.note("Takes tea.")
		self.note("Is ill", sensitive=1)
		self.note("Is ill", kept_as_is_because="He asked us to know")
		self.assertEqual(self.found(), {ill.name: "ill, idiot"})

	def test_a_closed_note_holds_its_words_too(self):
		ill = self.note("Is ill")
		ill.close("No Longer True")
		self.assertEqual(self.found(), {ill.name: "ill"})

	def test_it_reads_no_note_that_its_reader_may_not_open(self):
		mine = self.note("Is ill", visibility="Only Me")
		team = self.note("Is ill", visibility="Group", user_group=self.as_admin_group(self.rep))
		read = []
		real = report.rules.asks_for_a_look
		with patch.object(
			report.rules, "asks_for_a_look", lambda note, words: read.append(note.name) or real(note, words)
		):
			self.assertEqual(self.found(), {})
		self.assertFalse({mine.name, team.name} & set(read))

	def as_admin_group(self, *users: str) -> str:
		with self.as_user("Administrator"):
			return self.group(*users)

	def test_it_follows_the_customers_that_its_reader_may_open(self):
		self.note("Is ill", customer=self.other_customer)
		self.assertEqual(len(self.found(customer=self.other_customer)), 1)
		with self.as_user("Administrator"):
			frappe.get_doc(
				{
					"doctype": "User Permission",
					"user": self.manager,
					"allow": "Customer",
					"for_value": self.customer,
				}
			).insert()
		self.assertEqual(self.found(customer=self.other_customer), {})

	def test_it_can_be_narrowed(self):
		ill = self.note("Is ill, and that idiot", heard_on="2026-01-10")
		self.assertEqual(self.found(category="Insult"), {ill.name: "idiot"})
		self.assertEqual(self.found(category="Union"), {})
		self.assertEqual(self.found(from_date="2026-01-10"), {ill.name: "ill, idiot"})
		self.assertEqual(self.found(from_date="2026-01-11"), {})

	def test_many_notes_are_read_in_chunks_and_a_long_list_ends(self):
		names = [self.note(f"Is ill {number}").name for number in range(5)]
		with patch.object(report, "_CHUNK", 2):
			self.assertEqual(list(self.found()), names)
			with patch.object(report, "_MOST_ROWS", 3):
				self.assertEqual(list(self.found()), names[:3])

	def test_only_managers_run_it(self):
		self.note("Is ill")
		with self.as_user(self.manager):
			self.assertTrue(run(NAME, {"customer": self.customer})["result"])
		for user in (self.rep, self.lead, self.outsider):
			with self.subTest(user), self.as_user(user):
				self.assertRaises(frappe.PermissionError, report.execute, {})
				self.assertRaises(frappe.PermissionError, run, NAME, {})

	def test_it_is_never_kept_as_a_prepared_report(self):
		self.assertFalse(frappe.db.get_value("Report", NAME, "prepared_report"))

	def test_what_stands_between_two_words_is_no_markup(self):
		self.note("Has a burn <-> out")
		self.assertEqual(list(self.found().values()), ["burn &lt;-&gt; out"])
