"""What a note is about."""

import frappe

from micro_experiences.desk.written import Written


class NoteTopic(Written):
	"""A topic has a name and an icon; its rule, sensitive by default, is asked by the jotting."""

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
