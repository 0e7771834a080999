"""Everything that we hold about a customer, or about one contact of his, gathered for him to read and to take along."""

from datetime import date, datetime

import frappe
from frappe import _
from frappe.utils import format_date, format_datetime, now_datetime

from micro_experiences.desk.bell import ring
from micro_experiences.desk.people import first_name
from micro_experiences.domain import personal_data as rules
from micro_experiences.privacy import access_log, erasure, traces


def report(customer: str, contact: str | None, reason: str) -> dict:
	"""`{"data", "sections"}`: what is held, by field and as people read it. The look is written down with its reason, and the
	authors of notes that are for them alone are told, in words that give nothing away."""
	found = erasure.held(customer, contact)
	data, me = _gather(found, customer, contact), frappe.session.user
	access_log.note_look(customer, me, "Personal Data Report", reason=reason)
	_tell_authors(found.notes, customer, me)
	whose = {"name": erasure.name_of(customer, contact), "customer": customer, "made_on": now_datetime()}
	return {"data": {"about": whose} | data, "sections": rules.readable(data, _, _show)}


def contacts_of(customer: str) -> list[dict]:
	"""The contacts of a customer: `{"value", "label"}`."""
	link = {"parenttype": "Contact", "link_doctype": "Customer", "link_name": customer}
	names = frappe.get_all("Dynamic Link", filters=link, pluck="parent", distinct=True)
	labels = [{"value": name, "label": erasure.name_of(customer, name)} for name in names]
	return sorted(labels, key=lambda one: one["label"])


def is_contact_of(contact: str, customer: str) -> bool:
	"""Whether somebody is a contact of a customer, or what is held about the customer names him."""
	link = {"parent": contact, "parenttype": "Contact", "link_doctype": "Customer", "link_name": customer}
	return bool(frappe.db.exists("Dynamic Link", link)) or any(
		frappe.db.exists(doctype, {"customer": customer, "contact": contact})
		for doctype in ("Personal Note", "Gesture", "Follow Up Task")
	)


def counted(counts: dict[str, int]) -> list[dict]:
	"""The counts of an erasure under the labels of its certificate: `{"label", "count"}`."""
	meta = frappe.get_meta(erasure.CERTIFICATE)
	return [{"label": _(meta.get_label(field)), "count": count} for field, count in counts.items()]


def erasures_of(customer: str) -> list[dict]:
	"""The certificates about a customer, the last one first: `{"name", "whose", "day"}`."""
	rows = frappe.get_all(
		erasure.CERTIFICATE,
		filters={"customer": customer},
		fields=["name", "whose", "erased_on"],
		order_by="erased_on desc",
	)
	return [{"name": row.name, "whose": row.whose, "day": format_date(row.erased_on)} for row in rows]


def _gather(found: erasure.Held, customer: str, contact: str | None) -> dict[str, list[dict]]:
	"""The rows of each part, as people write the fields; days and moments are `date` and `datetime`."""
	notes = _rows("Personal Note", found.notes)
	texts = {row.name: row.note for row in notes}
	promises = _rows("Follow Up Task", found.promises)
	subjects = {row.name: row.subject for row in promises}
	looks = [] if contact else _all("Personal Note Access", customer, "accessed_on asc")
	erasures = _all(erasure.CERTIFICATE, customer, "erased_on asc")
	return {
		"notes": [_note(row) for row in notes],
		"uses": [
			{
				"day": row.used_on,
				"by": first_name(row.used_by),
				"action": row.action,
				"they_said": row.they_said,
				"note": texts.get(row.personal_note),
			}
			for row in _rows("Personal Note Use", found.uses)
		],
		"gestures": [_gesture(row, texts) for row in _rows("Gesture", found.gestures)],
		"promises": [
			{
				"what": row.subject,
				"contact": row.contact and erasure.name_of(customer, row.contact),
				"by": first_name(row.assigned_to),
				"due_on": row.due_on,
				"status": row.status,
				"outcome": row.outcome,
				"done_on": row.done_on,
				"done_by": first_name(row.done_by),
				"came_from": _came_from(row),
			}
			for row in promises
		],
		"reminders": [
			{"day": row.sent_on, "by": first_name(row.recipient), "what": subjects.get(row.follow_up_task)}
			for row in _rows("Follow Up Reminder", found.reminders)
		],
		"looks": [
			{
				"day": row.accessed_on,
				"by": first_name(row.user),
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


def _note(row) -> dict:
	return {
		"text": row.note,
		"kind": row.kind,
		"topic": row.topic,
		"contact": row.contact and erasure.name_of(row.customer, row.contact),
		"certainty": row.certainty,
		"heard_on": row.heard_on,
		"heard_via": row.heard_via,
		"heard_by": first_name(row.heard_by),
		"occasion_on": row.occasion_on,
		"remember_until": row.remember_until,
		"stops": row.stops,
		"kept_because": row.kept_as_is_because,
		"seen_by": _(rules.may_read(row.visibility, bool(row.sensitive))),
		"status": row.status,
		"ended_because": row.closed_because,
		"times_used": row.times_used,
		"last_used_on": row.last_used_on,
		"came_from": _came_from(row),
	}


def _gesture(row, texts: dict[str, str]) -> dict:
	return {
		"what": row.what,
		"kind": row.gesture_type,
		"contact": row.contact and erasure.name_of(row.customer, row.contact),
		"status": row.status,
		"planned_on": row.planned_on,
		"given_on": row.given_on,
		"cost": f"{row.cost:.2f} {row.currency}" if row.cost else None,
		"by": first_name(row.given_by),
		"message": row.message,
		"reaction": row.reaction,
		"story": row.story,
		"decided_by": first_name(row.approver),
		"declined_because": row.decline_reason,
		"in_spite_because": row.override_reason,
		"because_of": texts.get(row.personal_note),
		"came_from": _came_from(row),
	}


def _came_from(row) -> str | None:
	return f"{_(row.reference_doctype)} {row.reference_name}" if row.reference_name else None


def _rows(doctype: str, names: list[str]) -> list:
	"""Whole rows, the oldest first."""
	found = []
	for chunk in traces.chunks(names):
		found += frappe.get_all(doctype, filters={"name": ("in", chunk)}, fields=["*"])
	return sorted(found, key=lambda row: (row.creation, row.name))


def _all(doctype: str, customer: str, order_by: str) -> list:
	return frappe.get_all(doctype, filters={"customer": customer}, fields=["*"], order_by=order_by)


def _show(value: object) -> str:
	if isinstance(value, datetime):
		return format_datetime(value)
	return format_date(value) if isinstance(value, date) else str(value)


def _tell_authors(notes: list[str], customer: str, me: str) -> None:
	authors: set[str] = set()
	for chunk in traces.chunks(notes):
		private = {"name": ("in", chunk), "visibility": "Only Me", "heard_by": ("not in", ("", me))}
		authors.update(frappe.get_all("Personal Note", filters=private, pluck="heard_by"))
	languages = frappe.get_all("User", filters={"name": ("in", authors)}, fields=["name", "language"])
	ring(
		(
			row.name,
			_(
				"A customer has asked for what we hold about him: what you noted for yourself was part of the answer.",
				lang=row.language,
			),
			"Customer",
			customer,
		)
		for row in languages
	)
