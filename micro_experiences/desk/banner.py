"""The banner "Remember this": what recall says about the customer of a form, as a payload of at most 2 kB.

It reaches the form inside the document (`__onload`), so that opening a form costs no request more.
"""

from functools import partial

import frappe
from babel.localedata import exists
from frappe import _
from frappe.query_builder import Order
from frappe.utils import flt, getdate, now_datetime

from micro_experiences.desk.limits import at_most
from micro_experiences.desk.people import first_name
from micro_experiences.desk.safely import never_fail
from micro_experiences.desk.words import money
from micro_experiences.domain import looks
from micro_experiences.domain import recall as rules
from micro_experiences.domain.budget import is_low, text_nudge
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.micro_experiences.doctype.micro_experiences_settings.micro_experiences_settings import (
	get_settings,
)
from micro_experiences.privacy import access_log, sight

KEY = "micro_experiences"
# More active notes on one customer than this are not weighed; the list shows them all.
_MOST_NOTES = 200
_MOST_USES = 200


@never_fail
def onload(doc, method=None) -> None:
	"""`Customer.onload` and `Sales Invoice.onload`: put the banner into the document that travels to the form."""
	if not is_shown_on(doc.doctype):
		return
	customer = doc.name if doc.doctype == "Customer" else doc.get("customer")
	if payload := payload_for(
		customer, (doc.doctype, doc.name), doc.get("contact_person"), doc.get("company")
	):
		doc.set_onload(KEY, payload)


@never_fail
def after_mapping(doc, method=None, source=None) -> None:
	"""`Sales Invoice.after_mapping`: an invoice made from an order, a delivery or another invoice has the banner too."""
	if is_shown_on(doc.doctype) and (
		payload := payload_for(doc.customer, None, doc.get("contact_person"), doc.get("company"))
	):
		doc.set_onload(KEY, payload)


@frappe.whitelist(methods=["GET"])
@at_most(120)
def get_banner(
	customer: str,
	reference_doctype: str | None = None,
	reference_name: str | None = None,
	contact: str | None = None,
) -> dict | None:
	"""The banner for a form that is not saved yet, once its customer is chosen. None where nothing is to be shown."""
	if reference_doctype and not is_shown_on(reference_doctype):
		return None
	reference = (reference_doctype, reference_name) if reference_doctype and reference_name else None
	if not sight.may_read_customer(customer, frappe.session.user):
		return None
	return payload_for(customer, reference, contact)


def is_shown_on(doctype: str) -> bool:
	"""Whether the settings want the banner on the forms of this DocType."""
	return bool(get_settings().get(f"show_on_{frappe.scrub(doctype)}"))


def payload_for(
	customer: str | None,
	reference: tuple[str, str] | None = None,
	contact: str | None = None,
	company: str | None = None,
) -> dict | None:
	"""The banner of one customer for the session user, in at most four queries; None when he may not know.

	See `domain.recall` for the lines. `wallet` is what is left in the first of his wallets.
	"""
	if not customer or not frappe.has_permission("Personal Note"):
		return None
	settings, me = get_settings(), frappe.session.user
	now = now_datetime()
	rows = _notes(customer)
	notes = [_rules_note(row) for row in rows]
	remembered = rules.recall(
		notes,
		_promises(customer) if frappe.has_permission("Follow Up Task") else [],
		_uses(customer) if notes else [],
		now=now,
		contact=contact,
		reference=reference,
		manners=settings.manners(),
		language=language(),
	)
	shown = {item.name for item in remembered.items}
	access_log.note_look(customer, me, "Banner", looks.logged((row for row in rows if row.name in shown), me))
	because = access_log.opened(customer, me) if sight.is_manager(me) else None
	return rules.payload(
		customer,
		remembered,
		wallet(company),
		show_empty=bool(settings.show_empty_banner),
		opened=looks.opened(because, language()) if because else None,
	)


