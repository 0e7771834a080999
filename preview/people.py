"""Who is who in the preview: roles, and who uses the app at all."""

from micro_experiences.domain import sight
from preview.store import Db


def roles(db: Db, user: str) -> frozenset[str]:
	"""The roles of a user."""
	return frozenset(row["role"] for row in db.find("Has Role", {"parent": user}, "idx"))


def colleagues(db: Db) -> list[dict[str, str]]:
	"""Enabled people who use the app, by name: [{"name", "label"}]."""
	return [
		{"name": row["name"], "label": row["full_name"]}
		for row in db.find("User", {"enabled": True}, "full_name")
		if may_use(roles(db, row["name"]))
	]


def may_use(held: frozenset[str]) -> bool:
	"""Whether somebody with these roles uses the app at all."""
	return not held.isdisjoint(sight.USERS)
