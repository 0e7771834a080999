"""What Frappe keeps about our records in tables of its own (comments, tags, files, queues) is seen with the record alone,
and what would lead around the rule of sight (an assignment, a link, a webhook, a report in SQL) is refused while it is made."""

import re

import frappe
from frappe import _
from frappe.desk.notifications import extract_mentions
from frappe.utils import cint

from micro_experiences.domain.sight import GUARDED, around_condition
from micro_experiences.privacy.sight import condition_of, no_say

# Frappe's tables, and the two columns that say which record a row is about.
_ABOUT = {
	"Comment": ("reference_doctype", "reference_name"),
	"Communication": ("reference_doctype", "reference_name"),
	"Tag Link": ("document_type", "document_name"),
	"Deleted Document": ("deleted_doctype", "deleted_name"),
	"Email Queue": ("reference_doctype", "reference_name"),
	"File": ("attached_to_doctype", "attached_to_name"),
}
# What a site cannot switch on: each would write the text of a note, or show it, where nobody asks.
_NOT_SWITCHED_ON = (
	*("track_changes", "title_field", "show_title_field_in_link", "in_global_search"),
	*("show_name_in_global_search", "autoname", "naming_rule", "timeline_field"),
)
# What a site may set up over any DocType, with the field that says over which. Each reads a record for nobody in particular,
# and then mails it, posts it, numbers it or lists it.
_OVER = {
	"Assignment Rule": "document_type",
	"Auto Repeat": "reference_doctype",
	"Dashboard Chart": "document_type",
	"Document Follow": "ref_doctype",
	"Document Naming Rule": "document_type",
	"Energy Point Rule": "reference_doctype",
	"Milestone Tracker": "document_type",
	"Notification": "document_type",
	"Web Form": "doc_type",
	"Webhook": "webhook_doctype",
	"Workflow": "document_type",
}
# What runs with everybody's eyes: code, and texts with code between braces.
_CODE = {
	"Report": ("query", "report_script"),
	"Server Script": ("script",),
	"Web Page": ("context_script",),
}
_TEMPLATES = {
	"Address Template": ("template",),
	"Auto Repeat": ("subject", "message"),
	"Email Template": ("subject", "response", "response_html"),
	"Letter Head": ("content", "footer"),
	"Notification": ("subject", "message"),
	"Print Format": ("html", "raw_commands"),
	"Web Page": ("main_section", "main_section_md", "main_section_html"),
	"Web Template": ("template",),
	"Webhook": ("request_url", "webhook_json"),
}
_IN_BRACES = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
# A DocType is named in quotes, or as a table; "gesture" is an English word.
_NAMES = "|".join(GUARDED)
_NAMED = re.compile(rf"""["'`](tab)?({_NAMES})["'`]|(?<!["'`])\btab({_NAMES})\b""", re.IGNORECASE)


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
		_refuse_link(linked)


def _refuse_link(doctype: str) -> None:
	frappe.throw(
		_("A link to {0} would show it to everybody who sees this field. Use a Data field instead.").format(
			_(doctype)
		)
	)


def no_switch(doc, method=None) -> None:
	"""`Property Setter.validate`."""
	if doc.property == "options" and doc.value in GUARDED:
		_refuse_link(doc.value)
	if doc.doc_type in GUARDED and doc.property in _NOT_SWITCHED_ON and doc.value not in ("", "0", 0, None):
		frappe.throw(
			_("{0} stays off for {1}: it would show notes to those who may not see them.").format(
				doc.property, _(doc.doc_type)
			)
		)


def nothing_over_ours(doc, method=None) -> None:
	"""`validate` of what Frappe lets a site set up over any DocType. What is there from before can be switched off."""
	before = doc.get_doc_before_save()
	kind = _over(doc)
	if kind in GUARDED and not (before and _over(before) == kind and _is_off(doc)):
		frappe.throw(_instead_of(doc.doctype).format(_(kind)), title=_("Not Saved"))


