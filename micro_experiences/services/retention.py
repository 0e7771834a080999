"""Announce and delete notes whose retention period is over."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import partial
from itertools import islice

import frappe
from frappe import _
from frappe.query_builder import DocType
from frappe.query_builder.functions import Max
from frappe.utils import add_days, get_url, getdate, quoted

from micro_experiences.domain import retention as rules
from micro_experiences.domain.erasure import TraceMatcher
from micro_experiences.services import traces
from micro_experiences.services.notes import get_confidential_follow_ups, remove_dependents
from micro_experiences.utils import transactions
from micro_experiences.utils.notifications import get_managers, notify_users

SETTINGS_DOCTYPE = "Micro Experiences Settings"
REPORT_NAME = "Notes to Be Forgotten"
# Notes read, and deleted, per transaction.
CHUNK_SIZE = 500
# Chunks per run: more words cannot be searched for at once.
_MAX_CHUNKS = 20
# Stop before the queue's time limit; the rest waits for next week.
_MAX_SECONDS = 20 * 60
_NOTE_FIELDS = (
	"name",
	"customer",
	"kind",
	"status",
	"pinned",
	"heard_on",
	"last_used_on",
	"modified",
	"creation",
)


def get_due_notes(months: rules.RetentionMonths, day: date) -> Iterator[list[dict]]:
	"""Yield the notes to be deleted by `day`, in chunks, each with `forgotten_from`."""
	since, after = rules.get_cutoff_date(months, day), ""
	while since and (rows := _read_notes({"name": (">", after), "modified": ("<", add_days(since, 1))})):
		after = rows[-1].name
		if found := _filter_due(rows, months, day):
			yield found


def announce_due_notes(months: rules.RetentionMonths, today: date) -> int:
	"""Notify the managers how many notes will be deleted in a week, as numbers only, and return the count.
	If there are none, no notification is sent and nothing counts as announced."""
	kinds, customers = Counter(), set()
	for found in get_due_notes(months, rules.get_announced_until(today)):
		kinds.update(row.kind or "Note" for row in found)
		customers.update(row.customer for row in found)
	count = sum(kinds.values())
	if count:
		for user, lang in get_managers().items():
			subject, content = _get_announcement(count, kinds, len(customers), lang)
			notify_users([(user, subject, None, None)], content)
		save_announcement({"forgetting_announced_for": months.as_text(), "forgetting_announced_on": today})
	return count


def delete_due_notes(months: rules.RetentionMonths, day: date) -> int:
	"""Delete the notes due by `day` in chunks, each in its own transaction. Return the number of notes."""
	chunks = [[row.name for row in found] for found in islice(get_due_notes(months, day), _MAX_CHUNKS)]
	if not chunks:
		return 0
	# Once, before the deletion, while the words are known. If the job is killed, the next run repeats all of it.
	transactions.commit_with_retry(partial(_remove_mentions, chunks))
	until, forgotten = time.monotonic() + _MAX_SECONDS, 0
	for names in chunks:
		forgotten += transactions.commit_with_retry(partial(_delete_notes, names, months, day))
		if time.monotonic() > until:
			break
	return forgotten


def _delete_notes(names: list[str], months: rules.RetentionMonths, day: date) -> int:
	"""Delete the notes that are still due by `day`, now that they are locked."""
	rows = _read_notes({"name": ("in", names)}, for_update=True)
	notes = [row.name for row in _filter_due(rows, months, day)]
	if not notes:
		return 0
	for doctype, some in _get_dependents(notes).items():
		traces.remove_linked_rows(doctype, some)
	remove_dependents(notes)
	return traces.delete_documents("Personal Note", notes)


def _get_dependents(notes: list[str]) -> dict[str, list[str]]:
	"""Return these notes and the records deleted with them, by DocType."""
	uses = frappe.get_all("Personal Note Use", filters={"personal_note": ("in", notes)}, pluck="name")
	return {
		"Personal Note": notes,
		"Personal Note Use": uses,
		"Follow Up Task": get_confidential_follow_ups(notes),
	}


def _remove_mentions(chunks: list[list[str]]) -> None:
	"""Remove mentions of these notes, and of the records deleted with them, from logs and queues."""
	names, words = [], []
	for notes in chunks:
		for doctype, some in _get_dependents(notes).items():
			names += some
			words += traces.get_texts(doctype, some)
	traces.remove_mentions(TraceMatcher(names, words))


def _read_notes(filters: dict, *, for_update: bool = False) -> list[dict]:
	query = frappe.qb.get_query(
		"Personal Note", filters=filters, fields=list(_NOTE_FIELDS), order_by="name asc", limit=CHUNK_SIZE
	)
	return (query.for_update() if for_update else query).run(as_dict=True)


def _filter_due(rows: list[dict], months: rules.RetentionMonths, day: date) -> list[dict]:
	"""Return the notes to be deleted by `day`."""
	invoiced, since = _get_last_invoice_dates(rows) if months.without_invoice else ({}, {})
	found = []
	for row in rows:
		note = row | {
			field: getdate(row[field]) if row[field] else None
			for field in ("heard_on", "last_used_on", "modified")
		}
		# If the customer no longer exists, count from the creation of the note.
		customer_since = getdate(since.get(row.customer) or row.creation)
		row.forgotten_from = rules.get_expiry_date(note, months, invoiced.get(row.customer), customer_since)
		if row.forgotten_from and row.forgotten_from <= day:
			found.append(row)
	return found


def _get_last_invoice_dates(rows: list[dict]) -> tuple[dict, dict]:
	"""Return ({customer: date of the last submitted invoice, excluding credit notes}, {customer:
	creation})."""
	customers = sorted({row.customer for row in rows if row.customer}) or [""]
	invoice, customer = DocType("Sales Invoice"), DocType("Customer")
	last = (
		frappe.qb.from_(invoice)
		.select(invoice.customer, Max(invoice.posting_date))
		.where(invoice.customer.isin(customers) & (invoice.docstatus == 1) & (invoice.is_return == 0))
		.groupby(invoice.customer)
		.run()
	)
	made = frappe.qb.from_(customer).select(customer.name, customer.creation)
	return dict(last), dict(made.where(customer.name.isin(customers)).run())


def _get_announcement(count: int, kinds: Counter, customers: int, lang: str | None) -> tuple[str, str]:
	"""Return (subject, HTML content) of the announcement in a language."""
	subject = _("Notes to be deleted in a week: {0}", lang=lang).format(count)
	parts = ", ".join(f"{_(kind, lang=lang)}: {number}" for kind, number in sorted(kinds.items()))
	lines = (
		_(
			"These notes have reached the end of their retention period: {0}. Customers: {1}.", lang=lang
		).format(parts, customers),
		_(
			"They will be deleted in a week, together with their comments, versions and other linked data. Pinned notes are kept.",
			lang=lang,
		),
	)
	links = (
		(f"/app/query-report/{quoted(REPORT_NAME)}", _("Review the notes", lang=lang)),
		("/app/micro-experiences-settings", _("Change the retention periods", lang=lang)),
	)
	content = "".join(f"<p>{line}</p>" for line in lines)
	content += "".join(f'<p><a href="{get_url(href)}">{text}</a></p>' for href, text in links)
	return subject, content


def save_announcement(values: dict) -> None:
	"""Write fields of the settings about the announcement, without their validation."""
	for field, value in values.items():
		frappe.db.set_single_value(SETTINGS_DOCTYPE, field, value, update_modified=False)
	frappe.clear_document_cache(SETTINGS_DOCTYPE, SETTINGS_DOCTYPE)
