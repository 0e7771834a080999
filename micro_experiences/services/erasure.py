"""Erasure of the personal data about a customer or one of their contacts.

Personal records are deleted with every trace; amounts stay in the ledger without the customer. A certificate records the
erasure without its contents.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

import frappe
from frappe import _
from frappe.query_builder import DocType
from frappe.query_builder.functions import Max, Min
from frappe.utils import getdate, now_datetime

from micro_experiences.domain import erasure as rules
from micro_experiences.domain.ledger import get_lines_for_transition
from micro_experiences.services import access_log, ledger, traces
from micro_experiences.utils.background_jobs import enqueue_before_commit
from micro_experiences.utils.transactions import commit_with_retry, refresh_snapshot

CERTIFICATE_DOCTYPE = "Personal Data Erasure"
# DocTypes that can refer to the record from which they were created.
_REFERRING_DOCTYPES = ("Personal Note", "Personal Note Use", "Gesture", "Follow Up Task")
# Columns in which Frappe stores tags, comments, assignments, likes and views.
_FRAPPE_COLUMNS = ("_user_tags", "_comments", "_assign", "_liked_by", "_seen")


@dataclass(frozen=True, slots=True)
class HeldRecords:
	"""Names of the records held about a customer or contact. `booked` are the gestures with entries in the ledger."""

	notes: list[str]
	uses: list[str]
	gestures: list[str]
	booked: list[str]
	promises: list[str]
	reminders: list[str]

	def by_doctype(self) -> dict[str, list[str]]:
		"""Return all names by DocType, each DocType before those it refers to."""
		return {
			"Follow Up Reminder": self.reminders,
			"Follow Up Task": self.promises,
			"Personal Note Use": self.uses,
			"Gesture": self.gestures,
			"Personal Note": self.notes,
		}

	def counts(self) -> dict[str, int]:
		"""Return the number of records by the certificate's count fields."""
		return {
			"notes": len(self.notes),
			"uses": len(self.uses),
			"gestures": len(self.gestures) - len(self.booked),
			"promises": len(self.promises),
			"reminders": len(self.reminders),
			"gestures_kept": len(self.booked),
		}

	def __bool__(self) -> bool:
		return any(self.by_doctype().values())


def find_held_records(customer: str, contact: str | None = None, *, lock: bool = False) -> HeldRecords:
	"""Return the records about a customer, or those about one contact and the records that resulted from them.

	With `lock`, the current rows are read regardless of the transaction's snapshot and stay locked until its end: a new
	record about the customer waits and is written after the erasure.
	"""

	def find(doctype: str, *sources: tuple[str, list[str]]) -> list[str]:
		table = DocType(doctype)
		about = table.contact == contact if contact and "contact" in get_columns(doctype) else None
		for field, names in sources if contact else ():
			for chunk in traces.split_into_chunks(names):
				about = table[field].isin(chunk) if about is None else about | table[field].isin(chunk)
		if contact and about is None:
			return []
		# Not ordered in SQL: locking in the order of the names would lock the rows of every customer.
		query = frappe.qb.from_(table).select(table.name).where(table.customer == customer)
		query = query.where(about) if contact else query
		return sorted((query.for_update() if lock else query).run(pluck=True))

	notes = find("Personal Note")
	gestures = find("Gesture", ("personal_note", notes))
	promises = find("Follow Up Task", ("personal_note", notes), ("gesture", gestures))
	return HeldRecords(
		notes,
		find("Personal Note Use", ("personal_note", notes)),
		gestures,
		_get_distinct_values("Gesture Wallet Entry", "gesture", "gesture", gestures, lock=lock),
		promises,
		_get_distinct_values("Follow Up Reminder", "name", "follow_up_task", promises, lock=lock),
	)


def get_columns(doctype: str) -> Collection[str]:
	"""Return the columns of a DocType."""
	return frappe.get_meta(doctype).get_valid_columns()


def erase_records(
	customer: str, contact: str | None = None, *, known_as: str | None = None, later: bool = False
) -> dict:
	"""Remove the records about a customer or one contact, with every trace, in the caller's transaction.

	With `later`, a worker searches the logs after the commit, and only for record names: note texts are not put into a
	queue. `known_as` is the name of a customer who is already deleted.
	Return the counts and dates for the certificate, or {} if there was nothing to remove.
	"""
	found = find_held_records(customer, contact, lock=True)
	if found and not contact:
		access_log.write_queued_entries(customer, found.notes)
	log_entries = [] if contact else access_log.get_erasable_entries(customer, lock=True)
	if not (found or log_entries):
		return {}
	days = _get_date_range(found)
	by_doctype = found.by_doctype()
	names = [name for group in by_doctype.values() for name in group]
	texts = [
		text for doctype, group in by_doctype.items() for text in traces.get_texts(doctype, group, lock=True)
	]
	about = [contact] if contact else sorted({customer, known_as or get_display_name(customer)})
	released = cancel_gestures(found.booked)
	removed = sum(traces.remove_linked_rows(doctype, group) for doctype, group in by_doctype.items())
	_clear_references(found)
	_anonymize_gestures(found.booked)
	booked = set(found.booked)
	for doctype, group in by_doctype.items():
		traces.delete_documents(doctype, [name for name in group if name not in booked])
	if log_entries:
		access_log.anonymize_customer(customer)
	if later:
		enqueue_before_commit(
			remove_mentions_later, queue="long", customer=customer, names=names, about=about
		)
	else:
		removed += traces.remove_mentions(rules.TraceMatcher(names, texts, about))
	return found.counts() | days | {"traces": removed, "released": released}


