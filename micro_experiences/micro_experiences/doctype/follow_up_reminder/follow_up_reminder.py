"""The proof that a reminder was sent exactly once."""

from micro_experiences.permissions.confidential_document import ConfidentialDocument


class FollowUpReminder(ConfidentialDocument):
	"""Written only by the reminder and digest jobs."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		follow_up_task: DF.Link | None
		kind: DF.Literal["Reminder", "Escalation", "Digest"]
		occurrence: DF.Date
		recipient: DF.Link
		reminder_key: DF.Data | None
		sent_on: DF.Datetime
	# end: auto-generated types
