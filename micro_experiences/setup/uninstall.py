"""Uninstalling the app: the exact mirror of what install and use have left outside our own tables.

Frappe drops our DocTypes, workspace, cards and calendar by itself, because they belong to our module.
"""

import frappe

from micro_experiences.setup import seeds

_MODULE = "Micro Experiences"

# What people make for a DocType and what Frappe keeps beside a document in files or child tables: each is deleted as
# a document. (DocType, field that names the DocType it is about)
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
# Plain rows about documents, of which there may be very many: each table takes one statement.
_ROWS = (
	("Access Log", "export_from"),
	("Custom DocPerm", "parent"),
	("Document Follow", "ref_doctype"),
	("Document Share Key", "reference_doctype"),
	("DocShare", "share_doctype"),
	("Email Unsubscribe", "reference_doctype"),
	("Error Log", "reference_doctype"),
	("List Filter", "reference_doctype"),
	("Logs To Clear", "ref_doctype"),
	("Milestone", "reference_type"),
	("Notification Log", "document_type"),
	("Tag Link", "document_type"),
	("ToDo", "reference_type"),
	("User Permission", "allow"),
	("Version", "ref_doctype"),
	("View Log", "reference_doctype"),
	("Workflow Action", "reference_doctype"),
	# the last two: deleting the others writes into them
	("Comment", "reference_doctype"),
	("Deleted Document", "deleted_doctype"),
)


def before_uninstall() -> None:
	"""While our DocTypes are still known: remember them and remove every row of Frappe's that speaks of them."""
	doctypes = our_doctypes()
	frappe.flags.micro_experiences_doctypes = doctypes
	for doctype, field in _DOCUMENTS:
		if _has(doctype, field):
			filters = {field: ("in", doctypes)}
			if doctype == "Report":
				# Those of the app are Frappe's to delete, with their module.
				filters["is_standard"] = "No"
			for name in frappe.get_all(doctype, filters=filters, pluck="name"):
				_delete(doctype, name)
	for doctype, field in _ROWS:
		if _has(doctype, field):
			frappe.db.delete(doctype, {field: ("in", doctypes)})
	for doctype in doctypes:
		for view in ("List", "Form", "Tree"):
			frappe.db.delete("Route History", {"route": ("like", f"{view}/{doctype}/%")})
	frappe.db.delete("DefaultValue", {"defkey": ("in", doctypes)})
	frappe.db.delete("Series", {"name": ("in", ("NOTE-", "GES-", "PROMISE-", "ERASURE-"))})
	frappe.db.delete("__UserSettings", {"doctype": ("in", doctypes)})
	_delete("Custom HTML Block", seeds.BLOCK["name"])
	_forget_where_users_begin()
	for role in seeds.ROLES:
		frappe.db.delete("Has Role", {"role": role})
		frappe.db.delete("Custom DocPerm", {"role": role})
		_delete("Role", role)


def after_uninstall() -> None:
	"""What Frappe leaves: the jobs, the logs of deleted definitions, and rows of a Single."""
	jobs = frappe.get_all(
		"Scheduled Job Type", filters={"method": ("like", "micro_experiences.%")}, pluck="name"
	)
	frappe.db.delete("Scheduled Job Log", {"scheduled_job_type": ("in", jobs)})
	for job in jobs:
		_delete("Scheduled Job Type", job)
	doctypes = frappe.flags.micro_experiences_doctypes or []
	# Installed again, the app is a new one, whose patches have run.
	frappe.db.delete("Patch Log", {"patch": ("like", "micro_experiences.%")})
	frappe.db.delete("Singles", {"doctype": "Micro Experiences Settings"})
	frappe.db.delete("Deleted Document", {"deleted_name": ("in", [*doctypes, *seeds.ROLES, _MODULE])})
	frappe.db.delete("Deleted Document", {"deleted_doctype": ("in", doctypes)})
	# the workspace, the cards: all that Frappe has deleted because it was of our module
	frappe.db.delete("Deleted Document", {"data": ("like", f'%"module": "{_MODULE}"%')})
	frappe.db.commit()


def our_doctypes() -> list[str]:
	"""The names of all DocTypes of the app."""
	return frappe.get_all("DocType", filters={"module": _MODULE}, pluck="name")


def _forget_where_users_begin() -> None:
	"""Nobody's Desk opens with our workspace, or has our module blocked, once it is gone."""
	workspaces = frappe.get_all("Workspace", filters={"module": _MODULE}, pluck="name")
	for field, ours in (("default_workspace", workspaces), ("default_app", ["micro_experiences"])):
		if frappe.db.has_column("User", field):
			frappe.db.set_value("User", {field: ("in", ours)}, field, None, update_modified=False)
	if frappe.db.get_single_value("System Settings", "default_app") == "micro_experiences":
		frappe.db.set_single_value("System Settings", "default_app", None)
	frappe.db.delete("Block Module", {"module": _MODULE})


def _has(doctype: str, field: str) -> bool:
	return bool(frappe.db.table_exists(doctype) and frappe.db.has_column(doctype, field))


def _delete(doctype: str, name: str) -> None:
	frappe.delete_doc(doctype, name, force=True, ignore_permissions=True, delete_permanently=True)
