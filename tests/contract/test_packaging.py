"""What bench, pip and the Marketplace ask of a package."""

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

from micro_experiences.domain.sensitive_words import LANGUAGES

try:
	import tomllib
except ModuleNotFoundError:  # Python 3.10; pytest brings it there
	import tomli as tomllib

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]
TEXT = {".py", ".js", ".mjs", ".scss", ".css", ".html", ".md", ".toml", ".txt", ".yml", ".yaml"}


@pytest.mark.parametrize("name", ["frappe", "erpnext"])
def test_the_frameworks_are_bounded_on_both_sides(name):
	bounds = PYPROJECT["tool"]["bench"]["frappe-dependencies"][name]
	lower, upper = re.fullmatch(r">=(\d+)\.\d+\.\d+(?:-dev)?,\s*<(\d+)\.\d+\.\d+(?:-dev)?", bounds).groups()
	assert int(lower) < int(upper)


def test_every_required_app_is_bounded():
	assert set(PYPROJECT["tool"]["bench"]["frappe-dependencies"]) == {
		"frappe",
		*(app.split("/")[-1] for app in hooks()["required_apps"]),
	}


def test_the_frameworks_are_no_dependencies_of_pip():
	names = {re.match(r"[\w.-]+", line)[0].lower() for line in PROJECT["dependencies"]}
	assert names
	assert not names & {"frappe", "erpnext", "frappe-bench"}
	assert not names & {"pytest", "hypothesis", "playwright"}, "what tests need is an extra"


@pytest.mark.parametrize("extra", ["preview", "lint", "test"])
def test_the_extras_are_there(extra):
	assert PROJECT["optional-dependencies"][extra]


def test_the_tools_that_judge_are_pinned():
	"""A newer one must not fail today's code by itself."""
	assert not [line for line in PROJECT["optional-dependencies"]["lint"] if "==" not in line]
	tools = json.loads((ROOT / ".ci" / "package.json").read_text("utf-8"))
	assert tools["private"] and "dependencies" not in tools
	assert not [name for name, version in tools["devDependencies"].items() if not version[0].isdigit()]


def test_the_lock_names_no_registry_but_the_public_one():
	packages = json.loads((ROOT / ".ci" / "package-lock.json").read_text("utf-8"))["packages"]
	assert len(packages) > 20
	for name, package in packages.items():
		assert package.get("resolved", "https://registry.npmjs.org/").startswith(
			"https://registry.npmjs.org/"
		), name
		assert not name or package["integrity"].startswith("sha512-"), name


def test_bench_finds_no_packages_of_node_to_install():
	"""Where a package.json lies at the top, `bench get-app` runs yarn on every site."""
	assert not (ROOT / "package.json").exists()


def test_every_dependency_says_why():
	listed = re.findall(
		r'^(\t.*)\n\t"[\w-]+[^"]*",$', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE
	)
	extras = [line for lines in PROJECT["optional-dependencies"].values() for line in lines]
	dependencies = len(PROJECT["dependencies"]) + len(extras)
	assert len([line for line in listed if line.startswith("\t#")]) == dependencies


def test_one_python_version_is_the_least():
	least = PROJECT["requires-python"].removeprefix(">=")
	assert PYPROJECT["tool"]["ruff"]["target-version"] == "py" + least.replace(".", "")
	assert "requires-python" in (ROOT / ".ci" / "prepare").read_text("utf-8")


def test_the_version_stands_in_one_place():
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


def test_the_changelog_tells_of_every_version():
	"""The newest first, and this one among them."""
	headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
	versions = [tuple(map(int, heading.split("."))) for heading in headings if heading != "Unreleased"]
	assert "Unreleased" not in headings[1:]
	assert versions == sorted(set(versions), reverse=True)
	current = re.search(r'"([\d.]+)', (APP / "__init__.py").read_text("utf-8"))[1]
	assert tuple(map(int, current.split("."))) == versions[0]


def test_the_package_says_what_it_is():
	assert PROJECT["name"] == hooks()["app_name"]
	assert PROJECT["description"].strip()
	assert PROJECT["license"] == {"text": "MIT"} or PROJECT["license"] == "MIT"
	assert (ROOT / PROJECT["readme"]).is_file()


def test_modules_are_listed():
	modules = (APP / "modules.txt").read_text("utf-8").split("\n")
	assert {line for line in modules if line} == {doctype["module"] for doctype in doctypes().values()}
	assert [scrub(line) for line in modules if line] == [MODULE.name]


def patches() -> list[str]:
	"""The dotted paths of patches.txt."""
	text = (APP / "patches.txt").read_text("utf-8")
	assert [line for line in text.splitlines() if line.startswith("[")] == [
		"[pre_model_sync]",
		"[post_model_sync]",
	]
	lines = (line.split("#")[0].strip() for line in text.splitlines())
	return [line for line in lines if line and not line.startswith("[")]


def test_every_patch_is_listed_once_and_exists():
	files = [
		path for path in (APP / "patches").rglob("*.py") if not path.name.startswith(("__init__", "test_"))
	]
	found = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files]
	assert sorted(patches()) == sorted(found), "no execute: lines, nothing twice, nothing forgotten"
	assert not [path for path in found if not function_at(f"{path}.execute")]


def test_every_patch_is_proved_to_repeat_safely():
	"""Its test stands beside it and calls it twice: a migration that broke off starts again."""
	for path in patches():
		package, name = path.rsplit(".", 1)
		file = module_file(f"{package}.test_{name}")
		assert file, f"{path} has no test beside it"
		runs = [call for call in calls(file) if dotted(call.func).split(".")[-1] == "execute"]
		assert len(runs) >= 2, f"{file.name} runs it once"


def test_the_words_that_are_asked_about_come_with_the_package():
	"""They lie in a folder without code, which setuptools packs as data."""
	assert PYPROJECT["tool"]["setuptools"]["package-data"] == {"micro_experiences": ["**/*"]}
	lists = {path for _mode, path in tracked() if path.parent == APP / "domain" / "words"}
	assert {path.stem for path in lists} == set(LANGUAGES)
	assert {path.suffix for path in lists} == {".json"}


def test_no_link_is_tracked():
	files = tracked()
	assert len(files) > 50
	assert not [path for mode, path in files if mode == "120000" or path.is_symlink()]


def test_nothing_that_is_built_is_tracked():
	built = re.compile(
		r"(^|/)(__pycache__|node_modules|dist|build|\.venv[^/]*|\.hypothesis|\.preview)(/|$)|\.pyc$|\.egg-info"
	)
	assert not [path for _mode, path in tracked() if built.search(path.relative_to(ROOT).as_posix())]


def test_every_folder_of_code_is_a_package():
	folders = {path.parent for path in APP.rglob("*.py")}
	assert len(folders) > 15
	assert not [folder for folder in folders if not (folder / "__init__.py").is_file()]
