"""Every wire to Frappe and ERPNext, and nothing else."""

app_name = "micro_experiences"
app_title = "Micro Experiences"
app_publisher = "Micro Experiences contributors"
app_description = (
	"Notes, small gestures and follow-ups about customers, shown at the moment of service in ERPNext"
)
# There is no mailbox. Frappe wants this for the translators' files, where an address may be in words.
app_email = "the issues page of the repository"
app_license = "mit"
app_logo_url = "/assets/micro_experiences/images/logo.svg"

required_apps = ["frappe/erpnext"]

export_python_type_annotations = True

add_to_apps_screen = [
	{
		"name": "micro_experiences",
		"logo": "/assets/micro_experiences/images/logo.svg",
		"title": "Micro Experiences",
		"route": "/app/micro-experiences",
		"has_permission": "micro_experiences.permissions.roles.has_app_permission",
	}
]

app_include_js = "micro_experiences.bundle.js"
app_include_css = "micro_experiences.bundle.css"

before_install = "micro_experiences.setup.install.before_install"
after_install = "micro_experiences.setup.install.after_install"
before_uninstall = "micro_experiences.setup.uninstall.before_uninstall"
after_uninstall = "micro_experiences.setup.uninstall.after_uninstall"
before_tests = "erpnext.setup.utils.before_tests"

doc_events = {
	"Customer": {
		"onload": "micro_experiences.overrides.customer.onload",
		"after_delete": "micro_experiences.overrides.customer.after_delete",
	},
	"Sales Invoice": {
		"onload": "micro_experiences.overrides.sales_invoice.onload",
		"after_mapping": "micro_experiences.overrides.sales_invoice.after_mapping",
		"on_submit": "micro_experiences.overrides.sales_invoice.on_submit",
		"on_cancel": "micro_experiences.overrides.sales_invoice.on_cancel",
		"after_delete": "micro_experiences.overrides.sales_invoice.after_delete",
	},
	("Sales Order", "Quotation", "Delivery Note", "Opportunity", "Lead", "Issue", "POS Invoice"): {
		"after_delete": "micro_experiences.overrides.touchpoint.after_delete",
	},
	"Personal Data Deletion Request": {
		"on_update": "micro_experiences.overrides.personal_data_deletion_request.on_update"
	},
	"Personal Data Download Request": {
		"after_insert": "micro_experiences.overrides.personal_data_download_request.after_insert"
	},
	"Contact": {"after_delete": "micro_experiences.overrides.contact.after_delete"},
	"File": {"validate": "micro_experiences.overrides.file.validate"},
	"User": {
		"on_update": "micro_experiences.overrides.user.on_update",
		"before_rename": "micro_experiences.overrides.user.before_rename",
		"after_rename": "micro_experiences.overrides.user.after_rename",
		"on_trash": "micro_experiences.overrides.user.on_trash",
	},
	"User Group": {
		"on_update": "micro_experiences.overrides.user_group.on_update",
		"on_trash": "micro_experiences.overrides.user_group.on_trash",
	},
	"Role": {"on_trash": "micro_experiences.overrides.role.on_trash"},
	"Journal Entry": {
		"after_insert": "micro_experiences.overrides.journal_entry.after_insert",
		"on_cancel": "micro_experiences.overrides.journal_entry.on_cancel",
		"on_trash": "micro_experiences.overrides.journal_entry.on_trash",
	},
	"ToDo": {"validate": "micro_experiences.overrides.todo.validate"},
	"Comment": {
		"before_insert": "micro_experiences.overrides.comment.validate_visibility",
		"before_save": "micro_experiences.overrides.comment.validate_visibility",
	},
	("Custom Field", "DocType"): {
		"validate": "micro_experiences.overrides.site_customization.validate_links"
	},
	"Property Setter": {
		"validate": "micro_experiences.overrides.site_customization.validate_property_setter"
	},
	(
		"Assignment Rule",
		"Auto Email Report",
		"Auto Repeat",
		"Dashboard Chart",
		"Document Follow",
		"Document Naming Rule",
		"Energy Point Rule",
		"Milestone Tracker",
		"Notification",
		"Web Form",
		"Webhook",
		"Workflow",
	): {"validate": "micro_experiences.overrides.site_automation.validate"},
	(
		"Address Template",
		"Auto Repeat",
		"Email Template",
		"Letter Head",
		"Notification",
		"Print Format",
		"Report",
		"Server Script",
		"Web Page",
		"Web Template",
		"Webhook",
	): {"validate": "micro_experiences.overrides.site_code.validate"},
	"Kanban Board": {"validate": "micro_experiences.overrides.kanban_board.validate"},
}

# The app's records never block the deletion of other documents. services/cleanup.py updates them instead.
ignore_links_on_delete = [
	"Personal Note",
	"Personal Note Use",
	"Gesture",
	"Gesture Budget Holder",
	"Gesture Wallet",
	"Gesture Wallet Entry",
	"Follow Up Task",
	"Follow Up Reminder",
	"Follow Up Preference",
	"Personal Note Access",
	"Personal Data Erasure",
]

# ERPNext's "Delete Transactions" would delete these with SQL, without their ledger entries.
company_data_to_be_ignored = ["Gesture", "Gesture Budget", "Gesture Wallet"]

