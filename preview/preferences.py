"""How each colleague wants to be reminded: whose bell rings, and when the next digest comes."""

from collections.abc import Iterable

from micro_experiences.domain import digest as rules
from micro_experiences.domain.hours import Hours
from micro_experiences.domain.sight import USERS
from preview.hours import hours_of
from preview.session import Session

DOCTYPE = "Follow Up Preference"


def hours(session: Session, user: str, digest_hour: str | None) -> Hours:
	"""When the digest of `user` comes."""
	return rules.with_hour(hours_of(session, user), digest_hour)


def open_missing(session: Session) -> None:
	"""Whoever uses the app has a preference. Twice is once."""
	there = {row["user"] for row in session.db.find(DOCTYPE)}
	users = {row["parent"] for row in session.db.find("Has Role", {"role": list(USERS)})}
	for row in session.db.find("User", {"enabled": True}):
		if row["name"] in users - there:
			moment = rules.next_digest_after(session.now, hours(session, row["name"], ""))
			session.insert(DOCTYPE, session.new(DOCTYPE) | {"user": row["name"], "next_digest_at": moment})


def mine(session: Session) -> dict:
	"""The user's own preference: a new one where there is none yet."""
	return next(iter(session.rows(DOCTYPE, {"user": session.user})), session.new(DOCTYPE))


def save(session: Session, bell: bool, digest: bool, digest_hour: str = "") -> dict:
	"""Keep what the user chose. Raises Refused for an hour that is none."""
	open_missing(session)
	moment = (
		rules.next_digest_after(session.now, hours(session, session.user, digest_hour)) if digest else None
	)
	values = {"bell": bell, "digest": digest, "digest_hour": digest_hour, "next_digest_at": moment}
	name = mine(session)["name"]
	session.update(DOCTYPE, name, values | {"set_aside_because": None})
	return {"name": name}


def bells(session: Session, users: Iterable[str]) -> set[str]:
	"""Those of `users` whose bell rings: all but who has turned it off."""
	return set(users) - {row["user"] for row in session.db.find(DOCTYPE, {"bell": False})}
