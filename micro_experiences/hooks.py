"""Every wire to Frappe and ERPNext, and nothing else."""

app_name = "micro_experiences"
app_title = "Micro Experiences"
app_publisher = "Micro Experiences contributors"
app_description = "What a colleague once heard about a customer, at the moment of service"
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
		"has_permission": "micro_experiences.desk.may_use",
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
		"onload": "micro_experiences.desk.banner.onload",
		"after_delete": "micro_experiences.privacy.departure.customer_deleted",
	},
	"Sales Invoice": {
		"onload": "micro_experiences.desk.banner.onload",
		"after_mapping": "micro_experiences.desk.banner.after_mapping",
		"on_submit": "micro_experiences.micro_experiences.doctype.follow_up_task.after_invoice.invoice_changed",
		"on_cancel": "micro_experiences.micro_experiences.doctype.follow_up_task.after_invoice.invoice_changed",
		"after_delete": "micro_experiences.privacy.departure.reference_deleted",
	},
	("Sales Order", "Quotation", "Delivery Note", "Opportunity", "Lead", "Issue", "POS Invoice"): {
		"after_delete": "micro_experiences.privacy.departure.reference_deleted",
	},
	"Personal Data Deletion Request": {"on_update": "micro_experiences.privacy.requests.deletion_asked"},
	"Personal Data Download Request": {"after_insert": "micro_experiences.privacy.requests.download_asked"},
	"Contact": {"after_delete": "micro_experiences.privacy.departure.contact_deleted"},
	"File": {
		"validate": "micro_experiences.micro_experiences.doctype.gesture_wallet.kept.no_file_in_a_field"
	},
	"User": {
		"on_update": "micro_experiences.desk.people.user_changed",
		"before_rename": "micro_experiences.privacy.departure.user_to_be_renamed",
		"after_rename": [
			"micro_experiences.privacy.departure.user_renamed",
			"micro_experiences.micro_experiences.doctype.gesture_wallet.ledger.holder_renamed",
		],
		"on_trash": [
			"micro_experiences.privacy.departure.user_deleted",
			"micro_experiences.micro_experiences.doctype.gesture_budget.gesture_budget.somebody_deleted",
		],
	},
	"Journal Entry": {
		"after_insert": "micro_experiences.micro_experiences.doctype.gesture_wallet.books.entry_made",
		"on_cancel": "micro_experiences.micro_experiences.doctype.gesture_wallet.books.entry_cancelled",
		"on_trash": "micro_experiences.micro_experiences.doctype.gesture_wallet.books.entry_deleted",
	},
	"ToDo": {"validate": "micro_experiences.privacy.around.no_assignment"},
	"Comment": {
		"before_insert": "micro_experiences.privacy.around.no_comment_past_sight",
		"before_save": "micro_experiences.privacy.around.no_comment_past_sight",
	},
	("Custom Field", "DocType"): {"validate": "micro_experiences.privacy.around.no_link"},
	"Property Setter": {"validate": "micro_experiences.privacy.around.no_switch"},
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
	): {"validate": "micro_experiences.privacy.around.nothing_over_ours"},
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
	): {"validate": "micro_experiences.privacy.around.no_code"},
	"Kanban Board": {"validate": "micro_experiences.privacy.around.no_names_on_a_board"},
	"User Group": {
		"on_update": "micro_experiences.micro_experiences.doctype.gesture_wallet.ledger.forget_budgets",
		"on_trash": [
			"micro_experiences.privacy.departure.group_deleted",
			"micro_experiences.micro_experiences.doctype.gesture_budget.gesture_budget.somebody_deleted",
		],
	},
	"Role": {
		"on_trash": "micro_experiences.micro_experiences.doctype.gesture_budget.gesture_budget.somebody_deleted"
	},
}

# Our records never stand in the way of deleting somebody else's: privacy.departure puts them right instead.
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

# ERPNext's "Delete Transactions" deletes by SQL, and would leave the ledger without its gestures and wallets.
company_data_to_be_ignored = ["Gesture", "Gesture Budget", "Gesture Wallet"]

