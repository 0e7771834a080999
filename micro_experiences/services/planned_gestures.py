"""Planned gestures: the follow-up that reminds the giver on the day, and plans that lapse."""

from datetime import date, datetime
from functools import partial

import frappe
from frappe import _
from frappe.query_builder import DocType
from frappe.query_builder.functions import Max
from frappe.utils import getdate

from micro_experiences.domain import gesture_plans
from micro_experiences.domain.ledger import COMMITTED_STATUSES
from micro_experiences.domain.text import shorten
from micro_experiences.services import approvals
from micro_experiences.utils.user_time import get_user_today

_MAX_SUBJECT_LENGTH = 140


def update_follow_up(gesture, was_on: date | None) -> None:
	"""Open, move or finish the follow-up of a gesture after a save. `was_on` is its planned day before the save."""
	task = _get_open_follow_up(gesture)
	action, due_on = gesture_plans.get_follow_up_step(
		gesture.status,
		getdate(gesture.planned_on) if gesture.planned_on else None,
		was_on,
		get_user_today(gesture.given_by),
		has_follow_up=bool(gesture.follow_up),
		is_open=bool(task),
	)
	if action == "Open":
		_open_follow_up(gesture, due_on)
	elif action == "Move":
		task.due_on = due_on
		task.save(ignore_permissions=True)
	elif action:
		task.finish(action, None)


def skip_follow_up(gesture) -> None:
	"""Skip the open follow-up of a gesture that is deleted."""
	if task := _get_open_follow_up(gesture):
		task.finish("Skipped", None)


def _get_open_follow_up(gesture):
	filters = {"name": gesture.follow_up or "", "status": "Open"}
	name = gesture.follow_up and frappe.db.get_value("Follow Up Task", filters)
	return frappe.get_doc("Follow Up Task", name, for_update=True) if name else None


def _open_follow_up(gesture, due_on: date) -> None:
	language = frappe.db.get_value("User", gesture.given_by, "language")
	task = frappe.get_doc(
		{
			"doctype": "Follow Up Task",
			"customer": gesture.customer,
			"contact": gesture.contact,
			"gesture": gesture.name,
			"subject": shorten(_("Give: {0}", lang=language).format(gesture.what), _MAX_SUBJECT_LENGTH),
			"due_on": due_on,
			"assigned_to": gesture.given_by,
		}
	)
	# The giver is not a choice: a manager may plan a gesture for them.
	task.flags.skip_user_checks = True
	gesture.db_set("follow_up", task.insert(ignore_permissions=True).name)


def find_lapsed(now: datetime, after_days: int) -> list[tuple[str, str]]:
	"""Return (name, status) of the gestures whose money is to be released, because they were not given or decided in time."""
	rows = frappe.get_all(
		"Gesture",
		filters={"status": ("in", COMMITTED_STATUSES)},
		fields=["name", "status", "approved_on", "planned_on", "creation"],
		order_by="name asc",
	)
	requested = _get_commit_times([row.name for row in rows if row.status == "Awaiting Approval"])
	return [
		(row.name, row.status)
		for row in rows
		if gesture_plans.has_lapsed(
			row.approved_on or requested.get(row.name) or row.creation, row.planned_on, now, after_days
		)
	]


def _get_commit_times(gestures: list[str]) -> dict[str, datetime]:
	if not gestures:
		return {}
	entry = DocType("Gesture Wallet Entry")
	return dict(
		frappe.qb.from_(entry)
		.select(entry.gesture, Max(entry.creation))
		.where(entry.gesture.isin(gestures) & (entry.kind == "Commit"))
		.groupby(entry.gesture)
		.run()
	)


def lapse(name: str, status: str, days: int) -> None:
	"""Cancel a gesture that still has `status`: its money is released, and its giver is told why."""
	gesture = frappe.get_doc("Gesture", name, for_update=True)
	if gesture.status != status:
		return
	gesture.status = "Cancelled"
	gesture.save(ignore_permissions=True)
	gesture.add_comment("Info", gesture_plans.describe_lapse(status, days, _))
	if gesture.given_by:
		language = frappe.db.get_value("User", gesture.given_by, "language")
		text = gesture_plans.describe_lapse(status, days, partial(_, lang=language))
		approvals.notify_giver(gesture, text)
