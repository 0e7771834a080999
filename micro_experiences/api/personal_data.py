"""The page "Personal data": the report of all data about a customer, and its erasure."""

from datetime import date

import frappe
from frappe import _
from frappe.utils import getdate

from micro_experiences.domain import erasure as rules
from micro_experiences.permissions import roles
from micro_experiences.services import erasure, personal_data
from micro_experiences.utils.errors import domain_errors_as_frappe, throw
from micro_experiences.utils.rate_limit import rate_limit_per_user
from micro_experiences.utils.transactions import retry_on_deadlock


@frappe.whitelist(methods=["POST"])
@rate_limit_per_user(60)
def get_overview(customer: str, contact: str | None = None) -> dict:
	"""Return how much data there is about a customer, or about one of their contacts, without its text.

	Nothing is written. Returns `{"name", "whose", "contacts": [{"value", "label"}], "counts": [{"label",
	"count"}], "goes": [{"label", "count"}], "stays", "kept": [text], "erasures": [{"name", "whose",
	"day"}]}`. `counts` is what is stored, `goes` is what an erasure would delete, `stays` is the number of
	gestures that it would make anonymous.
	"""
	_check_access(customer, contact)
	counts = erasure.find_held_records(customer, contact).counts()
	stays = counts.pop("gestures_kept")
	return {
		"name": erasure.get_display_name(customer),
		"whose": erasure.get_display_name(customer, contact),
		"contacts": personal_data.get_contacts(customer),
		"counts": personal_data.label_counts(counts | {"gestures": counts["gestures"] + stays}),
		"goes": personal_data.label_counts(counts),
		"stays": stays,
		"kept": [_(sentence) for sentence in rules.describe_retained_data()],
		"erasures": personal_data.get_erasures(customer),
	}


@frappe.whitelist(methods=["POST"])
@rate_limit_per_user(60)
def get_report(customer: str, reason: str, contact: str | None = None) -> dict:
	"""Return all data about a customer, or about one of their contacts.

	Returns `{"data", "sections"}`, for a JSON file and for reading.
	The access and its reason are logged, and the authors of private notes are notified.
	"""
	_check_access(customer, contact)
	with domain_errors_as_frappe():
		reason_text = rules.clean_erasure_reason(reason)
	return personal_data.build_report(customer, contact, reason_text)


@frappe.whitelist(methods=["POST"])
@retry_on_deadlock
def erase(
	customer: str, typed: str, reason: str, contact: str | None = None, requested_on: str | None = None
) -> dict:
	"""Erase all data about a customer, or about one of their contacts.

	`typed` is the name that the user typed to confirm, `requested_on` is an ISO date. Returns
	`{"certificate", "text"}`; the certificate is None if there was nothing to erase. The erasure is one
	transaction.
	"""
	_check_access(customer, contact)
	asked_on: date | None = getdate(requested_on) if requested_on else None
	with domain_errors_as_frappe():
		reason_text = rules.clean_erasure_reason(reason)
		rules.check_confirmation(typed, erasure.get_display_name(customer, contact))
		rules.check_request_date(asked_on, getdate())
	certificate = erasure.erase_with_certificate(customer, contact, reason_text, asked_on)
	text = (
		_("Erased. The erasure certificate lists what was erased.")
		if certificate
		else _("There was nothing to erase.")
	)
	return {"certificate": certificate, "text": text}


def _check_access(customer: str, contact: str | None) -> None:
	"""Raise PermissionError unless a manager may read the customer and the contact belongs to it."""
	roles.check_manager()
	frappe.has_permission("Customer", "read", doc=customer, throw=True)
	if contact and not personal_data.is_contact_of(contact, customer):
		throw(
			_("This contact does not belong to this customer. Nothing was changed."), frappe.PermissionError
		)
