"""What goes when a customer is to be forgotten, what stays for the books, and how a text betrays what is gone."""

import html
import re
from collections.abc import Iterable
from datetime import date

from micro_experiences.domain.refusal import Refused, _

# The words of people in each record.
WORDS = {
	"Personal Note": ("note", "kept_as_is_because"),
	"Personal Note Use": ("they_said",),
	"Gesture": ("what", "message", "story", "override_reason", "decline_reason"),
	"Follow Up Task": ("subject", "outcome"),
}

# What a gesture is without the customer: money and days stay for the books, and who gave it.
FORGOTTEN = dict.fromkeys(
	(
		*("customer", "contact", "personal_note", "message", "story", "override_reason", "decline_reason"),
		*("reaction", "reference_doctype", "reference_name", "planned_on"),
	)
) | {"share_story": 0, "confidential": 0, "what": "-"}

# A gesture that is still to come is not given to nobody: what was committed for it is released.
RELEASED = ("Approved",)
CALLED_OFF = "Cancelled"

# A shorter text is found by the name of its record alone: too many others would say the same.
_SHORTEST = 8
# Tracebacks cut long texts.
_COMPARED = 60


def kept() -> tuple[str, ...]:
	"""What an erasure keeps, and why, in sentences for its certificate."""
	return (
		_("Amounts and days of gestures that cost money, and the wallets: for the books, without a name."),
		_("Who looked at sensitive notes and when, without the reason and the name: to answer for it."),
		_("Backups and log files of the server, until they are replaced: nobody changes them line by line."),
		_("Mails that were sent are in the mailboxes of those who got them."),
	)


def check_reason(reason: str | None) -> str:
	"""The reason, trimmed. Raises Refused where there is none: whoever asks later is to find one."""
	reason = (reason or "").strip()
	if not reason:
		raise Refused(_("Write in a few words why, such as who asked for it. Nothing was changed."))
	return reason[:500]


def check_confirmed(typed: str | None, name: str) -> None:
	"""Whoever erases has typed the name. Raises Refused."""
	if " ".join((typed or "").split()).casefold() != " ".join(name.split()).casefold():
		raise Refused(_("Type the name as it is written: {0}. Nothing was erased."), name)


def check_requested(requested_on: date | None, today: date) -> None:
	"""Nobody has asked tomorrow. Raises Refused."""
	if requested_on and requested_on > today:
		raise Refused(_("The day of the request is still to come: please check it. Nothing was erased."))


class Marks:
	"""What betrays records in a text that is not theirs: their names, and their words. `about` are the names of whom they are
	about, which betray in what speaks of our records alone: an invoice names its customer too."""

	def __init__(self, names: Iterable[str], words: Iterable[str | None] = (), about: Iterable[str] = ()):
		about = [name for name in about if name]
		self._names, self._words = frozenset(names), _searched(words)
		self._about_names, self._about_words = frozenset(about), _searched(about)

	def betrayed_by(self, text: str, *, ours: bool = False) -> bool:
		"""Whether `text` names one of the records or holds its words, as they are or as HTML, JSON or Python writes them.
		`ours` says that it speaks of our records."""
		names = self._names | self._about_names if ours else self._names
		if not names.isdisjoint(re.findall(r"[\w-]+", text)):
			return True
		searched = self._words | self._about_words if ours else self._words
		squeezed = _squeezed(text) if searched else ""
		return any(words in squeezed for words in searched)


def _searched(texts: Iterable[str | None]) -> frozenset[str]:
	squeezed = (_squeezed(text)[:_COMPARED] for text in texts if text)
	return frozenset(text for text in squeezed if len(text) >= _SHORTEST)


def _squeezed(text: str) -> str:
	"""Letters and digits alone, in lower case, so that a text is found however it was escaped."""
	text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), html.unescape(text))
	return re.sub(r"\\+[nrt]|\W", "", text).casefold()
