"""Wallets are opened at the start of a period, and proved every night."""

import frappe
from frappe.utils import getdate

from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger


def mx_open_wallets() -> None:
	"""Daily: open the wallets of the people that a budget names. Those of a role are opened on first use.

	A budget that cannot be opened, such as one by the fiscal year when there is none yet, stops no other.
	"""
	today = getdate()
	for budget, named in ledger.enabled_budgets():
		if budget.starts_on > today:
			continue
		frappe.db.savepoint("open_wallets")
		try:
			for user in [""] if budget.budget_kind == "Shared Pool" else named["users"]:
				ledger.open_wallet(budget, user, today)
		except (frappe.ValidationError, ValueError):
			frappe.db.rollback(save_point="open_wallets")
			frappe.log_error(title=f"Micro Experiences: the wallets of {budget.title} cannot be opened")


def mx_prove_wallets() -> None:
	"""Nightly: every wallet equals its entries. A difference is reported with its rows, never mended in silence."""
	if rows := ledger.differences():
		frappe.log_error(
			title="Micro Experiences: wallets differ from their entries", message=frappe.as_json(rows)
		)
