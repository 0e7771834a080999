"""A promise with a date and an owner."""

from datetime import date, datetime

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, get_time, getdate, now_datetime

from micro_experiences.desk import check_touchpoint
from micro_experiences.desk.at_hand import at_hand
from micro_experiences.desk.hours import hours_of
from micro_experiences.desk.words import refusing
from micro_experiences.domain import promises, reminders
from micro_experiences.domain.sight import SOURCES
from micro_experiences.privacy.sealed import Sealed
from micro_experiences.privacy.sight import is_manager, may_read_customer, validate_source

# What is not typed: the jobs write it.
_BY_JOBS = (
	*reminders.NOTHING_TO_FOLLOW,
	*reminders.NOT_SET_ASIDE,
	"escalates_at",
	"escalated_on",
)


class FollowUpTask(Sealed):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		assigned_to: DF.Link
		contact: DF.Link | None
		counted_from: DF.Date | None
		customer: DF.Link
		done_by: DF.Link | None
		done_on: DF.Datetime | None
		due_on: DF.Date
		due_time: DF.Time | None
		escalate_after_days: DF.Int
		escalate_to: DF.Link | None
		escalated_on: DF.Datetime | None
		escalates_at: DF.Datetime | None
		every: DF.Int
		gesture: DF.Data | None
		moved_because: DF.Literal["", "Quiet Hours", "Holiday"]
		moved_from: DF.Datetime | None
		next_reminder_at: DF.Datetime | None
		occurrence_key: DF.Data | None
		outcome: DF.SmallText | None
		personal_note: DF.Data | None
		reference_doctype: DF.Link | None
		reference_name: DF.DynamicLink | None
		remind_days_before: DF.Int
		repeats: DF.Literal["Never", "Days", "Weeks", "Months", "Years", "After Last Invoice"]
		sent_key: DF.Data | None
		set_aside_at: DF.Datetime | None
		set_aside_because: DF.SmallText | None
		snoozed_until: DF.Date | None
		status: DF.Literal["Open", "Done", "Skipped"]
		subject: DF.Data

	# end: auto-generated types
	def __setup__(self):
		# Frappe fills every empty Time field of a new document with the time of day.
		self.dont_update_if_missing = ["due_time"]

	def onload(self):
		super().onload()
		self.set_onload("at_hand", at_hand(self.customer))
		self.set_onload("may_act", self.may_act(frappe.session.user))

	def validate(self):
		before = self.get_doc_before_save()
		self.was_open = bool(before) and before.status == "Open"
		self.validate_customer()
		validate_source(self, before)
		check_touchpoint(self, before)
		# What stems from a gesture stems from its note.
		self.personal_note = self.personal_note or self.of_gesture("personal_note")
		self.validate_people()
		self.validate_time()
		if not self.flags.same_people:
			# Whatever a form sends: from when it counts is reckoned, and handed on to what follows.
			self.counted_from = before and before.counted_from
		with refusing():
			self.update(promises.tidied(self.values(), before and before.values(), getdate()))
		self.keep_decision(before)
		self.keep_what_jobs_write(before)
		self.update(
			reminders.rescheduled(self.as_dict(), before and before.as_dict(), self.reminder, self.escalation)
		)

	def values(self) -> dict:
		"""What the rules ask of a promise, with days as `date` and counts as int."""
		days = ("due_on", "snoozed_until", "counted_from")
		return (
			{field: self.get(field) for field in ("subject", "status", "repeats")}
			| {field: getdate(self.get(field)) if self.get(field) else None for field in days}
			| {
				field: cint(self.get(field))
				for field in ("remind_days_before", "every", "escalate_after_days")
			}
			| {field: self.get(field) for field in ("escalate_to", "escalated_on")}
		)

	def validate_customer(self):
		if self.customer and not may_read_customer(self.customer, frappe.session.user):
			frappe.throw(_("You may not open this customer."), frappe.PermissionError)

	def validate_people(self):
		if self.flags.same_people:
			return
		self.assigned_to = self.assigned_to or frappe.session.user
		before = self.get_doc_before_save()
		for field in ("assigned_to", "escalate_to"):
			user = self.get(field)
			if not user or (before and before.get(field) == user) or user == frappe.session.user:
				continue
			with refusing():
				promises.check_chosen(
					frappe.utils.get_fullname(user),
					sees_customer=may_read_customer(self.customer, user),
					sees_note=all(
						frappe.has_permission(doctype, "read", doc=self.get(source), user=user)
						for source, doctype in SOURCES.items()
						if self.get(source)
					),
				)
			if self.status == "Open" and not frappe.db.get_value("User", user, "enabled"):
				frappe.throw(
					_("{0} has left: choose somebody else.").format(
						frappe.bold(frappe.utils.escape_html(user))
					)
				)

	def of_gesture(self, field: str):
		"""A field of the gesture that it stems from; None where it stems from none."""
		return self.gesture and frappe.db.get_value("Gesture", self.gesture, field)

	def is_confidential(self) -> bool:
		"""Whether the gesture that it stems from was kept apart from its note, so that the note is not known here."""
		return bool(self.of_gesture("confidential"))

	def validate_time(self):
		try:
			get_time(self.due_time or "00:00")
		except (AttributeError, ValueError):
			frappe.throw(_("Write the time as hours and minutes, such as 14:30."))

	def keep_decision(self, before: Document | None):
		"""Whatever a form or an import sends: when it was done, and by whom, is not typed."""
		if self.status == "Open":
			self.done_on = self.done_by = None
		elif before and before.status == self.status:
			self.done_on, self.done_by = before.done_on, before.done_by
		else:
			self.done_on, self.done_by = now_datetime(), frappe.session.user

	def keep_what_jobs_write(self, before: Document | None):
		"""Whatever a form or an import sends: these are set by the jobs, and by what follows."""
		for field in _BY_JOBS:
			self.set(field, before.get(field) if before else None)
		if before or not self.flags.of_occasion:
			self.occurrence_key = before and before.occurrence_key

	def reminder(self) -> dict:
		"""The fields that say when its owner is reminded next."""
		hours = hours_of([self.assigned_to])[self.assigned_to]
		due_time = None if self.due_time in (None, "") else get_time(self.due_time)
		return reminders.next_reminder(reminders.moment_of(self.values() | {"due_time": due_time}, hours))

	def escalation(self) -> datetime | None:
		"""When somebody else is told that it is not kept."""
		if not self.escalate_to:
			return None
		return reminders.escalates_at(self.values(), hours_of([self.escalate_to])[self.escalate_to])

	def done(self, outcome: str | None = None) -> None:
		"""The promise is kept. A repeating one opens its next task."""
		self.finish("Done", outcome)

	def skip(self, outcome: str | None = None) -> None:
		"""This one is let go. A repeating one opens its next task."""
		self.finish("Skipped", outcome)

	def finish(self, status: str, outcome: str | None) -> None:
		self.check_open()
		self.status = status
		self.outcome = (outcome or "").strip() or self.outcome
		self.save(ignore_permissions=True)

	def on_update(self):
		if self.was_open and self.status != "Open":
			self.open_next()

	def open_next(self) -> None:
		"""A repeating promise that was kept or let go comes back as a new one."""
		last = last_invoice(self.customer) if self.repeats == promises.AFTER_INVOICE else None
		days = promises.following(self.values(), self.status, getdate(), last)
		if not days:
			return
		following = frappe.copy_doc(self, ignore_no_copy=False)
		following.update(days | {"status": "Open"})
		# Its people are those who had it. Whoever has left meanwhile keeps nobody from being done with his own: the reminder is
		# set aside then, and says so.
		following.flags.same_people = True
		following.insert(ignore_permissions=True)

	def restart(self, last_invoice_on: date | None, invoiced_on: date) -> None:
		"""Count "After Last Invoice" anew; written past `save`, which would ask what an invoice is no answer to."""
		changed = promises.restarted(self.values(), last_invoice_on, invoiced_on)
		if changed:
			self.update(changed)
			self.update(self.reminder() | {"escalates_at": self.escalation()} | reminders.NOT_SET_ASIDE)
			fields = (*changed, "escalates_at", *reminders.NOTHING_TO_FOLLOW, *reminders.NOT_SET_ASIDE)
			self.db_set({field: self.get(field) for field in fields})

	def put_off(self, until: date) -> None:
		"""Later: nothing is said of it until then. The promise itself keeps its day."""
		self.check_open()
		self.snoozed_until = until
		self.save(ignore_permissions=True)

	def check_open(self) -> None:
		with refusing():
			promises.check_open(self.status)

	def people(self) -> tuple[str | None, ...]:
		"""Whose promise it is."""
		return (self.assigned_to, self.owner, self.escalate_to)

	def may_act(self, user: str) -> bool:
		"""Whether its buttons are for this user."""
		return promises.may_act(user, self.people(), manager=is_manager(user))

	def check_may_act(self, user: str) -> None:
		"""Its owner, the one who made it, and managers act on it; else PermissionError."""
		owner = frappe.utils.get_fullname(self.assigned_to)
		with refusing():
			promises.check_may_act(user, self.people(), owner, manager=is_manager(user))

	def try_again(self) -> None:
		"""What was set aside is due again; the job tries it once more."""
		if self.set_aside_at:
			task = self.as_dict()
			self.db_set(reminders.rescheduled(task, task, self.reminder, self.escalation))

	def on_trash(self):
		frappe.db.delete("Follow Up Reminder", {"follow_up_task": self.name})


def last_invoice(customer: str) -> date | None:
	"""The day of the customer's last submitted Sales Invoice, credit notes not counted."""
	return frappe.db.get_value(
		"Sales Invoice",
		{"customer": customer, "docstatus": 1, "is_return": 0},
		"posting_date",
		order_by="posting_date desc",
	)


def on_doctype_update():
	frappe.db.add_index("Follow Up Task", ["customer", "status"])
	# The job asks for what is open and due by now.
	frappe.db.add_index("Follow Up Task", ["status", "next_reminder_at"])
	frappe.db.add_index("Follow Up Task", ["status", "escalates_at"])
