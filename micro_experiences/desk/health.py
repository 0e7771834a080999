"""How reminders are doing, for those who look after the site: what waits, what was set aside, and whether the clock runs."""

import frappe
from frappe import _
from frappe.query_builder import DocType
from frappe.query_builder.functions import Count, Min
from frappe.utils import format_datetime, get_datetime, now_datetime, pretty_date
from frappe.utils.scheduler import is_scheduler_disabled

from micro_experiences.desk import sent
from micro_experiences.domain.sight import MANAGER
from micro_experiences.micro_experiences.doctype.micro_experiences_settings.micro_experiences_settings import (
	get_settings,
)

_REMINDERS = "micro_experiences.jobs.reminders.mx_send_due_reminders"
_DIGESTS = "micro_experiences.jobs.digests.mx_send_digests"
_SHOWN = 10
# The jobs run every ten minutes: what waits longer is worth a word.
_LATE_AFTER_MINUTES = 30


@frappe.whitelist(methods=["GET", "POST"])
def reminders() -> dict:
	"""`{"trouble": [text], "facts": [{"label", "value"}], "set_aside": [{"name", "customer", "since", "because"}], "more"}`; the
	texts are translated, and `set_aside` has the ten oldest. For Micro Experiences and System Managers; else
	PermissionError."""
	frappe.only_for((MANAGER, "System Manager"))
	now = now_datetime()
	last_run = frappe.db.get_value("Scheduled Job Type", {"method": _REMINDERS}, "last_execution")
	waiting, oldest = _waiting(now)
	set_aside = _set_aside(_SHOWN)
	count = frappe.db.count("Follow Up Task", {"set_aside_at": ("is", "set"), "status": "Open"})
	facts = [
		{"label": _("Last run"), "value": pretty_date(last_run) if last_run else _("Never")},
		{"label": _("Due and not sent"), "value": str(waiting)},
		{"label": _("Oldest of them"), "value": pretty_date(oldest) if oldest else _("None")},
		{"label": _("Set aside"), "value": str(count)},
	]
	return {
		"trouble": list(_trouble(now, oldest)),
		"facts": facts,
		"set_aside": set_aside,
		"more": max(count - len(set_aside), 0),
	}


@frappe.whitelist(methods=["POST"])
def try_again(names: str | list[str] | None = None) -> dict:
	"""Try the reminders of these tasks (a list, or one as JSON) once more, or of all that were set aside, a thousand at a
	time; answers `{"tried": count}`."""
	frappe.only_for((MANAGER, "System Manager"))
	filters = {"set_aside_at": ("is", "set"), "status": "Open"}
	if names:
		filters["name"] = ("in", sent.names(names)[:1000])
	waiting = frappe.get_all(
		"Follow Up Task", filters=filters, pluck="name", order_by="set_aside_at asc", limit=1000
	)
	for name in waiting:
		frappe.get_doc("Follow Up Task", name, for_update=True).try_again()
	return {"tried": len(waiting)}


def _waiting(now) -> tuple[int, object]:
	"""How many reminders, escalations and digests are due and not sent, and since when the oldest of them is."""
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


def _stopped() -> list[str]:
	"""Those of the jobs that the settings want and that somebody has stopped, by their methods."""
	wanted = (_REMINDERS, _DIGESTS) if get_settings().send_digests else (_REMINDERS,)
	return frappe.get_all(
		"Scheduled Job Type", filters={"method": ("in", wanted), "stopped": 1}, pluck="method"
	)


def _trouble(now, oldest):
	"""What somebody should do something about, in plain words."""
	stopped = _stopped()
	if frappe.conf.maintenance_mode:
		yield _("The site is in maintenance mode: no reminder is sent until it is over.")
	elif frappe.conf.pause_scheduler or is_scheduler_disabled(verbose=False):
		yield _("The scheduler is off: no reminder is sent until it is switched on. Nothing is lost.")
	elif not stopped and oldest and (now - oldest).total_seconds() > _LATE_AFTER_MINUTES * 60:
		yield _(
			"Reminders wait since {0}: please see whether the workers are running. Nothing is lost."
		).format(format_datetime(oldest))

	if _REMINDERS in stopped:
		yield _(
			"The job that sends reminders is stopped: start it in the list Scheduled Job Type. Nothing is lost."
		)
	if _DIGESTS in stopped:
		yield _(
			"The job that sends digests is stopped: start it in the list Scheduled Job Type. Nothing is lost."
		)
	if mails := frappe.db.count("Follow Up Preference", {"set_aside_because": ("is", "set")}):
		yield _("{0} digests could not be sent: the list Follow Up Preference says why.").format(mails)


def _set_aside(limit: int) -> list[dict]:
	"""The tasks whose reminder could not be sent, as far as the session user may see them; of the promise, nothing."""
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
