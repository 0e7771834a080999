"""The tables of the preview: those of the app from its DocType files, and the few of the host that they point at."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import micro_experiences

_FOLDER = Path(micro_experiences.__file__).parent / "micro_experiences" / "doctype"

# What stands for ERPNext: DocType -> {fieldname: fieldtype, or "Link:<DocType>", or "Select:<choices>"}.
HOST = {
	"DocType": {},
	"Role": {},
	"User": {"full_name": "Data", "first_name": "Data", "enabled": "Check", "time_zone": "Data"},
	"Has Role": {"role": "Link:Role"},
	"User Group": {},
	"User Group Member": {"user": "Link:User"},
	"Currency": {"symbol": "Data", "decimals": "Int"},
	"Holiday List": {},
	"Holiday": {"holiday_date": "Date"},
	"Company": {
		"company_name": "Data",
		"default_currency": "Link:Currency",
		"default_holiday_list": "Link:Holiday List",
	},
	"Account": {},
	"Cost Center": {},
	"Journal Entry": {},
	"Customer": {
		"customer_name": "Data",
		"customer_type": "Select:Company\nIndividual",
		"customer_group": "Data",
		"territory": "Data",
		"mobile_no": "Data",
		"email_id": "Data",
		"account_manager": "Link:User",
		"disabled": "Check",
	},
	"Contact": {
		"first_name": "Data",
		"last_name": "Data",
		"full_name": "Data",
		"customer": "Link:Customer",
	},
	"Sales Invoice": {
		"customer": "Link:Customer",
		"contact_person": "Link:Contact",
		"company": "Link:Company",
		"posting_date": "Date",
		"due_date": "Date",
		"currency": "Link:Currency",
		"grand_total": "Currency:currency",
		"status": "Select:Draft\nUnpaid\nPaid\nOverdue",
		"docstatus": "Int",
		"remarks": "Small Text",
	},
	"Notification Log": {
		"for_user": "Link:User",
		"subject": "Data",
		"document_type": "Data",
		"document_name": "Data",
		"sent_on": "Datetime",
		"read": "Check",
	},
	"Email Queue": {
		"recipient": "Link:User",
		"subject": "Data",
		"message": "Code",
		"sent_on": "Datetime",
		"reminder_key": "Data",
	},
}
_HOST_TABLES = {"Has Role", "User Group Member", "Holiday"}
_HOST_NAMES = {"Sales Invoice": "ACC-SINV-.YYYY.-.#####"}
_HOST_INDEXED = {"customer", "for_user", "recipient", "user"}

# The fieldtypes that hold a value, and how SQLite declares their columns; store.py turns the values into Python's.
COLUMN_TYPES = {
	"Data": "TEXT",
	"Small Text": "TEXT",
	"Code": "TEXT",
	"Select": "TEXT",
	"Link": "TEXT",
	"Dynamic Link": "TEXT",
	"Int": "INTEGER",
	"Check": "BOOLEAN",
	"Float": "REAL",
	"Currency": "MONEY",
	"Date": "DATE",
	"Datetime": "DATETIME",
	"Time": "TIME",
}
# What holds none: breaks, and places that a script of the Desk fills.
_LAYOUT = {"Section Break", "Column Break", "Tab Break", "HTML"}


@dataclass(frozen=True, slots=True)
class Field:
	"""One field of a DocType, as its JSON has it."""

	fieldname: str
	label: str
	fieldtype: str
	options: str = ""
	description: str = ""
	default: str = ""
	reqd: bool = False
	read_only: bool = False
	hidden: bool = False
	in_list_view: bool = False
	unique: bool = False
	search_index: bool = False
	no_copy: bool = False
	length: int = 0

	@property
	def choices(self) -> list[str]:
		"""The values of a Select, without the empty one."""
		return [choice for choice in self.options.split("\n") if choice] if self.fieldtype == "Select" else []


@dataclass(frozen=True, slots=True)
class Meta:
	"""A DocType. `layout` has its fields with section, column and tab breaks, in the order of its form."""

	name: str
	layout: tuple[Field, ...]
	autoname: str = "hash"
	is_single: bool = False
	is_table: bool = False

	@property
	def label(self) -> str:
		"""What people call it."""
		return self.name

	@property
	def fields(self) -> tuple[Field, ...]:
		"""The fields that hold a value and have a column."""
		return tuple(field for field in self.layout if field.fieldtype in COLUMN_TYPES)

	def field(self, fieldname: str) -> Field:
		"""The field of this name. KeyError where there is none."""
		for field in self.layout:
			if field.fieldname == fieldname:
				return field
		raise KeyError(f"{self.name} has no field {fieldname!r}")


@cache
def meta(doctype: str) -> Meta:
	"""The DocType of this name, of the app or of the host. KeyError where there is none."""
	return _host(doctype) if doctype in HOST else _from_file(_known(doctype))


def permissions(doctype: str) -> list[dict]:
	"""The rules of a DocType of the app: role, and what it may."""
	return _known(doctype)["permissions"]


@cache
def doctypes() -> tuple[str, ...]:
	"""The names of all DocTypes, those of the host first."""
	return (*HOST, *sorted(json.loads(path.read_text("utf-8"))["name"] for path in _FOLDER.glob("*/*.json")))


def new(doctype: str, user: str, now: datetime) -> dict:
	"""The values with which a new document begins: the defaults of its fields; numbers begin at zero."""
	values = {}
	for field in meta(doctype).fields:
		default: object = field.default or None
		if default == "Today":
			default = now.date()
		elif default == "__user":
			default = user
		elif field.fieldtype in ("Int", "Check", "Float", "Currency"):
			default = default or 0
		values[field.fieldname] = default
	return values


def standard_columns(of: Meta) -> dict[str, str]:
	"""The columns that every table has, with their declared types."""
	columns = {
		"name": "TEXT PRIMARY KEY NOT NULL",
		"creation": "DATETIME",
		"modified": "DATETIME",
		"owner": "TEXT",
		"modified_by": "TEXT",
	}
	return columns | ({"parent": "TEXT", "parenttype": "TEXT", "idx": "INTEGER"} if of.is_table else {})


def columns(doctype: str) -> dict[str, str]:
	"""Column -> declaration in SQL, for one DocType."""
	of = meta(doctype)
	return standard_columns(of) | {field.fieldname: _declared(field) for field in of.fields}


def indexes(doctype: str) -> Iterator[str]:
	"""The statements that make the indexes of a DocType, where they are not there yet."""
	of = meta(doctype)
	wanted = {field.fieldname: field.unique for field in of.fields if field.unique or field.search_index}
	if of.is_table:
		wanted["parent"] = False
	for column, unique in wanted.items():
		yield (
			f"CREATE {'UNIQUE ' if unique else ''}INDEX IF NOT EXISTS {quoted(f'{doctype} {column}')}"
			f" ON {table(doctype)} ({quoted(column)})"
		)


def table(doctype: str) -> str:
	"""The table of a DocType, as SQL writes it."""
	return quoted(f"tab{doctype}")


def quoted(name: str) -> str:
	"""A name as SQL writes it."""
	return '"' + name.replace('"', '""') + '"'


def _declared(field: Field) -> str:
	declared = COLUMN_TYPES[field.fieldtype]
	if field.fieldtype == "Link":
		declared += f" REFERENCES {table(field.options)}(name)"
	if choices := field.choices:
		listed = ", ".join("'" + choice.replace("'", "''") + "'" for choice in choices)
		# NULL passes: a choice may stay open.
		declared += f" CHECK ({quoted(field.fieldname)} IN ({listed}))"
	return declared


def _known(doctype: str) -> dict:
	scrubbed = doctype.lower().replace(" ", "_")
	path = _FOLDER / scrubbed / f"{scrubbed}.json"
	if not path.is_file():
		raise KeyError(f"There is no DocType {doctype!r}")
	return json.loads(path.read_text("utf-8"))


def _from_file(known: dict) -> Meta:
	by_name = {row["fieldname"]: row for row in known["fields"]}
	return Meta(
		known["name"],
		tuple(_field(by_name[name]) for name in known["field_order"]),
		known.get("autoname", "hash"),
		is_single=bool(known.get("issingle")),
		is_table=bool(known.get("istable")),
	)


def _field(row: dict) -> Field:
	fieldtype = row["fieldtype"]
	if fieldtype not in COLUMN_TYPES and fieldtype not in _LAYOUT and fieldtype != "Table":
		raise ValueError(f"the preview does not know the fieldtype {fieldtype!r} of {row['fieldname']!r}")
	texts = {key: row.get(key, "") for key in ("options", "description", "default")}
	ticks = ("reqd", "read_only", "hidden", "in_list_view", "unique", "search_index", "no_copy")
	return Field(
		row["fieldname"],
		row.get("label", ""),
		fieldtype,
		**texts,
		**{key: bool(row.get(key)) for key in ticks},
		length=row.get("length", 0),
	)


def _host(doctype: str) -> Meta:
	fields = []
	for fieldname, what in HOST[doctype].items():
		fieldtype, _colon, options = what.partition(":")
		label = fieldname.replace("_", " ").title()
		indexed = fieldname in _HOST_INDEXED
		fields.append(Field(fieldname, label, fieldtype, options, search_index=indexed))
	return Meta(doctype, tuple(fields), _HOST_NAMES.get(doctype, "hash"), is_table=doctype in _HOST_TABLES)
