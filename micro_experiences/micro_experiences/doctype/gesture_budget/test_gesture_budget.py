"""Gesture Budget: validation, users, changes to a budget in use, and deletion of what it refers to."""

from unittest.mock import patch

import frappe
from frappe.utils import add_days, add_months, today

from micro_experiences.api import gestures
from micro_experiences.permissions import budget_access
from micro_experiences.services import banner, ledger
from micro_experiences.tests.utils import SiteTestCase, make_accounts, make_role, make_user
from micro_experiences.utils.errors import MissingBudget


class TestBudgetRules(SiteTestCase):
	def test_invalid_budget_is_refused(self):
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

	def test_budget_applies_to_role_or_group(self):
		budget = self.budget(holders=[], for_role="Sales Manager")
		self.assertEqual(
			[len(budget_access.get_user_budgets(user)) for user in (self.lead, self.rep)], [1, 0]
		)
		with self.as_user("Administrator"):
			group = self.group(self.rep)
			budget.update({"for_role": None, "for_user_group": group}).save()
			self.assertEqual(
				[len(budget_access.get_user_budgets(user)) for user in (self.lead, self.rep)], [0, 1]
			)
			doc = frappe.get_doc("User Group", group)
			doc.set("user_group_members", [{"user": self.lead}])
			doc.save()
		self.assertEqual(
			[len(budget_access.get_user_budgets(user)) for user in (self.lead, self.rep)], [1, 0]
		)

	def test_budget_without_users_is_disabled_after_deletion(self):
		role, leaver = make_role("MX Givers"), make_user("mx.leaver@example.com", ("Sales User",))
		with self.as_user("Administrator"):
			group = self.group(self.rep)
		of_role = self.budget(title="Role", holders=[], for_role=role, approver_role=role)
		of_group = self.budget(title="Group", holders=[], for_user_group=group)
		of_some = self.budget(title="Some", for_role=role, for_user_group=group)
		of_one = self.budget(title="One", holders=[{"user": leaver}])
		with self.as_user("Administrator"):
			for doctype, name in (("Role", role), ("User Group", group), ("User", leaver)):
				frappe.delete_doc(doctype, name)
				self.assertFalse(frappe.db.exists(doctype, name))
			of_some.reload().save()
		for budget, enabled in ((of_role, 0), (of_group, 0), (of_some, 1), (of_one, 0)):
			budget.reload()
			self.assertEqual(
				(budget.title, budget.enabled, budget.for_role, budget.for_user_group),
				(budget.title, enabled, None, None),
			)
		self.assertEqual(of_role.approver_role, None)
		self.assertEqual([one.title for one in budget_access.get_user_budgets(self.rep)], ["Some"])

	def test_account_of_budget_cannot_be_deleted(self):
		accounts = make_accounts(self.company)
		self.budget(**accounts)
		with self.as_user("Administrator"), self.assertRaises(frappe.LinkExistsError):
			frappe.delete_doc("Account", accounts["expense_account"])

	def test_disabled_budget_cannot_be_used(self):
		budget = self.budget()
		self.assertTrue(budget_access.get_user_budgets(self.rep))
		with self.as_user("Administrator"):
			budget.enabled = 0
			budget.save()
		self.assertEqual(budget_access.get_user_budgets(self.rep), [])

	def test_period_currency_and_kind_of_used_budget_cannot_change(self):
		budget = self.budget()
		with self.as_user("Administrator"):
			budget.update({"period": "Week"}).save()
		gestures.record_gesture(self.customer, "coffee", cost=5)
		with self.as_user("Administrator"):
			for values in ({"period": "Month"}, {"currency": "ISK"}, {"budget_kind": "Shared Pool"}):
				with self.subTest(values), self.assertRaises(frappe.ValidationError):
					budget.reload().update(values).save()
			with self.assertRaises(frappe.ValidationError):
				budget.reload().delete()
			budget.reload().update(
				{"amount": 80, "free_up_to": 30, "starts_on": add_days(today(), -60)}
			).save()

	def test_missing_fiscal_year_affects_only_that_budget(self):
		self.budget(title="A first", period="Fiscal Year")
		self.budget(title="B second")
		with patch.object(budget_access.Budget, "get_fiscal_year", return_value=None):
			self.assertEqual(banner.get_banner_payload(self.customer)["wallet"]["left"], 50)

	def test_budget_is_saved_by_managers_only(self):
		budget = self.budget()
		for user in (self.rep, self.lead, self.outsider):
			with self.subTest(user), self.as_user(user), self.assertRaises(frappe.PermissionError):
				frappe.get_doc("Gesture Budget", budget.name).save()
		with self.as_user(self.manager):
			frappe.get_doc("Gesture Budget", budget.name).save()


class TestAmountChange(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.policy = self.budget()
		gestures.record_gesture(self.customer, "flowers", cost=20)
		gestures.record_gesture(self.customer, "a book", cost=15)

	def set_amount(self, amount: float) -> None:
		with self.as_user("Administrator"):
			self.policy.reload()
			self.policy.update({"amount": amount}).save()

	def get_wallet(self):
		return frappe.get_doc("Gesture Wallet", {"gesture_budget": self.policy.name, "holder": self.rep})

	def get_adjustments(self) -> list[tuple[float, str]]:
		rows = frappe.get_all(
			"Gesture Wallet Entry",
			filters={"gesture_wallet": self.get_wallet().name, "kind": "Adjust"},
			fields=["amount", "reason"],
			order_by="entry_key asc",
		)
		return [(row.amount, row.reason) for row in rows]

	def test_increase_is_added_to_open_wallet_with_reason(self):
		self.set_amount(80)
		self.assertEqual(self.get_wallet().allowance, 80)
		((amount, reason),) = self.get_adjustments()
		self.assertEqual(amount, 30)
		self.assertIn("50.00", reason)
		self.assertIn("80.00", reason)
		self.assertEqual(ledger.get_user_wallets(self.rep)[0].left, 45)
		self.assertEqual(ledger.find_differences(), [])

	def test_decrease_keeps_what_is_used(self):
		self.set_amount(40)
		self.assertEqual(ledger.get_user_wallets(self.rep)[0].left, 5)
		self.set_amount(10)
		self.assertEqual((self.get_wallet().allowance, ledger.get_user_wallets(self.rep)[0].left), (35, 0))
		self.set_amount(60)
		self.assertEqual([amount for amount, _reason in self.get_adjustments()], [-10, -5, 25])
		self.assertEqual(ledger.get_user_wallets(self.rep)[0].left, 25)
		self.assertEqual(ledger.find_differences(), [])

	def test_save_without_amount_change_adjusts_nothing(self):
		with self.as_user("Administrator"):
			self.policy.reload()
			self.policy.update({"title": "Another name", "free_up_to": 5}).save()
		self.assertEqual(self.get_adjustments(), [])

	def test_wallet_of_past_period_is_not_adjusted(self):
		with self.freeze(add_months(today(), 1)):
			self.set_amount(80)
			self.assertEqual(self.get_wallet().allowance, 50)

	def test_removed_holder_keeps_spent_and_cannot_spend(self):
		with self.as_user("Administrator"):
			self.policy.reload()
			self.policy.holders = [row for row in self.policy.holders if row.user != self.rep]
			self.policy.save()
		self.assertEqual(ledger.get_user_wallets(self.rep), [])
		self.assertRaises(MissingBudget, gestures.record_gesture, self.customer, "tea", cost=1)
		self.assertEqual(self.get_wallet().spent, 35)
