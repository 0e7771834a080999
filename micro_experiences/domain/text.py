"""Cleaning of user-written text: allowed characters, maximum length, and protection against formulas and
markup."""

import re
import unicodedata
from html import unescape

from micro_experiences.domain.errors import RuleViolation, Translatable, _

# Maximum characters of single-line fields, of multi-line field types, and of fields with their own limit.
MAX_LINE_LENGTH = 140
MAX_TEXT_LENGTHS = {"Small Text": 1000, "Text": 1000, "Long Text": 1000, "Code": 5000}
MAX_LENGTHS_BY_FIELD = {"note": 500, "they_said": 500}

# Characters that begin a formula in spreadsheets, including their full-width forms.
_FORMULA_STARTS = "=+-@\uff1d\uff0b\uff0d\uff20"
# A telephone number, date, amount or percentage with such a beginning is harmless: it contains no call.
_HARMLESS_NUMBER = re.compile(r"[-+\d\s.,:/()%€$£]*")
_TAG = re.compile(r"<[^>]*>")
# Beginning of a tag or comment for a browser. "a < b" and "<3" are not.
_MARKUP_START = re.compile(r"<(?=[A-Za-z/!?])")

# Bidirectional controls, which can make a text read as something else. Those that Arabic, Hebrew and Persian
# need (U+200C to U+200F, U+061C) stay, and so do emoji joiners.
_BIDI_CONTROLS = "\u202a-\u202e\u2066-\u2069"
# Frappe and XML cannot store these, and nobody types them. A lone surrogate cannot even be encoded.
_INVALID_CHARACTERS = re.compile(
	f"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f{_BIDI_CONTROLS}\ufeff\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]"
)
_LINE_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Characters that a phone, a word processor or another keyboard writes for ', - and a space.
_PLAIN_CHARACTERS = str.maketrans(
	dict.fromkeys(
		"\u2018\u2019\u201a\u201b\u02b9\u02bb\u02bc\u02bd\u02c8\u2032\u2035\u00b4`\ua78c\u055a\uff07", "'"
	)
	| dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d", "-")
	| dict.fromkeys(
		"\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
		" ",
	)
)
# More marks on one letter than any script uses would overlap the lines above and below.
_MAX_MARKS = 8


def clean_text(value: object, label: str, fieldname: str, fieldtype: str, length: int = 0) -> object:
	"""Return `value` as a field stores it; None stays None. Raises RuleViolation, naming the field by `label`.

	Text is cleaned of invalid characters, normalized to NFC, reduced to one line for single-line fields,
	stripped of markup, and made safe for spreadsheets. Text that is far too long for its field (`length`
	characters, if the DocType sets it) is refused before any other processing.
	"""
	if value is None or isinstance(value, bool):
		return value
	if isinstance(value, list | tuple | dict | set):
		raise RuleViolation(_("{0} cannot contain a list. Nothing was saved."), Translatable(label))
	if not isinstance(value, str):
		# Numbers and dates are unchanged, except that text fields receive a string.
		return str(value) if is_text_field(fieldtype) else value
	most = get_max_length(fieldname, fieldtype, length)
	# Surrounding space and decomposed characters do not count towards the limit, within reason.
	if len(value) > 4 * most + 1000 or (not is_text_field(fieldtype) and len(value) > most):
		raise _length_violation(label, most, len(value))
	if not is_text_field(fieldtype):
		return value
	text = _normalize(value, lines=fieldtype in MAX_TEXT_LENGTHS)
	if fieldtype != "Code":
		text = neutralize_formula(neutralize_markup(text))
	if len(text) > most:
		raise _length_violation(label, most, len(text))
	return text


def normalize(text: str) -> str:
	"""Return `text` as it is read, compared and searched: in NFC, with plain apostrophes, hyphens and spaces.

	Each character keeps its place in the NFC form of `text`, which is what a field stores.
	"""
	return unicodedata.normalize("NFC", text).translate(_PLAIN_CHARACTERS)


def is_text_field(fieldtype: str) -> bool:
	"""Return whether users write free text into a field of this type."""
	return fieldtype == "Data" or fieldtype in MAX_TEXT_LENGTHS


def get_max_length(fieldname: str, fieldtype: str, length: int = 0) -> int:
	"""Return the maximum number of characters of a field; `length` is set by its DocType, 0 if it is not."""
	return MAX_LENGTHS_BY_FIELD.get(fieldname) or length or MAX_TEXT_LENGTHS.get(fieldtype, MAX_LINE_LENGTH)


def shorten(text: str, most: int) -> str:
	"""Return at most `most` characters of `text`, ending with "…" if it was truncated."""
	return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def neutralize_formula(text: str) -> str:
	"""Return `text` with a beginning that no spreadsheet reads as a formula: a dash instead of a minus, else
	a leading apostrophe.

	Markup is ignored in the check, because a spreadsheet may receive the text without it. Numbers, such as
	+49 30 1234, stay.
	"""
	bare = unescape(_TAG.sub("", text)).lstrip() if "<" in text else text.lstrip()
	if not bare or bare[0] not in _FORMULA_STARTS or _HARMLESS_NUMBER.fullmatch(bare):
		return text
	return f"\u2013{text[1:]}" if text[0] == "-" else f"'{text}"


def neutralize_markup(text: str) -> str:
	"""Return `text` with a single quotation mark in place of each character that would begin markup.

	Frappe's lists, reports and prints show a text as HTML. They would load an image from a foreign server,
	and would hide a word in angle brackets.
	"""
	return _MARKUP_START.sub("\u2039", text)


def _normalize(text: str, *, lines: bool) -> str:
	text = _LINE_BREAK.sub("\n", text).replace("\t", " ")
	text = _INVALID_CHARACTERS.sub("", text if lines else text.replace("\n", " "))
	text = unicodedata.normalize("NFC", text).strip()
	return _limit_marks(text) if _has_visible_characters(text) else ""


def _has_visible_characters(text: str) -> bool:
	"""Return whether a text has visible characters; one with only joiners and spaces is empty."""
	return any(unicodedata.category(letter) not in ("Cf", "Zs", "Zl", "Zp", "Cc") for letter in text)


def _limit_marks(text: str) -> str:
	"""Limit the number of combining marks on one letter."""
	if text.isascii():
		return text
	kept, marks = [], 0
	for letter in text:
		marks = marks + 1 if unicodedata.combining(letter) else 0
		if marks <= _MAX_MARKS:
			kept.append(letter)
	return "".join(kept)


def _length_violation(label: str, most: int, length: int) -> RuleViolation:
	return RuleViolation(
		_("{0} can have up to {1} characters, but has {2}. Shorten it and try again. Nothing was saved."),
		Translatable(label),
		most,
		length,
	)
