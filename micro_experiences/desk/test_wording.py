from unittest.mock import patch

import frappe

from micro_experiences.desk import notes, wording
from micro_experiences.micro_experiences.doctype.sensitive_term import sensitive_term
from micro_experiences.testing import SiteTestCase


class TestWording(SiteTestCase):
	def term(self, term: str, **values):
		with self.as_user(self.manager):
			values = {"doctype": "Sensitive Term", "term": term, "category": "Health"} | values
			return frappe.get_doc(values).insert()

	def asked(self, text: str) -> list[str]:
		"""The words that are asked about."""
		return [word["word"] for hint in wording.look(text)["hints"] for word in hint["words"]]

	def test_nothing_of_a_text_that_is_asked_about_is_written(self):
		asked, real = [], frappe.local.db.sql

		def recorded(query, values=(), *args, **kwargs):
			asked.append((str(query), values))
			return real(query, values, *args, **kwargs)

		recording = patch.object(frappe.local.db, "sql", recorded)
		with recording:
			self.assertTrue(wording.look("zqmarker is depressed")["hints"])
			self.assertTrue(notes.suggest(self.customer, "zqmarker is depressed")["hints"])
		self.assertTrue(asked)
		self.assertNotIn("zqmarker", str(asked))
		self.assertFalse(
			[
				query
				for query, _values in asked
				if not query.lstrip().lower().startswith(("select", "set session"))
			]
		)

	def test_the_question_is_in_the_language_of_the_user(self):
		question = "This sounds like health. Only write it if they would not mind."
		translations = {question: "Das klingt nach Gesundheit."}
		frappe.local.lang, before = "de", frappe.local.lang
		self.addCleanup(setattr, frappe.local, "lang", before)
		frappe.get_doc(
			{
				"doctype": "Translation",
				"language": "de",
				"source_text": question,
				"translated_text": translations[question],
			}
		).insert(ignore_permissions=True)
		self.addCleanup(frappe.translate.clear_cache)
		(hint,) = wording.look("She is depressed")["hints"]
		self.assertEqual(hint["text"], translations[question])

	def test_a_new_word_counts_at_once_and_a_deleted_one_no_more(self):
		self.assertEqual(self.asked("zymosis"), [])
		term = self.term(" Zymo* ")
		self.assertEqual((term.name, term.term, term.category), ("Zymo*", "Zymo*", "Health"))
		self.assertEqual(self.asked("zymosis"), ["zymosis"])
		with self.as_user(self.manager):
			term.counts = 0
			term.save()
		self.assertIsNone(term.category)
		self.assertEqual(self.asked("zymosis"), [])
		with self.as_user(self.manager):
			term.delete()
		self.assertEqual(self.asked("depressed"), ["depressed"])

	def test_the_words_are_asked_of_the_cache(self):
		self.term("zymo*")
		self.assertEqual(self.asked("zymosis"), ["zymosis"])
		with self.assertQueryCount(0):
			sensitive_term.words()

	def test_a_word_that_makes_no_sense_is_refused(self):
		for values in (
			{"term": "*"},
			{"term": "ab*"},
			{"term": "a*b"},
			{"term": "zymo", "category": None},
			{"term": "zymo", "category": "Weather"},
			{"term": "zymo", "language": "Klingon"},
			{"term": "z" * 61},
		):
			with self.subTest(values), self.assertRaises(frappe.ValidationError):
				self.term(**values)

	def test_a_word_is_there_once(self):
		self.term("Zymosis")
		for again in ("Zymosis", " Zymosis ", "zymosis"):
			with self.subTest(again), self.assertRaises(frappe.DuplicateEntryError):
				self.term(again)

	def test_only_managers_see_and_change_the_words(self):
		self.term("zymo*")
		for user in (self.rep, self.lead, self.outsider):
			with self.subTest(user), self.as_user(user):
				self.assertRaises(frappe.PermissionError, frappe.get_list, "Sensitive Term")
				doc = frappe.get_doc({"doctype": "Sensitive Term", "term": "zzz", "category": "Health"})
				self.assertRaises(frappe.PermissionError, doc.insert)

	def test_whoever_may_not_jot_is_refused(self):
		with self.as_user(self.outsider):
			self.assertRaises(frappe.PermissionError, wording.look, "depressed")

	def test_a_note_is_kept_by_every_road_whatever_its_words(self):
		note = self.note("She is depressed")
		note.note = "She is depressed, that idiot"
		note.save()
		frappe.client.set_value("Personal Note", note.name, "note", "Is a devout Catholic")
		self.assertEqual(frappe.db.get_value("Personal Note", note.name, "note"), "Is a devout Catholic")

	def test_a_reason_speaks_of_the_words_that_it_was_given_for(self):
		note = self.note("She is depressed", kept_as_is_because="She asked us to know")
		note.note = "She is depressed."
		note.save()
		self.assertEqual(note.kept_as_is_because, "She asked us to know")
		note.note = "She is depressed and an idiot"
		note.save()
		self.assertIsNone(frappe.db.get_value("Personal Note", note.name, "kept_as_is_because"))
		note.update({"note": "She is a moron", "kept_as_is_because": "She calls herself so"}).save()
		self.assertEqual(note.kept_as_is_because, "She calls herself so")

	def test_a_reason_leaves_no_trace_when_its_note_is_deleted(self):
		note = self.note("She is depressed", kept_as_is_because="zqreason")
		with self.as_user("Administrator"):
			note.delete()
		data = frappe.get_all("Deleted Document", filters={"deleted_name": note.name}, pluck="data")
		self.assertEqual(len(data), 1)
		self.assertNotIn("zqreason", data[0])
