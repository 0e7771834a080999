"""The DocTypes: what Frappe expects of their fields, and what no role may do."""

import ast
import re
from datetime import date

import pytest
from app_source import MODULE, doctypes, fields, scrub, tree

from micro_experiences.domain import (
	budgets,
	gestures,
	ledger,
	recall,
	recurrence,
	restrictions,
	sensitive_words,
)
from micro_experiences.domain.visibility import ALL_WALLETS_ROLES

BREAKS = {"Section Break", "Column Break", "Tab Break", "HTML"}
MANAGER = "Micro Experiences Manager"
ROLES = {
	"Sales User",
	"Sales Manager",
	"Accounts User",
	"Accounts Manager",
	"Support Team",
	"System Manager",
	MANAGER,
}
# Code writes these, and no user.
WRITTEN_BY_CODE = {
	"Gesture Wallet",
	"Gesture Wallet Entry",
	"Follow Up Reminder",
	"Personal Note Use",
	"Personal Note Access",
	"Personal Data Erasure",
}
MAY_NOT = ("create", "write", "delete", "submit", "cancel", "amend", "import")
# What every user of the app writes, and what they read.
WRITTEN_BY_USERS = {"Personal Note", "Gesture", "Follow Up Task"}
READ_BY_USERS = WRITTEN_BY_USERS | {
	"Note Topic",
	"Gesture Type",
	"Gesture Restriction",
	"Gesture Wallet",
	"Gesture Wallet Entry",
}
# Links without an index: a link to DocType has a handful of values and is only queried with the indexed name beside it.
NO_INDEX = {"DocType"}

EVERY = pytest.mark.parametrize("name", sorted(doctypes()))


def options(field: dict) -> list[str]:
	return [line for line in field["options"].split("\n") if line]


def data_fields(name: str) -> list[dict]:
	found = [f for f in doctypes()[name]["fields"] if f["fieldtype"] not in BREAKS]
	assert found
	return found


def test_choices_are_those_of_the_rules():
	assert options(fields("Personal Note")["kind"]) == list(recall.NOTE_KINDS)
	assert options(fields("Follow Up Task")["repeats"]) == ["Never", *recurrence.MAX_INTERVALS]
	day = date(2026, 11, 22)
	for period in options(fields("Gesture Budget")["period"]):
		first, last = budgets.get_period(day, period, (day, day))
		assert first <= day <= last
	statuses = options(fields("Gesture")["status"])
	assert all(gestures.can_change_status(old, old) for old in statuses)
	assert {
		new for new in statuses if any(gestures.can_change_status(old, new) for old in statuses if old != new)
	} == set(statuses)
	for kind in options(fields("Gesture Wallet Entry")["kind"]):
		assert ledger.sum_lines([ledger.LedgerLine(kind, 1)])
	assert options(fields("Sensitive Term")["category"]) == list(sensitive_words.CATEGORIES)
	assert options(fields("Sensitive Term")["language"]) == list(sensitive_words.LANGUAGES.values())
	for word in restrictions.NAMES:
		assert word in fields("Personal Note")["stops"]["description"]


@EVERY
def test_sorting_is_declared(name):
	doctype = doctypes()[name]
	assert doctype.get("sort_field") in {*fields(name), "modified", "creation", "name"}
	assert doctype.get("sort_order") in ("ASC", "DESC")


@EVERY
def test_fields_are_unique_and_labelled(name):
	doctype = doctypes()[name]
	names = [field["fieldname"] for field in doctype["fields"]]
	assert doctype["field_order"] == names
	assert len(set(names)) == len(names)
	assert not [field["fieldname"] for field in data_fields(name) if not field.get("label", "").strip()]


@EVERY
def test_default_is_one_of_the_choices(name):
	for field in data_fields(name):
		if field["fieldtype"] == "Select":
			first = field["options"].split("\n")[0]
			assert field.get("default", first) in field["options"].split("\n"), field["fieldname"]


@EVERY
def test_condition_names_existing_fields(name):
	for field in doctypes()[name]["fields"]:
		for rule in ("depends_on", "mandatory_depends_on", "read_only_depends_on"):
			named = set(re.findall(r"(?<=\bdoc\.)\w+|^\w+$", field.get(rule) or ""))
			assert named <= {*fields(name), "__islocal", "docstatus"}, (field["fieldname"], rule)


@EVERY
def test_link_is_indexed(name):
	if doctypes()[name].get("issingle"):
		return
	unindexed = [
		field["fieldname"]
		for field in data_fields(name)
		if field["fieldtype"] in ("Link", "Dynamic Link")
		and not field.get("search_index")
		and not field.get("unique")
		and field["options"] not in NO_INDEX
	]
	assert not unindexed


def test_keys_are_unique():
	for name, key in (
		("Gesture Wallet", "wallet_key"),
		("Gesture Wallet Entry", "entry_key"),
		("Follow Up Reminder", "reminder_key"),
	):
		assert fields(name)[key].get("unique") == 1
		assert fields(name)[key]["fieldtype"] == "Data"
		assert fields(name)[key].get("length") == 255


@EVERY
def test_permissions_name_known_roles(name):
	doctype = doctypes()[name]
	roles = {permission["role"] for permission in doctype.get("permissions", ())}
	assert not roles & {"All", "Guest", "Desk User"}
	assert roles <= ROLES
	assert bool(roles) != bool(doctype.get("istable"))


