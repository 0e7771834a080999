"""Every wire of hooks.py leads somewhere, and none is of a kind that the Marketplace refuses."""

import ast
import re
from collections.abc import Iterator

import pytest
from app_source import APP, MODULE, doctypes, function_at, hooks, scrub, tree

from micro_experiences.domain.sight import GUARDED

REFUSED = (
	"override_doctype_class",
	"override_whitelisted_methods",
	"extend_doctype_class",
	"override_doctype_class_hooks",
)
# Where Frappe calls with something else than (doc, method).
PARAMETERS = {
	"before_rename": ["doc", "method", "old", "new"],
	"after_rename": ["doc", "method", "old", "new"],
	"after_mapping": ["doc", "method", "source"],
}


def strings(value: object) -> Iterator[str]:
	if isinstance(value, str):
		yield value
	elif isinstance(value, dict):
		for key, inner in value.items():
			yield from strings(key)
			yield from strings(inner)
	elif isinstance(value, list | tuple):
		for inner in value:
			yield from strings(inner)


PATHS = sorted(
	{
		text
		for text in strings(list(hooks().values()))
		if text.startswith(("micro_experiences.", "frappe.", "erpnext.")) and ".bundle." not in text
	}
)


def events() -> Iterator[tuple[str, str, str]]:
	for doctype, handlers in hooks()["doc_events"].items():
		for event, paths in handlers.items():
			for path in strings(paths):
				yield str(doctype), event, path


def test_hooks_hold_literals_and_nothing_else():
	others = [n for n in tree(APP / "hooks.py").body if not isinstance(n, ast.Assign)]
	assert len(others) == 1 and isinstance(others[0].value, ast.Constant), "a docstring, then assignments"


def test_there_are_paths_to_check():
	assert len(PATHS) > 20
	assert len(list(events())) > 8


@pytest.mark.parametrize("path", [path for path in PATHS if not path.startswith("erpnext.")])
def test_a_path_leads_to_a_function(path):
	assert path.startswith("micro_experiences.")
	assert function_at(path), f"{path} is no function of the app"


@pytest.mark.parametrize(("doctype", "event", "path"), list(events()))
def test_an_event_finds_the_parameters_that_it_passes(doctype, event, path):
	names = [a.arg for a in function_at(path).args.args]
	expected = PARAMETERS.get(event, ["doc", "method"])
	assert names[: len(expected)] == expected


def test_what_the_marketplace_refuses_is_absent():
	assert not [name for name in REFUSED if name in hooks()]
	for doctype in hooks()["doc_events"]:
		assert "*" not in (doctype if isinstance(doctype, tuple) else (doctype,))


def test_the_app_is_called_as_its_package():
	assert hooks()["app_name"] == APP.name == "micro_experiences"
	for name in ("app_title", "app_publisher", "app_description", "app_email", "app_license"):
		assert str(hooks()[name]).strip(), name
	assert hooks()["app_license"].lower() == "mit"
	assert not re.search(r"@.*\b(example|invalid|test|localhost)\b", hooks()["app_email"])


def test_required_apps_is_a_literal_list():
	value = next(
		node.value
		for node in tree(APP / "hooks.py").body
		if isinstance(node, ast.Assign) and node.targets[0].id == "required_apps"
	)
	assert isinstance(value, ast.List)
	assert ast.literal_eval(value) == ["frappe/erpnext"]


def test_the_bundles_exist():
	for name, folder in ((hooks()["app_include_js"], "js"), (hooks()["app_include_css"], "scss")):
		names = {path.name for path in (APP / "public" / folder).iterdir()}
		assert names & {name, name.replace(".css", ".scss")}
	logo = hooks()["app_logo_url"].removeprefix("/assets/micro_experiences/")
	assert (APP / "public" / logo).is_file()


def test_scheduled_functions_have_names_of_their_own():
	"""From Frappe 16 on a scheduled job is named by the last part of its path alone, for the whole site."""
	leaves = [
		path.rsplit(".", 1)[1] for path in strings(list(hooks()["scheduler_events"].values())) if "." in path
	]
	assert leaves and len(set(leaves)) == len(leaves)
	assert all(leaf.startswith("mx_") for leaf in leaves)


# Frappe guards the list of these, and not the document, which tells what a report told; and shows a System Manager each card.
LISTS_OF_FRAPPE = {"Notification Log", "Number Card"}
# Frappe guards the document of these, by the record that it is attached to, and the list by its owner alone.
DOCUMENTS_OF_FRAPPE = {"File"}
# Frappe's own tables, as far as their rows are about our records.
AROUND = {"Comment", "Communication", "Tag Link", "Deleted Document", "Email Queue", "Prepared Report"}


def test_the_list_and_the_document_are_guarded_together():
	condition, document = hooks()["permission_query_conditions"], hooks()["has_permission"]
	assert set(condition) - DOCUMENTS_OF_FRAPPE == set(document) - LISTS_OF_FRAPPE
	assert set(document) - LISTS_OF_FRAPPE - AROUND == set(GUARDED) <= set(doctypes())
	personal = {
		name
		for name, doctype in doctypes().items()
		if any(field.get("options") == "Customer" for field in doctype["fields"])
	}
	assert len(personal) >= 4
	assert personal <= set(condition)
	assert {"Gesture Wallet", "Gesture Wallet Entry", "Follow Up Reminder"} <= set(condition)


# What a setting of ours points to, and therefore stays, as where a setting of ERPNext's own points to it.
MAY_BLOCK = {"Gesture Budget": {"Company", "Currency", "Account", "Cost Center"}}
# What is taken out of the setting instead, before Frappe looks for it.
TAKEN_OUT = {"Gesture Budget": {"Role", "User Group"}}
TAKES_OUT = "micro_experiences.micro_experiences.doctype.gesture_budget.gesture_budget.somebody_deleted"


@pytest.mark.parametrize("name", sorted(doctypes()))
def test_our_records_block_nobody(name):
	"""Starts from each Link of ours that leads to somebody else's record."""
	outward = {
		"reference_doctype" if field["fieldtype"] == "Dynamic Link" else field["options"]
		for field in doctypes()[name]["fields"]
		if field["fieldtype"] in ("Link", "Dynamic Link") and field["options"] not in doctypes()
	}
	if name in hooks()["ignore_links_on_delete"]:
		assert name not in MAY_BLOCK and name not in TAKEN_OUT
	else:
		assert outward == MAY_BLOCK.get(name, set()) | TAKEN_OUT.get(name, set())
	for doctype in TAKEN_OUT.get(name, ()):
		assert TAKES_OUT in strings(hooks()["doc_events"][doctype]["on_trash"])


def test_what_is_passed_over_is_ours():
	ignored = hooks()["ignore_links_on_delete"]
	assert len(ignored) > 8 and set(ignored) <= set(doctypes())


def test_erpnext_s_delete_transactions_leaves_our_records_alone():
	"""It deletes by SQL what has a Link to Company, and numbers it anew: under a ledger that has none, and stays."""
	of_a_company = {
		name
		for name, doctype in doctypes().items()
		if any((f["fieldtype"], f.get("options")) == ("Link", "Company") for f in doctype["fields"])
	}
	assert len(of_a_company) >= 3
	assert set(hooks()["company_data_to_be_ignored"]) == of_a_company


def test_a_calendar_has_its_script():
	assert hooks()["calendars"]
	for doctype in hooks()["calendars"]:
		assert (MODULE / "doctype" / scrub(doctype) / f"{scrub(doctype)}_calendar.js").is_file()
