"""Installing the app: the role, the seeds and the settings. Safe to repeat; says each step."""

import frappe

from micro_experiences import __version__
from micro_experiences.setup import seeds

_HELP = (
	"Please report this with the lines above, on the issues page of the repository that the app came from."
)


def before_install() -> None:
	"""Make the role first: the permissions of our DocTypes name it."""
	_step("role", _insert_missing, "Role", ({"role_name": role, "desk_access": 1} for role in seeds.ROLES))


def after_install() -> None:
	"""Everything else that a new site begins with. What is there already is left as it is."""
	print(f"Micro Experiences {__version__}")
	_step(
		"topics",
		_insert_missing,
		"Note Topic",
		(
			{"topic_name": name, "icon": icon, "sensitive_by_default": sensitive}
			for name, icon, sensitive in seeds.TOPICS
		),
	)
	_step(
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
	_step("block on the workspace", make_block)


def make_block() -> str:
	"""The card about reminders, which Frappe does not bring along with the workspace that shows it."""
	return _insert_missing("Custom HTML Block", (seeds.BLOCK,))


def _step(what: str, action, *args) -> None:
	try:
		print(f"* {what}: {action(*args)}")
	except Exception:
		print(f"* {what}: failed. {_HELP}")
		raise


def _insert_missing(doctype: str, rows) -> str:
	made = 0
	for row in rows:
		if not frappe.db.exists(doctype, next(iter(row.values()))):
			frappe.get_doc({"doctype": doctype, **row}).insert(ignore_permissions=True)
			made += 1
	return f"{made} added"
