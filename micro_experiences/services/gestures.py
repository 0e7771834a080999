"""Gestures: propose, record, decide and correct, and what their rules need to know."""

from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.query_builder.functions import Date, IfNull
from frappe.utils import flt, getdate, nowdate

from micro_experiences.domain import gesture_advice
from micro_experiences.domain import gestures as rules
from micro_experiences.domain.currencies import to_money
from micro_experiences.domain.message_templates import render_message
from micro_experiences.permissions import budget_access
from micro_experiences.services import never_notes
from micro_experiences.services.message_recipients import find_person_name
from micro_experiences.services.wallets import (
	get_missing_period_notice,
	get_titles,
	get_wallet_choice,
	get_wallets,
)
from micro_experiences.utils.errors import domain_errors_as_frappe, throw
from micro_experiences.utils.formatting import format_money
from micro_experiences.utils.language import get_language
from micro_experiences.utils.settings import get_settings
from micro_experiences.utils.touchpoints import FormContext
from micro_experiences.utils.users import get_first_name


def propose(form: FormContext, customer: str, note, gesture_type: str | None) -> dict:
	"""Return the initial values of the gesture form; see `api.gestures.propose`. `note` may be None."""
	stops = never_notes.get_stops(customer)
	types = frappe.get_list(
		"Gesture Type",
		filters={"enabled": 1} | ({"name": gesture_type} if gesture_type else {}),
		fields=["name", "usual_cost", "involves", "message_template"],
		order_by="usual_cost asc, name asc",
		limit=0,
	)
	suggested = gesture_advice.suggest_gesture_type(note and note.topic, types, stops)
	# Nothing is filled in for a type that the user has not chosen.
	chosen = suggested if gesture_type else None
	person = chosen and find_person_name(customer, form.contact or (note and note.contact))
	company = get_paying_company(form)
	paying = get_wallets(company)
	titles = get_titles(paying)
	wallets = [get_wallet_choice(wallet, titles[wallet.budget.name]) for wallet in paying]
	proposal = {
		"suggested_type": suggested and suggested.name,
		"gesture_type": chosen and chosen.name,
		"what": chosen and _(chosen.name),
		"message": chosen
		and render_message(
			_(chosen.message_template or ""),
			customer_name=frappe.db.get_value("Customer", customer, "customer_name"),
			person_name=person,
			contact_name=person,  # the name of the variable in older templates
			note=note and note.note,
			my_name=get_first_name(frappe.session.user),
		),
		"cost": flt(chosen and chosen.usual_cost),
		"currency": wallets[0]["currency"] if wallets else None,
		"wallet": wallets[0] if wallets else None,
		"wallets": wallets,
		"notice": None if wallets else get_missing_period_notice(),
		"warnings": get_warnings(customer, chosen, stops) if chosen else [],
	}
	return proposal | _check_proposal(customer, proposal)


def _check_proposal(customer: str, proposal: dict) -> dict:
	"""Return the verdict of the Never notes about a proposal, which is clear while nothing is chosen."""
	words = proposal["gesture_type"], proposal["what"], proposal["message"]
	return never_notes.check(customer if any(words) else None, *words)


def record_gesture(form: FormContext, values: dict) -> dict:
	"""Record a gesture as given, or as planned for a day, with `values` (the fields of Gesture).

	Returns `{"name", "status", "text", "can_undo"}`.
	"""
	company, currency = get_paying_company(form), values["currency"]
	if budget := _get_paying_budget(values["gesture_budget"], company) if flt(values["cost"]) else None:
		company, currency = budget.company, currency or budget.currency
	status = "Planned" if values["planned_on"] else "Given"
	fields = {"doctype": "Gesture", "status": status, "contact": form.contact or None, "currency": currency}
	gesture = frappe.get_doc(values | fields | form.reference_fields)
	if company:
		gesture.company = company
	gesture.insert()
	return {
		"name": gesture.name,
		"status": gesture.status,
		"text": _describe_recorded(gesture),
		"can_undo": rules.can_undo(gesture.status),
	}


def _describe_recorded(gesture) -> str:
	day = gesture.planned_on and get_language().format_date(getdate(gesture.planned_on), getdate())
	amount = format_money(gesture.cost, gesture.currency) if flt(gesture.cost) else ""
	return rules.format_recorded_message(gesture.status, day, amount, _)


def check_decision(status: str, reason: str | None) -> None:
	"""Raise ValidationError unless this is a decision, with a reason if the gestures are declined."""
	with domain_errors_as_frappe():
		rules.check_decision(status, reason)


