"""Words to begin with: the message of a gesture, from the template of its type."""

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

_ENVIRONMENT = ImmutableSandboxedEnvironment(autoescape=False)
_MAX_LENGTH = 1000


def render_message(template: str | None, **values: str | None) -> str:
	"""The template (Jinja2, sandboxed) with its values; what is missing is empty. Plain text of at most 1,000
	characters, and "" where the template fails: a bad template must not stop a gesture."""
	try:
		text = _ENVIRONMENT.from_string(template or "").render({k: v or "" for k, v in values.items()})
	except (TemplateError, TypeError, ValueError, OverflowError, ZeroDivisionError):
		return ""
	return " ".join(text.split())[:_MAX_LENGTH]


def check_template(template: str | None) -> str | None:
	"""What is wrong with a template, or None."""
	try:
		_ENVIRONMENT.parse(template or "")
	except TemplateError as error:
		return str(error)
	return None
