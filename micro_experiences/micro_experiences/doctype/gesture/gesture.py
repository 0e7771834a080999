"""A small kind act for one customer; it may cost money.

Not submittable, because a submitted document linked to an invoice would block cancelling that invoice. The
status is its life instead, and each step that moves money is booked by the ledger in the same transaction.
"""

from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.query_builder.functions import Date, IfNull
from frappe.utils import flt, getdate, now_datetime, nowdate

from micro_experiences.desk import approvals, check_touchpoint
from micro_experiences.desk.words import refusing
from micro_experiences.domain import gestures as rules
from micro_experiences.domain import variety
from micro_experiences.domain.budget import check_cap, counts, counts_since, to_money
from micro_experiences.domain.ledger import lines_for
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.privacy.sealed import Sealed
from micro_experiences.privacy.sight import is_manager, may_read_customer, validate_source


class Gesture(Sealed):
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
		gesture_budget: DF.Link | None
		gesture_type: DF.Link | None
		gesture_wallet: DF.Data | None
		given_by: DF.Link | None
		given_on: DF.Date | None
		message: DF.SmallText | None
		override_reason: DF.SmallText | None
		personal_note: DF.Data | None
		planned_on: DF.Date | None
		reaction: DF.Literal["", "Delighted", "Pleased", "No Reaction", "Missed"]
		reference_doctype: DF.Link | None
		reference_name: DF.DynamicLink | None
		sent_key: DF.Data | None
		share_story: DF.Check
		status: DF.Literal["Idea", "Awaiting Approval", "Approved", "Given", "Declined", "Cancelled"]
		story: DF.SmallText | None
		wallet_amount: DF.Currency
		wallet_rate: DF.Float
		what: DF.Data

	# end: auto-generated types
	def before_insert(self):
		self.given_by = self.given_by or frappe.session.user
		me = frappe.session.user
		with refusing():
			rules.check_giver(self.given_by, me, manager=is_manager(me))
		self.approver, self.approved_on, self.decline_reason = None, None, None
		self.given_on = self.gesture_wallet = None
		self.confidential = 0

	def onload(self):
		super().onload()
		me = frappe.session.user
		may_write = self.get_onload("micro_experiences_may_write")
		may_decide = self.may_decide(me)
		self.set_onload(
			"micro_experiences_moves",
			rules.moves(self.status, may_write=may_write, may_decide=may_decide),
		)
		self.set_onload("micro_experiences_frozen", rules.frozen_fields(self.status))
		self.set_onload(
			"micro_experiences_may_correct",
			rules.may_correct(
				self.status, me, self.given_by, may_decide=may_decide, wallet=self.gesture_wallet
			),
		)

	def validate(self):
		before = self.get_doc_before_save()
		self.old_status = before.status if before else ""
		self.validate_move()
		self.validate_customer()
		validate_source(self, before)
		check_touchpoint(self, before)
		if before:
			self.keep_decision(before)
			self.validate_giver(before)
		if rules.is_priced(self.old_status, self.status):
			self.set_money()
			self.ask_or_refuse()
		elif before:
			self.validate_frozen(before)
		self.validate_cap()
		self.validate_never_notes()
		self.validate_approval()
		if rules.is_given(self.old_status, self.status):
			self.given_on = nowdate()

	def keep_decision(self, before: Document):
		"""What says who decided and when is written by the decision alone, whatever a form or an import sends."""
		for field in ("approver", "approved_on", "given_on", "confidential"):
			self.set(field, before.get(field))
		if self.status != "Declined" or self.old_status == "Declined":
			self.decline_reason = before.decline_reason

	def validate_giver(self, before: Document):
		"""It is paid from the wallet of the one who gives it: nobody hands the bill to somebody else."""
		if (self.given_by or None) != (before.given_by or None) and not is_manager(frappe.session.user):
			frappe.throw(
				_("A gesture is paid from the wallet of the one who gives it, and that cannot change."),
				frappe.PermissionError,
			)
		if before.given_by and not self.given_by:
			frappe.throw(_("Say who gives it."))

	def validate_move(self):
		with refusing():
			rules.check_move(self.old_status, self.status)

	def validate_customer(self):
		# The customer of an old gesture may have been deleted since; its money stays.
		if self.is_new() and not self.customer:
			frappe.throw(_("Say for which customer this is."))
		if self.customer and not may_read_customer(self.customer, frappe.session.user):
			frappe.throw(_("You may not open this customer."), frappe.PermissionError)

	def validate_frozen(self, before: Document):
		for field in rules.FROZEN:
			df = self.meta.get_field(field)
			old, new = before.get(field), self.get(field)
			same = (
				flt(old) == flt(new)
				if df.fieldtype in ("Currency", "Float")
				else (old or None) == (new or None)
			)
			if not same:
				with refusing():
					raise rules.frozen(df.label, before.status)
		self.gesture_wallet = before.gesture_wallet

	def set_money(self):
		"""The budget that pays, and the cost in the company's and in the budget's currency."""
		with refusing():
			rules.check_cost(self.cost)
		self.gesture_wallet = None
		budget = self.find_budget() if flt(self.cost) else None
		self.company = (budget and budget.company) or self.company or default_company()
		base_currency = frappe.get_cached_value("Company", self.company, "default_currency")
		self.currency = self.currency or (budget.currency if budget else base_currency)
		self.gesture_budget = budget.name if budget else None
		self.conversion_rate = exchange_rate(self.currency, base_currency)
		self.wallet_rate = exchange_rate(self.currency, budget.currency) if budget else 1.0
		self.update(self.amounts(self.cost))

	def amounts(self, cost: float) -> dict[str, float]:
		"""A cost as it is kept: in its own currency, in the company's and in that of the wallet, at the rates that the
		gesture was booked with."""
		cost = flt(cost, self.precision("cost"))
		return {
			"cost": cost,
			"base_cost": flt(cost * flt(self.conversion_rate), self.precision("base_cost")),
			"wallet_amount": flt(cost * flt(self.wallet_rate), self.precision("wallet_amount")),
		}

	def find_budget(self) -> ledger.Budget | None:
		"""The chosen budget if its holder may use it, else the first that fits; an idea may still have none."""
		budgets = ledger.budgets_of(self.given_by, self.company)
		if self.gesture_budget:
			budgets = [budget for budget in budgets if budget.name == self.gesture_budget]
		if budgets:
			return budgets[0]
		if not rules.is_weighed(self.old_status, self.status):
			return None
		with refusing():
			raise rules.no_budget(frappe.utils.get_fullname(self.given_by))

	@property
	def amount(self) -> Decimal:
		"""What is booked in the wallet, in its currency."""
		return to_money(self.wallet_amount, self.precision("wallet_amount"))

	def ask_or_refuse(self):
		"""Up to the free limit nobody is asked; above it the gesture awaits approval; more than is left is refused."""
		if not (self.amount and rules.is_weighed(self.old_status, self.status)):
			return
		wallet = next(
			w for w in ledger.wallets_of(self.given_by, self.company) if w.budget.name == self.gesture_budget
		)
		with refusing():
			self.status = rules.weighed(
				self.status,
				self.amount,
				wallet.budget.free_up_to,
				wallet.left,
				wallet.budget.currency,
				wallet.period_end,
			)
		note = self.personal_note and frappe.db.get_value(
			"Personal Note", self.personal_note, ["visibility", "sensitive"], as_dict=True
		)
		if note and rules.is_confidential(self.status, note.visibility, bool(note.sensitive)):
			self.personal_note, self.confidential = None, 1

	def validate_cap(self):
		if rules.is_meant(self.old_status, self.status):
			self.check_cap()

	def check_cap(self):
		"""What one customer gets from everybody within twelve months stays within what the budget allows.

		Guarded by the row of the customer, so that two gestures at once see each other.
		"""
		if not (self.amount and self.customer):
			return
		budget = frappe.db.get_value(
			"Gesture Budget", self.gesture_budget, ["cap_per_recipient", "currency"], as_dict=True
		)
		if not budget or not budget.cap_per_recipient:
			return
		frappe.db.get_value("Customer", self.customer, "name", for_update=True)
		own = frappe.get_cached_value("Company", self.company, "default_currency")
		rate = exchange_rate(budget.currency, own)
		with refusing():
			check_cap(
				to_money(self.base_cost),
				given_since(self.customer, self.company, counts_since(getdate()), self.name),
				to_money(flt(budget.cap_per_recipient) * rate),
				own,
			)

	def validate_never_notes(self):
		"""Only a Never note blocks, and a manager may override it with a reason."""
		if not (self.gesture_type and rules.is_meant(self.old_status, self.status)):
			return
		involves = frappe.db.get_value("Gesture Type", self.gesture_type, "involves")
		with refusing():
			variety.check_never(
				involves,
				never_stops(self.customer),
				override_reason=self.override_reason,
				manager=is_manager(frappe.session.user),
			)

	def validate_approval(self):
		if not rules.is_decision(self.old_status, self.status):
			return
		with refusing():
			rules.check_may_decide(self.may_decide(frappe.session.user), self.approver_role())
		self.approver, self.approved_on = frappe.session.user, now_datetime()

	def approver_role(self) -> str:
		"""Who decides about this gesture."""
		return rules.decider(
			self.gesture_budget
			and frappe.db.get_value("Gesture Budget", self.gesture_budget, "approver_role")
		)

	def may_decide(self, user: str) -> bool:
		"""An approver of the budget, or a manager, but nobody decides about his own."""
		roles, manager = frappe.get_roles(user), is_manager(user)
		return rules.may_decide(user, self.given_by, roles, self.approver_role(), manager=manager)

	def correct(self, cost: float, reason: str | None) -> None:
		"""Put the price of a given gesture right, in its own currency, and book the difference. Raises NotEnoughLeft,
		OverCap, or PermissionError for a price that takes an approver."""
		me = frappe.session.user
		may_decide = self.may_decide(me)
		with refusing():
			rules.check_correction(
				self.status, me, self.given_by, may_decide=may_decide, wallet=self.gesture_wallet
			)
			rules.check_cost(cost)
		before, amounts = self.amount, self.amounts(cost)
		self.update(amounts)
		by = self.amount - before
		budget = frappe.db.get_value(
			"Gesture Budget", self.gesture_budget, ["free_up_to", "currency"], as_dict=True
		)
		with refusing():
			rules.check_higher_price(
				self.amount,
				before,
				ledger.granted(self.name),
				to_money(budget.free_up_to),
				budget.currency,
				may_decide=may_decide,
				approver_role=self.approver_role(),
			)
		if by > 0 and counts(getdate(self.given_on), getdate()):
			self.check_cap()
		# The ledger first: what it refuses is not written.
		if by:
			ledger.correct(self.gesture_wallet, self.name, by, reason)
		self.db_set(amounts)

	def lapse(self, days: int) -> None:
		"""An approval that was not used in `days` days: its money is released."""
		if self.status != "Approved":
			return
		self.status = "Cancelled"
		self.save(ignore_permissions=True)
		self.add_comment("Info", _("The approval was not used within {0} days.").format(days))

	def on_update(self):
		self.book()
		approvals.tell(self, self.old_status)

	def book(self):
		"""Book what the step means for the wallet; the wallet is opened on its first use."""
		lines = lines_for(self.old_status, self.status, self.amount)
		if not lines:
			return
		if not self.gesture_wallet:
			budget = next(
				(b for b in ledger.budgets_of(self.given_by, self.company) if b.name == self.gesture_budget),
				None,
			)
			if not budget:
				with refusing():
					raise rules.budget_gone(frappe.utils.get_fullname(self.given_by))
			self.db_set("gesture_wallet", ledger.open_wallet(budget, self.given_by, getdate()))
		ledger.book(self.gesture_wallet, self.name, lines)

	def on_trash(self):
		if frappe.db.exists("Gesture Wallet Entry", {"gesture": self.name}):
			frappe.throw(
				_("Money was booked for this gesture, so it stays. Cancel it, and the money comes back.")
			)
		frappe.db.set_value("Follow Up Task", {"gesture": self.name}, "gesture", None)


