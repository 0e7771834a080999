"""A kind of gesture: what it mostly costs, what it involves, and words to begin with."""

import frappe
from frappe import _

from micro_experiences.desk.words import refusing
from micro_experiences.desk.written import Written
from micro_experiences.domain import variety
from micro_experiences.domain.wording import check_template


class GestureType(Written):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		channel: DF.Literal["In Person", "Phone", "Email", "Message", "Visit", "Other", "Post"]
		enabled: DF.Check
		involves: DF.Data | None
		message_template: DF.Code | None
		type_name: DF.Data
		usual_cost: DF.Currency

	# end: auto-generated types
	def validate(self):
		with refusing():
			self.involves = variety.tidied(self.involves, self.meta.get_label("involves"))
		if wrong := check_template(self.message_template):
			frappe.throw(
				_("The message template cannot be read: {0}").format(frappe.utils.escape_html(wrong))
			)

	def on_trash(self):
		frappe.db.set_value("Gesture", {"gesture_type": self.name}, "gesture_type", None)
