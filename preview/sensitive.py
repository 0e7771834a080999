"""Sensitive notes of one customer, opened for a while by a manager who says why, and closed again."""

from micro_experiences.domain import looks
from micro_experiences.domain.refusal import NotAllowed, Word, _
from micro_experiences.domain.sight import MANAGER
from preview.banner import answer
from preview.hours import hours_of
from preview.session import Session

_LOG = "Personal Note Access"


def open_sensitive(session: Session, customer: str, reason: str) -> dict:
	"""The sensitive notes of a customer are open to the user, a manager, until the end of his day."""
	_check(session, customer)
	look = {
		"customer": customer,
		"user": session.user,
		"seen_in": "Reason",
		"reason": looks.reason(reason),
		"accessed_on": session.now,
		"open_until": hours_of(session, session.user).midnight(session.now),
	}
	session.insert(_LOG, session.new(_LOG) | look)
	told = "Open until midnight. Your reason is written down, and each of these notes that the banner shows you or that you open. Lists and exports are not written down one by one: your reason answers for them."
	return {"text": told} | answer(session, customer)


def close_sensitive(session: Session, customer: str) -> dict:
	"""They are closed to the user again."""
	_check(session, customer)
	for look in session.db.find(_LOG, {"customer": customer, "user": session.user}):
		if look["open_until"] and look["open_until"] > session.now:
			session.update(_LOG, look["name"], {"open_until": session.now})
	return {"text": "Closed again."} | answer(session, customer)


def _check(session: Session, customer: str) -> None:
	if not session.manager:
		raise NotAllowed(_("This is for a {0}."), Word(MANAGER))
	session.check_customer(customer)
