"""The app as files: parsed, never imported, so that its contract can be checked without a bench."""

import ast
import json
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "micro_experiences"
MODULE = APP / "micro_experiences"
# Tests that need a site stand beside what they test; the rules for shipped code are not for them.
_FOR_TESTS = re.compile(r"(^test_.*|^testing)\.py$")


@cache
def python_files(with_tests: bool = False) -> tuple[Path, ...]:
	files = tuple(p for p in sorted(APP.rglob("*.py")) if with_tests or not _FOR_TESTS.match(p.name))
	assert len(files) > 30
	return files


@cache
def tree(path: Path) -> ast.Module:
	return ast.parse(path.read_text("utf-8"), str(path))


def where(path: Path, node: ast.AST | None = None) -> str:
	return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def dotted(node: ast.AST) -> str:
	"""`frappe.db.commit` for the expression of that name; "" for anything else."""
	if isinstance(node, ast.Name):
		return node.id
	if isinstance(node, ast.Attribute) and (before := dotted(node.value)):
		return f"{before}.{node.attr}"
	return ""


def calls(path: Path) -> list[ast.Call]:
	return [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]


def function_at(name: str) -> ast.FunctionDef | None:
	"""The function that a dotted path names, or None."""
	*parts, function = name.split(".")
	base = ROOT.joinpath(*parts)
	for file in (base.with_suffix(".py"), base / "__init__.py"):
		if file.is_file():
			for node in tree(file).body:
				if isinstance(node, ast.FunctionDef) and node.name == function:
					return node
	return None


@cache
def whitelisted() -> dict[str, tuple[Path, ast.FunctionDef, ast.AST]]:
	"""Every function that the browser may call, by its dotted path, with its decorator."""
	found = {}
	for path in python_files():
		module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
		for node in ast.walk(tree(path)):
			for decorator in getattr(node, "decorator_list", ()):
				called = decorator.func if isinstance(decorator, ast.Call) else decorator
				if dotted(called) in ("frappe.whitelist", "whitelist"):
					found[f"{module}.{node.name}"] = (path, node, decorator)
	assert len(found) > 10
	return found


@cache
def doctypes() -> dict[str, dict]:
	"""Every DocType of the app, by its name."""
	found = {}
	for path in sorted((MODULE / "doctype").glob("*/*.json")):
		doctype = json.loads(path.read_text("utf-8"))
		found[doctype["name"]] = doctype
	assert len(found) >= 12
	return found


def fields(doctype: str) -> dict[str, dict]:
	return {field["fieldname"]: field for field in doctypes()[doctype]["fields"]}


@cache
def hooks() -> dict[str, object]:
	"""What hooks.py says, by name."""
	return {
		node.targets[0].id: ast.literal_eval(node.value)
		for node in tree(APP / "hooks.py").body
		if isinstance(node, ast.Assign)
	}


def scrub(name: str) -> str:
	return name.lower().replace(" ", "_").replace("-", "_")


def js_files(*folders: Path) -> list[Path]:
	found = [p for folder in folders or (APP,) for p in sorted(folder.rglob("*.js")) if "dist" not in p.parts]
	assert found
	return found


def js_code(path: Path, keep_strings: bool = False) -> str:
	"""A script without its comments, and without what stands inside its strings; lines keep their numbers."""
	text = path.read_text("utf-8")
	out, at = [], 0
	token = re.compile(
		r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`""", re.DOTALL
	)
	for match in token.finditer(text):
		found = match.group()
		out.append(text[at : match.start()])
		if found[0] in "\"'`":
			out.append(found if keep_strings else found[0] + "\n" * found.count("\n") + found[0])
		else:
			out.append("\n" * found.count("\n"))
		at = match.end()
	return "".join([*out, text[at:]])
