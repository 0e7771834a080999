from unittest.mock import patch

import frappe
from frappe.utils import add_days, add_months, today

from micro_experiences.desk import banner, gestures
from micro_experiences.desk.words import NoBudget
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.testing import SiteTestCase, books_of, make_role, make_user


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

	def test_a_role_a_group_and_a_user_are_deleted_and_a_budget_for_nobody_is_disabled(self):
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
		self.assertEqual([one.title for one in ledger.budgets_of(self.rep)], ["Some"])

	def test_an_account_that_a_budget_posts_to_stays(self):
		accounts = books_of(self.company)
		self.budget(**accounts)
		with self.as_user("Administrator"), self.assertRaises(frappe.LinkExistsError):
			frappe.delete_doc("Account", accounts["expense_account"])

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


class TestPolicyChange(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.policy = self.budget()
		gestures.give(self.customer, "flowers", cost=20)
		gestures.give(self.customer, "a book", cost=15)

	def change(self, amount: float) -> None:
		with self.as_user("Administrator"):
			self.policy.reload()
			self.policy.update({"amount": amount}).save()

	def wallet(self):
		return frappe.get_doc("Gesture Wallet", {"gesture_budget": self.policy.name, "holder": self.rep})

	def adjusted(self) -> list[tuple[float, str]]:
		rows = frappe.get_all(
			"Gesture Wallet Entry",
			filters={"gesture_wallet": self.wallet().name, "kind": "Adjust"},
			fields=["amount", "reason"],
			order_by="entry_key asc",
		)
		return [(row.amount, row.reason) for row in rows]

	def test_more_reaches_open_wallets_at_once_with_the_reason(self):
		self.change(80)
		self.assertEqual(self.wallet().allowance, 80)
		((amount, reason),) = self.adjusted()
		self.assertEqual(amount, 30)
		self.assertIn("50.00", reason)
		self.assertIn("80.00", reason)
		self.assertEqual(ledger.wallets_of(self.rep)[0].left, 45)
		self.assertEqual(ledger.differences(), [])

	def test_less_never_takes_what_is_used(self):
		self.change(40)
		self.assertEqual(ledger.wallets_of(self.rep)[0].left, 5)
		self.change(10)
		self.assertEqual((self.wallet().allowance, ledger.wallets_of(self.rep)[0].left), (35, 0))
		self.change(60)
		self.assertEqual([amount for amount, _reason in self.adjusted()], [-10, -5, 25])
		self.assertEqual(ledger.wallets_of(self.rep)[0].left, 25)
		self.assertEqual(ledger.differences(), [])

	def test_saved_without_a_change_of_the_amount_it_adjusts_nothing(self):
		with self.as_user("Administrator"):
			self.policy.reload()
			self.policy.update({"title": "Another name", "free_up_to": 5}).save()
		self.assertEqual(self.adjusted(), [])

	def test_a_wallet_of_the_past_stays_as_it_was(self):
		with self.freeze(add_months(today(), 1)):
			self.change(80)
			self.assertEqual(self.wallet().allowance, 50)

	def test_whoever_leaves_keeps_what_is_booked_and_spends_no_more(self):
		with self.as_user("Administrator"):
			self.policy.reload()
			self.policy.holders = [row for row in self.policy.holders if row.user != self.rep]
			self.policy.save()
		self.assertEqual(ledger.wallets_of(self.rep), [])
		self.assertRaises(NoBudget, gestures.give, self.customer, "tea", cost=1)
		self.assertEqual(self.wallet().spent, 35)
