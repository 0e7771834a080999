"""Install the app: the role, initial records and settings. Safe to repeat; prints each step."""

import frappe

from micro_experiences import __version__
from micro_experiences.setup import seeds

_HELP = "Please report this, including the output above, on the issues page of the app's repository."


def before_install() -> None:
	"""Create the role first, because the permissions of the DocTypes refer to it."""
	_run_step(
		"role", _insert_missing, "Role", ({"role_name": role, "desk_access": 1} for role in seeds.ROLES)
	)


def after_install() -> None:
	"""Create all other initial records of a new site. Existing records are left unchanged."""
	print(f"Micro Experiences {__version__}")
	_run_step(
		"topics",
		_insert_missing,
		"Note Topic",
		(
			{"topic_name": name, "icon": icon, "sensitive_by_default": sensitive}
			for name, icon, sensitive in seeds.TOPICS
		),
	)
	_run_step("restrictions", create_restrictions)
	_run_step(
		"gesture types",
		_insert_missing,
		"Gesture Type",
		(
			{
				"type_name": name,
				"channel": channel,
				"usual_cost": cost,
				"involves": involves,
				"message_template": template,
				"enabled": 1,
			}
			for name, channel, cost, involves, template in seeds.GESTURE_TYPES
		),
	)
	_run_step("workspace block", create_reminder_health_block)
	_run_step("list columns", create_list_settings)


def create_reminder_health_block() -> str:
	"""Create the reminder block. Frappe does not import it together with the workspace that shows it."""
	return _insert_missing("Custom HTML Block", (seeds.REMINDER_HEALTH_BLOCK,))


def create_restrictions() -> str:
	"""Create the records of what a Never note can rule out."""
	rows = ({"restriction_name": name, "enabled": 1} for name in seeds.RESTRICTIONS)
	return _insert_missing("Gesture Restriction", rows)


def create_list_settings() -> str:
	"""Show six columns in the app's lists, because Frappe shows four at a width of 1366 pixels."""
	rows = ({"name": doctype, "total_fields": "6"} for doctype in seeds.WIDE_LISTS)
	return _insert_missing("List View Settings", rows)


def _run_step(what: str, action, *args) -> None:
	try:
		print(f"* {what}: {action(*args)}")
	except Exception:
		print(f"* {what}: failed. {_HELP}")
		raise


def _insert_missing(doctype: str, rows) -> str:
	count = 0
	for row in rows:
		if not frappe.db.exists(doctype, next(iter(row.values()))):
			frappe.get_doc({"doctype": doctype, **row}).insert(ignore_permissions=True)
			count += 1
	return f"{count} added"
