"""The bell: notifications that are there when the transaction is, with a link and a neutral line."""

from collections.abc import Iterable

import frappe
from frappe.utils import now

from micro_experiences.domain.sight import MANAGER

_FIELDS = (
	*("name", "creation", "modified", "owner", "modified_by", "subject", "for_user", "type"),
	*("document_type", "document_name", "from_user"),
)


def ring(rows: Iterable[tuple[str, str, str, str]]) -> None:
	"""Write (user, subject, DocType, name), the subject as HTML; open desks hear of it once the transaction is kept."""
	at = now()
	values = [
		(frappe.generate_hash(length=12), at, at, user, user, subject, user, "Alert", doctype, name, user)
		for user, subject, doctype, name in rows
	]
	if not values:
		return
	frappe.db.bulk_insert("Notification Log", _FIELDS, values)
	users = {value[6] for value in values}
	frappe.db.set_value("Notification Settings", {"name": ("in", users)}, "seen", 0, update_modified=False)
	for user in sorted(users):
		frappe.publish_realtime("notification", user=user, after_commit=True)


def hint(user: str, names: list[str]) -> None:
	"""Let the open desks of `user` know that these promises (Follow Up Tasks) are due, once the transaction is kept.

	Names alone: what the hint says is asked for by the desk, which gets what its user may see.
	"""
	frappe.publish_realtime("micro_experiences_reminder", {"names": names}, user=user, after_commit=True)


def report(title: str, rows, subject: str) -> None:
	"""Tell every enabled Micro Experiences Manager of an entry in the Error Log, `title` with `rows` as JSON."""
	log = frappe.log_error(title=f"Micro Experiences: {title}", message=frappe.as_json(rows))
	managers = frappe.get_all("Has Role", filters={"role": MANAGER, "parenttype": "User"}, pluck="parent")
	enabled = frappe.get_all("User", filters={"name": ("in", managers), "enabled": 1}, pluck="name")
	ring((user, subject, "Error Log", log.name) for user in enabled)
