"""One thing worth remembering about a customer."""

from datetime import date

import frappe
from frappe import _
from frappe.utils import cint, getdate, now_datetime, nowdate

from micro_experiences.desk import check_touchpoint
from micro_experiences.desk.words import refusing
from micro_experiences.domain import looks, occasions, sensitive_words
from micro_experiences.domain import notes as rules
from micro_experiences.domain.erasure import WORDLESS
from micro_experiences.micro_experiences.doctype.sensitive_term.sensitive_term import words
from micro_experiences.privacy import access_log
from micro_experiences.privacy.sealed import Sealed
from micro_experiences.privacy.sight import is_manager, may_read_customer

# What stands before the number of a note.
_SERIES = "NOTE-"


class PersonalNote(Sealed):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		certainty: DF.Literal["Told Us", "Noticed", "Confirmed"]
		closed_because: DF.Literal["", "Used", "No Longer True", "Expired", "Erased"]
		contact: DF.Link | None
		customer: DF.Link
		heard_by: DF.Link | None
		heard_on: DF.Date | None
		heard_via: DF.Literal["In Person", "Phone", "Email", "Message", "Visit", "Other"]
		kept_as_is_because: DF.SmallText | None
		kind: DF.Literal["Moment", "Fact", "Occasion", "Never"]
		last_used_by: DF.Link | None
		last_used_on: DF.Datetime | None
		note: DF.SmallText
		occasion_on: DF.Date | None
		pinned: DF.Check
		reference_doctype: DF.Link | None
		reference_name: DF.DynamicLink | None
		remember_until: DF.Date | None
		repeats_yearly: DF.Check
		sensitive: DF.Check
		sent_key: DF.Data | None
		status: DF.Literal["Active", "Closed"]
		stops: DF.Data | None
		times_used: DF.Int
		topic: DF.Link | None
		user_group: DF.Link | None
		visibility: DF.Literal["Everyone", "Group", "Only Me"]

	# end: auto-generated types
	def load_from_db(self):
		"""Also where a request reads a note by itself: for its form or over the API. A job looks at nothing."""
		super().load_from_db()
		me = frappe.session.user
		if getattr(frappe.local, "request", None) and (names := looks.logged([self.as_dict()], me)):
			if frappe.has_permission(self.doctype, doc=self):
				access_log.note_look(self.customer, me, "Form", names)
		return self

	def before_insert(self):
		self.heard_by = self.heard_by or frappe.session.user
		self.heard_on = self.heard_on or nowdate()
		me = frappe.session.user
		with refusing():
			rules.check_author(self.heard_by, me, manager=is_manager(me))
		# Only the log of uses says how often a note was used.
		self.times_used, self.last_used_on, self.last_used_by = 0, None, None
		self.status, self.closed_because = "Active", None

	def validate(self):
		if before := self.get_doc_before_save():
			for field in rules.KEPT_BY_LOG:
				self.set(field, before.get(field))
			# A reason speaks of the words that it was given for.
			same = before.kept_as_is_because == self.kept_as_is_because
			if self.kept_as_is_because and same and before.note != self.note:
				if not sensitive_words.reason_holds(before.note, self.note, words()):
					self.kept_as_is_because = None
		self.validate_customer()
		check_touchpoint(self, before)
		note = self.as_dict() | {
			field: getdate(self.get(field)) if self.get(field) else None
			for field in ("occasion_on", "remember_until", "heard_on")
		}
		with refusing():
			self.update(rules.tidied(note, getdate()))

	def validate_customer(self):
		before = self.get_doc_before_save()
		if before and before.customer != self.customer:
			frappe.throw(_("A note stays with its customer. Jot it down anew for the other one."))
		if not may_read_customer(self.customer, frappe.session.user):
			frappe.throw(_("You may not open this customer."), frappe.PermissionError)

	def on_update(self):
		before = self.get_doc_before_save()
		if before and any(
			str(before.get(field) or "") != str(self.get(field) or "") for field in occasions.MOVES_OCCURRENCE
		):
			# The daily job opens the promise of the new day once that is near.
			self.end_occasion("Skipped", _("The occasion has changed."), from_day=getdate())

	def on_trash(self):
		let_go([self.name])

	def after_delete(self):
		"""Frappe takes the number of the last note back, and the next one would have it: the log of looks, which nobody may
		correct, would say of that note who looked at this one."""
		super().after_delete()
		series, number = frappe.qb.DocType("Series"), cint(self.name.removeprefix(_SERIES))
		frappe.qb.update(series).set(series.current, number).where(
			(series.name == _SERIES) & (series.current == number - 1)
		).run()

	def log(
		self,
		action: str,
		they_said: str | None = None,
		snoozed_until=None,
		reference=(None, None),
		sent_key: str | None = None,
	) -> None:
		"""Write one line of the log of uses, and what follows from it for the note.

		Whoever may see a note may say that he used it, so no right to write is asked for here.
		`reference` is the (DocType, name) of the document that was open. Of a closed note nothing is written.
		"""
		with refusing():
			rules.check_open(self.status)
		reference_doctype, reference_name = reference if all(reference) else (None, None)
		frappe.get_doc(
			{
				"doctype": "Personal Note Use",
				"personal_note": self.name,
				"customer": self.customer,
				"action": action,
				"they_said": rules.said(they_said),
				"used_by": frappe.session.user,
				"used_on": now_datetime(),
				"snoozed_until": snoozed_until,
				"reference_doctype": reference_doctype,
				"reference_name": reference_name,
				"sent_key": sent_key,
			}
		).insert(ignore_permissions=True)
		if changes := rules.logged(action, cint(self.times_used), frappe.session.user, now_datetime()):
			self.db_set(changes)
		if action == "Used":
			self.end_occasion("Done", None)
		elif action == "No Longer True":
			self.end_occasion("Skipped", _("The note is closed."))

	def close(self, because: str) -> None:
		"""The note is kept, and not shown any more."""
		self.db_set(rules.closed(because))
		self.end_occasion("Skipped", _("The note is closed."))

	def end_occasion(self, status: str, outcome: str | None, from_day: date | None = None) -> None:
		"""See `end_occasions`."""
		end_occasions([self.name], status, outcome, from_day)


