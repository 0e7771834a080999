"""The personal data report and the overview of stored data."""

import json

import frappe

from micro_experiences.api import notes, personal_data
from micro_experiences.services.test_erasure import REASON, ErasureTestCase


class TestReport(ErasureTestCase):
	def report(self, contact: str | None = None) -> dict:
		with self.as_user(self.manager):
			return personal_data.get_report(self.customer, REASON, contact=contact)

	def rows(self, report: dict, key: str) -> list[dict[str, str]]:
		"""Return the rows of one section as `{label: text}`."""
		(section,) = (section for section in report["sections"] if section["key"] == key)
		return [{field["label"]: field["text"] for field in row} for row in section["rows"]]

	def test_report_holds_every_visibility_and_status(self):
		self.create_records()
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
		self.assertEqual(found["For me alone"]["Visible to"], "One colleague only")
		self.assertEqual(found["For me alone"]["Status"], "Closed")
		self.assertEqual(found["Her dog Rex is ill."]["Heard by"], "Rep")
		self.assertEqual(self.rows(report, "uses")[0]["What you said"], "He is well again")
		paid = next(row for row in self.rows(report, "gestures") if row["What"] == "flowers for Rex")
		self.assertEqual((paid["Message"], paid["Story"]), ("Dear Rex", "Rex sat up"))
		self.assertIn("12.00", paid["Cost"])
		self.assertEqual(len(self.rows(report, "promises")), 2)
		self.assertEqual(len(self.rows(report, "reminders")), 1)

	def test_report_holds_no_field_names_or_colleague_addresses(self):
		self.create_records()
		report = self.report()
		for text in ("heard_by", "base_cost", "mx.rep@example.com", "None"):
			self.assertNotIn(text, json.dumps(report["sections"]))
		self.assertNotIn("@example.com", frappe.as_json(report["data"]))

	def test_report_of_contact_holds_only_its_records(self):
		self.create_records(self.olivia)
		self.note("The shop closes in August.")
		about_her = [row["Note"] for row in self.rows(self.report(self.olivia), "notes")]
		self.assertEqual(about_her, ["Her dog Rex is ill."])
		self.assertEqual(len(self.rows(self.report(), "notes")), 2)

	def test_report_is_logged_and_listed_in_the_next_one(self):
		self.create_records()
		self.report()
		looked = {"customer": self.customer, "user": self.manager, "seen_in": "Personal Data Report"}
		self.assertEqual(frappe.db.get_value("Personal Note Access", looked, "reason"), REASON)
		self.assertEqual(self.rows(self.report(), "looks")[0]["Reason"], REASON)
		with self.assertRaises(frappe.ValidationError), self.as_user(self.manager):
			personal_data.get_report(self.customer, " ")

	def test_report_notifies_only_authors_of_private_notes(self):
		notes.jot(self.customer, "For me alone", visibility="Only Me")
		with self.as_user(self.colleague):
			self.note("For everyone")
		frappe.db.delete("Notification Log", {"document_name": self.customer})
		self.report()
		notified = frappe.get_all(
			"Notification Log", {"document_name": self.customer}, ["for_user", "subject", "email_content"]
		)
		self.assertEqual([row.for_user for row in notified], [self.rep])
		self.assertNotIn("alone.", notified[0].subject)
		self.assertNotIn("For me", frappe.as_json(notified))

	def test_overview_holds_counts_without_text(self):
		self.create_records()
		with self.as_user(self.manager):
			overview = personal_data.get_overview(self.customer)
		counts = {row["label"]: row["count"] for row in overview["counts"]}
		self.assertEqual((counts["Notes"], counts["Gestures"], overview["stays"]), (1, 3, 2))
		self.assertEqual(overview["contacts"], [{"value": self.olivia, "label": "Olivia Brandt"}])
		self.assertNotIn("Rex", json.dumps(overview))
