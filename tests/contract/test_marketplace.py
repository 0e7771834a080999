"""What the Marketplace would stop, and what would open a door: rules of our own, each seen to find its fault."""

import ast
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from app_source import APP, ROOT, dotted, js_code, js_files, python_files, tree, where

# SQL as text: where, and why the query builder does not do.
SQL = {
	"privacy/sight.py": "the condition of sight is SQL that the preview reads too",
	"jobs/workers.py": "settings of the session of MariaDB",
	"desk/safely.py": "a setting of the session of MariaDB",
	"privacy/traces.py": "a table of Frappe that has no name column",
}
# Somebody else than the session user acts: where, and why.
ANOTHER_USER = {"setup/sample_data.py": "the people of the sample data jot their own notes"}
# A function is found by its name: where, and why.
FOUND_BY_NAME = {"privacy/named.py": "Frappe is about to call it by that name, and it is only looked at"}
# What is remembered for the time of the process is the same on each of its sites.
SAME_ON_EVERY_SITE = {
	"domain/jot.py": "the words of a language",
	"domain/sensitive_words.py": "the words of a language, and what follows from terms that are passed in",
}
# What our scripts hand to Frappe as HTML was made as nodes, so that its words are escaped.
MADE_OF_NODES = {"follow_ups/actions.js", "follow_ups/hint.js", "forms/links.js"}
# What asks our own methods without Frappe's dialogs, so that its failure is not the user's.
ASK_QUIETLY = {"bell/answers.js", "follow_ups/hint.js", "forms/banner_host.js", "forms/personal_note.js"}
# Words that somebody has written; no log holds them.
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

Finding = Iterator[ast.AST]


def _calls(module: ast.Module) -> Iterator[ast.Call]:
	return (node for node in ast.walk(module) if isinstance(node, ast.Call))


def _is_built(node: ast.AST) -> bool:
	"""Whether a text is put together from parts."""
	if isinstance(node, ast.JoinedStr):
		return True
	if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod | ast.Add):
		return True
	return isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "format"


def sql_as_text(module: ast.Module) -> Finding:
	for call in _calls(module):
		if dotted(call.func).endswith(("db.sql", "db.multisql", "db.sql_list", "db.sql_ddl")):
			yield call


def sql_built_in_place(module: ast.Module) -> Finding:
	for call in sql_as_text(module):
		if call.args and _is_built(call.args[0]):
			yield call


def text_that_is_run(module: ast.Module) -> Finding:
	run = (
		"eval",
		"exec",
		"compile",
		"__import__",
		"safe_eval",
		"safe_exec",
		"render_template",
		"get_attr",
		"import_string",
	)
	for call in _calls(module):
		name = dotted(call.func)
		if name.endswith(("get_attr", "import_string")) and isinstance(call.args[0], ast.Constant):
			continue
		if name in run or (name.startswith("frappe.") and name.rsplit(".", 1)[-1] in run):
			yield call


def another_user(module: ast.Module) -> Finding:
	for call in _calls(module):
		if dotted(call.func) in ("frappe.set_user", "set_user"):
			yield call
	for target in _assigned(module):
		if dotted(target) in ("frappe.session.user", "frappe.local.session.user"):
			yield target


def _assigned(module: ast.Module) -> Iterator[ast.AST]:
	for node in ast.walk(module):
		if isinstance(node, ast.Assign):
			yield from node.targets
		elif isinstance(node, ast.AugAssign | ast.AnnAssign):
			yield node.target


def patched_at_runtime(module: ast.Module) -> Finding:
	"""An attribute of something imported is set. Of Frappe's own, `flags` and the messages of the request are there for it."""
	imported = {
		alias.asname or alias.name.split(".")[0]
		for node in ast.walk(module)
		if isinstance(node, ast.Import | ast.ImportFrom)
		for alias in node.names
	}
	for target in _assigned(module):
		name = dotted(target)
		if "." in name and name.split(".")[0] in imported:
			if not name.startswith(
				("frappe.flags.micro_experiences", "frappe.local.message_log", "frappe.local.lang")
			):
				yield target
	for call in _calls(module):
		if dotted(call.func) == "setattr" and call.args and dotted(call.args[0]).split(".")[0] in imported:
			yield call


