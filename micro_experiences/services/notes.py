"""Personal Notes: create, suggest, use, snooze, close, and clean up after them."""

import frappe
from frappe import _
from frappe.utils import cint, get_fullname, get_user_date_format

from micro_experiences.domain import note_parsing, recall_lines, recall_rows, reminders, sensitive_access
from micro_experiences.domain import notes as rules
from micro_experiences.domain.erasure import REDACTED_GESTURE
from micro_experiences.services import access_log
from micro_experiences.services.occasions import finish_follow_ups
from micro_experiences.services.restrictions import get_choices, get_extra_words
from micro_experiences.services.sensitive_words import get_hints
from micro_experiences.utils import language
from micro_experiences.utils.errors import domain_errors_as_frappe
from micro_experiences.utils.touchpoints import FormContext
from micro_experiences.utils.user_time import get_user_today
from micro_experiences.utils.users import get_app_users, get_first_name

# Number of lines in the history of a note.
_MAX_HISTORY = 20
# Similar notes are looked for among this many notes of a customer.
_MAX_COMPARED = 200


def create_note(form: FormContext, values: dict, follow_up_on: str | None = None) -> str:
	"""Create a note with `values` (the fields of Personal Note), and return its name.

	With `follow_up_on` (an ISO date), a follow-up is created too.

	A `sensitive` of None means that the topic decides. A note written on a call or an email was heard there. The
	controller checks the permissions.
	"""
	topic = values.get("topic")
	by_topic = bool(topic and frappe.db.get_value("Note Topic", topic, "sensitive_by_default"))
	note = frappe.get_doc(
		values
		| form.reference_fields
		| {
			"doctype": "Personal Note",
			"contact": form.contact or None,
			"kind": rules.get_kind(values["kind"], values["remember_until"]),
			"heard_via": values["heard_via"] or rules.get_channel(form.doctype, form.medium),
			"sensitive": rules.is_sensitive(values["sensitive"], by_topic),
		}
	).insert()
	if follow_up_on:
		frappe.get_doc(
			{
				"doctype": "Follow Up Task",
				"customer": note.customer,
				"contact": note.contact,
				"subject": rules.get_follow_up_subject(note.note),
				"due_on": follow_up_on,
				"assigned_to": frappe.session.user,
				"personal_note": note.name,
			}
			| form.reference_fields
		).insert()
	return note.name


def create_following_note(note, form: FormContext, text: str, values: dict) -> None:
	"""Create a note from what the customer said when `note` was used. It inherits who may see it."""
	frappe.get_doc(
		{
			"doctype": "Personal Note",
			"note": text,
			"kind": rules.get_kind_after_use(note.kind),
		}
		| {field: note.get(field) for field in rules.INHERITED_FIELDS}
		| values
		| {"sensitive": cint(note.sensitive) or cint(values.get("sensitive"))}
		| form.reference_fields
	).insert()


def mark_used(note, form: FormContext, they_said: str | None = None, sent_key: str | None = None) -> None:
	"""Record that the session user used a note, and what the customer said."""
	note.log_use("Used", they_said, reference=form.reference, sent_key=sent_key)


def snooze(note, form: FormContext, until: str) -> None:
	"""Snooze a note for the session user until "tomorrow", "next_week" or "next_visit"."""
	with domain_errors_as_frappe():
		snoozed_until = reminders.get_note_snooze_date(until, get_user_today())
	note.log_use("Snoozed", snoozed_until=snoozed_until, reference=form.reference)


def mark_outdated(note, form: FormContext) -> None:
	"""Close a note that is no longer true."""
	note.log_use("No Longer True", reference=form.reference)


def suggest(customer: str, note: str) -> dict:
	"""Return suggested values for a note, similar notes (`duplicates`), and `hints` about sensitive words."""
	note = note[: rules.MAX_NOTE_LENGTH]
	rows = frappe.get_list(
		"Personal Note",
		filters={"customer": customer, "status": "Active"},
		fields=[
			"name",
			"note",
			"certainty",
			"heard_by",
			"heard_on",
			"heard_via",
			"kind",
			"occasion_on",
			"repeats_yearly",
			"sensitive",
		],
		order_by="modified desc",
		limit=_MAX_COMPARED,
	)
	topics = dict(frappe.get_all("Note Topic", fields=["name", "sensitive_by_default"], as_list=True))
	suggestion = note_parsing.suggest_fields(
		note,
		topics,
		rows,
		get_user_today(),
		frappe.local.lang or "en",
		month_first=_writes_month_first(),
		restrictions=get_extra_words(),
	)
	by_name, me = {row.name: row for row in rows}, frappe.session.user
	similar = [by_name[name] for name in suggestion["duplicates"]]
	access_log.record_access(customer, me, "Banner", sensitive_access.get_logged_notes(similar, me))
	suggestion["duplicates"] = [
		{"name": row.name, "note": row.note, "source": get_source_text(row)} for row in similar
	]
	return suggestion | {"hints": get_hints(note)}


def _writes_month_first() -> bool | None:
	"""Return whether the date format puts the month before the day, or None if it begins with the year."""
	return {"m": True, "d": False}.get(get_user_date_format()[:1])


