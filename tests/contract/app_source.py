"""The app as files: parsed, never imported, so that these tests need no bench."""

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "micro_experiences"
MODULE = APP / "micro_experiences"
# `micro_experiences.api.notes.jot` in a script or a JSON file.
METHOD = re.compile(r"""["'`](micro_experiences\.[a-z_]+(?:\.[a-z_]+)+)["'`]""")


@cache
def python_files() -> tuple[Path, ...]:
	"""Every module of the app without its tests."""
	files = tuple(
		path
		for path in sorted(APP.rglob("*.py"))
		if not path.name.startswith("test_") and APP / "tests" not in path.parents
	)
	assert len(files) > 30
	return files


@cache
def tree(path: Path) -> ast.Module:
	return ast.parse(path.read_text("utf-8"), str(path))


def where(path: Path, node: ast.AST | None = None) -> str:
	return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def dotted(node: ast.AST) -> str:
	"""Return `frappe.db.commit` for the expression of that name; "" for anything else."""
	if isinstance(node, ast.Name):
		return node.id
	if isinstance(node, ast.Attribute) and (before := dotted(node.value)):
		return f"{before}.{node.attr}"
	return ""


def calls(node: ast.AST) -> Iterator[ast.Call]:
	return (inner for inner in ast.walk(node) if isinstance(inner, ast.Call))


def module_file(name: str) -> Path | None:
	"""Return the file of the module that a dotted path names."""
	base = ROOT.joinpath(*name.split("."))
	return next((file for file in (base.with_suffix(".py"), base / "__init__.py") if file.is_file()), None)


def module_name(path: Path) -> str:
	return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def function_at(name: str) -> ast.FunctionDef | None:
	"""Return the function that a dotted path names."""
	module, _, function = name.rpartition(".")
	file = module_file(module)
	nodes = tree(file).body if file else ()
	return next((n for n in nodes if isinstance(n, ast.FunctionDef) and n.name == function), None)


@cache
def imported(path: Path) -> dict[str, str]:
	"""Return the dotted path of each name that a module imports from the app."""
	return {
		alias.asname or alias.name: f"{node.module}.{alias.name}"
		for node in ast.walk(tree(path))
		if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("micro_experiences")
		for alias in node.names
	}


def callee(path: str, call: ast.Call) -> str | None:
	"""Return the dotted path of the function of the app that a call in the function at `path` runs."""
	module = path.rpartition(".")[0]
	first, _, rest = dotted(call.func).partition(".")
	target = imported(module_file(module)).get(first, f"{module}.{first}") + (f".{rest}" if rest else "")
	return target if target != path and function_at(target) else None


@cache
def whitelisted() -> dict[str, tuple[Path, ast.FunctionDef, ast.AST]]:
	"""Return every function that the browser can call, with its file and decorator, by its dotted path."""
	found = {}
	for path in python_files():
		for node in ast.walk(tree(path)):
			for decorator in getattr(node, "decorator_list", ()):
				called = decorator.func if isinstance(decorator, ast.Call) else decorator
				if dotted(called) in ("frappe.whitelist", "whitelist"):
					found[f"{module_name(path)}.{node.name}"] = (path, node, decorator)
	assert len(found) > 10
	return found


@cache
def doctypes() -> dict[str, dict]:
	"""Return every DocType of the app by its name."""
	files = sorted((MODULE / "doctype").glob("*/*.json"))
	found = {doctype["name"]: doctype for doctype in (json.loads(path.read_text("utf-8")) for path in files)}
	assert len(found) >= 12
	return found


def fields(doctype: str) -> dict[str, dict]:
	return {field["fieldname"]: field for field in doctypes()[doctype]["fields"]}


@cache
def hooks() -> dict[str, object]:
	"""Return the values of hooks.py, which are literals, by name."""
	return {
		node.targets[0].id: ast.literal_eval(node.value)
		for node in tree(APP / "hooks.py").body
		if isinstance(node, ast.Assign)
	}


def strings(value: object) -> Iterator[str]:
	"""Return every string in a nested value, keys included."""
	if isinstance(value, str):
		yield value
	elif isinstance(value, dict):
		for key, inner in value.items():
			yield from strings(key)
			yield from strings(inner)
	elif isinstance(value, list | tuple):
		for inner in value:
			yield from strings(inner)


def tracked() -> list[tuple[str, Path]]:
	"""Return (mode, path) of every file in Git; of every file of the tree if there is no Git."""
	command = ["git", "-C", ROOT, "ls-files", "--stage"]
	try:
		listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
	except (OSError, subprocess.CalledProcessError):
		listing = ""
	if listing:
		return [(line.split()[0], ROOT / line.split("\t", 1)[1]) for line in listing.splitlines()]
	folders = [ROOT / name for name in ("micro_experiences", "preview", "tests", "tools")]
	files = [path for folder in folders for path in folder.rglob("*") if "__pycache__" not in path.parts]
	return [("", path) for path in files]


def scrub(name: str) -> str:
	return name.lower().replace(" ", "_").replace("-", "_")


def js_files(*folders: Path) -> list[Path]:
	found = [p for folder in folders or (APP,) for p in sorted(folder.rglob("*.js")) if "dist" not in p.parts]
	assert found
	return found


def js_code(path: Path) -> str:
	"""Return a script without its comments."""
	token = re.compile(
		r"""(//[^\n]*|/\*.*?\*/)|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`""", re.DOTALL
	)
	return token.sub(lambda match: "" if match[1] else match[0], path.read_text("utf-8"))
