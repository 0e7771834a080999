"""What a user reads can be translated."""

import ast
import json
import re
from collections.abc import Iterator

import pytest
from app_source import (
	APP,
	MODULE,
	calls,
	doctypes,
	dotted,
	hooks,
	js_code,
	js_files,
	python_files,
	select_options,
	tree,
	where,
)

SPEAKING = {
	**dict.fromkeys(("frappe.throw", "frappe.msgprint", "throw"), ("msg", "title")),
	**dict.fromkeys(("Refused", "NotAllowed", "Word"), ("template",)),
}
# The parts of an answer, or of a record, that somebody reads.
READ = {"label", "text", "title", "message", "subject", "description"}
# The sample data speaks English: it is a story about people with English names. The app's name is its name.
EXCEPT = {APP / "setup" / "sample_data.py", APP / "hooks.py"}


def bare(node: ast.AST) -> bool:
	"""Whether an expression is a text that was not passed through `_()`."""
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


def spoken() -> list[tuple[str, ast.AST]]:
	found = []
	for path in python_files():
		if path in EXCEPT:
			continue
		for call in calls(path):
			if names := SPEAKING.get(dotted(call.func)):
				texts = [*call.args[:1], *(k.value for k in call.keywords if k.arg in names)]
				found += [(where(path, call), text) for text in texts]
	return found


def test_what_is_thrown_is_translated():
	texts = spoken()
	assert len(texts) > 20
	assert not [at for at, text in texts if bare(text)]


def test_what_is_answered_is_translated():
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


def test_the_check_knows_a_bare_text():
	for code in ('"Bare"', 'f"Bare {x}"', '"Bare {0}".format(x)', '"Bare " + x', '_("a") if x else "Bare"'):
		assert bare(ast.parse(code, mode="eval").body), code
	for code in ('_("Said")', '_("Said {0}").format(x)', "text", '_("A") + " " + _("B")', 'f"{x}: {y}"'):
		assert not bare(ast.parse(code, mode="eval").body), code


def test_what_is_translated_is_a_literal():
	"""The tool that collects texts reads the source: a text that is put together first is never found."""
	found, wrong = 0, []
	for path in python_files():
		if path.parent == APP / "domain":
			continue
		for call in calls(path):
			if dotted(call.func) == "_" and call.args:
				found += 1
				text = call.args[0]
				if isinstance(text, ast.JoinedStr | ast.BinOp) or (
					isinstance(text, ast.Call)
					and isinstance(text.func, ast.Attribute)
					and text.func.attr == "format"
				):
					wrong.append(where(path, call))
	assert found > 30
	assert not wrong


def test_placeholders_are_numbered():
	"""Another language may need another order."""
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


def test_scripts_translate_literals():
	found, wrong = 0, []
	for path in js_files():
		code = js_code(path, keep_strings=True)
		found += len(re.findall(r"\b__\(", code))
		wrong += [path.name for _ in re.finditer(r"\b__\(\s*`[^`]*\$\{", code)]
		wrong += [path.name for _ in re.finditer(r"\b__\(\s*\"[^\"]*\"\s*\+", code)]
		wrong += [
			path.name
			for _ in re.finditer(r"\b(?:throw|msgprint|show_alert|confirm|set_intro)\(\s*[\"'`]", code)
		]
		wrong += [
			path.name for _ in re.finditer(r"\b(?:label|title|message|placeholder):\s*\"[^\"]*[A-Za-z]", code)
		]
	assert found > 40
	# A calendar maps its title to a field by that field's name.
	assert [name for name in wrong if not name.endswith("_calendar.js")] == []


# What a script names and nobody reads: the Desk's words, the keys of a keyboard, and where it keeps its settings.
NAMES = {
	"Form",
	"List",
	"Check",
	"Currency",
	"Data",
	"Date",
	"Small Text",
	"System User",
	"Asset",
	"Liability",
	"Expense",
	"Link",
	"Select",
	"Company",
	"Gesture Budget Utilisation",
}
NAMES |= {"Autocomplete", "Column Break", "Write", "Content-Type", "Worth a Second Look"}
NAMES |= {"Enter", "Escape", "ArrowDown", "ArrowUp", "Home", "End"}
NAMES |= {
	"Micro Experiences",
	"Micro Experiences Manager",
	"Micro Experiences Discreet",
	"Micro Experiences:",
}


def names_of_the_desk() -> set[str]:
	others = {name for key in hooks()["doc_events"] for name in (key if isinstance(key, tuple) else (key,))}
	choices = {choice for name in doctypes() for choice in select_options(name)}
	return NAMES | others | set(doctypes()) | choices


@pytest.mark.parametrize("path", js_files(), ids=lambda path: path.name)
def test_every_word_in_a_script_is_translated_or_a_name(path):
	literals = re.finditer(
		r"""(__\(\s*)?(?:"([^"\n]*)"|'([^'\n]*)'|`([^`]*)`)""", js_code(path, keep_strings=True)
	)
	words = {text for said, *quoted in (m.groups() for m in literals) if not said for text in quoted if text}
	spoken = {text for text in words if re.match(r"[A-Z][a-z]", text)}
	assert spoken <= names_of_the_desk()


def words_of_records() -> Iterator[tuple[str, str]]:
	"""(file, text) of what a user reads in the JSON files of the module."""

	def read(value: object) -> Iterator[str]:
		if isinstance(value, dict):
			yield from (value[key] for key in READ & set(value) if isinstance(value[key], str))
			if value.get("fieldtype") == "Select":
				yield from filter(None, value["options"].split("\n"))
		for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
			yield from read(inner)

	for path in sorted(MODULE.rglob("*.json")):
		yield from ((path.name, text) for text in read(json.loads(path.read_text("utf-8"))))


def test_the_words_of_records_are_plain():
	"""Frappe collects them as they are; markup, placeholders and stray spaces would make other words of them."""
	words = list(words_of_records())
	assert len(words) > 200
	assert not [(file, text) for file, text in words if re.search(r"^\s|\s$|\s\s|[<>{}]", text)]


def test_the_names_of_number_cards_are_collected():
	"""Frappe collects words from workspaces, not from number cards."""
	collected = {
		card["label"]
		for path in MODULE.glob("workspace/*/*.json")
		for card in json.loads(path.read_text("utf-8"))["number_cards"]
	}
	cards = {json.loads(path.read_text("utf-8"))["label"] for path in MODULE.glob("number_card/*/*.json")}
	assert cards and cards <= collected
