"""Exports: user-written texts do not become formulas in the spreadsheets that Frappe creates."""

import csv
import io

import frappe
import openpyxl
from frappe.core.doctype.data_export.exporter import export_data
from frappe.desk import query_report, reportview
from frappe.utils import add_days, getdate, today

from micro_experiences.api import follow_ups, gestures
from micro_experiences.tests.utils import SiteTestCase

FORMULAS = (
	"=1+1",
	'=HYPERLINK("https://evil.invalid/","tea")',
	"+cmd|' /C calc'!A0",
	"-2+3+cmd|' /C calc'!A0",
	"@SUM(1+9)*cmd|' /C calc'!A0",
	"\t=1+1",
	"\r=1+1",
	"\n =1+1",
	"<i></i>=1+1",
	"<b>&#61;1+A1</b>",
	"\uff1d1+1",
	"\u202e=1+1",
)
NUMBERS = ("+49 30 1234", "-5", "-10 %")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class TestExports(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.addCleanup(setattr, frappe.local, "response", frappe._dict(docs=[]))
		self.addCleanup(setattr, frappe.local, "form_dict", frappe._dict())
		self.budget(title="=1+1")
		for text in (*FORMULAS, *NUMBERS):
			note = self.note(text)
			note.log_use("Used", text)
			follow_ups.create(self.customer, text, today())
			name = gestures.record_gesture(self.customer, text, message=text, cost=1)["name"]
			frappe.get_doc("Gesture", name).update({"story": text}).save()
		for name in frappe.get_all("Follow Up Task", filters={"customer": self.customer}, pluck="name")[:3]:
			follow_ups.mark_done(name, outcome=FORMULAS[0])
		frappe.set_user("Administrator")

	def check(self, cells: list, numbers: int = 0):
		"""Assert that no text begins like a formula, except harmless numbers."""
		texts = [str(cell) for cell in cells if isinstance(cell, str)]
		self.assertTrue([text for text in texts if "1+1" in text], "the texts are in the file")
		self.assertFalse([text for text in texts if text.startswith(FORMULA_STARTS) and text not in NUMBERS])
		self.assertGreaterEqual(sum(text in NUMBERS for text in texts), numbers)

	def read_excel(self, content: bytes) -> list:
		cells = [
			cell for row in openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows() for cell in row
		]
		self.assertFalse([cell.value for cell in cells if cell.data_type == "f"])
		return [cell.value for cell in cells]

	def read_csv(self, content: bytes | str) -> list:
		text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
		return [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]

	def test_list_export_contains_no_formula(self):
		fields = {
			"Personal Note": ("note",),
			"Personal Note Use": ("they_said",),
			"Follow Up Task": ("subject", "outcome"),
			"Gesture": ("what", "message", "story"),
		}
		for doctype, names in fields.items():
			for kind, read in (("Excel", self.read_excel), ("CSV", self.read_csv)):
				with self.subTest(doctype, kind=kind):
					frappe.local.form_dict = frappe._dict(
						doctype=doctype,
						fields=frappe.as_json([f"`tab{doctype}`.`{name}`" for name in names]),
						filters=frappe.as_json([[doctype, "customer", "=", self.customer]]),
						file_format_type=kind,
						title=doctype,
						view="Report",
					)
					reportview.export_query()
					self.check(read(frappe.response.filecontent), numbers=1)

	def test_data_export_contains_no_formula(self):
		for kind, read in (("Excel", self.read_excel), ("CSV", self.read_csv)):
			for doctype in ("Personal Note", "Gesture", "Follow Up Task"):
				with self.subTest(doctype, kind=kind):
					frappe.local.response = frappe._dict()
					export_data(
						doctype=doctype,
						with_data=True,
						file_type=kind,
						template=False,
						filters=frappe.as_json({"customer": self.customer}),
					)
					response = frappe.local.response
					self.check(read(response.filecontent if kind == "Excel" else response.result))

	def test_report_export_contains_no_formula(self):
		user = frappe.get_doc("User", self.rep)
		user.db_set({"first_name": "=1+1", "last_name": None})
		# Frappe caches names per request, and users beyond a rollback.
		frappe.local.fullnames = {}
		self.addCleanup(frappe.clear_document_cache, "User", self.rep)
		self.addCleanup(setattr, frappe.local, "fullnames", {})
		filters = {"company": self.company, "from_date": add_days(getdate(), -40), "to_date": today()}
		for kind, read in (("Excel", self.read_excel), ("CSV", self.read_csv)):
			with self.subTest(kind):
				frappe.local.form_dict = frappe._dict(
					report_name="Gesture Budget Utilisation",
					filters=frappe.as_json(filters),
					file_format_type=kind,
					visible_idx="[]",
				)
				query_report.export_query()
				self.check(read(frappe.response.filecontent))
