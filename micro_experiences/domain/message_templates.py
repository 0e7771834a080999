"""Message templates: the suggested message of a gesture, from the template of its type."""

from collections.abc import Mapping

from jinja2 import TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from micro_experiences.domain.text import shorten

_ENVIRONMENT = ImmutableSandboxedEnvironment(autoescape=False)
_ENVIRONMENT.globals.clear()
_MAX_MESSAGE_LENGTH = 1000

# Text, values and conditions are allowed. Loops, calls and arithmetic could block a worker for hours.
_ALLOWED_NODES = (
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
_ALLOWED_FILTERS = {"capitalize", "d", "default", "first", "last", "lower", "title", "trim", "upper"}


def get_person_name(customer: Mapping, contact: Mapping | None) -> str:
	"""Return how a message names the person it is for, "" if nobody is known: a company is not a person.

	`customer` has `customer_name` and `customer_type`; `contact` is its primary or only contact, with `first_name`
	and `full_name`. An Individual is the person, even if the contact is somebody else.
	"""
	if customer["customer_type"] == "Individual" and not _is_same_name(contact, customer["customer_name"]):
		return customer["customer_name"] or ""
	return (contact and contact["first_name"]) or ""


def _is_same_name(contact: Mapping | None, name: str | None) -> bool:
	return bool(contact) and (contact["full_name"] or "").casefold() == (name or "").casefold()


def render_message(template: str | None, **values: str | None) -> str:
	"""Render the template (Jinja2, sandboxed) with its values; missing values are empty.

	Returns plain text of at most 1,000 characters, and "" if the template fails: a bad template must not stop
	a gesture.
	"""
	try:
		_check_nodes(template)
		text = _ENVIRONMENT.from_string(template or "").render({k: v or "" for k, v in values.items()})
	except Exception:  # a template can raise any exception
		return ""
	return shorten(" ".join(text.split()), _MAX_MESSAGE_LENGTH)


def get_template_error(template: str | None) -> str | None:
	"""Return the problem with a template, or None."""
	try:
		_check_nodes(template)
	except TemplateError as error:
		return str(error)
	except Exception:  # for example, nesting too deep for the parser
		return "it cannot be parsed"
	return None


def _check_nodes(template: str | None) -> None:
	"""Raise TemplateError if a template is invalid or uses a construct that is not allowed."""
	for node in _ENVIRONMENT.parse(template or "").find_all(nodes.Node):
		unknown = (isinstance(node, nodes.Filter) and node.name not in _ALLOWED_FILTERS) or (
			isinstance(node, nodes.Test) and node.name not in _ENVIRONMENT.tests
		)
		if unknown or not isinstance(node, _ALLOWED_NODES):
			what = getattr(node, "name", None) or type(node).__name__.lower()
			raise TemplateError(f"a message cannot use {what!r}")
