"""What people wrote before there was a rule for text (`domain.text`) is put right; what the rule would refuse stays as it is."""

import frappe
from frappe.model.base_document import get_controller
from frappe.model.meta import Meta

from micro_experiences.desk.written import Written, tidied
from micro_experiences.domain.refusal import Refused
from micro_experiences.domain.text import is_text

# So many rows are read, and written, at once.
_ROWS = 1000


def execute():
	stays: list[str] = []
	for doctype in written():
		meta = frappe.get_meta(doctype)
		if fields := texts_of(meta):
			_tidy(meta, fields, stays)
	if stays:
		frappe.log_error(title="Micro Experiences: texts that stay as they were", message="\n".join(stays))


def written() -> list[str]:
	"""The DocTypes of ours in which people write, and those of their tables; in the settings there are no texts."""
	found, ours = set(), {"module": "Micro Experiences", "issingle": 0}
	for doctype in frappe.get_all("DocType", filters=ours, pluck="name"):
		if issubclass(get_controller(doctype), Written):
			found |= {doctype, *(table.options for table in frappe.get_meta(doctype).get_table_fields())}
	return sorted(found)


def texts_of(meta: Meta) -> list[str]:
	"""The fields for text of a DocType. What nobody sees nobody has typed: the keys by which jobs know what they have done."""
	columns = meta.get_valid_columns()
	return [
		df.fieldname
		for df in meta.fields
		if df.fieldname in columns and is_text(df.fieldtype) and not df.hidden
	]


def _tidy(meta: Meta, fields: list[str], stays: list[str]) -> None:
	after, table = "", frappe.qb.DocType(meta.name)
	while rows := (
		frappe.qb.from_(table)
		.select(table.name, *(table[field] for field in fields))
		.where(table.name > after)
		.orderby(table.name)
		.limit(_ROWS)
		.run(as_dict=True)
	):
		after = rows[-1].name
		changes = {row.name: tidy for row in rows if (tidy := _changes(meta, fields, row, stays))}
		_write(meta.name, changes, stays)


def _changes(meta: Meta, fields: list[str], row: dict, stays: list[str]) -> dict[str, str]:
	"""The fields of a row that the rule changes, with what they hold then."""
	changed = {}
	for field in fields:
		value = row.get(field)
		try:
			if (tidy := tidied(meta, field, value)) != value:
				changed[field] = tidy
		except Refused as refused:
			stays.append(f"{meta.name} {row['name']}: {refused}")
	return changed


def _write(doctype: str, changes: dict[str, dict[str, str]], stays: list[str]) -> None:
	"""All at once; where the database refuses one, each by itself, so that it stops no other."""
	frappe.db.savepoint("tidy_texts")
	try:
		frappe.db.bulk_update(doctype, changes, chunk_size=_ROWS, update_modified=False)
		return
	except Exception:
		frappe.db.rollback(save_point="tidy_texts")
	for name, values in changes.items():
		frappe.db.savepoint("tidy_texts")
		try:
			frappe.db.set_value(doctype, name, values, update_modified=False)
		except Exception as error:
			frappe.db.rollback(save_point="tidy_texts")
			# Its words would hold the text.
			stays.append(f"{doctype} {name}: {type(error).__name__}")
