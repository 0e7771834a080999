"""What bench, pip and the Marketplace expect of a package, and that files named in documents and workflows exist."""

import ast
import json
import re

import pytest
from app_source import (
	APP,
	MODULE,
	ROOT,
	calls,
	doctypes,
	dotted,
	function_at,
	hooks,
	module_file,
	scrub,
	tracked,
	tree,
)

try:
	import tomllib
except ModuleNotFoundError:  # Python 3.10: pytest depends on it there
	import tomli as tomllib

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]
TEXT = {".py", ".js", ".mjs", ".scss", ".css", ".html", ".md", ".toml", ".txt", ".yml", ".yaml"}


@pytest.mark.parametrize("name", ["frappe", "erpnext"])
def test_framework_is_bounded_on_both_sides(name):
	bounds = PYPROJECT["tool"]["bench"]["frappe-dependencies"][name]
	lower, upper = re.fullmatch(r">=(\d+)\.\d+\.\d+(?:-dev)?,\s*<(\d+)\.\d+\.\d+(?:-dev)?", bounds).groups()
	assert int(lower) < int(upper)


def test_frameworks_and_test_tools_are_not_dependencies():
	names = {re.match(r"[\w.-]+", line)[0].lower() for line in PROJECT["dependencies"]}
	assert names
	assert not names & {"frappe", "erpnext", "frappe-bench"}
	assert not names & {"pytest", "hypothesis", "playwright"}, "they are in an extra"


def test_linters_are_pinned():
	"""A new release of a linter must not fail the build."""
	assert not [line for line in PROJECT["optional-dependencies"]["lint"] if "==" not in line]
	tools = json.loads((ROOT / ".ci" / "package.json").read_text("utf-8"))
	assert tools["private"] and "dependencies" not in tools
	assert not [name for name, version in tools["devDependencies"].items() if not version[0].isdigit()]


def test_lock_names_only_the_public_registry():
	packages = json.loads((ROOT / ".ci" / "package-lock.json").read_text("utf-8"))["packages"]
	assert len(packages) > 20
	for name, package in packages.items():
		assert package.get("resolved", "https://registry.npmjs.org/").startswith(
			"https://registry.npmjs.org/"
		), name
		assert not name or package["integrity"].startswith("sha512-"), name


def test_no_package_json_at_the_top():
	"""With one, `bench get-app` would run yarn on every site."""
	assert not (ROOT / "package.json").exists()


def test_least_python_version_is_the_same_everywhere():
	least = PROJECT["requires-python"].removeprefix(">=")
	assert PYPROJECT["tool"]["ruff"]["target-version"] == "py" + least.replace(".", "")
	assert "requires-python" in (ROOT / ".ci" / "prepare").read_text("utf-8")


def test_version_is_in_one_place():
	assert "version" not in PROJECT and "version" in PROJECT["dynamic"]
	assert PYPROJECT["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "micro_experiences.__version__"}
	assigned = [
		node.value.value
		for node in tree(APP / "__init__.py").body
		if isinstance(node, ast.Assign) and node.targets[0].id == "__version__"
	]
	assert len(assigned) == 1 and re.fullmatch(r"\d+\.\d+\.\d+\S*", assigned[0])
	assert "app_version" not in hooks()
	assert "version" not in (ROOT / "setup.py").read_text("utf-8")
	version = re.compile(rf"(?<![\d.]){re.escape(assigned[0])}(?![\d.])")
	texts = [path for _mode, path in tracked() if path.suffix in TEXT and path.is_file()]
	assert {path.name for path in texts if version.search(path.read_text("utf-8"))} == {
		"__init__.py",
		"CHANGELOG.md",
	}


def test_changelog_has_the_current_version():
	"""Newest first."""
	headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
	versions = [tuple(map(int, heading.split("."))) for heading in headings if heading != "Unreleased"]
	assert "Unreleased" not in headings[1:]
	assert versions == sorted(set(versions), reverse=True)
	current = re.search(r'"([\d.]+)', (APP / "__init__.py").read_text("utf-8"))[1]
	assert tuple(map(int, current.split("."))) == versions[0]


def test_modules_are_listed():
	modules = (APP / "modules.txt").read_text("utf-8").split("\n")
	assert {line for line in modules if line} == {doctype["module"] for doctype in doctypes().values()}
	assert [scrub(line) for line in modules if line] == [MODULE.name]


def patches() -> list[str]:
	"""Return the dotted paths of patches.txt."""
	text = (APP / "patches.txt").read_text("utf-8")
	assert [line for line in text.splitlines() if line.startswith("[")] == [
		"[pre_model_sync]",
		"[post_model_sync]",
	]
	lines = (line.split("#")[0].strip() for line in text.splitlines())
	return [line for line in lines if line and not line.startswith("[")]


def test_patch_is_listed_once_and_exists():
	files = [
		path for path in (APP / "patches").rglob("*.py") if not path.name.startswith(("__init__", "test_"))
	]
	found = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files]
	assert sorted(patches()) == sorted(found), "no execute: lines, no duplicates, none missing"
	assert not [path for path in found if not function_at(f"{path}.execute")]


