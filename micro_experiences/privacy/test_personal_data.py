import json

import frappe

from micro_experiences.desk import notes, personal_data
from micro_experiences.privacy.test_erasure import WHY, ErasureTestCase


class TestReport(ErasureTestCase):
	def report(self, contact: str | None = None) -> dict:
		with self.as_user(self.manager):
			return personal_data.report(self.customer, WHY, contact=contact)

	def rows(self, report: dict, key: str) -> list[dict[str, str]]:
		"""The rows of one part as it is read: label -> text."""
		(section,) = (section for section in report["sections"] if section["key"] == key)
		return [{field["label"]: field["text"] for field in row} for row in section["rows"]]

	def test_everything_of_every_visibility_and_status(self):
		self.remember()
		group = self.group(self.rep)
		notes.jot(self.customer, "For the group", visibility="Group", user_group=group)
		notes.jot(self.customer, "Told in confidence", sensitive=1)
		closed = notes.jot(self.customer, "For me alone", visibility="Only Me")["name"]
		frappe.get_doc("Personal Note", closed).close("Expired")
		report = self.report()
		found = {row["Note"]: row for row in self.rows(report, "notes")}
		self.assertEqual(
			set(found), {"Her dog Rex is ill.", "For the group", "Told in confidence", "For me alone"}
		)
		self.assertEqual(found["For me alone"]["Who may read it"], "One colleague alone")
		self.assertEqual(found["For me alone"]["In use"], "Closed")
		self.assertEqual(found["Her dog Rex is ill."]["Heard by"], "Rep")
		self.assertEqual(self.rows(report, "uses")[0]["What you said"], "He is well again")
		paid = next(row for row in self.rows(report, "gestures") if row["What"] == "flowers for Rex")
		self.assertEqual((paid["Message"], paid["What was told of it"]), ("Dear Rex", "Rex sat up"))
		self.assertIn("12.00", paid["Cost"])
		self.assertEqual(len(self.rows(report, "promises")), 2)
		self.assertEqual(len(self.rows(report, "reminders")), 1)

	def test_no_name_of_a_field_and_no_address_of_a_colleague(self):
		self.remember()
		report = self.report()
		for text in ("heard_by", "base_cost", "mx.rep@example.com", "None"):
			self.assertNotIn(text, json.dumps(report["sections"]))
		self.assertNotIn("@example.com", frappe.as_json(report["data"]))

	def test_of_a_contact_what_names_it(self):
		self.remember(self.olivia)
		self.note("The shop closes in August.")
		about_her = [row["Note"] for row in self.rows(self.report(self.olivia), "notes")]
		self.assertEqual(about_her, ["Her dog Rex is ill."])
		self.assertEqual(len(self.rows(self.report(), "notes")), 2)

	def test_the_look_is_written_down_and_stands_in_the_next_report(self):
		self.remember()
		self.report()
		looked = {"customer": self.customer, "user": self.manager, "seen_in": "Personal Data Report"}
		self.assertEqual(frappe.db.get_value("Personal Note Access", looked, "reason"), WHY)
		self.assertEqual(self.rows(self.report(), "looks")[0]["Reason"], WHY)
		with self.assertRaises(frappe.ValidationError), self.as_user(self.manager):
			personal_data.report(self.customer, " ")

	def test_the_author_of_what_is_for_him_alone_is_told_and_nobody_else(self):
		notes.jot(self.customer, "For me alone", visibility="Only Me")
		with self.as_user(self.colleague):
			self.note("For everyone")
		frappe.db.delete("Notification Log", {"document_name": self.customer})
		self.report()
		told = frappe.get_all(
			"Notification Log", {"document_name": self.customer}, ["for_user", "subject", "email_content"]
		)
		self.assertEqual([row.for_user for row in told], [self.rep])
		self.assertNotIn("alone.", told[0].subject)
		self.assertNotIn("For me", frappe.as_json(told))

	def test_what_is_erased_is_reported_no_more(self):
		self.remember()
		self.erase()
		report = self.report()
		for key in ("notes", "uses", "gestures", "promises", "reminders"):
			self.assertEqual(self.rows(report, key), [])
		self.assertEqual(self.rows(report, "erasures")[0]["Reason"], WHY)

	def test_the_overview_tells_how_much_and_not_what(self):
		self.remember()
		with self.as_user(self.manager):
			overview = personal_data.overview(self.customer)
		counts = {row["label"]: row["count"] for row in overview["counts"]}
		self.assertEqual((counts["Notes"], counts["Gestures"], overview["stays"]), (1, 3, 2))
		self.assertEqual(overview["contacts"], [{"value": self.olivia, "label": "Olivia Brandt"}])
		self.assertNotIn("Rex", json.dumps(overview))
