"""Rejection of customizations that would expose hidden notes: Custom Field, DocType and Property Setter."""

from frappe import _

from micro_experiences.domain.visibility import GUARDED_DOCTYPES
from micro_experiences.utils.errors import throw

# Properties that a site cannot enable: each would copy or show the text of a note without a permission check.
_LOCKED_PROPERTIES = (
	"track_changes",
	"title_field",
	"show_title_field_in_link",
	"in_global_search",
	"show_name_in_global_search",
	"autoname",
	"naming_rule",
	"timeline_field",
)


def validate_links(doc, method=None) -> None:
	"""Reject a Link to a guarded DocType, and global search in its fields (`Custom Field.validate`, `DocType.validate`).

	Frappe reads linked records without a permission check, and global search does not check permissions either.
	"""
	# A Custom Field or a custom DocType can claim any module, so the module alone is not enough.
	if doc.doctype == "DocType" and doc.module == "Micro Experiences" and not doc.custom:
		return
	if doc.doctype == "Custom Field" and doc.dt in GUARDED_DOCTYPES and doc.in_global_search:
		throw(
			_("Global search does not check who is allowed to see {0}. Leave this option off.").format(
				_(doc.dt)
			)
		)
	fields = [doc] if doc.doctype == "Custom Field" else doc.fields
	linked = next(
		(df.options for df in fields if df.fieldtype == "Link" and df.options in GUARDED_DOCTYPES), None
	)
	if linked:
		_refuse_link(linked)


def _refuse_link(doctype: str) -> None:
	throw(
		_("A link to {0} would show it to everyone who can see this field. Use a Data field instead.").format(
			_(doctype)
		)
	)


def validate_property_setter(doc, method=None) -> None:
	"""Reject property setters that would expose guarded records (`Property Setter.validate`)."""
	if doc.property == "options" and doc.value in GUARDED_DOCTYPES:
		_refuse_link(doc.value)
	if (
		doc.doc_type in GUARDED_DOCTYPES
		and doc.property in _LOCKED_PROPERTIES
		and doc.value not in ("", "0", 0, None)
	):
		throw(
			_(
				"{0} must stay off for {1}: it would show notes to people who are not allowed to see them."
			).format(doc.property, _(doc.doc_type))
		)
