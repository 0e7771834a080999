"""What Frappe keeps about our records in tables of its own (comments, tags, files, queues) is seen with the record alone,
and what would lead around the rule of sight (an assignment, a link, a report in SQL) is refused while it is made."""

import frappe
from frappe import _
from frappe.desk.notifications import extract_mentions

from micro_experiences.domain.sight import GUARDED, around_condition
from micro_experiences.privacy.sight import condition_of, no_say

# Frappe's tables, and the two columns that say which record a row is about.
_ABOUT = {
	"Comment": ("reference_doctype", "reference_name"),
	"Tag Link": ("document_type", "document_name"),
	"Deleted Document": ("deleted_doctype", "deleted_name"),
	"Email Queue": ("reference_doctype", "reference_name"),
	"File": ("attached_to_doctype", "attached_to_name"),
}
# What a site cannot switch on: each would write the text of a note, or show it, where nobody asks.
_NOT_SWITCHED_ON = (
	*("track_changes", "title_field", "show_title_field_in_link", "in_global_search"),
	"show_name_in_global_search",
)


def condition(user: str | None = None, doctype: str | None = None) -> str:
	"""`permission_query_conditions` of Frappe's tables: which of their rows are about a record in sight, or not ours."""
	user = user or frappe.session.user
	if user == "Administrator":
		return ""
	own = {ours: condition_of(ours, user) for ours in GUARDED}
	return around_condition(doctype, *_ABOUT[doctype], own)


def may_read(doc, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""`has_permission` of the same tables; of what is not about ours Frappe and other apps decide."""
	kind, name = (doc.get(field) for field in _ABOUT[doc.doctype])
	user = user or frappe.session.user
	if kind not in GUARDED or user == "Administrator":
		return no_say()
	return bool(frappe.db.exists(kind, name)) and bool(
		frappe.has_permission(kind, "read", doc=name, user=user)
	)


def no_assignment(doc, method=None) -> None:
	"""`ToDo.validate`: whoever is assigned would be shared the record, and a promise would change hands unasked."""
	before = doc.get_doc_before_save()
	if doc.reference_type not in GUARDED or (before and before.reference_type == doc.reference_type):
		return
	if doc.reference_type == "Follow Up Task":
		text = _(
			"A promise has its owner already. To give it to somebody else, hand it over. Nothing was assigned."
		)
	else:
		text = _("This cannot be assigned. Make a follow-up of it, with its day. Nothing was assigned.")
	frappe.throw(text, frappe.PermissionError, title=_("Not Assigned"))


def no_assignment_rule(doc, method=None) -> None:
	"""`Assignment Rule.validate`."""
	if doc.document_type in GUARDED:
		frappe.throw(
			_(
				"Notes, gestures and promises are not assigned by a rule: a promise is made to its owner, or handed over."
			)
		)


def no_comment_past_sight(doc, method=None) -> None:
	"""`Comment.before_insert` and `before_save`: a comment is for those who see the record, and so are its mentions, which
	Frappe sends the text of the comment."""
	if doc.comment_type != "Comment" or doc.reference_doctype not in GUARDED:
		return
	if may_read(doc, user=frappe.session.user) is False:
		frappe.throw(_("You may not open what this comment is about."), frappe.PermissionError)
	hidden = [user for user in extract_mentions(doc.content or "") if may_read(doc, user=user) is False]
	if hidden:
		frappe.throw(
			_(
				"{0} may not see this, and would be sent your comment. Leave the mention out; your words are still here."
			).format(", ".join(frappe.utils.escape_html(frappe.utils.get_fullname(user)) for user in hidden)),
			frappe.PermissionError,
		)


def no_link(doc, method=None) -> None:
	"""`Custom Field.validate` and `DocType.validate`: Frappe reads on through a Link without asking, and finds in the global
	search what is written in a field of ours."""
	# A Custom Field, and a DocType of the site's own, may say that they belong to any module.
	if doc.doctype == "DocType" and doc.module == "Micro Experiences" and not doc.custom:
		return
	if doc.doctype == "Custom Field" and doc.dt in GUARDED and doc.in_global_search:
		frappe.throw(_("The global search does not ask who may see {0}. Leave it off.").format(_(doc.dt)))
	fields = [doc] if doc.doctype == "Custom Field" else doc.fields
	linked = next((df.options for df in fields if df.fieldtype == "Link" and df.options in GUARDED), None)
	if linked:
		frappe.throw(
			_(
				"A link to {0} would show it to everybody who sees this field. Use a Data field instead."
			).format(_(linked))
		)


def no_switch(doc, method=None) -> None:
	"""`Property Setter.validate`."""
	if doc.doc_type in GUARDED and doc.property in _NOT_SWITCHED_ON and doc.value not in ("", "0", 0, None):
		frappe.throw(
			_("{0} stays off for {1}: it would show notes to those who may not see them.").format(
				doc.property, _(doc.doc_type)
			)
		)


def no_report(doc, method=None) -> None:
	"""`Report.validate`: a report in SQL or in Python of a site's own asks nobody. Administrator may, and knows."""
	if frappe.session.user == "Administrator":
		return
	written = f"{doc.query or ''} {doc.report_script or ''}".lower()
	if any(name.lower() in written for name in GUARDED):
		frappe.throw(
			_(
				"A report of your own reads past who may see a note. Use a report of the kind Report Builder, or ask the Administrator."
			),
			frappe.PermissionError,
		)


def no_chart(doc, method=None) -> None:
	"""`Dashboard Chart.validate`: what a chart has shown to one is kept, and shown to the next."""
	if doc.document_type in GUARDED:
		frappe.throw(
			_("Take a Number Card or a report: a chart shows everybody what the first of them may see.")
		)
