"""Personal Notes: jot, suggest, use, snooze, mark as outdated. Each change returns the new banner."""

from datetime import date

from micro_experiences.domain import note_parsing, recall, recall_lines, reminders, sensitive_words
from micro_experiences.domain import notes as rules
from preview import banner, people
from preview.additions import add_follow_up, add_note
from preview.banner import respond_with_banner
from preview.session import LANGUAGE, Session


def get_form_options(session: Session, customer: str) -> dict:
	"""Return the choices of the panel's forms: topics, contacts, groups, users, gesture types."""
	session.check_customer(customer)
	db, me = session.db, session.user
	others = [colleague for colleague in people.get_colleagues(db) if colleague["name"] != me]
	return {
		"me": me,
		"topics": [
			{
				"name": row["name"],
				"label": row["name"],
				"icon": row["icon"],
				"sensitive": row["sensitive_by_default"],
			}
			for row in db.find("Note Topic")
		],
		"contacts": [
			{"name": row["name"], "label": row["full_name"]}
			for row in db.find("Contact", {"customer": customer})
		],
		"groups": [row["parent"] for row in db.find("User Group Member", {"user": me})],
		"users": [{"name": me, "label": session.full_name(me)}, *others],
		"gesture_types": [
			{"name": row["name"], "usual_cost": float(row["usual_cost"])}
			for row in db.find("Gesture Type", {"enabled": True})
		],
	}


def suggest(session: Session, customer: str, note: str) -> dict:
	"""Return proposals for the fields of a note, similar notes, and hints about its words. Nothing is written."""
	session.check_can_create("Personal Note")
	filters = {"customer": customer, "status": "Active"}
	others = {row["name"]: row for row in session.rows("Personal Note", filters, "modified desc")}
	topics = {row["name"]: row["sensitive_by_default"] for row in session.db.find("Note Topic")}
	suggestion = note_parsing.suggest_fields(note, topics, others.values(), session.today, LANGUAGE.locale)
	suggestion["duplicates"] = [
		{
			"name": name,
			"note": others[name]["note"],
			"source": recall_lines.format_source(
				banner.build_recall_note(session, others[name]), session.today, LANGUAGE
			),
		}
		for name in suggestion["duplicates"]
	]
	return suggestion | check_wording(session, note)


def check_wording(session: Session, text: str) -> dict:
	"""Return `{"hints"}` about sensitive words in a text. Nothing is written."""
	session.check_can_create("Personal Note")
	if not session.settings["check_wording"]:
		return {"hints": []}
	found = sensitive_words.find_sensitive_words(text, sensitive_words.build_vocabulary(()))
	return {"hints": sensitive_words.build_hints(found)}


def jot(session: Session, values: dict, follow_up_on: date | None = None) -> dict:
	"""Add a note, and with `follow_up_on` a follow-up."""
	topic = session.db.get("Note Topic", values.get("topic") or "")
	by_topic = bool(topic and topic["sensitive_by_default"])
	values |= {
		"kind": rules.get_kind(values.get("kind"), values.get("remember_until")),
		"sensitive": rules.is_sensitive(values.get("sensitive"), by_topic),
	}
	name = add_note(session, values)
	if follow_up_on:
		task = {"customer": values["customer"], "contact": session.contact, "personal_note": name}
		subject = rules.get_follow_up_subject(session.db.get("Personal Note", name)["note"])
		task |= {"subject": subject, "due_on": follow_up_on} | session.reference
		add_follow_up(session, task)
	return {"name": name} | respond_with_banner(session, values["customer"])


def mark_used(
	session: Session,
	name: str,
	they_said: str | None = None,
	remember: bool = False,
	sensitive: bool = False,
	kept_as_is_because: str | None = None,
) -> dict:
	"""Mark a note as used. With `remember`, what the customer said becomes a note."""
	note = session.get("Personal Note", name)
	log_use(session, note, "Used", they_said=they_said, sent_key=session.sent_key)
	if remember and (they_said or "").strip():
		following = {field: note[field] for field in rules.INHERITED_FIELDS}
		following |= {
			"note": they_said,
			"kind": rules.get_kind_after_use(note["kind"]),
			"sensitive": note["sensitive"] or sensitive,
			"kept_as_is_because": kept_as_is_because,
		}
		add_note(session, following | session.reference)
	return respond_with_banner(session, note["customer"])


def snooze(session: Session, name: str, until: str) -> dict:
	"""Snooze a note for the user, until "tomorrow", "next_week" or "next_visit"."""
	note = session.get("Personal Note", name)
	log_use(session, note, "Snoozed", snoozed_until=reminders.get_note_snooze_date(until, session.today))
	return respond_with_banner(session, note["customer"])


def mark_outdated(session: Session, name: str) -> dict:
	"""Mark a note as outdated: it is closed."""
	note = session.get("Personal Note", name)
	log_use(session, note, "No Longer True")
	return respond_with_banner(session, note["customer"])


def log_use(
	session: Session, note: dict, action: str, they_said: str | None = None, **more: str | date | None
) -> None:
	"""Insert a line of the log of uses, and change the note accordingly."""
	rules.check_active(note["status"])
	values = {"personal_note": note["name"], "customer": note["customer"], "action": action}
	values |= {"they_said": rules.clean_they_said(they_said), "used_by": session.user, "used_on": session.now}
	session.insert("Personal Note Use", values | more | session.reference)
	changes = rules.get_use_updates(action, note["times_used"], session.user, session.now)
	session.update("Personal Note", note["name"], changes)


def close_expired(session: Session) -> None:
	"""Close the notes that the banner would not show again."""
	recall_settings = recall.RecallSettings.from_settings(session.settings)
	for row in session.db.find("Personal Note", {"status": "Active", "kind": ["Moment", "Occasion"]}):
		if recall.is_expired(banner.build_recall_note(session, row), session.today, recall_settings):
			session.update("Personal Note", row["name"], rules.get_closed_fields("Expired"))
