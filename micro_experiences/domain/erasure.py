"""What goes when a customer is to be forgotten, what stays for the books, and how a text betrays what is gone."""

import html
import re
from collections.abc import Iterable
from datetime import date

from micro_experiences.domain.refusal import Refused, _
from micro_experiences.domain.sight import WORDS
from micro_experiences.domain.text import tidied

# A gesture without its words; it has to say what it was.
WORDLESS = dict.fromkeys(WORDS["Gesture"]) | {"what": "-", "share_story": 0}
# And without the customer: money and days stay for the books, and who gave it.
_NOBODYS = ("customer", "contact", "personal_note", "reaction", "reference_doctype", "reference_name")
FORGOTTEN = WORDLESS | dict.fromkeys((*_NOBODYS, "planned_on")) | {"confidential": 0}

# A gesture that is still to come is not given to nobody: what was committed for it is released.
RELEASED = ("Approved",)
CALLED_OFF = "Cancelled"

# So many letters and digits in a row are nobody else's. A shorter text is found where it is the whole of a value, and a still
# shorter one by the name of its record alone: too many others would say the same.
_LONG, _SHORTEST = 20, 8
# Tracebacks cut long texts.
_COMPARED = 60

# How Frappe, Python and addresses write the names of our records and modules. The database understands it too.
OURS = (
	"personal.?note|follow.?up.?(task|reminder|preference)|micro.?experiences"
	"|[\"'/<>\\[]gesture[\"'/:<]|tabgesture|ges-[0-9]|(note|promise)-[0-9]{6}"
)
_ours = re.compile(OURS, re.IGNORECASE)


def is_ours(text: str) -> bool:
	"""Whether a text speaks of records of ours at all."""
	return bool(_ours.search(text))


def kept() -> tuple[str, ...]:
	"""What an erasure keeps, and why, in sentences for its certificate."""
	return (
		_("Amounts and days of gestures that cost money, and the wallets: for the books, without a name."),
		_("Who looked at sensitive notes and when, without the reason and the name: to answer for it."),
		_("Who had everything shown, or erased it, when, why and of whom: to answer for it."),
		_("Backups and log files of the server, until they are replaced: nobody changes them line by line."),
		_("Mails that were sent are in the mailboxes of those who got them."),
	)


def check_reason(reason: str | None) -> str:
	"""The reason, as every text of its length. Raises Refused where it is too long, and where there is none: whoever asks
	later is to find one, and all of it."""
	because = tidied(reason or "", _("Reason"), "reason", "Small Text")
	if not because:
		raise Refused(_("Write in a few words why, such as who asked for it. Nothing was changed."))
	return because


def check_confirmed(typed: str | None, name: str) -> None:
	"""Whoever erases has typed the name. Raises Refused."""
	if " ".join((typed or "").split()).casefold() != " ".join(name.split()).casefold():
		raise Refused(_("Type the name as it is written: {0}. Nothing was erased."), name)


def check_requested(requested_on: date | None, today: date) -> None:
	"""Nobody has asked tomorrow. Raises Refused."""
	if requested_on and requested_on > today:
		raise Refused(_("The day of the request is still to come: please check it. Nothing was erased."))


class Marks:
	"""What betrays records in a text that speaks of records of ours and is not theirs: their names, and their words. `about`
	are the names of whom they are about."""

	def __init__(
		self, names: Iterable[str], words: Iterable[str | None] = (), about: Iterable[str | None] = ()
	):
		words = [text for text in words if text]
		self._names = frozenset(names)
		squeezed = {text: _squeezed(text) for text in words}
		self._runs = frozenset(text[:_COMPARED] for text in squeezed.values() if len(text) >= _LONG)
		short = [text for text in words if _SHORTEST <= len(squeezed[text]) < _LONG]
		whole = [text for text in (*short, *filter(None, about)) if squeezed.get(text) or _squeezed(text)]
		# One word may be the name of a field or of a status anywhere: it is theirs where it is the value of their own field.
		alone = {text for text in short if not re.search(r"\s", text.strip())} - set(about)
		self._values = frozenset(f"{_OWN if text in alone else ''}|{_in_pieces(text)}|" for text in whole)

	def named_in(self, text: str) -> bool:
		"""Whether `text` names one of the records."""
		return not self._names.isdisjoint(re.findall(r"[\w-]+", text))

	def betrayed_by(self, text: str) -> bool:
		"""Whether `text` names one of the records, or holds its words as they are or as HTML, JSON or Python writes them: a
		long text anywhere, a short one and the names of whom it is about as a whole value in quotes or between tags, a single
		word as the value of its own field. One who is called Smith is not found in what is about Smith Ltd."""
		if self.named_in(text):
			return True
		if self._runs:
			squeezed = _squeezed(text)
			if any(run in squeezed for run in self._runs):
				return True
		if not self._values:
			return False
		values = _in_pieces(_KEY.sub("", _OWN_KEY.sub(_OWN, _unescaped(text))))
		return any(value in values for value in self._values)


# What stands before a value of JSON or Python is not what somebody wrote.
_KEY = re.compile(r"""(\\*["'])[^"'\\<>]*\1\s*:""")
# But for the names of the fields in which people write, of which it is told where they were.
_OWN = "zzownfieldzz"
_OWN_KEY = re.compile(
	rf"""(\\*["'])({"|".join(sorted({field for fields in WORDS.values() for field in fields}))})\1\s*:"""
)


def _in_pieces(text: str) -> str:
	"""What stands between quotes or tags, each squeezed: "|" for each of them."""
	return "|".join(_squeezed(piece) for piece in re.split(r"""\\*["'<>]""", _unescaped(text)))


def _squeezed(text: str) -> str:
	"""Letters and digits alone, in lower case, so that a text is found however it was escaped."""
	return re.sub(r"\\+[nrt]|\W", "", _unescaped(text)).casefold()


def _unescaped(text: str) -> str:
	return re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), html.unescape(text))