def remove_mentions_later(customer: str, names: list[str], about: list[str]) -> None:
	"""Search the logs for erased records of `customer`; runs in a background worker and can safely run twice.

	It waits for the erasing transaction. If that was rolled back, the records still exist and nothing is searched.
	"""

	def find_remaining() -> set[str]:
		# The lock waits for the transaction that removes them.
		found = find_held_records(customer, lock=True).by_doctype().values()
		return {name for group in found for name in group}

	if commit_with_retry(find_remaining).isdisjoint(names):
		traces.remove_mentions(rules.TraceMatcher(names, about=about))


def erase_with_certificate(
	customer: str, contact: str | None, reason: str, requested_on: date | None
) -> str | None:
	"""Erase the records and write the certificate in one transaction.

	Return the certificate's name, or None if there was nothing to erase. Concurrent erasures and bookings for the same
	customer wait for each other, and the later one sees the result of the earlier one.
	"""
	refresh_snapshot()
	frappe.db.get_value("Customer", customer, "name", for_update=True)
	whose = get_display_name(customer, contact)
	removed = erase_records(customer, contact)
	if not removed:
		return None
	user = frappe.session.user
	certificate = frappe.get_doc(
		{
			"doctype": CERTIFICATE_DOCTYPE,
			"whose": whose,
			"customer": customer,
			"contact": contact,
			"reason": reason,
			"requested_on": requested_on,
			"erased_by": user,
			"erased_on": now_datetime(),
			"kept": "\n".join(_(sentence) for sentence in rules.describe_retained_data()),
			**removed,
		}
	)
	certificate.flags.by_erasure = True
	certificate.insert(ignore_permissions=True)
	access_log.record_access(customer, user, "Erasure", reason=reason)
	return certificate.name


def get_display_name(customer: str, contact: str | None = None) -> str:
	"""Return the display name of a customer or a contact."""
	if contact:
		first, last = frappe.db.get_value("Contact", contact, ["first_name", "last_name"]) or ("", "")
		return " ".join(part for part in (first, last) if part) or contact
	return frappe.db.get_value("Customer", customer, "customer_name") or customer


def _get_distinct_values(doctype: str, what: str, field: str, names: list[str], *, lock: bool) -> list[str]:
	"""Return the distinct values of `what` in the rows whose `field` is one of `names`."""
	table, values = DocType(doctype), set()
	for chunk in traces.split_into_chunks(names):
		query = frappe.qb.from_(table).select(table[what]).where(table[field].isin(chunk))
		values.update((query.for_update() if lock else query).run(pluck=True))
	return sorted(values)


def _get_date_range(found: HeldRecords) -> dict[str, date | None]:
	"""Return the first and the last day on which one of the records was created."""
	moments = []
	for doctype, names in found.by_doctype().items():
		table = DocType(doctype)
		for chunk in traces.split_into_chunks(names):
			query = frappe.qb.from_(table).select(Min(table.creation), Max(table.creation))
			moments += query.where(table.name.isin(chunk)).run()[0]
	days = [getdate(moment) for moment in moments if moment]
	return {"first_day": min(days, default=None), "last_day": max(days, default=None)}


def cancel_gestures(gestures: list[str]) -> int:
	"""Cancel those of the gestures whose amount is committed, release it, and return their number.

	Without the checks of a save: their customer or giver is about to be removed.
	"""
	table, approved = DocType("Gesture"), []
	for chunk in traces.split_into_chunks(gestures):
		query = frappe.qb.from_(table).select(table.name).where(table.name.isin(chunk))
		approved += query.where(table.status.isin(rules.RELEASED_STATUSES)).for_update().run(pluck=True)
	for name in approved:
		gesture = frappe.get_doc("Gesture", name, for_update=True)
		lines = get_lines_for_transition(
			gesture.status, rules.CANCELLED_STATUS, gesture.amount, reserved=bool(gesture.gesture_wallet)
		)
		ledger.record_entries(gesture.gesture_wallet, name, lines)
		gesture.db_set("status", rules.CANCELLED_STATUS)
	return len(approved)


def _anonymize_gestures(names: Iterable[str]) -> None:
	"""Remove personal data from gestures that stay because they have entries in the ledger."""
	frappe_columns = {
		column: None for column in _FRAPPE_COLUMNS if column in frappe.db.get_table_columns("Gesture")
	}
	for chunk in traces.split_into_chunks(names):
		frappe.db.set_value("Gesture", {"name": ("in", chunk)}, rules.ANONYMIZED_GESTURE | frappe_columns)
		ledger.clear_reasons(chunk)


def _clear_references(found: HeldRecords) -> None:
	"""Clear references to the erased records in the records that stay."""
	for doctype, names in found.by_doctype().items():
		for chunk in traces.split_into_chunks(names):
			for other in _REFERRING_DOCTYPES:
				references = {"reference_doctype": doctype, "reference_name": ("in", chunk)}
				frappe.db.set_value(other, references, {"reference_doctype": None, "reference_name": None})
