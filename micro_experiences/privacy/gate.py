"""Which methods may be asked about our records: those of Frappe that are known to ask who may see them, and nobody else's.

Frappe has methods that filter, count or compare with all rows of a table: asked often enough, they tell every word of a
hidden note. Each version brings new ones, so that those are named here that ask, and every other one is refused what is ours.
"""

import re
from collections.abc import Iterator

import frappe
from frappe import _

from micro_experiences.desk.safely import tell_log
from micro_experiences.domain.sight import GUARDED

# Methods of Frappe, by module: read, and found to ask who may see a record, or to tell nothing of any.
_ASK = {
	"frappe": ("rename_doc", "ping"),
	"frappe.handler": ("upload_file", "uploadfile", "run_doc_method"),
	"frappe.api.v2": ("run_doc_method",),
	"frappe.client": (
		*(
			"get_list",
			"get_count",
			"get",
			"get_value",
			"get_single_value",
			"set_value",
			"insert",
			"insert_many",
		),
		*("save", "rename_doc", "submit", "cancel", "delete", "bulk_update", "has_permission"),
		*("get_doc_permissions", "get_password", "attach_file", "validate_link"),
	),
	"frappe.realtime": ("can_subscribe_doc", "can_subscribe_doctype"),
	"frappe.share": ("add", "set_permission", "get_users"),
	"frappe.translate": ("update_translations_for_source", "get_translations"),
	"frappe.model.rename_doc": ("update_document_title",),
	"frappe.model.workflow": (
		*("get_transitions", "apply_workflow", "can_cancel_document", "bulk_workflow_approval"),
		"get_common_transition_actions",
	),
	"frappe.model.utils.user_settings": ("save", "get"),
	"frappe.modules.utils": ("export_customizations",),
	"frappe.social.doctype.energy_point_log.energy_point_log": ("get_reviews",),
	"frappe.automation.doctype.reminder.reminder": ("create_new_reminder",),
	"frappe.contacts.doctype.contact.contact": ("contact_query",),
	"frappe.www.printview": ("get_html_and_style", "get_rendered_raw_commands"),
	"frappe.utils.print_format": ("download_pdf", "download_multi_pdf", "download_multi_pdf_async"),
	"frappe.utils.weasyprint": ("download_pdf",),
	"frappe.utils.global_search": ("search", "web_search"),
	"frappe.utils.telemetry.pulse.client": ("capture", "bulk_capture"),
	"frappe.search": ("web_search",),
	"frappe.email": ("get_contact_list",),
	"frappe.email.queue": ("unsubscribe",),
	"frappe.email.doctype.email_template.email_template": ("get_email_template",),
	"frappe.printing.page.print.print": ("get_print_settings_to_show",),
	"frappe.printing.page.print_format_builder.print_format_builder": ("create_custom_format",),
	"frappe.printing.doctype.print_format.print_format": ("make_default",),
	"frappe.custom.doctype.customize_form.customize_form": (
		*("get_orphaned_columns", "get_link_filters_from_doc_without_customisations"),
	),
	"frappe.custom.doctype.custom_field.custom_field": ("get_fields_label",),
	"frappe.core.page.permission_manager.permission_manager": (
		*("get_roles_and_doctypes", "get_permissions", "add", "update", "remove", "reset"),
		"get_standard_permissions",
	),
	"frappe.core.api.file": ("get_attached_images", "get_files_by_search_text"),
	"frappe.core.doctype.access_log.access_log": ("make_access_log",),
	"frappe.core.doctype.communication.email": ("make",),
	"frappe.core.doctype.data_export.exporter": ("export_data",),
	"frappe.core.doctype.data_import.data_import": (
		*("download_template", "get_preview_from_template", "form_start_import"),
	),
	"frappe.core.doctype.doctype.doctype": ("get_row_size_utilization",),
	"frappe.core.doctype.user_permission.user_permission": (
		*("get_applicable_for_doctype_list", "check_applicable_doc_perm", "clear_user_permissions"),
		"add_user_permissions",
	),
	"frappe.desk.calendar": ("get_events", "update_event"),
	"frappe.desk.gantt": ("update_task",),
	"frappe.desk.desk_page": ("getpage",),
	"frappe.desk.desktop": ("get_desktop_page", "get_workspace_sidebar_items", "update_onboarding_step"),
	"frappe.desk.like": ("toggle_like",),
	"frappe.desk.link_preview": ("get_preview_data",),
	"frappe.desk.listview": ("get_list_settings", "set_list_settings", "get_group_by_count"),
	"frappe.desk.notifications": ("get_notifications", "get_notification_info", "get_open_count"),
	"frappe.desk.query_report": (
		*("get_script", "run", "export_query", "get_data_for_custom_field", "save_report"),
	),
	"frappe.desk.reportview": (
		*("get", "get_list", "get_count", "save_report", "delete_report", "export_query", "delete_items"),
		*("get_sidebar_stats", "get_stats", "get_filter_dashboard_data"),
	),
	"frappe.desk.search": ("search_link", "search_widget", "get_names_for_mentions", "get_link_title"),
	"frappe.desk.form.assign_to": ("add", "add_multiple", "remove", "remove_multiple", "close"),
	"frappe.desk.form.document_follow": ("update_follow", "follow_document", "unfollow_document"),
	"frappe.desk.form.linked_with": ("get", "get_linked_doctypes"),
	"frappe.desk.form.load": ("getdoc", "getdoctype", "get_docinfo", "get_communications"),
	"frappe.desk.form.save": ("savedocs", "cancel"),
	"frappe.desk.form.utils": ("remove_attach", "add_comment", "update_comment", "get_next"),
	"frappe.desk.doctype.bulk_update.bulk_update": ("submit_cancel_or_update_docs",),
	"frappe.desk.doctype.form_tour.form_tour": ("reset_tour", "update_user_status"),
	"frappe.desk.doctype.kanban_board.kanban_board": (
		*("get_kanban_boards", "add_column", "archive_restore_column", "quick_kanban_board", "save_settings"),
	),
	"frappe.desk.doctype.list_view_settings.list_view_settings": (
		*("save_listview_settings", "get_default_listview_fields"),
	),
	"frappe.desk.doctype.number_card.number_card": (
		*("get_result", "get_percentage_difference", "create_number_card", "add_card_to_dashboard"),
	),
	"frappe.desk.doctype.onboarding_step.onboarding_step": ("get_onboarding_steps",),
	"frappe.desk.doctype.route_history.route_history": ("deferred_insert",),
	"frappe.desk.doctype.tag.tag": (
		*("add_tag", "add_tags", "remove_tag", "get_tags", "get_documents_for_tag"),
	),
	"frappe.desk.doctype.workspace.workspace": (
		*(
			"new_page",
			"save_page",
			"update_page",
			"hide_page",
			"unhide_page",
			"duplicate_page",
			"delete_page",
		),
		"sort_pages",
	),
}
_KNOWN = frozenset(f"{module}.{name}" for module, names in _ASK.items() for name in names)
# These tell whether one record is there: the arguments that name it, which has to be in sight.
_ASK_NOBODY_ABOUT = {
	"frappe.desk.form.utils.get_next": ("doctype", "value"),
	"frappe.desk.like.toggle_like": ("doctype", "name"),
	"frappe.client.validate_link": ("doctype", "docname"),
	"frappe.social.doctype.energy_point_log.energy_point_log.get_reviews": ("doctype", "docname"),
	"frappe.automation.doctype.reminder.reminder.create_new_reminder": (
		"reminder_doctype",
		"reminder_docname",
	),
}
_SEARCHES = ("frappe.desk.search.search_link", "frappe.desk.search.search_widget")
_GROUPS = "frappe.desk.listview.get_group_by_count"
_RUNS = ("frappe.handler.run_doc_method", "frappe.api.v2.run_doc_method")
# These reach ours without naming it.
_COUNTS = "frappe.desk.notifications.get_open_count"
_CHART = "frappe.desk.doctype.dashboard_chart.dashboard_chart.get"
# Documents of Frappe's whose methods are about the DocType itself, and not about its records.
_ABOUT_DOCTYPES = ("Customize Form", "Document Naming Settings")

