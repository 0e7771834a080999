"""A kind of gesture: its usual cost, what it involves, and a message template."""

import frappe
from frappe import _

from micro_experiences.domain import gesture_advice, restrictions
from micro_experiences.domain.message_templates import get_template_error
from micro_experiences.services.restrictions import get_known_names
from micro_experiences.utils.errors import domain_errors_as_frappe, throw
from micro_experiences.utils.sanitized_document import SanitizedDocument


class GestureType(SanitizedDocument):
	"""A type of gesture, which a site can change or disable."""

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
		with domain_errors_as_frappe():
			before = self.get_doc_before_save()
			known = (*get_known_names(before and before.involves), restrictions.NOTHING)
			self.involves = gesture_advice.clean_tags(self.involves, self.meta.get_label("involves"), known)
		if wrong := get_template_error(self.message_template):
			throw(_("The message template has an error: {0}").format(frappe.utils.escape_html(wrong)))

	def on_trash(self):
		frappe.db.set_value("Gesture", {"gesture_type": self.name}, "gesture_type", None)
