"""Report of the personal data held about a customer or one of their contacts, for the data subject."""

from datetime import date, datetime

import frappe
from frappe import _
from frappe.utils import format_date, format_datetime, now_datetime

from micro_experiences.domain import personal_data as rules
from micro_experiences.services import access_log, erasure, traces
from micro_experiences.utils.formatting import format_money
from micro_experiences.utils.notifications import notify_users
from micro_experiences.utils.users import get_first_name


def build_report(customer: str, contact: str | None, reason: str) -> dict:
	"""Return `{"data", "sections"}`: the personal data by field, and formatted for reading.

	The access is logged with its reason, and the authors of notes with the visibility Only Me are notified without details.
	"""
	found = erasure.find_held_records(customer, contact)
	data, user = _gather_data(found, customer, contact), frappe.session.user
	access_log.record_access(customer, user, "Personal Data Report", reason=reason)
	_notify_authors(found.notes, customer, user)
	whose = {
		"name": erasure.get_display_name(customer, contact),
		"customer": customer,
		"made_on": now_datetime(),
	}
	return {"data": {"about": whose} | data, "sections": rules.format_report(data, _, _format_value)}


def get_contacts(customer: str) -> list[dict]:
	"""Return the contacts of a customer as `{"value", "label"}`, sorted by label."""
	link = {"parenttype": "Contact", "link_doctype": "Customer", "link_name": customer}
	names = frappe.get_all("Dynamic Link", filters=link, pluck="parent", distinct=True)
	labels = [{"value": name, "label": erasure.get_display_name(customer, name)} for name in names]
	return sorted(labels, key=lambda contact: contact["label"])


def is_contact_of(contact: str, customer: str) -> bool:
	"""Return whether a contact belongs to a customer or is named in a record about the customer."""
	link = {"parent": contact, "parenttype": "Contact", "link_doctype": "Customer", "link_name": customer}
	return bool(frappe.db.exists("Dynamic Link", link)) or any(
		frappe.db.exists(doctype, {"customer": customer, "contact": contact})
		for doctype in ("Personal Note", "Gesture", "Follow Up Task")
	)


def label_counts(counts: dict[str, int]) -> list[dict]:
	"""Return the counts of an erasure with the labels of the certificate: `{"label", "count"}`."""
	meta = frappe.get_meta(erasure.CERTIFICATE_DOCTYPE)
	return [{"label": _(meta.get_label(field)), "count": count} for field, count in counts.items()]


def get_erasures(customer: str) -> list[dict]:
	"""Return the erasure certificates about a customer, latest first: `{"name", "whose", "day"}`."""
	rows = frappe.get_all(
		erasure.CERTIFICATE_DOCTYPE,
		filters={"customer": customer},
		fields=["name", "whose", "erased_on"],
		order_by="erased_on desc",
	)
	return [{"name": row.name, "whose": row.whose, "day": format_date(row.erased_on)} for row in rows]


def _gather_data(found: erasure.HeldRecords, customer: str, contact: str | None) -> dict[str, list[dict]]:
	"""Return the rows of each section by field; values are `date` and `datetime` where they are dates or times."""
	notes = _get_rows("Personal Note", found.notes)
	texts = {row.name: row.note for row in notes}
	promises = _get_rows("Follow Up Task", found.promises)
	subjects = {row.name: row.subject for row in promises}
	looks = [] if contact else _get_customer_rows("Personal Note Access", customer, "accessed_on asc")
	erasures = _get_customer_rows(erasure.CERTIFICATE_DOCTYPE, customer, "erased_on asc")
	return {
		"notes": [_get_note_data(row) for row in notes],
		"uses": [
			{
				"day": row.used_on,
				"by": get_first_name(row.used_by),
				"action": row.action,
				"they_said": row.they_said,
				"note": texts.get(row.personal_note),
			}
			for row in _get_rows("Personal Note Use", found.uses)
		],
		"gestures": [_get_gesture_data(row, texts) for row in _get_rows("Gesture", found.gestures)],
		"promises": [
			{
				"what": row.subject,
				"contact": row.contact and erasure.get_display_name(customer, row.contact),
				"by": get_first_name(row.assigned_to),
				"due_on": row.due_on,
				"status": row.status,
				"outcome": row.outcome,
				"done_on": row.done_on,
				"done_by": get_first_name(row.done_by),
				"came_from": _format_reference(row),
			}
			for row in promises
		],
		"reminders": [
			{
				"day": row.sent_on,
				"by": get_first_name(row.recipient),
				"what": subjects.get(row.follow_up_task),
			}
			for row in _get_rows("Follow Up Reminder", found.reminders)
		],
		"looks": [
			{
				"day": row.accessed_on,
				"by": get_first_name(row.user),
				"where": row.seen_in,
				"reason": row.reason,
			}
			for row in looks
		],
		"erasures": [
			{"day": row.erased_on, "whose": row.whose, "notes": row.notes, "reason": row.reason}
			for row in erasures
			if not contact or row.contact == contact
		],
	}


