"""Users of the preview: their roles, and who uses the app."""

from micro_experiences.domain import visibility
from preview.store import Db


def get_roles(db: Db, user: str) -> frozenset[str]:
	"""Return the roles of a user."""
	return frozenset(row["role"] for row in db.find("Has Role", {"parent": user}, "idx"))


def is_enabled(db: Db, user: str) -> bool:
	"""Return whether the account of a user is enabled."""
	row = db.get("User", user)
	return bool(row and row["enabled"])


def get_colleagues(db: Db) -> list[dict[str, str]]:
	"""Return the enabled users of the app by name: [{"name", "label"}]."""
	return [
		{"name": row["name"], "label": row["full_name"]}
		for row in db.find("User", {"enabled": True}, "full_name")
		if can_use_app(get_roles(db, row["name"]))
	]


def can_use_app(held: frozenset[str]) -> bool:
	"""Return whether users with these roles may use the app."""
	return not held.isdisjoint(visibility.APP_ROLES)
