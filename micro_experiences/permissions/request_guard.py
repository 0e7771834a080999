"""Request guard: only methods that are known to check permissions may be called on guarded records.

Frappe has methods that filter, count or compare across all rows of a table; repeated calls can reveal the text of a hidden
note. New versions add more of them, so `permissions.allowed_methods` lists the methods that check permissions, and every
other method is denied access to guarded DocTypes.
"""

import re

import frappe
from frappe import _

from micro_experiences.domain.visibility import GUARDED_DOCTYPES
from micro_experiences.permissions.allowed_methods import ALLOWED_METHODS, RECORD_ARGUMENTS
from micro_experiences.permissions.request_inspection import (
	DOCUMENT_METHOD_RUNNERS,
	get_called_method,
	get_guarded_arguments,
	get_nested_methods,
	may_concern_guarded_records,
	parse_json_or_none,
)
from micro_experiences.utils.errors import throw
from micro_experiences.utils.resilience import log_exception

_SEARCH_METHODS = ("frappe.desk.search.search_link", "frappe.desk.search.search_widget")
_GROUP_BY_METHOD = "frappe.desk.listview.get_group_by_count"
# Methods that reach guarded records without naming their DocType.
_COUNT_METHOD = "frappe.desk.notifications.get_open_count"
_CHART_METHOD = "frappe.desk.doctype.dashboard_chart.dashboard_chart.get"
# Frappe's documents whose methods concern a DocType and not its records.
_DOCTYPE_TOOLS = ("Customize Form", "Document Naming Settings")
_DOCTYPE_ARGUMENT = re.compile(r"doctype|document_type|doc_type|reference_type|^dt$")


def authorize_request() -> None:
	"""Deny a request that would bypass the permissions on guarded records (`auth_hooks`). Raises PermissionError.

	Runs in each request after authentication. An unexpected error denies requests that concern guarded records and
	never affects others.
	"""
	if not may_concern_guarded_records():
		return
	try:
		direct = get_called_method()
		others = get_nested_methods() - {direct}
		allowed = _restrict_indirect_access(direct, others) and _is_request_allowed(direct, others)
	except frappe.PermissionError:
		raise
	except Exception:
		log_exception("request guard")
		allowed = False
	if not allowed:
		_deny_request()


def _restrict_indirect_access(direct: str | None, others: set[str]) -> bool:
	"""Restrict methods that reach guarded records without naming them, and return whether the request may continue.

	Charts are denied, counts exclude guarded DocTypes, and searches apply User Permissions.
	"""
	if others & {_COUNT_METHOD, _CHART_METHOD} or (direct == _CHART_METHOD and _is_guarded_chart()):
		return False
	if direct == _COUNT_METHOD:
		_exclude_guarded_counts()
	if direct in _SEARCH_METHODS:
		frappe.form_dict["ignore_user_permissions"] = 0
	return True


def _is_request_allowed(direct: str | None, others: set[str]) -> bool:
	keys = get_guarded_arguments(passing=("reference_doctype",) if direct in _SEARCH_METHODS else ())
	if not keys:
		return True
	# A print link with a key bypasses permissions.
	frappe.form_dict.pop("key", None)
	by_key = any(_DOCTYPE_ARGUMENT.search(key) for key in keys)
	if not all(_is_method_allowed(method, by_key) for method in {direct, *others} if method):
		return False
	# If another method calls these, the arguments checked below are not theirs.
	if others & {*RECORD_ARGUMENTS, *DOCUMENT_METHOD_RUNNERS, _GROUP_BY_METHOD}:
		return False
	if direct in RECORD_ARGUMENTS:
		doctype, name = (frappe.form_dict.get(argument) for argument in RECORD_ARGUMENTS[direct])
		return doctype not in GUARDED_DOCTYPES or _can_read(doctype, name)
	# Grouping by a field checks permissions; counting assignments does not.
	if direct == _GROUP_BY_METHOD:
		return frappe.form_dict.get("field") not in (None, "assigned_to")
	return direct not in DOCUMENT_METHOD_RUNNERS or not by_key or _runs_on_guarded_document()


def _is_method_allowed(method: str, by_key: bool) -> bool:
	"""Return whether a method may be called with a guarded DocType in its arguments.

	Methods of other apps may contain such a name in a text that a user typed, so they are denied only if it is passed as
	a DocType.
	"""
	app = method.partition(".")[0]
	if app == "frappe":
		return method in ALLOWED_METHODS
	return app == "micro_experiences" or not by_key


def _can_read(doctype: str, name: object) -> bool:
	return (
		isinstance(name, str)
		and bool(frappe.db.exists(doctype, name))
		and bool(frappe.has_permission(doctype, "read", doc=name))
	)


def _runs_on_guarded_document() -> bool:
	"""Return whether the document to run a method on is guarded and checks permissions, or concerns a DocType."""
	form = frappe.form_dict
	posted = [parse_json_or_none(form.get(argument)) for argument in ("docs", "document")]
	kinds = {doc.get("doctype") for doc in posted if isinstance(doc, dict)} | {form.get("dt")} - {None}
	return kinds <= {*GUARDED_DOCTYPES, *_DOCTYPE_TOOLS}


def _is_guarded_chart() -> bool:
	"""Return whether a request is for a chart of guarded records.

	Heat maps check no permissions, and Frappe caches the values of a chart across users.
	"""
	form = frappe.form_dict
	chart = parse_json_or_none(form.get("chart"))
	chart = chart if isinstance(chart, dict) else {}
	if chart.get("document_type") in GUARDED_DOCTYPES:
		return True
	names = {name for name in (form.get("chart_name"), chart.get("name")) if isinstance(name, str)}
	return any(
		frappe.db.get_value("Dashboard Chart", name, "document_type") in GUARDED_DOCTYPES for name in names
	)


def _exclude_guarded_counts() -> None:
	"""Exclude guarded DocTypes from connection counts, which check no permissions; `api.connections` counts them."""
	form = frappe.form_dict
	items = parse_json_or_none(form.get("items"))
	if items is None and isinstance(doctype := form.get("doctype"), str):
		groups = frappe.get_meta(doctype).get_dashboard_data().transactions or ()
		items = [item for group in groups for item in group.get("items") or ()]
	form["items"] = [item for item in items or () if item not in GUARDED_DOCTYPES]


def _deny_request() -> None:
	throw(
		_(
			"This is not available for notes, gestures and follow-ups because it does not check who is allowed to see them."
		),
		frappe.PermissionError,
	)
