"""A small kind act for one customer, which may cost money.

Not submittable, because a submitted document linked to an invoice would block cancelling that invoice. Each status
change that moves money is booked by the ledger in the same transaction.
"""

from datetime import date
from decimal import Decimal
from functools import cached_property, partial

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import flt, getdate, now_datetime

from micro_experiences.domain import gesture_plans
from micro_experiences.domain import gestures as rules
from micro_experiences.domain.budgets import (
	ZERO,
	check_recipient_cap,
	counts_towards_cap,
	get_cap_start,
	insufficient_balance,
	request_beyond_balance,
)
from micro_experiences.domain.currencies import round_amount, to_money
from micro_experiences.domain.never_notes import CLEAR_VERDICT, NeverVerdict
from micro_experiences.permissions import budget_access
from micro_experiences.permissions.confidential_document import ConfidentialDocument
from micro_experiences.permissions.roles import is_manager
from micro_experiences.permissions.visibility import can_read_customer, validate_source
from micro_experiences.services import approvals, ledger, never_notes, planned_gestures
from micro_experiences.services.gestures import (
	get_conversion_rate,
	get_default_company,
	get_missing_budget_error,
	get_total_given_since,
)
from micro_experiences.utils.errors import domain_errors_as_frappe, throw
from micro_experiences.utils.formatting import get_currency_precision
from micro_experiences.utils.touchpoints import check_touchpoint
from micro_experiences.utils.user_time import get_user_today


