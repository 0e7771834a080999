"""Uninstalling the app: the exact mirror of what install and use have left outside our own tables.

Frappe drops our DocTypes, workspace, cards and calendar by itself, because they belong to our module.
"""

import frappe

from micro_experiences.setup import seeds

# Where Frappe keeps rows about documents of any DocType: (DocType, field that names it).
_TRACES = (
	("Notification Log", "document_type"),
	("Version", "ref_doctype"),
	("Comment", "reference_doctype"),
	("ToDo", "reference_type"),
	("DocShare", "share_doctype"),
	("Tag Link", "document_type"),
	("View Log", "reference_doctype"),
	("Deleted Document", "deleted_doctype"),
	("List Filter", "reference_doctype"),
	("Document Follow", "ref_doctype"),
	("Custom DocPerm", "parent"),
	("Property Setter", "doc_type"),
	("Custom Field", "dt"),
	("User Permission", "allow"),
	("Auto Repeat", "reference_doctype"),
	("File", "attached_to_doctype"),
	("Communication", "reference_doctype"),
	("Email Queue", "reference_doctype"),
	("Access Log", "export_from"),
	("Kanban Board", "reference_doctype"),
	("Data Import", "reference_doctype"),
	("Assignment Rule", "document_type"),
	("Notification", "document_type"),
	("Report", "ref_doctype"),
)


def before_uninstall() -> None:
	"""While our DocTypes are still known: remember them and remove every row of Frappe's that speaks of them."""
	doctypes = our_doctypes()
	for trace, field in _TRACES:
		if frappe.db.table_exists(trace) and frappe.db.has_column(trace, field):
			names = frappe.get_all(trace, filters={field: ("in", doctypes)}, pluck="name")
			for name in names:
				frappe.delete_doc(trace, name, force=True, ignore_permissions=True, delete_permanently=True)
	frappe.db.delete("DefaultValue", {"defkey": ("in", doctypes)})
	frappe.db.delete("Series", {"name": ("in", ("NOTE-", "GES-", "PROMISE-"))})
	frappe.db.delete("__UserSettings", {"doctype": ("in", doctypes)})
	frappe.flags.micro_experiences_doctypes = doctypes
	for role in seeds.ROLES:
		frappe.db.delete("Has Role", {"role": role})
		frappe.db.delete("Custom DocPerm", {"role": role})
		frappe.delete_doc("Role", role, force=True, ignore_permissions=True, delete_permanently=True)


def after_uninstall() -> None:
	"""What Frappe leaves: the jobs, the logs of deleted definitions, and rows of a Single."""
	jobs = frappe.get_all(
		"Scheduled Job Type", filters={"method": ("like", "micro_experiences.%")}, pluck="name"
	)
	frappe.db.delete("Scheduled Job Log", {"scheduled_job_type": ("in", jobs)})
	for job in jobs:
		frappe.delete_doc("Scheduled Job Type", job, force=True, delete_permanently=True)
	doctypes = frappe.flags.micro_experiences_doctypes or []
	frappe.db.delete("Singles", {"doctype": "Micro Experiences Settings"})
	frappe.db.delete(
		"Deleted Document", {"deleted_name": ("in", [*doctypes, *seeds.ROLES, "Micro Experiences"])}
	)
	frappe.db.delete("Deleted Document", {"deleted_doctype": ("in", doctypes)})
	frappe.db.commit()


def our_doctypes() -> list[str]:
	"""The names of all DocTypes of the app."""
	return frappe.get_all("DocType", filters={"module": "Micro Experiences"}, pluck="name")
