"""The certificate that something was erased: for whom, by whom, when, why and how much, and nothing of what it was."""

import frappe
from frappe import _

from micro_experiences.privacy.sealed import Sealed


class PersonalDataErasure(Sealed):
	"""Written by `privacy/erasure.py` alone, with the erasure that it is about."""

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
		if not self.flags.by_erasure:
			self.refuse()

	def validate(self):
		if not self.is_new() or not self.flags.by_erasure:
			self.refuse()

	def on_trash(self):
		self.refuse()

	def refuse(self):
		frappe.throw(
			_(
				"A certificate is written by the erasure itself. Nobody changes it by hand; nothing was changed."
			),
			frappe.PermissionError,
		)
