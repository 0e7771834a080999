import frappe

from micro_experiences.desk import gestures
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.patches import set_opened_with
from micro_experiences.testing import SiteTestCase


class TestSetOpenedWith(SiteTestCase):
	def test_an_older_wallet_was_opened_with_what_it_has(self):
		policy = self.budget()
		gestures.give(self.customer, "coffee", cost=5)
		frappe.db.set_value("Gesture Wallet", {"gesture_budget": policy.name}, "opened_with", 0)
		self.assertEqual(len(ledger.differences()), 1)
		set_opened_with.execute()
		self.assertEqual(ledger.differences(), [])
		set_opened_with.execute()
		self.assertEqual(ledger.differences(), [])
