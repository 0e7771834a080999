"""Health of the reminders for administrators: what is due, what failed, and whether the jobs run."""

import frappe
from frappe import _
from frappe.query_builder import DocType
from frappe.query_builder.functions import Count, Min
from frappe.utils import format_datetime, get_datetime
from frappe.utils.scheduler import is_scheduler_disabled

from micro_experiences.utils.settings import get_settings

REMINDERS_JOB = "micro_experiences.jobs.reminders.mx_send_due_reminders"
_DIGESTS_JOB = "micro_experiences.jobs.digests.mx_send_digests"
# The jobs run every ten minutes. A longer wait is reported.
_LATE_AFTER_MINUTES = 30


def count_overdue(now) -> tuple[int, object]:
	"""Return the number of reminders, escalations and digests that are overdue, and the oldest due time."""
	task, preference = DocType("Follow Up Task"), DocType("Follow Up Preference")
	is_open = task.status == "Open"
	kinds = [(task, task.next_reminder_at, is_open), (task, task.escalates_at, is_open)]
	if get_settings().send_digests:
		kinds.append((preference, preference.next_digest_at, preference.digest == 1))
	found = [
		frappe.qb.from_(table).select(Count("*"), Min(moment)).where(is_on & (moment <= now)).run()[0]
		for table, moment, is_on in kinds
	]
	oldest = min((get_datetime(moment) for _count, moment in found if moment), default=None)
	return sum(count for count, _moment in found), oldest


def _get_stopped_jobs() -> list[str]:
	"""Return the methods of the required scheduled jobs that are stopped."""
	wanted = (REMINDERS_JOB, _DIGESTS_JOB) if get_settings().send_digests else (REMINDERS_JOB,)
	return frappe.get_all(
		"Scheduled Job Type", filters={"method": ("in", wanted), "stopped": 1}, pluck="method"
	)


def get_problems(now, oldest):
	"""Yield the problems that need action, as translated texts."""
	stopped = _get_stopped_jobs()
	if frappe.conf.maintenance_mode:
		yield _("The site is in maintenance mode. Reminders are sent when it ends.")
	elif frappe.conf.pause_scheduler or is_scheduler_disabled(verbose=False):
		yield _("The scheduler is off. Reminders are sent when it is enabled again.")
	elif not stopped and oldest and (now - oldest).total_seconds() > _LATE_AFTER_MINUTES * 60:
		yield _(
			"Reminders have been waiting since {0}. Check that the background workers are running. Nothing is lost."
		).format(format_datetime(oldest))

	if REMINDERS_JOB in stopped:
		yield _(
			"The job that sends reminders is stopped. Start it in the Scheduled Job Type list. Nothing is lost."
		)
	if _DIGESTS_JOB in stopped:
		yield _(
			"The job that sends digests is stopped. Start it in the Scheduled Job Type list. Nothing is lost."
		)
	if mails := frappe.db.count("Follow Up Preference", {"set_aside_because": ("is", "set")}):
		yield _("{0} digests could not be sent. The Follow Up Preference list shows why.").format(mails)


def get_failed_reminders(limit: int) -> list[dict]:
	"""Return the tasks with a failed reminder that the session user may see, without their subject."""
	if not frappe.has_permission("Follow Up Task", "read"):
		return []
	rows = frappe.get_list(
		"Follow Up Task",
		filters={"set_aside_at": ("is", "set"), "status": "Open"},
		fields=["name", "customer", "set_aside_at", "set_aside_because"],
		order_by="set_aside_at asc, name asc",
		limit=limit,
	)
	return [
		{
			"name": row.name,
			"customer": row.customer,
			"since": format_datetime(row.set_aside_at),
			"because": row.set_aside_because,
		}
		for row in rows
	]