def _get_note_data(row) -> dict:
	return {
		"text": row.note,
		"kind": row.kind,
		"topic": row.topic,
		"contact": row.contact and erasure.get_display_name(row.customer, row.contact),
		"certainty": row.certainty,
		"heard_on": row.heard_on,
		"heard_via": row.heard_via,
		"heard_by": get_first_name(row.heard_by),
		"occasion_on": row.occasion_on,
		"remember_until": row.remember_until,
		"stops": row.stops,
		"avoids": row.avoids,
		"kept_because": row.kept_as_is_because,
		"seen_by": _(rules.describe_readers(row.visibility, bool(row.sensitive))),
		"status": row.status,
		"ended_because": row.closed_because,
		"times_used": row.times_used,
		"last_used_on": row.last_used_on,
		"came_from": _format_reference(row),
	}


def _get_gesture_data(row, texts: dict[str, str]) -> dict:
	return {
		"what": row.what,
		"kind": row.gesture_type,
		"contact": row.contact and erasure.get_display_name(row.customer, row.contact),
		"status": row.status,
		"planned_on": row.planned_on,
		"given_on": row.given_on,
		"cost": format_money(row.cost, row.currency) if row.cost else None,
		"by": get_first_name(row.given_by),
		"message": row.message,
		"reaction": row.reaction,
		"story": row.story,
		"decided_by": get_first_name(row.approver),
		"declined_because": row.decline_reason,
		"in_spite_because": row.override_reason,
		"because_of": texts.get(row.personal_note),
		"came_from": _format_reference(row),
	}


def _format_reference(row) -> str | None:
	return f"{_(row.reference_doctype)} {row.reference_name}" if row.reference_name else None


def _get_rows(doctype: str, names: list[str]) -> list:
	"""Return complete rows, oldest first."""
	found = []
	for chunk in traces.split_into_chunks(names):
		found += frappe.get_all(doctype, filters={"name": ("in", chunk)}, fields=["*"])
	return sorted(found, key=lambda row: (row.creation, row.name))


def _get_customer_rows(doctype: str, customer: str, order_by: str) -> list:
	return frappe.get_all(doctype, filters={"customer": customer}, fields=["*"], order_by=order_by)


def _format_value(value: object) -> str:
	if isinstance(value, datetime):
		return format_datetime(value)
	return format_date(value) if isinstance(value, date) else str(value)


def _notify_authors(notes: list[str], customer: str, user: str) -> None:
	"""Notify the authors of notes with the visibility Only Me, except `user`, in each author's language."""
	authors: set[str] = set()
	for chunk in traces.split_into_chunks(notes):
		private = {"name": ("in", chunk), "visibility": "Only Me", "heard_by": ("not in", ("", user))}
		authors.update(frappe.get_all("Personal Note", filters=private, pluck="heard_by"))
	languages = frappe.get_all("User", filters={"name": ("in", authors)}, fields=["name", "language"])
	notify_users(
		(
			row.name,
			_(
				"A customer requested their personal data. The report included notes that are visible only to you.",
				lang=row.language,
			),
			"Customer",
			customer,
		)
		for row in languages
	)