def end_occasions(notes: list[str], status: str, outcome: str | None, from_day: date | None = None) -> None:
	"""The promises that the occasions of these notes have opened become `status`, Done or Skipped; those of occurrences
	before `from_day` stay. What is skipped makes room: if the occasion comes back to its day, so does its promise."""
	filters = {"personal_note": ("in", notes), "status": "Open", "occurrence_key": ("is", "set")}
	rows = frappe.get_all(
		"Follow Up Task", filters=filters, fields=["name", "personal_note", "occurrence_key"]
	)
	for row in rows:
		if from_day and row.occurrence_key < occasions.occurrence_key(row.personal_note, from_day):
			continue
		task = frappe.get_doc("Follow Up Task", row.name, for_update=True)
		task.finish(status, outcome)
		if status == "Skipped":
			task.db_set("occurrence_key", None)


def promises_in_confidence(notes: list[str]) -> list[str]:
	"""The promises that stem from those of `notes` which are not for everyone: without the note nothing would hide their
	words any more, and they go with it."""
	# To Frappe a filter of no names is one for the empty name, which is every promise without a note.
	if not (confidential := _in_confidence(notes)):
		return []
	return frappe.get_all("Follow Up Task", filters={"personal_note": ("in", confidential)}, pluck="name")


def let_go(notes: list[str]) -> None:
	"""These notes are about to be deleted: what stems from them is put right, and none of it is left wrong."""
	if not notes:
		return
	end_occasions(notes, "Skipped", _("The note is gone."))
	frappe.db.delete("Personal Note Use", {"personal_note": ("in", notes)})
	if confidential := _in_confidence(notes):
		frappe.db.set_value("Gesture", {"personal_note": ("in", confidential)}, WORDLESS)
	for task in promises_in_confidence(notes):
		frappe.delete_doc(
			"Follow Up Task", task, ignore_permissions=True, force=True, delete_permanently=True
		)
	for doctype in ("Gesture", "Follow Up Task"):
		frappe.db.set_value(doctype, {"personal_note": ("in", notes)}, "personal_note", None)


def _in_confidence(notes: list[str]) -> list[str]:
	rows = frappe.get_all(
		"Personal Note", filters={"name": ("in", notes)}, fields=["name", "visibility", "sensitive"]
	)
	return [row.name for row in rows if not rules.is_for_everyone(row.visibility, bool(row.sensitive))]


def on_doctype_update():
	frappe.db.add_index("Personal Note", ["customer", "status"])
