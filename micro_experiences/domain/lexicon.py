"""Lexicon of a language: finds the words of a sentence that the rules of note parsing work with.

The words are data, one file for each language in `note_words/`. A file maps each tag, such as "negator" or
"topic Pet", to lines of terms separated by commas. In a term, "*" at either end of a word stands for any
letters, and "=" before a word means that its accents count.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from micro_experiences.domain.text import normalize

# In order of preference where a sentence could be in several of them.
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "hi", "ar", "ru", "ja", "zh", "ko")

# A letter or sign of Chinese, Japanese and Korean is a word of its own, because they are written without spaces
# or with endings attached. Marks of Indian and Arabic script belong to the word.
_SINGLE = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(
	rf"[{_SINGLE}]|\d+|(?:(?![{_SINGLE}])[^\W\d_]|[\u0300-\u036f\u0900-\u0903\u093a-\u094f\u064b-\u065f\u0670\u200c\u200d])+"
)
_TERM_WORD = re.compile(rf"=?\*?(?:{_TOKEN.pattern})\*?")
_CLAUSE_END = re.compile(
	r"[.,;:!?\u2026]+(?=\s|$|[\"')])|[()\n;!?\u3001\u3002\uff0c\uff01\uff1f\u060c\u061b\u061f\u0964]| -+ "
)
# Of these, a comma is the weaker one: what follows may still belong to the sentence.
_SENTENCE_END = re.compile(r"[.!?;\n\u3002\uff01\uff1f\u061f\u0964]")

_SCRIPTS = (
	("ko", re.compile("[\uac00-\ud7af]")),
	("ja", re.compile("[\u3040-\u30ff]")),
	("zh", re.compile("[\u3400-\u9fff]")),
	("hi", re.compile("[\u0900-\u097f]")),
	("ar", re.compile("[\u0600-\u06ff]")),
	("ru", re.compile("[\u0400-\u04ff]")),
)
# The score of a language that stands out.
_CLEAR_SCORE = 1.2
_LATIN = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "hi")

_ARABIC_LETTERS = str.maketrans({"\u0649": "\u064a", "\u0629": "\u0647", "\u0640": None})
_ARABIC_PREFIXES = ("\u0648\u0627\u0644", "\u0628\u0627\u0644", "\u0641\u0627\u0644", "\u0643\u0627\u0644", "\u0627\u0644", "\u0644\u0644", "\u0648", "\u0641", "\u0628", "\u0644", "\u0643")  # fmt: skip
_ABBREVIATIONS = frozenset(
	"mr mrs ms dr st prof ing hr fr nr no tel sig sigg sra sr sta dna m mme mlle dhr mevr mw z b ca bzw".split()
)
# German "ü" is written as "ue" on keyboards without umlauts.
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


@dataclass(frozen=True, slots=True)
class Token:
	"""A word at `start` up to `end` (in characters): `text` in lower case, `plain` also without accents."""

	text: str
	plain: str
	start: int
	end: int
	clause: int
	sentence: int


@dataclass(frozen=True, slots=True)
class Span:
	"""The words from `first` to `last` (positions of tokens, inclusive)."""

	first: int
	last: int


class Lexicon:
	"""Index of the terms of one language."""

	def __init__(self, code: str, terms: Iterable[tuple[str, str]]):
		"""Index `terms` (tag, term)."""
		self.code = code
		self._strict: dict[str, list] = {}
		self._exact: dict[str, list] = {}
		self._prefixes: dict[str, list] = {}
		self._suffixes: dict[str, list] = {}
		for tag, term in terms:
			for words in _spell(term, code):
				self._add(words, tag)
		self._prefix_lengths = sorted({len(stem) for stem in self._prefixes})
		self._suffix_lengths = sorted({len(stem) for stem in self._suffixes})

	def _add(self, words: tuple[str, ...], tag: str) -> None:
		first, entry = words[0], (words[1:], tag)
		if first.startswith("="):
			self._strict.setdefault(first[1:], []).append(entry)
		elif first.startswith("*"):
			self._suffixes.setdefault(first.strip("*"), []).append(entry)
		elif first.endswith("*"):
			self._prefixes.setdefault(first[:-1], []).append(entry)
		else:
			self._exact.setdefault(first, []).append(entry)

	@property
	def known_words(self) -> Iterator[str]:
		"""The words that occur in the terms, without accents; those that stand for any letters are left out."""
		yield from self._exact
		yield from (_strip_accents(word) for word in self._strict)

	def find_tags(self, tokens: list[Token]) -> dict[str, list[Span]]:
		"""Return the places of each tag, in order of the text."""
		tags: dict[str, list[Span]] = {}
		for at, token in enumerate(tokens):
			for rest, tag in self._get_entries(token):
				last = at + len(rest)
				if last < len(tokens) and all(
					_matches(pattern, tokens[at + step]) for step, pattern in enumerate(rest, 1)
				):
					tags.setdefault(tag, []).append(Span(at, last))
		return tags

	def _get_entries(self, token: Token) -> Iterator[tuple[tuple[str, ...], str]]:
		yield from self._strict.get(token.text, ())
		for word in _get_variants(token.plain):
			yield from self._exact.get(word, ())
			for length in self._prefix_lengths:
				if length > len(word):
					break
				yield from self._prefixes.get(word[:length], ())
			for length in self._suffix_lengths:
				if length > len(word):
					break
				yield from self._suffixes.get(word[-length:], ())


@dataclass(frozen=True, slots=True)
class Reading:
	"""A sentence with its words and their tags in one language.

	`text` is normalized; `written` is what the person typed, with each character at the same place.
	"""

	text: str
	written: str
	language: str
	tokens: list[Token]
	tags: Mapping[str, list[Span]]

	def find(self, tag: str) -> list[Span]:
		"""Return the places of a tag."""
		return self.tags.get(tag, [])

	def has(self, tag: str) -> bool:
		"""Return whether a tag occurs."""
		return bool(self.tags.get(tag))


def read(text: str, language: str = "en") -> Reading:
	"""Return a reading of a text in the language it is most probably written in.

	People write in the customer's language, so `language`, that of the user, only decides where the words do not.
	"""
	written, text = unicodedata.normalize("NFC", text), normalize(text)
	tokens = tokenize(text)
	code = detect_language(text, tokens, language)
	return Reading(text, written, code, tokens, get_lexicon(code).find_tags(tokens))


def tokenize(text: str) -> list[Token]:
	"""Return the words of a normalized text."""
	tokens, clause, sentence, before = [], 0, 0, 0
	for match in _TOKEN.finditer(text):
		word = match.group().lower()
		if not (plain := _strip_accents(word)):
			continue
		mark = _CLAUSE_END.search(text, before, match.start())
		# The dot in "Mr. Smith" ends no clause.
		if mark and not (mark.group() == "." and tokens and tokens[-1].plain in _ABBREVIATIONS):
			clause += 1
			sentence += bool(_SENTENCE_END.search(text, mark.start(), match.start()))
		before = match.end()
		tokens.append(Token(word, plain, match.start(), match.end(), clause, sentence))
	return tokens


def detect_language(text: str, tokens: list[Token], language: str) -> str:
	"""Return the code of the language of a text: by its script, else by its words, else `language` of the user."""
	base = get_base_language(language)
	for code, pattern in _SCRIPTS:
		if pattern.search(text):
			return "ja" if code == "zh" and base == "ja" else code
	scores = _get_scores(tokens)
	if base in scores:
		scores[base] += 0.75
	scores["en"] += 0.25
	return max(_LATIN, key=lambda code: scores[code])


def get_plausible_languages(text: str) -> frozenset[str]:
	"""Return the languages that a text can be in: all of them, unless its words speak for some."""
	scores = _get_scores(tokenize(text))
	best = max(scores.values())
	if best < _CLEAR_SCORE:
		return frozenset(LANGUAGES)
	return frozenset(code for code, score in scores.items() if score > best - _CLEAR_SCORE)


def _get_scores(tokens: list[Token]) -> dict[str, float]:
	"""Return how much the words speak for each of the languages in Latin script."""
	known, scores = _get_known_words(), dict.fromkeys(_LATIN, 0.0)
	for token in tokens:
		# "thé" is French, and not the English "the" with an accent.
		for code, weight in known.get(token.text) or known.get(token.plain, ()):
			scores[code] += weight
	return scores


def get_base_language(language: str) -> str:
	"""Return the language without its country: "de" for "de_CH"."""
	return language.lower().replace("_", "-").split("-")[0]


@cache
def get_lexicon(code: str) -> Lexicon:
	"""Return the lexicon of one of `LANGUAGES`."""
	return Lexicon(code, _read_terms(code))


@cache
def _read_terms(code: str) -> tuple[tuple[str, str], ...]:
	lists = json.loads((Path(__file__).parent / "note_words" / f"{code}.json").read_text("utf-8"))
	return tuple(
		(tag, term.strip())
		for tag, lines in lists.items()
		for line in lines
		for term in line.split(",")
		if term.strip()
	)


@cache
def _get_known_words() -> dict[str, list[tuple[str, float]]]:
	"""Return the languages that each word belongs to, with the weight of the word as evidence for each."""
	weights: dict[str, dict[str, float]] = {}
	for code in _LATIN:
		for tag, term in _read_terms(code):
			weight = 1.0 if tag == "function" else 0.6
			words = _TERM_WORD.findall(unicodedata.normalize("NFC", term.lower()))
			for word in words:
				if word.startswith("*") or (len(words) > 1 and word.endswith("*")):
					continue
				word = word.strip("=*")
				for spelling in {word, _strip_accents(word)}:
					known = weights.setdefault(spelling, {})
					known[code] = max(known.get(code, 0.0), weight / min(len(words), 2))
	return {word: list(known.items()) for word, known in weights.items()}


def _spell(term: str, code: str) -> list[tuple[str, ...]]:
	"""Return the words of a term, in each spelling."""
	words = _TERM_WORD.findall(unicodedata.normalize("NFC", term.lower()))
	spellings = [tuple(word if word.startswith("=") else _strip_accents(word) for word in words)]
	if code == "de" and any(letter in term for letter in "äöü"):
		spellings.append(tuple(word.translate(_UMLAUTS) for word in words))
	return [spelling for spelling in spellings if spelling]


def _matches(pattern: str, token: Token) -> bool:
	if pattern.startswith("="):
		return pattern[1:] == token.text
	stem = pattern.strip("*")
	if pattern.endswith("*"):
		return token.plain.startswith(stem)
	return token.plain.endswith(stem) if pattern.startswith("*") else token.plain == stem


def _get_variants(word: str) -> tuple[str, ...]:
	"""Return a word and, in Arabic, the word without the article and the particles that are written with it."""
	if not "\u0620" <= word[0] <= "\u064a":
		return (word,)
	return word, *(
		word[len(prefix) :]
		for prefix in _ARABIC_PREFIXES
		if word.startswith(prefix) and len(word) - len(prefix) >= 2
	)


@lru_cache(maxsize=4096)
def _strip_accents(word: str) -> str:
	if word.isascii():
		return word
	if "\u0900" <= word[0] <= "\u097f":
		return word.replace("\u093c", "").replace("\u0901", "\u0902")
	plain = "".join(
		letter
		for letter in unicodedata.normalize("NFKD", word)
		if unicodedata.category(letter) not in ("Mn", "Cf")
	)
	return plain.replace("ß", "ss").translate(_ARABIC_LETTERS).translate({0x142: "l"})
