"""How the app behaves on this site."""

import frappe
from frappe import _
from frappe.utils import cint

from micro_experiences.desk.written import Written
from micro_experiences.domain.recall import Manners


class MicroExperiencesSettings(Written):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		digest_hour: DF.Int
		gestures_per_month: DF.Int
		lines_in_banner: DF.Int
		moment_expires_days: DF.Int
		moment_fresh_days: DF.Int
		occasion_lead_days: DF.Int
		quiet_from: DF.Int
		quiet_until: DF.Int
		rest_days: DF.Int
		same_gesture_days: DF.Int
		show_empty_banner: DF.Check
		show_on_customer: DF.Check
		show_on_sales_invoice: DF.Check

	# end: auto-generated types
	def validate(self):
		if not 1 <= cint(self.lines_in_banner) <= 3:
			frappe.throw(_("The banner has from 1 to 3 lines."))
		for field in ("digest_hour", "quiet_from", "quiet_until"):
			if not 0 <= cint(self.get(field)) <= 23:
				frappe.throw(_("{0} is an hour, from 0 to 23.").format(_(self.meta.get_label(field))))
		if cint(self.moment_expires_days) < cint(self.moment_fresh_days):
			frappe.throw(_("A moment cannot be forgotten before it stops being fresh."))

	def on_update(self):
		if self.has_value_changed("digest_hour"):
			frappe.enqueue(
				"micro_experiences.jobs.digests.follow_the_hour_of_the_site", enqueue_after_commit=True
			)

	def manners(self) -> Manners:
		"""What recall needs to know."""
		return Manners.from_settings(self.as_dict())


def get_settings() -> MicroExperiencesSettings:
	"""The settings, from the cache."""
	return frappe.get_cached_doc("Micro Experiences Settings")
