"""What the browser may call asks for permission before it looks at the site, and writes only by POST."""

import ast
from collections.abc import Iterator

import pytest
from app_source import APP, MODULE, dotted, function_at, module_file, python_files, tree, where, whitelisted

# Frappe's own ways to refuse: each raises, or shows only what the user may see.
GUARDS = (
	*("check_permission", "insert", "save", "get_list", "may_read_customer", "only_for", "check_manager"),
)
# What asks nobody. Topics and types hold no person's data, and whoever uses the app may read them.
UNGUARDED = (
	"frappe.get_all",
	"frappe.qb",
	"frappe.get_cached",
	"frappe.db.get",
	"frappe.db.sql",
	"frappe.db.set",
)
OPEN_TO_USERS = {"Note Topic", "Gesture Type"}
WRITES = {"insert", "save", "delete", "db_set", "set_value", "delete_doc", "rename_doc", "bulk_insert"}
EVERY = pytest.mark.parametrize("path", sorted(whitelisted()))


def steps(node: ast.AST) -> Iterator[ast.Call]:
	"""The calls in a function in the order in which they happen: arguments before the call that they are for."""
	for child in ast.iter_child_nodes(node):
		yield from steps(child)
	if isinstance(node, ast.Call):
		yield node


def helper(path: str, call: ast.Call) -> str | None:
	"""The dotted path of the function of the desk that a call in the function at `path` means."""
	name, module = dotted(call.func), path.rsplit(".", 1)[0]
	imported = {
		alias.asname or alias.name: f"{node.module}.{alias.name}"
		for node in tree(module_file(module)).body
		if isinstance(node, ast.ImportFrom) and node.module.startswith("micro_experiences.desk")
		for alias in node.names
	}
	target = imported.get(name, f"{module}.{name}")
	return target if "." not in name and function_at(target) else None


def is_guard(call: ast.Call) -> bool:
	name = dotted(call.func) or getattr(call.func, "attr", "")
	options = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
	if name == "frappe.has_permission":
		return options.get("throw") == "True"
	return name.rsplit(".", 1)[-1] in GUARDS and options.get("ignore_permissions") != "True"


def looks_unasked(call: ast.Call) -> bool:
	about = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
	return dotted(call.func).startswith(UNGUARDED) and about not in OPEN_TO_USERS


def first_that_matters(path: str) -> str:
	"""`guarded`, or what looks at the site before anybody was asked, or `nothing`."""
	for call in steps(function_at(path)):
		if is_guard(call):
			return "guarded"
		if looks_unasked(call):
			return f"{ast.unparse(call.func)} in line {call.lineno}"
		if (inner := helper(path, call)) and first_that_matters(inner) == "guarded":
			return "guarded"
	return "nothing"


def writing_methods() -> set[str]:
	"""Methods of our documents that write, by name, beside Frappe's own."""
	methods = {
		node.name: {getattr(call.func, "attr", "") for call in steps(node)}
		for file in MODULE.glob("doctype/*/*.py")
		if not file.name.startswith("test_")
		for owner in tree(file).body
		if isinstance(owner, ast.ClassDef)
		for node in owner.body
		if isinstance(node, ast.FunctionDef)
	}
	found = set(WRITES)
	while more := {name for name, called in methods.items() if called & found} - found:
		found |= more
	return found


def writes(path: str) -> bool:
	return any(
		getattr(call.func, "attr", "") in writing_methods()
		or ((inner := helper(path, call)) and writes(inner))
		for call in steps(function_at(path))
	)


@EVERY
def test_permission_is_asked_before_anything_is_looked_at(path):
	assert first_that_matters(path) == "guarded"


@EVERY
def test_what_writes_is_called_by_post_alone(path):
	_file, _node, decorator = whitelisted()[path]
	methods = ast.literal_eval(decorator.keywords[0].value)
	assert methods == ["POST"] or not writes(path)


def test_the_check_knows_what_writes():
	written = {path.rsplit("desk.", 1)[1] for path in whitelisted() if writes(path)}
	assert {
		"notes.jot",
		"notes.used",
		"gestures.approve",
		"follow_ups.done",
		"follow_ups.act_on_many",
		"follow_ups.hand_over",
	} <= written
	reading = {"banner.get_banner", "notes.options", "notes.suggest", "follow_ups.events", "follow_ups.about"}
	assert not written & reading


def methods_of(file) -> set[str]:
	"""The names of what the classes of a file do."""
	classes = (one for one in tree(file).body if isinstance(one, ast.ClassDef))
	return {method.name for one in classes for method in one.body if isinstance(method, ast.FunctionDef)}


def test_whoever_overrides_what_guards_a_record_asks_it_too():
	"""A controller that forgets `super()` would keep the words of what is deleted, or tell of it."""
	written = methods_of(APP / "desk" / "written.py")
	guards = {"Written": written, "Sealed": written | methods_of(APP / "privacy" / "sealed.py")}
	assert {"after_delete", "onload", "save", "rename"} <= guards["Sealed"]
	overriding = [
		(file, method)
		for file in python_files()
		for one in tree(file).body
		if isinstance(one, ast.ClassDef)
		for method in one.body
		if isinstance(method, ast.FunctionDef)
		and any(method.name in guards.get(dotted(base), ()) for base in one.bases)
	]
	assert len(overriding) > 3
	for file, method in overriding:
		assert f"super().{method.name}(" in ast.unparse(method), where(file, method)
