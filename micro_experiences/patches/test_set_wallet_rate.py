import frappe

from micro_experiences.desk import gestures
from micro_experiences.patches import set_wallet_rate
from micro_experiences.testing import SiteTestCase


class TestSetWalletRate(SiteTestCase):
	def test_a_gesture_gets_the_rate_that_it_was_booked_with(self):
		self.budget()
		foreign, third = ("ISK", "DKK")
		for values, rate in (
			({}, 1),
			# In another currency than the budget: at the rate into that of the company.
			({"currency": foreign, "conversion_rate": 0.9234}, 0.9234),
			# The budget keeps a currency of its own.
			(
				{"currency": foreign, "conversion_rate": 0.5, "budget": third, "cost": 8, "wallet_amount": 2},
				0.25,
			),
		):
			with self.subTest(values):
				name = gestures.give(self.customer, "coffee", cost=5)["name"]
				budget = frappe.db.get_value("Gesture", name, "gesture_budget")
				currency = values.pop("budget", self.currency)
				frappe.db.set_value("Gesture Budget", budget, "currency", currency)
				frappe.db.set_value("Gesture", name, values | {"wallet_rate": 0})
				set_wallet_rate.execute()
				self.assertEqual(frappe.db.get_value("Gesture", name, "wallet_rate"), rate)
				set_wallet_rate.execute()
				self.assertEqual(frappe.db.get_value("Gesture", name, "wallet_rate"), rate)
				frappe.db.set_value("Gesture Budget", budget, "currency", self.currency)