# What any request of ours, or of those two, has in it: nearly all others are done with after this look.
_SIGNS = (*GUARDED, "get_open_count", "dashboard_chart", "Dashboard Chart")
# What is typed to search by names nothing; what an open form has with it from us, the form has not asked for.
_SAYS_NOTHING = ("txt", "text", "search_term", "__onload")
_NAMES_A_DOCTYPE = re.compile(r"doctype|document_type|doc_type|reference_type|^dt$")
_METHOD = re.compile(r"[A-Za-z_]\w*(\.\w+)+")


def ask() -> None:
	"""`auth_hooks`: runs in each request once Frappe knows who asks. Raises PermissionError.

	What goes wrong here is nobody's concern whose request has nothing to do with us, and closed to all others.
	"""
	if not _may_be_about_ours():
		return
	try:
		_check()
	except frappe.PermissionError:
		raise
	except Exception:
		tell_log("gate")
		_refuse()


def _may_be_about_ours() -> bool:
	texts = (text for _key, text in _texts(frappe.form_dict, opened=False))
	return _has_a_sign(frappe.request.path) or any(map(_has_a_sign, texts))


def _has_a_sign(text: str) -> bool:
	# JSON may spell any letter by its number, within a text of JSON again and again.
	return any(sign in text for sign in _SIGNS) or "\\u" in text


