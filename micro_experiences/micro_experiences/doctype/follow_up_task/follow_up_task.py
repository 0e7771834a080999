"""A promise with a date and an owner."""

from datetime import date

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, get_time, getdate, now_datetime

from micro_experiences.desk.at_hand import at_hand
from micro_experiences.desk.words import refusing
from micro_experiences.domain import promises, reminders
from micro_experiences.micro_experiences.doctype.micro_experiences_settings.micro_experiences_settings import (
	get_settings,
)
from micro_experiences.privacy.sight import is_manager, may_read_customer, validate_source


class FollowUpTask(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		assigned_to: DF.Link
		contact: DF.Link | None
		customer: DF.Link
		done_by: DF.Link | None
		done_on: DF.Datetime | None
		due_on: DF.Date
		due_time: DF.Time | None
		escalate_after_days: DF.Int
		escalate_to: DF.Link | None
		escalated_on: DF.Datetime | None
		every: DF.Int
		gesture: DF.Link | None
		next_reminder_at: DF.Datetime | None
		outcome: DF.SmallText | None
		personal_note: DF.Link | None
		reference_doctype: DF.Link | None
		reference_name: DF.DynamicLink | None
		remind_days_before: DF.Int
		repeats: DF.Literal["Never", "Days", "Weeks", "Months", "Years", "After Last Invoice"]
		snoozed_until: DF.Date | None
		status: DF.Literal["Open", "Done", "Skipped"]
		subject: DF.Data

	# end: auto-generated types
	def __setup__(self):
		# Frappe fills every empty Time field of a new document with the time of day.
		self.dont_update_if_missing = ["due_time"]

	def onload(self):
		self.set_onload("at_hand", at_hand(self.customer))

	def validate(self):
		before = self.get_doc_before_save()
		self.was_open = bool(before) and before.status == "Open"
		self.validate_customer()
		validate_source(self, before)
		self.validate_people()
		self.validate_time()
		with refusing():
			self.update(promises.tidied(self.values(), before and before.values(), getdate()))
		self.keep_decision(before)
		self.schedule_reminder(before)

	def values(self) -> dict:
		"""What the rules ask of a promise, with days as `date` and counts as int."""
		days = ("due_on", "snoozed_until", "counted_from")
		return (
			{field: self.get(field) for field in ("subject", "status", "repeats")}
			| {field: getdate(self.get(field)) if self.get(field) else None for field in days}
			| {field: cint(self.get(field)) for field in ("remind_days_before", "every")}
		)

	def validate_customer(self):
		if self.customer and not may_read_customer(self.customer, frappe.session.user):
			frappe.throw(_("You may not open this customer."), frappe.PermissionError)

	def validate_people(self):
		self.assigned_to = self.assigned_to or frappe.session.user
		before = self.get_doc_before_save()
		for field in ("assigned_to", "escalate_to"):
			user = self.get(field)
			if not user or (before and before.get(field) == user) or user == frappe.session.user:
				continue
			note = self.personal_note
			with refusing():
				promises.check_chosen(
					frappe.utils.get_fullname(user),
					sees_customer=may_read_customer(self.customer, user),
					sees_note=not note or frappe.has_permission("Personal Note", "read", doc=note, user=user),
				)
		for user in filter(None, (self.assigned_to, self.escalate_to)):
			if self.status == "Open" and not frappe.db.get_value("User", user, "enabled"):
				frappe.throw(
					_("{0} has left: choose somebody else.").format(
						frappe.bold(frappe.utils.escape_html(user))
					)
				)

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

	def schedule_reminder(self, before: Document | None):
		"""Set when to remind next. What is done needs no reminder; what is unchanged keeps its own."""
		if self.status != "Open":
			self.next_reminder_at = None
			return
		if before and all(
			str(before.get(field) or "") == str(self.get(field) or "") for field in promises.MOVES_REMINDER
		):
			self.next_reminder_at = before.next_reminder_at
			return
		due_time = get_time(self.due_time) if self.due_time else None
		task = self.values() | {"due_time": due_time}
		self.next_reminder_at = reminders.moment_of(task, get_settings().as_dict())

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
		last_invoice = None
		if self.repeats == "After Last Invoice":
			last_invoice = frappe.db.get_value(
				"Sales Invoice",
				{"customer": self.customer, "docstatus": 1, "is_return": 0},
				"posting_date",
				order_by="posting_date desc",
			)
		due = promises.next_due(self.values(), getdate(), last_invoice)
		if not due:
			return
		following = frappe.copy_doc(self, ignore_no_copy=False)
		following.update(
			{"status": "Open", "due_on": due, "counted_from": self.counted_from, "gesture": None}
		)
		following.insert(ignore_permissions=True)

	def put_off(self, until: date) -> None:
		"""Later: nothing is said of it until then. The promise itself keeps its day."""
		self.check_open()
		self.snoozed_until = until
		self.save(ignore_permissions=True)

	def check_open(self) -> None:
		with refusing():
			promises.check_open(self.status)

	def check_may_act(self, user: str) -> None:
		"""Its owner, the one who made it, and managers act on it; else PermissionError."""
		people = (self.assigned_to, self.owner, self.escalate_to)
		owner = frappe.utils.get_fullname(self.assigned_to)
		with refusing():
			promises.check_may_act(user, people, owner, manager=is_manager(user))

	def on_trash(self):
		frappe.db.delete("Follow Up Reminder", {"follow_up_task": self.name})


def on_doctype_update():
	frappe.db.add_index("Follow Up Task", ["customer", "status"])
	# The job asks for what is open and due by now.
	frappe.db.add_index("Follow Up Task", ["status", "next_reminder_at"])