def language(lang: str | None = None) -> rules.Language:
	"""How to speak to somebody who reads `lang`, or to the session user; dates in English where nobody knows how the
	language writes them."""
	lang = lang or frappe.local.lang or "en"
	locale = lang.replace("-", "_")
	known = next((name for name in (locale, locale.split("_")[0]) if exists(name)), "en")
	return rules.Language(partial(_, lang=lang), known)


def wallets(company: str | None = None) -> list[ledger.Wallet]:
	"""The session user's wallets in the company, else all that he has; the one to spend from first."""
	me = frappe.session.user
	return ledger.wallets_of(me, company) or (ledger.wallets_of(me) if company else [])


def wallet(company: str | None = None) -> dict | None:
	"""What is left in the session user's first wallet, in words."""
	first = next(iter(wallets(company)), None)
	return first and wallet_line(first)


def wallet_line(wallet: ledger.Wallet) -> dict:
	"""What is left in a wallet: the number, the words, whether it is low, and near its end a kind word."""
	today, budget = getdate(), wallet.budget
	nudge = budget.is_to_be_used(wallet.left, today)
	return {
		"left": flt(wallet.left),
		"text": _("{0} left").format(money(wallet.left, budget.currency)),
		"low": is_low(wallet.left, budget.amount),
		"nudge": text_nudge(language().date(wallet.period_end, today), _) if nudge else None,
	}


_NOTE_FIELDS = (
	"name",
	"kind",
	"note",
	"certainty",
	"heard_by",
	"heard_on",
	"heard_via",
	"contact",
	"occasion_on",
	"repeats_yearly",
	"remember_until",
	"pinned",
)
_PROMISE_FIELDS = (
	*("name", "subject", "due_on", "assigned_to", "snoozed_until", "repeats", "occurrence_key"),
)


def _notes(customer: str) -> list[dict]:
	return sight.rows(
		"Personal Note",
		(*_NOTE_FIELDS, "sensitive"),
		{"customer": customer, "status": "Active"},
		order_by="pinned desc, heard_on desc, name asc",
		limit=_MOST_NOTES,
	)


def _rules_note(row) -> rules.Note:
	return rules.Note(
		**{field: row[field] for field in _NOTE_FIELDS}
		| {
			"heard_by": first_name(row.heard_by),
			"heard_by_me": row.heard_by == frappe.session.user,
			"repeats_yearly": bool(row.repeats_yearly),
			"pinned": bool(row.pinned),
		}
	)


def _promises(customer: str) -> list[rules.Promise]:
	rows = sight.rows(
		"Follow Up Task",
		_PROMISE_FIELDS,
		{"customer": customer, "status": "Open"},
		order_by="due_on asc, name asc",
		limit=_MOST_NOTES,
	)
	me = frappe.session.user
	return [
		rules.Promise(
			row.name,
			row.subject,
			row.due_on,
			first_name(row.assigned_to),
			row.assigned_to == me,
			row.snoozed_until,
			row.repeats,
			row.occurrence_key or "",
		)
		for row in rows
	]


def _uses(customer: str) -> list[rules.Use]:
	"""The log of the customer's notes. Recall looks at the notes that the viewer may see, and at no other line."""
	use = frappe.qb.DocType("Personal Note Use")
	rows = (
		frappe.qb.from_(use)
		.select(
			use.personal_note,
			use.action,
			use.used_by,
			use.used_on,
			use.they_said,
			use.snoozed_until,
			use.reference_doctype,
			use.reference_name,
		)
		.where((use.customer == customer) & use.action.isin(("Used", "Snoozed")))
		.orderby(use.used_on, order=Order.desc)
		.limit(_MOST_USES)
		.run(as_dict=True)
	)
	me = frappe.session.user
	return [
		rules.Use(
			row.personal_note,
			row.action,
			first_name(row.used_by),
			row.used_by == me,
			row.used_on,
			row.they_said or "",
			row.snoozed_until,
			(row.reference_doctype, row.reference_name) if row.reference_name else None,
		)
		for row in rows
	]