def decide(name: str, status: str, reason: str | None = None) -> dict:
	"""Approve or decline a gesture. Returns `{"status"}`. The controller checks who may decide."""
	gesture = frappe.get_doc("Gesture", name, for_update=True)
	gesture.check_permission("read")
	gesture.status = status
	gesture.decline_reason = (reason or "").strip() or None
	# An approver has no other write permission.
	gesture.save(ignore_permissions=True)
	return {"status": gesture.status}


def set_status(name: str, status: str) -> dict:
	"""Plan, give or cancel a gesture. Returns `{"status", "customer"}`."""
	with domain_errors_as_frappe():
		rules.check_chosen_status(status)
	gesture = frappe.get_doc("Gesture", name, for_update=True)
	gesture.check_permission("write")
	gesture.status = status
	gesture.save()
	return {"status": gesture.status, "customer": gesture.customer}


def correct_cost(name: str, cost: float, reason: str | None) -> dict:
	"""Correct the cost of a given gesture. Returns `{"cost", "status"}`. The controller checks who may correct."""
	gesture = frappe.get_doc("Gesture", name, for_update=True)
	gesture.check_permission("read")
	gesture.correct(cost, (reason or "").strip() or None)
	return {"cost": gesture.cost, "status": gesture.status}


def get_paying_company(form: FormContext) -> str | None:
	"""Return the company of the open document if the session user has a budget there."""
	company = form.company
	return company if company and budget_access.get_user_budgets(frappe.session.user, company) else None


def _get_paying_budget(gesture_budget: str | None, company: str | None) -> budget_access.Budget | None:
	"""Return the chosen budget if the session user may spend from it.

	Without a choice, return the first budget, the one that the banner shows.
	"""
	me = frappe.session.user
	if not gesture_budget:
		budgets = budget_access.get_user_budgets(me, company) or budget_access.get_user_budgets(me)
		return next(iter(budgets), None)
	budgets = budget_access.get_user_budgets(me)
	return next((budget for budget in budgets if budget.name == gesture_budget), None)


def get_missing_budget_error(user: str, company: str | None) -> rules.MissingBudget:
	"""Return the error that says why a user has no budget that can pay: no fiscal year, or no budget at all."""
	today = getdate()
	if budget := budget_access.find_budget_without_period(user, company, today):
		return rules.missing_fiscal_year(today, budget.company)
	return rules.missing_budget(frappe.utils.get_fullname(user))


def get_warnings(customer: str, chosen, stops: list[str]) -> list[str]:
	"""Return the warnings about a gesture. Only a Never note rules it out; the others are advice."""
	settings = get_settings()
	rows = frappe.get_all(
		"Gesture",
		filters={"customer": customer, "status": "Given"},
		fields=["gesture_type", "given_on"],
		order_by="given_on desc",
		limit=100,
	)
	return gesture_advice.get_warnings(
		chosen.name,
		chosen.involves,
		stops,
		[(row.gesture_type, row.given_on) for row in rows if row.given_on],
		getdate(),
		same_gesture_days=settings.same_gesture_days,
		gestures_per_month=settings.gestures_per_month,
		language=get_language(),
	)


def get_total_given_since(customer: str, company: str, day: date, but: str) -> Decimal:
	"""Return the total that a customer was given since a day, or is to be given: planned, requested or approved.

	In the currency of the company, from all users, without the gesture `but`. A locking read, which sees what
	others have just committed.
	"""
	gesture = frappe.qb.DocType("Gesture")
	rows = (
		frappe.qb.from_(gesture)
		.select(gesture.base_cost)
		.where((gesture.customer == customer) & (gesture.company == company) & (gesture.name != but))
		.where(
			gesture.status.isin(("Planned", "Awaiting Approval"))
			| (
				gesture.status.isin(("Approved", "Given"))
				& (IfNull(gesture.given_on, Date(gesture.approved_on)) >= day)
			)
		)
		.for_update()
		.run(pluck=True)
	)
	return to_money(sum(flt(cost) for cost in rows))


def get_default_company() -> str:
	"""Return the default company of the session user, or of the site."""
	company = frappe.defaults.get_user_default("Company") or frappe.defaults.get_global_default("company")
	if not company:
		throw(_("Set a default company first, or choose the company of this gesture."))
	return company


def get_conversion_rate(from_currency: str, to_currency: str) -> float:
	"""Return ERPNext's exchange rate of today. Raises ValidationError if there is none."""
	if from_currency == to_currency:
		return 1.0
	from erpnext.setup.utils import get_exchange_rate

	rate = flt(get_exchange_rate(from_currency, to_currency, nowdate()))
	if not rate:
		with domain_errors_as_frappe():
			raise rules.missing_exchange_rate(from_currency, to_currency)
	return rate
