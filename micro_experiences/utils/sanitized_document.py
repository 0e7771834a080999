"""Base class of the app's records, which cleans their text before anything else."""

from frappe import _
from frappe.model.document import Document
from frappe.model.meta import Meta

from micro_experiences.domain import text
from micro_experiences.utils.errors import domain_errors_as_frappe, throw

# Not editable, because the owner has permission to read and write the record.
_PRESERVED_FIELDS = ("owner", "creation")


def clean_value(meta: Meta, fieldname: str, value: object) -> object:
	"""Return `value` as the rules in `domain.text` allow it in a field of the app. Raises their errors."""
	df = meta.get_field(fieldname)
	# Custom fields are up to the site.
	if value is None or (df and df.get("is_custom_field")):
		return value
	fieldtype = df.fieldtype if df else "Link"
	return text.clean_text(
		value, meta.get_label(fieldname), fieldname, fieldtype, df.length or 0 if df else 0
	)


class SanitizedDocument(Document):
	"""A record whose text always meets the rules in `domain.text`, however it is saved.

	It cannot be submitted, because Frappe skips `validate` on submitted records.
	"""

	def before_insert(self):
		# Before the name is made, which may be one of these texts.
		self.clean_texts()

	def before_validate(self):
		if not self.is_new():
			self.clean_texts()

	def clean_texts(self) -> None:
		"""Clean all text, once for each save, before the record is named and validated."""
		children = [row for row in self.get_all_children() if row.meta.module == self.meta.module]
		with domain_errors_as_frappe():
			for row in (self, *children):
				for fieldname in row.meta.get_valid_columns():
					value = row.get(fieldname)
					clean = clean_value(row.meta, fieldname, value)
					if clean is not value:
						row.set(fieldname, clean)

	def before_save(self):
		if before := self.get_doc_before_save():
			self.update({field: before.get(field) for field in _PRESERVED_FIELDS})

	def before_submit(self):
		throw(_("{0} cannot be submitted or cancelled.").format(_(self.doctype)))

	before_cancel = before_update_after_submit = before_submit
