"""Sensitive notes of one customer, opened for a while by a manager who says why, and closed again."""

import frappe
from frappe import _
from frappe.utils import now_datetime

from micro_experiences.desk.hours import hours_of
from micro_experiences.desk.notes import answer
from micro_experiences.desk.words import refusing
from micro_experiences.domain import looks
from micro_experiences.privacy import access_log, sight


@frappe.whitelist(methods=["POST"])
def open_sensitive(
	customer: str,
	reason: str,
	reference_doctype: str | None = None,
	reference_name: str | None = None,
	contact: str | None = None,
) -> dict:
	"""The sensitive notes of a customer are open to the session user, a manager, until the end of his day; the reason is on
	record from now on. Answers `{"text", "banner"}`, in the same words whether there is any such note."""
	sight.check_manager()
	frappe.has_permission("Customer", "read", doc=customer, throw=True)
	with refusing():
		because = looks.reason(reason)
	me = frappe.session.user
	until = hours_of([me])[me].midnight(now_datetime())
	access_log.note_look(customer, me, "Reason", reason=because, open_until=until)
	told = _(
		"Open until midnight. Your reason is written down, and each of these notes that the banner shows you or that you open. Lists and exports are not written down one by one: your reason answers for them."
	)
	return {"text": told} | answer(customer, reference_doctype, reference_name, contact)


@frappe.whitelist(methods=["POST"])
def close_sensitive(
	customer: str,
	reference_doctype: str | None = None,
	reference_name: str | None = None,
	contact: str | None = None,
) -> dict:
	"""They are closed to the session user again. Answers `{"text", "banner"}`."""
	sight.check_manager()
	frappe.has_permission("Customer", "read", doc=customer, throw=True)
	access_log.close(customer, frappe.session.user)
	return {"text": _("Closed again.")} | answer(customer, reference_doctype, reference_name, contact)
