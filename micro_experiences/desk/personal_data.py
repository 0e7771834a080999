"""The page "Personal data": everything that we hold about a customer, for him to read, and its erasure."""

from datetime import date

import frappe
from frappe import _
from frappe.utils import getdate

from micro_experiences.desk.limits import at_most
from micro_experiences.desk.safely import try_again
from micro_experiences.desk.words import refusing
from micro_experiences.domain import erasure as rules
from micro_experiences.privacy import erasure, personal_data, sight


@frappe.whitelist(methods=["POST"])
@at_most(60)
def overview(customer: str, contact: str | None = None) -> dict:
	"""How much is held about a customer, or about a contact of his, without a word of it; nothing is written.

	`{"name", "whose", "contacts": [{"value", "label"}], "counts": [{"label", "count"}], "goes": [{"label", "count"}],
	"stays", "kept": [text], "erasures": [{"name", "whose", "day"}]}`: `counts` is what is held, of which `goes` would
	go, and `stays` gestures stay without a name.
	"""
	_check(customer, contact)
	counts = erasure.held(customer, contact).counts()
	stays = counts.pop("gestures_kept")
	return {
		"name": erasure.name_of(customer),
		"whose": erasure.name_of(customer, contact),
		"contacts": personal_data.contacts_of(customer),
		"counts": personal_data.counted(counts | {"gestures": counts["gestures"] + stays}),
		"goes": personal_data.counted(counts),
		"stays": stays,
		"kept": [_(sentence) for sentence in rules.kept()],
		"erasures": personal_data.erasures_of(customer),
	}


@frappe.whitelist(methods=["POST"])
@at_most(60)
def report(customer: str, reason: str, contact: str | None = None) -> dict:
	"""Everything that is held about a customer, or about a contact of his: `{"data", "sections"}`, to be kept as JSON and to
	be read. That somebody looked, and why, is written down, and each author of a note that is for him alone is told."""
	_check(customer, contact)
	with refusing():
		because = rules.check_reason(reason)
	return personal_data.report(customer, contact, because)


@frappe.whitelist(methods=["POST"])
@try_again
def erase(
	customer: str, typed: str, reason: str, contact: str | None = None, requested_on: str | None = None
) -> dict:
	"""Erase what is held about a customer, or about a contact of his, once its name was `typed`; `requested_on` is an ISO date.

	Answers `{"certificate", "text"}`; no certificate where there was nothing. All of it is done, or nothing.
	"""
	_check(customer, contact)
	asked_on: date | None = getdate(requested_on) if requested_on else None
	with refusing():
		because = rules.check_reason(reason)
		rules.check_confirmed(typed, erasure.name_of(customer, contact))
		rules.check_requested(asked_on, getdate())
	certificate = erasure.erase(customer, contact, because, asked_on)
	text = (
		_("Erased. The certificate says how much it was.")
		if certificate
		else _("There was nothing to erase.")
	)
	return {"certificate": certificate, "text": text}


def _check(customer: str, contact: str | None) -> None:
	"""A manager who may read this customer; and a contact of this customer."""
	sight.check_manager()
	frappe.has_permission("Customer", "read", doc=customer, throw=True)
	if contact and not personal_data.is_contact_of(contact, customer):
		frappe.throw(_("This is no contact of this customer. Nothing was done."), frappe.PermissionError)
