"""Who may know whom: the rules know no framework, commits stand where a job owns its transaction."""

import ast
import re
import sys
from pathlib import Path

import pytest
from app_source import (
	APP,
	ROOT,
	calls,
	dotted,
	function_at,
	hooks,
	module_file,
	python_files,
	tree,
	where,
)

# What the rules may use besides Python itself: (package, distribution).
ALLOWED = {
	"dateutil": "python-dateutil",
	"babel": "Babel",
	"jinja2": "Jinja2",
	"dateparser": "dateparser",
	"rapidfuzz": "rapidfuzz",
}
# Whole modules that the preview has no page for: books, reports, what is forgotten by itself, what is erased; and single rules.
MODULES_OF_THE_APP_ALONE = ("books", "erasure", "personal_data", "utilisation", "retention")
ASKED_BY_THE_APP_ALONE = {
	"budget.is_for_somebody",  # roles, groups and users are deleted
	"budget.wallet_key",  # wallets are opened by the thousand, and their holders renamed
	"occasions.days_of_year",  # the number on the workspace
	"occasions.occurrence_key",  # chunks, and notes that are changed
	"occasions.is_reported",  # managers hear of it by the bell
	"gestures.check_decision",  # many are decided at once, in the list
	"gestures.frozen",  # a form of the Desk can be typed over
	"gestures.frozen_fields",
	"looks.logged",  # each look is written down by a queue that the preview has not
	"looks.look_key",
	"notes.check_handed_over",  # a page for managers
	"notes.is_for_everyone",  # notes are deleted
	"sight.around_condition",  # Frappe's own tables: comments, tags, files, queues
	"sensitive_words.asks_for_a_look",  # a report for managers
	"sensitive_words.reason_holds",  # a form of the Desk can be typed over
	"sensitive_words.tidied",  # the site's own words are edited
	"text.inert",  # files of reports
	"text.is_text",  # what was stored before the rule
	"text.unmarked",  # names of others in a report
	"variety.tidied",  # gesture types are edited
	"wording.check_template",
}
DOMAIN = sorted((APP / "domain").glob("*.py"))
PREVIEW = sorted((ROOT / "preview").rglob("*.py"))
# What the preview may use besides Python, ourselves, and what the rules use.
WEB = {"flask", "werkzeug", "jinja2", "markupsafe"}


def imports(path) -> list[tuple[ast.AST, str]]:
	found = []
	for node in ast.walk(tree(path)):
		if isinstance(node, ast.Import):
			found += [(node, alias.name) for alias in node.names]
		elif isinstance(node, ast.ImportFrom):
			assert node.level == 0, f"{where(path, node)}: name the whole path"
			found.append((node, node.module))
	return found


@pytest.mark.parametrize("path", DOMAIN, ids=lambda path: path.name)
def test_the_rules_know_no_framework(path):
	for node, name in imports(path):
		package = name.split(".")[0]
		assert (
			package in sys.stdlib_module_names
			or package in ALLOWED
			or name.startswith("micro_experiences.domain")
		), f"{where(path, node)}: {name}"
	assert "frappe" not in {node.id for node in ast.walk(tree(path)) if isinstance(node, ast.Name)}


def test_the_rules_are_there_and_use_what_the_list_allows():
	assert {"recall.py", "budget.py", "cadence.py", "reminders.py", "variety.py", "wording.py", "jot.py"} <= {
		path.name for path in DOMAIN
	}
	used = {name.split(".")[0] for path in DOMAIN for _node, name in imports(path)}
	assert set(ALLOWED) <= used


def test_what_the_rules_import_is_a_dependency_of_the_app():
	"""Frappe brings most of it, but the tests that need no bench run without Frappe."""
	text = (APP.parent / "pyproject.toml").read_text("utf-8")
	dependencies = re.search(r"^dependencies = \[(.*?)^\]", text, re.DOTALL | re.MULTILINE)[1]
	named = {name.lower() for name in re.findall(r'^\s*"([\w-]+)', dependencies, re.MULTILINE)}
	assert {distribution.lower() for distribution in ALLOWED.values()} <= named


