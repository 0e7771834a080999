"""What the panel does with Personal Notes: jot, used it, later, no longer true. Each answers with the new banner."""

import frappe
from frappe import _
from frappe.utils import cint, getdate

from micro_experiences.desk import TOUCHPOINTS, banner
from micro_experiences.desk.limits import at_most
from micro_experiences.desk.once import once
from micro_experiences.desk.people import first_name
from micro_experiences.desk.safely import try_again
from micro_experiences.desk.wording import hints
from micro_experiences.desk.words import refusing
from micro_experiences.domain import jot as reading
from micro_experiences.domain import looks, recall, reminders
from micro_experiences.domain import notes as rules
from micro_experiences.domain.sight import USERS
from micro_experiences.privacy import access_log

# Colleagues offered for a promise; more of them are found in the form of the task.
_MOST_COLLEAGUES = 100


@frappe.whitelist(methods=["POST"])
@at_most(120)
def options(customer: str) -> dict:
	"""What the forms of the panel offer: topics, the customer's contacts, my groups, colleagues, gesture types."""
	frappe.has_permission("Customer", "read", doc=customer, throw=True)
	me = frappe.session.user
	return {
		"me": me,
		"topics": [
			{
				"name": row.name,
				"label": _(row.name),
				"icon": row.icon,
				"sensitive": bool(row.sensitive_by_default),
			}
			for row in frappe.get_list(
				"Note Topic", fields=["name", "icon", "sensitive_by_default"], order_by="name asc", limit=0
			)
		],
		"contacts": _contacts(customer),
		"groups": frappe.get_all(
			"User Group Member", filters={"user": me, "parenttype": "User Group"}, pluck="parent"
		),
		"users": colleagues(),
		"gesture_types": frappe.get_list(
			"Gesture Type",
			filters={"enabled": 1},
			fields=["name", "usual_cost"],
			order_by="name asc",
			limit=0,
		),
	}


@frappe.whitelist(methods=["POST"])
@at_most(120)
def suggest(customer: str, note: str) -> dict:
	"""What the sentence seems to say, as proposals, the notes that say much the same, and `hints` about its words.

	By POST, although it writes nothing, so that no personal sentence stands in the log of a web server.
	"""
	frappe.has_permission("Personal Note", "create", throw=True)
	note = note[: rules.MAX_LENGTH]
	others = frappe.get_list(
		"Personal Note",
		filters={"customer": customer, "status": "Active"},
		fields=["name", "note", "certainty", "heard_by", "heard_on", "heard_via", "kind", "sensitive"],
		order_by="modified desc",
		limit=200,
	)
	topics = dict(frappe.get_all("Note Topic", fields=["name", "sensitive_by_default"], as_list=True))
	said = reading.suggestion(
		note, topics, {row.name: row.note for row in others}, getdate(), frappe.local.lang or "en"
	)
	rows, me = {row.name: row for row in others}, frappe.session.user
	access_log.note_look(
		customer, me, "Banner", looks.logged((rows[name] for name in said["duplicates"]), me)
	)
	said["duplicates"] = [
		{"name": name, "note": rows[name].note, "source": _source(rows[name])} for name in said["duplicates"]
	]
	return said | {"hints": hints(note)}


@frappe.whitelist(methods=["POST"])
@try_again
@once("Personal Note")
def jot(
	customer: str,
	note: str,
	contact: str | None = None,
	topic: str | None = None,
	kind: str | None = None,
	certainty: str | None = None,
	heard_via: str | None = None,
	occasion_on: str | None = None,
	repeats_yearly: bool | int = False,
	remember_until: str | None = None,
	visibility: str | None = None,
	user_group: str | None = None,
	sensitive: bool | int | None = None,
	pinned: bool | int = False,
	stops: str | None = None,
	follow_up_on: str | None = None,
	kept_as_is_because: str | None = None,
	reference_doctype: str | None = None,
	reference_name: str | None = None,
	sent_key: str | None = None,
) -> dict:
	"""Keep a note, and with `follow_up_on` a promise beside it. Answers `{"name", "banner"}`.

	Whoever does not say whether it is sensitive gets what the topic says.
	"""
	by_topic = bool(topic and frappe.db.get_value("Note Topic", topic, "sensitive_by_default"))
	doc = frappe.get_doc(
		{
			"doctype": "Personal Note",
			"customer": customer,
			"note": note,
			"contact": contact or None,
			"topic": topic or None,
			"kind": rules.kind_of(kind, remember_until),
			"certainty": certainty or "Told Us",
			"heard_via": heard_via or "In Person",
			"occasion_on": occasion_on or None,
			"repeats_yearly": cint(repeats_yearly),
			"remember_until": remember_until or None,
			"visibility": visibility or "Everyone",
			"user_group": user_group or None,
			"sensitive": rules.is_sensitive(None if sensitive is None else bool(cint(sensitive)), by_topic),
			"pinned": cint(pinned),
			"stops": stops or None,
			"kept_as_is_because": kept_as_is_because or None,
			"sent_key": sent_key,
			**reference_fields(reference_doctype, reference_name),
		}
	).insert()
	if follow_up_on:
		frappe.get_doc(
			{
				"doctype": "Follow Up Task",
				"customer": customer,
				"contact": contact or None,
				"subject": rules.promised(doc.note),
				"due_on": follow_up_on,
				"assigned_to": frappe.session.user,
				"personal_note": doc.name,
				**reference_fields(reference_doctype, reference_name),
			}
		).insert()
	return {"name": doc.name} | answer(customer, reference_doctype, reference_name, contact)


