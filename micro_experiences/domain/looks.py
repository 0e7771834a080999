"""Looking at what somebody told a colleague in confidence: what is a reason, and which looks are written down."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from micro_experiences.domain.recall import Language
from micro_experiences.domain.refusal import Refused, _
from micro_experiences.domain.text import shortened

# Long enough to keep out "x" and "test" in any script; the longest is about two sentences.
SHORTEST, LONGEST = 6, 280
# Who looked is not cleared away before this many days, whatever a site sets.
KEPT_AT_LEAST = 90
# As much of a reason as the banner repeats.
_SHOWN = 60


def reason(text: str | None) -> str:
	"""The reason as the log keeps it: one line. Raises Refused where it says nothing, or too much."""
	because = " ".join((text or "").split())
	if len(because) < SHORTEST:
		raise Refused(_("Say in a few words why you need to look. Nothing was opened."))
	if len(because) > LONGEST:
		raise Refused(
			_(
				"A reason has up to {0} characters, and this one has {1}. Please shorten it; nothing was opened."
			),
			LONGEST,
			len(because),
		)
	return because


def opened(because: str, language: Language) -> str:
	"""What the banner says while sensitive notes are open to the viewer."""
	_ = language.translate
	return _("Sensitive notes are open to you until midnight, because: {0}").format(
		shortened(because, _SHOWN)
	)


def logged(notes: Iterable[Mapping], user: str) -> list[str]:
	"""The names of those `notes` (`name, sensitive, heard_by`) at which a look of `user` is written down: what is sensitive
	and was told to somebody else."""
	return [note["name"] for note in notes if note["sensitive"] and note["heard_by"] != user]


def look_key(user: str, name: str, now: datetime) -> str:
	"""What is the same for all looks of one user at one note within an hour: the first of them is written down."""
	return f"{user}|{name}|{now:%Y-%m-%d %H}"
