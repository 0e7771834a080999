"""What a user reads can be translated."""

import ast
import re

from app_source import APP, calls, dotted, js_code, js_files, python_files, tree, where

SPEAKING = {"frappe.throw": ("msg", "title"), "frappe.msgprint": ("msg", "title"), "throw": ("msg", "title")}
# The sample data speaks English: it is a story about people with English names.
EXCEPT = {APP / "setup" / "sample_data.py"}


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
