"""The admin's policy: who, how much, per which period, free up to what. It holds no balance."""

import frappe
from frappe import _

from micro_experiences.desk.safely import never_fail_writing
from micro_experiences.desk.words import money, refusing
from micro_experiences.domain import budget as rules
from micro_experiences.micro_experiences.doctype.gesture_wallet import books, ledger
from micro_experiences.privacy.sealed import Sealed

# The fields of a budget that name a role or a group.
_NAMED = {"Role": ("for_role", "approver_role"), "User Group": ("for_user_group",)}


class GestureBudget(Sealed):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		from micro_experiences.micro_experiences.doctype.gesture_budget_holder.gesture_budget_holder import (
			GestureBudgetHolder,
		)

		amount: DF.Currency
		approver_role: DF.Link | None
		budget_kind: DF.Literal["Per Person", "Shared Pool"]
		cap_per_recipient: DF.Currency
		carry_over_limit: DF.Currency
		company: DF.Link
		cost_center: DF.Link | None
		currency: DF.Link
		enabled: DF.Check
		expense_account: DF.Link | None
		for_role: DF.Link | None
		for_user_group: DF.Link | None
		free_up_to: DF.Currency
		holders: DF.Table[GestureBudgetHolder]
		paid_from_account: DF.Link | None
		period: DF.Literal["Week", "Month", "Quarter", "Half-Year", "Fiscal Year"]
		post_to_ledger: DF.Check
		starts_on: DF.Date
		title: DF.Data
		unspent: DF.Literal["Lapses", "Carries Over"]

	# end: auto-generated types
	def before_validate(self):
		if self.company and not self.currency:
			self.currency = frappe.get_cached_value("Company", self.company, "default_currency")

	def validate(self):
		self.validate_money()
		self.validate_holders()
		self.validate_frozen()
		self.validate_books()

	def validate_money(self):
		labels = {field: self.meta.get_label(field) for field in rules.POLICY_MONEY}
		with refusing():
			self.update(rules.checked_policy(self.as_dict(), labels))

	def validate_holders(self):
		with refusing():
			rules.check_holders(self.as_dict(), [row.user for row in self.holders])

	def validate_frozen(self):
		"""What wallets were opened with cannot turn into something else under them."""
		before = self.get_doc_before_save()
		if not before or not frappe.db.exists("Gesture Wallet", {"gesture_budget": self.name}):
			return
		for field in rules.POLICY_FROZEN:
			if self.get(field) != before.get(field):
				with refusing():
					raise rules.policy_frozen(self.meta.get_label(field))

	def validate_books(self):
		"""Better said here than on the day when a period is to be posted."""
		if self.post_to_ledger:
			books.check_places(self)

	def on_update(self):
		before, amount = self.get_doc_before_save(), rules.to_money(self.amount)
		if before and rules.to_money(before.amount) != amount:
			old, new = (money(value, self.currency) for value in (rules.to_money(before.amount), amount))
			ledger.adjust_wallets(self.name, amount, _("The budget changed from {0} to {1}").format(old, new))
		ledger.forget_budgets()

	def on_trash(self):
		if frappe.db.exists("Gesture Wallet", {"gesture_budget": self.name}):
			frappe.throw(_("Money was used from this budget, so it stays. You can disable it instead."))
		frappe.db.set_value("Gesture", {"gesture_budget": self.name}, "gesture_budget", None)
		ledger.forget_budgets()


@never_fail_writing
def somebody_deleted(doc, method=None) -> None:
	"""`on_trash` of a Role, a User Group or a User: no budget names it any more, so that none stands in the way; a budget
	that is for nobody now is disabled. Without an approver's role a Micro Experiences Manager decides."""
	for field in _NAMED.get(doc.doctype, ()):
		frappe.db.set_value("Gesture Budget", {field: doc.name}, field, None)
	if doc.doctype == "User":
		frappe.db.delete("Gesture Budget Holder", {"user": doc.name})
	enabled = frappe.get_all(
		"Gesture Budget", filters={"enabled": 1}, fields=["name", "for_role", "for_user_group"]
	)
	for budget in enabled:
		users = frappe.get_all("Gesture Budget Holder", filters={"parent": budget.name}, pluck="user")
		if not rules.is_for_somebody(budget, users):
			frappe.db.set_value("Gesture Budget", budget.name, "enabled", 0)
	ledger.forget_budgets()
