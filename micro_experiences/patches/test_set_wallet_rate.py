"""Patch set_wallet_rate: sets the rate that a gesture was recorded with."""

import frappe

from micro_experiences.api import gestures
from micro_experiences.patches import set_wallet_rate
from micro_experiences.tests.utils import SiteTestCase


class TestSetWalletRate(SiteTestCase):
	def test_patch_sets_rate_used_when_recording(self):
		self.budget()
		foreign, third = ("ISK", "DKK")
		for values, rate in (
			({}, 1),
			# In another currency than the budget: the rate into the currency of the company.
			({"currency": foreign, "conversion_rate": 0.9234}, 0.9234),
			# A budget in a third currency.
			(
				{"currency": foreign, "conversion_rate": 0.5, "budget": third, "cost": 8, "wallet_amount": 2},
				0.25,
			),
		):
			with self.subTest(values):
				name = gestures.record_gesture(self.customer, "coffee", cost=5)["name"]
				budget = frappe.db.get_value("Gesture", name, "gesture_budget")
				currency = values.pop("budget", self.currency)
				frappe.db.set_value("Gesture Budget", budget, "currency", currency)
				frappe.db.set_value("Gesture", name, values | {"wallet_rate": 0})
				set_wallet_rate.execute()
				self.assertEqual(frappe.db.get_value("Gesture", name, "wallet_rate"), rate)
				set_wallet_rate.execute()
				self.assertEqual(frappe.db.get_value("Gesture", name, "wallet_rate"), rate)
				frappe.db.set_value("Gesture Budget", budget, "currency", self.currency)
