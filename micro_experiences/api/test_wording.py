"""Wording hints: sensitive words are pointed out without storing the text, and managers maintain the words."""

from unittest.mock import patch

import frappe

from micro_experiences.api import notes, wording
from micro_experiences.services import sensitive_words
from micro_experiences.tests.utils import SiteTestCase


class TestWording(SiteTestCase):
	def make_term(self, term: str, **values):
		with self.as_user(self.manager):
			values = {"doctype": "Sensitive Term", "term": term, "category": "Health"} | values
			return frappe.get_doc(values).insert()

	def get_words(self, text: str) -> list[str]:
		"""Return the words that a text gets hints for."""
		return [word["word"] for hint in wording.check_wording(text)["hints"] for word in hint["words"]]

	def test_checked_text_is_not_sent_to_the_database(self):
		queries, real = [], frappe.local.db.sql

		def record(query, values=(), *args, **kwargs):
			queries.append((str(query), values))
			return real(query, values, *args, **kwargs)

		with patch.object(frappe.local.db, "sql", record):
			self.assertTrue(wording.check_wording("zqmarker is depressed")["hints"])
			self.assertTrue(notes.suggest(self.customer, "zqmarker is depressed")["hints"])
		self.assertTrue(queries)
		self.assertNotIn("zqmarker", str(queries))
		self.assertFalse(
			[
				query
				for query, _values in queries
				if not query.lstrip().lower().startswith(("select", "set session"))
			]
		)

	def test_new_and_deleted_words_take_effect_immediately(self):
		self.assertEqual(self.get_words("zymosis"), [])
		term = self.make_term(" Zymo* ")
		self.assertEqual((term.name, term.term, term.category), ("Zymo*", "Zymo*", "Health"))
		self.assertEqual(self.get_words("zymosis"), ["zymosis"])
		with self.as_user(self.manager):
			term.counts = 0
			term.save()
		self.assertIsNone(term.category)
		self.assertEqual(self.get_words("zymosis"), [])
		with self.as_user(self.manager):
			term.delete()
		self.assertEqual(self.get_words("depressed"), ["depressed"])

	def test_words_are_cached(self):
		self.make_term("zymo*")
		self.assertEqual(self.get_words("zymosis"), ["zymosis"])
		with self.assertQueryCount(0):
			sensitive_words.get_vocabulary()

	def test_duplicate_word_is_refused(self):
		self.make_term("Zymosis")
		for again in ("Zymosis", " Zymosis ", "zymosis"):
			with self.subTest(again), self.assertRaises(frappe.DuplicateEntryError):
				self.make_term(again)

	def test_words_are_visible_to_managers_only(self):
		self.make_term("zymo*")
		for user in (self.rep, self.lead, self.outsider):
			with self.subTest(user), self.as_user(user):
				self.assertRaises(frappe.PermissionError, frappe.get_list, "Sensitive Term")
				doc = frappe.get_doc({"doctype": "Sensitive Term", "term": "zzz", "category": "Health"})
				self.assertRaises(frappe.PermissionError, doc.insert)

	def test_check_without_app_role_is_refused(self):
		with self.as_user(self.outsider):
			self.assertRaises(frappe.PermissionError, wording.check_wording, "depressed")

	def test_sensitive_words_do_not_stop_saving(self):
		note = self.note("She is depressed")
		note.note = "She is depressed, that idiot"
		note.save()
		frappe.client.set_value("Personal Note", note.name, "note", "Is a devout Catholic")
		self.assertEqual(frappe.db.get_value("Personal Note", note.name, "note"), "Is a devout Catholic")

	def test_reason_is_cleared_when_sensitive_words_change(self):
		note = self.note("She is depressed", kept_as_is_because="She asked us to know")
		note.note = "She is depressed."
		note.save()
		self.assertEqual(note.kept_as_is_because, "She asked us to know")
		note.note = "She is depressed and an idiot"
		note.save()
		self.assertIsNone(frappe.db.get_value("Personal Note", note.name, "kept_as_is_because"))
		note.update({"note": "She is a moron", "kept_as_is_because": "She calls herself so"}).save()
		self.assertEqual(note.kept_as_is_because, "She calls herself so")

	def test_deleted_note_leaves_no_reason(self):
		note = self.note("She is depressed", kept_as_is_because="zqreason")
		with self.as_user("Administrator"):
			note.delete()
		data = frappe.get_all("Deleted Document", filters={"deleted_name": note.name}, pluck="data")
		self.assertEqual(len(data), 1)
		self.assertNotIn("zqreason", data[0])
