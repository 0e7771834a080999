"""The decorator that lets a whitelisted method return the updated banner of its customer."""

import inspect
from collections.abc import Callable
from functools import wraps

from micro_experiences.services.banner import get_banner_payload
from micro_experiences.utils.touchpoints import FormContext

_FORM_ARGUMENTS = ("reference_doctype", "reference_name", "contact")


def respond_with_banner(method: Callable) -> Callable:
	"""Return the response of `method` with the banner of its customer added as `banner`.

	`method` receives a FormContext as its first argument, and returns a dict with `customer`, which the banner
	replaces. The decorated method takes the form as `reference_doctype`, `reference_name` and `contact` (all
	optional), so that Frappe passes and checks them like any other argument of a request.
	"""

	@wraps(method)
	def wrapped(*args, reference_doctype=None, reference_name=None, contact=None, **kwargs):
		form = FormContext(reference_doctype, reference_name, contact)
		response = method(form, *args, **kwargs)
		customer = response.pop("customer")
		return response | {"banner": get_banner_payload(customer, form.reference, contact, form.company)}

	_add_form_arguments(wrapped, method)
	return wrapped


def _add_form_arguments(wrapped: Callable, method: Callable) -> None:
	"""Replace the FormContext in the signature, which Frappe reads, by the three arguments of a request."""
	signature = inspect.signature(method)
	form, *others = signature.parameters.values()
	annotation = str | None
	added = [
		inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
		for name in _FORM_ARGUMENTS
	]
	wrapped.__signature__ = signature.replace(parameters=[*others, *added])
	annotations = {name: value for name, value in method.__annotations__.items() if name != form.name}
	wrapped.__annotations__ = annotations | dict.fromkeys(_FORM_ARGUMENTS, annotation)
