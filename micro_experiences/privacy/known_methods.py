"""The methods of Frappe that may be asked about our records, by module: read, and found to ask who may see a record, or to tell
nothing of any. Used by the gate."""

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
	# Of ours it is refused, and named here for the charts of others.
	"frappe.desk.doctype.dashboard_chart.dashboard_chart": ("get",),
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
KNOWN = frozenset(f"{module}.{name}" for module, names in _ASK.items() for name in names)
# Those of them that tell whether one record is there, with the arguments that name it: it has to be in sight.
NAMES_ONE = {
	"frappe.desk.form.utils.get_next": ("doctype", "value"),
	"frappe.desk.like.toggle_like": ("doctype", "name"),
	"frappe.client.validate_link": ("doctype", "docname"),
	"frappe.social.doctype.energy_point_log.energy_point_log.get_reviews": ("doctype", "docname"),
	"frappe.automation.doctype.reminder.reminder.create_new_reminder": (
		"reminder_doctype",
		"reminder_docname",
	),
}
