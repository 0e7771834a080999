"""One thing worth remembering about a customer."""

from datetime import date

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, getdate, now_datetime

from micro_experiences.domain import notes as rules
from micro_experiences.domain import occasions, sensitive_access, sensitive_words
from micro_experiences.domain.never_notes import check_says_what
from micro_experiences.permissions.confidential_document import ConfidentialDocument
from micro_experiences.permissions.roles import is_manager
from micro_experiences.permissions.visibility import can_read_customer
from micro_experiences.services import access_log, never_notes
from micro_experiences.services.notes import get_history, remove_dependents
from micro_experiences.services.occasions import finish_follow_ups
from micro_experiences.services.restrictions import get_known_names
from micro_experiences.services.sensitive_words import get_vocabulary
from micro_experiences.utils.errors import domain_errors_as_frappe, throw
from micro_experiences.utils.touchpoints import check_touchpoint
from micro_experiences.utils.user_time import get_user_today

# The naming series prefix of notes.
_SERIES = "NOTE-"


class PersonalNote(ConfidentialDocument):
	"""A note. Its use is logged in Personal Note Use."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		avoids: DF.Data | None
		certainty: DF.Literal["", "Told Us", "Noticed", "Confirmed"]
		closed_because: DF.Literal["", "Used", "No Longer True", "Expired", "Erased"]
		contact: DF.Link | None
		customer: DF.Link
		heard_by: DF.Link | None
		heard_on: DF.Date | None
		heard_via: DF.Literal["", "In Person", "Phone", "Email", "Message", "Visit", "Other"]
		kept_as_is_because: DF.SmallText | None
		kind: DF.Literal["", "Moment", "Fact", "Occasion", "Never"]
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
		year_known: DF.Check

	# end: auto-generated types
	def onload(self):
		super().onload()
		me = frappe.session.user
		names = sensitive_access.get_logged_notes([self.as_dict()], me)
		access_log.record_access(self.customer, me, "Form", names)
		self.set_onload("micro_experiences_history", get_history(self.name))

	def before_insert(self):
		super().before_insert()
		self.heard_by = self.heard_by or frappe.session.user
		self.heard_on = self.heard_on or get_user_today()
		me = frappe.session.user
		with domain_errors_as_frappe():
			rules.check_author(self.heard_by, me, manager=is_manager(me))
		# Only the use log determines how often a note was used.
		self.times_used, self.last_used_on, self.last_used_by = 0, None, None
		self.status, self.closed_because = "Active", None

	def validate(self):
		if before := self.get_doc_before_save():
			for field in rules.LOG_MAINTAINED_FIELDS:
				self.set(field, before.get(field))
			# A reason applies only to the words it was given for.
			same = before.kept_as_is_because == self.kept_as_is_because
			if self.kept_as_is_because and same and before.note != self.note:
				if not sensitive_words.is_reason_still_valid(before.note, self.note, get_vocabulary()):
					self.kept_as_is_because = None
		self.validate_customer()
		check_touchpoint(self, before)
		note = self.as_dict() | {
			field: getdate(self.get(field)) if self.get(field) else None
			for field in ("occasion_on", "remember_until", "heard_on")
		}
		with domain_errors_as_frappe():
			known = get_known_names(before and before.stops)
			self.update(rules.clean_note(note, get_user_today(), known))
			self.validate_restrictions(before)

	def validate_restrictions(self, before: Document | None):
		"""Check that a Never note says what it rules out. A new one without that gets a guess from its words.

		A note of an earlier version is only checked once somebody changes what it says.
		"""
		if self.kind != "Never" or self.stops or self.avoids:
			return
		if not before or before.kind != "Never":
			self.stops, self.avoids = never_notes.guess(self.note)
		elif not (before.stops or before.avoids) and before.note == self.note:
			return
		check_says_what(self.stops, self.avoids)

	def validate_customer(self):
		"""Check that the session user may open the customer, and that an existing note keeps its customer."""
		before = self.get_doc_before_save()
		if before and before.customer != self.customer:
			throw(_("A note cannot be moved to another customer. Add a new note there instead."))
		if not can_read_customer(self.customer, frappe.session.user):
			throw(
				_("You do not have permission to open this customer. Nothing was saved."),
				frappe.PermissionError,
			)

	def on_update(self):
		before = self.get_doc_before_save()
		if before and any(
			str(before.get(field) or "") != str(self.get(field) or "")
			for field in occasions.OCCURRENCE_FIELDS
		):
			# The daily job creates the follow-up of the new date when it is near.
			self.finish_follow_ups(
				"Skipped", _("The date of the occasion has changed."), from_day=get_user_today()
			)

	def on_trash(self):
		remove_dependents([self.name])

	def after_delete(self):
		"""Do not reuse the number of the last note, as Frappe would: the access log cannot be corrected
		and would attribute earlier access to the new note."""
		super().after_delete()
		series, number = frappe.qb.DocType("Series"), cint(self.name.removeprefix(_SERIES))
		frappe.qb.update(series).set(series.current, number).where(
			(series.name == _SERIES) & (series.current == number - 1)
		).run()

	def log_use(
		self,
		action: str,
		they_said: str | None = None,
		snoozed_until: date | None = None,
		reference: tuple[str, str] | None = None,
		sent_key: str | None = None,
	) -> None:
		"""Write one line of the use log and update the note accordingly.

		Anyone who may see a note may log its use, so write permission is not required. `reference` is the
		(DocType, name) of the document that was open. Raises an error for a closed note.
		"""
		with domain_errors_as_frappe():
			rules.check_active(self.status)
		reference_doctype, reference_name = reference or (None, None)
		frappe.get_doc(
			{
				"doctype": "Personal Note Use",
				"personal_note": self.name,
				"customer": self.customer,
				"action": action,
				"they_said": rules.clean_they_said(they_said),
				"used_by": frappe.session.user,
				"used_on": now_datetime(),
				"snoozed_until": snoozed_until,
				"reference_doctype": reference_doctype,
				"reference_name": reference_name,
				"sent_key": sent_key,
			}
		).insert(ignore_permissions=True)
		if changes := rules.get_use_updates(
			action, cint(self.times_used), frappe.session.user, now_datetime()
		):
			self.db_set(changes)
		if action == "Used":
			self.finish_follow_ups("Done", None)
		elif action == "No Longer True":
			self.finish_follow_ups("Skipped", _("The note was closed."))

	def close(self, reason: str) -> None:
		"""Close the note: it is kept but no longer shown."""
		self.db_set(rules.get_closed_fields(reason))
		self.finish_follow_ups("Skipped", _("The note was closed."))

	def finish_follow_ups(self, status: str, outcome: str | None, from_day: date | None = None) -> None:
		"""End the follow-ups that the note's occasion has opened, from the day on. See `services.occasions`."""
		finish_follow_ups([self.name], status, outcome, from_day)


def on_doctype_update():
	frappe.db.add_index("Personal Note", ["customer", "status"])
