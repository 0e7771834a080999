"""Gesture Budget Utilisation: figures by grouping, and what each role sees and exports."""

from unittest.mock import patch

import frappe
from frappe.desk.query_report import export_query, run
from frappe.utils import add_months, get_first_day, getdate

from micro_experiences.api import gestures
from micro_experiences.micro_experiences.report.gesture_budget_utilisation import (
	gesture_budget_utilisation as report,
)
from micro_experiences.permissions import budget_access
from micro_experiences.services import ledger
from micro_experiences.tests.utils import SiteTestCase, make_user

COFFEE, CARD = "Coffee on the House", "Handwritten Card"
NAME = "Gesture Budget Utilisation"


class TestUtilisation(SiteTestCase):
	def setUp(self):
		super().setUp()
		# Reports are limited to this budget, because the site may have others.
		self.policy = self.budget(title="MX Own")
		gestures.record_gesture(self.customer, "coffee", gesture_type=COFFEE, cost=4.5)
		gestures.record_gesture(self.other_customer, "card", gesture_type=CARD, cost=2)
		with self.as_user(self.colleague):
			gestures.record_gesture(self.customer, "book", cost=15)
			gesture = gestures.record_gesture(self.customer, "flowers", cost=25)["name"]
		with self.as_user(self.lead):
			gestures.approve(gesture)

	def get_rows(self, group_by="holder", user=None, **filters) -> dict[str, tuple]:
		"""Return the report by group: promised, spent, left, count."""
		filters_sent = {"group_by": group_by, "gesture_budget": self.policy.name} | filters
		with self.as_user(user or self.manager):
			_columns, rows, *_rest = report.execute(filters_sent)
		return {row["group"]: (row["promised"], row["spent"], row["left"], row["count"]) for row in rows}

	def test_rows_by_type_and_by_customer(self):
		spent = {group: row[:2] for group, row in self.get_rows("type").items()}
		self.assertEqual(spent, {"": (25, 15), COFFEE: (0, 4.5), CARD: (0, 2)})
		spent = {group: row[:2] for group, row in self.get_rows("customer").items()}
		self.assertEqual(spent, {self.customer: (25, 19.5), self.other_customer: (0, 2)})

	def test_cancelled_gesture_is_not_counted(self):
		name = gestures.record_gesture(self.customer, "tea", cost=3)["name"]
		self.assertEqual(self.get_rows()["Rep"], (0, 9.5, 40.5, 3))
		gestures.set_status(name, "Cancelled")
		self.assertEqual(self.get_rows()["Rep"], (0, 6.5, 43.5, 2))
		self.assertEqual(self.get_rows("customer")[self.customer][1], 19.5)

	def test_gestures_without_cost_are_counted(self):
		company = self.policy.company
		for group_by, group in (("holder", "Rep"), ("type", CARD), ("customer", self.customer)):
			with self.subTest(group_by):
				before = self.get_rows(group_by, gesture_budget=None, company=company)[group]
				gestures.record_gesture(self.customer, "a kind word", gesture_type=CARD)
				after = self.get_rows(group_by, gesture_budget=None, company=company)[group]
				self.assertEqual((after[:3], after[3]), (before[:3], before[3] + 1))
		gestures.record_gesture(self.customer, "a kind word", gesture_type="Book")
		self.assertEqual(self.get_rows("type", gesture_budget=None, company=company)["Book"], (0, 0, 0, 1))
		self.assertNotIn("Book", self.get_rows("type"))

	def test_sales_user_sees_only_own_gestures_without_cost(self):
		with self.as_user(self.colleague):
			gestures.record_gesture(self.customer, "a kind word", gesture_type=CARD)
		filters = {"gesture_budget": None, "company": self.policy.company}
		self.assertEqual(set(self.get_rows("holder", self.rep, **filters)), {"Rep"})
		self.assertIn("Colleague", self.get_rows("holder", self.manager, **filters))

	def test_request_is_counted_as_committed(self):
		gestures.record_gesture(self.customer, "dinner", gesture_type=CARD, cost=30)
		self.assertEqual(self.get_rows("type")[CARD], (30, 2, -32, 2))

	def test_sales_user_sees_own_wallet_only(self):
		self.assertEqual(self.get_rows(user=self.rep), {"Rep": (0, 6.5, 43.5, 2)})
		self.assertEqual(self.get_rows("budget", self.rep), {"MX Own": (0, 6.5, 43.5, 2)})
		self.assertEqual(
			{g: row[1] for g, row in self.get_rows("type", self.rep).items()}, {COFFEE: 4.5, CARD: 2}
		)
		self.assertEqual(
			{g: row[1] for g, row in self.get_rows("customer", self.rep).items()},
			{self.customer: 4.5, self.other_customer: 2},
		)

	def test_hidden_customer_is_not_listed_or_counted(self):
		with self.as_user("Administrator"):
			frappe.permissions.add_user_permission("Customer", self.other_customer, self.lead)
			frappe.permissions.add_user_permission("Customer", self.other_customer, self.rep)
		for user in (self.lead, self.rep):
			self.assertEqual(set(self.get_rows("customer", user)), {self.other_customer}, user)
			self.assertEqual(set(self.get_rows("type", user)), {CARD}, user)
		self.assertEqual(self.get_rows(user=self.rep), {"Rep": (0, 6.5, 43.5, 1)})

	def test_gesture_of_hidden_note_is_not_listed_by_type(self):
		note = self.note("Just between us.", visibility="Only Me")
		gestures.record_gesture(
			self.customer, "for a secret", gesture_type="Book", cost=1, personal_note=note.name
		)
		self.assertIn("Book", self.get_rows("type", self.rep))
		self.assertNotIn("Book", self.get_rows("type", self.lead))

	def test_filters_limit_wallets_by_date_and_company(self):
		policy = next(
			one for one, _named in budget_access.get_enabled_budgets() if one.name == self.policy.name
		)
		before = get_first_day(add_months(getdate(), -1))
		ledger.open_wallets(policy, [self.rep], before)
		self.assertEqual(self.get_rows()["Rep"], (0, 6.5, 93.5, 2))
		self.assertEqual(self.get_rows(from_date=get_first_day(getdate()))["Rep"], (0, 6.5, 43.5, 2))
		self.assertEqual(self.get_rows(to_date=before), {"Rep": (0, 0, 50, 0)})
		self.assertEqual(len(self.get_rows("period")), 2)
		self.assertEqual(self.get_rows(company="MX No Such Company"), {})

	def test_only_gestures_of_listed_wallets_are_read(self):
		read = []
		get_list = frappe.get_list

		def get_list_and_record(doctype, *args, **kwargs):
			rows = get_list(doctype, *args, **kwargs)
			read.extend(row.gesture_wallet for row in rows if doctype == "Gesture")
			return rows

		before = get_first_day(add_months(getdate(), -1))
		policy = next(
			one for one, _named in budget_access.get_enabled_budgets() if one.name == self.policy.name
		)
		wallet = ledger.open_wallet(policy, self.rep, before)
		with patch.object(frappe, "get_list", get_list_and_record), patch.object(report, "_CHUNK_SIZE", 1):
			self.assertEqual(self.get_rows(to_date=before), {"Rep": (0, 0, 50, 0)})
			self.assertEqual(read, [])
			self.assertEqual(self.get_rows(from_date=get_first_day(getdate()))["Rep"], (0, 6.5, 43.5, 2))
			self.assertEqual(len(read), 4)
			self.assertNotIn(wallet, read)
			self.assertEqual(self.get_rows(company="MX No Such Company"), {})
			self.assertEqual(len(read), 4)

	def test_currencies_have_separate_rows_and_no_total(self):
		other = "USD" if self.currency != "USD" else "EUR"
		self.budget(title="MX Foreign", currency=other, holders=[{"user": self.colleague}], period="Week")
		frappe.get_doc(
			{
				"doctype": "Currency Exchange",
				"from_currency": other,
				"to_currency": self.currency,
				"exchange_rate": 2,
				"date": getdate(),
			}
		).insert(ignore_permissions=True)
		with self.as_user(self.colleague):
			gestures.record_gesture(self.customer, "pen", cost=3, currency=other)
		with self.as_user(self.manager):
			_columns, rows, _message, chart, summary, skip_total = report.execute({"group_by": "holder"})
		spent = {(row["group"], row["currency"]): row["spent"] for row in rows}
		self.assertEqual((spent["Colleague", other], spent["Colleague", self.currency]), (3, 15))
		self.assertIsNone(chart)
		self.assertTrue(skip_total)
		self.assertEqual(
			{card["currency"] for card in summary} & {other, self.currency}, {other, self.currency}
		)

	def test_report_in_desk_has_chart_and_totals(self):
		for user in (self.manager, self.lead, self.rep):
			with self.as_user(user):
				response = run(NAME, {"group_by": "holder", "gesture_budget": self.policy.name})
			rows = [row for row in response["result"] if isinstance(row, dict)]
			(total,) = (row for row in response["result"] if isinstance(row, list))
			columns = [column["fieldname"] for column in response["columns"]]
			self.assertEqual(total[columns.index("spent")], sum(row["spent"] for row in rows))
			self.assertEqual(response["chart"]["data"]["labels"], [row["group"] for row in rows])
			self.assertEqual(response["report_summary"][0]["value"], sum(row["spent"] for row in rows))

	def test_report_and_export_without_app_role_are_refused(self):
		with self.as_user(self.outsider):
			self.assertRaises(frappe.PermissionError, run, NAME, {"group_by": "holder"})
			self.assertRaises(frappe.PermissionError, report.execute, {"group_by": "holder"})
			self.assertRaises(frappe.PermissionError, self.export)

	def export(self) -> str:
		"""Return the CSV export of the session user."""
		filters_sent = {"group_by": "holder", "gesture_budget": self.policy.name}
		form = {"report_name": NAME, "file_format_type": "CSV", "filters": frappe.as_json(filters_sent)}
		with (
			patch.object(frappe.local, "form_dict", frappe._dict(form, visible_idx="[]")),
			patch.object(frappe.local, "response", frappe._dict()) as response,
		):
			export_query()
			return response.filecontent.decode()

	def test_export_by_managers_contains_all_holders(self):
		for role in ("Sales Manager", "Accounts Manager"):
			user = make_user(f"mx.{frappe.scrub(role)}@example.com", (role,))
			with self.subTest(role), self.as_user(user):
				lines = self.export().splitlines()
				self.assertIn("Holder", lines[0])
				self.assertEqual(sum("Colleague" in line or "Rep" in line for line in lines), 2)
		with self.as_user(self.manager):
			self.assertIn("Colleague", self.export())

	def test_export_by_sales_users_is_refused(self):
		for role in ("Sales User", "Accounts User", "Support Team"):
			user = make_user(f"mx.{frappe.scrub(role)}@example.com", (role,))
			with self.subTest(role), self.as_user(user):
				self.assertRaises(frappe.PermissionError, self.export)
				self.assertEqual(run(NAME, {"group_by": "holder"})["result"], [])
		with self.as_user(self.rep):
			self.assertRaises(frappe.PermissionError, self.export)
			response = run(NAME, {"group_by": "holder", "gesture_budget": self.policy.name})
		self.assertEqual([row["group"] for row in response["result"] if isinstance(row, dict)], ["Rep"])

	def test_unknown_grouping_is_refused(self):
		self.assertRaises(frappe.ValidationError, report.execute, {"group_by": "owner; drop table x"})
