"""Each table of ours has one writer, and who else touches it is named here with the reason."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from app_source import APP, calls, doctypes, dotted, python_files, tree
from test_doctypes import WRITTEN_BY_CODE, WRITTEN_BY_USERS

DOCTYPE = "micro_experiences/doctype"
LEDGER = f"{DOCTYPE}/gesture_wallet/ledger.py"
# What code alone writes -> who.
WRITERS = {
	"Gesture Wallet": {LEDGER},
	"Gesture Wallet Entry": {LEDGER},
	"Follow Up Reminder": {"jobs/reminders.py", "jobs/digests.py"},
	"Follow Up Preference": {"desk/preferences.py", "jobs/digests.py"},
	"Personal Note Use": {f"{DOCTYPE}/personal_note/personal_note.py"},
	"Personal Note Access": {"privacy/access_log.py"},
	"Personal Data Erasure": {"privacy/erasure.py"},
	# Of what people write in forms: who writes it past the controller.
	"Personal Note": {"privacy/departure.py"},
	"Gesture": {"privacy/departure.py", "privacy/erasure.py"},
	"Follow Up Task": {"privacy/departure.py", "jobs/reminders.py"},
}
# Who else, and why.
EXCEPTIONS = {
	("Personal Note Use", "setup/sample_data.py"): "the sample begins with a past",
	(
		"Personal Note Access",
		f"{DOCTYPE}/personal_note_access/personal_note_access.py",
	): "Log Settings clear it",
	("Personal Data Erasure", "privacy/departure.py"): "a certificate outlives its customer",
	("Follow Up Reminder", f"{DOCTYPE}/follow_up_task/follow_up_task.py"): "they go with their promise",
	("Follow Up Preference", "privacy/departure.py"): "it goes with its user",
	("Personal Note", "desk/hand_over.py"): "who leaves hands over many at once",
	("Personal Note", "jobs/notes.py"): "many expire at once",
	("Personal Note", f"{DOCTYPE}/note_topic/note_topic.py"): "a topic is deleted",
	("Gesture", f"{DOCTYPE}/gesture_budget/gesture_budget.py"): "a budget is deleted",
	("Gesture", f"{DOCTYPE}/gesture_type/gesture_type.py"): "a type is deleted",
	("Gesture", f"{DOCTYPE}/personal_note/personal_note.py"): "its note is deleted",
	("Follow Up Task", f"{DOCTYPE}/gesture/gesture.py"): "its gesture is deleted",
	("Follow Up Task", f"{DOCTYPE}/personal_note/personal_note.py"): "its note is deleted",
}
# Forms write these, and so does whatever asks their controllers: that is no writing past them.
WITH_A_CONTROLLER = {"Personal Note", "Gesture", "Follow Up Task"}

_WRITING = re.compile(
	r"frappe\.db\.(delete|set_value|bulk_insert|bulk_update|truncate)|frappe\.qb\.(update|into)"
)
_SQL = re.compile(r"\b(?:insert into|replace into|update|delete from)\s+`tab([\w ]+)`", re.IGNORECASE)


def constants(path: Path) -> dict[str, str]:
	"""The texts that a module gives a name at its top."""
	return {
		node.targets[0].id: node.value.value
		for node in tree(path).body
		if isinstance(node, ast.Assign)
		and isinstance(node.value, ast.Constant)
		and isinstance(node.targets[0], ast.Name)
	}


@cache
def named() -> dict[str, str]:
	"""What stands for a DocType of ours anywhere: `CERTIFICATE` for Personal Data Erasure."""
	return {
		name: text for path in python_files() for name, text in constants(path).items() if text in doctypes()
	}


def tables(path: Path) -> dict[str, str]:
	"""The variables that hold a table of the query builder -> its DocType."""
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
	"""The variables of loops over texts, or over tuples of them -> what they stand for, one after the other."""
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
	"""The text that an expression stands for, where a name or the text itself says it; else ""."""
	if isinstance(node, ast.Constant):
		return str(node.value)
	return names.get(dotted(node).split(".")[-1], "")


def written(path: Path) -> Iterator[str]:
	"""The DocTypes of ours that a module writes, each time that it says so."""
	names, loops = named() | constants(path) | tables(path), looped(path)
	for call in calls(path):
		if _WRITING.fullmatch(dotted(call.func)) and call.args:
			yield from {*loops.get(dotted(call.args[0]), ()), text_of(call.args[0], names)}
		elif dotted(call.func) == "frappe.get_doc" and call.args:
			yield from (name for name in made(call.args[0], names) if name not in WITH_A_CONTROLLER)
	for node in ast.walk(tree(path)):
		if isinstance(node, ast.Constant) and isinstance(node.value, str):
			yield from _SQL.findall(node.value)


def made(values: ast.AST, names: dict[str, str]) -> Iterator[str]:
	"""The DocTypes of what is made of a dict."""
	for node in ast.walk(values):
		if isinstance(node, ast.Dict):
			for key, value in zip(node.keys, node.values, strict=True):
				if isinstance(key, ast.Constant) and key.value == "doctype":
					yield text_of(value, names)


@cache
def writers() -> dict[str, set[str]]:
	"""DocType -> the files that write it; patches are of the past, and seen by their own tests."""
	found = defaultdict(set)
	for path in python_files():
		file = path.relative_to(APP)
		if file.parts[0] != "patches":
			for doctype in written(path):
				found[doctype].add(str(file))
	return found


@pytest.mark.parametrize("doctype", sorted(WRITERS))
def test_one_writer(doctype):
	others = {file for name, file in EXCEPTIONS if name == doctype}
	assert writers()[doctype] == WRITERS[doctype] | others


def test_what_code_alone_writes_is_watched():
	assert WRITTEN_BY_CODE | WRITTEN_BY_USERS <= set(WRITERS)


@pytest.mark.parametrize(
	"code",
	[
		'frappe.db.delete("Gesture Wallet", {"name": x})',
		'frappe.db.set_value("Gesture Wallet", x, "spent", 0)',
		'KIND = "Gesture Wallet"\nfrappe.db.bulk_insert(KIND, f, v)',
		'wallet = frappe.qb.DocType("Gesture Wallet")\nfrappe.qb.update(wallet).set(wallet.spent, 0).run()',
		'a, wallet = DocType("Gesture"), DocType("Gesture Wallet")\nfrappe.qb.into(wallet).insert(1)',
		'for kind in ("Gesture Wallet",):\n\tfrappe.db.delete(kind)',
		'for kind, field in (("Gesture Wallet", "holder"),):\n\tfrappe.db.set_value(kind, x, field, None)',
		'frappe.db.sql("update `tabGesture Wallet` set spent = 0")',
		'frappe.get_doc({"doctype": "Gesture Wallet", **values}).insert()',
		'frappe.get_doc({"doctype": "Gesture Wallet"} | values).insert()',
	],
)
def test_a_writer_is_found(code, tmp_path):
	file = tmp_path / "some.py"
	file.write_text(code)
	assert set(filter(None, written(file))) == {"Gesture Wallet"}