def get_form_options(customer: str) -> dict:
	"""Return the options of the panel's forms.

	These are the topics, the contacts of the customer, the groups of the session user, the colleagues, what a Never note
	can rule out, and the gesture types.
	"""
	me = frappe.session.user
	topics = frappe.get_list(
		"Note Topic", fields=["name", "icon", "sensitive_by_default"], order_by="name asc", limit=0
	)
	return {
		"me": me,
		"topics": [
			{
				"name": row.name,
				"label": _(row.name),
				"icon": row.icon,
				"sensitive": bool(row.sensitive_by_default),
			}
			for row in topics
		],
		"contacts": get_contacts(customer),
		"groups": frappe.get_all(
			"User Group Member", filters={"user": me, "parenttype": "User Group"}, pluck="parent"
		),
		"users": get_app_users(),
		"restrictions": get_choices(),
		"gesture_types": frappe.get_list(
			"Gesture Type",
			filters={"enabled": 1},
			fields=["name", "usual_cost"],
			order_by="name asc",
			limit=0,
		),
	}


def get_visible_note(name: str):
	"""Return the note, locked for update. Raises PermissionError if the session user may not read it."""
	note = frappe.get_doc("Personal Note", name, for_update=True)
	note.check_permission("read")
	return note


def get_history(name: str) -> list[dict]:
	"""Return the latest uses of a note that the session user may read, newest first: `{"action", "they_said",
	"used_by", "used_on"}`, with the full name of the user and the site's time. Snoozes are no uses."""
	# The form must open for a role that may read notes only.
	if not frappe.has_permission("Personal Note Use", "read"):
		return []
	rows = frappe.get_list(
		"Personal Note Use",
		filters={"personal_note": name, "action": ("!=", "Snoozed")},
		fields=["action", "they_said", "used_by", "used_on"],
		order_by="used_on desc, creation desc",
		limit=_MAX_HISTORY,
	)
	return [
		{
			"action": _(row.action),
			"they_said": row.they_said,
			"used_by": get_fullname(row.used_by),
			"used_on": str(row.used_on),
		}
		for row in rows
	]


def get_source_text(row) -> str:
	"""Return when and by whom a note was heard, as the banner words it."""
	note = recall_rows.Note(
		row.name,
		row.kind,
		row.note,
		row.certainty,
		get_first_name(row.heard_by),
		row.heard_by == frappe.session.user,
		row.heard_on,
		row.heard_via,
	)
	return recall_lines.format_source(note, get_user_today(), language.get_language())


def get_contacts(customer: str) -> list[dict]:
	"""Return up to 50 contacts of a customer: `{"name", "label"}`. Empty if the user may not read contacts."""
	if not frappe.has_permission("Contact"):
		return []
	rows = frappe.get_list(
		"Contact",
		filters=[
			["Dynamic Link", "link_doctype", "=", "Customer"],
			["Dynamic Link", "link_name", "=", customer],
		],
		fields=["name", "full_name"],
		order_by="`tabContact`.name asc",
		limit=50,
	)
	return [{"name": row.name, "label": row.full_name or row.name} for row in rows]


def build_recall_note(row) -> recall_rows.Note:
	"""Return a row as a `recall_rows.Note`."""
	return recall_rows.Note(
		row.name,
		row.kind,
		row.note,
		heard_on=row.heard_on,
		occasion_on=row.occasion_on,
		repeats_yearly=bool(row.repeats_yearly),
		remember_until=row.remember_until,
	)


def get_confidential_follow_ups(notes: list[str]) -> list[str]:
	"""Return the follow-ups of those `notes` that are not visible to everyone. They are deleted with the
	note, because nothing would hide their text without it."""
	# Frappe treats an empty list as a filter for the empty name, which matches every follow-up without a note.
	if not (confidential := _get_confidential_notes(notes)):
		return []
	return frappe.get_all("Follow Up Task", filters={"personal_note": ("in", confidential)}, pluck="name")


def remove_dependents(notes: list[str]) -> None:
	"""Update or delete everything that refers to these notes before they are deleted."""
	if not notes:
		return
	finish_follow_ups(notes, "Skipped", _("The note was deleted."))
	frappe.db.delete("Personal Note Use", {"personal_note": ("in", notes)})
	if confidential := _get_confidential_notes(notes):
		frappe.db.set_value("Gesture", {"personal_note": ("in", confidential)}, REDACTED_GESTURE)
	for task in get_confidential_follow_ups(notes):
		frappe.delete_doc(
			"Follow Up Task", task, ignore_permissions=True, force=True, delete_permanently=True
		)
	for doctype in ("Gesture", "Follow Up Task"):
		frappe.db.set_value(doctype, {"personal_note": ("in", notes)}, "personal_note", None)


def _get_confidential_notes(notes: list[str]) -> list[str]:
	rows = frappe.get_all(
		"Personal Note", filters={"name": ("in", notes)}, fields=["name", "visibility", "sensitive"]
	)
	return [row.name for row in rows if not rules.is_for_everyone(row.visibility, bool(row.sensitive))]
