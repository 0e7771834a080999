"""How lists and documents are shown: labels, choices and order are those of the DocType files."""

from datetime import date, datetime
from urllib.parse import quote, urlencode

from flask import abort, g, render_template

from micro_experiences.domain import sight
from preview import ledger, methods, records, schema
from preview.store import Db

# As many rows as a list shows.
MOST = 100

_WITH_PAGES = ("Customer", "Sales Invoice", "Gesture Budget", "Gesture", "Personal Note", "Follow Up Task")

_COLOURS = {
	"Draft": "red",
	"Unpaid": "orange",
	"Overdue": "red",
	"Paid": "green",
	"Active": "blue",
	"Open": "blue",
	"Done": "green",
	"Approved": "blue",
	"Awaiting Approval": "orange",
	"Given": "green",
	"Declined": "red",
	"Enabled": "blue",
}


def route(doctype: str, name: str) -> str | None:
	"""The address of a document, if its DocType has pages."""
	return f"/app/{_slug(doctype)}/{quote(name, safe='')}" if doctype in _WITH_PAGES else None


def list_route(doctype: str, **filters: str) -> str:
	"""The address of a list."""
	return f"/app/{_slug(doctype)}" + (f"?{urlencode(filters)}" if filters else "")


def _slug(doctype: str) -> str:
	return doctype.lower().replace(" ", "-")


def day(value: date | None) -> str:
	"""A day, such as "3 Nov 2026"."""
	return f"{value.day} {value:%b %Y}" if value else ""


def moment(value: datetime | None) -> str:
	"""A moment, such as "Tue 3 Nov 2026, 09:00"."""
	return f"{value:%a} {day(value)}, {value:%H:%M}" if value else ""


def pill(status: str | None) -> tuple[str, str] | None:
	"""A status and the colour of its pill."""
	return (status, _COLOURS.get(status, "gray")) if status else None


def sections(db: Db, doctype: str, doc: dict) -> list[dict]:
	"""The fields of `doc` that have a value, in the sections and columns of its form."""
	made: list[dict] = [{"label": "", "columns": [[]]}]
	for field in schema.meta(doctype).layout:
		if field.fieldtype in ("Tab Break", "Section Break"):
			made.append({"label": field.label, "columns": [[]]})
		if field.fieldtype == "Column Break":
			made[-1]["columns"].append([])
		value = doc.get(field.fieldname)
		# Nothing, no tick, no text, and no number but zero: there is nothing to show.
		if field.hidden or not field.label or not value:
			continue
		made[-1]["columns"][-1].append(_shown(db, field, value, doc))
	for section in made:
		section["columns"] = [column for column in section["columns"] if column]
		if len(section["columns"]) == 1:
			(only,) = section["columns"]
			half = (len(only) + 1) // 2
			section["columns"] = [column for column in (only[:half], only[half:]) if column]
	return [section for section in made if section["columns"]]


def _shown(db: Db, field: schema.Field, value: object, doc: dict) -> dict:
	shown = {"label": field.label, "text": str(value), "href": None}
	if field.fieldtype == "Check":
		shown["text"] = "Yes"
	elif field.fieldtype == "Date":
		shown["text"] = day(value)
	elif field.fieldtype == "Datetime":
		shown["text"] = moment(value)
	elif field.fieldtype == "Time":
		shown["text"] = f"{value:%H:%M}"
	elif field.fieldtype == "Currency":
		shown["text"] = ledger.money(db, value, doc.get("currency"))
	elif field.fieldtype in ("Link", "Dynamic Link"):
		doctype = field.options if field.fieldtype == "Link" else doc.get(field.options)
		shown["text"] = title(db, doctype, value)
		shown["href"] = route(doctype, value)
	elif field.fieldname in sight.SOURCES:
		shown["href"] = route(sight.SOURCES[field.fieldname], value)
	return shown


def title(db: Db, doctype: str, name: str | None) -> str:
	"""What a document is called: people by their full name, a wallet by its budget and its holder."""
	if doctype == "Gesture Wallet" and (wallet := db.get(doctype, name)):
		holder = title(db, "User", wallet["holder"]) or "everyone"
		return f"{title(db, 'Gesture Budget', wallet['gesture_budget'])}, {holder}"
	fieldname = {"User": "full_name", "Contact": "full_name", "Gesture Budget": "title"}.get(doctype)
	row = db.get(doctype, name) if fieldname and name else None
	return (row and row[fieldname]) or name or ""


def banner(db: Db, customer: str | None, **context: object) -> dict:
	"""What the host of the panel needs to begin with."""
	asked = {
		key: context[key] for key in ("contact", "reference_doctype", "reference_name") if context.get(key)
	}
	payload = None
	if customer:
		payload = methods.call(g.store, g.clock, g.user, "banner.get_banner", {"customer": customer, **asked})
	return {
		"payload": payload,
		"context": {"customer": customer, **context},
		"can": {
			what: records.may(db, doctype, "create", g.user)
			for what, doctype in (
				("jot", "Personal Note"),
				("gesture", "Gesture"),
				("follow_up", "Follow Up Task"),
			)
		},
		"user": g.user,
		"today": g.now.date().isoformat(),
	}


def show_list(heading: str, columns: list[str], rows: list[dict], **more: object) -> str:
	"""A list page. A row is {"href", "cells": texts, the first one of which is the link, "pill"}."""
	return render_template(
		"list.html", heading=heading, columns=columns, rows=rows[:MOST], cut=len(rows) > MOST, **more
	)


def show_form(
	db: Db, doctype: str, doc: dict, heading: str, template: str = "form.html", **more: object
) -> str:
	"""The page of one document."""
	values = {"crumbs": [(doctype, list_route(doctype))], "pill": pill(doc.get("status"))}
	return render_template(
		template,
		heading=heading,
		doctype=doctype,
		doc=doc,
		sections=sections(db, doctype, doc),
		**(values | more),
	)


def found(db: Db, doctype: str, name: str) -> dict:
	"""The document, if the user may see it; else the page that says so."""
	return records.get(db, doctype, name, g.user) or abort(404)
