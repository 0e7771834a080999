"""Create follow-ups for upcoming occasions: exactly one for each occurrence, even if the job runs twice or
concurrently. End those that are over."""

from functools import partial

import frappe
from frappe import _
from frappe.utils import cint, getdate

from micro_experiences.services.occasions import (
	end_missed_follow_ups,
	find_missed_follow_ups,
	open_follow_ups,
)
from micro_experiences.utils import transactions
from micro_experiences.utils.notifications import report_to_managers
from micro_experiences.utils.settings import get_settings

# Small chunks: the naming series is locked meanwhile, so other users who create a follow-up have to wait.
_CHUNK_SIZE = 50


def mx_end_missed_occasions() -> None:
	"""End the follow-ups of occasions that are over: they count as missed. Runs daily and is safe to repeat."""
	after = ""
	while rows := find_missed_follow_ups(after, _CHUNK_SIZE):
		after = rows[-1].name
		transactions.commit_with_retry(partial(end_missed_follow_ups, rows))


def mx_open_occasions() -> None:
	"""Create the missing follow-up of each occasion that is today or within the lead days. Runs daily and
	catches up after an outage. A follow-up that cannot be created does not stop the others: it is reported
	to the Micro Experiences Managers on the first lead day and on the day itself."""
	refused, after = {}, ""
	while rows := frappe.get_all(
		"Personal Note",
		filters={"status": "Active", "kind": "Occasion", "name": (">", after)},
		fields=["name", "customer", "contact", "heard_by", "owner", "occasion_on", "repeats_yearly"],
		order_by="name asc",
		limit=_CHUNK_SIZE,
	):
		after = rows[-1].name
		refused |= transactions.commit_with_retry(
			partial(open_follow_ups, rows, getdate(), cint(get_settings().occasion_lead_days))
		)
	frappe.clear_messages()
	if refused:
		subject = _("{0} upcoming occasions have no follow-up. Open this notification for details.")
		report_to_managers("occasions without a follow-up", refused, subject.format(len(refused)))
