"""The use log of notes, which prevents asking a customer the same thing twice."""

from micro_experiences.permissions.confidential_document import ConfidentialDocument


class PersonalNoteUse(ConfidentialDocument):
	"""Written only by Personal Note when a note is marked as used, snoozed or marked as outdated."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		action: DF.Literal["Used", "Snoozed", "No Longer True"]
		customer: DF.Link
		personal_note: DF.Link
		reference_doctype: DF.Link | None
		reference_name: DF.DynamicLink | None
		sent_key: DF.Data | None
		snoozed_until: DF.Date | None
		they_said: DF.SmallText | None
		used_by: DF.Link
		used_on: DF.Datetime
	# end: auto-generated types
