"""How a user wants to be reminded: notifications, the email digest and its hour."""

from micro_experiences.permissions.confidential_document import ConfidentialDocument
from micro_experiences.services.preferences import get_next_digests


class FollowUpPreference(ConfidentialDocument):
	"""The reminder preference of one user. Each user has at most one."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		bell: DF.Check
		digest: DF.Check
		digest_hour: DF.Literal[
			"",
			"00:00",
			"01:00",
			"02:00",
			"03:00",
			"04:00",
			"05:00",
			"06:00",
			"07:00",
			"08:00",
			"09:00",
			"10:00",
			"11:00",
			"12:00",
			"13:00",
			"14:00",
			"15:00",
			"16:00",
			"17:00",
			"18:00",
			"19:00",
			"20:00",
			"21:00",
			"22:00",
			"23:00",
		]
		next_digest_at: DF.Datetime | None
		set_aside_because: DF.SmallText | None
		user: DF.Link
	# end: auto-generated types

	def validate(self):
		if self.is_new() or self.has_value_changed("digest") or self.has_value_changed("digest_hour"):
			wanted = {self.user: self.digest_hour} if self.digest else {}
			self.next_digest_at = get_next_digests(wanted).get(self.user)
			self.set_aside_because = None
		else:
			# Only the job sets these, whatever a form sends.
			before = self.get_doc_before_save()
			self.update({field: before.get(field) for field in ("next_digest_at", "set_aside_because")})
