"""The certificate of an erasure: for whom, by whom, when, why and how much, without any of the erased
content."""

import frappe
from frappe import _

from micro_experiences.permissions.confidential_document import ConfidentialDocument
from micro_experiences.utils.errors import throw


class PersonalDataErasure(ConfidentialDocument):
	"""Written only by the erasure service, together with the erasure itself."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		contact: DF.Link | None
		customer: DF.Link | None
		erased_by: DF.Link
		erased_on: DF.Datetime
		first_day: DF.Date | None
		gestures: DF.Int
		gestures_kept: DF.Int
		kept: DF.SmallText | None
		last_day: DF.Date | None
		notes: DF.Int
		promises: DF.Int
		reason: DF.SmallText
		released: DF.Int
		reminders: DF.Int
		requested_on: DF.Date | None
		traces: DF.Int
		uses: DF.Int
		whose: DF.Data
	# end: auto-generated types

	def before_insert(self):
		super().before_insert()
		if not self.flags.by_erasure:
			self.refuse()

	def validate(self):
		if not self.is_new() or not self.flags.by_erasure:
			self.refuse()

	def on_trash(self):
		self.refuse()

	def refuse(self):
		"""Raise PermissionError."""
		throw(
			_(
				"Erasure certificates are created by the app and cannot be changed or deleted. Nothing was saved."
			),
			frappe.PermissionError,
		)
