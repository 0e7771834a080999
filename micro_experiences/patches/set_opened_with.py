"""Set the opening allowance of wallets created before budgets could change within a period."""

import frappe


def execute():
	wallet, entry = frappe.qb.DocType("Gesture Wallet"), frappe.qb.DocType("Gesture Wallet Entry")
	adjusted = frappe.qb.from_(entry).select(entry.gesture_wallet).where(entry.kind == "Adjust")
	(
		frappe.qb.update(wallet)
		.set(wallet.opened_with, wallet.allowance)
		.where((wallet.opened_with == 0) & wallet.name.notin(adjusted))
		.run()
	)
