"""The bell: notifications that are there when the transaction is, with a link and a neutral line."""

from collections.abc import Iterable

import frappe
from frappe.utils import escape_html, now

from micro_experiences.domain.sight import GUARDED, MANAGER
from micro_experiences.privacy.sight import no_say

_FIELDS = (
	*("name", "creation", "modified", "owner", "modified_by", "subject", "for_user", "type"),
	*("document_type", "document_name", "from_user", "email_content", "link"),
)
# Open desks read the content of the last notifications again and again: what is longer is in the Error Log.
_LONGEST = 10_000


def ring(
	rows: Iterable[tuple[str, str, str | None, str | None]],
	content: str | None = None,
	link: str | None = None,
) -> None:
	"""Write (user, subject, DocType, name), the subject as HTML; open desks hear of it once the transaction is kept.

	Without a DocType the notification itself opens, with its `content` (HTML); with a `link` (an address) that opens.
	Whoever wants no notifications of Frappe's gets none of these either.
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


def may_read(doc, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""`has_permission` of Notification Log, for ours alone, with a record of ours or without any: whoever knows its name could
	open somebody else's. All other notifications are Frappe's business."""
	kind = doc.get("document_type")
	if (kind and kind not in GUARDED) or ptype in ("create", "write", "delete"):
		return no_say()
	user = user or frappe.session.user
	return user in ("Administrator", doc.get("for_user"))


def hint(user: str, names: list[str]) -> None:
	"""Let the open desks of `user` know that these promises (Follow Up Tasks) are due, once the transaction is kept.

	Names alone: what the hint says is asked for by the desk, which gets what its user may see.
	"""
	frappe.publish_realtime("micro_experiences_reminder", {"names": names}, user=user, after_commit=True)


def report(title: str, rows, subject: str) -> None:
	"""Tell every enabled Micro Experiences Manager `rows`, in a notification that opens itself: the Error Log, where they
	are kept as `title`, is for System Managers alone."""
	text = frappe.as_json(rows)
	frappe.log_error(title=f"Micro Experiences: {title}", message=text)
	told = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"
	ring(((user, subject, None, None) for user in managers()), content=f"<pre>{escape_html(told)}</pre>")


def managers() -> dict[str, str | None]:
	"""Every enabled Micro Experiences Manager, with the language that he reads."""
	held = frappe.get_all("Has Role", filters={"role": MANAGER, "parenttype": "User"}, pluck="parent")
	filters = {"name": ("in", held), "enabled": 1}
	return dict(frappe.get_all("User", filters=filters, fields=["name", "language"], as_list=True))
