"""Budgets over the API: description in words, role search and usage."""

from unittest.mock import patch

import frappe
from frappe.desk.search import search_link
from frappe.utils import add_months, get_first_day, getdate

from micro_experiences.api import budgets, gestures
from micro_experiences.permissions import budget_access
from micro_experiences.services import budgets as budget_service
from micro_experiences.services import ledger
from micro_experiences.tests.utils import SiteTestCase, make_role


class TestDescription(SiteTestCase):
	def describe(self, **values) -> dict:
		form = {
			"budget_kind": "Per Person",
			"amount": 50,
			"currency": "EUR",
			"period": "Month",
			"free_up_to": 20,
			"unspent": "Lapses",
		}
		with self.as_user(self.manager):
			return budgets.describe_budget(frappe.as_json(form | values))

	def setUp(self):
		super().setUp()
		with self.as_user("Administrator"):
			make_role("MX Test Role")
			for user in (self.rep, self.colleague):
				frappe.get_doc("User", user).add_roles("MX Test Role")

	def test_description_states_the_amounts_that_are_saved(self):
		self.assertIn(
			"10.125 a month", self.describe(for_role="MX Test Role", amount=10.125, currency="KWD")["text"]
		)
		self.assertIn(
			"¥ 5,000 a month", self.describe(for_role="MX Test Role", amount=5000, currency="JPY")["text"]
		)
		refused = self.describe(for_role="MX Test Role", cap_per_recipient=0.004)["text"]
		self.assertEqual(
			refused, "0.004 is less than the smallest amount in EUR, which is 0.01. Nothing was saved."
		)

	def test_description_says_who_approves(self):
		names = ", ".join(sorted(frappe.utils.get_fullname(user) for user in (self.rep, self.colleague)))
		approved = self.describe(approver_role="MX Test Role")["approval_text"]
		self.assertTrue(approved.endswith(f"with the role MX Test Role: {names}."), approved)
		self.assertIn("Nobody has the role", self.describe(approver_role="MX No Such Role")["approval_text"])

	def test_description_counts_users_of_role(self):
		described = self.describe(for_role="MX Test Role")
		self.assertEqual(described["people"], 2)
		self.assertIn("2 people in MX Test Role", described["text"])
		self.assertIn("50.00", described["text"])
		self.assertEqual(described["usual_free_up_to"], 20)

	def test_description_counts_each_enabled_user_once(self):
		with self.as_user("Administrator"):
			group = self.group(self.rep, self.lead)
		holders = [{"user": self.rep}, {"user": self.outsider}, {"user": None}]
		described = self.describe(for_role="MX Test Role", for_user_group=group, holders=holders)
		self.assertEqual(described["people"], 4)
		frappe.db.set_value("User", self.outsider, "enabled", 0)
		self.assertEqual(self.describe(for_role="MX Test Role", holders=holders)["people"], 2)

	def test_description_counts_same_users_as_wallet_job(self):
		budget = self.budget(holders=[{"user": self.lead}], for_role="MX Test Role")
		(named,) = (named for one, named in budget_access.get_enabled_budgets() if one.name == budget.name)
		people = budget_access.get_budget_users(named["users"], named["for_role"])
		self.assertEqual(people, {self.rep, self.colleague, self.lead})
		self.assertEqual(self.describe(for_role="MX Test Role", holders=[{"user": self.lead}])["people"], 3)

	def test_description_of_incomplete_budget_is_empty(self):
		for values in ({"currency": None}, {"amount": "abc"}, {"for_role": ["like", "%"], "amount": 0}):
			with self.subTest(values):
				self.assertEqual(self.describe(**values)["text"], "")

	def test_description_without_budget_permission_is_refused(self):
		for user in (self.rep, self.outsider):
			with self.as_user(user), self.assertRaises(frappe.PermissionError):
				budgets.describe_budget({})


class TestRoleSearch(SiteTestCase):
	def search(self, user: str, text: str = "") -> list[str]:
		with self.as_user(user):
			rows = search_link(
				"Role", text, query="micro_experiences.api.budgets.search_roles", page_length=500
			)
			return [row["value"] for row in rows]

	def test_role_search_works_for_managers(self):
		self.assertFalse(frappe.has_permission("Role", "read", user=self.manager))
		found = self.search(self.manager)
		self.assertTrue({"Sales User", "Sales Manager"} <= set(found))
		self.assertFalse({"All", "Guest", "Administrator"} & set(found))
		self.assertEqual(self.search(self.manager, "Sales U"), ["Sales User"])

	def test_role_search_is_refused_for_others(self):
		for user in (self.rep, self.lead, self.outsider):
			with self.as_user(user), self.assertRaises(frappe.PermissionError):
				budgets.search_roles("Role", "", "name", 0, 10)


class TestUsage(SiteTestCase):
	def get_usage(self, budget, user=None) -> dict:
		with self.as_user(user or self.manager):
			return budgets.get_usage(budget.name)

	def test_usage_lists_holder_with_highest_use_first(self):
		budget = self.budget()
		gestures.record_gesture(self.customer, "coffee", cost=4.5)
		with self.as_user(self.colleague):
			gestures.record_gesture(self.customer, "book", cost=20)
			gestures.record_gesture(self.customer, "flowers", cost=20)
			gestures.record_gesture(self.customer, "tea", cost=1)
		first, second = self.get_usage(budget)["holders"]
		self.assertEqual(
			(first["who"], first["used"], first["has"], first["low"]), ("Colleague", 41, 50, True)
		)
		self.assertEqual((second["who"], second["used"], second["low"]), ("Rep", 4.5, False))
		self.assertIn("41.00", first["used_text"])
		self.assertIn("9.00", first["left_text"])

	def test_usage_lists_periods_oldest_first(self):
		budget = self.budget(starts_on=add_months(getdate(), -6))
		policy = next(one for one, _named in budget_access.get_enabled_budgets() if one.name == budget.name)
		days = [get_first_day(add_months(getdate(), -back)) for back in (2, 1, 0)]
		for day in days:
			ledger.open_wallets(policy, [self.rep, self.colleague], day)
		gestures.record_gesture(self.customer, "coffee", cost=4.5)
		usage = self.get_usage(budget)
		self.assertEqual(
			[(one["used"], one["left"]) for one in usage["periods"]], [(0, 100), (0, 100), (4.5, 95.5)]
		)
		self.assertEqual(len(usage["holders"]), 2)

	def test_usage_counts_holders_beyond_the_limit(self):
		budget = self.budget(holders=[{"user": user} for user in (self.rep, self.colleague, self.lead)])
		policy = next(one for one, _named in budget_access.get_enabled_budgets() if one.name == budget.name)
		ledger.open_wallets(policy, [self.rep, self.colleague, self.lead], getdate())
		with patch.object(budget_service, "_MAX_HOLDERS", 2):
			usage = self.get_usage(budget)
		self.assertEqual((len(usage["holders"]), usage["more"]), (2, 1))

	def test_usage_without_budget_permission_is_refused(self):
		budget = self.budget()
		for user in (self.rep, self.outsider):
			with self.assertRaises(frappe.PermissionError):
				self.get_usage(budget, user)
		self.assertEqual(self.get_usage(budget, self.lead)["holders"], [])
