"""What a request names: the method that is called, other methods, and DocTypes of ours, wherever in its arguments they stand."""

import re
from collections.abc import Iterator

import frappe

from micro_experiences.domain.sight import GUARDED

RUNS = ("frappe.handler.run_doc_method", "frappe.api.v2.run_doc_method")
# What any request of ours has in it, or one that reaches ours without naming it: nearly all others are done with after this look.
_SIGNS = (*GUARDED, "get_open_count", "dashboard_chart", "Dashboard Chart")
# What is typed to search by names nothing; what an open form has with it from us, the form has not asked for.
_SAYS_NOTHING = ("txt", "text", "search_term", "__onload")
_METHOD = re.compile(r"[A-Za-z_]\w*(\.\w+)+")


def may_be_about_ours() -> bool:
	"""A quick look, that passes over nothing of ours."""
	texts = (text for _key, text in _texts(frappe.form_dict, opened=False))
	return has_a_sign(frappe.request.path) or any(map(has_a_sign, texts))


def has_a_sign(text: str) -> bool:
	# JSON may spell any letter by its number, within a text of JSON again and again.
	return any(sign in text for sign in _SIGNS) or "\\u" in text


def direct_method() -> str | None:
	"""The full name of the method that Frappe will call for this request, where it is whitelisted; None for the others:
	pages, and the roads of the API to a document and to a list, which ask."""
	if isinstance(cmd := frappe.form_dict.get("cmd"), str):
		return _resolved(cmd if "." in cmd else f"frappe.handler.{cmd}")
	_before, _method, called = frappe.request.path.partition("/method/")
	first, *rest = called.strip("/").split("/")
	if not (frappe.request.path.startswith("/api/") and first):
		return None
	if frappe.request.path.startswith("/api/v2/"):
		if first == "run_doc_method":
			return "frappe.api.v2.run_doc_method"
		if rest:
			return _resolved(f"{_module_of(first)}.{rest[0]}")
	return _resolved(first if "." in first else f"frappe.handler.{first}")


def methods_within() -> set[str]:
	"""The methods that the arguments name, for the direct one to call."""
	return {method for _key, text in _texts(frappe.form_dict) if (method := _resolved(text))}


def keys_of_ours(passing: tuple[str, ...] = ()) -> set[str]:
	"""The arguments, at any depth, in which the request names a DocType of ours; "doctype" for its path. `passing` may."""
	keys = {key for key, text in _texts(frappe.form_dict) if key not in passing and _names_ours(text)}
	if any(_names_ours(part) for part in frappe.request.path.split("/")):
		keys.add("doctype")
	return keys


def parsed(value: object) -> object:
	"""What a text of JSON holds; None for any other text, on which Frappe stumbles by itself."""
	try:
		return frappe.parse_json(value)
	except ValueError:
		return None


def _module_of(doctype: str) -> str | None:
	from frappe.modules.utils import load_doctype_module

	try:
		return load_doctype_module(doctype).__name__
	except Exception:
		return None


def _resolved(text: str) -> str | None:
	"""The full name under which a whitelisted method was written, whatever path it is called by; None for any other text."""
	text = text.strip()
	if not _METHOD.fullmatch(text) or text.partition(".")[0] not in frappe.get_installed_apps():
		return None
	if text in RUNS:
		return text
	try:
		method = frappe.get_attr(text)
	except Exception:
		# Frappe will stumble over it as well.
		return None
	if not callable(method) or method not in frappe.whitelisted:
		return None
	return f"{method.__module__}.{method.__name__}"


def _names_ours(text: str) -> bool:
	return text.strip() in GUARDED or ("tab" in text and any(f"tab{doctype}" in text for doctype in GUARDED))


def _texts(value: object, opened: bool = True) -> Iterator[tuple[str, str]]:
	"""Every text in the arguments of a request, with the argument (or the key within one) that it stands under; keys count as
	texts too. `opened`: also those within JSON within JSON. Not recursive: what is sent may be as deep as it likes."""
	waiting = [("", value)]
	while waiting:
		key, value = waiting.pop()
		if isinstance(value, str):
			yield key, value
			if (
				opened
				and value.lstrip()[:1] in ("[", "{", '"')
				and isinstance(inner := parsed(value), dict | list | str)
			):
				waiting.append((key, inner))
		elif isinstance(value, dict):
			for name, inner in value.items():
				if name not in _SAYS_NOTHING:
					waiting += [(key, str(name)), (str(name), inner)]
		elif isinstance(value, list | tuple):
			waiting += [(key, inner) for inner in value]
