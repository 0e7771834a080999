"""Patch reserve_requested_money: old requests reserve their money where the wallet holds it."""

import frappe

from micro_experiences.api import gestures
from micro_experiences.patches import reserve_requested_money
from micro_experiences.services import ledger
from micro_experiences.tests.utils import SiteTestCase


class TestReserveRequestedMoney(SiteTestCase):
	def make_old_request(self, cost: float) -> str:
		"""Return a request as the app made it before: without a wallet and without an entry."""
		name = gestures.record_gesture(self.customer, "flowers", cost=cost)["name"]
		wallet = frappe.db.get_value("Gesture", name, "gesture_wallet")
		frappe.db.delete("Gesture Wallet Entry", {"gesture": name})
		frappe.db.set_value("Gesture Wallet", wallet, "committed", 0)
		frappe.db.set_value("Gesture", name, "gesture_wallet", None)
		return name

	def test_patch_reserves_what_the_wallet_holds_and_leaves_the_rest(self):
		policy = self.budget()
		first, second = self.make_old_request(30), self.make_old_request(40)
		with self.as_user("Administrator"):
			reserve_requested_money.execute()
			reserve_requested_money.execute()
		wallets = [frappe.db.get_value("Gesture", name, "gesture_wallet") for name in (first, second)]
		self.assertEqual([bool(wallet) for wallet in wallets], [True, False])
		row = frappe.get_doc("Gesture Wallet", {"gesture_budget": policy.name})
		self.assertEqual((row.committed, row.spent), (30, 0))
		self.assertEqual(ledger.find_differences() + ledger.find_gestures_without_entry(), [])
		with self.as_user(self.lead):
			gestures.approve(first)
			gestures.decline(second, "Too much")
		self.assertEqual(ledger.find_differences() + ledger.find_gestures_without_entry(), [])