def remembered_across_sites(module: ast.Module) -> Finding:
	for node in ast.walk(module):
		for decorator in getattr(node, "decorator_list", ()):
			called = decorator.func if isinstance(decorator, ast.Call) else decorator
			if dotted(called).rsplit(".", 1)[-1] in ("cache", "lru_cache", "cached"):
				yield node


def open_to_guests(module: ast.Module) -> Finding:
	for call in _calls(module):
		for keyword in call.keywords:
			if keyword.arg in ("allow_guest", "xss_safe"):
				yield call


def told_to_everybody(module: ast.Module) -> Finding:
	"""A message of the realtime server without the user or the document that it is for."""
	for call in _calls(module):
		named = {keyword.arg for keyword in call.keywords}
		if dotted(call.func).endswith("publish_realtime") and not named & {"user", "doctype", "room"}:
			yield call


def personal_words_in_a_log(module: ast.Module) -> Finding:
	for call in _calls(module):
		name = dotted(call.func) or getattr(call.func, "attr", "")
		if name.endswith(("log_error", "print")) or ".logger" in ast.unparse(call.func):
			for node in ast.walk(call):
				words = getattr(node, "attr", "") or (node.value if isinstance(node, ast.Constant) else "")
				if isinstance(node, ast.Attribute | ast.Subscript | ast.Constant) and words in PERSONAL:
					yield call


def lost_after_saving(module: ast.Module) -> Finding:
	"""A field that is set after the record was written, and not written any more."""
	for node in ast.walk(module):
		if isinstance(node, ast.FunctionDef) and node.name in (
			"on_update",
			"after_insert",
			"on_submit",
			"on_cancel",
		):
			if [arg.arg for arg in node.args.args] != ["self"]:
				continue
			for target in _assigned(ast.Module(node.body, [])):
				if dotted(target).count(".") == 1 and dotted(target).startswith("self."):
					yield target


def never_called_by_frappe(module: ast.Module) -> Finding:
	for node in ast.walk(module):
		if isinstance(node, ast.FunctionDef) and node.name in ("after_save", "before_update", "on_save"):
			yield node


def printed(module: ast.Module) -> Finding:
	for call in _calls(module):
		if dotted(call.func) in ("print", "breakpoint", "pdb.set_trace") or any(
			# What Frappe asks for is handed on.
			keyword.arg == "debug" and dotted(keyword.value) != "debug"
			for keyword in call.keywords
		):
			yield call


