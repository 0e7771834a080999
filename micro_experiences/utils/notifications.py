"""Notifications with a neutral text and a link, written in the transaction of their cause."""

from collections.abc import Iterable

import frappe
from frappe.utils import escape_html, now

from micro_experiences.domain.visibility import MANAGER_ROLE

# Frappe shows the last twenty notifications.
MAX_SHOWN = 20
_FIELDS = (
	"name",
	"creation",
	"modified",
	"owner",
	"modified_by",
	"subject",
	"for_user",
	"type",
	"document_type",
	"document_name",
	"from_user",
	"email_content",
	"link",
)
# The Desk loads the content of the latest notifications often. Longer reports are in the Error Log.
_MAX_CONTENT_LENGTH = 10_000


def notify_users(
	rows: Iterable[tuple[str, str, str | None, str | None]],
	content: str | None = None,
	link: str | None = None,
) -> None:
	"""Write notifications from rows of (user, subject as HTML, DocType, name).

	The Desk is informed after commit. A notification without a DocType opens itself with its `content`
	(HTML), or opens `link` (a URL). Users who disabled Frappe's notifications receive none.
	"""
	rows = list(rows)
	if not rows:
		return
	off = frappe.get_all(
		"Notification Settings",
		filters={"name": ("in", {row[0] for row in rows}), "enabled": 0},
		pluck="name",
	)
	at, off = now(), set(off)
	values = [
		(
			frappe.generate_hash(length=12),
			at,
			at,
			user,
			user,
			subject,
			user,
			"Alert",
			doctype,
			name,
			user,
			content,
			link,
		)
		for user, subject, doctype, name in rows
		if user not in off
	]
	if not values:
		return
	frappe.db.bulk_insert("Notification Log", _FIELDS, values)
	users = {value[6] for value in values}
	frappe.db.set_value("Notification Settings", {"name": ("in", users)}, "seen", 0, update_modified=False)
	for user in sorted(users):
		frappe.publish_realtime("notification", user=user, after_commit=True)


def publish_due_follow_ups(user: str, names: list[str]) -> None:
	"""Publish the names of due Follow Up Tasks to the Desk of `user` after commit.

	Only names are sent. The Desk requests the details, and receives what its user may see.
	"""
	frappe.publish_realtime("micro_experiences_reminder", {"names": names}, user=user, after_commit=True)


def report_to_managers(title: str, rows, subject: str) -> None:
	"""Log `rows` in the Error Log as `title`, and notify every enabled Micro Experiences Manager.

	The notification contains the rows, because only System Managers may read the Error Log.
	"""
	text = frappe.as_json(rows)
	frappe.log_error(title=f"Micro Experiences: {title}", message=text)
	content = text if len(text) <= _MAX_CONTENT_LENGTH else f"{text[:_MAX_CONTENT_LENGTH]} …"
	notify_users(
		((user, subject, None, None) for user in get_managers()), content=f"<pre>{escape_html(content)}</pre>"
	)


def get_managers() -> dict[str, str | None]:
	"""Return every enabled Micro Experiences Manager with their language: `{user: language}`."""
	held = frappe.get_all("Has Role", filters={"role": MANAGER_ROLE, "parenttype": "User"}, pluck="parent")
	filters = {"name": ("in", held), "enabled": 1}
	return dict(frappe.get_all("User", filters=filters, fields=["name", "language"], as_list=True))
