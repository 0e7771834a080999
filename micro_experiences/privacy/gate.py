"""The methods of Frappe that answer about any record without asking who may see it: refused where they ask about ours.

They filter, count or compare with all rows of a table: asked often enough, they tell every word of a hidden note.
"""

from collections.abc import Iterator

import frappe
from frappe import _

from micro_experiences.domain.sight import GUARDED

# By their last name, because Frappe finds one method under several paths.
_ASK_NOBODY = {
	"get_group_by_count",
	"get_cards_for_user",
	"get_tagged_docs",
	"get_monthly_goal_graph_data",
}
# These ask nobody about one record: the arguments that name it.
_ASK_NOBODY_ABOUT = {"get_next": ("doctype", "value"), "toggle_like": ("doctype", "name")}
_COUNTS = "get_open_count"
_CHART = "get"


def ask() -> None:
	"""`auth_hooks`: runs in each request once Frappe knows who asks. Raises PermissionError."""
	asked, called = frappe.form_dict, _methods()
	if called & _ASK_NOBODY and not (_ASK_NOBODY & called == {"get_group_by_count"} and _grouped_by_field()):
		if set(_strings(asked)) & set(GUARDED):
			_refuse()
	for method in called & _ASK_NOBODY_ABOUT.keys():
		doctype, name = (asked.get(argument) for argument in _ASK_NOBODY_ABOUT[method])
		if doctype in GUARDED and not _may_see(doctype, name):
			_refuse()
	if _CHART in called and _is_chart_of_ours():
		_refuse()
	if _COUNTS in called:
		_leave_ours_out()


def _methods() -> set[str]:
	"""The last names of all methods that this request may lead to: by its path, or as the argument of another one."""
	asked = frappe.form_dict
	named = [*frappe.request.path.split("/"), asked.get("cmd"), asked.get("query"), asked.get("method")]
	return {name.rsplit(".", 1)[-1].strip() for name in named if isinstance(name, str)}


def _strings(value: object) -> Iterator[str]:
	"""Every text in the arguments of a request, also within JSON within JSON."""
	if isinstance(value, str):
		yield value
		if value.lstrip()[:1] in ("[", "{", '"'):
			yield from _strings(_parsed(value))
	elif isinstance(value, dict):
		for key, inner in value.items():
			yield from _strings(key)
			yield from _strings(inner)
	elif isinstance(value, list | tuple):
		for inner in value:
			yield from _strings(inner)


def _parsed(value: object) -> object:
	"""What a text of JSON holds; None for any other text, on which Frappe stumbles by itself."""
	try:
		return frappe.parse_json(value)
	except ValueError:
		return None


def _grouped_by_field() -> bool:
	"""The side bar of a list groups by a field with a list that asks; only its assignments are counted past it."""
	return frappe.form_dict.get("field") not in (None, "assigned_to")


def _may_see(doctype: str, name: object) -> bool:
	return (
		isinstance(name, str)
		and bool(frappe.db.exists(doctype, name))
		and bool(frappe.has_permission(doctype, "read", doc=name))
	)


def _is_chart_of_ours() -> bool:
	"""A heat map asks nobody, and Frappe keeps what any chart has shown for whoever looks at it next."""
	asked = frappe.form_dict
	chart = _parsed(asked.get("chart"))
	chart = chart if isinstance(chart, dict) else {}
	if chart.get("document_type") in GUARDED:
		return True
	names = {name for name in (asked.get("chart_name"), chart.get("name")) if isinstance(name, str)}
	return any(frappe.db.get_value("Dashboard Chart", name, "document_type") in GUARDED for name in names)


def _leave_ours_out() -> None:
	"""Connections are counted without asking: ours are counted by `desk.connections.counts`."""
	asked = frappe.form_dict
	items = _parsed(asked.get("items"))
	if items is None and isinstance(doctype := asked.get("doctype"), str):
		groups = frappe.get_meta(doctype).get_dashboard_data().transactions or ()
		items = [item for group in groups for item in group.get("items") or ()]
	asked["items"] = [item for item in items or () if item not in GUARDED]


def _refuse() -> None:
	frappe.throw(
		_("This is not told of personal notes, gestures and promises: it would not ask who may see them."),
		frappe.PermissionError,
	)
