"""Rules about data of the site that no linter knows, each tried on code that breaks it."""

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from app_source import APP, ROOT, calls, doctypes, dotted, python_files, tree, where

# Fields with what somebody wrote about a person. No log holds them.
PERSONAL = {
	"note",
	"they_said",
	"subject",
	"message",
	"story",
	"outcome",
	"override_reason",
	"decline_reason",
	"what",
}
# The modules that write what no user writes, by the last part of their path.
WRITERS = {
	"Gesture Wallet": {"ledger"},
	"Gesture Wallet Entry": {"ledger"},
	"Follow Up Reminder": {"reminders", "digests", "follow_up_task"},
	"Follow Up Preference": {"preferences", "digests", "cleanup", "user"},
	"Personal Note Use": {"notes", "personal_note", "sample_data"},
	"Personal Note Access": {"access_log", "personal_note_access"},
	"Personal Data Erasure": {"erasure", "cleanup"},
}
_WRITING = re.compile(
	r"frappe\.db\.(delete|set_value|bulk_insert|bulk_update|truncate)|frappe\.qb\.(update|into)"
)
_SQL = re.compile(r"\b(?:insert into|replace into|update|delete from)\s+`tab([\w ]+)`", re.IGNORECASE)


def sql_with_values(module: ast.Module) -> Iterator[ast.AST]:
	for call in calls(module):
		if dotted(call.func).endswith(("db.sql", "db.multisql", "db.sql_list", "db.sql_ddl")) and call.args:
			text = call.args[0]
			formatted = isinstance(text, ast.Call) and getattr(text.func, "attr", "") == "format"
			if isinstance(text, ast.JoinedStr | ast.BinOp) or formatted:
				yield call


def session_of_another_user(module: ast.Module) -> Iterator[ast.AST]:
	for node in ast.walk(module):
		for target in node.targets if isinstance(node, ast.Assign) else ():
			if dotted(target) in ("frappe.session.user", "frappe.local.session.user"):
				yield target


def realtime_message_to_everybody(module: ast.Module) -> Iterator[ast.AST]:
	for call in calls(module):
		options = {keyword.arg for keyword in call.keywords}
		if dotted(call.func).endswith("publish_realtime") and not options & {"user", "doctype", "room"}:
			yield call


def personal_text_in_a_log(module: ast.Module) -> Iterator[ast.AST]:
	for call in calls(module):
		name = dotted(call.func) or getattr(call.func, "attr", "")
		if name.endswith(("log_error", "log_exception")) or ".logger" in ast.unparse(call.func):
			for node in ast.walk(call):
				word = getattr(node, "attr", "") or (node.value if isinstance(node, ast.Constant) else "")
				if word in PERSONAL:
					yield call


