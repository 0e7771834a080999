"""Forgetting a customer, or one contact of his: what is personal goes with every trace, money stays without a name, and a
certificate says so without a word of what it was."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

import frappe
from frappe import _
from frappe.query_builder import DocType
from frappe.query_builder.functions import Max, Min
from frappe.utils import getdate, now_datetime

from micro_experiences.desk.safely import ask_waiting_worker, look_anew
from micro_experiences.domain import erasure as rules
from micro_experiences.domain.ledger import lines_for
from micro_experiences.jobs import workers
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.privacy import access_log, traces

CERTIFICATE = "Personal Data Erasure"
# What may name a record of ours as where it came from.
_REFERRING = ("Personal Note", "Personal Note Use", "Gesture", "Follow Up Task")
# What Frappe keeps in a row about what people did with it.
_IN_THE_ROW = ("_user_tags", "_comments", "_assign", "_liked_by", "_seen")


@dataclass(frozen=True, slots=True)
class Held:
	"""The names of what is held about somebody. `booked` are those of the gestures whose money stands in a ledger."""

	notes: list[str]
	uses: list[str]
	gestures: list[str]
	booked: list[str]
	promises: list[str]
	reminders: list[str]

	def by_doctype(self) -> dict[str, list[str]]:
		"""All of it, what leads to something else last."""
		return {
			"Follow Up Reminder": self.reminders,
			"Follow Up Task": self.promises,
			"Personal Note Use": self.uses,
			"Gesture": self.gestures,
			"Personal Note": self.notes,
		}

	def counts(self) -> dict[str, int]:
		"""How many of each, by the fields of the certificate."""
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


def held(customer: str, contact: str | None = None, *, lock: bool = False) -> Held:
	"""What is held about a customer; of a contact what names it, and what stems from that.

	With `lock` it is what others have left by now, whatever this transaction has seen before, and stays as it is until its
	end: whoever jots something down about him meanwhile waits, and has written after the erasure.
	"""

	def find(doctype: str, *stems: tuple[str, list[str]]) -> list[str]:
		table = DocType(doctype)
		about = table.contact == contact if contact and "contact" in columns(doctype) else None
		for field, names in stems if contact else ():
			for chunk in traces.chunks(names):
				about = table[field].isin(chunk) if about is None else about | table[field].isin(chunk)
		if contact and about is None:
			return []
		# Not in the order of the names: to lock by that order would lock every customer's.
		query = frappe.qb.from_(table).select(table.name).where(table.customer == customer)
		query = query.where(about) if contact else query
		return sorted((query.for_update() if lock else query).run(pluck=True))

	notes = find("Personal Note")
	gestures = find("Gesture", ("personal_note", notes))
	promises = find("Follow Up Task", ("personal_note", notes), ("gesture", gestures))
	return Held(
		notes,
		find("Personal Note Use", ("personal_note", notes)),
		gestures,
		_pluck("Gesture Wallet Entry", "gesture", "gesture", gestures, lock=lock),
		promises,
		_pluck("Follow Up Reminder", "name", "follow_up_task", promises, lock=lock),
	)


def columns(doctype: str) -> Collection[str]:
	"""The columns of a DocType."""
	return frappe.get_meta(doctype).get_valid_columns()


def forget(
	customer: str, contact: str | None = None, *, known_as: str | None = None, later: bool = False
) -> dict:
	"""Remove what is held about a customer, or about a contact of his, and every trace of it; the transaction is the caller's.

	With `later` the logs are searched by a worker once the transaction is kept, so that nobody waits for it, and for names
	alone: what people wrote does not wait in a queue. `known_as` is the name of a customer who is gone already.
	Answers the counts and days of the certificate; {} where there was nothing.
	"""
	found = held(customer, contact, lock=True)
	if found and not contact:
		access_log.write_waiting(customer, found.notes)
	looks = [] if contact else access_log.looks_at(customer, lock=True)
	if not (found or looks):
		return {}
	days = _days(found)
	by_doctype = found.by_doctype()
	names = [name for some in by_doctype.values() for name in some]
	words = [
		text for doctype, some in by_doctype.items() for text in traces.words_of(doctype, some, lock=True)
	]
	about = [contact] if contact else sorted({customer, known_as or name_of(customer)})
	released = _release(found.booked)
	removed = sum(traces.remove_rows(doctype, some) for doctype, some in by_doctype.items())
	_forget_origin(found)
	_forget_gestures(found.booked)
	booked = set(found.booked)
	for doctype, some in by_doctype.items():
		traces.delete_rows(doctype, [name for name in some if name not in booked])
	if looks:
		access_log.forget_customer(customer)
	if later:
		ask_waiting_worker(search_later, queue="long", customer=customer, names=names, about=about)
	else:
		removed += traces.remove_mentions(rules.Marks(names, words, about))
	return found.counts() | days | {"traces": removed, "released": released}


def search_later(customer: str, names: list[str], about: list[str]) -> None:
	"""For a worker: search the logs for the records of `customer` that `forget` has removed, once that is kept. Where it was
	undone they are there as before, and nothing is searched. Running it twice changes nothing more."""

	def left() -> set[str]:
		# The lock waits for whoever is about to remove them.
		found = held(customer, lock=True).by_doctype().values()
		return {name for some in found for name in some}

	if workers.kept(left).isdisjoint(names):
		traces.remove_mentions(rules.Marks(names, about=about))


def erase(customer: str, contact: str | None, reason: str, requested_on: date | None) -> str | None:
	"""Forget, and write the certificate in the same transaction; its name, or None where there was nothing to erase.

	Two who erase at once do it one after the other, and so do those who book money meanwhile: the second sees what the first
	has left.
	"""
	look_anew()
	frappe.db.get_value("Customer", customer, "name", for_update=True)
	whose = name_of(customer, contact)
	removed = forget(customer, contact)
	if not removed:
		return None
	me = frappe.session.user
	certificate = frappe.get_doc(
		{
			"doctype": CERTIFICATE,
			"whose": whose,
			"customer": customer,
			"contact": contact,
			"reason": reason,
			"requested_on": requested_on,
			"erased_by": me,
			"erased_on": now_datetime(),
			"kept": "\n".join(_(sentence) for sentence in rules.kept()),
			**removed,
		}
	)
	certificate.flags.by_erasure = True
	certificate.insert(ignore_permissions=True)
	access_log.note_look(customer, me, "Erasure", reason=reason)
	return certificate.name


def name_of(customer: str, contact: str | None = None) -> str:
	"""The name of a customer, or of a contact, as people write it."""
	if contact:
		first, last = frappe.db.get_value("Contact", contact, ["first_name", "last_name"]) or ("", "")
		return " ".join(filter(None, (first, last))) or contact
	return frappe.db.get_value("Customer", customer, "customer_name") or customer


def _pluck(doctype: str, what: str, field: str, names: list[str], *, lock: bool) -> list[str]:
	"""The different values of `what` in the rows whose `field` is one of `names`."""
	table, values = DocType(doctype), set()
	for chunk in traces.chunks(names):
		query = frappe.qb.from_(table).select(table[what]).where(table[field].isin(chunk))
		values.update((query.for_update() if lock else query).run(pluck=True))
	return sorted(values)


def _days(found: Held) -> dict[str, date | None]:
	"""The first and the last day on which something of it was written."""
	moments = []
	for doctype, names in found.by_doctype().items():
		table = DocType(doctype)
		for chunk in traces.chunks(names):
			query = frappe.qb.from_(table).select(Min(table.creation), Max(table.creation))
			moments += query.where(table.name.isin(chunk)).run()[0]
	days = [getdate(moment) for moment in moments if moment]
	return {"first_day": min(days, default=None), "last_day": max(days, default=None)}


def _release(gestures: list[str]) -> int:
	"""Call off what is approved and was not given yet: its money goes back into the wallet. How many."""
	table, coming = DocType("Gesture"), []
	for chunk in traces.chunks(gestures):
		query = frappe.qb.from_(table).select(table.name).where(table.name.isin(chunk))
		coming += query.where(table.status.isin(rules.RELEASED)).for_update().run(pluck=True)
	for name in coming:
		gesture = frappe.get_doc("Gesture", name, for_update=True)
		lines = lines_for(gesture.status, rules.CALLED_OFF, gesture.amount)
		ledger.book(gesture.gesture_wallet, name, lines)
		gesture.db_set("status", rules.CALLED_OFF)
	return len(coming)


def _forget_gestures(names: Iterable[str]) -> None:
	"""The money of these gestures was booked: they stay, without whom they were for."""
	in_the_row = {column: None for column in _IN_THE_ROW if column in frappe.db.get_table_columns("Gesture")}
	for chunk in traces.chunks(names):
		frappe.db.set_value("Gesture", {"name": ("in", chunk)}, rules.FORGOTTEN | in_the_row)
		ledger.forget_reasons(chunk)


def _forget_origin(found: Held) -> None:
	"""What stays names nothing that goes as where it came from."""
	for doctype, names in found.by_doctype().items():
		for chunk in traces.chunks(names):
			for other in _REFERRING:
				came_from = {"reference_doctype": doctype, "reference_name": ("in", chunk)}
				frappe.db.set_value(other, came_from, {"reference_doctype": None, "reference_name": None})
