"""Words of a language that name days, from its data file, and the reading of a text with them.

A rule does not see words but a string with one symbol for each word (see `SYMBOLS`), so that one rule serves all
languages: "the 3rd of May" and "el 3 de mayo" are both "h", a number, "g" and "M".
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from micro_experiences.domain.day_grammar.scan import Token, normalize, remove_accents, scan

_FOLDER = Path(__file__).parent / "languages"

# Keys of a data file, and the symbol of their words.
SYMBOLS = {
	"one": "a",
	"next": "x",
	"coming": "c",
	"this": "t",
	"last": "l",
	"every": "e",
	"in": "I",
	"later": "L",
	"ago_before": "A",
	"ago_after": "G",
	"before": "b",
	"after": "f",
	"since": "S",
	"to": "u",
	"prepositions": "p",
	"articles": "h",
	"of": "g",
	"and": "&",
	"start": "s",
	"middle": "k",
	"end": "z",
	"day_parts": "P",
	"weekend": "E",
	"about": "~",
	"names_before": "N",
	"names_after": "C",
	"nouns_before_number": "q",
	"nouns_after_number": "Q",
	"week_number": "K",
	"nth": "T",
	"year_mark": "年",
	"month_mark": "月",
	"day_mark": "日",
	"weekend_habit": "V",
	"habitual_weekdays": "V",
	"no_day": "B",
	"eve": "v",
	"morrow": "v",
}
_UNITS = {"day": ("day", 1), "week": ("week", 1), "fortnight": ("week", 2), "month": ("month", 1), "year": ("year", 1), "other": ("other", 1)}  # fmt: skip
_VALUES = {
	"next": 1,
	"last": -1,
	"this": 0,
	"coming": 1,
	"one": 1,
	"eve": -1,
	"morrow": 1,
	"day_mark": ("day", 1),
	"year_mark": ("year", 1),
}


@dataclass(frozen=True, slots=True)
class Word:
	"""A read part of a text: its symbol, what it stands for, and its place in the text."""

	symbol: str
	value: object
	start: int
	end: int
	text: str = ""


@dataclass(frozen=True, slots=True)
class Lexicon:
	"""Words of one language, and its ways of writing days."""

	name: str
	phrases: dict[str, tuple[tuple[tuple[str, ...], str, object], ...]]
	words: frozenset[str]
	data: dict
	longest: int
	suffixes: frozenset[str]
	prefixes: tuple[str, ...]
	particles: frozenset[str]
	past: re.Pattern
	participle: re.Pattern | None
	participles: re.Pattern
	not_past: re.Pattern
	neutral: frozenset[str]
	habit: re.Pattern
	forward: re.Pattern | None
	yearly: re.Pattern
	bare_day_ordinal: re.Pattern | None
	bare_day_number: re.Pattern | None


@cache
def get_languages() -> frozenset[str]:
	"""Return the languages that have a data file."""
	return frozenset(path.stem for path in _FOLDER.glob("*.json"))


@cache
def load_lexicon(language: str) -> Lexicon:
	"""Return the lexicon of a language of `get_languages()`."""
	data = json.loads((_FOLDER / f"{language}.json").read_text(encoding="utf-8"))
	entries: dict[tuple[str, ...], tuple[str, object]] = {}
	for phrase, symbol, value in _get_entries(data):
		words = tuple(token.text for token in scan(phrase) if token.kind not in ("glue", "dash"))
		entries.setdefault(words, (symbol, value))
	for words, entry in list(entries.items()):
		for spelling in (_spell_without_umlauts(words), tuple(map(remove_accents, words))):
			entries.setdefault(spelling, entry)
	phrases: dict[str, list] = {}
	for words, (symbol, value) in sorted(entries.items(), key=lambda item: -len(item[0])):
		if words:
			phrases.setdefault(words[0], []).append((words, symbol, value))
	spaced = data.get("spaces", True)
	return Lexicon(
		name=language,
		phrases={first: tuple(found) for first, found in phrases.items()},
		words=frozenset(word for words in entries for word in words),
		data=data,
		longest=max(map(len, phrases), default=1),
		suffixes=frozenset(_split(data.get("ordinal_suffixes", ""))),
		prefixes=_split(data.get("prefixes", "")),
		particles=frozenset(_split(data.get("particles", ""))),
		past=_compile_words(data.get("past", ""), spaced),
		participle=re.compile(data["participle"]) if "participle" in data else None,
		participles=_compile_words(data.get("participles", ""), spaced),
		neutral=frozenset(_split(data.get("neutral", ""))),
		habit=_compile_words(data.get("habit", ""), spaced),
		forward=_compile_end(data.get("forward", "")),
		not_past=_compile_words(data.get("not_past", ""), spaced),
		yearly=_compile_words(data.get("yearly", ""), spaced),
		bare_day_ordinal=_compile_end(data.get("before_ordinal_day", "")),
		bare_day_number=_compile_end(data.get("before_number_day", "")),
	)


def _get_entries(data: dict):
	"""Yield each phrase of a data file with its symbol and value; of two meanings, the first one counts."""
	for key in ("no_day",):
		yield from ((phrase, SYMBOLS[key], None) for phrase in _split(data.get(key, "")))
	for name, words in data.get("feasts", {}).items():
		yield from ((phrase, "F", name) for phrase in _split(words))
	for offset, words in data.get("relative", {}).items():
		yield from ((phrase, "R", int(offset)) for phrase in _split(words))
	for name, symbol in (("periods", "J"), ("durations", "D")):
		for value, words in data.get(name, {}).items():
			count, unit = value.split()
			yield from ((phrase, symbol, (int(count), *_UNITS[unit])) for phrase in _split(words))
	yield from _get_calendar_entries(data)
	for key, symbol in SYMBOLS.items():
		yield from ((phrase, symbol, _VALUES.get(key)) for phrase in _split(data.get(key, "")))
	yield from ((phrase, "x", 2) for phrase in _split(data.get("next_but_one", "")))
	for days, words in data.get("after_weekday", {}).items():
		yield from ((phrase, "+", int(days)) for phrase in _split(words))


def _get_calendar_entries(data: dict):
	weak = {*_split(data.get("weak", ""))}
	for number, words in enumerate(data.get("months", ()), 1):
		yield from ((phrase, "m" if phrase in weak else "M", number) for phrase in _split(words))
	endings = ("", *_split(data.get("weekday_endings", "")))
	for number, words in enumerate(data.get("weekdays", ())):
		for phrase in _split(words):
			for ending in endings if len(phrase) > 3 else ("",):
				yield phrase + ending, "w" if phrase in weak else "W", number
	for name, words in data.get("units", {}).items():
		yield from ((phrase, "U", _UNITS[name]) for phrase in _split(words))
	for number, words in data.get("ordinals", {}).items():
		yield from ((phrase, "O", int(number)) for phrase in _split(words))
	for number, words in data.get("numbers", {}).items():
		yield from ((phrase, "n", int(number)) for phrase in _split(words))


def _split(words: str) -> tuple[str, ...]:
	return tuple(filter(None, (normalize(word.strip()) for word in words.split(","))))


def _spell_without_umlauts(words: tuple[str, ...]) -> tuple[str, ...]:
	umlauts = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}
	return tuple("".join(umlauts.get(letter, letter) for letter in word) for word in words)


def _compile_words(words: str, spaced: bool) -> re.Pattern:
	"""Compile a search for words; "birth*" is the beginning of a word, "*iert" its end, "+iert" not the whole."""
	stems = [
		re.escape(stem).replace(r"\*", r"\S*").replace(r"\+", r"\S+").replace(r"\ ", " ")
		for stem in _split(words)
	]
	if not stems:
		return re.compile(r"(?!)")
	alternatives = "|".join(sorted(stems, key=len, reverse=True))
	return re.compile(rf"(?<!\S)(?:{alternatives})(?!\S)" if spaced else alternatives)


def _compile_end(words: str) -> re.Pattern | None:
	"""Compile a search for words at the end of a text; "^the" is the whole text."""
	phrases = _split(words)
	ends = "|".join(
		rf"^{phrase[1:]}" if phrase[0] == "^" else rf"(?:^|\s){re.escape(phrase)}" for phrase in phrases
	)
	return re.compile(rf"(?:{ends})$") if phrases else None


def read(tokens: list[Token], lexicon: Lexicon) -> list[Word]:
	"""Return the words of a text with the symbols of a language; unknown words are "_"."""
	tokens = [part for token in tokens if token.kind != "glue" for part in _split_particles(token, lexicon)]
	words: list[Word] = []
	position = 0
	while position < len(tokens):
		token = tokens[position]
		used, found = 1, None
		if token.kind in ("word", "hangul"):
			used, found = _read_phrase(tokens, position, lexicon)
			words.append(found or Word("_", None, token.start, token.end, token.text))
		elif token.kind == "joined":
			words.extend(_read_joined(token, lexicon))
		elif token.kind == "number":
			used, numbers = _read_number(tokens, position, lexicon)
			words.extend(numbers)
		elif not _is_abbreviation_mark(tokens, position, words):
			words.append(_read_other(token))
		position += used
	return words


def _split_particles(token: Token, lexicon: Lexicon) -> list[Token]:
	"""Split a word from the particles that some languages attach before or after it."""
	text = token.text
	if token.kind not in ("word", "hangul") or text in lexicon.words or len(text) != token.end - token.start:
		return [token]
	for prefix in lexicon.prefixes:
		if text.startswith(prefix) and text[len(prefix) :] in lexicon.words:
			return [Token(token.kind, text[len(prefix) :], token.start + len(prefix), token.end)]
	if token.kind == "hangul":
		for length in range(len(text) - 1, 0, -1):
			if text[:length] in lexicon.words and text[length:] in lexicon.particles:
				middle = token.start + length
				return [
					Token("hangul", text[:length], token.start, middle),
					Token("hangul", text[length:], middle, token.end),
				]
	return [token]


def _read_phrase(tokens: list[Token], position: int, lexicon: Lexicon) -> tuple[int, Word | None]:
	first = tokens[position]
	for phrase, symbol, value in lexicon.phrases.get(first.text, ()):
		at = position
		for word in phrase[1:]:
			at += 1
			if at < len(tokens) and tokens[at].kind == "dash" and tokens[at].start == tokens[at - 1].end:
				at += 1
			if at >= len(tokens) or tokens[at].text != word:
				break
		else:
			return at - position + 1, Word(symbol, value, first.start, tokens[at].end, " ".join(phrase))
	return 1, None


def _read_joined(token: Token, lexicon: Lexicon) -> list[Word]:
	"""Split text that is written without spaces into its longest known words."""
	words, position = [], 0
	while position < len(token.text):
		for length in range(min(lexicon.longest, len(token.text) - position), 0, -1):
			found = lexicon.phrases.get(token.text[position : position + length])
			if found and len(found[-1][0]) == 1:
				break
		else:
			length, found = 1, None
		symbol, value = found[-1][1:] if found else ("_", None)
		start = token.start + position
		words.append(Word(symbol, value, start, start + length, token.text[position : position + length]))
		position += length
	return words


def _read_number(tokens: list[Token], position: int, lexicon: Lexicon) -> tuple[int, list[Word]]:
	token = tokens[position]
	suffix = token.fields[0]
	digits = len(re.match(r"\d+", token.text).group())
	number = int(token.text[:digits])
	year = digits == 4 and 1000 <= number < 3000
	symbol = "y" if year else "d" if digits <= 2 and number <= 31 else "Y" if digits == 2 else "#"
	if suffix and (found := lexicon.phrases.get(token.text)) and len(found[-1][0]) == 1:  # "2moro"
		return 1, [Word(*found[-1][1:], token.start, token.end, token.text)]
	if suffix in lexicon.suffixes and suffix:
		return 1, [Word("o", number, token.start, token.end, token.text)]
	if suffix:
		found = lexicon.phrases.get(suffix)
		if not found or len(found[-1][0]) > 1:
			return 1, [Word("X", None, token.start, token.end, token.text)]
		middle = token.start + digits
		_words, sign, value = found[-1]
		return 1, [
			Word(symbol, number, token.start, middle),
			Word(sign, value, middle, token.end, suffix),
		]
	after = tokens[position + 1] if position + 1 < len(tokens) else None
	if lexicon.data.get("dot_ordinals") and symbol == "d" and after and after.text == ".":
		if after.start == token.end:
			return 2, [Word("o", number, token.start, after.end, token.text)]
	return 1, [Word(symbol, number, token.start, token.end, token.text)]


def _is_abbreviation_mark(tokens: list[Token], position: int, words: list[Word]) -> bool:
	"""Return whether a full stop belongs to the word before it: "Dec. 12", "Fri. evening", "Mr. May"."""
	token = tokens[position]
	if token.text != "." or not words or words[-1].end != token.start or len(words[-1].text) > 6:
		return False
	after = tokens[position + 1] if position + 1 < len(tokens) else None
	if after and after.kind == "word" and after.start == token.end:
		return True
	return words[-1].symbol == "N" or (
		(words[-1].symbol in "MmWwU~q" or len(words[-1].text) <= 4)
		and words[-1].symbol not in "dyo#"
		and bool(after)
		and after.kind in ("number", "full", "slashed", "dotted")
	)


def _read_other(token: Token) -> Word:
	if token.kind in ("iso", "full", "dotted", "slashed", "point"):
		symbol = "%"
	elif token.kind == "short_year":
		return Word("y", int(token.text[1:]), token.start, token.end, token.text)
	elif token.kind == "dash":
		symbol = "-"
	elif token.kind in ("opaque", "code"):
		symbol = "X"
	elif token.text in ("/", "&"):
		symbol = {"/": "/", "&": "&"}[token.text]
	else:
		symbol = "," if token.text in (",", ":", ";", "\u060c", "\u3001", "(", ")") else "."
	return Word(symbol, (token.kind, token.fields), token.start, token.end, token.text)
