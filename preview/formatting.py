"""How lists and forms show values: labels, choices and order come from the DocType files."""

from datetime import date, datetime
from urllib.parse import quote, urlencode

from micro_experiences.domain import visibility
from preview import schema
from preview.session import Session

# The number of rows that a list shows.
MAX_ROWS = 100
# The DocTypes that have pages.
PAGES = ("Customer", "Sales Invoice", "Gesture Budget", "Gesture", "Personal Note", "Follow Up Task")

_COLOURS = dict.fromkeys(("Active", "Open", "Planned", "Approved", "Enabled"), "blue")
_COLOURS |= dict.fromkeys(("Paid", "Done", "Given"), "green")
_COLOURS |= dict.fromkeys(("Unpaid", "Awaiting Approval"), "orange")
_COLOURS |= dict.fromkeys(("Draft", "Overdue", "Declined"), "red")


def route(doctype: str, name: str | None = None, **filters: str) -> str | None:
	"""Return the address of a document or of a filtered list, if the DocType has pages."""
	if doctype not in PAGES:
		return None
	address = f"/app/{doctype.lower().replace(' ', '-')}"
	return f"{address}/{quote(name, safe='')}" if name else f"{address}?{urlencode(filters)}"


def day(value: date | None) -> str:
	"""Return a day, such as "3 Nov 2026"."""
	return f"{value.day} {value:%b %Y}" if value else ""


def moment(value: datetime | None) -> str:
	"""Return a moment, such as "Tue 3 Nov 2026, 09:00"."""
	return f"{value:%a} {day(value)}, {value:%H:%M}" if value else ""


def pill(doctype: str, row: dict) -> tuple[str, str] | None:
	"""Return the status of a document, and the colour of its pill."""
	status = row.get("status")
	if doctype == "Gesture Budget":
		status = "Enabled" if row["enabled"] else "Disabled"
	return (status, _COLOURS.get(status, "gray")) if status else None


def sections(session: Session, meta: schema.Meta, doc: dict) -> list[dict]:
	"""Return the fields of `doc` that have a value, in the sections and columns of its form."""
	made: list[dict] = [{"label": "", "columns": [[]]}]
	for field in meta.layout:
		if field.fieldtype in ("Tab Break", "Section Break"):
			made.append({"label": field.label, "columns": [[]]})
		elif field.fieldtype == "Column Break":
			made[-1]["columns"].append([])
		elif field.label and not field.hidden and (value := doc.get(field.fieldname)):
			text = shown(session, meta, field.fieldname, doc)
			href = _href(field, value, doc)
			made[-1]["columns"][-1].append({"label": field.label, "text": text, "href": href})
	for section in made:
		section["columns"] = [column for column in section["columns"] if column]
	return [section for section in made if section["columns"]]


def shown(session: Session, meta: schema.Meta, fieldname: str, doc: dict) -> str:
	"""Return the value of a field as the user reads it."""
	value = doc.get(fieldname)
	if fieldname == "name" or not value:
		return value or ""
	field = meta.field(fieldname)
	if field.fieldtype == "Currency":
		return session.money(value, doc.get("currency"))
	if field.fieldtype in ("Link", "Dynamic Link"):
		return title(session, field.options if field.fieldtype == "Link" else doc.get(field.options), value)
	formats = {"Check": lambda _: "Yes", "Date": day, "Datetime": moment, "Time": "{:%H:%M}".format}
	return formats.get(field.fieldtype, str)(value)


def _href(field: schema.Field, value: str, doc: dict) -> str | None:
	if field.fieldtype in ("Link", "Dynamic Link"):
		return route(field.options if field.fieldtype == "Link" else doc.get(field.options), value)
	return route(visibility.SOURCE_FIELDS.get(field.fieldname, ""), value)


def title(session: Session, doctype: str, name: str | None) -> str:
	"""Return what a document is called: users and contacts have a full name, budgets a title."""
	fieldname = {
		"User": "full_name",
		"Contact": "full_name",
		"Gesture Budget": "title",
		"Customer": "customer_name",
	}.get(doctype)
	row = session.db.get(doctype, name) if fieldname and name else None
	return (row and row[fieldname]) or name or ""
