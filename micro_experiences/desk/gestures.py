"""What the panel and the form do with Gestures: propose, give, approve, decline, cancel."""

import frappe
from frappe import _
from frappe.utils import flt, getdate, strip_html

from micro_experiences.desk import sent
from micro_experiences.desk.banner import language, wallet_line, wallets
from micro_experiences.desk.limits import at_most
from micro_experiences.desk.notes import answer, company_of, reference_fields
from micro_experiences.desk.once import once
from micro_experiences.desk.people import first_name
from micro_experiences.desk.safely import try_again
from micro_experiences.desk.words import money, refusing
from micro_experiences.domain import variety
from micro_experiences.domain.gestures import check_by_button, check_decision, text_given
from micro_experiences.domain.wording import render_message
from micro_experiences.micro_experiences.doctype.gesture.gesture import never_stops
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.micro_experiences.doctype.micro_experiences_settings.micro_experiences_settings import (
	get_settings,
)

# More than this of a list would keep everybody else waiting.
_MOST_AT_ONCE = 500


@frappe.whitelist(methods=["POST"])
@at_most(120)
def propose(
	customer: str,
	personal_note: str | None = None,
	gesture_type: str | None = None,
	contact: str | None = None,
	reference_doctype: str | None = None,
	reference_name: str | None = None,
) -> dict:
	"""A gesture to begin with: type, what, message from the template of the type, usual cost; what speaks against it;
	my wallets, the one that pays unless I choose another one first, and that one alone. Nothing is written."""
	frappe.has_permission("Gesture", "create", throw=True)
	frappe.has_permission("Customer", "read", doc=customer, throw=True)
	note = frappe.get_doc("Personal Note", personal_note) if personal_note else None
	if note:
		note.check_permission("read")
	stops = never_stops(customer)
	types = frappe.get_list(
		"Gesture Type",
		filters={"enabled": 1} | ({"name": gesture_type} if gesture_type else {}),
		fields=["name", "usual_cost", "involves", "message_template"],
		order_by="usual_cost asc, name asc",
		limit=0,
	)
	chosen = variety.fitting_type(note and note.topic, types, stops)
	contact = contact or (note and note.contact)
	mine = [_wallet(one) for one in wallets(_company(reference_doctype, reference_name))]
	return {
		"gesture_type": chosen and chosen.name,
		"what": chosen and _(chosen.name),
		"message": chosen
		and render_message(
			_(chosen.message_template or ""),
			customer_name=frappe.db.get_value("Customer", customer, "customer_name"),
			contact_name=_first_name_of(contact),
			note=note and note.note,
			my_name=first_name(frappe.session.user),
		),
		"cost": flt(chosen and chosen.usual_cost),
		"currency": mine[0]["currency"] if mine else None,
		"wallet": mine[0] if mine else None,
		"wallets": mine,
		"warnings": _warnings(customer, chosen, stops) if chosen else [],
	}


@frappe.whitelist(methods=["POST"])
@try_again
@once("Gesture")
def give(
	customer: str,
	what: str,
	gesture_type: str | None = None,
	message: str | None = None,
	cost: float = 0,
	currency: str | None = None,
	gesture_budget: str | None = None,
	personal_note: str | None = None,
	contact: str | None = None,
	override_reason: str | None = None,
	reference_doctype: str | None = None,
	reference_name: str | None = None,
	sent_key: str | None = None,
) -> dict:
	"""Record a gesture as given, and pay it from the wallet. Above the free limit it awaits approval instead.

	`cost` is in `currency`, or in that of the budget. Answers `{"name", "status", "text", "banner"}`; raises
	NotEnoughLeft, NoBudget or NeverNote, and has then booked nothing.
	"""
	company = _company(reference_doctype, reference_name)
	if budget := _budget_that_pays(gesture_budget, company) if flt(cost) else None:
		company, currency = budget.company, currency or budget.currency
	doc = frappe.get_doc(
		{
			"doctype": "Gesture",
			"customer": customer,
			"contact": contact or None,
			"gesture_type": gesture_type or None,
			"personal_note": personal_note or None,
			"what": what,
			"message": message,
			"cost": cost,
			"currency": currency,
			"gesture_budget": gesture_budget or None,
			"override_reason": override_reason,
			"status": "Given",
			"sent_key": sent_key,
			**reference_fields(reference_doctype, reference_name),
		}
	)
	if company:
		doc.company = company
	doc.insert()
	text = text_given(doc.status, _)
	return {"name": doc.name, "status": doc.status, "text": text} | answer(
		customer, reference_doctype, reference_name, contact
	)


@frappe.whitelist(methods=["POST"])
@try_again
def approve(name: str) -> dict:
	"""Approve a gesture that awaits it: its money is committed. Never one's own."""
	return _decide(name, "Approved")


