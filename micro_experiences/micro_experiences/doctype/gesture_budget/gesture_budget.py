"""A budget policy: who may spend how much per period, and up to which amount without approval. It holds no
balance."""

import frappe
from frappe import _

from micro_experiences.domain import budgets as rules
from micro_experiences.domain.currencies import to_money
from micro_experiences.micro_experiences.doctype.gesture_budget_holder.gesture_budget_holder import (
	GestureBudgetHolder,
)
from micro_experiences.permissions import budget_access
from micro_experiences.permissions.confidential_document import ConfidentialDocument
from micro_experiences.services import accounting, ledger
from micro_experiences.utils.errors import domain_errors_as_frappe, throw
from micro_experiences.utils.formatting import format_money, get_currency_precision


class GestureBudget(ConfidentialDocument):
	"""A budget. Changes of its amount adjust the open wallets."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

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
	def __setup__(self):
		# Frappe would fill an empty currency with the site's; it is the company's.
		self.dont_update_if_missing = ["currency"]

	def before_validate(self):
		super().before_validate()
		if self.company and not self.currency:
			self.currency = frappe.get_cached_value("Company", self.company, "default_currency")

	def validate(self):
		self.validate_money()
		self.validate_holders()
		self.validate_frozen()
		self.validate_accounts()

	def validate_money(self):
		"""Round the amounts. Raises ValidationError for an invalid one."""
		labels = {field: self.meta.get_label(field) for field in rules.POLICY_MONEY_FIELDS}
		with domain_errors_as_frappe():
			precision = get_currency_precision(self.currency)
			self.update(rules.validate_policy_amounts(self.as_dict(), labels, precision))

	def validate_holders(self):
		"""Raise ValidationError without holders, or if a user is listed twice."""
		with domain_errors_as_frappe():
			rules.check_holders(self.as_dict(), [row.user for row in self.holders])

	def validate_frozen(self):
		"""Reject changes of the fields that existing wallets were opened with."""
		before = self.get_doc_before_save()
		if not before or not frappe.db.exists("Gesture Wallet", {"gesture_budget": self.name}):
			return
		for field in rules.FROZEN_POLICY_FIELDS:
			if self.get(field) != before.get(field):
				with domain_errors_as_frappe():
					raise rules.policy_field_frozen(self.meta.get_label(field))

	def validate_accounts(self):
		"""Check the accounts now rather than when a period is posted."""
		if self.post_to_ledger:
			accounting.validate_accounts(self)

	def on_update(self):
		before, amount = self.get_doc_before_save(), to_money(self.amount)
		if before and to_money(before.amount) != amount:
			old, new = (format_money(value, self.currency) for value in (to_money(before.amount), amount))
			ledger.adjust_wallets(self.name, amount, _("Budget changed from {0} to {1}").format(old, new))
		budget_access.clear_budget_cache()

	def on_trash(self):
		if frappe.db.exists("Gesture Wallet", {"gesture_budget": self.name}):
			throw(_("This budget has wallets and cannot be deleted. Disable it instead."))
		frappe.db.set_value("Gesture", {"gesture_budget": self.name}, "gesture_budget", None)
		budget_access.clear_budget_cache()
