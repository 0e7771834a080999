"""Splitting of a text into words, numbers, written dates and text that only looks like a date."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

_LETTER = r"[^\W\d_\u3005-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
# Vowel signs and other marks are no word characters for the regular expressions of Python.
_MARKS = r"\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0955-\u0957\u0962\u0963\u200c\u200d"
_DASH = "-\u2010-\u2015\u2212\uff5e\u301c~"

# One pass over the text; of two readings of the same place, the first alternative wins.
_TOKEN = rf"""
	(?P<opaque>
		(?:https?://|www\.)\S{{1,200}}
		| [\w.+-]{{1,64}}@[\w.-]{{1,100}}
		| \+\d[\d\ ().-]{{6,24}}\d                            # telephone numbers
		| (?<![\d.,/-])0\d{{2,4}}[ /-]\d{{3,9}}(?:[ -]\d{{2,9}}){{0,3}}
		| (?<![\w])\d{{1,2}}(?::|h(?=\d))\d{{2}}(?::\d{{2}})?(?!\d)\s?(?:[ap]\.?m\b\.?|uhr\b|h\b)?    # times of day
		| \d{{1,2}}\.\d{{2}}\s?(?:[ap]m\b|uhr\b|h\b)
		| \d{{1,2}}\s?(?:[ap]\.?m\b\.?|uhr\b|o['\u2019]?clock\b|點|点|時(?!間)|时(?!间)|시(?=\s|$))
		| 24\s?/\s?7\b | 7-eleven
		| [$€£¥₹#№]\s?\d[\d.,\u00a0]*
		| \d[\d.,]*\s?(?:[%€$£¥₹]|°\s?[CFcf]\b)
	)
	| (?P<iso>(?<![\w/.-])(?P<iso_year>[12]\d{{3}})(?P<iso_mark>[-/.])(?P<iso_month>\d{{1,2}})(?P=iso_mark)(?P<iso_day>\d{{1,2}})(?![\d/-]))
	| (?P<full>(?<![\w/.-])(?P<full_first>\d{{1,2}})(?P<full_mark>[./-]|\.\s)(?P<full_second>\d{{1,2}})(?P=full_mark)(?P<full_year>'?\d{{4}}|'?\d{{2}})(?![\d/-]|[.,]\d|(?<=\d)[a-z]))
	| (?P<dotted>(?<![\w/.,])(?<!\w-)(?P<dotted_first>\d{{1,2}})\.\s?(?P<dotted_second>\d{{1,2}})\.(?!\d))
	| (?P<slashed>(?:(?<![\w/.,-])|(?<=/\d\d-)|(?<=/\d-))(?P<slashed_first>\d{{1,2}})/(?P<slashed_second>\d{{1,2}})(?![\d/]|[.,]\d|-(?!\d{{1,2}}/\d)))
	| (?P<point>(?<![\w/.,-])(?P<point_first>\d{{1,2}})\.(?P<point_second>0[1-9]|1[0-2])(?![\d/-]|[.,]\d))
	| (?P<code>
		\d+(?:[.,]\d+)+ | \d+(?:[/-]\d+){{2,}} | \d{{3,}}[/-]\d+ | \d+[/-]\d{{3,}}
		| \d{{5,}} | [A-Za-z]{{1,40}}\d\w{{0,60}}
	)
	| (?P<short_year>(?<!\w)['\u2019]\d{{2}}(?!\w))
	| (?P<number>\d{{1,4}})(?P<suffix>(?:[A-Za-z\u00c0-\u024f\u0400-\u04ff\u0900-\u097f\u0600-\u06ff\u00aa\u00ba\u00b0]|[\u2019'-][a-z\u0400-\u04ff]{{1,3}}\b){{0,12}})
	| (?P<joined>[\u3005-\u30ff\u3400-\u9fff]+)                # written without spaces
	| (?P<hangul>[\uac00-\ud7a3]+)
	| (?P<word>{_LETTER}(?:{_LETTER}|[{_MARKS}\u0640])*)
	| (?P<glue>(?<=\w)['\u2019\u02bc`\u00b4](?=\w))
	| (?P<dash>[{_DASH}]+)
	| (?P<mark>[^\s'\u2019"\u00ab\u00bb\u201c-\u201f\u200e\u200f\ufe0f*_])
	"""
# One spelling for the forms of alif, ya and ta marbuta; no stretched letters.
_ARABIC = str.maketrans(
	"\u0623\u0625\u0622\u0671\u0649\u0629", "\u0627\u0627\u0627\u0627\u064a\u0647", "\u0640"
)


@dataclass(frozen=True, slots=True)
class Token:
	"""Part of a text. `fields` are the numbers of a written date, or the suffix of a number ("th")."""

	kind: str
	text: str
	start: int
	end: int
	fields: tuple = ()


def scan(text: str) -> list[Token]:
	"""Return the parts of `text` in order, without spaces and quotation marks. Takes linear time."""
	tokens = []
	for match in _compile_token().finditer(text):
		kind = match.lastgroup or "mark"
		if kind in _DATE_FIELDS:
			fields = tuple(match.group(name) for name in _DATE_FIELDS[kind])
		elif match.group("number"):
			kind, fields = "number", (normalize(match.group("suffix").strip("-'\u2019")),)
		else:
			fields = ()
		tokens.append(Token(kind, normalize(match.group()), match.start(), match.end(), fields))
	return tokens


_DATE_FIELDS = {
	"iso": ("iso_year", "iso_month", "iso_day"),
	"full": ("full_first", "full_second", "full_year", "full_mark"),
	"dotted": ("dotted_first", "dotted_second"),
	"slashed": ("slashed_first", "slashed_second"),
	"point": ("point_first", "point_second"),
}


@cache
def _compile_token() -> re.Pattern:
	return re.compile(_TOKEN, re.VERBOSE | re.IGNORECASE)


def normalize(text: str) -> str:
	"""Return a word as the lexicon spells it: lower case, composed, with one spelling for each Arabic and
	Devanagari letter."""
	text = text.lower()
	if text.isascii():
		return text
	text = unicodedata.normalize("NFC", text.replace("\u2019", "'"))
	if text >= "\u0600":
		text = "".join(letter for letter in text.translate(_ARABIC) if not "\u064b" <= letter <= "\u0655")
		text = unicodedata.normalize("NFD", text).replace("\u093c", "").replace("\u0901", "\u0902")
		text = unicodedata.normalize("NFC", text)
	return text


def remove_accents(text: str) -> str:
	"""Return `text` as people type it without accents: "manana" for "mañana"."""
	return "".join(
		letter for letter in unicodedata.normalize("NFD", text) if not "\u0300" <= letter <= "\u036f"
	)
