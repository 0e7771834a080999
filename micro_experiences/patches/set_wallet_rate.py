"""Set the wallet exchange rate of older gestures to the rate that was used to record them."""

import frappe
from frappe.query_builder import Case


def execute():
	gesture, budget, company = (frappe.qb.DocType(name) for name in ("Gesture", "Gesture Budget", "Company"))
	(
		frappe.qb.update(gesture)
		.join(budget)
		.on(budget.name == gesture.gesture_budget)
		.join(company)
		.on(company.name == gesture.company)
		.set(
			gesture.wallet_rate,
			Case()
			.when(budget.currency == gesture.currency, 1)
			.when(budget.currency == company.default_currency, gesture.conversion_rate)
			# An approximation from two rounded amounts.
			.when(gesture.cost != 0, gesture.wallet_amount / gesture.cost)
			.else_(0),
		)
		.where(gesture.wallet_rate == 0)
		.run()
	)