def reached(paths) -> set[Path]:
	"""These files, and every file of ours that they import, themselves or through others."""
	found, waiting = set(), list(paths)
	while waiting:
		path = waiting.pop()
		found.add(path)
		for node, name in imports(path):
			names = [name] + [
				f"{name}.{alias.name}" for alias in node.names if isinstance(node, ast.ImportFrom)
			]
			parents = [name.rsplit(".", at)[0] for at in range(1, name.count(".") + 1)]
			waiting += {file for each in names + parents if (file := module_file(each))} - found
	return found


def test_the_preview_reaches_no_framework():
	assert len(PREVIEW) > 5
	files = reached(PREVIEW)
	assert APP / "domain" / "recall.py" in files
	for path in files:
		for node, name in imports(path):
			package = name.split(".")[0]
			assert package in {*sys.stdlib_module_names, *WEB, *ALLOWED, "micro_experiences", "preview"}, (
				f"{where(path, node)}: {name}"
			)


def asked(paths) -> set[str]:
	"""The public names of the rules that some files use: "budget.verdict"."""
	used = set()
	for path in paths:
		aliases = {}
		for node in ast.walk(tree(path)):
			if not isinstance(node, ast.ImportFrom):
				continue
			if node.module == "micro_experiences.domain":
				aliases |= {alias.asname or alias.name: alias.name for alias in node.names}
			elif (node.module or "").startswith("micro_experiences.domain."):
				used |= {f"{node.module.split('.')[-1]}.{alias.name}" for alias in node.names}
		for node in ast.walk(tree(path)):
			if (
				isinstance(node, ast.Attribute)
				and isinstance(node.value, ast.Name)
				and node.value.id in aliases
			):
				used.add(f"{aliases[node.value.id]}.{node.attr}")
	return used


def rules_of_the_domain() -> set[str]:
	return {
		f"{path.stem}.{node.name}"
		for path in DOMAIN
		if path.stem not in MODULES_OF_THE_APP_ALONE
		for node in tree(path).body
		if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
	}


def test_the_preview_asks_the_rules_that_the_app_asks():
	"""A rule that only one of the two asks was written a second time somewhere, or is not shown."""
	app = asked(
		path for path in python_files() if path.parent != APP / "domain" and "scenarios" not in path.parts
	)
	rules = rules_of_the_domain()
	assert len(rules & app) > 50
	assert (rules & app) - asked(PREVIEW) == ASKED_BY_THE_APP_ALONE
	assert not (rules & asked(PREVIEW)) - app


def test_the_app_never_imports_the_preview():
	found = [(path, node, name) for path in python_files(with_tests=True) for node, name in imports(path)]
	assert not [where(path, node) for path, node, name in found if name.split(".")[0] in ("preview", "tests")]


def test_the_rules_read_no_clock():
	"""Dates, money and rows are passed in."""
	clocks = (
		"date.today",
		"datetime.now",
		"datetime.today",
		"datetime.utcnow",
		"time.time",
		"time.monotonic",
	)
	checked = 0
	for path in DOMAIN:
		for call in calls(path):
			checked += 1
			assert dotted(call.func) not in clocks, where(path, call)
	assert checked > 100


def test_only_jobs_and_setup_commit():
	found = [
		(path, call)
		for path in python_files()
		for call in calls(path)
		if dotted(call.func).endswith("db.commit")
	]
	assert found
	rooms = {path.relative_to(APP).parts[0] for path, _call in found}
	assert rooms <= {"jobs", "setup", "patches"}, [where(path, call) for path, call in found]


@pytest.mark.parametrize(
	"refused",
	[
		"frappe.render_template",
		"frappe.safe_eval",
		"safe_eval",
		"eval",
		"exec",
		"os.system",
	],
)
def test_what_is_never_called(refused):
	assert not [where(p, call) for p in python_files() for call in calls(p) if dotted(call.func) == refused]


def test_what_is_never_imported():
	found = [(path, node, name) for path in python_files() for node, name in imports(path)]
	assert len(found) > 100
	refused = {"subprocess", "pickle", "requests", "urllib", "socket", "pytest", "hypothesis"}
	assert not [where(path, node) for path, node, name in found if name.split(".")[0] in refused]