def given_since(customer: str, company: str, day: date, but: str) -> Decimal:
	"""What a customer was given or is approved to get since a day, from everybody, in the company's currency; `but` is
	not counted. A locking read: it sees what others have just committed."""
	gesture = frappe.qb.DocType("Gesture")
	rows = (
		frappe.qb.from_(gesture)
		.select(gesture.base_cost)
		.where((gesture.customer == customer) & (gesture.company == company) & (gesture.name != but))
		.where(gesture.status.isin(("Approved", "Given")))
		.where(IfNull(gesture.given_on, Date(gesture.approved_on)) >= day)
		.for_update()
		.run(pluck=True)
	)
	return to_money(sum(map(flt, rows)))


def never_stops(customer: str) -> list[str]:
	"""What the customer's Never notes stop. Asked without regard to who may see the note: the warning names the
	kind of gesture, never the note."""
	return frappe.get_all(
		"Personal Note",
		filters={"customer": customer, "status": "Active", "kind": "Never", "stops": ("is", "set")},
		pluck="stops",
	)


def default_company() -> str:
	"""The session user's company, else the site's."""
	company = frappe.defaults.get_user_default("Company") or frappe.defaults.get_global_default("company")
	if not company:
		frappe.throw(_("Set a default company first, or choose the company of this gesture."))
	return company


def exchange_rate(from_currency: str, to_currency: str) -> float:
	"""ERPNext's exchange rate of today. Raises a clear error where there is none."""
	if from_currency == to_currency:
		return 1.0
	from erpnext.setup.utils import get_exchange_rate

	rate = flt(get_exchange_rate(from_currency, to_currency, nowdate()))
	if not rate:
		with refusing():
			raise rules.no_rate(from_currency, to_currency)
	return rate
