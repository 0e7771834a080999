"""Record the content of a whole site and compare two recordings.

	python tools/own_bench.py python tools/site_picture.py <site> <file>

A recording has every row of every table, every column and index, and every file, except those in DRIFTING and HISTORY.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Columns that change on their own, by table; * for every table.
DRIFTING: dict[str, set[str]] = {
	"*": {"modified"},
	# Frappe replaces these rows whenever an app is installed or removed.
	"tabInstalled Application": {"name", "creation"},
	"tabDefaultValue": {"name", "creation"},
}
# The history of the site, which uninstalling an app does not change: table, and the values of such a row.
HISTORY: dict[str, dict[str, str]] = {
	# A user was given a role.
	"tabVersion": {"ref_doctype": "User"},
	# Frappe sent an email.
	"tabEmail Queue": {},
	"tabEmail Queue Recipient": {},
}
LONGEST = 300

Row = dict[str, str]
Picture = dict[str, dict[str, Row]]


def take(site: str) -> Picture:
	"""Return the rows of each table by key, and likewise columns, indexes and files."""
	import frappe
	from frappe.model.utils.user_settings import sync_user_settings

	frappe.init(site=site)
	frappe.connect()
	try:
		# List settings stay in the cache until the hourly job.
		sync_user_settings()
		frappe.db.commit()
		picture: Picture = {"columns": {}, "indexes": {}, "files": {file: {} for file in _files(site)}}
		for table, column, kind, default in frappe.db.sql(
			"select table_name, column_name, column_type, column_default from information_schema.columns"
			" where table_schema = database()"
		):
			picture["columns"][f"{table}.{column}"] = {"type": str(kind), "default": str(default)}
		for table, index, number, column, not_unique in frappe.db.sql(
			"select table_name, index_name, seq_in_index, column_name, non_unique"
			" from information_schema.statistics where table_schema = database()"
		):
			picture["indexes"][f"{table}.{index}.{number}"] = {
				"column": column,
				"not unique": str(not_unique),
			}
		for table in sorted(frappe.db.get_tables(cached=False)):
			picture[table] = dict(_rows(frappe, table))
		return picture
	finally:
		frappe.destroy()


def _rows(frappe: Any, table: str) -> Iterator[tuple[str, Row]]:
	drifting = DRIFTING["*"] | DRIFTING.get(table, set())
	seen: dict[str, int] = {}
	for row in frappe.db.sql(f"select * from `{table}`", as_dict=True):
		if table == "tabSingles" and row["field"] in drifting:
			continue
		if table in HISTORY and HISTORY[table].items() <= row.items():
			continue
		shown = {
			column: str(value)[:LONGEST]
			for column, value in row.items()
			if column not in drifting and value not in (None, "", 0)
		}
		key = str(row["name"]) if "name" in row and "name" not in drifting else json.dumps(shown)[:LONGEST]
		seen[key] = seen.get(key, 0) + 1
		yield key if seen[key] == 1 else f"{key} #{seen[key]}", shown


def _files(site: str) -> Iterator[str]:
	for file in Path(site).rglob("*"):
		if file.is_file() and file.relative_to(site).parts[0] not in ("logs", "locks"):
			yield str(file.relative_to(site))


def difference(before: Picture, after: Picture) -> list[str]:
	"""Return a line for each row that was added, removed or changed."""
	lines = []
	for place in sorted(before.keys() | after.keys()):
		old, new = before.get(place, {}), after.get(place, {})
		lines += [f"removed {place}: {key} {_brief(old[key])}" for key in sorted(old.keys() - new.keys())]
		lines += [f"added   {place}: {key} {_brief(new[key])}" for key in sorted(new.keys() - old.keys())]
		for key in sorted(old.keys() & new.keys()):
			changes = [
				f"{column} was {old[key].get(column)!r}, is {new[key].get(column)!r}"
				for column in sorted(old[key].keys() | new[key].keys())
				if old[key].get(column) != new[key].get(column)
			]
			if changes:
				lines.append(f"changed {place}: {key}: {'; '.join(changes)}")
	return lines


def _brief(row: Row) -> str:
	"""Return the columns that identify a row, shortened."""
	common = {"name", "creation", "owner", "modified_by", "docstatus", "idx"}
	return ", ".join(f"{column}={value[:60]}" for column, value in row.items() if column not in common)[:240]


if __name__ == "__main__":
	Path(sys.argv[2]).write_text(json.dumps(take(sys.argv[1])))
