"""Inspection of a request: the called method, other methods in its arguments, and guarded DocTypes at any depth."""

import re
from collections.abc import Iterator

import frappe

from micro_experiences.domain.visibility import GUARDED_DOCTYPES

DOCUMENT_METHOD_RUNNERS = ("frappe.handler.run_doc_method", "frappe.api.v2.run_doc_method")
# Every request that concerns guarded records contains one of these; most other requests end after this quick check.
_GUARDED_TERMS = (*GUARDED_DOCTYPES, "get_open_count", "dashboard_chart", "Dashboard Chart")
# Search text names no DocType, and `__onload` holds data that the app itself sent to the form.
_IGNORED_ARGUMENTS = ("txt", "text", "search_term", "__onload")
_METHOD_PATH = re.compile(r"[A-Za-z_]\w*(\.\w+)+")


def may_concern_guarded_records() -> bool:
	"""Return whether the request may concern guarded records; a quick check without false negatives."""
	texts = (text for _key, text in _iterate_texts(frappe.form_dict, opened=False))
	return contains_guarded_term(frappe.request.path) or any(contains_guarded_term(text) for text in texts)


def contains_guarded_term(text: str) -> bool:
	"""Return whether a text contains a term that can identify a guarded record."""
	# JSON can escape any letter as \uXXXX, repeatedly if JSON is nested in JSON.
	return any(sign in text for sign in _GUARDED_TERMS) or "\\u" in text


def get_called_method() -> str | None:
	"""Return the full path of the whitelisted method that Frappe calls for this request.

	None for pages, and for the API's document and list endpoints, which check permissions.
	"""
	if isinstance(cmd := frappe.form_dict.get("cmd"), str):
		return _resolve_method(cmd if "." in cmd else f"frappe.handler.{cmd}")
	_before, _method, called = frappe.request.path.partition("/method/")
	first, *rest = called.strip("/").split("/")
	if not (frappe.request.path.startswith("/api/") and first):
		return None
	if frappe.request.path.startswith("/api/v2/"):
		if first == "run_doc_method":
			return "frappe.api.v2.run_doc_method"
		if rest:
			return _resolve_method(f"{_get_module_path(first)}.{rest[0]}")
	return _resolve_method(first if "." in first else f"frappe.handler.{first}")


def get_nested_methods() -> set[str]:
	"""Return the methods named in the arguments, which the called method may run."""
	return {method for _key, text in _iterate_texts(frappe.form_dict) if (method := _resolve_method(text))}


def get_guarded_arguments(passing: tuple[str, ...] = ()) -> set[str]:
	"""Return the names of the arguments, at any depth, that contain a guarded DocType; "doctype" for the URL path.

	Arguments in `passing` are ignored.
	"""
	keys = {
		key
		for key, text in _iterate_texts(frappe.form_dict)
		if key not in passing and _names_guarded_doctype(text)
	}
	if any(_names_guarded_doctype(part) for part in frappe.request.path.split("/")):
		keys.add("doctype")
	return keys


def parse_json_or_none(value: object) -> object:
	"""Return the parsed JSON, or None if it is invalid; Frappe reports invalid JSON itself."""
	try:
		return frappe.parse_json(value)
	except ValueError:
		return None


def _get_module_path(doctype: str) -> str | None:
	from frappe.modules.utils import load_doctype_module

	try:
		return load_doctype_module(doctype).__name__
	except Exception:
		return None


def _resolve_method(text: str) -> str | None:
	"""Return the path at which a whitelisted method is defined, regardless of the path it is called by, or None."""
	text = text.strip()
	if not _METHOD_PATH.fullmatch(text) or text.partition(".")[0] not in frappe.get_installed_apps():
		return None
	if text in DOCUMENT_METHOD_RUNNERS:
		return text
	try:
		method = frappe.get_attr(text)
	except Exception:
		# Frappe fails on it as well.
		return None
	if not callable(method) or method not in frappe.whitelisted:
		return None
	return f"{method.__module__}.{method.__name__}"


def _names_guarded_doctype(text: str) -> bool:
	return text.strip() in GUARDED_DOCTYPES or (
		"tab" in text and any(f"tab{doctype}" in text for doctype in GUARDED_DOCTYPES)
	)


def _iterate_texts(value: object, opened: bool = True) -> Iterator[tuple[str, str]]:
	"""Yield (argument or nested key, text) for every text in a request's arguments; keys count as texts too.

	With `opened`, texts inside JSON strings are included. Not recursive, because the depth of the input is not limited.
	"""
	waiting = [("", value)]
	while waiting:
		key, value = waiting.pop()
		if isinstance(value, str):
			yield key, value
			if (
				opened
				and value.lstrip()[:1] in ("[", "{", '"')
				and isinstance(inner := parse_json_or_none(value), dict | list | str)
			):
				waiting.append((key, inner))
		elif isinstance(value, dict):
			for name, inner in value.items():
				if name not in _IGNORED_ARGUMENTS:
					waiting += [(key, str(name)), (str(name), inner)]
		elif isinstance(value, list | tuple):
			waiting += [(key, inner) for inner in value]
