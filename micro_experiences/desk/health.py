"""How reminders are doing, for those who look after the site: what waits, what was set aside, and whether the clock runs."""

import frappe
from frappe import _
from frappe.query_builder import DocType
from frappe.query_builder.functions import Count, Min
from frappe.utils import format_datetime, get_datetime, now_datetime, pretty_date
from frappe.utils.scheduler import is_scheduler_disabled

from micro_experiences.domain.sight import MANAGER

_JOB = "micro_experiences.jobs.reminders.mx_send_due_reminders"
_SHOWN = 10
# The job runs every ten minutes: what waits longer is worth a word.
_LATE_AFTER_MINUTES = 30


@frappe.whitelist(methods=["GET", "POST"])
def reminders() -> dict:
	"""`{"trouble": [text], "facts": [{"label", "value"}], "set_aside": [{"name", "customer", "since", "because"}], "more"}`; the
	texts are translated, and `set_aside` has the ten oldest. For Micro Experiences and System Managers; else
	PermissionError."""
	frappe.only_for((MANAGER, "System Manager"))
	now = now_datetime()
	last_run = frappe.db.get_value("Scheduled Job Type", {"method": _JOB}, "last_execution")
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
		filters["name"] = ("in", frappe.parse_json(names)[:1000])
	waiting = frappe.get_all(
		"Follow Up Task", filters=filters, pluck="name", order_by="set_aside_at asc", limit=1000
	)
	for name in waiting:
		frappe.get_doc("Follow Up Task", name, for_update=True).try_again()
	return {"tried": len(waiting)}


def _waiting(now) -> tuple[int, object]:
	"""How many reminders are due and not sent, and since when the oldest of them is."""
	task = DocType("Follow Up Task")
	(row,) = (
		frappe.qb.from_(task)
		.select(Count("*"), Min(task.next_reminder_at))
		.where((task.status == "Open") & (task.next_reminder_at <= now))
		.run()
	)
	return row[0], row[1] and get_datetime(row[1])


def _trouble(now, oldest):
	"""What somebody should do something about, in plain words."""
	if frappe.conf.maintenance_mode:
		yield _("The site is in maintenance mode: no reminder is sent until it is over.")
	elif frappe.conf.pause_scheduler or is_scheduler_disabled(verbose=False):
		yield _("The scheduler is off: no reminder is sent until it is switched on. Nothing is lost.")
	elif oldest and (now - oldest).total_seconds() > _LATE_AFTER_MINUTES * 60:
		yield _(
			"Reminders wait since {0}: please see whether the workers are running. Nothing is lost."
		).format(format_datetime(oldest))

	if mails := frappe.db.count("Follow Up Preference", {"set_aside_because": ("is", "set")}):
		yield _("{0} digests could not be sent: the list Follow Up Preference says why.").format(mails)


def _set_aside(limit: int) -> list[dict]:
	"""The tasks whose reminder could not be sent; of the promise itself, nothing."""
	rows = frappe.get_all(
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
