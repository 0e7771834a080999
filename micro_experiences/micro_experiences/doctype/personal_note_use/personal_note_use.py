"""The log behind "already asked by Ana on 3 May"."""

from micro_experiences.privacy.sealed import Sealed


class PersonalNoteUse(Sealed):
	"""Written by Personal Note alone, when somebody used it, put it off, or said that it is no longer true."""

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
