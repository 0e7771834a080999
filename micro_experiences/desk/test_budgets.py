from unittest.mock import patch

import frappe
from frappe.desk.search import search_link
from frappe.utils import add_months, get_first_day, getdate

from micro_experiences.desk import budgets, gestures
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.testing import SiteTestCase, make_role


class TestInWords(SiteTestCase):
	def say(self, **values) -> dict:
		form = {
			"budget_kind": "Per Person",
			"amount": 50,
			"currency": "EUR",
			"period": "Month",
			"free_up_to": 20,
			"unspent": "Lapses",
		}
		with self.as_user(self.manager):
			return budgets.in_words(frappe.as_json(form | values))

	def setUp(self):
		super().setUp()
		with self.as_user("Administrator"):
			make_role("MX Test Role")
			for user in (self.rep, self.colleague):
				frappe.get_doc("User", user).add_roles("MX Test Role")

	def test_it_counts_the_people_of_a_role(self):
		said = self.say(for_role="MX Test Role")
		self.assertEqual(said["people"], 2)
		self.assertTrue(said["text"].startswith("Each of 2 people in MX Test Role may use "), said["text"])
		self.assertIn("50.00", said["text"])
		self.assertTrue(said["text"].endswith("; what is unspent lapses."), said["text"])
		self.assertEqual(said["usual_free_up_to"], 20)

	def test_nobody_is_counted_twice_and_who_is_disabled_not_at_all(self):
		with self.as_user("Administrator"):
			group = self.group(self.rep, self.lead)
		holders = [{"user": self.rep}, {"user": self.outsider}, {"user": None}]
		said = self.say(for_role="MX Test Role", for_user_group=group, holders=holders)
		self.assertEqual(said["people"], 4)
		self.assertTrue(said["text"].startswith("Each of 4 people may use "), said["text"])
		frappe.db.set_value("User", self.outsider, "enabled", 0)
		self.assertEqual(self.say(for_role="MX Test Role", holders=holders)["people"], 2)

	def test_administrator_is_no_colleague(self):
		with self.as_user("Administrator"):
			frappe.get_doc("User", "Administrator").add_roles("MX Test Role")
		self.assertEqual(self.say(for_role="MX Test Role")["people"], 2)

	def test_the_sentence_counts_whom_the_job_opens_wallets_for(self):
		budget = self.budget(holders=[{"user": self.lead}], for_role="MX Test Role")
		(named,) = (named for one, named in ledger.enabled_budgets() if one.name == budget.name)
		people = ledger.people(named["users"], named["for_role"])
		self.assertEqual(people, {self.rep, self.colleague, self.lead})
		self.assertEqual(self.say(for_role="MX Test Role", holders=[{"user": self.lead}])["people"], 3)

	def test_half_filled_in_it_says_nothing_and_fails_nowhere(self):
		for values in (
			{"currency": None},
			{"currency": "XXQ"},
			{"amount": None},
			{"amount": "abc"},
			{"amount": -1},
			{"period": None},
			{"for_role": ["like", "%"], "amount": 0},
		):
			with self.subTest(values):
				self.assertEqual(self.say(**values)["text"], "")
		self.assertIn("Nobody yet", self.say(for_role=["like", "%"])["text"])

	def test_only_for_those_who_read_budgets(self):
		for user in (self.rep, self.outsider):
			with self.as_user(user), self.assertRaises(frappe.PermissionError):
				budgets.in_words({})


class TestRoles(SiteTestCase):
	def found(self, user: str, text: str = "") -> list[str]:
		with self.as_user(user):
			rows = search_link("Role", text, query="micro_experiences.desk.budgets.roles", page_length=500)
			return [row["value"] for row in rows]

	def test_whoever_keeps_budgets_may_name_a_role(self):
		self.assertFalse(frappe.has_permission("Role", "read", user=self.manager))
		found = self.found(self.manager)
		self.assertTrue({"Sales User", "Sales Manager"} <= set(found))
		self.assertFalse({"All", "Guest", "Administrator"} & set(found))
		self.assertEqual(self.found(self.manager, "Sales U"), ["Sales User"])

	def test_and_nobody_else(self):
		for user in (self.rep, self.lead, self.outsider):
			with self.as_user(user), self.assertRaises(frappe.PermissionError):
				budgets.roles("Role", "", "name", 0, 10)


class TestStanding(SiteTestCase):
	def standing(self, budget, user=None) -> dict:
		with self.as_user(user or self.manager):
			return budgets.standing(budget.name)

	def test_who_used_what_the_one_who_used_most_first(self):
		budget = self.budget()
		gestures.give(self.customer, "coffee", cost=4.5)
		with self.as_user(self.colleague):
			gestures.give(self.customer, "book", cost=20)
			gestures.give(self.customer, "flowers", cost=20)
			gestures.give(self.customer, "tea", cost=1)
		first, second = self.standing(budget)["holders"]
		self.assertEqual(
			(first["who"], first["used"], first["has"], first["low"]), ("Colleague", 41, 50, True)
		)
		self.assertEqual((second["who"], second["used"], second["low"]), ("Rep", 4.5, False))
		self.assertIn("41.00", first["used_text"])
		self.assertIn("9.00", first["left_text"])

	def test_the_last_periods_the_oldest_first(self):
		budget = self.budget(starts_on=add_months(getdate(), -6))
		policy = next(one for one, _named in ledger.enabled_budgets() if one.name == budget.name)
		days = [get_first_day(add_months(getdate(), -back)) for back in (2, 1, 0)]
		for day in days:
			ledger.open_wallets(policy, [self.rep, self.colleague], day)
		gestures.give(self.customer, "coffee", cost=4.5)
		told = self.standing(budget)
		self.assertEqual(
			[(one["used"], one["left"]) for one in told["periods"]], [(0, 100), (0, 100), (4.5, 95.5)]
		)
		self.assertEqual(len(told["holders"]), 2)

	def test_a_period_is_named_with_its_year_only_where_its_day_would_not_tell_it(self):
		budget = self.budget(starts_on=add_months(getdate(), -14))
		policy = next(one for one, _named in ledger.enabled_budgets() if one.name == budget.name)
		days = [get_first_day(add_months(getdate(), -back)) for back in (13, 11, 0)]
		for day in days:
			ledger.open_wallets(policy, [self.rep], day)
		labels = [one["label"] for one in self.standing(budget)["periods"]]
		self.assertEqual(
			[str(day.year) in label for day, label in zip(days, labels, strict=True)], [True, False, False]
		)

	def test_of_many_holders_the_others_are_counted(self):
		budget = self.budget(holders=[{"user": user} for user in (self.rep, self.colleague, self.lead)])
		policy = next(one for one, _named in ledger.enabled_budgets() if one.name == budget.name)
		ledger.open_wallets(policy, [self.rep, self.colleague, self.lead], getdate())
		with patch.object(budgets, "_MOST_HOLDERS", 2):
			told = self.standing(budget)
		self.assertEqual((len(told["holders"]), told["more"]), (2, 1))

	def test_not_for_those_who_do_not_read_budgets(self):
		budget = self.budget()
		for user in (self.rep, self.outsider):
			with self.assertRaises(frappe.PermissionError):
				self.standing(budget, user)
		self.assertEqual(self.standing(budget, self.lead)["holders"], [])
