"""The app as files: parsed, never imported, so that its contract can be checked without a bench."""

import ast
import json
import re
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "micro_experiences"
MODULE = APP / "micro_experiences"
# Tests that need a site stand beside what they test; the rules for shipped code are not for them.
_FOR_TESTS = re.compile(r"^(testing/|(.*/)?test_[^/]*\.py$)")


@cache
def python_files(with_tests: bool = False) -> tuple[Path, ...]:
	files = tuple(
		p
		for p in sorted(APP.rglob("*.py"))
		if with_tests or not _FOR_TESTS.match(p.relative_to(APP).as_posix())
	)
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


def module_file(name: str) -> Path | None:
	"""The file of a module that a dotted path names, or None."""
	base = ROOT.joinpath(*name.split("."))
	return next((file for file in (base.with_suffix(".py"), base / "__init__.py") if file.is_file()), None)


def function_at(name: str) -> ast.FunctionDef | None:
	"""The function that a dotted path names, or None."""
	module, _, function = name.rpartition(".")
	file = module_file(module)
	nodes = tree(file).body if file else ()
	return next((n for n in nodes if isinstance(n, ast.FunctionDef) and n.name == function), None)


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


def select_options(doctype: str) -> set[str]:
	"""Every choice of every Select of a DocType."""
	selects = [field for field in fields(doctype).values() if field["fieldtype"] == "Select"]
	return {choice for field in selects for choice in field["options"].split("\n") if choice}


@cache
def hooks() -> dict[str, object]:
	"""What hooks.py says, by name."""
	return {
		node.targets[0].id: ast.literal_eval(node.value)
		for node in tree(APP / "hooks.py").body
		if isinstance(node, ast.Assign)
	}


def tracked() -> list[tuple[str, Path]]:
	"""(mode, path) of every file that git keeps; of every file of the tree where there is no git."""
	try:
		listing = subprocess.run(
			["git", "-C", ROOT, "ls-files", "--stage"], capture_output=True, text=True, check=True
		).stdout
	except (OSError, subprocess.CalledProcessError):
		listing = ""
	if listing:
		return [(line.split()[0], ROOT / line.split("\t", 1)[1]) for line in listing.splitlines()]
	folders = [ROOT / name for name in ("micro_experiences", "preview", "tests", "tools")]
	files = [path for folder in folders for path in folder.rglob("*") if "__pycache__" not in path.parts]
	return [("", path) for path in files]


@cache
def make_targets() -> set[str]:
	"""What can be asked of make."""
	return set(re.findall(r"^([a-z][a-z-]*):(?!=)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


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