def test_patch_is_tested_twice_in_a_row():
	"""A migration that was interrupted runs its patches again."""
	for path in patches():
		package, name = path.rsplit(".", 1)
		file = module_file(f"{package}.test_{name}")
		assert file, f"{path} has no test beside it"
		runs = [call for call in calls(tree(file)) if dotted(call.func).split(".")[-1] == "execute"]
		assert len(runs) >= 2, f"{file.name} runs it once"


def test_no_symlink_is_tracked():
	files = tracked()
	assert len(files) > 50
	assert not [path for mode, path in files if mode == "120000" or path.is_symlink()]


def test_no_built_file_is_tracked():
	built = re.compile(
		r"(^|/)(__pycache__|node_modules|dist|build|\.venv[^/]*|\.hypothesis|\.preview)(/|$)|\.pyc$|\.egg-info"
	)
	assert not [path for _mode, path in tracked() if built.search(path.relative_to(ROOT).as_posix())]


def test_folder_of_code_is_a_package():
	folders = {path.parent for path in APP.rglob("*.py")}
	assert len(folders) > 15
	assert not [folder for folder in folders if not (folder / "__init__.py").is_file()]


DOCUMENTS = [path for _mode, path in tracked() if path.suffix == ".md" and path.is_file()]
TARGETS = set(re.findall(r"^([a-z][a-z-]*):(?!=)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_paths_and_targets_in_a_document_exist(path):
	text = path.read_text("utf-8")
	code = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE) + re.findall(
		r"`([^`\n]+)`", text
	)
	named = {word for words in code for word in re.findall(r"[\w.-]+(?:/[\w.-]*)+", words)}
	tops = {path.name for path in ROOT.iterdir() if path.name[0] != "."} | {".ci", ".github"}
	assert not [word for word in named if word.split("/")[0] in tops and not (ROOT / word).exists()]
	links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
	assert not [link for link in links if not (path.parent / link).exists()]
	targets = {name for words in code for name in re.findall(r"^make ([a-z-]+)", words, re.MULTILINE)}
	assert targets <= TARGETS


def test_targets_that_workflows_and_hooks_run_exist():
	files = [*(ROOT / ".github").rglob("*.yml"), ROOT / ".pre-commit-config.yaml"]
	commands = [
		line
		for file in files
		for line in re.findall(r"^[^#\n]*\bmake (.+)$", file.read_text("utf-8"), re.MULTILINE)
	]
	assert len(commands) > 5
	for command in commands:
		words = [word for word in command.split() if not word.startswith("-") and "=" not in word]
		assert set(words) <= TARGETS, command


def test_workflow_does_not_put_input_into_a_command():
	"""`${{ … }}` in a command would run what somebody wrote into a title or a branch name."""
	for file in (ROOT / ".github").rglob("*.yml"):
		for block in re.findall(
			r"run: (?:\|\n((?:[ ]+.*\n)+?)(?=\s*-|\s*\w+:)|(.*))", file.read_text("utf-8")
		):
			assert "${{" not in "".join(block), file.name
