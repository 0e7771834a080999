"""The banner "Remember this": what recall selects for the customer of a form, as a payload of at most 2 kB.

The payload travels with the document (`__onload`), so opening a form needs no extra request.
"""

from collections.abc import Iterable
from datetime import datetime

import frappe
from frappe.query_builder import Order
from frappe.utils import now_datetime

from micro_experiences.domain import recall as rules
from micro_experiences.domain import recall_rows, sensitive_access
from micro_experiences.domain.recall_lines import BannerItem
from micro_experiences.permissions import roles, visibility
from micro_experiences.services import access_log
from micro_experiences.services.wallets import get_first_wallet_summary
from micro_experiences.utils.language import get_language
from micro_experiences.utils.payload import build_banner_payload
from micro_experiences.utils.resilience import fail_safe
from micro_experiences.utils.settings import get_settings
from micro_experiences.utils.user_time import get_user_clock, get_user_now
from micro_experiences.utils.users import get_first_name

ONLOAD_KEY = "micro_experiences"
# Recall considers this many active notes of a customer. The list shows all of them.
_MAX_NOTES = 200
_MAX_USES = 200
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
	"year_known",
	"remember_until",
	"pinned",
	"topic",
)
_TASK_FIELDS = (
	"name",
	"subject",
	"due_on",
	"assigned_to",
	"snoozed_until",
	"repeats",
	"occurrence_key",
	"gesture",
)


@fail_safe
def add_to_onload(doc, customer: str | None) -> None:
	"""Add the banner of `customer` to a document that is sent to its form, or was just mapped from another."""
	if not is_shown_on(doc.doctype):
		return
	reference = (doc.doctype, doc.name) if doc.name else None
	payload = get_banner_payload(customer, reference, doc.get("contact_person"), doc.get("company"))
	if payload:
		doc.set_onload(ONLOAD_KEY, payload)


def is_shown_on(doctype: str) -> bool:
	"""Return whether the settings show the banner on the forms of a DocType."""
	return bool(get_settings().get(f"show_on_{frappe.scrub(doctype)}"))


def get_banner_payload(
	customer: str | None,
	reference: tuple[str, str] | None = None,
	contact: str | None = None,
	company: str | None = None,
) -> dict | None:
	"""Return the banner of a customer for the session user, or None if they may not read notes.

	Takes at most four queries. See `domain.recall` for the lines. `wallet` is the balance of the user's first
	wallet.
	"""
	if not customer or not frappe.has_permission("Personal Note"):
		return None
	rows, follow_ups, uses = _get_rows(customer)
	settings = get_settings()
	result = rules.select_items(
		_make_notes(rows),
		follow_ups,
		uses,
		viewpoint=_get_viewpoint(contact, reference),
	)
	_log_access(customer, rows, result.items)
	me = frappe.session.user
	reason = access_log.get_open_reason(customer, me) if roles.is_manager(me) else None
	return build_banner_payload(
		customer,
		result,
		get_first_wallet_summary(company),
		show_empty=bool(settings.show_empty_banner),
		opened=sensitive_access.format_access_notice(reason, get_language()) if reason else None,
	)


def get_remaining_items(
	customer: str, reference: tuple[str, str] | None = None, contact: str | None = None
) -> list[dict]:
	"""Return the lines that the banner of a customer counts as `more`, for the session user. Three queries."""
	if not frappe.has_permission("Personal Note"):
		return []
	rows, follow_ups, uses = _get_rows(customer)
	items = rules.select_remaining_items(
		_make_notes(rows),
		follow_ups,
		uses,
		viewpoint=_get_viewpoint(contact, reference),
	)
	_log_access(customer, rows, items)
	return [item.as_dict() for item in items]


def _get_rows(customer: str) -> tuple[list[dict], list[recall_rows.FollowUp], list[recall_rows.NoteUse]]:
	notes = _get_notes(customer)
	return (
		notes,
		_get_follow_ups(customer) if frappe.has_permission("Follow Up Task") else [],
		_get_note_uses(customer) if notes else [],
	)


def _get_viewpoint(contact: str | None, reference: tuple[str, str] | None) -> rules.Viewpoint:
	recall_settings = get_settings().get_recall_settings()
	return rules.Viewpoint(get_user_now(), contact, reference, recall_settings, get_language())


def _log_access(customer: str, rows: list[dict], items: Iterable[BannerItem]) -> None:
	me, shown = frappe.session.user, {item.name for item in items}
	notes = sensitive_access.get_logged_notes((row for row in rows if row.name in shown), me)
	access_log.record_access(customer, me, "Banner", notes)


def _get_notes(customer: str) -> list[dict]:
	return visibility.get_visible_rows(
		"Personal Note",
		(*_NOTE_FIELDS, "sensitive", "creation"),
		{"customer": customer, "status": "Active"},
		order_by="kind = 'Never' desc, pinned desc, heard_on desc, name asc",
		limit=_MAX_NOTES,
	)


def _make_notes(rows: list) -> list[recall_rows.Note]:
	now = now_datetime()
	return [_make_note(row, now) for row in rows]


def _make_note(row, now: datetime) -> recall_rows.Note:
	by_viewer = row.heard_by == frappe.session.user
	return recall_rows.Note(
		**{field: row[field] for field in _NOTE_FIELDS}
		| {
			"kind": row.kind or "",
			"heard_by": get_first_name(row.heard_by),
			"is_mine": by_viewer,
			"repeats_yearly": bool(row.repeats_yearly),
			"year_known": bool(row.year_known),
			"pinned": bool(row.pinned),
			"is_new": rules.is_new(row.creation, row.heard_on, now, by_viewer=by_viewer),
		}
	)


def _get_follow_ups(customer: str) -> list[recall_rows.FollowUp]:
	rows = visibility.get_visible_rows(
		"Follow Up Task",
		_TASK_FIELDS,
		{"customer": customer, "status": "Open"},
		order_by="due_on asc, name asc",
		limit=_MAX_NOTES,
	)
	me = frappe.session.user
	return [
		recall_rows.FollowUp(
			row.name,
			row.subject,
			row.due_on,
			get_first_name(row.assigned_to),
			row.assigned_to == me,
			row.snoozed_until,
			row.repeats,
			row.occurrence_key or "",
			row.gesture,
		)
		for row in rows
	]


def _get_note_uses(customer: str) -> list[recall_rows.NoteUse]:
	"""Return the uses of a customer's notes. Recall ignores those of notes that the viewer may not see."""
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
		.limit(_MAX_USES)
		.run(as_dict=True)
	)
	me, to_user_time = frappe.session.user, get_user_clock()
	return [
		recall_rows.NoteUse(
			row.personal_note,
			row.action,
			get_first_name(row.used_by),
			row.used_by == me,
			to_user_time(row.used_on),
			row.they_said or "",
			row.snoozed_until,
			(row.reference_doctype, row.reference_name) if row.reference_name else None,
		)
		for row in rows
	]