@frappe.whitelist(methods=["POST"])
@try_again
def decline(name: str, reason: str | None = None) -> dict:
	"""Decline a gesture that awaits approval, with a reason for the one who asked."""
	return _decide(name, "Declined", reason)


@frappe.whitelist(methods=["POST"])
@try_again
def decide_all(names: str | list, status: str, reason: str | None = None) -> dict:
	"""Approve or decline many gestures at once, as far as the session user may; declining needs a reason.

	Answers how many were `done`, and which were `kept` as they are: [{"name", "why"}] in the words of the rule.
	"""
	frappe.has_permission("Gesture", throw=True)
	with refusing():
		check_decision(status, reason)
	chosen, kept = sent.names(names), []
	for name in chosen[:_MOST_AT_ONCE]:
		frappe.db.savepoint("decide")
		messages = list(frappe.local.message_log)
		try:
			_decide(name, status, reason)
		except (frappe.ValidationError, frappe.PermissionError) as error:
			if isinstance(error, frappe.TimestampMismatchError):
				raise
			frappe.db.rollback(save_point="decide")
			kept.append({"name": name, "why": strip_html(str(error))})
			frappe.local.message_log = messages
	why = _("Only {0} can be done at once: choose the rest again.").format(_MOST_AT_ONCE)
	kept += [{"name": name, "why": why} for name in chosen[_MOST_AT_ONCE:]]
	return {"done": len(chosen) - len(kept), "kept": kept}


@frappe.whitelist(methods=["POST"])
@try_again
def move(name: str, status: str) -> dict:
	"""Give an approved gesture or an idea, or cancel one: its money is spent, released or refunded."""
	with refusing():
		check_by_button(status)
	doc = frappe.get_doc("Gesture", name, for_update=True)
	doc.check_permission("write")
	doc.status = status
	doc.save()
	return {"status": doc.status}


@frappe.whitelist(methods=["POST"])
@try_again
def correct(name: str, cost: float, reason: str | None = None) -> dict:
	"""Put the price of a given gesture right, in the currency that it has; the wallet gets an Adjust entry."""
	doc = frappe.get_doc("Gesture", name, for_update=True)
	doc.check_permission("read")
	# The gesture itself checks who corrects: an approver may not write to it otherwise.
	doc.correct(cost, (reason or "").strip() or None)
	return {"cost": doc.cost, "status": doc.status}


def _decide(name: str, status: str, reason: str | None = None) -> dict:
	doc = frappe.get_doc("Gesture", name, for_update=True)
	doc.check_permission("read")
	doc.status = status
	doc.decline_reason = (reason or "").strip() or None
	# The gesture itself checks who decides, whatever road leads here.
	doc.save(ignore_permissions=True)
	return {"status": doc.status}


def _first_name_of(contact: str | None) -> str | None:
	"""The first name of a contact that the session user may read."""
	if not contact or not frappe.db.exists("Contact", contact):
		return None
	if not frappe.has_permission("Contact", "read", doc=contact):
		return None
	return frappe.db.get_value("Contact", contact, "first_name")


def _wallet(wallet: ledger.Wallet) -> dict:
	budget = wallet.budget
	return wallet_line(wallet) | {
		"gesture_budget": budget.name,
		"title": budget.title,
		"currency": budget.currency,
		"free_up_to": flt(budget.free_up_to),
		"free_text": _("up to {0} without asking").format(money(budget.free_up_to, budget.currency)),
	}


def _company(doctype: str | None, name: str | None) -> str | None:
	"""The company of the open document, where the session user has a budget for it."""
	company = company_of((doctype, name)) if doctype and name else None
	return company if company and ledger.budgets_of(frappe.session.user, company) else None


def _budget_that_pays(gesture_budget: str | None, company: str | None) -> ledger.Budget | None:
	"""The chosen one of the session user's budgets; else the first, as the banner and `propose` name it."""
	if not gesture_budget:
		return next((wallet.budget for wallet in wallets(company)), None)
	mine = ledger.budgets_of(frappe.session.user)
	return next((budget for budget in mine if budget.name == gesture_budget), None)


def _warnings(customer: str, chosen, stops: list[str]) -> list[str]:
	"""What speaks against this gesture, in words. Advice, except for what a Never note rules out."""
	settings = get_settings()
	rows = frappe.get_all(
		"Gesture",
		filters={"customer": customer, "status": "Given"},
		fields=["gesture_type", "given_on"],
		order_by="given_on desc",
		limit=100,
	)
	return variety.warnings(
		chosen.name,
		chosen.involves,
		stops,
		[(row.gesture_type, row.given_on) for row in rows if row.given_on],
		getdate(),
		same_gesture_days=settings.same_gesture_days,
		gestures_per_month=settings.gestures_per_month,
		language=language(),
	)
