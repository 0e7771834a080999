"""Whitelisted methods of the reminder health card."""

import frappe
from frappe import _
from frappe.utils import now_datetime, pretty_date

from micro_experiences.domain.visibility import MANAGER_ROLE
from micro_experiences.services.lost_reminders import get_repaired_count
from micro_experiences.services.reminder_health import (
	REMINDERS_JOB,
	count_overdue,
	get_failed_reminders,
	get_problems,
)
from micro_experiences.utils import request_data
from micro_experiences.utils.transactions import retry_on_deadlock

_MAX_SHOWN = 10


@frappe.whitelist(methods=["GET", "POST"])
def get_reminder_health() -> dict:
	"""Return the state of the reminders, for Micro Experiences Managers and System Managers only.

	`{"trouble": [text], "facts": [{"label", "value"}], "set_aside": [{"name", "customer", "since",
	"because"}], "more"}`. The texts are translated. `set_aside` are the ten oldest failed reminders, `more`
	is the number of others.
	"""
	frappe.only_for((MANAGER_ROLE, "System Manager"))
	now = now_datetime()
	last_run = frappe.db.get_value("Scheduled Job Type", {"method": REMINDERS_JOB}, "last_execution")
	waiting, oldest = count_overdue(now)
	set_aside = get_failed_reminders(_MAX_SHOWN)
	count = frappe.db.count("Follow Up Task", {"set_aside_at": ("is", "set"), "status": "Open"})
	facts = [
		{"label": _("Last run"), "value": pretty_date(last_run) if last_run else _("Never")},
		{"label": _("Due and not sent"), "value": str(waiting)},
		{"label": _("Oldest due"), "value": pretty_date(oldest) if oldest else _("None")},
		{"label": _("Failed"), "value": str(count)},
	]
	if repaired := get_repaired_count():
		facts.append({"label": _("Repaired"), "value": str(repaired)})
	return {
		"trouble": list(get_problems(now, oldest)),
		"facts": facts,
		"set_aside": set_aside,
		"more": max(count - len(set_aside), 0),
	}


@frappe.whitelist(methods=["POST"])
@retry_on_deadlock
def retry_reminders(names: str | list[str] | None = None) -> dict:
	"""Retry the failed reminders of these tasks, or of all tasks, and return `{"tried": count}`.

	`names` is a list, or a list as JSON. At most 1,000 are retried per call.
	"""
	frappe.only_for((MANAGER_ROLE, "System Manager"))
	filters = {"set_aside_at": ("is", "set"), "status": "Open"}
	if names:
		filters["name"] = ("in", request_data.parse_names(names)[:1000])
	waiting = frappe.get_all(
		"Follow Up Task", filters=filters, pluck="name", order_by="set_aside_at asc", limit=1000
	)
	for name in waiting:
		frappe.get_doc("Follow Up Task", name, for_update=True).retry_reminder()
	return {"tried": len(waiting)}
