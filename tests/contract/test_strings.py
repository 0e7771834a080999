"""Texts for users can be translated. eslint checks the scripts, ruff the f-strings in `_()`."""

import ast
import json
import re
from collections.abc import Iterator

from app_source import (
	APP,
	MODULE,
	calls,
	dotted,
	python_files,
	tree,
	where,
)

SPEAKING = {
	**dict.fromkeys(("frappe.throw", "frappe.msgprint", "throw"), ("msg", "title")),
	**dict.fromkeys(("RuleViolation", "NotPermitted", "Translatable"), ("template",)),
}
# The keys of a response or of a record whose values are shown.
READ = {"label", "text", "title", "message", "subject", "description"}
# The sample data is in English, and so are the names in hooks.py.
EXCEPT = {APP / "setup" / "sample_data.py", APP / "hooks.py"}


def bare(node: ast.AST) -> bool:
	"""Whether an expression is a text that did not pass through `_()`."""
	if isinstance(node, ast.Constant):
		return isinstance(node.value, str) and bool(re.search(r"[A-Za-z]", node.value))
	if isinstance(node, ast.JoinedStr):
		return any(bare(value) for value in node.values if isinstance(value, ast.Constant))
	if isinstance(node, ast.BinOp):
		return bare(node.left) or bare(node.right)
	if isinstance(node, ast.IfExp):
		return bare(node.body) or bare(node.orelse)
	if (
		isinstance(node, ast.Call)
		and isinstance(node.func, ast.Attribute)
		and node.func.attr in ("format", "join")
	):
		return bare(node.func.value)
	return False


def shown_texts() -> list[tuple[str, ast.AST]]:
	found = []
	for path in python_files():
		if path in EXCEPT:
			continue
		for call in calls(tree(path)):
			if names := SPEAKING.get(dotted(call.func)):
				texts = [*call.args[:1], *(k.value for k in call.keywords if k.arg in names)]
				found += [(where(path, call), text) for text in texts]
	return found


def test_thrown_message_is_translated():
	texts = shown_texts()
	assert len(texts) > 20
	assert not [at for at, text in texts if bare(text)]


def test_returned_text_is_translated():
	found = [
		(where(path, value), value)
		for path in python_files()
		if path not in EXCEPT
		for node in ast.walk(tree(path))
		if isinstance(node, ast.Dict)
		for key, value in zip(node.keys, node.values, strict=True)
		if isinstance(key, ast.Constant) and key.value in READ
	]
	assert len(found) > 10
	assert not [at for at, value in found if bare(value)]


def test_untranslated_text_is_recognized():
	for code in ('"Bare"', 'f"Bare {x}"', '"Bare {0}".format(x)', '"Bare " + x', '_("a") if x else "Bare"'):
		assert bare(ast.parse(code, mode="eval").body), code
	for code in ('_("Said")', '_("Said {0}").format(x)', "text", '_("A") + " " + _("B")', 'f"{x}: {y}"'):
		assert not bare(ast.parse(code, mode="eval").body), code


def test_placeholders_are_numbered():
	"""Another language may need another order of the words."""
	found = 0
	for path in python_files():
		for node in ast.walk(tree(path)):
			if (
				isinstance(node, ast.Call)
				and dotted(node.func) == "_"
				and isinstance(node.args[0], ast.Constant)
			):
				found += 1
				assert not re.search(r"\{\}|%s|%d|%\(", node.args[0].value), where(path, node)
	assert found > 50


def words_of_records() -> Iterator[tuple[str, str]]:
	"""Return (file, text) of what a user reads in the JSON files of the module."""

	def read(value: object) -> Iterator[str]:
		if isinstance(value, dict):
			yield from (value[key] for key in READ & set(value) if isinstance(value[key], str))
			if value.get("fieldtype") == "Select":
				yield from filter(None, value["options"].split("\n"))
		for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
			yield from read(inner)

	for path in sorted(MODULE.rglob("*.json")):
		yield from ((path.name, text) for text in read(json.loads(path.read_text("utf-8"))))


def test_text_of_records_is_plain():
	"""Frappe collects these texts as they are, and would not find them with markup or other spaces."""
	words = list(words_of_records())
	assert len(words) > 200
	assert not [(file, text) for file, text in words if re.search(r"^\s|\s$|\s\s|[<>{}]", text)]


def test_name_of_a_number_card_can_be_translated():
	"""Frappe collects texts from workspaces, not from number cards."""
	collected = {
		card["label"]
		for path in MODULE.glob("workspace/*/*.json")
		for card in json.loads(path.read_text("utf-8"))["number_cards"]
	}
	cards = {json.loads(path.read_text("utf-8"))["label"] for path in MODULE.glob("number_card/*/*.json")}
	assert cards and cards <= collected
