"""Words to begin with: the message of a gesture, from the template of its type."""

from jinja2 import TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from micro_experiences.domain.text import shortened

_ENVIRONMENT = ImmutableSandboxedEnvironment(autoescape=False)
_ENVIRONMENT.globals.clear()
_MAX_LENGTH = 1000

# What a message needs: words, values and conditions. Loops, calls and sums could keep a worker busy for hours.
_NODES = (
	nodes.Template,
	nodes.Output,
	nodes.TemplateData,
	nodes.Const,
	nodes.Name,
	nodes.Concat,
	nodes.If,
	nodes.CondExpr,
	nodes.And,
	nodes.Or,
	nodes.Not,
	nodes.Compare,
	nodes.Operand,
	nodes.Test,
	nodes.Filter,
)
_FILTERS = {"capitalize", "d", "default", "first", "last", "lower", "title", "trim", "upper"}


def render_message(template: str | None, **values: str | None) -> str:
	"""The template (Jinja2, sandboxed) with its values; what is missing is empty. Plain text of at most 1,000
	characters, and "" where the template fails: a bad template must not stop a gesture."""
	try:
		_check(template)
		text = _ENVIRONMENT.from_string(template or "").render({k: v or "" for k, v in values.items()})
	except Exception:  # a template can fail in as many ways as a program
		return ""
	return shortened(" ".join(text.split()), _MAX_LENGTH)


def check_template(template: str | None) -> str | None:
	"""What is wrong with a template, or None."""
	try:
		_check(template)
	except TemplateError as error:
		return str(error)
	except Exception:  # such as nesting too deep for the parser
		return "it cannot be read"
	return None


def _check(template: str | None) -> None:
	"""Raises TemplateError where a template is broken, or uses what no message needs."""
	for node in _ENVIRONMENT.parse(template or "").find_all(nodes.Node):
		unknown = (isinstance(node, nodes.Filter) and node.name not in _FILTERS) or (
			isinstance(node, nodes.Test) and node.name not in _ENVIRONMENT.tests
		)
		if unknown or not isinstance(node, _NODES):
			what = getattr(node, "name", None) or type(node).__name__.lower()
			raise TemplateError(f"a message may not use {what!r}")
