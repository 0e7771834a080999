"""What the browser can call is typed, checks permissions, writes only by POST, and exists under the name that is called."""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest
from app_source import (
	APP,
	METHOD,
	MODULE,
	callee,
	dotted,
	function_at,
	js_code,
	js_files,
	python_files,
	tree,
	where,
	whitelisted,
)

# Each of these raises, or returns only what the user may see.
GUARDS = {
	"check_permission",
	"insert",
	"save",
	"get_list",
	"only_for",
	"check_manager",
	"can_read_customer",
	"check_can_read_customer",
}
# These ignore permissions.
UNGUARDED = (
	"frappe.get_all",
	"frappe.qb",
	"frappe.get_cached",
	"frappe.db.get",
	"frappe.db.sql",
	"frappe.db.set",
)
# They hold no personal data, and every user of the app may read them.
PUBLIC = {"Note Topic", "Gesture Type", "Gesture Restriction"}
WRITES = {"insert", "save", "delete", "db_set", "set_value", "delete_doc", "rename_doc", "bulk_insert"}
_ACTIONS = ("micro_experiences.api.", "micro_experiences.services.")
EVERY = pytest.mark.parametrize("path", sorted(whitelisted()))


@EVERY
def test_whitelisted_method_declares_its_http_methods(path):
	_file, _node, decorator = whitelisted()[path]
	assert isinstance(decorator, ast.Call) and not decorator.args, path
	options = {keyword.arg: ast.literal_eval(keyword.value) for keyword in decorator.keywords}
	assert options.keys() == {"methods"}, "methods, and no allow_guest"
	assert options["methods"] and set(options["methods"]) <= {"GET", "POST"}


@EVERY
def test_whitelisted_method_is_in_api_and_typed(path):
	file, node, decorator = whitelisted()[path]
	assert file.parent == APP / "api"
	assert node.decorator_list[0] is decorator, "it must be the outermost decorator"
	assert not node.args.vararg and not node.args.kwarg
	arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
	assert not [argument.arg for argument in arguments if argument.annotation is None]
	assert node.returns is not None
	postponed = [n for n in tree(file).body if isinstance(n, ast.ImportFrom) and n.module == "__future__"]
	assert not postponed, "Frappe does not check the types of postponed annotations"


def steps(node: ast.AST) -> Iterator[ast.Call]:
	"""Return the calls in a function in the order in which they run."""
	for child in ast.iter_child_nodes(node):
		yield from steps(child)
	if isinstance(node, ast.Call):
		yield node


def is_guard(call: ast.Call) -> bool:
	name = dotted(call.func) or getattr(call.func, "attr", "")
	options = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
	if name == "frappe.has_permission":
		return options.get("throw") == "True"
	return name.rpartition(".")[2] in GUARDS and options.get("ignore_permissions") != "True"


@cache
def first_access(path: str) -> str:
	"""Return `guarded`, the first access without a permission check, or `nothing`."""
	for call in steps(function_at(path)):
		if is_guard(call):
			return "guarded"
		doctype = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
		if dotted(call.func).startswith(UNGUARDED) and doctype not in PUBLIC:
			return f"{ast.unparse(call.func)} in line {call.lineno}"
		if (inner := callee(path, call)) and first_access(inner) == "guarded":
			return "guarded"
	return "nothing"


@cache
def writing_methods() -> set[str]:
	"""Return the methods of documents that write, by name."""
	methods = {
		node.name: {getattr(call.func, "attr", "") for call in steps(node)}
		for file in python_files()
		if file.is_relative_to(MODULE / "doctype")
		for owner in tree(file).body
		if isinstance(owner, ast.ClassDef)
		for node in owner.body
		if isinstance(node, ast.FunctionDef)
	}
	found = set(WRITES)
	while more := {name for name, called in methods.items() if called & found} - found:
		found |= more
	return found


@cache
def writes(path: str) -> bool:
	"""Whether a function writes more than the access log, which records reading."""
	if ".access_log." in path:
		return False
	return any(
		getattr(call.func, "attr", "") in writing_methods()
		or ((inner := callee(path, call)) and inner.startswith(_ACTIONS) and writes(inner))
		for call in steps(function_at(path))
	)


@EVERY
def test_whitelisted_method_checks_permission_before_any_access(path):
	assert first_access(path) == "guarded"


@EVERY
def test_whitelisted_method_that_writes_is_post_only(path):
	_file, _node, decorator = whitelisted()[path]
	assert ast.literal_eval(decorator.keywords[0].value) == ["POST"] or not writes(path)


def test_writing_methods_are_recognized():
	written = {path for path in whitelisted() if writes(path)}
	assert {"micro_experiences.api.notes.jot", "micro_experiences.api.gestures.approve"} <= written
	assert not written & {"micro_experiences.api.banner.get_banner", "micro_experiences.api.notes.suggest"}


@cache
def called_by_scripts() -> set[tuple[str, str]]:
	"""Return (file, method) of every whitelisted method that a script or a record of the module names."""
	found = set()
	for file in [*js_files(), *MODULE.rglob("*.json")]:
		code = js_code(file) if file.suffix == ".js" else file.read_text("utf-8")
		found |= {(file.name, name) for name in METHOD.findall(code) if not name.endswith((".css", ".js"))}
		# `micro_experiences.api.gestures.${method}` in a function that is called with the name of the method.
		for prefix, variable in re.findall(r"`(micro_experiences\.[a-z_.]+\.)\$\{(\w+)\}`", code):
			caller = re.search(rf"(?:const|function) (\w+)(?: = (?:async )?)?\({variable}\b", code)
			assert caller, f"{file.name}: {variable}"
			names = re.findall(rf"\b{caller[1]}\(\s*\"(\w+)\"", code)
			found |= {(file.name, prefix + name) for name in names}
	# The panel calls "notes.jot"; the host of the panel adds the package.
	for file in js_files(APP / "public" / "js" / "panel"):
		names = re.findall(r"""["'`]([a-z_]+\.[a-z_]+)["'`]""", js_code(file))
		found |= {(file.name, f"micro_experiences.api.{name}") for name in names if not name.endswith(".js")}
	assert len(found) > 20
	return found


@pytest.mark.parametrize(("file", "method"), sorted(called_by_scripts()))
def test_method_that_a_script_calls_is_whitelisted(file, method):
	assert method in whitelisted()


def test_every_whitelisted_method_is_called():
	called = {method for _file, method in called_by_scripts()}
	# A dashboard of Frappe's names the method that counts for it.
	called |= {name for path in python_files() for name in METHOD.findall(path.read_text("utf-8"))}
	assert not set(whitelisted()) - called


def test_dotted_path_in_python_names_a_function():
	"""Such as the argument of frappe.enqueue."""
	found = [
		(where(path, node), node.value)
		for path in python_files()
		for node in ast.walk(tree(path))
		if isinstance(node, ast.Constant)
		and isinstance(node.value, str)
		and re.fullmatch(r"micro_experiences(\.[a-z_]+){2,}", node.value)
		and ".bundle." not in node.value
	]
	assert found
	assert not [(at, name) for at, name in found if not function_at(name)]
