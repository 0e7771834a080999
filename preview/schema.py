"""The tables of the preview: the DocTypes of the app, read from their JSON files, and the few of ERPNext that they link to."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from pathlib import Path

import micro_experiences

_FOLDER = Path(micro_experiences.__file__).parent / "micro_experiences" / "doctype"

# The stand-ins for ERPNext: DocType -> {fieldname: fieldtype, "Link:<DocType>" or "Select:<choices>"}.
HOST = {
	"DocType": {},
	"Role": {},
	"User": {"full_name": "Data", "first_name": "Data", "enabled": "Check"},
	"Has Role": {"role": "Link:Role"},
	"User Group": {},
	"User Group Member": {"user": "Link:User"},
	"Currency": {"symbol": "Data", "decimals": "Int"},
	"Company": {"company_name": "Data", "default_currency": "Link:Currency"},
	"Account": {},
	"Cost Center": {},
	"Journal Entry": {},
	"Customer": {
		"customer_name": "Data",
		"customer_type": "Select:Company\nIndividual",
	},
	"Contact": {"first_name": "Data", "last_name": "Data", "full_name": "Data", "customer": "Link:Customer"},
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
}
_HOST_TABLES = {"Has Role", "User Group Member"}
_HOST_NAMES = {"Sales Invoice": "ACC-SINV-.YYYY.-.#####"}
_HOST_INDEXED = {"customer", "for_user", "user"}

# The fieldtypes with a value, and the declared types of their columns. store.py converts the values.
COLUMN_TYPES = dict.fromkeys(("Data", "Small Text", "Code", "Select", "Link", "Dynamic Link"), "TEXT")
COLUMN_TYPES |= {"Int": "INTEGER", "Check": "BOOLEAN", "Float": "REAL", "Currency": "MONEY"}
COLUMN_TYPES |= {"Date": "DATE", "Datetime": "DATETIME", "Time": "TIME"}
# The fieldtypes without a value of their own.
_LAYOUT = {"Section Break", "Column Break", "Tab Break", "HTML", "Table"}


@dataclass(frozen=True, slots=True)
class Field:
	"""One field of a DocType."""

	fieldname: str
	label: str
	fieldtype: str
	options: str = ""
	description: str = ""
	default: str = ""
	reqd: bool = False
	hidden: bool = False
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
	"""A DocType. `layout` has its fields and breaks in the order of the form."""

	name: str
	layout: tuple[Field, ...]
	autoname: str = "hash"
	is_single: bool = False
	is_table: bool = False

	@property
	def fields(self) -> tuple[Field, ...]:
		"""The fields that have a column."""
		return tuple(field for field in self.layout if field.fieldtype in COLUMN_TYPES)

	def field(self, fieldname: str) -> Field:
		"""Return the field of this name. Raises KeyError."""
		for field in self.layout:
			if field.fieldname == fieldname:
				return field
		raise KeyError(f"{self.name} has no field {fieldname!r}")


@cache
def meta(doctype: str) -> Meta:
	"""Return the DocType of this name. Raises KeyError."""
	return _host(doctype) if doctype in HOST else _from_file(_known(doctype))


def permissions(doctype: str) -> list[dict]:
	"""Return the permission rules of a DocType of the app, one for each role."""
	return _known(doctype)["permissions"]


@cache
def doctypes() -> tuple[str, ...]:
	"""Return the names of all DocTypes, those of ERPNext first."""
	return (*HOST, *sorted(json.loads(path.read_text("utf-8"))["name"] for path in _FOLDER.glob("*/*.json")))


def new(doctype: str, user: str, now: datetime) -> dict:
	"""Return the default values of a new document. Numbers begin at zero."""
	special = {"Today": now.date(), "__user": user}
	return {
		field.fieldname: convert(special.get(field.default, field.default or None), field.fieldtype)
		for field in meta(doctype).fields
	}


def convert(value: object, fieldtype: str) -> object:
	"""Return `value` as a column of `fieldtype` holds it. Empty dates, links and choices become None, empty numbers zero.
	Raises ValueError."""
	if fieldtype in ("Date", "Datetime", "Time", "Link", "Dynamic Link", "Select") and value in (None, ""):
		return None
	if fieldtype == "Currency":
		return Decimal(str(value or 0))
	if fieldtype == "Check":
		return bool(value) if not isinstance(value, str) else value not in ("", "0")
	if fieldtype in ("Int", "Float"):
		return {"Int": int, "Float": float}[fieldtype](value or 0)
	if isinstance(value, str) and fieldtype in ("Date", "Datetime", "Time"):
		value = {"Date": date, "Datetime": datetime, "Time": time}[fieldtype].fromisoformat(value)
	if getattr(value, "tzinfo", None):
		raise ValueError("the preview stores local times, without a time zone")
	return value


def columns(doctype: str) -> dict[str, str]:
	"""Return the SQL declaration of each column of a DocType."""
	of = meta(doctype)
	standard = {"name": "TEXT PRIMARY KEY NOT NULL", "creation": "DATETIME", "modified": "DATETIME"}
	standard |= {"owner": "TEXT", "modified_by": "TEXT"}
	if of.is_table:
		standard |= {"parent": "TEXT", "parenttype": "TEXT", "idx": "INTEGER"}
	return standard | {field.fieldname: _declared(field) for field in of.fields}


def indexes(doctype: str) -> Iterator[str]:
	"""Return the statements that create the indexes of a DocType."""
	of = meta(doctype)
	wanted = {field.fieldname: field.unique for field in of.fields if field.unique or field.search_index}
	if of.is_table:
		wanted["parent"] = False
	for column, unique in wanted.items():
		yield (
			f"CREATE {'UNIQUE ' if unique else ''}INDEX {quoted(f'{doctype} {column}')}"
			f" ON {table(doctype)} ({quoted(column)})"
		)


def table(doctype: str) -> str:
	"""Return the quoted name of the table of a DocType."""
	return quoted(f"tab{doctype}")


def quoted(name: str) -> str:
	"""Return a name, quoted for SQL."""
	return '"' + name.replace('"', '""') + '"'


def _declared(field: Field) -> str:
	declared = COLUMN_TYPES[field.fieldtype]
	if field.fieldtype == "Link":
		declared += f" REFERENCES {table(field.options)}(name)"
	if choices := field.choices:
		listed = ", ".join("'" + choice.replace("'", "''") + "'" for choice in choices)
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
	if fieldtype not in COLUMN_TYPES and fieldtype not in _LAYOUT:
		raise ValueError(f"the preview does not support the fieldtype {fieldtype!r} of {row['fieldname']!r}")
	texts = {key: row.get(key, "") for key in ("label", "options", "description", "default")}
	checks = {key: bool(row.get(key)) for key in ("reqd", "hidden", "unique", "search_index", "no_copy")}
	return Field(row["fieldname"], fieldtype=fieldtype, length=row.get("length", 0), **texts, **checks)


def _host(doctype: str) -> Meta:
	fields = []
	for fieldname, what in HOST[doctype].items():
		fieldtype, _colon, options = what.partition(":")
		label = fieldname.replace("_", " ").title()
		fields.append(Field(fieldname, label, fieldtype, options, search_index=fieldname in _HOST_INDEXED))
	return Meta(doctype, tuple(fields), _HOST_NAMES.get(doctype, "hash"), is_table=doctype in _HOST_TABLES)
