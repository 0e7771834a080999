"""Patch tidy_texts: cleans older texts in every field, and leaves refused ones unchanged."""

from unittest.mock import patch

import frappe
from frappe.utils import today

from micro_experiences.api import gestures, notes
from micro_experiences.patches import tidy_texts
from micro_experiences.services.preferences import create_preferences
from micro_experiences.services.test_traces import QueryCounter
from micro_experiences.tests.utils import SiteTestCase

OLD = "-2<img src=x>\u202eCafe\u0301\x07"
NEW = "\u20132\u2039img src=x>Caf\u00e9"
TITLE = "Micro Experiences: texts left unchanged"


class TestTidyTexts(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.policy = self.budget().name
		self.before = set(self.get_log_names())

	def get_log_names(self) -> list[str]:
		return frappe.get_all("Error Log", filters={"method": TITLE}, pluck="name")

	def get_log(self) -> str:
		"""Return what was logged since the test began."""
		fresh = set(self.get_log_names()) - self.before
		return "\n".join(frappe.db.get_value("Error Log", name, "error") for name in fresh)

	def set_unchecked(self, doctype: str, name: str, **values):
		"""Write values without the text rules, as before they existed."""
		frappe.db.set_value(doctype, name, values, update_modified=False)

	def make_old_texts(self) -> list[tuple[str, str, str]]:
		"""Write an old text into every field with text rules, and return (DocType, name, field) of each."""
		note = notes.jot(self.customer, "Takes tea.", follow_up_on=today())["name"]
		notes.mark_used(note, "fine")
		gesture = gestures.record_gesture(self.customer, "coffee", cost=5)["name"]
		gestures.correct_cost(gesture, 4, "was cheaper")
		with self.as_user("Administrator"):
			create_preferences([self.rep])
		found = []
		for doctype in tidy_texts.get_sanitized_doctypes():
			meta = frappe.get_meta(doctype)
			name = frappe.db.get_value(doctype, {}, order_by="creation desc")
			for field in tidy_texts.get_text_fields(meta) if name else ():
				found.append((doctype, name, field))
				self.set_unchecked(doctype, name, **{field: OLD})
		return found

	def test_patch_cleans_every_field_and_changes_nothing_again(self):
		found = self.make_old_texts()
		doctypes = {doctype for doctype, _name, _field in found}
		self.assertGreaterEqual(
			doctypes,
			{
				"Personal Note",
				"Personal Note Use",
				"Gesture",
				"Gesture Wallet Entry",
				"Gesture Budget",
				"Follow Up Task",
				"Gesture Type",
				"Note Topic",
			},
		)
		self.assertGreater(len(found), 20)
		dates = {
			(doctype, name): frappe.db.get_value(doctype, name, ["modified", "modified_by"])
			for doctype, name, _f in found
		}
		code = ("Gesture Type", "message_template")
		for _run in range(2):
			tidy_texts.execute()
			for doctype, name, field in found:
				with self.subTest(doctype=doctype, field=field):
					tidy = "-2<img src=x>Caf\u00e9" if (doctype, field) == code else NEW
					self.assertEqual(frappe.db.get_value(doctype, name, field), tidy)
			for (doctype, name), moment in dates.items():
				self.assertEqual(frappe.db.get_value(doctype, name, ["modified", "modified_by"]), moment)
		with patch.object(frappe.db, "bulk_update", side_effect=AssertionError("unexpected write")):
			with patch.object(frappe.db, "set_value", side_effect=AssertionError("unexpected write")):
				tidy_texts.execute()

	def test_refused_text_stays_and_is_logged_without_its_words(self):
		long = "<b>" + "Rex " * 200
		first, second = self.note("Takes tea.").name, self.note("Takes coffee.").name
		self.set_unchecked("Personal Note", first, note=long)
		self.set_unchecked("Personal Note", second, note=OLD)
		tidy_texts.execute()
		self.assertEqual(frappe.db.get_value("Personal Note", first, "note"), long)
		self.assertEqual(frappe.db.get_value("Personal Note", second, "note"), NEW)
		self.assertIn(f"Personal Note {first}", self.get_log())
		self.assertNotIn("Rex", self.get_log())

	def test_row_refused_by_database_does_not_stop_others(self):
		with self.as_user("Administrator"):
			topics = [
				frappe.get_doc({"doctype": "Note Topic", "topic_name": name}).insert().name
				for name in ("MX \u2039b", "MX Other", "MX Third")
			]
		# Cleaned, it would equal the first topic, and topic names are unique.
		self.set_unchecked("Note Topic", topics[1], topic_name="MX <b")
		self.set_unchecked("Note Topic", topics[2], topic_name="MX Third\x07")
		tidy_texts.execute()
		self.assertEqual(frappe.db.get_value("Note Topic", topics[1], "topic_name"), "MX <b")
		self.assertEqual(frappe.db.get_value("Note Topic", topics[2], "topic_name"), "MX Third")
		self.assertIn(f"Note Topic {topics[1]}", self.get_log())

	def test_many_rows_need_few_queries(self):
		fields = ("name", "customer", "note", "kind", "visibility", "status")
		rows = [
			(f"MX-OLD-{n}", self.customer, f"{OLD} {n}", "Fact", "Everyone", "Active") for n in range(2500)
		]
		with QueryCounter() as before:
			tidy_texts.execute()
		frappe.db.bulk_insert("Personal Note", fields, rows)
		with QueryCounter() as counted:
			tidy_texts.execute()
		self.assertEqual(
			frappe.db.count("Personal Note", {"note": ("like", "-%"), "name": ("like", "MX-OLD-%")}), 0
		)
		self.assertLess(counted.count, before.count + 15)
