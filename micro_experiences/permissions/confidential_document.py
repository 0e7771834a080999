"""Base class of the guarded DocTypes, for the code paths on which Frappe does not check permissions."""

import frappe
from frappe import _
from frappe.utils.data import sbool

from micro_experiences.domain.visibility import FREE_TEXT_FIELDS
from micro_experiences.utils.errors import throw
from micro_experiences.utils.sanitized_document import SanitizedDocument


class ConfidentialDocument(SanitizedDocument):
	"""A document that never reveals its existence or its values to users who may not see it."""

	def load_from_db(self):
		# With expand_links the API reads all linked documents but checks permissions only for the first one.
		if sbool(frappe.form_dict.get("expand_links")):
			throw(
				_(
					"{0} cannot be read with expand_links. Remove expand_links, and request the linked records separately."
				).format(_(self.doctype)),
				frappe.PermissionError,
			)
		if isinstance(self.name, dict | list) and getattr(frappe.local, "request", None):
			self.name = self._get_first_visible(self.name)
		return super().load_from_db()

	def onload(self):
		# Frappe gives a form the permissions of the role, not those of the user for this record. Not self.has_permission:
		# frappe.has_permission shows no message.
		can_write = frappe.has_permission(self.doctype, "write", doc=self)
		self.set_onload("micro_experiences_can_write", bool(can_write))

	def _get_first_visible(self, filters: dict | list) -> str:
		"""Return the name of the first visible record that matches `filters`.

		Many Frappe methods accept filters instead of a name and check permissions after the lookup: "not permitted" instead
		of "not found" would reveal that a hidden record has these values.
		"""
		found = frappe.get_list(self.doctype, filters=filters, pluck="name", limit=1)
		if not found:
			throw(_("{0} not found").format(_(self.doctype)), frappe.DoesNotExistError)
		return found[0]

	def has_permission(self, *args, **options) -> bool:
		"""Check permissions without Frappe's message: it names the record, for example when an attached file is refused."""
		message_count = len(frappe.local.message_log)
		allowed = super().has_permission(*args, **options)
		if not allowed:
			del frappe.local.message_log[message_count:]
		return allowed

	# Frappe lets users with read permission rename a document without further checks, and shows them an existing document
	# with the new name. This override is not whitelisted, so requests cannot call it.
	def rename(self, name: str, merge: bool = False, force: bool = False, validate_rename: bool = True):
		self.after_rename(self.name, name, merge)

	def after_rename(self, old: str, new: str, merge: bool = False):
		throw(
			_("{0} cannot be renamed because other records refer to it by name. Nothing was changed.").format(
				_(self.doctype)
			),
			frappe.PermissionError,
		)

	def notify_update(self):
		"""Publish a change only to users who have the document open.

		Frappe would also publish its name to every open list; lists reload when they are shown.
		"""
		if frappe.flags.in_patch:
			return
		frappe.publish_realtime(
			"doc_update",
			{"doctype": self.doctype, "name": self.name, "modified": self.modified},
			doctype=self.doctype,
			docname=self.name,
			after_commit=True,
		)

	def after_delete(self):
		# Frappe stores the deleted document in its current state; the texts are not kept.
		for field in FREE_TEXT_FIELDS.get(self.doctype, ()):
			self.set(field, "")
