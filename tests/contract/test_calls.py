"""What the browser calls exists, and is typed; what is whitelisted says how it may be called."""

import ast
import json
import re

import pytest
from app_source import (
	APP,
	MODULE,
	doctypes,
	dotted,
	function_at,
	js_code,
	js_files,
	python_files,
	tree,
	where,
	whitelisted,
)

from preview import methods

# What stands in for ERPNext's own forms.
ONLY_IN_PREVIEW = {"budgets.save", "invoices.save", "preferences.save"}
PANEL = APP / "public" / "js" / "panel"
METHOD = re.compile(r"""["'`](micro_experiences\.[a-z_]+(?:\.[a-z_]+)+)["'`]""")
# `micro_experiences.desk.gestures.${method}`, and the local function that is given the method
PREFIX = re.compile(r"`(micro_experiences\.[a-z_.]+\.)\$\{(\w+)\}`")
EVERY = pytest.mark.parametrize("path", sorted(whitelisted()))


@EVERY
def test_a_whitelisted_function_says_its_http_methods(path):
	_file, _node, decorator = whitelisted()[path]
	assert isinstance(decorator, ast.Call) and not decorator.args, path
	said = {keyword.arg: ast.literal_eval(keyword.value) for keyword in decorator.keywords}
	assert said.keys() == {"methods"}, f"{path}: methods, and no allow_guest"
	assert said["methods"] and set(said["methods"]) <= {"GET", "POST"}


@EVERY
def test_a_whitelisted_function_is_typed(path):
	_file, node, decorator = whitelisted()[path]
	assert node.decorator_list[0] is decorator, "the outermost, or what wraps it would not be whitelisted"
	arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
	assert not node.args.vararg and not node.args.kwarg
	assert not [argument.arg for argument in arguments if argument.annotation is None]
	assert node.returns is not None


def test_types_are_checked_where_something_is_whitelisted():
	"""With postponed annotations Frappe sees strings instead of types, and checks nothing."""
	files = {file for file, _node, _decorator in whitelisted().values()}
	assert len(files) >= 4
	for file in files:
		for node in tree(file).body:
			assert not (isinstance(node, ast.ImportFrom) and node.module == "__future__"), where(file, node)


def test_nothing_else_is_open_to_the_browser():
	assert all(path.startswith("micro_experiences.desk.") for path in whitelisted())


def named_in_scripts() -> list[tuple[str, str]]:
	found = []
	for file in js_files():
		code = js_code(file, keep_strings=True)
		found += [(file.name, name) for name in METHOD.findall(code) if not name.endswith((".css", ".js"))]
		for prefix, variable in PREFIX.findall(code):
			local = re.search(rf"const (\w+) = (?:async )?\({variable}\b", code)
			assert local, f"{file.name}: who is given {variable}?"
			methods = re.findall(rf"\b{local[1]}\(\s*\"(\w+)\"", code)
			assert methods, file.name
			found += [(file.name, prefix + method) for method in methods]
	return found


def named_in_panel() -> list[tuple[str, str]]:
	"""The panel says "notes.jot" for micro_experiences.desk.notes.jot."""
	host = js_code(APP / "public" / "js" / "forms" / "banner_host.js", keep_strings=True)
	assert 'const METHODS = "micro_experiences.desk."' in host
	return [
		(file.name, f"micro_experiences.desk.{name}")
		for file in js_files(PANEL)
		for name in re.findall(r"""["'`]([a-z_]+\.[a-z_]+)["'`]""", js_code(file, keep_strings=True))
		if not name.endswith(".js")
	]


def test_there_are_calls_to_check():
	assert len(named_in_scripts()) >= 8
	assert len(named_in_panel()) >= 8


@pytest.mark.parametrize(("file", "method"), sorted({*named_in_scripts(), *named_in_panel()}))
def test_what_a_script_calls_is_whitelisted(file, method):
	assert method in whitelisted()


def test_what_a_record_of_the_module_calls_is_whitelisted():
	found = [
		(path.name, name)
		for path in sorted(MODULE.rglob("*.json"))
		for name in METHOD.findall(path.read_text("utf-8"))
	]
	assert found
	assert not [(path, name) for path, name in found if name not in whitelisted()]


def test_every_whitelisted_function_is_called_by_somebody():
	called = {name for _file, name in [*named_in_scripts(), *named_in_panel()]}
	for path in MODULE.rglob("*.json"):
		called |= set(METHOD.findall(path.read_text("utf-8")))
	# A dashboard of Frappe's names the method that counts for it.
	called |= set(METHOD.findall((APP / "desk" / "connections.py").read_text("utf-8")))
	assert set(whitelisted()) <= called


def test_the_workspace_leads_to_records_that_exist():
	links = []
	for path in (MODULE / "workspace").glob("*/*.json"):
		workspace = json.loads(path.read_text("utf-8"))
		links += [
			row for key in ("links", "shortcuts") for row in workspace.get(key, ()) if row.get("link_to")
		]
	assert links
	for row in links:
		if (row.get("link_type") or row.get("type")) == "DocType":
			assert row["link_to"] in doctypes(), row["link_to"]


def test_python_calls_nothing_by_a_name_that_is_wrong():
	"""Dotted paths in strings, as in frappe.enqueue."""
	found = [
		(where(path, node), node.value)
		for path in python_files()
		for node in ast.walk(tree(path))
		if isinstance(node, ast.Constant)
		and isinstance(node.value, str)
		and re.fullmatch(r"micro_experiences(\.[a-z_]+){2,}", node.value)
	]
	assert found
	assert not [(at, name) for at, name in found if ".bundle." not in name and not function_at(name)]


def in_preview() -> dict[str, frozenset[str]]:
	"""The methods of the preview that the Desk has too, with the names of their arguments."""
	named = {*methods.READING, *methods.WRITING} - ONLY_IN_PREVIEW
	return {name: methods.arguments_of(name) for name in named}


def test_the_preview_answers_all_that_the_panel_calls():
	called = {method for _file, method in named_in_panel()} | {"micro_experiences.desk.banner.get_banner"}
	assert {f"micro_experiences.desk.{name}" for name in in_preview()} >= called


@pytest.mark.parametrize("name", sorted(in_preview()))
def test_the_preview_takes_the_arguments_of_the_desk(name):
	_file, node, _decorator = whitelisted()[f"micro_experiences.desk.{name}"]
	arguments = {argument.arg for argument in node.args.args}
	# Where the person stands is known to every method of the preview.
	assert arguments <= in_preview()[name]
	assert in_preview()[name] - arguments <= {"reference_doctype", "reference_name", "contact"}


def test_the_decorator_is_recognized():
	assert all(dotted(d.func) == "frappe.whitelist" for _f, _n, d in whitelisted().values())
