"""Erasure of a customer: what is removed, what is kept for accounting, and how to find traces in text."""

import html
import re
from collections.abc import Iterable
from datetime import date

from micro_experiences.domain.errors import RuleViolation, _
from micro_experiences.domain.ledger import COMMITTED_STATUSES
from micro_experiences.domain.text import clean_text, normalize
from micro_experiences.domain.visibility import FREE_TEXT_FIELDS

# Values of a gesture without its texts; "what" is mandatory.
REDACTED_GESTURE = dict.fromkeys(FREE_TEXT_FIELDS["Gesture"]) | {"what": "-", "share_story": 0}
# The same without the customer. Amounts, dates and the giver stay for accounting.
_IDENTIFYING_FIELDS = (
	"customer",
	"contact",
	"personal_note",
	"reaction",
	"reference_doctype",
	"reference_name",
)
ANONYMIZED_GESTURE = (
	REDACTED_GESTURE | dict.fromkeys((*_IDENTIFYING_FIELDS, "planned_on", "follow_up")) | {"confidential": 0}
)

# A gesture that is not given yet is cancelled, and its committed money is released.
RELEASED_STATUSES = COMMITTED_STATUSES
CANCELLED_STATUS = "Cancelled"

# A run of this many letters and digits is unique. A shorter text is only matched as a whole value, and an
# even shorter one only by the name of its record, because other records may contain the same text.
_LONG_TEXT, _MIN_TEXT = 20, 8
# Tracebacks truncate long texts.
_COMPARED_LENGTH = 60

# Names of the app's records and modules as written by Frappe, Python and URLs. Also valid as a database pattern.
# Follow-ups of older versions are named PROMISE-000001.
RECORD_PATTERN = (
	"personal.?note|follow.?up.?(task|reminder|preference)|micro.?experiences"
	"|[\"'/<>\\[]gesture[\"'/:<]|tabgesture|ges-[0-9]|(note|follow-up|promise)-[0-9]{6}"
)
_RECORD_REGEX = re.compile(RECORD_PATTERN, re.IGNORECASE)
# Keys of JSON or Python are not user input.
_KEY_PATTERN = re.compile(r"""(\\*["'])[^"'\\<>]*\1\s*:""")
# Keys of free-text fields are replaced by this mark, so that single words can be matched to them.
_OWN_FIELD_MARK = "zzownfieldzz"
_OWN_FIELD_PATTERN = re.compile(
	rf"""(\\*["'])({"|".join(sorted({field for fields in FREE_TEXT_FIELDS.values() for field in fields}))})\1\s*:"""
)


def mentions_app_records(text: str) -> bool:
	"""Return whether a text mentions any record of the app."""
	return bool(_RECORD_REGEX.search(text))


def describe_retained_data() -> tuple[str, ...]:
	"""Return what an erasure keeps, and why, as sentences for its certificate."""
	return (
		_(
			"Amounts and dates of gestures that cost money, and the wallets: kept for accounting, without a name."
		),
		_(
			"Who opened sensitive notes and when: kept for accountability, without the reason and the customer's name."
		),
		_("Who viewed or erased all data, when, why and about whom: kept for accountability."),
		_(
			"Server backups and log files, until they are replaced: individual entries cannot be removed from them."
		),
		_("Emails that were already sent: they remain in the recipients' mailboxes."),
	)


def clean_erasure_reason(reason: str | None) -> str:
	"""Return the cleaned reason. Raises RuleViolation if it is missing or too long."""
	cleaned = clean_text(reason or "", _("Reason"), "reason", "Small Text")
	if not cleaned:
		raise RuleViolation(_("Enter a short reason, such as who requested it. Nothing was changed."))
	return cleaned


def check_confirmation(typed: str | None, name: str) -> None:
	"""Check that the user typed the name, in any case and with any kind of apostrophe. Raises RuleViolation."""
	expected, given = (" ".join(normalize(text).split()).casefold() for text in (name, typed or ""))
	if given != expected:
		raise RuleViolation(_("Enter the name exactly as shown: {0}. Nothing was erased."), name)


def check_request_date(requested_on: date | None, today: date) -> None:
	"""Check that the date of the request is not in the future. Raises RuleViolation."""
	if requested_on and requested_on > today:
		raise RuleViolation(
			_("The date of the request is in the future. Check the date. Nothing was erased.")
		)


class TraceMatcher:
	"""Matcher for traces of records, by their names and texts, in text that mentions records of the app.
	`about` are the names of the people and customers that the records are about."""

	def __init__(
		self, names: Iterable[str], words: Iterable[str | None] = (), about: Iterable[str | None] = ()
	):
		words = [text for text in words if text]
		self._names = frozenset(names)
		normalized = {text: _normalize_text(text) for text in words}
		self._long_texts = frozenset(
			text[:_COMPARED_LENGTH] for text in normalized.values() if len(text) >= _LONG_TEXT
		)
		short = [text for text in words if _MIN_TEXT <= len(normalized[text]) < _LONG_TEXT]
		whole = [
			text
			for text in (*short, *(name for name in about if name))
			if normalized.get(text) or _normalize_text(text)
		]
		# A single word may be a field name or a status anywhere, so it only matches as the value of its own field.
		alone = {text for text in short if not re.search(r"\s", text.strip())} - set(about)
		self._values = frozenset(
			f"{_OWN_FIELD_MARK if text in alone else ''}|{_normalize_pieces(text)}|" for text in whole
		)

	def names_record(self, text: str) -> bool:
		"""Return whether `text` names one of the records."""
		return not self._names.isdisjoint(re.findall(r"[\w-]+", text))

	def matches(self, text: str) -> bool:
		"""Return whether `text` names one of the records or contains their texts, plain or escaped as HTML,
		JSON or Python.

		A long text matches anywhere. A short text, and each name in `about`, matches as a whole value in
		quotes or between tags. A single word matches only as the value of its own field. The name "Smith"
		does not match "Smith Ltd".
		"""
		if self.names_record(text):
			return True
		if self._long_texts:
			normalized = _normalize_text(text)
			if any(long_text in normalized for long_text in self._long_texts):
				return True
		if not self._values:
			return False
		values = _normalize_pieces(
			_KEY_PATTERN.sub("", _OWN_FIELD_PATTERN.sub(_OWN_FIELD_MARK, _unescape(text)))
		)
		return any(value in values for value in self._values)


def _normalize_pieces(text: str) -> str:
	"""Return the pieces between quotes or tags, normalized and joined by "|"."""
	return "|".join(_normalize_text(piece) for piece in re.split(r"""\\*["'<>]""", _unescape(text)))


def _normalize_text(text: str) -> str:
	"""Return letters and digits only, in lower case, so that a text is found however it is escaped."""
	return re.sub(r"\\+[nrt]|\W", "", _unescape(text)).casefold()


def _unescape(text: str) -> str:
	return normalize(re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), html.unescape(text)))
