"""Delete notes after the retention periods in the settings, a week after the deletion was announced."""

from functools import partial

import frappe
from frappe.utils import getdate

from micro_experiences.domain import retention as rules
from micro_experiences.services.retention import (
	SETTINGS_DOCTYPE,
	announce_due_notes,
	delete_due_notes,
	save_announcement,
)
from micro_experiences.utils import transactions


def mx_forget_notes() -> None:
	"""Delete the notes announced a week ago and announce the next ones. Runs weekly and is safe to repeat."""
	settings, today = frappe.get_doc(SETTINGS_DOCTYPE), getdate()
	months, announced_on = settings.get_retention_periods(), settings.forgetting_announced_on
	announced_on = announced_on and getdate(announced_on)
	step = rules.get_next_step(months, settings.forgetting_announced_for, announced_on, today)
	if step == rules.ANNOUNCE:
		transactions.commit_with_retry(partial(announce_due_notes, months, today))
	elif step == rules.FORGET:
		# After an outage, more than the announced notes may be due by today: the rest is announced now.
		delete_due_notes(months, rules.get_announced_until(announced_on))
		if not transactions.commit_with_retry(partial(announce_due_notes, months, today)):
			save_announcement({"forgetting_announced_on": today})
	if step in (rules.WAIT, rules.FORGET):
		# If the settings were relaxed meanwhile and are tightened again, that needs a new announcement.
		save_announcement({"forgetting_announced_for": months.as_text()})
