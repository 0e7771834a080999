"""What each guarded record does by itself, where Frappe would tell of it without asking who may see it."""

import frappe
from frappe import _
from frappe.utils.data import sbool

from micro_experiences.desk.written import Written
from micro_experiences.domain.sight import WORDS


class Sealed(Written):
	"""A record that is read by itself alone, and of which nobody hears who may not see it."""

	def load_from_db(self):
		# The API reads on through every link, to us and from us, and asks for nothing but the first record.
		if sbool(frappe.form_dict.get("expand_links")):
			frappe.throw(
				_(
					"{0} is read by itself. Leave out expand_links, and ask for what it names one by one."
				).format(_(self.doctype)),
				frappe.PermissionError,
			)
		if isinstance(self.name, dict | list) and getattr(frappe.local, "request", None):
			self.name = self._first_in_sight(self.name)
		return super().load_from_db()

	def onload(self):
		# Frappe tells a form what a role may do, and not what this user may do with this record. Asked of the module: the
		# document's own method tells the user of a no by a message.
		may_write = frappe.has_permission(self.doctype, "write", doc=self)
		self.set_onload("micro_experiences_may_write", bool(may_write))

	def _first_in_sight(self, filters: dict | list) -> str:
		"""Many methods of Frappe take filters for a name, look the record up, and then refuse it: that it was refused, and not
		missed, would tell that a hidden one has these words."""
		found = frappe.get_list(self.doctype, filters=filters, pluck="name", limit=1)
		if not found:
			frappe.throw(_("{0} not found").format(_(self.doctype)), frappe.DoesNotExistError)
		return found[0]

	def has_permission(self, *args, **options) -> bool:
		"""Without the message of Frappe's that names the record: a file is asked for by its own name, and is refused."""
		said = len(frappe.local.message_log)
		allowed = super().has_permission(*args, **options)
		if not allowed:
			del frappe.local.message_log[said:]
		return allowed

	# Frappe lets whoever reads a record have it renamed without its checks, and shows him the one that has the new name.
	# Not whitelisted, so that no request comes here at all.
	def rename(self, name: str, merge: bool = False, force: bool = False, validate_rename: bool = True):
		self.after_rename(self.name, name, merge)

	def after_rename(self, old: str, new: str, merge: bool = False):
		frappe.throw(
			_("{0} keeps its name: other records know it by that. Nothing was changed.").format(
				_(self.doctype)
			),
			frappe.PermissionError,
		)

	def notify_update(self):
		"""Who has the record open hears of a change. Frappe would tell its name to every open list as well, whoever it is told
		to tell; a list is read anew whenever it is shown."""
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
		# Frappe keeps a deleted document as it is then; what people wrote is not kept.
		for field in WORDS.get(self.doctype, ()):
			self.set(field, "")
