"""What the panel does with Personal Notes. Each answers with the new banner."""

from datetime import date

from micro_experiences.domain import jot as reading
from micro_experiences.domain import notes as rules
from micro_experiences.domain import recall, reminders
from preview import banner, occasions, people, wording
from preview.banner import answer
from preview.keeping import keep_note, keep_promise
from preview.session import LANGUAGE, Session


def options(session: Session, customer: str) -> dict:
	"""What the forms of the panel offer: topics, the customer's contacts, my groups, colleagues, gesture types."""
	session.check_customer(customer)
	db, me = session.db, session.user
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
		"users": [
			{"name": me, "label": session.full_name(me)},
			*(colleague for colleague in people.colleagues(db) if colleague["name"] != me),
		],
		"gesture_types": [
			{"name": row["name"], "usual_cost": float(row["usual_cost"])}
			for row in db.find("Gesture Type", {"enabled": True})
		],
	}


def suggest(session: Session, customer: str, note: str) -> dict:
	"""What the sentence seems to say, as proposals, the notes that say much the same, and `hints` about its words.
	Nothing is written."""
	session.check_may_make("Personal Note")
	filters = {"customer": customer, "status": "Active"}
	others = {row["name"]: row for row in session.rows("Personal Note", filters, "modified desc")}
	topics = {row["name"]: row["sensitive_by_default"] for row in session.db.find("Note Topic")}
	said = reading.suggestion(
		note, topics, {name: row["note"] for name, row in others.items()}, session.today, LANGUAGE.locale
	)
	said["duplicates"] = [
		{
			"name": name,
			"note": others[name]["note"],
			"source": recall.source(banner.rules_note(session, others[name]), session.today, LANGUAGE),
		}
		for name in said["duplicates"]
	]
	return said | {"hints": wording.hints(session, note)}


def jot(
	session: Session,
	customer: str,
	note: str,
	topic: str | None = None,
	kind: str | None = None,
	certainty: str | None = None,
	heard_via: str | None = None,
	occasion_on: str | None = None,
	repeats_yearly: bool = False,
	remember_until: str | None = None,
	visibility: str | None = None,
	user_group: str | None = None,
	sensitive: bool | None = None,
	pinned: bool = False,
	stops: str | None = None,
	follow_up_on: str | None = None,
	kept_as_is_because: str | None = None,
) -> dict:
	"""Keep a note, and with `follow_up_on` a promise beside it."""
	row = session.db.get("Note Topic", topic) if topic else None
	by_topic = bool(row and row["sensitive_by_default"])
	values = {
		"customer": customer,
		"note": note,
		"contact": session.contact,
		"topic": topic,
		"kind": rules.kind_of(kind, remember_until),
		"certainty": certainty,
		"heard_via": heard_via,
		"occasion_on": occasion_on,
		"repeats_yearly": repeats_yearly,
		"remember_until": remember_until,
		"visibility": visibility,
		"user_group": user_group,
		"sensitive": rules.is_sensitive(sensitive, by_topic),
		"pinned": pinned,
		"stops": stops,
		"kept_as_is_because": kept_as_is_because,
		"sent_key": session.sent_key,
	}
	name = keep_note(session, {field: value for field, value in values.items() if value} | session.reference)
	if follow_up_on:
		promised = {
			"customer": customer,
			"contact": session.contact,
			"due_on": follow_up_on,
			"personal_note": name,
		}
		subject = rules.promised(session.db.get("Personal Note", name)["note"])
		keep_promise(session, promised | {"subject": subject} | session.reference)
	return {"name": name} | answer(session, customer)


def used(
	session: Session,
	name: str,
	they_said: str | None = None,
	remember: bool = False,
	sensitive: bool = False,
	kept_as_is_because: str | None = None,
) -> dict:
	"""The note was used; with what they said, and with `remember` that becomes the next note.

	That one is sensitive where this one is, or where `sensitive` says so.
	"""
	note = session.seen("Personal Note", name)
	log(session, note, "Used", they_said, sent_key=session.sent_key)
	if remember and (they_said or "").strip():
		following = {field: note[field] for field in rules.INHERITED}
		following |= {
			"note": they_said,
			"kind": rules.kind_after_use(note["kind"]),
			"sensitive": note["sensitive"] or sensitive,
			"kept_as_is_because": kept_as_is_because,
		}
		keep_note(session, following | session.reference)
	return answer(session, note["customer"])


def later(
	session: Session,
	name: str,
	until: str,
) -> dict:
	"""Not now: for me, until "tomorrow", "next_week" or "next_visit"."""
	note = session.seen("Personal Note", name)
	snoozed_until = reminders.snoozed_until(until, session.today)
	log(session, note, "Snoozed", snoozed_until=snoozed_until)
	return answer(session, note["customer"])


def no_longer_true(
	session: Session,
	name: str,
) -> dict:
	"""The note is closed, and kept for those who ask."""
	note = session.seen("Personal Note", name)
	log(session, note, "No Longer True")
	return answer(session, note["customer"])


def log(
	session: Session,
	note: dict,
	action: str,
	they_said: str | None = None,
	snoozed_until: date | None = None,
	sent_key: str | None = None,
) -> None:
	"""Write one line of the log of uses, and what follows from it for the note."""
	rules.check_open(note["status"])
	session.insert(
		"Personal Note Use",
		{
			"personal_note": note["name"],
			"customer": note["customer"],
			"action": action,
			"they_said": rules.said(they_said),
			"used_by": session.user,
			"used_on": session.now,
			"snoozed_until": snoozed_until,
			"sent_key": sent_key,
			**session.reference,
		},
	)
	session.update(
		"Personal Note",
		note["name"],
		rules.logged(action, note["times_used"], session.user, session.now),
	)
	if action == "Used":
		occasions.end(session, note, "Done", None)
	elif action == "No Longer True":
		occasions.end(session, note, "Skipped", "The note is closed.")


def close_expired(session: Session) -> None:
	"""Close what recall would not show again."""
	manners = recall.Manners.from_settings(session.settings)
	for row in session.db.find("Personal Note", {"status": "Active", "kind": ["Moment", "Occasion"]}):
		if recall.expired(banner.rules_note(session, row), session.today, manners):
			session.update("Personal Note", row["name"], rules.closed("Expired"))
