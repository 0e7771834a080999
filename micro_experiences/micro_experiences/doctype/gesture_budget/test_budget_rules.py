from unittest.mock import patch

import frappe
from frappe.utils import add_days, today

from micro_experiences.desk import banner, gestures
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.testing import SiteTestCase


class TestBudgetRules(SiteTestCase):
	def test_what_makes_no_sense_is_refused(self):
		for values in (
			{"amount": 0},
			{"amount": -1},
			{"free_up_to": -1},
			{"carry_over_limit": -1},
			{"cap_per_recipient": -1},
			{"holders": []},
			{"holders": [{"user": self.rep}, {"user": self.rep}]},
			{"holders": [{"user": "nobody@example.com"}]},
			{"period": "Fortnight"},
			{"approver_role": "No Such Role"},
		):
			with self.subTest(values), self.assertRaises(frappe.ValidationError):
				self.budget(**values)

	def test_the_company_says_the_currency(self):
		self.assertEqual(self.budget().currency, self.currency)

	def test_for_a_role_a_group_or_some_people(self):
		budget = self.budget(holders=[], for_role="Sales Manager")
		self.assertEqual([len(ledger.budgets_of(user)) for user in (self.lead, self.rep)], [1, 0])
		with self.as_user("Administrator"):
			group = self.group(self.rep)
			budget.update({"for_role": None, "for_user_group": group}).save()
			self.assertEqual([len(ledger.budgets_of(user)) for user in (self.lead, self.rep)], [0, 1])
			doc = frappe.get_doc("User Group", group)
			doc.set("user_group_members", [{"user": self.lead}])
			doc.save()
		self.assertEqual([len(ledger.budgets_of(user)) for user in (self.lead, self.rep)], [1, 0])

	def test_a_disabled_one_pays_nothing(self):
		budget = self.budget()
		self.assertTrue(ledger.budgets_of(self.rep))
		with self.as_user("Administrator"):
			budget.enabled = 0
			budget.save()
		self.assertEqual(ledger.budgets_of(self.rep), [])

	def test_what_wallets_were_opened_with_stays(self):
		budget = self.budget()
		with self.as_user("Administrator"):
			budget.update({"period": "Week"}).save()
		gestures.give(self.customer, "coffee", cost=5)
		with self.as_user("Administrator"):
			for values in ({"period": "Month"}, {"currency": "ISK"}, {"budget_kind": "Shared Pool"}):
				with self.subTest(values), self.assertRaises(frappe.ValidationError):
					budget.reload().update(values).save()
			with self.assertRaises(frappe.ValidationError):
				budget.reload().delete()
			budget.reload().update(
				{"amount": 80, "free_up_to": 30, "starts_on": add_days(today(), -60)}
			).save()

	def test_one_without_a_fiscal_year_stops_no_banner_and_no_other_budget(self):
		self.budget(title="A first", period="Fiscal Year")
		self.budget(title="B second")
		with patch.object(ledger.Budget, "fiscal_year", return_value=None):
			self.assertEqual(banner.payload_for(self.customer)["wallet"]["left"], 50)

	def test_an_unused_one_can_be_deleted(self):
		budget = self.budget()
		with self.as_user("Administrator"):
			budget.delete()
		self.assertEqual(ledger.budgets_of(self.rep), [])

	def test_only_managers_make_them(self):
		budget = self.budget()
		for user in (self.rep, self.lead, self.outsider):
			with self.subTest(user), self.as_user(user), self.assertRaises(frappe.PermissionError):
				frappe.get_doc("Gesture Budget", budget.name).save()
		with self.as_user(self.manager):
			frappe.get_doc("Gesture Budget", budget.name).save()
