"""The preview answers every method that the panel calls, with the arguments of the app's own method."""

import ast
import re
from pathlib import Path

import pytest

import micro_experiences
from preview import methods

APP = Path(micro_experiences.__file__).parent
METHOD = re.compile(r'"([a-z_]+\.[a-z_]+)"')
# The panel offers it only while sensitive notes are open to a manager, which they never are in the preview.
OUT_OF_REACH = {"sensitive_notes.end_access"}


def api_arguments() -> dict[str, set[str]]:
	"""Return the arguments of every function in the API of the app, by "module.function"."""
	return {
		f"{path.stem}.{node.name}": {argument.arg for argument in node.args.args}
		for path in (APP / "api").glob("*.py")
		for node in ast.parse(path.read_text("utf-8")).body
		if isinstance(node, ast.FunctionDef)
	}


def called_by_panel() -> set[str]:
	"""Return the methods that the panel calls, and the one that its host calls."""
	texts = (path.read_text("utf-8") for path in (APP / "public" / "js" / "panel").glob("*.js"))
	named = {name for text in texts for name in METHOD.findall(text)}
	return {"banner.get_banner"} | (named & api_arguments().keys())


def test_preview_answers_every_method_that_the_panel_calls():
	called = called_by_panel()
	assert len(called) > 12
	assert called - OUT_OF_REACH <= {*methods.READING, *methods.WRITING}


@pytest.mark.parametrize("method", sorted(called_by_panel() - OUT_OF_REACH))
def test_preview_takes_the_arguments_of_the_app(method):
	# Every method knows the form that shows the panel.
	form = {"form", "reference_doctype", "reference_name", "contact"}
	assert api_arguments()[method] - form == methods.get_argument_names(method) - form
