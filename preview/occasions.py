"""Occasions that come near open their promise, once for each occurrence, and take it along when they are over."""

from datetime import date

from micro_experiences.domain import occasions as rules
from micro_experiences.domain import sight
from preview import follow_ups, records
from preview.keeping import tidied_promise
from preview.session import Session


def open_near(session: Session) -> None:
	"""Open the promise of each occasion that is near and has none yet. Where nobody may see the note, none is opened."""
	lead_days = session.settings["occasion_lead_days"]
	for note in session.db.find("Personal Note", {"status": "Active", "kind": "Occasion"}):
		day = rules.near(note["occasion_on"], note["repeats_yearly"], session.today, lead_days)
		customer = session.db.get("Customer", note["customer"])
		if day and not customer["disabled"]:
			_open(session, note, customer, day)


def end(session: Session, note: dict, status: str, outcome: str | None) -> None:
	"""The promises that an occasion has opened become `status`, Done or Skipped. What is skipped makes room for another."""
	for task in session.db.find("Follow Up Task", {"personal_note": note["name"], "status": "Open"}):
		if task["occurrence_key"]:
			follow_ups.finish(session, task, status, outcome)
			if status == "Skipped":
				session.update("Follow Up Task", task["name"], {"occurrence_key": None})


def _open(session: Session, note: dict, customer: dict, day: date) -> None:
	fields = rules.promise(note, customer["customer_name"], day, session.today)
	if session.db.find("Follow Up Task", {"occurrence_key": fields["occurrence_key"]}):
		return
	managers = (row["parent"] for row in session.db.find("Has Role", {"role": sight.MANAGER}, "parent"))
	for user in rules.candidates(customer["account_manager"], note, managers):
		if _may_see(session, note, user):
			task = session.new("Follow Up Task") | fields | {"assigned_to": user}
			session.insert("Follow Up Task", tidied_promise(session, task, None))
			return


def _may_see(session: Session, note: dict, user: str) -> bool:
	there = session.db.get("User", user)["enabled"]
	return bool(there and records.get(session.db, "Personal Note", note["name"], user, session.now))
