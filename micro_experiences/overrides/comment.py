"""Everything the app does to a Comment."""

import frappe
from frappe import _
from frappe.desk.notifications import extract_mentions

from micro_experiences.domain.visibility import GUARDED_DOCTYPES
from micro_experiences.permissions.framework_records import has_permission
from micro_experiences.utils.errors import throw


def validate_visibility(doc, method=None) -> None:
	"""Reject a comment on a record that the author or a mentioned user may not see (`Comment.before_insert`, `before_save`).

	Frappe sends the text of a comment to every mentioned user.
	"""
	if doc.comment_type != "Comment" or doc.reference_doctype not in GUARDED_DOCTYPES:
		return
	if has_permission(doc, user=frappe.session.user) is False:
		throw(
			_("You do not have permission to comment on this record. Nothing was saved."),
			frappe.PermissionError,
		)
	hidden = [user for user in extract_mentions(doc.content or "") if has_permission(doc, user=user) is False]
	if hidden:
		throw(
			_(
				"{0} cannot see this record but would receive your comment. Nothing was saved. Remove the mention and save again."
			).format(", ".join(frappe.utils.escape_html(frappe.utils.get_fullname(user)) for user in hidden)),
			frappe.PermissionError,
		)
