"""Notes are forgotten by themselves after the months that the settings say, a week after that was announced."""

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

from micro_experiences.desk.bell import managers, ring
from micro_experiences.domain import retention as rules
from micro_experiences.domain.erasure import Marks
from micro_experiences.jobs import workers
from micro_experiences.micro_experiences.doctype.personal_note.personal_note import (
	let_go,
	promises_in_confidence,
)
from micro_experiences.privacy import traces

SETTINGS = "Micro Experiences Settings"
REPORT = "Notes to Be Forgotten"
# How many notes are read, and forgotten in one transaction.
CHUNK = 500
# So many chunks are forgotten in one run: more words cannot be looked for at once.
_MOST_CHUNKS = 20
# The queue would kill it a little later; what is left is for the next week.
_SECONDS = 20 * 60

_FIELDS = (
	*("name", "customer", "kind", "status", "pinned", "heard_on", "last_used_on", "modified", "creation"),
)


def mx_forget_notes() -> None:
	"""Weekly: forget what was announced a week ago, and announce what is forgotten in a week. Running it twice changes nothing
	more."""
	settings, today = frappe.get_doc(SETTINGS), getdate()
	months, announced_on = settings.months(), settings.forgetting_announced_on
	announced_on = announced_on and getdate(announced_on)
	step = rules.next_step(months, settings.forgetting_announced_for, announced_on, today)
	if step == rules.ANNOUNCE:
		workers.kept(partial(announce, months, today))
	elif step == rules.FORGET:
		# After an outage that is less than what is due by today: the rest is announced now.
		forget_due(months, rules.announced_until(announced_on))
		if not workers.kept(partial(announce, months, today)):
			_remember({"forgetting_announced_on": today})
	if step in (rules.WAIT, rules.FORGET):
		# Made less strict meanwhile: should it be made stricter again, that is announced anew.
		_remember({"forgetting_announced_for": months.as_text()})


def due(months: rules.Months, day: date) -> Iterator[list[dict]]:
	"""The notes that are to be forgotten by `day`, in chunks of up to CHUNK, each with `forgotten_from`."""
	since, after = rules.untouched_since(months, day), ""
	while since and (rows := _read({"name": (">", after), "modified": ("<", add_days(since, 1))})):
		after = rows[-1].name
		if found := _due(rows, months, day):
			yield found


def announce(months: rules.Months, today: date) -> int:
	"""Tell the managers what is forgotten in a week, by numbers alone; how many notes. Where there is none yet, nothing is
	said, and nothing counts as announced."""
	kinds, customers = Counter(), set()
	for found in due(months, rules.announced_until(today)):
		kinds.update(row.kind for row in found)
		customers.update(row.customer for row in found)
	count = sum(kinds.values())
	if count:
		for user, lang in managers().items():
			subject, content = _told(count, kinds, len(customers), lang)
			ring([(user, subject, None, None)], content)
		_remember({"forgetting_announced_for": months.as_text(), "forgetting_announced_on": today})
	return count


def forget_due(months: rules.Months, day: date) -> int:
	"""Forget what is due by `day`, chunk after chunk, each in a transaction of its own; how many notes."""
	chunks = [[row.name for row in found] for found in islice(due(months, day), _MOST_CHUNKS)]
	if not chunks:
		return 0
	# Before they go, while their words are known, and once: what is killed here is all done again the next time.
	workers.kept(partial(_forget_mentions, chunks))
	until, forgotten = time.monotonic() + _SECONDS, 0
	for names in chunks:
		forgotten += workers.kept(partial(_forget, names, months, day))
		if time.monotonic() > until:
			break
	return forgotten


def _forget(names: list[str], months: rules.Months, day: date) -> int:
	"""Forget those of these notes that are still due by `day`, now that nobody else can change them."""
	rows = _read({"name": ("in", names)}, for_update=True)
	notes = [row.name for row in _due(rows, months, day)]
	if not notes:
		return 0
	for doctype, some in _going_with(notes).items():
		traces.remove_rows(doctype, some)
	let_go(notes)
	return traces.delete_rows("Personal Note", notes)


def _going_with(notes: list[str]) -> dict[str, list[str]]:
	"""What goes with these notes, and they themselves, by DocType."""
	uses = frappe.get_all("Personal Note Use", filters={"personal_note": ("in", notes)}, pluck="name")
	return {
		"Personal Note": notes,
		"Personal Note Use": uses,
		"Follow Up Task": promises_in_confidence(notes),
	}


def _forget_mentions(chunks: list[list[str]]) -> None:
	"""Remove what betrays these notes, and what goes with them, in logs and queues."""
	names, words = [], []
	for notes in chunks:
		for doctype, some in _going_with(notes).items():
			names += some
			words += traces.words_of(doctype, some)
	traces.remove_mentions(Marks(names, words))


def _read(filters: dict, *, for_update: bool = False) -> list[dict]:
	query = frappe.qb.get_query(
		"Personal Note", filters=filters, fields=list(_FIELDS), order_by="name asc", limit=CHUNK
	)
	return (query.for_update() if for_update else query).run(as_dict=True)


def _due(rows: list[dict], months: rules.Months, day: date) -> list[dict]:
	"""Those of these notes that are to be forgotten by `day`."""
	invoiced, since = _invoiced(rows) if months.without_invoice else ({}, {})
	found = []
	for row in rows:
		note = row | {
			field: getdate(row[field]) if row[field] else None
			for field in ("heard_on", "last_used_on", "modified")
		}
		# Whose customer is gone counts from the note.
		customer_since = getdate(since.get(row.customer) or row.creation)
		row.forgotten_from = rules.forgotten_from(note, months, invoiced.get(row.customer), customer_since)
		if row.forgotten_from and row.forgotten_from <= day:
			found.append(row)
	return found


def _invoiced(rows: list[dict]) -> tuple[dict, dict]:
	"""({customer: day of the last submitted invoice, credit notes not counted}, {customer: when he was made})."""
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


def _told(count: int, kinds: Counter, customers: int, lang: str | None) -> tuple[str, str]:
	"""(Subject, content as HTML) of the announcement, in a language."""
	subject = _("Notes that are forgotten in a week: {0}", lang=lang).format(count)
	parts = ", ".join(f"{_(kind, lang=lang)}: {number}" for kind, number in sorted(kinds.items()))
	lines = (
		_("These have had their time: {0}. Customers: {1}.", lang=lang).format(parts, customers),
		_(
			"They are forgotten in a week, with all that Frappe keeps beside them. What is pinned stays.",
			lang=lang,
		),
	)
	links = (
		(f"/app/query-report/{quoted(REPORT)}", _("Look at them", lang=lang)),
		("/app/micro-experiences-settings", _("Change the months", lang=lang)),
	)
	content = "".join(f"<p>{line}</p>" for line in lines)
	content += "".join(f'<p><a href="{get_url(href)}">{text}</a></p>' for href, text in links)
	return subject, content


def _remember(values: dict) -> None:
	for field, value in values.items():
		frappe.db.set_single_value(SETTINGS, field, value, update_modified=False)
	frappe.clear_document_cache(SETTINGS, SETTINGS)
