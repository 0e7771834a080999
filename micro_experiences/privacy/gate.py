"""Which methods may be asked about our records: those of Frappe that are known to ask who may see them, and nobody else's.

Frappe has methods that filter, count or compare with all rows of a table: asked often enough, they tell every word of a
hidden note. Each version brings new ones, so that those are named (`known_methods`) that ask, and every other one is
refused what is ours.
"""

import re

import frappe
from frappe import _

from micro_experiences.desk.safely import tell_log
from micro_experiences.domain.sight import GUARDED
from micro_experiences.privacy.known_methods import KNOWN, NAMES_ONE
from micro_experiences.privacy.named import (
	RUNS,
	direct_method,
	keys_of_ours,
	may_be_about_ours,
	methods_within,
	parsed,
)

_SEARCHES = ("frappe.desk.search.search_link", "frappe.desk.search.search_widget")
_GROUPS = "frappe.desk.listview.get_group_by_count"
# These reach ours without naming it.
_COUNTS = "frappe.desk.notifications.get_open_count"
_CHART = "frappe.desk.doctype.dashboard_chart.dashboard_chart.get"
# Documents of Frappe's whose methods are about the DocType itself, and not about its records.
_ABOUT_DOCTYPES = ("Customize Form", "Document Naming Settings")
_NAMES_A_DOCTYPE = re.compile(r"doctype|document_type|doc_type|reference_type|^dt$")


def ask() -> None:
	"""`auth_hooks`: runs in each request once Frappe knows who asks. Raises PermissionError.

	What goes wrong here is nobody's concern whose request has nothing to do with us, and closed to all others.
	"""
	if not may_be_about_ours():
		return
	try:
		direct = direct_method()
		others = methods_within() - {direct}
		allowed = _reaches_nothing_unnamed(direct, others) and _may_ask(direct, others)
	except frappe.PermissionError:
		raise
	except Exception:
		tell_log("gate")
		allowed = False
	if not allowed:
		_refuse()


def _reaches_nothing_unnamed(direct: str | None, others: set[str]) -> bool:
	"""Of what would reach ours without naming it: charts are refused, counts leave ours out, searches ask the rule of sight."""
	if others & {_COUNTS, _CHART} or (direct == _CHART and _is_chart_of_ours()):
		return False
	if direct == _COUNTS:
		_leave_ours_out()
	if direct in _SEARCHES:
		frappe.form_dict["ignore_user_permissions"] = 0
	return True


def _may_ask(direct: str | None, others: set[str]) -> bool:
	keys = keys_of_ours(passing=("reference_doctype",) if direct in _SEARCHES else ())
	if not keys:
		return True
	# A link with a key opens a print to whoever has the link.
	frappe.form_dict.pop("key", None)
	by_key = any(_NAMES_A_DOCTYPE.search(key) for key in keys)
	if not all(_is_known(method, by_key) for method in {direct, *others} if method):
		return False
	# Called by another method, these would not find the arguments by which they are judged.
	if others & {*NAMES_ONE, *RUNS, _GROUPS}:
		return False
	if direct in NAMES_ONE:
		doctype, name = (frappe.form_dict.get(argument) for argument in NAMES_ONE[direct])
		return doctype not in GUARDED or _may_see(doctype, name)
	# The side bar of a list groups by a field with a list that asks; its assignments are counted past it.
	if direct == _GROUPS:
		return frappe.form_dict.get("field") not in (None, "assigned_to")
	return direct not in RUNS or not by_key or _runs_on_ours()


def _is_known(method: str, by_key: bool) -> bool:
	"""Whether a method may be asked about ours. Those of another app than Frappe may have a word of ours among the words
	that people typed: they are refused only where ours stands as the DocType."""
	app = method.partition(".")[0]
	if app == "frappe":
		return method in KNOWN
	return app == "micro_experiences" or not by_key


def _may_see(doctype: str, name: object) -> bool:
	return (
		isinstance(name, str)
		and bool(frappe.db.exists(doctype, name))
		and bool(frappe.has_permission(doctype, "read", doc=name))
	)


def _runs_on_ours() -> bool:
	"""Whether the document whose method is to be run is one of ours, which asks by itself, or about a DocType."""
	asked = frappe.form_dict
	posted = [parsed(asked.get(argument)) for argument in ("docs", "document")]
	kinds = {doc.get("doctype") for doc in posted if isinstance(doc, dict)} | {asked.get("dt")} - {None}
	return kinds <= {*GUARDED, *_ABOUT_DOCTYPES}


def _is_chart_of_ours() -> bool:
	"""A heat map asks nobody, and Frappe keeps what any chart has shown for whoever looks at it next."""
	asked = frappe.form_dict
	chart = parsed(asked.get("chart"))
	chart = chart if isinstance(chart, dict) else {}
	if chart.get("document_type") in GUARDED:
		return True
	names = {name for name in (asked.get("chart_name"), chart.get("name")) if isinstance(name, str)}
	return any(frappe.db.get_value("Dashboard Chart", name, "document_type") in GUARDED for name in names)


def _leave_ours_out() -> None:
	"""Connections are counted without asking: ours are counted by `desk.connections.counts`."""
	asked = frappe.form_dict
	items = parsed(asked.get("items"))
	if items is None and isinstance(doctype := asked.get("doctype"), str):
		groups = frappe.get_meta(doctype).get_dashboard_data().transactions or ()
		items = [item for group in groups for item in group.get("items") or ()]
	asked["items"] = [item for item in items or () if item not in GUARDED]


def _refuse() -> None:
	frappe.throw(
		_("This is not told of personal notes, gestures and promises: it would not ask who may see them."),
		frappe.PermissionError,
	)