permission_query_conditions = {
	"Personal Note": "micro_experiences.permissions.visibility.get_personal_note_condition",
	"Personal Note Use": "micro_experiences.permissions.visibility.get_personal_note_use_condition",
	"Gesture": "micro_experiences.permissions.visibility.get_gesture_condition",
	"Follow Up Task": "micro_experiences.permissions.visibility.get_follow_up_task_condition",
	"Follow Up Reminder": "micro_experiences.permissions.visibility.get_follow_up_reminder_condition",
	"Follow Up Preference": "micro_experiences.permissions.visibility.get_follow_up_preference_condition",
	"Personal Note Access": "micro_experiences.permissions.visibility.get_personal_note_access_condition",
	"Personal Data Erasure": "micro_experiences.permissions.visibility.get_personal_data_erasure_condition",
	"Gesture Wallet": "micro_experiences.permissions.visibility.get_gesture_wallet_condition",
	"Gesture Wallet Entry": "micro_experiences.permissions.visibility.get_gesture_wallet_entry_condition",
	"Comment": "micro_experiences.permissions.framework_records.get_framework_record_condition",
	"Communication": "micro_experiences.permissions.framework_records.get_framework_record_condition",
	"Tag Link": "micro_experiences.permissions.framework_records.get_framework_record_condition",
	"Deleted Document": "micro_experiences.permissions.framework_records.get_framework_record_condition",
	"Email Queue": "micro_experiences.permissions.framework_records.get_framework_record_condition",
	"File": "micro_experiences.permissions.framework_records.get_framework_record_condition",
	"Prepared Report": "micro_experiences.permissions.framework_records.get_prepared_report_query_condition",
}

has_permission = {
	"Personal Note": "micro_experiences.permissions.visibility.has_permission",
	"Personal Note Use": "micro_experiences.permissions.visibility.has_permission",
	"Gesture": "micro_experiences.permissions.visibility.has_permission",
	"Follow Up Task": "micro_experiences.permissions.visibility.has_permission",
	"Follow Up Reminder": "micro_experiences.permissions.visibility.has_permission",
	"Follow Up Preference": "micro_experiences.permissions.visibility.has_permission",
	"Personal Note Access": "micro_experiences.permissions.visibility.has_permission",
	"Personal Data Erasure": "micro_experiences.permissions.visibility.has_permission",
	"Gesture Wallet": "micro_experiences.permissions.visibility.has_permission",
	"Gesture Wallet Entry": "micro_experiences.permissions.visibility.has_permission",
	"Number Card": "micro_experiences.permissions.visibility.has_number_card_permission",
	"Notification Log": "micro_experiences.permissions.framework_records.has_notification_permission",
	"Comment": "micro_experiences.permissions.framework_records.has_permission",
	"Communication": "micro_experiences.permissions.framework_records.has_permission",
	"Tag Link": "micro_experiences.permissions.framework_records.has_permission",
	"Deleted Document": "micro_experiences.permissions.framework_records.has_permission",
	"Email Queue": "micro_experiences.permissions.framework_records.has_permission",
	"Prepared Report": "micro_experiences.permissions.framework_records.has_prepared_report_permission",
}

# The first place in a request at which Frappe knows the user.
auth_hooks = [
	"micro_experiences.permissions.request_guard.authorize_request",
	"micro_experiences.services.access_log.log_api_read",
]

override_doctype_dashboards = {
	"Customer": "micro_experiences.overrides.customer.get_dashboard_data",
	"Sales Invoice": "micro_experiences.overrides.sales_invoice.get_dashboard_data",
	"Journal Entry": "micro_experiences.overrides.journal_entry.get_dashboard_data",
	"Personal Note": "micro_experiences.services.connections.set_count_method",
	"Gesture": "micro_experiences.services.connections.set_count_method",
	"Gesture Budget": "micro_experiences.services.connections.set_count_method",
	"Gesture Wallet": "micro_experiences.services.connections.set_count_method",
}

scheduler_events = {
	"cron": {
		"*/10 * * * *": [
			"micro_experiences.jobs.reminders.mx_send_due_reminders",
			"micro_experiences.jobs.digests.mx_send_digests",
		],
	},
	"daily_long": [
		"micro_experiences.jobs.digests.mx_open_preferences",
		"micro_experiences.jobs.notes.mx_close_expired_notes",
		"micro_experiences.jobs.cleanup.mx_forget_deleted_customers",
		"micro_experiences.jobs.reminders.mx_repair_lost_reminders",
		"micro_experiences.jobs.occasions.mx_open_occasions",
		"micro_experiences.jobs.occasions.mx_end_missed_occasions",
		"micro_experiences.jobs.wallets.mx_open_wallets",
		"micro_experiences.jobs.wallets.mx_lapse_approvals",
		"micro_experiences.jobs.wallets.mx_prove_wallets",
		"micro_experiences.jobs.accounting.mx_post_periods",
	],
	"weekly_long": ["micro_experiences.jobs.retention.mx_forget_notes"],
}

# A year of who looked, unless the site says otherwise in Log Settings.
default_log_clearing_doctypes = {"Personal Note Access": 365}

calendars = ["Follow Up Task"]
