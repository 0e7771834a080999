"""What git and GitHub run calls the same targets of make that a developer types."""

import re
from collections.abc import Iterator

import pytest
import yaml
from app_source import ROOT, make_targets

GITHUB = ROOT / ".github"
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in GITHUB.glob("workflows/*.yml")}
ACTIONS = {
	path.parent.name: yaml.safe_load(path.read_text("utf-8")) for path in GITHUB.glob("actions/*/action.yml")
}
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
EVERY = pytest.mark.parametrize("name", sorted(WORKFLOWS))
# Programs that are neither a target nor a file of ours.
ELSEWHERE = {"bench", "cd", "pip", "sudo"}


def steps() -> Iterator[tuple[str, dict]]:
	for name, workflow in WORKFLOWS.items():
		for job in workflow["jobs"].values():
			yield from ((name, step) for step in job["steps"])
	for name, action in ACTIONS.items():
		yield from ((name, step) for step in action["runs"]["steps"])


def commands() -> Iterator[tuple[str, str]]:
	"""(where, command) of every line that a workflow or a hook runs."""
	for name, step in steps():
		yield from ((name, line) for line in step.get("run", "").splitlines())
	for repo in HOOKS["repos"]:
		yield from ((hook["id"], hook["entry"]) for hook in repo["hooks"])


def test_the_workflows_are_those_of_the_ecosystem():
	assert set(WORKFLOWS) == {"linters", "server-tests", "migration-test"}
	assert "version-15" in str(ACTIONS["bench"])


@EVERY
def test_a_workflow_may_only_read_and_ends(name):
	workflow = WORKFLOWS[name]
	assert workflow["permissions"] == {"contents": "read"}
	assert "pull_request" in workflow[True], "YAML 1.1 reads `on` as true"
	for job in workflow["jobs"].values():
		assert job["timeout-minutes"] <= 60 and job["runs-on"] == "ubuntu-latest"
		assert any(step.get("run", "").startswith("make ") for step in job["steps"])


def test_every_command_is_a_target_or_a_known_program():
	found = list(commands())
	assert len(found) > 10
	for where, command in found:
		program, *words = command.split()
		if program == "make":
			targets = [word for word in words if not word.startswith("--") and "=" not in word]
			assert targets and set(targets) <= make_targets(), f"{where}: {command}"
		elif program.startswith(".venv-lint/bin/"):
			assert program.removeprefix(".venv-lint/bin/") == "cz"
		else:
			assert program in ELSEWHERE, f"{where}: {command}"


def test_every_action_exists_or_has_a_version():
	used = [step["uses"] for _name, step in steps() if "uses" in step]
	assert len(used) > 5
	for action in used:
		assert (
			(ROOT / action / "action.yml").is_file() if action[0] == "." else re.search(r"@v\d+$", action)
		), action


def test_what_may_be_long_is_not_put_into_a_command():
	"""`${{ … }}` in a command would run what somebody wrote into a title or a branch name."""
	assert not [command for _where, command in commands() if "${{" in command]


def test_the_hooks_call_what_lint_calls():
	makefile = (ROOT / "Makefile").read_text("utf-8")
	checks = re.search(r"^lint: (.+?) ##", makefile, re.MULTILINE)[1].split()
	hooks = {hook["id"] for repo in HOOKS["repos"] for hook in repo["hooks"]}
	assert {repo["repo"] for repo in HOOKS["repos"]} == {"local"}
	assert hooks - {"commit-message"} == set(checks) - {"commit-messages"}
	assert HOOKS["default_install_hook_types"] == ["pre-commit", "commit-msg"]


@pytest.mark.parametrize("path", sorted(GITHUB.glob("ISSUE_TEMPLATE/*.yml")), ids=lambda path: path.name)
def test_an_issue_form_can_be_filled_in(path):
	form = yaml.safe_load(path.read_text("utf-8"))
	assert form["name"] and form["description"]
	inputs = [part for part in form["body"] if part["type"] != "markdown"]
	assert len({part["id"] for part in inputs}) == len(inputs) > 1
	assert all(part["attributes"]["label"] for part in inputs)


def test_ci_checks_the_form_before_it_tests():
	assert (ROOT / ".ci" / "run").read_text("utf-8").rstrip().endswith("make --no-print-directory lint test")
