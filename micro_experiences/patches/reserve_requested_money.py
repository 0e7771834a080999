"""Reserve the money of gestures that await approval, as requests do now. Oldest first, as far as the wallets reach.

A request without enough money stays as it is: approving it commits its money, or is refused then.
"""

import frappe
from frappe.utils import getdate

from micro_experiences.domain.ledger import get_lines_for_transition
from micro_experiences.permissions.budget_access import clear_budget_cache, get_user_budgets
from micro_experiences.services import ledger
from micro_experiences.utils.errors import InsufficientBalance


def execute():
	clear_budget_cache()
	requests = frappe.get_all(
		"Gesture",
		filters={
			"status": "Awaiting Approval",
			"wallet_amount": (">", 0),
			"gesture_wallet": ("is", "not set"),
		},
		order_by="creation asc, name asc",
		pluck="name",
	)
	for name in requests:
		frappe.db.savepoint("reserve")
		try:
			_reserve(frappe.get_doc("Gesture", name, for_update=True))
		except InsufficientBalance:
			frappe.db.rollback(save_point="reserve")
	frappe.clear_messages()


def _reserve(gesture) -> None:
	budgets = get_user_budgets(gesture.given_by, gesture.company)
	budget = next((one for one in budgets if one.name == gesture.gesture_budget), None)
	if not budget:
		return
	wallet = ledger.open_wallet(budget, gesture.given_by, getdate())
	ledger.record_entries(wallet, gesture.name, get_lines_for_transition("", gesture.status, gesture.amount))
	gesture.db_set("gesture_wallet", wallet, update_modified=False)
