"""What the documents promise is there: files, targets of make, and a command for every figure."""

import re
from pathlib import Path

import pytest
from app_source import ROOT, make_targets

DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / ".github").glob("*.md")]
EVERY = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
# Hidden folders come and go with make, but for these two.
ROOMS = {path.name for path in ROOT.iterdir() if path.name[0] != "."} | {".ci", ".github"}
# A number with what it counts: 38 s, 9.9 %, 2 kB, 1,000 a second.
FIGURE = re.compile(
	r"\d[\d.,]*\s?(?:%|\u00d7|[\u00b5m]?s\b|seconds?\b|minutes?\b|hours?\b|[kMG]B\b|times\b|(?:a|per) (?:second|minute))"
)
COMMAND = re.compile(r"^(?:make [a-z-]+|.*\b(benchmarks/\w+\.py))", re.MULTILINE)


def code_of(text: str) -> list[str]:
	"""What a document shows as code: its blocks, line by line, and its words between backticks."""
	blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
	spans = re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))
	return [
		" ".join(code.split()) for code in [line for block in blocks for line in block.split("\n")] + spans
	]


def sections(text: str) -> dict[str, str]:
	"""The text under each heading; comments in blocks of code are no headings."""
	parts = re.split(r"^#{1,3} ([A-Z].*)$", text, flags=re.MULTILINE)
	return dict(zip(parts[1::2], parts[2::2], strict=True))


@EVERY
def test_every_path_in_a_document_exists(path):
	codes = code_of(path.read_text("utf-8"))
	named = {word for code in codes for word in re.findall(r"[\w.-]+(?:/[\w.-]*)+", code)}
	named = {word for word in named if word.split("/")[0] in ROOMS}
	named |= set(re.findall(r"\]\((?!https?:|#)([^)]+)\)", path.read_text("utf-8")))
	assert not [word for word in named if not (ROOT / word).exists()]


@EVERY
def test_every_target_in_a_document_exists(path):
	named = {
		target for code in code_of(path.read_text("utf-8")) for target in re.findall(r"^make ([a-z-]+)", code)
	}
	assert named <= make_targets()


def test_there_are_documents_to_check():
	assert {"README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"} <= {
		path.name for path in DOCUMENTS
	}
	assert len(make_targets()) > 10


@pytest.mark.parametrize(("heading", "text"), sections((ROOT / "README.md").read_text("utf-8")).items())
def test_a_figure_stands_beside_the_command_that_measures_it(heading, text):
	assert not FIGURE.search(text) or COMMAND.search("\n".join(code_of(text))), heading


def test_the_check_knows_a_figure():
	for text in ("9.9 %", "103.2 ms", "in 38 seconds", "1,000 a second", "2 kB", "5 times"):
		assert FIGURE.search(text), text
	for text in ("version 15", "| 50, Month |", "Frappe 15.101", "at most three lines"):
		assert not FIGURE.search(text), text


def test_every_benchmark_is_named_and_says_how_it_is_run():
	files: list[Path] = sorted((ROOT / "benchmarks").glob("*.py"))
	assert files
	readme = (ROOT / "README.md").read_text("utf-8")
	for file in files:
		assert f"benchmarks/{file.name}" in readme
		assert f"benchmarks/{file.name}" in file.read_text("utf-8").split('"""')[1]
