"""The base of our records: what people write into one is put right before anything else is done with it."""

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.model.meta import Meta

from micro_experiences.desk.words import refusing
from micro_experiences.domain import text

# Who made a record, and when, is not typed: whoever made it may see and change it.
_KEPT = ("owner", "creation")


def tidied(meta: Meta, fieldname: str, value: object) -> object:
	"""`value` as the rule for text wants a field of one of our DocTypes to hold it. Raises Refused."""
	df = meta.get_field(fieldname)
	# A field that a site has added holds what the site wants it to hold.
	if value is None or (df and df.get("is_custom_field")):
		return value
	fieldtype = df.fieldtype if df else "Link"
	return text.tidied(value, meta.get_label(fieldname), fieldname, fieldtype, df.length or 0 if df else 0)


class Written(Document):
	"""A record in which people write: over each road that Frappe has, its text is as `domain.text` wants it.

	It is saved and never submitted: on a submitted record Frappe skips `validate`.
	"""

	def insert(self, *args, **kwargs):
		self.tidy_text()
		return super().insert(*args, **kwargs)

	def save(self, *args, **kwargs):
		self.tidy_text()
		return super().save(*args, **kwargs)

	def _sanitize_content(self):
		# What Frappe takes the life out of grows by it: "<" becomes four characters, and may no longer fit.
		super()._sanitize_content()
		self.tidy_text()

	def tidy_text(self) -> None:
		"""Comes before Frappe asks the database, and before the rules of the record: what is sent may have ten megabytes."""
		ours = [row for row in self.get_all_children() if row.meta.module == self.meta.module]
		with refusing():
			for row in (self, *ours):
				for fieldname in row.meta.get_valid_columns():
					value = row.get(fieldname)
					tidy = tidied(row.meta, fieldname, value)
					if tidy is not value:
						row.set(fieldname, tidy)

	def before_save(self):
		if before := self.get_doc_before_save():
			self.update({field: before.get(field) for field in _KEPT})

	def before_submit(self):
		frappe.throw(
			_("{0} is saved, and not submitted or cancelled like an invoice.").format(_(self.doctype))
		)

	before_cancel = before_update_after_submit = before_submit
