"""Send reminders of follow-ups, each exactly once.

The scheduled function counts what is due and enqueues as many workers as are useful. A worker claims a chunk
of rows that no other worker holds and writes the notifications, the proof rows and the next due times in one
transaction, then takes the next chunk. It selects "due by now and not yet sent", never "due exactly now", so
an outage delays reminders but loses none, and a killed worker leaves its chunk to the others.
"""

from frappe.utils import now_datetime

from micro_experiences.domain.reminders import DUE_FIELDS
from micro_experiences.services.lost_reminders import repair_lost_reminders
from micro_experiences.services.reminders import CHUNK_SIZE, count_due, send_due_reminders
from micro_experiences.utils import background_jobs


def mx_send_due_reminders() -> None:
	"""Enqueue workers for due reminders. Runs every ten minutes. A worker from an earlier run that is
	still busy shares the work."""
	most = background_jobs.get_run_limit(CHUNK_SIZE)
	background_jobs.enqueue_workers(
		send_due_reminders,
		"reminders",
		sum(count_due(kind, now_datetime(), most) for kind in DUE_FIELDS),
		CHUNK_SIZE,
	)


def mx_repair_lost_reminders() -> None:
	"""Prove that no open follow-up lost its next reminder, and repair those that did. Runs daily."""
	repair_lost_reminders()
