"""Scripts of our DocTypes declare nothing at their top: Frappe joins every app's script of a DocType into one."""

import re

import pytest
from app_source import APP, MODULE, js_code, js_files

BEGINNINGS = ("frappe.ui.form.on(", "frappe.listview_settings[", "frappe.views.calendar[")
FILES = js_files(MODULE / "doctype")


def top_level(code: str) -> list[str]:
	"""The statements of a script that stand in no bracket, each cut at its first inner bracket."""
	statements, current, depth = [], "", 0
	for char in code:
		if char in "([{":
			current += char if depth == 0 else ""
			depth += 1
		elif char in ")]}":
			depth -= 1
			assert depth >= 0
		elif depth == 0:
			if char == ";":
				statements.append(current)
				current = ""
			else:
				current += char
	assert depth == 0
	return [s for text in [*statements, current] if (s := " ".join(text.split()))]


def test_the_reader_of_scripts_sees_declarations():
	code = (
		'const A = 1;\nfrappe.ui.form.on("X", { a() { const b = 2; } });\nfunction f() { let x; }\nclass C {}'
	)
	assert [s.split()[0] for s in top_level(code)] == ["const", "frappe.ui.form.on(", "function"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_doctype_script_declares_nothing_at_its_top(path):
	statements = top_level(js_code(path))
	assert statements
	for statement in statements:
		assert statement.startswith(BEGINNINGS), f"{path.name}: {statement[:60]}"
	assert not re.search(r"^(export|import)\b", js_code(path), re.MULTILINE)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_doctype_script_is_about_its_own_doctype(path):
	names = re.findall(
		r"^frappe\.(?:ui\.form\.on\(|listview_settings\[|views\.calendar\[)\"([^\"]+)\"",
		js_code(path, keep_strings=True),
		re.MULTILINE,
	)
	assert names
	for name in names:
		assert name.lower().replace(" ", "_") == path.parent.name


def test_scripts_of_forms_are_modules():
	"""They reach the Desk in a bundle, where a declaration is nobody else's."""
	forms = js_files(APP / "public" / "js")
	assert len(forms) > 10
	assert not list((APP / "public" / "js").rglob("*.min.js"))
	for path in forms:
		assert re.search(r"^(import|export)\b", js_code(path), re.MULTILINE), path.name


@pytest.mark.parametrize(
	"refused", [r"\beval\(", r"new Function\(", r"document\.write", r"dashboard\.add_comment", r"localStorage\.clear", r"console\.log"]
)  # fmt: skip
def test_what_no_script_does(refused):
	assert not [path.name for path in js_files() if re.search(refused, js_code(path))]
