"""The wallets of the session user with their last entries."""

import frappe
from frappe.utils import add_months, getdate

from micro_experiences.api import gestures, wallets
from micro_experiences.tests.utils import SiteTestCase


class TestMyWallets(SiteTestCase):
	def test_unused_wallet_is_full_and_not_opened(self):
		self.budget(title="Mine")
		before = frappe.db.count("Gesture Wallet")
		with self.freeze("2026-11-20"):
			(mine,) = wallets.get_my_wallets()["wallets"]
		self.assertEqual((mine["title"], mine["left"], mine["used"], mine["has"]), ("Mine", 50, 0, 50))
		self.assertEqual((mine["refills"], mine["history"]), ("refills on 1 Dec", None))
		self.assertEqual(frappe.db.count("Gesture Wallet"), before)

	def test_wallet_shows_balance_and_last_entries(self):
		self.budget()
		for number in range(11):
			gestures.record_gesture(self.customer, f"tea {number}", cost=1)
		(mine,) = wallets.get_my_wallets()["wallets"]
		self.assertEqual((mine["left"], mine["used"], mine["has"]), (39, 11, 50))
		self.assertIn("39.00", mine["text"])
		*spent, allowance = mine["history"]["entries"]
		self.assertEqual(len(spent), 11)
		self.assertTrue(all(entry["what"].startswith("tea ") and entry["href"] for entry in spent))
		self.assertEqual(
			{(entry["kind"], entry["amount"]) for entry in spent}, {("Spend", "\N{MINUS SIGN} € 1.00")}
		)
		self.assertEqual((allowance["kind"], allowance["amount"]), ("Allowance", "+ € 50.00"))

	def test_history_shows_reserved_money_carried_over_money_and_earlier_periods(self):
		self.budget(unspent="Carries Over", carry_over_limit=30)
		gestures.record_gesture(self.customer, "coffee", cost=5)
		with self.freeze(add_months(getdate(), 1)):
			gestures.record_gesture(self.customer, "dinner", cost=28)
			history = wallets.get_my_wallets()["wallets"][0]["history"]
		self.assertEqual(
			[(entry["kind"], entry["amount"]) for entry in history["entries"]],
			[("Commit", "\N{MINUS SIGN} € 28.00"), ("Carry Over", "+ € 30.00"), ("Allowance", "+ € 50.00")],
		)
		self.assertEqual(
			[(row["what"], row["kind"], row["amount"]) for row in history["reserved"]],
			[("dinner", "Awaiting Approval", "€ 28.00")],
		)
		self.assertEqual([row["amount"] for row in history["earlier"]], ["€ 5.00 spent"])

	def test_wallet_that_pays_first_is_first(self):
		self.budget(title="pool", budget_kind="Shared Pool")
		self.budget(title="month")
		self.budget(title="week", period="Week")
		self.assertEqual(
			[one["title"] for one in wallets.get_my_wallets()["wallets"]], ["week", "month", "pool"]
		)

	def test_pool_entries_show_only_visible_gestures(self):
		self.budget(budget_kind="Shared Pool")
		with self.as_user(self.colleague):
			note = self.note("Just between us.", visibility="Only Me")
			gestures.record_gesture(self.customer, "a secret", cost=5, personal_note=note.name)
		gestures.record_gesture(self.customer, "coffee", cost=4)
		(mine,) = wallets.get_my_wallets()["wallets"]
		self.assertEqual(mine["left"], 41)
		self.assertEqual({entry["what"] for entry in mine["history"]["entries"]}, {"coffee", None})
		self.assertEqual(sum(bool(entry["href"]) for entry in mine["history"]["entries"]), 1)

	def test_changed_budget_shows_reason(self):
		budget = self.budget()
		gestures.record_gesture(self.customer, "coffee", cost=4)
		with self.as_user(self.manager):
			doc = frappe.get_doc("Gesture Budget", budget.name)
			doc.amount = 60
			doc.save()
		(mine,) = wallets.get_my_wallets()["wallets"]
		self.assertEqual((mine["left"], mine["has"]), (56, 60))
		(reason,) = (entry["what"] for entry in mine["history"]["entries"] if entry["kind"] == "Adjust")
		self.assertIn("60.00", reason)

	def test_hint_appears_near_the_end_of_the_period(self):
		self.budget(starts_on="2026-01-01")
		with self.freeze("2026-11-24"):
			self.assertIsNone(wallets.get_my_wallets()["wallets"][0]["nudge"])
		with self.freeze("2026-11-25"):
			self.assertIn("30 Nov", wallets.get_my_wallets()["wallets"][0]["nudge"])

	def test_wallets_without_role_are_refused(self):
		self.assertEqual(wallets.get_my_wallets(), {"wallets": [], "notice": None})
		with self.as_user(self.outsider), self.assertRaises(frappe.PermissionError):
			wallets.get_my_wallets()
