"""Something that a Never note can rule out, such as alcohol, and the words of a gesture that speak of it."""

from micro_experiences.domain import restrictions as rules
from micro_experiences.utils.errors import domain_errors_as_frappe
from micro_experiences.utils.sanitized_document import SanitizedDocument


class GestureRestriction(SanitizedDocument):
	"""A restriction of the app or of the site. A disabled one can no longer be chosen; notes that have it keep it."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		enabled: DF.Check
		restriction_name: DF.Data
		words: DF.SmallText | None

	# end: auto-generated types
	def before_insert(self):
		super().before_insert()
		# Before the name is derived from it.
		with domain_errors_as_frappe():
			self.restriction_name = rules.clean_name(self.restriction_name)
