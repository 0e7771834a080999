"""Digests, one a day for each person: the mail of the outbox, its proof and the next moment in one transaction."""

from datetime import date
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

import micro_experiences
from micro_experiences.domain import digest as rules
from preview import ledger, preferences
from preview.session import LANGUAGE, Session

# As Frappe renders it: the texts of a mail that is no HTML are not escaped.
_MAILS = Environment(
	loader=FileSystemLoader(Path(micro_experiences.__file__).parent / "templates" / "emails"),
	autoescape=False,
)


def send_due(session: Session) -> int:
	"""Write to everybody whose digest is due by now; how many mails there were."""
	preferences.open_missing(session)
	if not session.settings["send_digests"]:
		return 0
	due = session.db.rows(
		"""select * from "tabFollow Up Preference" where digest = 1 and next_digest_at <= ?"""
		" order by next_digest_at, name",
		session.now,
	)
	return sum(_send(session, row) for row in due)


def _send(session: Session, row: dict) -> bool:
	hours = preferences.hours(session, row["user"], row["digest_hour"])
	moment = rules.next_digest_after(session.now, hours)
	session.update(preferences.DOCTYPE, row["name"], {"next_digest_at": moment})
	day, user = rules.day_due(session.now, hours), session.db.get("User", row["user"])
	if not day or not user["enabled"]:
		return False
	key = rules.digest_key(user["name"], day)
	if session.db.find("Follow Up Reminder", {"reminder_key": key}):
		return False
	wallets = [
		(ledger.money(session.db, wallet.left, wallet.budget.currency), wallet.period_end)
		for wallet in ledger.wallets(session.db, user["name"], session.today)
		if wallet.left > 0
	]
	digest = rules.compose(_items(session, user["name"], day), wallets, day, user["first_name"], LANGUAGE)
	if not digest:
		return False
	session.insert(
		"Email Queue",
		{
			"recipient": user["name"],
			"subject": digest.subject,
			"message": _text(digest),
			"sent_on": session.now,
			"reminder_key": key,
		},
	)
	session.insert(
		"Follow Up Reminder",
		{
			"occurrence": day,
			"recipient": user["name"],
			"kind": rules.KIND,
			"sent_on": session.now,
			"reminder_key": key,
		},
	)
	return True


def _text(digest: rules.Digest) -> str:
	names = {line.name for section in digest.sections for line in section.lines}
	return _MAILS.get_template("follow_up_digest.txt").render(
		digest=digest,
		links={name: f"/app/follow-up-task/{name}" for name in names},
		all_link="/app/follow-up-task",
		change_link="/app/follow-up-preference",
	)


def _items(session: Session, user: str, day: date) -> list[rules.Item]:
	tasks = session.db.rows(
		"""select * from "tabFollow Up Task" where status = 'Open' and assigned_to = ? and due_on <= ?""",
		user,
		rules.last_day(day),
	)
	return [_item(session, task) for task in tasks]


def _item(session: Session, task: dict) -> rules.Item:
	gesture = (task["gesture"] and session.db.get("Gesture", task["gesture"])) or {}
	sources = filter(None, (task["personal_note"], gesture.get("personal_note")))
	notes = [session.db.get("Personal Note", source) or {} for source in sources]
	told = {
		"subject": task["subject"],
		"notes": [(note.get("visibility"), bool(note.get("sensitive"))) for note in notes],
		"gesture_confidential": gesture.get("confidential"),
	}
	return rules.Item(
		task["name"],
		session.db.get("Customer", task["customer"])["customer_name"],
		task["due_on"],
		task["snoozed_until"],
		rules.subject_told(told, names_promises=session.settings["digest_names_promises"]),
		bool(task["occurrence_key"]),
	)
