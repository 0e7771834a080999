"""The one rule for text that people write into our records: what it may hold, how long it may be, and how it begins."""

import re
import unicodedata
from html import unescape

from micro_experiences.domain.refusal import Refused, Word, _

# The most characters of a field of one line, and of one with several; by its name where it differs.
LINE = 140
LINES = {"Small Text": 1000, "Text": 1000, "Long Text": 1000, "Code": 5000}
BY_NAME = {"note": 500, "they_said": 500}

# A spreadsheet takes what begins like this for a formula; some also where the sign has the width of a Chinese one.
_FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20"
# Such a beginning is harmless in a telephone number, a date, an amount or a share: nothing there can be called.
_NUMBER = re.compile(r"[-+\d\s.,:/()%€$£]*")
_TAG = re.compile(r"<[^>]*>")
# What a browser takes for the beginning of a tag or a comment. "a < b" and "<3" are none.
_MARKUP = re.compile(r"<(?=[A-Za-z/!?])")

# Turns the direction of what follows, and can so make a text read as what it is not. What Arabic, Hebrew and Persian need
# (U+200C to U+200F, U+061C) stays, and so does what joins an emoji.
_TURNS = "\u202a-\u202e\u2066-\u2069"
# Frappe and XML can hold none of these, and no person types them. A half of a pair of surrogates cannot even be written down.
_NOT_TEXT = re.compile(
	f"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f{_TURNS}\ufeff\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]"
)
_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# More marks on one letter than any script has would be drawn across the lines above and below.
_MOST_MARKS = 8


def tidied(value: object, label: str, fieldname: str, fieldtype: str, length: int = 0) -> object:
	"""`value` as a field holds it; None stays None. Raises Refused, naming the field by `label`.

	A field for text gets text without what no person types, in the normal form NFC, in one line where it has one,
	without markup, and with a beginning that no spreadsheet takes for a formula. What is too long for its field
	(`length` characters, where the DocType says so) is refused before anything else is done with it.
	"""
	if value is None or isinstance(value, bool):
		return value
	if isinstance(value, list | tuple | dict | set):
		raise Refused(_("{0} cannot hold a list. Nothing was saved."), Word(label))
	if not isinstance(value, str):
		# A number or a day, as it is: a field for text gets its digits.
		return str(value) if is_text(fieldtype) else value
	most = most_of(fieldname, fieldtype, length)
	# Ends and odd forms are not counted, but nobody needs as many of them.
	if len(value) > 4 * most + 1000 or (not is_text(fieldtype) and len(value) > most):
		raise _too_long(label, most, len(value))
	if not is_text(fieldtype):
		return value
	text = _clean(value, lines=fieldtype in LINES)
	if fieldtype != "Code":
		text = inert(unmarked(text))
	if len(text) > most:
		raise _too_long(label, most, len(text))
	return text


def is_text(fieldtype: str) -> bool:
	"""Whether people write what they like into a field of this type."""
	return fieldtype == "Data" or fieldtype in LINES


def most_of(fieldname: str, fieldtype: str, length: int = 0) -> int:
	"""How many characters a field may hold; `length` is what its DocType says, 0 for nothing."""
	return BY_NAME.get(fieldname) or length or LINES.get(fieldtype, LINE)


def shortened(text: str, most: int) -> str:
	"""At most so many characters of `text`: where that is not all of it, "…" says so."""
	return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def inert(text: str) -> str:
	"""`text` with a beginning that no spreadsheet takes for a formula: a dash for a minus, else an apostrophe in front.

	A spreadsheet may be given it without its markup, so it is looked at without. Numbers, such as +49 30 1234, stay.
	"""
	bare = unescape(_TAG.sub("", text)).lstrip() if "<" in text else text.lstrip()
	if not bare or bare[0] not in _FORMULA or _NUMBER.fullmatch(bare):
		return text
	return f"\u2013{text[1:]}" if text[0] == "-" else f"'{text}"


def unmarked(text: str) -> str:
	"""`text` with a single quotation mark for what would begin markup.

	Frappe's lists, reports and prints show a text as HTML. They would ask a foreign server for a picture that is written
	there, and would hide a word in pointed brackets.
	"""
	return _MARKUP.sub("\u2039", text)


def _clean(text: str, *, lines: bool) -> str:
	text = _BREAK.sub("\n", text).replace("\t", " ")
	text = _NOT_TEXT.sub("", text if lines else text.replace("\n", " "))
	text = unicodedata.normalize("NFC", text).strip()
	return _thinned(text) if _is_seen(text) else ""


def _is_seen(text: str) -> bool:
	"""Whether anything of a text can be seen; what holds only joiners and spaces is empty."""
	return any(unicodedata.category(letter) not in ("Cf", "Zs", "Zl", "Zp", "Cc") for letter in text)


def _thinned(text: str) -> str:
	"""At most so many marks on one letter."""
	if text.isascii():
		return text
	kept, marks = [], 0
	for letter in text:
		marks = marks + 1 if unicodedata.combining(letter) else 0
		if marks <= _MOST_MARKS:
			kept.append(letter)
	return "".join(kept)


def _too_long(label: str, most: int, length: int) -> Refused:
	return Refused(
		_("{0} has up to {1} characters, and this one has {2}. Please shorten it; nothing was lost."),
		Word(label),
		most,
		length,
	)
