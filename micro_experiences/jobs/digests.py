"""Send email digests: at most one a day for each user, each exactly once.

The scheduled function counts the due digests and enqueues as many workers as are useful. A worker claims a
chunk of preferences that no other worker holds and writes the queued emails, their proof rows and the next
due times in one transaction, then takes the next chunk. A digest that cannot be sent is marked as failed with
the reason and does not stop the others.
"""

import frappe
from frappe.query_builder.functions import Count
from frappe.utils import now_datetime

from micro_experiences.services.digests import (
	CHUNK_SIZE,
	get_due_query,
	send_due_digests,
)
from micro_experiences.services.preferences import create_missing_preferences
from micro_experiences.utils import background_jobs
from micro_experiences.utils.settings import get_settings


def mx_open_preferences() -> None:
	"""Create the missing preferences of the users of the app. Runs daily and is safe to repeat."""
	create_missing_preferences()


def mx_send_digests() -> None:
	"""Enqueue workers for the due digests. Runs every ten minutes. A worker from an earlier run that is
	still busy shares the work."""
	if not get_settings().send_digests:
		return
	due = get_due_query(now_datetime(), background_jobs.get_run_limit(CHUNK_SIZE)).as_("due")
	background_jobs.enqueue_workers(
		send_due_digests, "digests", frappe.qb.from_(due).select(Count("*")).run()[0][0], CHUNK_SIZE
	)