class Gesture(ConfidentialDocument):
	"""A gesture. `domain.gestures` decides each change of its status, and this class carries it out."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		approved_on: DF.Datetime | None
		approver: DF.Link | None
		base_cost: DF.Currency
		company: DF.Link
		confidential: DF.Check
		contact: DF.Link | None
		conversion_rate: DF.Float
		cost: DF.Currency
		currency: DF.Link | None
		customer: DF.Link | None
		decline_reason: DF.SmallText | None
		follow_up: DF.Data | None
		gesture_budget: DF.Link | None
		gesture_type: DF.Link | None
		gesture_wallet: DF.Data | None
		given_by: DF.Link | None
		given_on: DF.Date | None
		message: DF.SmallText | None
		never_notes_confirmed: DF.Check
		override_reason: DF.SmallText | None
		personal_note: DF.Data | None
		planned_on: DF.Date | None
		reaction: DF.Literal["", "Delighted", "Pleased", "No Reaction", "Missed"]
		reference_doctype: DF.Link | None
		reference_name: DF.DynamicLink | None
		sent_key: DF.Data | None
		share_story: DF.Check
		status: DF.Literal[
			"Idea", "Planned", "Awaiting Approval", "Approved", "Given", "Declined", "Cancelled"
		]
		story: DF.SmallText | None
		wallet_amount: DF.Currency
		wallet_rate: DF.Float
		what: DF.Data

	# end: auto-generated types
	def __setup__(self):
		# Frappe would fill an empty currency with the site's; it is the budget's or the company's.
		self.dont_update_if_missing = ["currency"]

	def before_insert(self):
		super().before_insert()
		self.given_by = self.given_by or frappe.session.user
		me = frappe.session.user
		with domain_errors_as_frappe():
			rules.check_giver(self.given_by, me, manager=is_manager(me))
		self.approver, self.approved_on, self.decline_reason = None, None, None
		self.given_on = self.gesture_wallet = self.follow_up = None
		self.confidential = 0

	def onload(self):
		super().onload()
		me = frappe.session.user
		can_write = self.get_onload("micro_experiences_can_write")
		can_decide = self.can_decide(me)
		self.set_onload(
			"micro_experiences_moves",
			rules.get_available_statuses(self.status, can_write=can_write, can_decide=can_decide),
		)
		if can_decide and self.status == "Awaiting Approval":
			self.set_onload("micro_experiences_request", approvals.describe_request(self))
		self.set_onload("micro_experiences_frozen", rules.get_frozen_fields(self.status))
		self.set_onload(
			"micro_experiences_can_correct",
			rules.can_correct_price(
				self.status, me, self.given_by, can_decide=can_decide, wallet=self.gesture_wallet
			),
		)

	def validate(self):
		before = self.get_doc_before_save()
		self.old_status = before.status if before else ""
		self.was_planned_on = getdate(before.planned_on) if before and before.planned_on else None
		self.is_reserved = bool(before and before.gesture_wallet)
		self.clear_paying_wallet()
		self.validate_status_change()
		self.validate_customer()
		validate_source(self, before)
		check_touchpoint(self, before)
		if before:
			self.restore_decision_fields(before)
			self.validate_giver(before)
		self.validate_planned_day()
		if rules.can_change_price(self.old_status, self.status):
			self.set_money()
		elif before:
			self.validate_frozen(before)
		self.restore_override_reason(before)
		self.take_step()
		self.set_paying_wallet()

	def restore_override_reason(self, before: Document | None):
		"""Keep the reason that a manager gave, as long as the gesture stays the same. Nobody else can write it."""
		if is_manager(frappe.session.user):
			return
		fields = ("customer", "gesture_type", "what", "message")
		is_same = before and all((before.get(field) or "") == (self.get(field) or "") for field in fields)
		self.override_reason = before.override_reason if is_same else None

	def restore_decision_fields(self, before: Document):
		"""Restore the fields that only a decision writes, whatever a form or an import sends."""
		for field in ("approver", "approved_on", "given_on", "confidential", "follow_up"):
			self.set(field, before.get(field))
		if self.status != "Declined" or self.old_status == "Declined":
			self.decline_reason = before.decline_reason

	def validate_giver(self, before: Document):
		"""Raise PermissionError if the giver changes: the gesture is paid from their wallet."""
		if (self.given_by or None) != (before.given_by or None) and not is_manager(frappe.session.user):
			throw(
				_("Given By cannot be changed because the gesture is paid from that user's wallet."),
				frappe.PermissionError,
			)
		if before.given_by and not self.given_by:
			throw(_("Choose who gives the gesture."))

	def validate_status_change(self):
		"""Raise ValidationError for a status change that is not allowed."""
		with domain_errors_as_frappe():
			rules.check_status_change(self.old_status, self.status)

	def validate_planned_day(self):
		"""Raise ValidationError if the gesture is newly planned for, or moved to, a day in the past."""
		planned_on = getdate(self.planned_on) if self.planned_on else None
		before = (self.old_status, self.was_planned_on)
		if gesture_plans.is_planned_day_checked(self.status, planned_on, before):
			with domain_errors_as_frappe():
				gesture_plans.check_planned_day(planned_on, get_user_today())

	def validate_customer(self):
		"""Check that the session user may open the customer, who is required in a new gesture."""
		# The customer of an old gesture may have been deleted. Its ledger entries stay.
		if self.is_new() and not self.customer:
			throw(_("Choose a customer."))
		if self.customer and not can_read_customer(self.customer, frappe.session.user):
			throw(
				_("You do not have permission to open this customer. Nothing was saved."),
				frappe.PermissionError,
			)

	def validate_frozen(self, before: Document):
		"""Raise ValidationError if a field changes on which ledger entries depend."""
		for field in rules.FROZEN_FIELDS:
			df = self.meta.get_field(field)
			old, new = before.get(field), self.get(field)
			same = (
				flt(old) == flt(new)
				if df.fieldtype in ("Currency", "Float")
				else (old or None) == (new or None)
			)
			if not same:
				with domain_errors_as_frappe():
					raise rules.field_frozen(df.label, before.status)
		self.gesture_wallet = before.gesture_wallet

	def set_money(self):
		"""Set the budget that pays, and the cost in the currencies of the company and of the budget."""
		with domain_errors_as_frappe():
			cost = rules.parse_cost(self.cost)
		self.gesture_wallet = None
		self.update(
			rules.get_pricing_fields(
				self,
				self.paying_budget if cost else None,
				default_company=get_default_company,
				currency_of=get_company_currency,
				rate=get_conversion_rate,
			)
		)
		self.update(self.get_amounts(self.cost))

	def get_amounts(self, cost: object) -> dict[str, float]:
		"""Return the fields for a cost: in its own currency, the company's and the wallet's, at the booked rates and in the
		precision of each currency. Raises ValidationError for less than the smallest amount."""
		own = get_company_currency(self.company)
		paid_in = self.gesture_budget and frappe.get_cached_value(
			"Gesture Budget", self.gesture_budget, "currency"
		)
		with domain_errors_as_frappe():
			exact = rules.parse_cost(cost)
			amount = round_amount(exact, get_currency_precision(self.currency), self.currency)
			converted = amount * to_money(self.wallet_rate)
			booked = round_amount(converted, get_currency_precision(paid_in), paid_in) if paid_in else ZERO
		base = to_money(amount * to_money(self.conversion_rate), get_currency_precision(own))
		return {"cost": flt(amount), "base_cost": flt(base), "wallet_amount": flt(booked)}

	@cached_property
	def paying_budget(self) -> budget_access.Budget | None:
		"""The chosen budget if the giver may use it, else the first that fits. An idea may still have none."""
		with domain_errors_as_frappe():
			return rules.choose_budget(
				budget_access.get_user_budgets(self.given_by, self.company),
				self.gesture_budget,
				required=rules.is_checked_against_budget(self.old_status, self.status),
				missing=lambda: get_missing_budget_error(self.given_by, self.company),
			)

	def clear_paying_wallet(self):
		"""Clear the cached budget, wallet and day of an earlier save."""
		for name in ("paying_budget", "paying_wallet", "paying_day"):
			self.__dict__.pop(name, None)

	@cached_property
	def paying_wallet(self) -> ledger.Wallet:
		"""The wallet of the budget that pays, which may not be opened yet. One query."""
		return ledger.get_wallet(self.paying_budget, self.given_by, self.paying_day)

	@cached_property
	def paying_day(self) -> date:
		"""A day in the period that pays, for the status that the user wants."""
		planned_on = getdate(self.planned_on) if self.planned_on and self.status != "Given" else None
		return self.paying_budget.get_paying_day(planned_on, getdate())

	@property
	def amount(self) -> Decimal:
		"""The amount that is booked in the wallet, in its currency."""
		return to_money(self.wallet_amount)

	def take_step(self):
		"""Apply the fields that the rules set for this status change. They raise if it is not allowed."""
		facts = self.get_step_facts()
		with domain_errors_as_frappe():
			self.update(rules.get_step_changes(self.old_status, self.status, facts))

	def get_step_facts(self) -> rules.StepFacts:
		"""Look up what the rules for this status change depend on."""
		old, new, me = self.old_status, self.status, frappe.session.user
		commits, decides = rules.is_commitment(old, new), rules.is_decision(old, new)
		is_checked = self.amount and rules.is_checked_against_budget(old, new)
		has_new_words = self.has_new_words()
		return rules.StepFacts(
			user=me,
			now=now_datetime(),
			manager=is_manager(me),
			amount=self.amount,
			funds=self.get_funds() if is_checked else None,
			note=self.get_note_visibility() if is_checked else None,
			cap=self.get_customer_cap() if commits else None,
			never=self.get_never_verdict() if commits or has_new_words else CLEAR_VERDICT,
			override_reason=self.override_reason,
			never_notes_confirmed=bool(self.never_notes_confirmed),
			has_new_words=has_new_words,
			can_decide=decides and self.can_decide(me),
			approver_role=self.get_approver_role() if decides else "",
		)

	def has_new_words(self) -> bool:
		"""Return whether the words of a gesture change that was already planned, requested or given."""
		before = self.get_doc_before_save()
		if not before or self.status in ("Idea", "Declined", "Cancelled"):
			return False
		return any((before.get(field) or "") != (self.get(field) or "") for field in ("what", "message"))

	def get_never_verdict(self) -> NeverVerdict:
		"""Return whether a Never note of the customer rules this gesture out."""
		if not self.customer:
			return CLEAR_VERDICT
		return never_notes.get_verdict(self.customer, self.gesture_type, self.what, self.message)

	def get_funds(self) -> rules.Funds:
		"""Return what is left in the wallet of the budget that pays."""
		wallet = self.paying_wallet
		return rules.Funds(wallet.budget, wallet.left, wallet.period_end)

	def get_note_visibility(self) -> tuple[str, bool] | None:
		"""Return the visibility of the note behind the gesture, and whether it is sensitive."""
		note = self.personal_note and frappe.db.get_value(
			"Personal Note", self.personal_note, ["visibility", "sensitive"], as_dict=True
		)
		return (note.visibility, bool(note.sensitive)) if note else None

	def get_customer_cap(self) -> rules.CustomerCap | None:
		"""Return what the customer receives from all users within twelve months, and the limit of the budget.

		Locks the row of the customer, so that two gestures at the same time count each other.
		"""
		if not (self.amount and self.customer):
			return None
		budget = self.__dict__.get("paying_budget") or frappe.db.get_value(
			"Gesture Budget", self.gesture_budget, ["cap_per_recipient", "currency"], as_dict=True
		)
		if not budget or not budget.cap_per_recipient:
			return None
		frappe.db.get_value("Customer", self.customer, "name", for_update=True)
		own = get_company_currency(self.company)
		return rules.CustomerCap(
			to_money(self.base_cost),
			get_total_given_since(self.customer, self.company, get_cap_start(getdate()), self.name),
			to_money(flt(budget.cap_per_recipient) * get_conversion_rate(budget.currency, own)),
			own,
		)

	def get_approver_role(self) -> str:
		"""Return the role that decides about this gesture."""
		return rules.get_approver_role(
			self.gesture_budget
			and frappe.db.get_value("Gesture Budget", self.gesture_budget, "approver_role")
		)

	def can_decide(self, user: str) -> bool:
		"""Return whether a user may decide: an approver of the budget or a manager, but not the giver."""
		roles, manager = frappe.get_roles(user), is_manager(user)
		return rules.can_decide(user, self.given_by, roles, self.get_approver_role(), manager=manager)

	def correct(self, cost: float, reason: str | None) -> None:
		"""Correct the cost of a given gesture, in its own currency, and book the difference.

		Raises InsufficientBalance, RecipientCapExceeded, or PermissionError for a cost that needs an approver.
		"""
		me = frappe.session.user
		can_decide = self.can_decide(me)
		with domain_errors_as_frappe():
			rules.check_price_correction(
				self.status, me, self.given_by, can_decide=can_decide, wallet=self.gesture_wallet
			)
		before, amounts = self.amount, self.get_amounts(cost)
		self.update(amounts)
		by = self.amount - before
		budget = frappe.db.get_value(
			"Gesture Budget", self.gesture_budget, ["free_up_to", "currency"], as_dict=True
		)
		with domain_errors_as_frappe():
			rules.check_price_increase(
				self.amount,
				before,
				ledger.get_granted_amount(self.name),
				to_money(budget.free_up_to),
				budget.currency,
				can_decide=can_decide,
				approver_role=self.get_approver_role(),
			)
		cap = (
			self.get_customer_cap()
			if by > 0 and counts_towards_cap(getdate(self.given_on), getdate())
			else None
		)
		if cap:
			with domain_errors_as_frappe():
				check_recipient_cap(*cap)
		# First, so that nothing is written if the ledger refuses it.
		if by:
			ledger.record_adjustment(self.gesture_wallet, self.name, by, reason)
		self.db_set(amounts)

	@property
	def outcome(self) -> rules.StepOutcome:
		"""What follows from the status change of this save."""
		return rules.get_step_outcome(self.old_status, self.status, self.amount, reserved=self.is_reserved)

	def set_paying_wallet(self):
		"""Set the wallet that this step books. It is opened on its first use."""
		if self.gesture_wallet or not self.outcome.lines:
			return
		if not self.paying_budget:
			with domain_errors_as_frappe():
				raise rules.budget_unavailable(frappe.utils.get_fullname(self.given_by))
		self.gesture_wallet = self.paying_wallet.name or ledger.open_wallet(
			self.paying_budget, self.given_by, self.paying_day
		)

	def on_update(self):
		outcome = self.outcome
		if outcome.lines:
			ledger.record_entries(self.gesture_wallet, self.name, outcome.lines, refusal=self.get_refusal())
		planned_gestures.update_follow_up(self, self.was_planned_on)
		if outcome.notify:
			approvals.notify_status_change(self, self.old_status)

	def get_refusal(self) -> ledger.Refusal:
		"""Return the error for a wallet that does not hold the amount, with advice for the user who would read it."""
		if rules.is_decision(self.old_status, self.status):
			return partial(request_beyond_balance, frappe.utils.get_fullname(self.given_by))
		return insufficient_balance

	def on_trash(self):
		if frappe.db.exists("Gesture Wallet Entry", {"gesture": self.name}):
			throw(
				_(
					"This gesture has ledger entries and cannot be deleted. Cancel it to return the money to the wallet."
				)
			)
		planned_gestures.skip_follow_up(self)
		frappe.db.set_value("Follow Up Task", {"gesture": self.name}, "gesture", None)


def get_company_currency(company: str) -> str:
	"""Return the default currency of a company."""
	return frappe.get_cached_value("Company", company, "default_currency")
