"""The settings of the app on this site."""

from frappe import _
from frappe.utils import cint, getdate

from micro_experiences.domain import retention
from micro_experiences.domain.recall import RecallSettings
from micro_experiences.services.digests import reschedule_default_digests
from micro_experiences.utils.background_jobs import enqueue_after_commit
from micro_experiences.utils.errors import throw
from micro_experiences.utils.language import get_language
from micro_experiences.utils.sanitized_document import SanitizedDocument


class MicroExperiencesSettings(SanitizedDocument):
	"""The settings, with the values that the rules need."""

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
		today = getdate()
		announced_on = self.forgetting_announced_on and getdate(self.forgetting_announced_on)
		self.set_onload(
			"micro_experiences_forgetting",
			retention.describe_next_step(
				self.get_retention_periods(),
				self.forgetting_announced_for,
				announced_on,
				today,
				get_language(),
			),
		)

	def validate(self):
		if not 1 <= cint(self.lines_in_banner) <= 3:
			throw(_("The banner must have 1 to 3 lines."))
		for field in ("digest_hour", "quiet_from", "quiet_until"):
			if not 0 <= cint(self.get(field)) <= 23:
				throw(_("{0} must be an hour from 0 to 23.").format(_(self.meta.get_label(field))))
		if cint(self.moment_expires_days) < cint(self.moment_fresh_days):
			throw(_("Moments Expire After (Days) cannot be less than Moments Are Fresh For (Days)."))
		for field in retention.RETENTION_FIELDS:
			if not 0 <= cint(self.get(field)) <= retention.MAX_MONTHS:
				throw(
					_("{0} must be from 0 to {1} months.").format(
						_(self.meta.get_label(field)), retention.MAX_MONTHS
					)
				)
		# Only the weekly job sets these, whatever a form or an import sends.
		before = self.get_doc_before_save()
		for field in ("forgetting_announced_for", "forgetting_announced_on"):
			self.set(field, before.get(field) if before else None)

	def on_update(self):
		if self.has_value_changed("digest_hour"):
			enqueue_after_commit(reschedule_default_digests)

	def get_recall_settings(self) -> RecallSettings:
		"""Return the settings that recall needs."""
		return RecallSettings.from_settings(self.as_dict())

	def get_retention_periods(self) -> retention.RetentionMonths:
		"""Return the retention periods of notes."""
		return retention.RetentionMonths.from_settings(self.as_dict())
