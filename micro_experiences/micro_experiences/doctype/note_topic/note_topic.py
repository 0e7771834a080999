"""The subject of a note."""

import frappe

from micro_experiences.utils.sanitized_document import SanitizedDocument


class NoteTopic(SanitizedDocument):
	"""A topic with a name and an icon. Whether it is sensitive by default is evaluated when a note is
	added."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		icon: DF.Data | None
		sensitive_by_default: DF.Check
		topic_name: DF.Data
	# end: auto-generated types

	def on_trash(self):
		frappe.db.set_value("Personal Note", {"topic": self.name}, "topic", None)