@frappe.whitelist(methods=["POST"])
@try_again
@once("Personal Note Use")
def used(
	name: str,
	they_said: str | None = None,
	remember: bool | int = False,
	sensitive: bool | int = False,
	kept_as_is_because: str | None = None,
	reference_doctype: str | None = None,
	reference_name: str | None = None,
	contact: str | None = None,
	sent_key: str | None = None,
) -> dict:
	"""The note was used; with what they said, and with `remember` that becomes the next note.

	That one is sensitive where this one is, or where `sensitive` says so.
	"""
	note = visible_note(name)
	reference = _reference(reference_doctype, reference_name)
	note.log("Used", they_said, reference=reference, sent_key=sent_key)
	if cint(remember) and (they_said or "").strip():
		following = frappe.get_doc(
			{
				"doctype": "Personal Note",
				"note": they_said,
				"kind": rules.kind_after_use(note.kind),
				"heard_via": "In Person",
				**{field: note.get(field) for field in rules.INHERITED},
				"sensitive": cint(note.sensitive) or cint(sensitive),
				"kept_as_is_because": kept_as_is_because or None,
				**reference_fields(reference_doctype, reference_name),
			}
		)
		following.insert()
	return answer(note.customer, reference_doctype, reference_name, contact)


@frappe.whitelist(methods=["POST"])
@try_again
def later(
	name: str,
	until: str,
	reference_doctype: str | None = None,
	reference_name: str | None = None,
	contact: str | None = None,
) -> dict:
	"""Not now: for me, until "tomorrow", "next_week" or "next_visit"."""
	note = visible_note(name)
	with refusing():
		snoozed_until = reminders.snoozed_until(until, getdate())
	note.log("Snoozed", snoozed_until=snoozed_until, reference=_reference(reference_doctype, reference_name))
	return answer(note.customer, reference_doctype, reference_name, contact)


@frappe.whitelist(methods=["POST"])
@try_again
def no_longer_true(
	name: str,
	reference_doctype: str | None = None,
	reference_name: str | None = None,
	contact: str | None = None,
) -> dict:
	"""The note is closed, and kept for those who ask."""
	note = visible_note(name)
	note.log("No Longer True", reference=_reference(reference_doctype, reference_name))
	return answer(note.customer, reference_doctype, reference_name, contact)


def visible_note(name: str):
	"""The note for update, if the session user may see it; else PermissionError."""
	note = frappe.get_doc("Personal Note", name, for_update=True)
	note.check_permission("read")
	return note


def day_of(until: str):
	"""The day that a word or an ISO date stands for, with a clear error."""
	with refusing():
		return reminders.later(until, getdate())


def answer(
	customer: str, reference_doctype: str | None, reference_name: str | None, contact: str | None = None
) -> dict:
	"""`{"banner": …}` as the form would get it if it were opened now."""
	reference = (reference_doctype, reference_name) if reference_doctype and reference_name else None
	return {"banner": banner.payload_for(customer, reference, contact, company_of(reference))}


def company_of(reference: tuple[str, str] | None) -> str | None:
	"""The company of the document that is open: its wallet is the one to speak of."""
	if (
		not reference
		or reference[0] not in TOUCHPOINTS
		or not frappe.get_meta(reference[0]).has_field("company")
	):
		return None
	return frappe.db.get_value(*reference, "company")


def reference_fields(doctype: str | None, name: str | None) -> dict:
	"""Where something came from; a document that the user may not read, or that is not saved, is left out."""
	if not (
		doctype in TOUCHPOINTS
		and name
		and frappe.db.exists(doctype, name)
		and frappe.has_permission(doctype, "read", doc=name)
	):
		return {}
	return {"reference_doctype": doctype, "reference_name": name}


def _reference(doctype: str | None, name: str | None) -> tuple[str | None, str | None]:
	kept = reference_fields(doctype, name)
	return kept.get("reference_doctype"), kept.get("reference_name")


def _source(row) -> str:
	note = recall.Note(
		row.name,
		row.kind,
		row.note,
		row.certainty,
		first_name(row.heard_by),
		row.heard_by == frappe.session.user,
		row.heard_on,
		row.heard_via,
	)
	return recall.source(note, getdate(), banner.language())


def _contacts(customer: str) -> list[dict]:
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


def colleagues() -> list[dict]:
	"""Enabled people who use the app, me first."""
	user, role = frappe.qb.DocType("User"), frappe.qb.DocType("Has Role")
	rows = (
		frappe.qb.from_(user)
		.join(role)
		.on((role.parent == user.name) & (role.parenttype == "User"))
		.select(user.name, user.full_name)
		.distinct()
		.where((user.enabled == 1) & (user.user_type == "System User") & role.role.isin(USERS))
		.orderby(user.full_name)
		.limit(_MOST_COLLEAGUES)
		.run(as_dict=True)
	)
	people = {frappe.session.user: first_name(frappe.session.user)} | {
		row.name: row.full_name for row in rows if row.name not in ("Administrator", "Guest")
	}
	return [{"name": name, "label": label} for name, label in people.items()]