# Rule -> code that breaks it, code that does not.
RULES: dict[Callable, tuple[str, str]] = {
	sql_with_values: ("frappe.db.sql(f'select {x}')", "frappe.db.sql('select %s', x)"),
	session_of_another_user: ("frappe.session.user = 'Administrator'", "user = frappe.session.user"),
	realtime_message_to_everybody: ("frappe.publish_realtime('x')", "frappe.publish_realtime('x', user=u)"),
	personal_text_in_a_log: ("frappe.log_error(title='x', message=doc.note)", "frappe.log_error(title='x')"),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_no_module_contains(rule):
	broken, correct = RULES[rule]
	assert list(rule(ast.parse(broken))) and not list(rule(ast.parse(correct)))
	assert not [where(path, node) for path in python_files() for node in rule(tree(path))]


def test_templates_escape():
	unsafe = re.compile(r"\|\s*safe\b|autoescape\s+false|\bMarkup\(")
	files = [*APP.rglob("*.html"), *(ROOT / "preview").rglob("*.html"), *(ROOT / "preview").rglob("*.py")]
	assert len(files) > 5
	assert not [where(path) for path in files if unsafe.search(path.read_text("utf-8"))]


@cache
def constants(path: Path) -> dict[str, str]:
	"""Return the strings that a module gives a name."""
	return {
		node.targets[0].id: node.value.value
		for node in tree(path).body
		if isinstance(node, ast.Assign)
		and isinstance(node.value, ast.Constant)
		and isinstance(node.targets[0], ast.Name)
	}


@cache
def doctype_names() -> dict[str, str]:
	"""Return the constants anywhere in the app that name a DocType of the app."""
	return {
		name: text for path in python_files() for name, text in constants(path).items() if text in doctypes()
	}


def tables(path: Path) -> dict[str, str]:
	"""Return the DocType of each variable that holds a table of the query builder."""
	found = {}
	for node in ast.walk(tree(path)):
		if isinstance(node, ast.Assign):
			targets = node.targets[0].elts if isinstance(node.targets[0], ast.Tuple) else node.targets
			values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
			for target, value in zip(targets, values, strict=False):
				if isinstance(value, ast.Call) and dotted(value.func).endswith("DocType") and value.args:
					found[dotted(target)] = text_of(value.args[0], constants(path))
	return found


def looped(path: Path) -> dict[str, set[str]]:
	"""Return the strings that each variable of a loop over literals stands for."""
	found = defaultdict(set)
	for node in ast.walk(tree(path)):
		if isinstance(node, ast.For) and isinstance(node.iter, ast.Tuple):
			for row in node.iter.elts:
				targets = node.target.elts if isinstance(node.target, ast.Tuple) else [node.target]
				values = row.elts if isinstance(row, ast.Tuple) else [row]
				for target, value in zip(targets, values, strict=False):
					if isinstance(value, ast.Constant):
						found[dotted(target)].add(str(value.value))
	return found


def text_of(node: ast.AST, names: dict[str, str]) -> str:
	"""Return the string that an expression stands for; "" if it is not known."""
	return str(node.value) if isinstance(node, ast.Constant) else names.get(dotted(node).split(".")[-1], "")


def written(path: Path) -> Iterator[str]:
	"""Return the DocTypes that a module writes past their controllers, or creates."""
	names, loops = doctype_names() | constants(path) | tables(path), looped(path)
	for node in ast.walk(tree(path)):
		if isinstance(node, ast.Constant) and isinstance(node.value, str):
			yield from _SQL.findall(node.value)
		if not isinstance(node, ast.Call) or not node.args:
			continue
		if _WRITING.fullmatch(dotted(node.func)):
			yield from {*loops.get(dotted(node.args[0]), ()), text_of(node.args[0], names)}
		elif dotted(node.func) in ("frappe.get_doc", "frappe.new_doc"):
			for inner in ast.walk(node.args[0]):
				if isinstance(inner, ast.Dict):
					pairs = zip(inner.keys, inner.values, strict=True)
					yield from (text_of(v, names) for k, v in pairs if getattr(k, "value", "") == "doctype")


@pytest.mark.parametrize("doctype", WRITERS)
def test_table_has_one_writer(doctype):
	found = {path.stem for path in python_files() if "patches" not in path.parts and doctype in written(path)}
	assert found and found <= WRITERS[doctype]


@pytest.mark.parametrize(
	"code",
	[
		'frappe.db.delete("Gesture Wallet", {"name": x})',
		'KIND = "Gesture Wallet"\nfrappe.db.bulk_insert(KIND, f, v)',
		'a, wallet = DocType("Gesture"), DocType("Gesture Wallet")\nfrappe.qb.into(wallet).insert(1)',
		'for kind, field in (("Gesture Wallet", "holder"),):\n\tfrappe.db.set_value(kind, x, field, None)',
		'frappe.db.sql("update `tabGesture Wallet` set spent = 0")',
		'frappe.get_doc({"doctype": "Gesture Wallet"} | values).insert()',
	],
)
def test_writer_is_recognized(code, tmp_path):
	file = tmp_path / "some.py"
	file.write_text(code)
	assert "Gesture Wallet" in written(file)
