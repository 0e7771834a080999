"""How the app behaves on this site."""

import frappe
from frappe import _
from frappe.utils import cint, getdate

from micro_experiences.desk.safely import ask_worker
from micro_experiences.desk.written import Written
from micro_experiences.domain import retention
from micro_experiences.domain.recall import Manners


class MicroExperiencesSettings(Written):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		approval_lapses_after_days: DF.Int
		check_wording: DF.Check
		digest_hour: DF.Int
		digest_names_promises: DF.Check
		forget_closed_after: DF.Int
		forget_fact_after: DF.Int
		forget_moment_after: DF.Int
		forget_never_after: DF.Int
		forget_occasion_after: DF.Int
		forget_without_invoice: DF.Int
		forgetting_announced_for: DF.Data | None
		forgetting_announced_on: DF.Date | None
		gestures_per_month: DF.Int
		lines_in_banner: DF.Int
		moment_expires_days: DF.Int
		moment_fresh_days: DF.Int
		occasion_lead_days: DF.Int
		quiet_from: DF.Int
		quiet_until: DF.Int
		rest_days: DF.Int
		same_gesture_days: DF.Int
		send_digests: DF.Check
		show_empty_banner: DF.Check
		show_on_customer: DF.Check
		show_on_sales_invoice: DF.Check

	# end: auto-generated types
	def onload(self):
		# Here, because the banner asks this module for the settings.
		from micro_experiences.desk.banner import language

		today = getdate()
		told = self.forgetting_announced_on and getdate(self.forgetting_announced_on)
		self.set_onload(
			"micro_experiences_forgetting",
			retention.said(self.months(), self.forgetting_announced_for, told, today, language()),
		)

	def validate(self):
		if not 1 <= cint(self.lines_in_banner) <= 3:
			frappe.throw(_("The banner has from 1 to 3 lines."))
		for field in ("digest_hour", "quiet_from", "quiet_until"):
			if not 0 <= cint(self.get(field)) <= 23:
				frappe.throw(_("{0} is an hour, from 0 to 23.").format(_(self.meta.get_label(field))))
		if cint(self.moment_expires_days) < cint(self.moment_fresh_days):
			frappe.throw(_("A moment cannot be forgotten before it stops being fresh."))
		for field in retention.FIELDS:
			if not 0 <= cint(self.get(field)) <= retention.MOST_MONTHS:
				frappe.throw(
					_("{0}: from 0 to {1} months.").format(
						_(self.meta.get_label(field)), retention.MOST_MONTHS
					)
				)
		# What was announced is for the weekly job alone to say, whatever a form or an import sends.
		before = self.get_doc_before_save()
		for field in ("forgetting_announced_for", "forgetting_announced_on"):
			self.set(field, before.get(field) if before else None)

	def on_update(self):
		if self.has_value_changed("digest_hour"):
			# The jobs read the settings: imported above, each would wait for the other.
			from micro_experiences.jobs.digests import follow_the_hour_of_the_site

			ask_worker(follow_the_hour_of_the_site)

	def manners(self) -> Manners:
		"""What recall needs to know."""
		return Manners.from_settings(self.as_dict())

	def months(self) -> retention.Months:
		"""After how long notes are forgotten."""
		return retention.Months.from_settings(self.as_dict())


def get_settings() -> MicroExperiencesSettings:
	"""The settings, from the cache."""
	return frappe.get_cached_doc("Micro Experiences Settings")
