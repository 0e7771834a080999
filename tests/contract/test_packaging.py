"""What bench, pip and the Marketplace ask of a package."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
from app_source import APP, ROOT, doctypes, function_at, hooks, tree

try:
	import tomllib
except ModuleNotFoundError:  # Python 3.10; pytest brings it there
	import tomli as tomllib

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]


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


def test_the_package_says_what_it_is():
	assert PROJECT["name"] == hooks()["app_name"]
	assert PROJECT["description"].strip()
	assert PROJECT["license"] == {"text": "MIT"} or PROJECT["license"] == "MIT"
	assert (ROOT / PROJECT["readme"]).is_file()


def test_modules_and_patches_are_listed():
	modules = (APP / "modules.txt").read_text("utf-8").split("\n")
	assert {line for line in modules if line} == {doctype["module"] for doctype in doctypes().values()}
	patches = (APP / "patches.txt").read_text("utf-8")
	assert "[pre_model_sync]" in patches and "[post_model_sync]" in patches
	for line in patches.splitlines():
		if (path := line.split("#")[0].strip()) and not path.startswith(("[", "execute:")):
			assert function_at(f"{path}.execute"), path


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
	return [("", path) for path in (*APP.rglob("*"), *(ROOT / "tests").rglob("*"))]


def test_no_link_is_tracked():
	files = tracked()
	assert len(files) > 50
	assert not [path for mode, path in files if mode == "120000" or path.is_symlink()]


def test_nothing_that_is_built_is_tracked():
	built = re.compile(
		r"(^|/)(__pycache__|node_modules|dist|build|\.venv|\.hypothesis)(/|$)|\.pyc$|\.egg-info"
	)
	assert not [path for _mode, path in tracked() if built.search(path.relative_to(ROOT).as_posix())]


def test_every_folder_of_code_is_a_package():
	folders = {path.parent for path in APP.rglob("*.py")}
	assert len(folders) > 15
	assert not [folder for folder in folders if not (folder / "__init__.py").is_file()]
