"""How the app behaves on this site."""

from datetime import time

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint

from micro_experiences.domain.recall import Manners


class MicroExperiencesSettings(Document):
	def validate(self):
		if not 1 <= cint(self.lines_in_banner) <= 3:
			frappe.throw(_("The banner has from 1 to 3 lines."))
		for field in ("digest_hour", "quiet_from", "quiet_until"):
			if not 0 <= cint(self.get(field)) <= 23:
				frappe.throw(_("{0} is an hour, from 0 to 23.").format(_(self.meta.get_label(field))))
		if cint(self.moment_expires_days) < cint(self.moment_fresh_days):
			frappe.throw(_("A moment cannot be forgotten before it stops being fresh."))

	def manners(self) -> Manners:
		"""What recall needs to know."""
		return Manners(
			lines=cint(self.lines_in_banner) or 3,
			occasion_lead_days=cint(self.occasion_lead_days),
			moment_fresh_days=cint(self.moment_fresh_days),
			moment_expires_days=cint(self.moment_expires_days),
			rest_days=cint(self.rest_days),
		)

	def quiet_hours(self) -> tuple[time, time]:
		"""(from, until); equal ends mean none."""
		return time(cint(self.quiet_from)), time(cint(self.quiet_until))


def get_settings() -> MicroExperiencesSettings:
	"""The settings, from the cache."""
	return frappe.get_cached_doc("Micro Experiences Settings")
