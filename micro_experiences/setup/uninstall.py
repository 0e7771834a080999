"""Uninstall the app: remove everything that installation and use have left outside the app's own tables.

Frappe deletes the DocTypes, workspace, cards and calendar of the app's module.
"""

import frappe

from micro_experiences.setup import seeds

_MODULE = "Micro Experiences"
# Global defaults that jobs write.
_DEFAULTS = ("mx_repaired_reminders",)

# User-made customizations of a DocType, and records with files or child tables: deleted as documents.
# (DocType, field that names the DocType they refer to)
_DOCUMENTS = (
	("Auto Repeat", "reference_doctype"),
	("Assignment Rule", "document_type"),
	("Calendar View", "reference_doctype"),
	("Client Script", "dt"),
	("Communication", "reference_doctype"),
	("Custom Field", "dt"),
	("Dashboard Chart", "document_type"),
	("Data Import", "reference_doctype"),
	("Document Naming Rule", "document_type"),
	("Email Queue", "reference_doctype"),
	("Event", "reference_doctype"),
	("File", "attached_to_doctype"),
	("Form Tour", "reference_doctype"),
	("Kanban Board", "reference_doctype"),
	("Milestone Tracker", "document_type"),
	("Notification", "document_type"),
	("Number Card", "document_type"),
	("Print Format", "doc_type"),
	("Property Setter", "doc_type"),
	("Reminder", "reminder_doctype"),
	("Report", "ref_doctype"),
	("Server Script", "reference_doctype"),
	("Web Form", "doc_type"),
	("Webhook", "webhook_doctype"),
	("Workflow", "document_type"),
)
# Plain rows, possibly very many: deleted with one statement per table.
_ROWS = (
	("Access Log", "export_from"),
	("Custom DocPerm", "parent"),
	("Document Follow", "ref_doctype"),
	("Document Share Key", "reference_doctype"),
	("DocShare", "share_doctype"),
	("Email Unsubscribe", "reference_doctype"),
	("Error Log", "reference_doctype"),
	("List Filter", "reference_doctype"),
	("List View Settings", "name"),
	("Logs To Clear", "ref_doctype"),
	("Milestone", "reference_type"),
	("Notification Log", "document_type"),
	("Tag Link", "document_type"),
	("ToDo", "reference_type"),
	("User Permission", "allow"),
	("Version", "ref_doctype"),
	("View Log", "reference_doctype"),
	("Workflow Action", "reference_doctype"),
	# These two last, because deleting the others writes to them.
	("Comment", "reference_doctype"),
	("Deleted Document", "deleted_doctype"),
)


def before_uninstall() -> None:
	"""Remember the DocTypes of the app while they still exist, and delete every Frappe record that refers
	to them."""
	doctypes = get_app_doctypes()
	frappe.flags.micro_experiences_doctypes = doctypes
	for doctype, field in _DOCUMENTS:
		if _has_column(doctype, field):
			filters = {field: ("in", doctypes)}
			if doctype == "Report":
				# Frappe deletes the app's own reports with their module.
				filters["is_standard"] = "No"
			for name in frappe.get_all(doctype, filters=filters, pluck="name"):
				_delete(doctype, name)
	for doctype, field in _ROWS:
		if _has_column(doctype, field):
			frappe.db.delete(doctype, {field: ("in", doctypes)})
	for doctype in doctypes:
		for view in ("List", "Form", "Tree"):
			frappe.db.delete("Route History", {"route": ("like", f"{view}/{doctype}/%")})
	frappe.db.delete("DefaultValue", {"defkey": ("in", [*doctypes, *_DEFAULTS])})
	frappe.db.delete("Series", {"name": ("in", ("NOTE-", "GES-", "FOLLOW-UP-", "PROMISE-", "ERASURE-"))})
	frappe.db.delete("__UserSettings", {"doctype": ("in", doctypes)})
	_delete("Custom HTML Block", seeds.REMINDER_HEALTH_BLOCK["name"])
	_clear_user_defaults()
	for role in seeds.ROLES:
		frappe.db.delete("Has Role", {"role": role})
		frappe.db.delete("Custom DocPerm", {"role": role})
		_delete("Role", role)


def after_uninstall() -> None:
	"""Delete what Frappe leaves behind: scheduled jobs, logs of deleted definitions and rows of the
	Single."""
	jobs = frappe.get_all(
		"Scheduled Job Type", filters={"method": ("like", "micro_experiences.%")}, pluck="name"
	)
	frappe.db.delete("Scheduled Job Log", {"scheduled_job_type": ("in", jobs)})
	for job in jobs:
		_delete("Scheduled Job Type", job)
	doctypes = frappe.flags.micro_experiences_doctypes or []
	# A reinstalled app starts with all patches applied.
	frappe.db.delete("Patch Log", {"patch": ("like", "micro_experiences.%")})
	frappe.db.delete("Singles", {"doctype": "Micro Experiences Settings"})
	frappe.db.delete("Deleted Document", {"deleted_name": ("in", [*doctypes, *seeds.ROLES, _MODULE])})
	frappe.db.delete("Deleted Document", {"deleted_doctype": ("in", doctypes)})
	# The workspace, cards and everything else that Frappe has deleted with the module.
	frappe.db.delete("Deleted Document", {"data": ("like", f'%"module": "{_MODULE}"%')})
	frappe.db.commit()  # nosemgrep: frappe-manual-commit -- Frappe does not commit after this hook


def get_app_doctypes() -> list[str]:
	"""Return the names of all DocTypes of the app."""
	return frappe.get_all("DocType", filters={"module": _MODULE}, pluck="name")


def _clear_user_defaults() -> None:
	"""Reset the default workspace and app of users, and unblock the module."""
	workspaces = frappe.get_all("Workspace", filters={"module": _MODULE}, pluck="name")
	for field, values in (("default_workspace", workspaces), ("default_app", ["micro_experiences"])):
		if frappe.db.has_column("User", field):
			frappe.db.set_value("User", {field: ("in", values)}, field, None, update_modified=False)
	if frappe.db.get_single_value("System Settings", "default_app") == "micro_experiences":
		frappe.db.set_single_value("System Settings", "default_app", None)
	frappe.db.delete("Block Module", {"module": _MODULE})


def _has_column(doctype: str, field: str) -> bool:
	return bool(frappe.db.table_exists(doctype) and frappe.db.has_column(doctype, field))


def _delete(doctype: str, name: str) -> None:
	frappe.delete_doc(doctype, name, force=True, ignore_permissions=True, delete_permanently=True)
