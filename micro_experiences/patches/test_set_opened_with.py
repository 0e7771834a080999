"""Patch set_opened_with: sets the opening allowance of older wallets."""

import frappe

from micro_experiences.api import gestures
from micro_experiences.patches import set_opened_with
from micro_experiences.services import ledger
from micro_experiences.tests.utils import SiteTestCase


class TestSetOpenedWith(SiteTestCase):
	def test_patch_sets_opening_allowance(self):
		policy = self.budget()
		gestures.record_gesture(self.customer, "coffee", cost=5)
		frappe.db.set_value("Gesture Wallet", {"gesture_budget": policy.name}, "opened_with", 0)
		self.assertEqual(len(ledger.find_differences()), 1)
		set_opened_with.execute()
		self.assertEqual(ledger.find_differences(), [])
		set_opened_with.execute()
		self.assertEqual(ledger.find_differences(), [])
