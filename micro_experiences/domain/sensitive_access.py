"""Access to sensitive notes of other users: valid reasons, and which access is logged."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from micro_experiences.domain.errors import RuleViolation, _
from micro_experiences.domain.language import Language
from micro_experiences.domain.text import shorten

# The minimum excludes "x" and "test" in any script; the maximum is about two sentences.
MIN_REASON_LENGTH, MAX_REASON_LENGTH = 6, 280
# The access log is kept for at least this many days, whatever the settings say.
MIN_LOG_RETENTION_DAYS = 90
# Length of the reason in the banner.
_DISPLAYED_REASON_LENGTH = 60


def clean_access_reason(text: str | None) -> str:
	"""Return the reason as the log stores it, in one line. Raises RuleViolation if it is too short or too long."""
	cleaned = " ".join((text or "").split())
	if len(cleaned) < MIN_REASON_LENGTH:
		raise RuleViolation(_("Enter a short reason for access. Nothing was opened."))
	if len(cleaned) > MAX_REASON_LENGTH:
		raise RuleViolation(
			_(
				"The reason can have up to {0} characters, but has {1}. Shorten it and try again. Nothing was opened."
			),
			MAX_REASON_LENGTH,
			len(cleaned),
		)
	return cleaned


def format_access_notice(reason: str, language: Language) -> str:
	"""Return the notice that the banner shows while sensitive notes are visible to the viewer."""
	_ = language.translate
	return _("Sensitive notes are visible to you until midnight. Reason: {0}").format(
		shorten(reason, _DISPLAYED_REASON_LENGTH)
	)


def get_logged_notes(notes: Iterable[Mapping], user: str) -> list[str]:
	"""Return the names of those `notes` (`name, sensitive, heard_by`) for which access by `user` is logged:
	sensitive notes of other authors."""
	return [note["name"] for note in notes if note["sensitive"] and note["heard_by"] != user]


def access_log_key(user: str, name: str, now: datetime) -> str:
	"""Return the key shared by all access of one user to one note within an hour. Only the first access is
	logged."""
	return f"{user}|{name}|{now:%Y-%m-%d %H}"