# rule -> (code that it must find, code that it must not, files that may with their reason)
PYTHON: dict[Callable, tuple[str, str, object]] = {
	sql_as_text: ("frappe.db.sql('select 1')", "frappe.db.get_value('A', 'b')", SQL),
	sql_built_in_place: ("frappe.db.sql(f'select {x}')\n", "frappe.db.sql('select %s', x)", ()),
	text_that_is_run: ("frappe.render_template(doc.text, {})", "json.loads(x)", FOUND_BY_NAME),
	another_user: ("frappe.session.user = 'Administrator'", "user = frappe.session.user", ANOTHER_USER),
	patched_at_runtime: ("from erpnext import x\nx.y = 1", "doc.y = 1", ()),
	remembered_across_sites: ("@lru_cache\ndef f(): pass", "@wraps(f)\ndef g(): pass", SAME_ON_EVERY_SITE),
	open_to_guests: ("frappe.whitelist(allow_guest=True)", "frappe.whitelist(methods=['POST'])", ()),
	told_to_everybody: ("frappe.publish_realtime('x')", "frappe.publish_realtime('x', user=u)", ()),
	personal_words_in_a_log: (
		"frappe.log_error(title='x', message=doc.note)",
		"frappe.log_error(title='x')",
		(),
	),
	lost_after_saving: (
		"class A:\n\tdef on_update(self):\n\t\tself.a = 1",
		"class A:\n\tdef validate(self):\n\t\tself.a = 1",
		(),
	),
	never_called_by_frappe: ("def after_save(self): pass", "def on_update(self): pass", ()),
	printed: (
		"get_all('A', debug=True)",
		"can('read', debug=debug)",
		("setup/install.py", "setup/sample_data.py"),
	),
}
# rule -> (code that it must find, code that it must not, files that may)
SCRIPT: dict[str, tuple[str, str, object]] = {
	r"\.(?:inner|outer)HTML\s*[+=]|insertAdjacentHTML|document\.write": (
		"a.innerHTML = b",
		"a.textContent = b",
		(),
	),
	r"\.outerHTML\b(?!\s*=)": ("show(a.outerHTML)", "a.outerHTML = b", MADE_OF_NODES),
	r"\.html\(\s*[^)\s]": ("$(a).html(doc.note)", "$(a).text(doc.note)", ()),
	r"\$\(\s*`|\.append\(\s*[`\"']": ("$(`<b>${x}</b>`)", "$('<b>').text(x)", ()),
	r"\beval\(|new Function\(|setTimeout\(\s*[`\"']": ("eval(x)", "evaluate(x)", ()),
	r"\bcur_frm\b|\bcur_list\b": ("cur_frm.save()", "frm.save()", ()),
	r"frappe\.render_template|frappe\.render\(|frappe\.templates": (
		"frappe.render_template(x)",
		"frappe.format(x)",
		(),
	),
	r"\bfetch\(|XMLHttpRequest|sendBeacon|WebSocket\(": ("fetch('/x')", "frappe.xcall('x')", ASK_QUIETLY),
	r"javascript:": ("a.href = `javascript:x`", "a.href = x", ()),
}


def allowed(path: Path, exceptions: object) -> bool:
	return path.relative_to(APP).as_posix() in exceptions


@pytest.mark.parametrize("rule", PYTHON, ids=lambda rule: rule.__name__)
def test_python(rule):
	found, innocent, exceptions = PYTHON[rule]
	assert list(rule(ast.parse(found))), "the rule finds its fault"
	assert not list(rule(ast.parse(innocent))), "and nothing else"
	hits = [(path, node) for path in python_files() for node in rule(tree(path))]
	assert not [where(path, node) for path, node in hits if not allowed(path, exceptions)]
	assert {path.relative_to(APP).as_posix() for path, _node in hits} == set(exceptions), (
		"an exception is not needed"
	)


@pytest.mark.parametrize("rule", SCRIPT)
def test_scripts(rule):
	found, innocent, exceptions = SCRIPT[rule]
	assert re.search(rule, found) and not re.search(rule, innocent)
	hits = {path for path in js_files() if re.search(rule, js_code(path))}
	named = {
		path.relative_to(APP / "public" / "js").as_posix() if "public" in path.parts else path.name
		for path in hits
	}
	assert named == set(exceptions)


def test_templates_escape():
	"""Jinja2 of Frappe escapes nothing in a text, and all in HTML; nobody says that something is safe as it is."""
	pattern = re.compile(r"\|\s*safe\b|autoescape\s+false|\bMarkup\(")
	assert pattern.search("{{ x | safe }}") and pattern.search("{% autoescape false %}")
	files = [
		*APP.rglob("templates/**/*.html"),
		*(ROOT / "preview").rglob("*.html"),
		*(ROOT / "preview").glob("*.py"),
	]
	assert len(files) > 10
	assert not [where(path) for path in files if pattern.search(path.read_text("utf-8"))]


def test_every_record_of_ours_puts_its_text_right():
	"""Each controller stands on `Written`, itself or through `Sealed`; rows of a table are put right with their record."""
	controllers = {}
	for path in sorted(APP.glob("micro_experiences/doctype/*/*.json")):
		if json.loads(path.read_text("utf-8")).get("istable"):
			continue
		module = tree(path.with_suffix(".py"))
		bases = [
			dotted(base) for node in module.body if isinstance(node, ast.ClassDef) for base in node.bases
		]
		controllers[path.stem] = bases[0]
	assert len(controllers) >= 11
	assert set(controllers.values()) == {"Written", "Sealed"}, controllers
