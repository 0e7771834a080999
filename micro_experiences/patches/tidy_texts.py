"""Clean texts that were written before the text rules (`domain.text`). Texts that the rules would refuse
are left unchanged."""

import frappe
from frappe.model.base_document import get_controller
from frappe.model.meta import Meta

from micro_experiences.domain.errors import RuleViolation
from micro_experiences.domain.text import is_text_field
from micro_experiences.utils.sanitized_document import SanitizedDocument, clean_value

# Rows read and written at once.
_CHUNK_SIZE = 1000


def execute():
	unchanged: list[str] = []
	for doctype in get_sanitized_doctypes():
		meta = frappe.get_meta(doctype)
		if fields := get_text_fields(meta):
			_clean_doctype(meta, fields, unchanged)
	if unchanged:
		frappe.log_error(title="Micro Experiences: texts left unchanged", message="\n".join(unchanged))


def get_sanitized_doctypes() -> list[str]:
	"""Return the DocTypes of the app with user-written texts, and their child tables. The settings have no
	texts."""
	found, own = set(), {"module": "Micro Experiences", "issingle": 0}
	for doctype in frappe.get_all("DocType", filters=own, pluck="name"):
		if issubclass(get_controller(doctype), SanitizedDocument):
			found |= {doctype, *(table.options for table in frappe.get_meta(doctype).get_table_fields())}
	return sorted(found)


def get_text_fields(meta: Meta) -> list[str]:
	"""Return the visible text fields of a DocType. Hidden fields hold keys of jobs and are never typed."""
	columns = meta.get_valid_columns()
	return [
		df.fieldname
		for df in meta.fields
		if df.fieldname in columns and is_text_field(df.fieldtype) and not df.hidden
	]


def _clean_doctype(meta: Meta, fields: list[str], unchanged: list[str]) -> None:
	after, table = "", frappe.qb.DocType(meta.name)
	while rows := (
		frappe.qb.from_(table)
		.select(table.name, *(table[field] for field in fields))
		.where(table.name > after)
		.orderby(table.name)
		.limit(_CHUNK_SIZE)
		.run(as_dict=True)
	):
		after = rows[-1].name
		changes = {
			row.name: cleaned for row in rows if (cleaned := _get_changes(meta, fields, row, unchanged))
		}
		_write_changes(meta.name, changes, unchanged)


def _get_changes(meta: Meta, fields: list[str], row: dict, unchanged: list[str]) -> dict[str, str]:
	"""Return the fields of a row that the rules change, with their new values."""
	changed = {}
	for field in fields:
		value = row.get(field)
		try:
			if (cleaned := clean_value(meta, field, value)) != value:
				changed[field] = cleaned
		except RuleViolation as refused:
			unchanged.append(f"{meta.name} {row['name']}: {refused}")
	return changed


def _write_changes(doctype: str, changes: dict[str, dict[str, str]], unchanged: list[str]) -> None:
	"""Write all rows at once. If the database refuses one, write each row separately, so that it does not
	stop the others."""
	frappe.db.savepoint("tidy_texts")
	try:
		frappe.db.bulk_update(doctype, changes, chunk_size=_CHUNK_SIZE, update_modified=False)
		return
	except Exception:
		frappe.db.rollback(save_point="tidy_texts")
	for name, values in changes.items():
		frappe.db.savepoint("tidy_texts")
		try:
			frappe.db.set_value(doctype, name, values, update_modified=False)
		except Exception as error:
			frappe.db.rollback(save_point="tidy_texts")
			# The error message would contain the text.
			unchanged.append(f"{doctype} {name}: {type(error).__name__}")