permission_query_conditions = {
	"Personal Note": "micro_experiences.privacy.sight.personal_note_condition",
	"Personal Note Use": "micro_experiences.privacy.sight.personal_note_use_condition",
	"Gesture": "micro_experiences.privacy.sight.gesture_condition",
	"Follow Up Task": "micro_experiences.privacy.sight.follow_up_task_condition",
	"Follow Up Reminder": "micro_experiences.privacy.sight.follow_up_reminder_condition",
	"Follow Up Preference": "micro_experiences.privacy.sight.follow_up_preference_condition",
	"Personal Note Access": "micro_experiences.privacy.sight.personal_note_access_condition",
	"Personal Data Erasure": "micro_experiences.privacy.sight.personal_data_erasure_condition",
	"Gesture Wallet": "micro_experiences.privacy.sight.gesture_wallet_condition",
	"Gesture Wallet Entry": "micro_experiences.privacy.sight.gesture_wallet_entry_condition",
	"Comment": "micro_experiences.privacy.around.condition",
	"Communication": "micro_experiences.privacy.around.condition",
	"Tag Link": "micro_experiences.privacy.around.condition",
	"Deleted Document": "micro_experiences.privacy.around.condition",
	"Email Queue": "micro_experiences.privacy.around.condition",
	"File": "micro_experiences.privacy.around.condition",
	"Prepared Report": "micro_experiences.privacy.around.prepared_report_condition",
}

has_permission = {
	"Personal Note": "micro_experiences.privacy.sight.may",
	"Personal Note Use": "micro_experiences.privacy.sight.may",
	"Gesture": "micro_experiences.privacy.sight.may",
	"Follow Up Task": "micro_experiences.privacy.sight.may",
	"Follow Up Reminder": "micro_experiences.privacy.sight.may",
	"Follow Up Preference": "micro_experiences.privacy.sight.may",
	"Personal Note Access": "micro_experiences.privacy.sight.may",
	"Personal Data Erasure": "micro_experiences.privacy.sight.may",
	"Gesture Wallet": "micro_experiences.privacy.sight.may",
	"Gesture Wallet Entry": "micro_experiences.privacy.sight.may",
	"Number Card": "micro_experiences.privacy.sight.may_see_card",
	"Notification Log": "micro_experiences.desk.bell.may_read",
	"Comment": "micro_experiences.privacy.around.may_read",
	"Communication": "micro_experiences.privacy.around.may_read",
	"Tag Link": "micro_experiences.privacy.around.may_read",
	"Deleted Document": "micro_experiences.privacy.around.may_read",
	"Email Queue": "micro_experiences.privacy.around.may_read",
	"Prepared Report": "micro_experiences.privacy.around.may_read_prepared",
}

# Frappe has no earlier place that knows who asks.
auth_hooks = ["micro_experiences.privacy.gate.ask"]

override_doctype_dashboards = {
	"Customer": "micro_experiences.desk.connections.add",
	"Sales Invoice": "micro_experiences.desk.connections.add_by_reference",
	"Journal Entry": "micro_experiences.desk.connections.add_wallet",
	"Personal Note": "micro_experiences.desk.connections.counted",
	"Gesture": "micro_experiences.desk.connections.counted",
	"Gesture Budget": "micro_experiences.desk.connections.counted",
	"Gesture Wallet": "micro_experiences.desk.connections.counted",
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
		"micro_experiences.jobs.departed.mx_forget_deleted_customers",
		"micro_experiences.jobs.occasions.mx_open_occasions",
		"micro_experiences.jobs.wallets.mx_open_wallets",
		"micro_experiences.jobs.wallets.mx_lapse_approvals",
		"micro_experiences.jobs.wallets.mx_prove_wallets",
		"micro_experiences.jobs.books.mx_post_periods",
	],
	"weekly_long": ["micro_experiences.jobs.retention.mx_forget_notes"],
}

# A year of who looked, unless the site says otherwise in Log Settings.
default_log_clearing_doctypes = {"Personal Note Access": 365}

calendars = ["Follow Up Task"]
