from unittest.mock import patch

import frappe
from frappe.desk.query_report import export_query, run
from frappe.utils import add_months, get_first_day, getdate

from micro_experiences.desk import gestures
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.micro_experiences.report.gesture_budget_utilisation import (
	gesture_budget_utilisation as report,
)
from micro_experiences.testing import SiteTestCase, make_user

COFFEE, CARD = "Coffee on the House", "Handwritten Card"
NAME = "Gesture Budget Utilisation"


class TestUtilisation(SiteTestCase):
	def setUp(self):
		super().setUp()
		# Budgets that the site has are not of this story.
		self.mine = self.budget(title="MX Own")
		gestures.give(self.customer, "coffee", gesture_type=COFFEE, cost=4.5)
		gestures.give(self.other_customer, "card", gesture_type=CARD, cost=2)
		with self.as_user(self.colleague):
			gestures.give(self.customer, "book", cost=15)
			asked = gestures.give(self.customer, "flowers", cost=25)["name"]
		with self.as_user(self.lead):
			gestures.approve(asked)

	def rows(self, group_by="holder", user=None, **filters) -> dict[str, tuple]:
		"""What the report says, by group: promised, spent, left, count."""
		asked = {"group_by": group_by, "gesture_budget": self.mine.name} | filters
		with self.as_user(user or self.manager):
			_columns, rows, *_rest = report.execute(asked)
		return {row["group"]: (row["promised"], row["spent"], row["left"], row["count"]) for row in rows}

	def test_by_holder(self):
		self.assertEqual(self.rows(), {"Colleague": (25, 15, 10, 2), "Rep": (0, 6.5, 43.5, 2)})

	def test_by_budget_and_by_period(self):
		self.assertEqual(self.rows("budget"), {"MX Own": (25, 21.5, 53.5, 4)})
		self.assertEqual(list(self.rows("period").values()), [(25, 21.5, 53.5, 4)])

	def test_by_type_and_by_customer(self):
		spent = {group: row[:2] for group, row in self.rows("type").items()}
		self.assertEqual(spent, {"": (25, 15), COFFEE: (0, 4.5), CARD: (0, 2)})
		spent = {group: row[:2] for group, row in self.rows("customer").items()}
		self.assertEqual(spent, {self.customer: (25, 19.5), self.other_customer: (0, 2)})

	def test_what_came_back_is_not_counted(self):
		name = gestures.give(self.customer, "tea", cost=3)["name"]
		self.assertEqual(self.rows()["Rep"], (0, 9.5, 40.5, 3))
		gestures.move(name, "Cancelled")
		self.assertEqual(self.rows()["Rep"], (0, 6.5, 43.5, 2))
		self.assertEqual(self.rows("customer")[self.customer][1], 19.5)

	def test_a_rep_sees_his_own_wallet_alone(self):
		self.assertEqual(self.rows(user=self.rep), {"Rep": (0, 6.5, 43.5, 2)})
		self.assertEqual(self.rows("budget", self.rep), {"MX Own": (0, 6.5, 43.5, 2)})
		self.assertEqual(
			{g: row[1] for g, row in self.rows("type", self.rep).items()}, {COFFEE: 4.5, CARD: 2}
		)
		self.assertEqual(
			{g: row[1] for g, row in self.rows("customer", self.rep).items()},
			{self.customer: 4.5, self.other_customer: 2},
		)

	def test_who_reads_the_results_sees_all_wallets(self):
		for user in (self.lead, self.manager, "Administrator"):
			self.assertEqual(set(self.rows(user=user)), {"Colleague", "Rep"}, user)

	def test_a_customer_whom_one_may_not_open_is_not_listed(self):
		with self.as_user("Administrator"):
			frappe.permissions.add_user_permission("Customer", self.other_customer, self.lead)
			frappe.permissions.add_user_permission("Customer", self.other_customer, self.rep)
		for user in (self.lead, self.rep):
			self.assertEqual(set(self.rows("customer", user)), {self.other_customer}, user)
			self.assertEqual(set(self.rows("type", user)), {CARD}, user)
		# Nor are the gestures counted that a wallet paid for.
		self.assertEqual(self.rows(user=self.rep), {"Rep": (0, 6.5, 43.5, 1)})

	def test_a_gesture_after_a_hidden_note_is_not_told_by_its_type(self):
		note = self.note("Just between us.", visibility="Only Me")
		gestures.give(self.customer, "for a secret", gesture_type="Book", cost=1, personal_note=note.name)
		self.assertIn("Book", self.rows("type", self.rep))
		self.assertNotIn("Book", self.rows("type", self.lead))

	def test_only_wallets_of_these_days_and_of_this_company(self):
		policy = next(one for one, _named in ledger.enabled_budgets() if one.name == self.mine.name)
		before = get_first_day(add_months(getdate(), -1))
		ledger.open_wallets(policy, [self.rep], before)
		self.assertEqual(self.rows()["Rep"], (0, 6.5, 93.5, 2))
		self.assertEqual(self.rows(from_date=get_first_day(getdate()))["Rep"], (0, 6.5, 43.5, 2))
		self.assertEqual(self.rows(to_date=before), {"Rep": (0, 0, 50, 0)})
		self.assertEqual(len(self.rows("period")), 2)
		self.assertEqual(self.rows(company="MX No Such Company"), {})

	def test_only_gestures_that_these_wallets_paid_are_read(self):
		read = []
		get_list = frappe.get_list

		def spied(doctype, *args, **kwargs):
			rows = get_list(doctype, *args, **kwargs)
			read.extend(row.gesture_wallet for row in rows if doctype == "Gesture")
			return rows

		before = get_first_day(add_months(getdate(), -1))
		policy = next(one for one, _named in ledger.enabled_budgets() if one.name == self.mine.name)
		wallet = ledger.open_wallet(policy, self.rep, before)
		with patch.object(frappe, "get_list", spied), patch.object(report, "_AT_ONCE", 1):
			self.assertEqual(self.rows(to_date=before), {"Rep": (0, 0, 50, 0)})
			self.assertEqual(read, [])
			self.assertEqual(self.rows(from_date=get_first_day(getdate()))["Rep"], (0, 6.5, 43.5, 2))
			self.assertEqual(len(read), 4)
			self.assertNotIn(wallet, read)
			self.assertEqual(self.rows(company="MX No Such Company"), {})
			self.assertEqual(len(read), 4)

	def test_of_two_currencies_each_has_its_rows_and_no_total_mixes_them(self):
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
			gestures.give(self.customer, "pen", cost=3, currency=other)
		with self.as_user(self.manager):
			_columns, rows, _message, chart, summary, skip_total = report.execute({"group_by": "holder"})
		told = {(row["group"], row["currency"]): row["spent"] for row in rows}
		self.assertEqual((told["Colleague", other], told["Colleague", self.currency]), (3, 15))
		self.assertIsNone(chart)
		self.assertTrue(skip_total)
		self.assertEqual(
			{card["currency"] for card in summary} & {other, self.currency}, {other, self.currency}
		)

	def test_the_desk_runs_it_with_chart_and_totals(self):
		for user in (self.manager, self.lead, self.rep):
			with self.as_user(user):
				answer = run(NAME, {"group_by": "holder", "gesture_budget": self.mine.name})
			rows = [row for row in answer["result"] if isinstance(row, dict)]
			(total,) = (row for row in answer["result"] if isinstance(row, list))
			columns = [column["fieldname"] for column in answer["columns"]]
			self.assertEqual(total[columns.index("spent")], sum(row["spent"] for row in rows))
			self.assertEqual(answer["chart"]["data"]["labels"], [row["group"] for row in rows])
			self.assertEqual(answer["report_summary"][0]["value"], sum(row["spent"] for row in rows))

	def test_not_for_an_outsider(self):
		with self.as_user(self.outsider):
			self.assertRaises(frappe.PermissionError, run, NAME, {"group_by": "holder"})
			self.assertRaises(frappe.PermissionError, report.execute, {"group_by": "holder"})
			self.assertRaises(frappe.PermissionError, self.exported)

	def exported(self) -> str:
		"""The file that the session user takes along."""
		asked = {"group_by": "holder", "gesture_budget": self.mine.name}
		form = {"report_name": NAME, "file_format_type": "CSV", "filters": frappe.as_json(asked)}
		with (
			patch.object(frappe.local, "form_dict", frappe._dict(form, visible_idx="[]")),
			patch.object(frappe.local, "response", frappe._dict()) as response,
		):
			export_query()
			return response.filecontent.decode()

	def test_who_reads_the_results_takes_them_along(self):
		for role in ("Sales Manager", "Accounts Manager"):
			user = make_user(f"mx.{frappe.scrub(role)}@example.com", (role,))
			with self.subTest(role), self.as_user(user):
				lines = self.exported().splitlines()
				self.assertIn("Holder", lines[0])
				self.assertEqual(sum("Colleague" in line or "Rep" in line for line in lines), 2)
		with self.as_user(self.manager):
			self.assertIn("Colleague", self.exported())

	def test_who_sells_looks_at_his_own_and_takes_nothing_along(self):
		for role in ("Sales User", "Accounts User", "Support Team"):
			user = make_user(f"mx.{frappe.scrub(role)}@example.com", (role,))
			with self.subTest(role), self.as_user(user):
				self.assertRaises(frappe.PermissionError, self.exported)
				self.assertEqual(run(NAME, {"group_by": "holder"})["result"], [])
		with self.as_user(self.rep):
			self.assertRaises(frappe.PermissionError, self.exported)
			answer = run(NAME, {"group_by": "holder", "gesture_budget": self.mine.name})
		self.assertEqual([row["group"] for row in answer["result"] if isinstance(row, dict)], ["Rep"])

	def test_another_grouping_is_refused(self):
		self.assertRaises(frappe.ValidationError, report.execute, {"group_by": "owner; drop table x"})
