import frappe

from micro_experiences.desk import gestures, wallets
from micro_experiences.testing import SiteTestCase


class TestMyWallet(SiteTestCase):
	def test_before_its_first_use_it_is_full_and_not_opened(self):
		self.budget(title="Mine")
		before = frappe.db.count("Gesture Wallet")
		with self.freeze("2026-11-20"):
			(mine,) = wallets.mine()
		self.assertEqual((mine["title"], mine["left"], mine["used"], mine["has"]), ("Mine", 50, 0, 50))
		self.assertEqual((mine["refills"], mine["entries"]), ("refills on 1 Dec", []))
		self.assertEqual(frappe.db.count("Gesture Wallet"), before)

	def test_what_is_left_and_the_last_entries(self):
		self.budget()
		for number in range(11):
			gestures.give(self.customer, f"tea {number}", cost=1)
		(mine,) = wallets.mine()
		self.assertEqual((mine["left"], mine["used"], mine["has"]), (39, 11, 50))
		self.assertIn("39.00", mine["text"])
		self.assertEqual(len(mine["entries"]), 10)
		self.assertTrue(all(entry["what"].startswith("tea ") and entry["href"] for entry in mine["entries"]))
		self.assertEqual({entry["kind"] for entry in mine["entries"]}, {"Spend"})

	def test_the_one_that_pays_first_comes_first(self):
		self.budget(title="pool", budget_kind="Shared Pool")
		self.budget(title="month")
		self.budget(title="week", period="Week")
		self.assertEqual([one["title"] for one in wallets.mine()], ["week", "month", "pool"])

	def test_of_a_pool_only_what_i_may_see_has_words(self):
		self.budget(budget_kind="Shared Pool")
		with self.as_user(self.colleague):
			note = self.note("Just between us.", visibility="Only Me")
			gestures.give(self.customer, "a secret", cost=5, personal_note=note.name)
		gestures.give(self.customer, "coffee", cost=4)
		(mine,) = wallets.mine()
		self.assertEqual(mine["left"], 41)
		self.assertEqual({entry["what"] for entry in mine["entries"]}, {"coffee", None})
		self.assertEqual(sum(bool(entry["href"]) for entry in mine["entries"]), 1)

	def test_a_change_of_the_budget_says_its_reason(self):
		budget = self.budget()
		gestures.give(self.customer, "coffee", cost=4)
		with self.as_user(self.manager):
			doc = frappe.get_doc("Gesture Budget", budget.name)
			doc.amount = 60
			doc.save()
		(mine,) = wallets.mine()
		self.assertEqual((mine["left"], mine["has"]), (56, 60))
		(reason,) = (entry["what"] for entry in mine["entries"] if entry["kind"] == "Adjust")
		self.assertIn("60.00", reason)

	def test_a_kind_word_near_the_end(self):
		self.budget(starts_on="2026-01-01")
		with self.freeze("2026-11-24"):
			self.assertIsNone(wallets.mine()[0]["nudge"])
		with self.freeze("2026-11-25"):
			self.assertIn("30 Nov", wallets.mine()[0]["nudge"])

	def test_nobody_without_a_role_asks(self):
		self.assertEqual(wallets.mine(), [])
		with self.as_user(self.outsider), self.assertRaises(frappe.PermissionError):
			wallets.mine()
