"""A follow-up with a due date and an owner."""

from datetime import date, datetime

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, get_time, getdate, now_datetime

from micro_experiences.domain import follow_ups, reminders
from micro_experiences.domain.visibility import SOURCE_FIELDS
from micro_experiences.permissions.confidential_document import ConfidentialDocument
from micro_experiences.permissions.roles import is_manager
from micro_experiences.permissions.visibility import can_read_customer, validate_source
from micro_experiences.services.customer_context import get_customer_context
from micro_experiences.services.follow_ups import get_last_invoice_date
from micro_experiences.services.quiet_hours import get_user_hours
from micro_experiences.utils.errors import domain_errors_as_frappe, throw
from micro_experiences.utils.touchpoints import check_touchpoint
from micro_experiences.utils.user_time import get_user_today

# Written by jobs, never by users.
_JOB_FIELDS = (
	*reminders.NO_REMINDER,
	*reminders.NOT_FAILED,
	"escalates_at",
	"escalated_on",
)


class FollowUpTask(ConfidentialDocument):
	"""A follow-up. The fields of its reminders are written by jobs only."""

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
		status: DF.Literal["Open", "Done", "Skipped", "Missed"]
		subject: DF.Data

	# end: auto-generated types
	def __setup__(self):
		# Frappe sets every empty Time field of a new document to the current time.
		self.dont_update_if_missing = ["due_time"]

	def onload(self):
		super().onload()
		self.set_onload("at_hand", get_customer_context(self.customer))
		self.set_onload("can_act", self.can_act(frappe.session.user))

	def validate(self):
		before = self.get_doc_before_save()
		self.was_open = bool(before) and before.status == "Open"
		self.validate_customer()
		validate_source(self, before)
		check_touchpoint(self, before)
		# A follow-up of a gesture belongs to the note of that gesture.
		self.personal_note = self.personal_note or self.get_gesture_value("personal_note")
		self.validate_people()
		self.validate_time()
		self.validate_due_date(before)
		if not self.flags.skip_user_checks:
			# Calculated and passed on to the next follow-up, never accepted from a form.
			self.counted_from = before and before.counted_from
		with domain_errors_as_frappe():
			self.update(
				follow_ups.clean_follow_up(
					self.get_rule_values(), before and before.get_rule_values(), get_user_today()
				)
			)
		self.set_completion(before)
		self.restore_job_fields(before)
		self.update(
			reminders.reschedule(
				self.as_dict(), before and before.as_dict(), self.get_next_reminder, self.get_escalation_time
			)
		)

	def get_rule_values(self) -> dict:
		"""Return the values that the rules need, with days as `date` and counts as int."""
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
		"""Raise PermissionError if the session user may not open the customer."""
		if self.customer and not can_read_customer(self.customer, frappe.session.user):
			throw(
				_("You do not have permission to open this customer. Nothing was saved."),
				frappe.PermissionError,
			)

	def validate_people(self):
		"""Check that newly chosen users are enabled and may see the customer and the linked records."""
		if self.flags.skip_user_checks:
			return
		self.assigned_to = self.assigned_to or frappe.session.user
		before = self.get_doc_before_save()
		for field in ("assigned_to", "escalate_to"):
			user = self.get(field)
			if not user or (before and before.get(field) == user) or user == frappe.session.user:
				continue
			with domain_errors_as_frappe():
				follow_ups.check_assignee(
					frappe.utils.get_fullname(user),
					can_open_customer=can_read_customer(self.customer, user),
					can_see_note=all(
						frappe.has_permission(doctype, "read", doc=self.get(source), user=user)
						for source, doctype in SOURCE_FIELDS.items()
						if self.get(source)
					),
				)
			if self.status == "Open" and not frappe.db.get_value("User", user, "enabled"):
				throw(
					_("User {0} is disabled. Choose another user.").format(
						frappe.bold(frappe.utils.escape_html(user))
					)
				)

	def get_gesture_value(self, field: str):
		"""Return a field of the linked gesture, or None without one."""
		return self.gesture and frappe.db.get_value("Gesture", self.gesture, field)

	def is_confidential(self) -> bool:
		"""Return whether the follow-up belongs to a confidential gesture whose note is not linked here."""
		return bool(self.get_gesture_value("confidential"))

	def validate_due_date(self, before: Document | None):
		"""Raise ValidationError if a person enters a day in the past, in a form, a request or an import. Jobs and scripts
		may record the past."""
		is_entered = getattr(frappe.local, "request", None) or frappe.flags.in_import
		by_app = self.flags.skip_user_checks or self.flags.of_occasion
		if not is_entered or by_app or self.status != "Open" or not self.due_on:
			return
		if not (before and getdate(before.due_on) == getdate(self.due_on)):
			with domain_errors_as_frappe():
				follow_ups.check_new_due_date(getdate(self.due_on), get_user_today())

	def validate_time(self):
		"""Raise ValidationError if the due time is not a time."""
		try:
			get_time(self.due_time or "00:00")
		except (AttributeError, ValueError):
			throw(_("Enter the time as hours and minutes, for example 14:30."))

	def set_completion(self, before: Document | None):
		"""Set when and by whom it was completed, whatever a form or an import sends."""
		if self.status == "Open":
			self.done_on = self.done_by = None
		elif before and before.status == self.status:
			self.done_on, self.done_by = before.done_on, before.done_by
		else:
			# Nobody has missed an occasion on purpose.
			by = None if self.status == "Missed" else frappe.session.user
			self.done_on, self.done_by = now_datetime(), by

	def restore_job_fields(self, before: Document | None):
		"""Restore the fields that only jobs write, whatever a form or an import sends."""
		for field in _JOB_FIELDS:
			self.set(field, before.get(field) if before else None)
		if before or not self.flags.of_occasion:
			self.occurrence_key = before and before.occurrence_key

	def get_next_reminder(self) -> dict:
		"""Return the fields that define the next reminder to the owner."""
		hours = get_user_hours([self.assigned_to])[self.assigned_to]
		due_time = None if self.due_time in (None, "") else get_time(self.due_time)
		values = self.get_rule_values() | {"due_time": due_time}
		fields = reminders.get_reminder_fields(reminders.get_reminder_time(values, hours))
		if not self.was_sent(fields):
			return fields
		# It was put off to a time at which the assignee was already reminded: only a later reminder counts.
		again = reminders.get_repeated_reminder_time(values | fields, hours, now_datetime())
		return reminders.get_reminder_fields(again)

	def was_sent(self, fields: dict) -> bool:
		"""Return whether the assignee already received the reminder of `fields`, the job fields of a reminder."""
		task = {"name": self.name, "assigned_to": self.assigned_to} | fields
		key = reminders.reminder_key(reminders.REMINDER, task)
		return bool(self.name and frappe.db.exists("Follow Up Reminder", {"reminder_key": key}))

	def get_escalation_time(self) -> datetime | None:
		"""Return when another user is notified that the follow-up is overdue."""
		if not self.escalate_to:
			return None
		return reminders.get_escalation_time(
			self.get_rule_values(), get_user_hours([self.escalate_to])[self.escalate_to]
		)

	def mark_done(self, outcome: str | None = None) -> None:
		"""Mark the follow-up as done. If it repeats, the next one is created."""
		self.finish("Done", outcome)

	def mark_skipped(self, outcome: str | None = None) -> None:
		"""Mark the follow-up as skipped. If it repeats, the next one is created."""
		self.finish("Skipped", outcome)

	def finish(self, status: str, outcome: str | None) -> None:
		"""Set an open follow-up to `status`: Done, Skipped or Missed. If it repeats, the next one is created."""
		self.check_open()
		self.status = status
		self.outcome = (outcome or "").strip() or self.outcome
		self.save(ignore_permissions=True)

	def on_update(self):
		if self.was_open and self.status != "Open":
			self.create_next()

	def create_next(self) -> None:
		"""Create the next follow-up of a repeating one that was done or skipped."""
		last = get_last_invoice_date(self.customer) if self.repeats == follow_ups.AFTER_INVOICE else None
		days = follow_ups.get_next_schedule(
			self.get_rule_values(), self.status, get_user_today(self.assigned_to), last
		)
		if not days:
			return
		following = frappe.copy_doc(self, ignore_no_copy=False)
		following.update(days | {"status": "Open"})
		# The users stay the same without a check: one who has left must not keep a colleague from completing a
		# follow-up. The reminder is marked as failed instead.
		following.flags.skip_user_checks = True
		following.insert(ignore_permissions=True)

	def recount_from_invoice(self, last_invoice_on: date | None, invoiced_on: date) -> None:
		"""Recalculate "After Last Invoice". Written without `save`, whose checks do not apply to an
		invoice."""
		changed = follow_ups.recalculate_after_invoice(self.get_rule_values(), last_invoice_on, invoiced_on)
		if changed:
			self.update(changed)
			self.update(
				self.get_next_reminder() | {"escalates_at": self.get_escalation_time()} | reminders.NOT_FAILED
			)
			fields = (*changed, "escalates_at", *reminders.NO_REMINDER, *reminders.NOT_FAILED)
			self.db_set({field: self.get(field) for field in fields})

	def snooze(self, until: date) -> None:
		"""Snooze the follow-up: no reminder is sent until then. The due date does not change."""
		self.check_open()
		self.snoozed_until = until
		self.save(ignore_permissions=True)

	def check_open(self) -> None:
		"""Raise ValidationError unless the follow-up is open."""
		with domain_errors_as_frappe():
			follow_ups.check_open(self.status)

	def get_people(self) -> tuple[str | None, ...]:
		"""Return the users involved: the owner, the creator and the escalation contact."""
		return (self.assigned_to, self.owner, self.escalate_to)

	def can_act(self, user: str) -> bool:
		"""Return whether this user may act on the follow-up."""
		return follow_ups.can_act(user, self.get_people(), manager=is_manager(user))

	def check_can_act(self, user: str) -> None:
		"""Raise PermissionError unless the user is involved in the follow-up or a manager."""
		owner = frappe.utils.get_fullname(self.assigned_to)
		with domain_errors_as_frappe():
			follow_ups.check_can_act(user, self.get_people(), owner, manager=is_manager(user))

	def retry_reminder(self) -> None:
		"""Make a failed reminder due again, so that the job retries it."""
		if self.set_aside_at:
			task = self.as_dict()
			self.db_set(reminders.reschedule(task, task, self.get_next_reminder, self.get_escalation_time))

	def on_trash(self):
		frappe.db.delete("Follow Up Reminder", {"follow_up_task": self.name})


def on_doctype_update():
	frappe.db.add_index("Follow Up Task", ["customer", "status"])
	# The reminder job selects open tasks by these times.
	frappe.db.add_index("Follow Up Task", ["status", "next_reminder_at"])
	frappe.db.add_index("Follow Up Task", ["status", "escalates_at"])