@EVERY
def test_permissions_are_consistent(name):
	"""Each role has one row; who can write can read, and who can create can write."""
	rows = doctypes()[name].get("permissions", ())
	assert len({row["role"] for row in rows}) == len(rows)
	for row in rows:
		rights = {right for right, given in row.items() if given == 1}
		assert not row.get("permlevel") and not row.get("if_owner"), row["role"]
		assert rights & {"read", "select"}, row["role"]
		assert "read" in rights or not rights & {"write", "create", "delete", "report", "export", "print"}, (
			row["role"]
		)
		assert "write" in rights or not rights & {"create", "delete"}, row["role"]


@pytest.mark.parametrize("name", sorted(READ_BY_USERS))
def test_every_role_of_the_app_can_use_it(name):
	needed = {"read", "write", "create"} if name in WRITTEN_BY_USERS else {"read"}
	for role in ROLES - {"System Manager"}:
		row = next((row for row in doctypes()[name]["permissions"] if row["role"] == role), {})
		assert not [right for right in needed if not row.get(right)], role


@EVERY
def test_no_role_can_share(name):
	assert not [p["role"] for p in doctypes()[name].get("permissions", ()) if p.get("share")]


@pytest.mark.parametrize("name", sorted(WRITTEN_BY_CODE))
def test_no_role_writes_what_code_writes(name):
	doctype = doctypes()[name]
	assert doctype["permissions"]
	assert not [(p["role"], right) for p in doctype["permissions"] for right in MAY_NOT if p.get(right)]
	assert doctype.get("in_create") == 1


@EVERY
def test_only_managers_delete_and_export(name):
	for permission in doctypes()[name].get("permissions", ()):
		if permission["role"] not in (MANAGER, "System Manager"):
			assert not permission.get("delete") and not permission.get("import")
			# A wallet names no customer.
			reads_results = name == "Gesture Wallet" and permission["role"] in ALL_WALLETS_ROLES
			assert not permission.get("export") or reads_results


@EVERY
def test_text_is_not_shown_by_titles_search_or_versions(name):
	doctype = doctypes()[name]
	assert not [f["fieldname"] for f in doctype["fields"] if f.get("in_global_search")]
	assert bool(doctype.get("show_title_field_in_link")) == (name == "Gesture Budget")
	# A title never holds what somebody wrote.
	titles = {"Gesture Budget": "title", "Follow Up Preference": "user"}
	assert doctype.get("title_field") in (titles.get(name, "customer"), None)
	assert not doctype.get("allow_import") and not doctype.get("make_attachments_public")
	if name in ("Personal Note", "Personal Note Use", "Gesture", "Follow Up Task"):
		assert doctype.get("track_changes") == 0
		assert not doctype.get("track_views") and not doctype.get("email_append_to")
		assert not doctype.get("has_web_view") and not doctype.get("search_fields")


@EVERY
def test_record_is_not_submittable(name):
	"""A submitted document that is linked to an invoice would block cancelling that invoice."""
	assert not doctypes()[name].get("is_submittable")
	assert "amended_from" not in fields(name)


def test_links_lead_to_existing_doctypes():
	for name in doctypes():
		for field in data_fields(name):
			if field["fieldtype"] == "Dynamic Link":
				assert fields(name)[field["options"]]["options"] == "DocType"
			if field["fieldtype"] in ("Table", "Table MultiSelect"):
				assert doctypes()[field["options"]].get("istable")
		for link in doctypes()[name].get("links", ()):
			assert link["link_fieldname"] in fields(link["link_doctype"])


# The types that are never None.
NEVER_NONE = {
	"Check",
	"Currency",
	"Float",
	"Int",
	"Percent",
	"Rating",
	"Select",
	"Table",
	"Table MultiSelect",
}


def annotation(field: dict) -> str:
	"""Return the type of a field as Frappe's `export_python_type_annotations` writes it."""
	kind = f"DF.{field['fieldtype'].replace(' ', '')}"
	if field["fieldtype"] == "Select":
		choices = ", ".join(f"'{choice.strip()}'" for choice in field["options"].split("\n"))
		return f"DF.Literal[{choices}]"
	if field["fieldtype"].startswith("Table"):
		return f"{kind}[{field['options'].replace(' ', '')}]"
	return kind if field["fieldtype"] in NEVER_NONE or field.get("reqd") else f"{kind} | None"


def controller(name: str) -> ast.ClassDef:
	body = tree(MODULE / "doctype" / scrub(name) / f"{scrub(name)}.py").body
	return next(n for n in body if isinstance(n, ast.ClassDef) and n.name == name.replace(" ", ""))


@EVERY
def test_controller_is_typed_as_its_fields(name):
	"""`bench migrate` in developer mode writes the types."""
	typed = {
		ast.unparse(node.target): ast.unparse(node.annotation)
		for node in ast.walk(controller(name))
		if isinstance(node, ast.AnnAssign)
	}
	expected = {
		field["fieldname"]: annotation(field) for field in data_fields(name) if field["fieldtype"] != "Button"
	}
	if doctypes()[name].get("istable"):
		expected |= dict.fromkeys(("parent", "parentfield", "parenttype"), "DF.Data")
	assert typed == expected