def _check() -> None:
	asked, direct = frappe.form_dict, _direct()
	others = {method for _key, text in _texts(asked) if (method := _resolved(text))} - {direct}
	if (_COUNTS in others) or (_CHART in others) or (direct == _CHART and _is_chart_of_ours()):
		_refuse()
	if direct == _COUNTS:
		_leave_ours_out()
	if direct in _SEARCHES:
		# Or the list would be asked without the rule of sight.
		asked["ignore_user_permissions"] = 0
	keys = _keys_of_ours(direct)
	if not keys:
		return
	by_key = any(_NAMES_A_DOCTYPE.search(key) for key in keys)
	if not all(_is_known(method, by_key) for method in {direct, *others} if method):
		_refuse()
	# Called by another method, these would not find the arguments by which they are judged.
	if others & {*_ASK_NOBODY_ABOUT, *_RUNS, _GROUPS}:
		_refuse()
	if direct in _ASK_NOBODY_ABOUT:
		doctype, name = (asked.get(argument) for argument in _ASK_NOBODY_ABOUT[direct])
		if doctype in GUARDED and not _may_see(doctype, name):
			_refuse()
	# The side bar of a list groups by a field with a list that asks; its assignments are counted past it.
	if direct == _GROUPS and asked.get("field") in (None, "assigned_to"):
		_refuse()
	if direct in _RUNS and by_key and not _runs_on_ours():
		_refuse()


def _direct() -> str | None:
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
	if text in _RUNS:
		return text
	try:
		method = frappe.get_attr(text)
	except Exception:
		# Frappe will stumble over it as well.
		return None
	if not callable(method) or method not in frappe.whitelisted:
		return None
	return f"{method.__module__}.{method.__name__}"


def _is_known(method: str, by_key: bool) -> bool:
	"""Whether a method may be asked about ours. Those of another app than Frappe may have a word of ours among the words
	that people typed: they are refused only where ours stands as the DocType."""
	app = method.partition(".")[0]
	if app == "frappe":
		return method in _KNOWN or method == _CHART
	return app == "micro_experiences" or not by_key


def _keys_of_ours(direct: str | None) -> set[str]:
	"""The arguments in which the request names a DocType of ours, at any depth; "path" for its path."""
	passing = ("reference_doctype",) if direct in _SEARCHES else ()
	keys = {key for key, text in _texts(frappe.form_dict) if key not in passing and _names_ours(text)}
	if any(_names_ours(part) for part in frappe.request.path.split("/")):
		keys.add("doctype")
	return keys


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
				and isinstance(inner := _parsed(value), dict | list | str)
			):
				waiting.append((key, inner))
		elif isinstance(value, dict):
			for name, inner in value.items():
				if name not in _SAYS_NOTHING:
					waiting += [(key, str(name)), (str(name), inner)]
		elif isinstance(value, list | tuple):
			waiting += [(key, inner) for inner in value]


def _parsed(value: object) -> object:
	"""What a text of JSON holds; None for any other text, on which Frappe stumbles by itself."""
	try:
		return frappe.parse_json(value)
	except ValueError:
		return None


def _may_see(doctype: str, name: object) -> bool:
	return (
		isinstance(name, str)
		and bool(frappe.db.exists(doctype, name))
		and bool(frappe.has_permission(doctype, "read", doc=name))
	)


def _runs_on_ours() -> bool:
	"""Whether the document whose method is to be run is one of ours, which asks by itself, or about a DocType."""
	asked = frappe.form_dict
	posted = [_parsed(asked.get(argument)) for argument in ("docs", "document")]
	kinds = {doc.get("doctype") for doc in posted if isinstance(doc, dict)} | {asked.get("dt")} - {None}
	return kinds <= {*GUARDED, *_ABOUT_DOCTYPES}


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