def _over(doc) -> str | None:
	if doc.doctype == "Auto Email Report":
		return frappe.db.get_value("Report", doc.report, "ref_doctype")
	return doc.get(_OVER[doc.doctype])


def _is_off(doc) -> bool:
	on = [doc.get(switch) for switch in ("enabled", "is_active", "published") if doc.meta.has_field(switch)]
	return bool(cint(doc.get("disabled")) or (on and not any(map(cint, on))))


def _instead_of(doctype: str) -> str:
	"""Why it is refused, and what there is instead; "{0}" is the DocType of ours."""
	return {
		"Assignment Rule": _(
			"Notes, gestures and promises are not assigned by a rule: a promise is made to its owner, or handed over."
		),
		"Auto Email Report": _(
			"{0} is not sent by mail: the report would be made for one, and read by another. Open it on this site."
		),
		"Auto Repeat": _(
			"{0} is not repeated by a rule. A promise repeats by itself: say so in the promise."
		),
		"Dashboard Chart": _(
			"Take a Number Card or a report: a chart shows everybody what the first of them may see."
		),
		"Document Follow": _(
			"{0} is not followed by mail: its comments would be sent without asking who may see it. Make a follow-up of it."
		),
		"Document Naming Rule": _(
			"{0} keeps its own numbers: others see the number, and may not see what a rule would put into it."
		),
		"Energy Point Rule": _(
			"No points are given for {0}: everybody would read which one they were given for. The reports show what was done."
		),
		"Milestone Tracker": _(
			"{0} has no milestones: they are listed without asking who may see it. Use a list or a report."
		),
		"Notification": _(
			"{0} is not sent by a Notification: it would go to people who may not see it. Promises remind their owners by themselves."
		),
		"Web Form": _("{0} is not for the web site: it is for colleagues alone. Use the banner or the form."),
		"Webhook": _(
			"{0} is not sent by a Webhook: whoever gets it is not asked whether he may see it. A program can read it over the API, as a user of its own."
		),
		"Workflow": _(
			"{0} has no Workflow: it would be mailed to everybody who has a role. Gestures are approved as their budget says."
		),
	}[doctype]


def no_names_on_a_board(doc, method=None) -> None:
	"""`Kanban Board.validate`: a board keeps the names of its cards in their order, for whoever opens it. Without, each sees
	the cards of his own list."""
	if doc.reference_doctype in GUARDED:
		for column in doc.columns:
			column.order = "[]"


def no_code(doc, method=None) -> None:
	"""`validate` of what holds code: it asks nobody who may see a record. Administrator may, and knows."""
	if frappe.session.user == "Administrator":
		return
	written = [doc.get(field) or "" for field in _CODE.get(doc.doctype, ())]
	texts = (doc.get(field) or "" for field in _TEMPLATES.get(doc.doctype, ()))
	written += [code for text in texts for code in _IN_BRACES.findall(text)]
	runs_on_ours = doc.doctype == "Server Script" and doc.reference_doctype in GUARDED
	if runs_on_ours or any(map(_NAMED.search, written)):
		frappe.throw(
			_(
				"This reads past who may see notes, gestures and promises. Use a report of the kind Report Builder, or ask the Administrator."
			),
			frappe.PermissionError,
			title=_("Not Saved"),
		)


def prepared_report_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""`permission_query_conditions` of Prepared Report: of our reports, what was prepared is for whom it was prepared."""
	user = user or frappe.session.user
	if user == "Administrator":
		return ""
	ours = ", ".join(map(frappe.db.escape, GUARDED))
	return (
		f"(`tabPrepared Report`.`owner` = {frappe.db.escape(user)} or `tabPrepared Report`.`report_name` not in "
		f"(select `name` from `tabReport` where `ref_doctype` in ({ours})))"
	)


def may_read_prepared(doc, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""`has_permission` of Prepared Report."""
	user = user or frappe.session.user
	about = frappe.db.get_value("Report", doc.get("report_name"), "ref_doctype")
	if about not in GUARDED or user in ("Administrator", doc.owner):
		return no_say()
	return False
