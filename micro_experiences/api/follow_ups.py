"""Whitelisted methods for Follow Up Tasks: create, finish, snooze, hand over, list."""

from datetime import date

import frappe
from frappe import _
from frappe.utils import cint, escape_html, getdate

from micro_experiences.services import follow_ups
from micro_experiences.services.banner_response import respond_with_banner
from micro_experiences.utils import request_data
from micro_experiences.utils.bulk_actions import process_each
from micro_experiences.utils.errors import throw
from micro_experiences.utils.idempotency import idempotent
from micro_experiences.utils.rate_limit import rate_limit_per_user
from micro_experiences.utils.touchpoints import FormContext
from micro_experiences.utils.transactions import retry_on_deadlock
from micro_experiences.utils.users import get_app_users


@frappe.whitelist(methods=["POST"])
@retry_on_deadlock
@respond_with_banner
@idempotent("Follow Up Task")
def create(
	form: FormContext,
	customer: str,
	subject: str,
	due_on: str,
	due_time: str | None = None,
	assigned_to: str | None = None,
	remind_days_before: int = 0,
	repeats: str | None = None,
	every: int = 1,
	personal_note: str | None = None,
	gesture: str | None = None,
	sent_key: str | None = None,
) -> dict:
	"""Create a follow-up and return `{"name", "banner"}`.

	`due_on` is an ISO date, `due_time` is HH:MM in the time zone of the assignee.
	"""
	values = {
		"customer": customer,
		"subject": subject,
		"due_on": due_on,
		"due_time": due_time or None,
		"assigned_to": assigned_to or frappe.session.user,
		"remind_days_before": cint(remind_days_before),
		"repeats": repeats or "Never",
		"every": cint(every),
		"personal_note": personal_note or None,
		"gesture": gesture or None,
		"sent_key": sent_key,
	}
	return {"name": follow_ups.create_follow_up(form, values), "customer": customer}


@frappe.whitelist(methods=["POST"])
@retry_on_deadlock
@respond_with_banner
def mark_done(form: FormContext, name: str, outcome: str | None = None, remember: bool | int = False) -> dict:
	"""Complete a follow-up, and record its outcome as a note if `remember` is set. Returns `{"banner"}`."""
	task = follow_ups.get_actionable_task(name)
	task.mark_done(outcome)
	if cint(remember) and (outcome or "").strip():
		follow_ups.create_outcome_note(task, form, outcome)
	return {"customer": task.customer}


@frappe.whitelist(methods=["POST"])
@retry_on_deadlock
@respond_with_banner
def snooze(form: FormContext, name: str, until: str) -> dict:
	"""Snooze a follow-up until "tomorrow", "next_week", "next_month" or an ISO date. Returns `{"banner"}`."""
	task = follow_ups.get_actionable_task(name)
	task.snooze(follow_ups.get_snooze_date(until, task.assigned_to))
	return {"customer": task.customer}


@frappe.whitelist(methods=["POST"])
@retry_on_deadlock
@respond_with_banner
def skip(form: FormContext, name: str) -> dict:
	"""Skip this occurrence of a follow-up. A recurring follow-up is created again for its next date.
	Returns `{"banner"}`."""
	task = follow_ups.get_actionable_task(name)
	task.mark_skipped()
	return {"customer": task.customer}


@frappe.whitelist(methods=["POST"])
@retry_on_deadlock
@respond_with_banner
def stop_repeating(form: FormContext, name: str) -> dict:
	"""Stop the recurrence of a follow-up. The current occurrence stays open. Returns `{"banner"}`."""
	task = follow_ups.get_actionable_task(name)
	follow_ups.end_recurrence(task)
	return {"customer": task.customer}


@frappe.whitelist(methods=["POST"])
@retry_on_deadlock
@respond_with_banner
def hand_over(form: FormContext, name: str, to: str) -> dict:
	"""Hand a follow-up over to a user, who is notified and receives its reminders from now on.
	Returns `{"banner"}`."""
	task = follow_ups.get_actionable_task(name)
	follow_ups.reassign(task, to)
	return {"customer": task.customer}


@frappe.whitelist(methods=["POST"])
@retry_on_deadlock
def reschedule(name: str, due_on: str) -> dict:
	"""Move a follow-up to another day (an ISO date) and return `{"due_on"}` as saved."""
	task = follow_ups.get_actionable_task(name)
	follow_ups.reschedule(task, due_on)
	return {"due_on": str(task.due_on)}


@frappe.whitelist(methods=["POST"])
@retry_on_deadlock
def act_on_many(names: str | list[str], action: str, until: str | None = None, to: str | None = None) -> dict:
	"""Run one action on many follow-ups, each separately.

	Returns `{"done": [name], "kept": [{"name", "why"}]}`; `kept` are the follow-ups that were not changed.
	`action` is "done", "skip", "later" (with `until`, as for one follow-up), "stop_repeating" or "hand_over"
	(with `to`, a user). `names` is a list, or a list as JSON. Only the first 500 are processed.
	"""
	frappe.has_permission("Follow Up Task", throw=True)
	act = follow_ups.get_action(action, until, to)
	done, kept = process_each(
		request_data.parse_names(names), lambda name: act(follow_ups.get_actionable_task(name))
	)
	return {"done": done, "kept": kept}


@frappe.whitelist(methods=["GET"])
def get_colleagues() -> list[dict]:
	"""Return the users who can take over a follow-up, the session user first: [{"name", "label"}].

	The list is limited. The form of the follow-up offers all users.
	"""
	frappe.has_permission("Follow Up Task", throw=True)
	return get_app_users()


@frappe.whitelist(methods=["GET"])
@rate_limit_per_user(240)
def get_summary(name: str) -> dict:
	"""Return a follow-up for the calendar and the reminder alert.

	`line` is a neutral text without personal words, `can_act` is whether the session user may act on the
	follow-up, and `repeats` is whether it recurs.
	"""
	task = frappe.get_doc("Follow Up Task", name)
	task.check_permission("read")
	return follow_ups.summarize(task)


@frappe.whitelist(methods=["GET", "POST"])
def get_events(start: str, end: str, filters: str | list | None = None) -> list[dict]:
	"""Return the follow-ups due from `start` to `end` (ISO dates) that the session user may see."""
	return follow_ups.get_events(_parse_date(start), _parse_date(end), request_data.parse_list(filters))


def _parse_date(text: str) -> date:
	day = getdate(text)
	if not day:
		throw(_("{0} is not a valid date.").format(escape_html(text)))
	return day
