"""Worth a Second Look: which notes with sensitive words a manager is shown."""

from unittest.mock import patch

import frappe
from frappe.desk.query_report import run

from micro_experiences.micro_experiences.report.worth_a_second_look import worth_a_second_look as report
from micro_experiences.tests.utils import SiteTestCase

NAME = "Worth a Second Look"


class TestWorthASecondLook(SiteTestCase):
	def get_words(self, user: str | None = None, **filters) -> dict[str, str]:
		"""Return the words by note, for the customer of the test."""
		with self.as_user(user or self.manager):
			_columns, rows, _message = report.execute({"customer": self.customer} | filters)
		return {row["personal_note"]: row["words"] for row in rows}

	def test_report_lists_notes_without_sensitive_flag_or_reason(self):
		ill = self.note("Is ill, and that idiot")
		self.note("Takes tea.")
		self.note("Is ill", sensitive=1)
		self.note("Is ill", kept_as_is_because="They asked for it")
		self.assertEqual(self.get_words(), {ill.name: "ill, idiot"})

	def test_closed_note_is_listed(self):
		ill = self.note("Is ill")
		ill.close("No Longer True")
		self.assertEqual(self.get_words(), {ill.name: "ill"})

	def test_hidden_note_is_not_read(self):
		mine = self.note("Is ill", visibility="Only Me")
		team = self.note("Is ill", visibility="Group", user_group=self.make_group(self.rep))
		read = []
		real = report.rules.find_words_to_review
		with patch.object(
			report.rules,
			"find_words_to_review",
			lambda note, words: read.append(note.name) or real(note, words),
		):
			self.assertEqual(self.get_words(), {})
		self.assertFalse({mine.name, team.name} & set(read))

	def make_group(self, *users: str) -> str:
		with self.as_user("Administrator"):
			return self.group(*users)

	def test_note_of_hidden_customer_is_not_listed(self):
		self.note("Is ill", customer=self.other_customer)
		self.assertEqual(len(self.get_words(customer=self.other_customer)), 1)
		with self.as_user("Administrator"):
			frappe.get_doc(
				{
					"doctype": "User Permission",
					"user": self.manager,
					"allow": "Customer",
					"for_value": self.customer,
				}
			).insert()
		self.assertEqual(self.get_words(customer=self.other_customer), {})

	def test_filters_limit_category_and_date(self):
		ill = self.note("Is ill, and that idiot", heard_on="2026-01-10")
		self.assertEqual(self.get_words(category="Insult"), {ill.name: "idiot"})
		self.assertEqual(self.get_words(category="Union"), {})
		self.assertEqual(self.get_words(from_date="2026-01-10"), {ill.name: "ill, idiot"})
		self.assertEqual(self.get_words(from_date="2026-01-11"), {})

	def test_notes_are_read_in_chunks_up_to_the_limit(self):
		names = [self.note(f"Is ill {number}").name for number in range(5)]
		with patch.object(report, "_CHUNK_SIZE", 2):
			self.assertEqual(list(self.get_words()), names)
			with patch.object(report, "_MAX_ROWS", 3):
				self.assertEqual(list(self.get_words()), names[:3])

	def test_report_is_refused_for_others_than_managers(self):
		self.note("Is ill")
		with self.as_user(self.manager):
			self.assertTrue(run(NAME, {"customer": self.customer})["result"])
		for user in (self.rep, self.lead, self.outsider):
			with self.subTest(user), self.as_user(user):
				self.assertRaises(frappe.PermissionError, report.execute, {})
				self.assertRaises(frappe.PermissionError, run, NAME, {})

	def test_words_are_escaped(self):
		self.note("Has a burn <-> out")
		self.assertEqual(list(self.get_words().values()), ["burn &lt;-&gt; out"])
