"""The tables of the preview follow the DocType files: a field stands in one place."""

import json
from datetime import date, datetime

import pytest

from preview import schema

NOW = datetime(2026, 11, 20, 10, 0)
FILES = {
	known["name"]: known
	for path in sorted(schema._FOLDER.glob("*/*.json"))
	for known in [json.loads(path.read_text("utf-8"))]
}


def test_every_doctype_of_the_app_and_of_the_host_has_a_table():
	assert len(FILES) == 17
	assert set(schema.doctypes()) == set(FILES) | set(schema.HOST)


@pytest.mark.parametrize("doctype", FILES)
def test_every_field_that_holds_a_value_is_a_column(doctype):
	layout = {"Section Break", "Column Break", "Tab Break", "HTML", "Table"}
	fields = {row["fieldname"] for row in FILES[doctype]["fields"] if row["fieldtype"] not in layout}
	standard = {"name", "creation", "modified", "owner", "modified_by"}
	if FILES[doctype].get("istable"):
		standard |= {"parent", "parenttype", "idx"}
	assert set(schema.columns(doctype)) == fields | standard


@pytest.mark.parametrize("doctype", schema.doctypes())
def test_every_link_points_at_a_table(doctype):
	links = [field for field in schema.meta(doctype).fields if field.fieldtype == "Link"]
	assert {field.options for field in links} <= set(schema.doctypes())
	for field in links:
		assert f'REFERENCES "tab{field.options}"(name)' in schema.columns(doctype)[field.fieldname]


def test_columns_are_declared_by_what_they_hold():
	note, wallet = schema.columns("Personal Note"), schema.columns("Gesture Wallet")
	assert note["note"] == "TEXT"
	assert note["pinned"] == "BOOLEAN"
	assert note["occasion_on"] == "DATE"
	assert note["last_used_on"] == "DATETIME"
	assert note["times_used"] == "INTEGER"
	assert note["status"] == "TEXT CHECK (\"status\" IN ('Active', 'Closed'))"
	assert wallet["spent"] == "MONEY"
	assert schema.columns("Gesture")["conversion_rate"] == "REAL"
	assert schema.columns("Follow Up Task")["due_time"] == "TIME"


def test_what_is_unique_or_searched_has_an_index():
	made = list(schema.indexes("Gesture Wallet"))
	assert any(one.startswith("CREATE UNIQUE INDEX") and '("wallet_key")' in one for one in made)
	assert any(one.startswith("CREATE INDEX") and '("holder")' in one for one in made)
	assert any('("parent")' in one for one in schema.indexes("Gesture Budget Holder"))


def test_a_page_reads_labels_choices_and_order_from_the_file():
	meta = schema.meta("Follow Up Task")
	assert (meta.name, meta.autoname) == ("Follow Up Task", "FOLLOW-UP-.######")
	assert meta.field("outcome").label == "Outcome"
	assert meta.field("repeats").choices == [
		"Never",
		"Days",
		"Weeks",
		"Months",
		"Years",
		"After Last Invoice",
	]
	assert meta.field("subject").reqd and not meta.field("outcome").reqd
	assert schema.meta("Gesture").field("reaction").choices[0] == "Delighted"
	order = [row.fieldname for row in meta.layout]
	assert order == FILES["Follow Up Task"]["field_order"]
	assert "when_section" in order and "when_section" not in [field.fieldname for field in meta.fields]


def test_what_does_not_exist_is_named():
	with pytest.raises(KeyError, match="Nothing"):
		schema.meta("Nothing")
	with pytest.raises(KeyError, match="colour"):
		schema.meta("Personal Note").field("colour")


def test_a_new_document_begins_with_its_defaults():
	note = schema.new("Personal Note", "priya@example.com", NOW)
	assert (note["kind"], note["heard_on"], note["times_used"]) == (None, date(2026, 11, 20), 0)
	task = schema.new("Follow Up Task", "priya@example.com", NOW)
	assert (task["assigned_to"], task["status"], task["due_time"]) == ("priya@example.com", "Open", None)
	assert schema.new("Gesture Budget", "priya@example.com", NOW)["enabled"] is True


def test_a_fieldtype_that_nobody_knows_is_an_error():
	with pytest.raises(ValueError, match="Geolocation"):
		schema._field({"fieldname": "place", "fieldtype": "Geolocation"})