def test_nothing_is_asked_of_a_site_while_a_module_is_read():
	"""Sites share one process: a translation or a query at import time would be that of whoever came first."""

	def calls_while_reading(nodes):
		for node in nodes:
			if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
				continue
			if isinstance(node, ast.Call):
				yield node
			yield from calls_while_reading(ast.iter_child_nodes(node))

	checked = 0
	for path in python_files(with_tests=True):
		for call in calls_while_reading(tree(path).body):
			checked += 1
			name = dotted(call.func)
			assert name != "_" and not name.startswith(("frappe.get", "frappe.qb", "frappe.db")), where(
				path, call
			)
	assert checked > 20


def test_bench_finds_every_test():
	"""`bench run-tests` passes over a bare function in silence."""
	for path in python_files(with_tests=True):
		for node in tree(path).body:
			assert not (isinstance(node, ast.FunctionDef) and node.name.startswith("test_")), where(
				path, node
			)


def test_a_module_opens_with_what_it_is_for():
	for path in python_files():
		if path.read_text("utf-8").strip():
			assert ast.get_docstring(tree(path)), f"{where(path)} has no docstring"


_REFUSES = "it refuses, for our own records alone, and asks no table of ours"
# Hooks on documents of others that may stop them, and why.
MAY_FAIL = {
	"micro_experiences.micro_experiences.doctype.gesture_wallet.kept.no_file_in_a_field": _REFUSES,
	"micro_experiences.privacy.around.no_assignment": _REFUSES,
	"micro_experiences.privacy.around.no_code": _REFUSES,
	"micro_experiences.privacy.around.no_comment_past_sight": _REFUSES,
	"micro_experiences.privacy.around.no_link": _REFUSES,
	"micro_experiences.privacy.around.no_names_on_a_board": "a board of ours that is kept with its names tells them to everybody",
	"micro_experiences.privacy.around.no_switch": _REFUSES,
	"micro_experiences.privacy.around.nothing_over_ours": _REFUSES,
	"micro_experiences.privacy.departure.user_to_be_renamed": "a rename that goes on without it is stopped by a unique index, half done",
	"micro_experiences.privacy.departure.user_renamed": "a budget that names one person twice could not be saved again",
	"micro_experiences.micro_experiences.doctype.gesture_wallet.ledger.holder_renamed": "a wallet under the old name would let its holder spend twice",
}
GUARDS = {"never_fail", "never_fail_writing"}


def hooks_on_documents_of_others() -> dict[str, set[str]]:
	"""The decorators of each of our functions that Frappe calls for a document of somebody else, by its path."""
	return {
		path: {dotted(decorator) for decorator in function_at(path).decorator_list}
		for handlers in hooks()["doc_events"].values()
		for paths in handlers.values()
		for path in ([paths] if isinstance(paths, str) else paths)
	}


@pytest.mark.parametrize("path", sorted(hooks_on_documents_of_others()))
def test_a_hook_on_a_document_of_others_never_fails(path):
	"""Our failure is never the user's failure."""
	guarded = bool(GUARDS & hooks_on_documents_of_others()[path])
	assert guarded != (path in MAY_FAIL), f"{path}: never_fail, or a reason in MAY_FAIL, and not both"


def test_what_writes_is_undone_when_it_fails():
	"""A hook that writes with `never_fail` alone would leave half of what it does."""
	writing = {"after_delete", "on_trash", "after_insert", "on_cancel"}
	only_asks = {
		"micro_experiences.micro_experiences.doctype.follow_up_task.after_invoice.invoice_changed",
		"micro_experiences.micro_experiences.doctype.gesture_wallet.ledger.forget_budgets",
	}
	found = {
		path
		for handlers in hooks()["doc_events"].values()
		for event, paths in handlers.items()
		if event in writing
		for path in ([paths] if isinstance(paths, str) else paths)
	}
	assert len(found) > 8
	for path in found - only_asks:
		assert "never_fail_writing" in hooks_on_documents_of_others()[path], path


def test_a_reason_to_fail_is_about_a_hook_that_there_is():
	assert set(MAY_FAIL) <= set(hooks_on_documents_of_others())


def test_nothing_is_put_behind_a_commit_unguarded():
	"""What raises after the commit tells the user that his work was not saved, which it was."""
	for path in python_files():
		if path.name == "safely.py":
			continue
		for call in calls(path):
			assert not dotted(call.func).endswith("db.after_commit.add"), where(path, call)
			late = [keyword.arg for keyword in call.keywords if keyword.arg == "enqueue_after_commit"]
			assert not late, f"{where(path, call)}: safely.ask_worker"
