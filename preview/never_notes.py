"""Never notes: whether those of a customer rule a gesture out. The preview knows the restrictions of the app only."""

from micro_experiences.domain import never_notes as rules
from micro_experiences.domain import recall_lines
from preview import banner
from preview.session import LANGUAGE, Session


def check_never_notes(
	session: Session,
	customer: str,
	gesture_type: str | None = None,
	what: str | None = None,
	message: str | None = None,
) -> dict:
	"""Return the verdict for the form, with the notes that the user may read. Nothing is written."""
	session.check_can_create("Gesture")
	session.check_customer(customer)
	return describe(session, customer, get_verdict(session, customer, gesture_type, what, message))


def describe(session: Session, customer: str, verdict: rules.NeverVerdict) -> dict:
	"""Return a verdict as the form shows it."""
	template, named = rules.describe_verdict(verdict, manager=session.manager)
	shown = [
		row
		for row in _find_notes(session, customer)
		if row["name"] in verdict.notes and session.visible("Personal Note", row["name"])
	]
	return {
		"verdict": verdict.verdict,
		"never_notes": [
			{
				"name": row["name"],
				"note": row["note"],
				"source": recall_lines.format_source(
					banner.build_recall_note(session, row), session.today, LANGUAGE
				),
			}
			for row in shown
		],
		"text": template.format(", ".join(named)),
		"can_override": session.manager,
	}


def get_verdict(
	session: Session, customer: str, gesture_type: str | None, what: str | None, message: str | None
) -> rules.NeverVerdict:
	"""Return whether the customer's Never notes rule a gesture out. Notes that the user may not see count."""
	kind = session.db.get("Gesture Type", gesture_type or "")
	notes = [
		rules.NeverNote(
			row["name"],
			row["note"],
			row["stops"],
			row["avoids"],
			bool(session.visible("Personal Note", row["name"])),
		)
		for row in _find_notes(session, customer)
	]
	title = f"{gesture_type or ''}\n{what or ''}"
	return rules.get_never_verdict(rules.GestureWords(kind and kind["involves"], title, message or ""), notes)


def get_stops(session: Session, customer: str) -> list[str]:
	"""Return what the customer's Never notes rule out."""
	return [row["stops"] for row in _find_notes(session, customer) if row["stops"]]


def _find_notes(session: Session, customer: str) -> list[dict]:
	filters = {"customer": customer, "status": "Active", "kind": "Never"}
	rows = session.db.find("Personal Note", filters)
	return [row for row in rows if not row["remember_until"] or row["remember_until"] >= session.today]
