from unittest.mock import patch

import frappe
from frappe.utils import today

from micro_experiences.desk import gestures, notes
from micro_experiences.desk.preferences import open_for
from micro_experiences.patches import tidy_texts
from micro_experiences.privacy.test_traces import Counted
from micro_experiences.testing import SiteTestCase

OLD = "-2<img src=x>\u202eCafe\u0301\x07"
NEW = "\u20132\u2039img src=x>Caf\u00e9"
TITLE = "Micro Experiences: texts that stay as they were"


class TestTidyTexts(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.policy = self.budget().name
		self.before = set(self.logs())

	def logs(self) -> list[str]:
		return frappe.get_all("Error Log", filters={"method": TITLE}, pluck="name")

	def told(self) -> str:
		"""What was logged since the test began."""
		fresh = set(self.logs()) - self.before
		return "\n".join(frappe.db.get_value("Error Log", name, "error") for name in fresh)

	def put(self, doctype: str, name: str, **values):
		"""Past every rule, as it may have been written before there was one."""
		frappe.db.set_value(doctype, name, values, update_modified=False)

	def stored(self, doctype: str, name: str, *fields: str) -> tuple:
		return frappe.db.get_value(doctype, name, fields)

	def everything(self) -> list[tuple[str, str, str]]:
		"""(DocType, name, field) of each field in which the rule holds, in a row of its own; all hold an old text."""
		note = notes.jot(self.customer, "Takes tea.", follow_up_on=today())["name"]
		notes.used(note, "fine")
		gesture = gestures.give(self.customer, "coffee", cost=5)["name"]
		gestures.correct(gesture, 4, "was cheaper")
		with self.as_user("Administrator"):
			open_for([self.rep])
		found = []
		for doctype in tidy_texts.written():
			meta = frappe.get_meta(doctype)
			name = frappe.db.get_value(doctype, {}, order_by="creation desc")
			for field in tidy_texts.texts_of(meta) if name else ():
				found.append((doctype, name, field))
				self.put(doctype, name, **{field: OLD})
		return found

	def test_every_field_of_every_doctype_is_put_right_and_twice_is_once(self):
		found = self.everything()
		doctypes = {doctype for doctype, _name, _field in found}
		self.assertGreaterEqual(
			doctypes,
			{
				*("Personal Note", "Personal Note Use", "Gesture", "Gesture Wallet Entry", "Gesture Budget"),
				*("Follow Up Task", "Gesture Type", "Note Topic"),
			},
		)
		self.assertGreater(len(found), 20)
		dates = {
			(doctype, name): self.stored(doctype, name, "modified", "modified_by")
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
				self.assertEqual(self.stored(doctype, name, "modified", "modified_by"), moment)
		with patch.object(frappe.db, "bulk_update", side_effect=AssertionError("nothing is left to write")):
			with patch.object(frappe.db, "set_value", side_effect=AssertionError("nothing is left to write")):
				tidy_texts.execute()

	def test_what_is_too_long_stays_and_is_logged_without_its_words(self):
		long = "<b>" + "Rex " * 200
		first, second = self.note("Takes tea.").name, self.note("Takes coffee.").name
		self.put("Personal Note", first, note=long)
		self.put("Personal Note", second, note=OLD)
		tidy_texts.execute()
		self.assertEqual(frappe.db.get_value("Personal Note", first, "note"), long)
		self.assertEqual(frappe.db.get_value("Personal Note", second, "note"), NEW)
		self.assertIn(f"Personal Note {first}", self.told())
		self.assertNotIn("Rex", self.told())

	def test_one_that_the_database_refuses_stops_no_other(self):
		with self.as_user("Administrator"):
			topics = [
				frappe.get_doc({"doctype": "Note Topic", "topic_name": name}).insert().name
				for name in ("MX \u2039b", "MX Other", "MX Third")
			]
		# Put right it would be like the first, and no two topics are called the same.
		self.put("Note Topic", topics[1], topic_name="MX <b")
		self.put("Note Topic", topics[2], topic_name="MX Third\x07")
		tidy_texts.execute()
		self.assertEqual(frappe.db.get_value("Note Topic", topics[1], "topic_name"), "MX <b")
		self.assertEqual(frappe.db.get_value("Note Topic", topics[2], "topic_name"), "MX Third")
		self.assertIn(f"Note Topic {topics[1]}", self.told())

	def test_many_need_few_queries(self):
		fields = ("name", "customer", "note", "kind", "visibility", "status")
		rows = [
			(f"MX-OLD-{n}", self.customer, f"{OLD} {n}", "Fact", "Everyone", "Active") for n in range(2500)
		]
		with Counted() as before:
			tidy_texts.execute()
		frappe.db.bulk_insert("Personal Note", fields, rows)
		with Counted() as counted:
			tidy_texts.execute()
		print(f"\nqueries with nothing to do: {before.count}, with 2500 notes: {counted.count}")
		self.assertEqual(
			frappe.db.count("Personal Note", {"note": ("like", "-%"), "name": ("like", "MX-OLD-%")}), 0
		)
		self.assertLess(counted.count, before.count + 15)

	def test_the_settings_have_none(self):
		self.assertEqual(tidy_texts.texts_of(frappe.get_meta("Micro Experiences Settings")), [])
