"""The gentle question while somebody writes: which words sound like health, faith and the like."""

from micro_experiences.domain import sensitive_words as rules
from preview.session import Session


def look(session: Session, text: str) -> dict:
	"""`{"hints"}` for a text that is being written. Nothing is written."""
	session.check_may_make("Personal Note")
	return {"hints": hints(session, text)}


def hints(session: Session, text: str) -> list[dict]:
	"""What is asked about a text; nothing where the settings do not want to be asked."""
	if not session.settings["check_wording"]:
		return []
	own = tuple(
		rules.Term(row["term"], row["language"] or "", row["category"] or "", row["counts"])
		for row in session.db.find("Sensitive Term")
	)
	return rules.hints(rules.findings(text, rules.vocabulary(own)))
