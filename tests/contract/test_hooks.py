"""Every path in hooks.py leads to a function with the right parameters, and hooks on other apps' documents do not fail."""

import ast
import re
from collections.abc import Iterator

import pytest
from app_source import (
	APP,
	MODULE,
	callee,
	calls,
	doctypes,
	dotted,
	function_at,
	hooks,
	module_file,
	scrub,
	strings,
	tree,
)

from micro_experiences.domain.visibility import GUARDED_DOCTYPES

# The Marketplace refuses them.
REFUSED = {
	"override_doctype_class",
	"override_whitelisted_methods",
	"extend_doctype_class",
	"override_doctype_class_hooks",
}
# The parameters that Frappe passes instead of (doc, method).
PARAMETERS = {
	"before_rename": ["doc", "method", "old", "new"],
	"after_rename": ["doc", "method", "old", "new"],
	"after_mapping": ["doc", "method", "source"],
}
# These may raise: they refuse what would break a record of the app. After a rename that failed, wallets would have no holder.
MAY_RAISE = {"validate", "before_insert", "before_save", "before_rename", "after_rename"}
WRITING = {"after_delete", "on_trash", "after_insert", "on_cancel"}
# These leave the writing to a job.
ENQUEUE = {"micro_experiences.overrides.sales_invoice.on_cancel"}
PATHS = sorted(
	{text for text in strings(list(hooks().values())) if re.match(r"micro_experiences\.(?!bundle)", text)}
)


def events() -> Iterator[tuple[str, str, str]]:
	for names, handlers in hooks()["doc_events"].items():
		for event, paths in handlers.items():
			yield from ((str(names), event, path) for path in strings(paths))


def is_fail_safe(path: str, decorators: set[str]) -> bool:
	"""Whether a function has one of these decorators, or only calls functions that have."""
	function = function_at(path)
	if {dotted(decorator).rpartition(".")[2] for decorator in function.decorator_list} & decorators:
		return True
	# `doc.get("customer")` and the like cannot fail.
	called = [callee(path, call) for call in calls(function) if not dotted(call.func).startswith("doc.")]
	return bool(called) and all(inner and is_fail_safe(inner, decorators) for inner in called)


@pytest.mark.parametrize("path", PATHS)
def test_path_names_a_function(path):
	assert function_at(path), f"{path} is not a function of the app"


@pytest.mark.parametrize(("doctype", "event", "path"), list(events()))
def test_event_handler_takes_the_parameters_of_its_event(doctype, event, path):
	names = [argument.arg for argument in function_at(path).args.args]
	expected = PARAMETERS.get(event, ["doc", "method"])
	assert names[: len(expected)] == expected


@pytest.mark.parametrize(("doctype", "event", "path"), list(events()))
def test_event_handler_of_a_foreign_document_is_fail_safe(doctype, event, path):
	"""A failure of the app must not stop a user from saving an invoice, and must not leave half of a change."""
	if event not in MAY_RAISE:
		assert is_fail_safe(path, {"fail_safe", "fail_safe_write"})
	if event in WRITING and path not in ENQUEUE:
		assert is_fail_safe(path, {"fail_safe_write"})


def test_hooks_that_the_marketplace_refuses_are_absent():
	assert not REFUSED & set(hooks())
	assert "*" not in list(strings(list(hooks()["doc_events"])))
	required = next(
		n.value for n in tree(APP / "hooks.py").body if ast.unparse(n).startswith("required_apps")
	)
	assert isinstance(required, ast.List) and hooks()["required_apps"] == ["frappe/erpnext"]


def test_bundles_and_logo_exist():
	public = {path.name for path in (APP / "public").rglob("*")}
	assert hooks()["app_include_js"] in public
	assert hooks()["app_include_css"].replace(".css", ".scss") in public
	assert (APP / "public" / hooks()["app_logo_url"].removeprefix("/assets/micro_experiences/")).is_file()


def test_scheduled_functions_have_unique_names():
	"""Since Frappe 16 a scheduled job is named by the last part of its path, for the whole site."""
	names = [
		path.rpartition(".")[2] for path in strings(list(hooks()["scheduler_events"].values())) if "." in path
	]
	assert names and len(set(names)) == len(names)
	assert all(name.startswith("mx_") for name in names)


def test_list_and_document_are_restricted_together():
	conditions, documents = set(hooks()["permission_query_conditions"]), set(hooks()["has_permission"])
	assert conditions & set(doctypes()) == documents & set(doctypes()) == set(GUARDED_DOCTYPES)
	personal = {
		name for name in doctypes() if any(f.get("options") == "Customer" for f in doctypes()[name]["fields"])
	}
	assert len(personal) >= 4 and personal <= conditions


@pytest.mark.parametrize("name", sorted(doctypes()))
def test_record_of_the_app_does_not_block_deleting_a_foreign_record(name):
	"""Only a budget keeps its company and accounts, as ERPNext's own settings do."""
	if name in hooks()["ignore_links_on_delete"]:
		return
	links = {field["options"] for field in doctypes()[name]["fields"] if field["fieldtype"] == "Link"}
	foreign = links - set(doctypes()) - {"Role", "User Group"}
	assert foreign <= (
		{"Company", "Currency", "Account", "Cost Center"} if name == "Gesture Budget" else set()
	)


def test_delete_transactions_of_erpnext_skips_records_of_the_app():
	"""It deletes by SQL what has a link to Company, which would leave the ledger without its wallets."""
	linked = {
		name for name in doctypes() if any(f.get("options") == "Company" for f in doctypes()[name]["fields"])
	}
	assert set(hooks()["company_data_to_be_ignored"]) == linked


def test_calendar_has_a_script():
	for doctype in hooks()["calendars"]:
		assert (MODULE / "doctype" / scrub(doctype) / f"{scrub(doctype)}_calendar.js").is_file()


def test_controller_that_overrides_a_guard_calls_it():
	"""Without `super()` the text of a deleted record would stay, or be shown."""
	guards = {}
	for module, name in (
		("utils.sanitized_document", "SanitizedDocument"),
		("permissions.confidential_document", "ConfidentialDocument"),
	):
		classes = [
			n for n in tree(module_file(f"micro_experiences.{module}")).body if isinstance(n, ast.ClassDef)
		]
		guards[name] = {m.name for c in classes for m in c.body if isinstance(m, ast.FunctionDef)}
	guards["ConfidentialDocument"] |= guards["SanitizedDocument"]
	controllers = [
		node
		for name in doctypes()
		for node in tree(MODULE / "doctype" / scrub(name) / f"{scrub(name)}.py").body
		if isinstance(node, ast.ClassDef) and not doctypes()[name].get("istable")
	]
	for controller in controllers:
		base = dotted(controller.bases[0])
		assert base in guards, controller.name
		for method in controller.body:
			if isinstance(method, ast.FunctionDef) and method.name in guards[base]:
				assert f"super().{method.name}(" in ast.unparse(method), f"{controller.name}.{method.name}"
