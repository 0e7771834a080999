"""Words of health, faith, politics, origin, sexuality, union, offence, and insults: found in what somebody writes, to ask gently.

The words are data, one file for each language in `words/`. All languages are looked for in every text, because people
write in the customer's language, and a list of their own costs the others nothing.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from micro_experiences.domain.refusal import Refused, _

CATEGORIES = ("Health", "Religion", "Politics", "Origin", "Sexuality", "Union", "Offence", "Insult")
# File in `words/` -> the language as the records name it.
LANGUAGES = {"en": "English", "de": "German", "fr": "French", "es": "Spanish"}

# Longer texts than any field of ours holds are not read to their end.
_MOST = 2000
_LONGEST_TERM = 60
_MOST_WORDS = 6
# An illness this near to an animal, in words before and after it, is the animal's.
_ANIMAL_BEFORE, _ANIMAL_AFTER = 4, 3

_WORD = re.compile(r"[^\W_]+")
_PATTERN = re.compile(r"\*?[^\W_]+\*?")
_CLAUSE_ENDS = re.compile(r"[.,;:!?]\S*\s|[()\n\u2013\u2014]")
# German writes "ü" as "ue" where a keyboard has none.
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


class Term(NamedTuple):
	"""A word or some words, as a list has them. "*" at either end of a word stands for any letters. `counts` is False
	for what is not meant: whatever is found within such words is passed over."""

	term: str
	language: str
	category: str
	counts: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
	"""`word` as it is written at `start` (in characters) up to `end` of the text."""

	category: str
	word: str
	start: int
	end: int


@dataclass(frozen=True, slots=True)
class _Word:
	text: str
	start: int
	end: int
	clause: int


class _Phrases:
	"""What is looked for: patterns of one or more words, each with a label, to be found by their first word."""

	def __init__(self, labelled: Iterable[tuple[tuple[str, ...], str]]):
		self._by_first: dict[tuple[bool, bool], dict[str, list]] = {}
		for patterns, label in labelled:
			first = patterns[0]
			kind = first.startswith("*"), first.endswith("*")
			self._by_first.setdefault(kind, {}).setdefault(first.strip("*"), []).append((patterns[1:], label))
		self._lengths = {kind: sorted(set(map(len, stems))) for kind, stems in self._by_first.items()}

	def at(self, words: list[_Word], index: int) -> Iterator[tuple[str, int]]:
		"""(label, index of the last word) of all that begins with the word at `index` and ends in the same clause."""
		for rest, label in self._beginning_with(words[index].text):
			last = index + len(rest)
			if last >= len(words) or words[last].clause != words[index].clause:
				continue
			if all(_fits(pattern, words[index + at].text) for at, pattern in enumerate(rest, 1)):
				yield label, last

	def _beginning_with(self, word: str) -> Iterator[tuple[tuple[str, ...], str]]:
		for kind, stems in self._by_first.items():
			for part in _parts(word, kind, self._lengths[kind]):
				yield from stems.get(part, ())


@dataclass(frozen=True)
class Vocabulary:
	"""All words that are looked for, ready to look for them: make it with `vocabulary`."""

	meant: _Phrases
	not_meant: _Phrases
	animals: _Phrases


@cache
def shipped() -> tuple[Term, ...]:
	"""The words that come with the app."""
	found = []
	for code, language in LANGUAGES.items():
		for category, terms in _file(code)["terms"].items():
			found += [Term(term, language, category) for term in terms]
		found += [Term(term, language, "", False) for term in _file(code)["not_meant"]]
	return tuple(found)


@lru_cache(maxsize=8)
def vocabulary(own: tuple[Term, ...] = ()) -> Vocabulary:
	"""The words of the app and those of the site (`own`)."""
	terms = (*shipped(), *own)
	animals = (name for code in LANGUAGES for name in _file(code)["animals"])
	return Vocabulary(
		_Phrases((p, term.category) for term in terms if term.counts for p in _spellings(term)),
		_Phrases((p, "") for term in terms if not term.counts for p in _spellings(term)),
		_Phrases((_patterns(name), "") for name in animals),
	)


def check_term(term: str | None) -> str:
	"""A term of the site as it is kept: trimmed. Raises Refused for what could not be found, or is found everywhere."""
	term = " ".join((term or "").split())
	patterns = _patterns(term)
	if not patterns:
		raise Refused(_("Write the word that this is about."))
	if len(term) > _LONGEST_TERM or len(patterns) > _MOST_WORDS:
		raise Refused(
			_("Up to {0} words with {1} characters in all, please. Nothing was saved."),
			_MOST_WORDS,
			_LONGEST_TERM,
		)
	stars = sum(pattern.startswith("*") + pattern.endswith("*") for pattern in patterns)
	if stars != term.count("*"):
		raise Refused(
			_("An asterisk stands right before or after a word, as in depress*. Nothing was saved.")
		)
	short = [pattern for pattern in patterns if "*" in pattern and len(pattern.strip("*")) < 3]
	if short or len(term) < 2:
		raise Refused(_("{0} would be found in too many words. Nothing was saved."), (short or patterns)[0])
	return term


def tidied(term: Mapping) -> dict:
	"""The fields of a term of the site that change when it is saved. Raises Refused."""
	if term["counts"] and not term["category"]:
		raise Refused(_("Say what kind of word this is, or take the tick away. Nothing was saved."))
	return {"term": check_term(term["term"]), "category": term["category"] if term["counts"] else None}


def findings(text: str | None, words: Vocabulary) -> list[Finding]:
	"""What of `words` stands in `text`, in its order and without overlaps; the longest of what begins at one place."""
	text = (text or "")[:_MOST]
	read = _read(text)
	spared = [(at, last) for at in range(len(read)) for _label, last in words.not_meant.at(read, at)]
	animals = None
	found: list[Finding] = []
	after = 0
	for at, word in enumerate(read):
		if at < after:
			continue
		hits = [
			(last, category)
			for category, last in words.meant.at(read, at)
			if not any(first <= at and last <= end for first, end in spared)
		]
		if animals is None and hits:
			animals = _animals(read, words)
		hits = [hit for hit in hits if hit[1] != "Health" or not _is_animals(read, at, hit[0], animals)]
		if hits:
			last, category = min(hits, key=lambda hit: (-hit[0], CATEGORIES.index(hit[1])))
			end = read[last].end
			found.append(Finding(category, text[word.start : end], word.start, end))
			after = last + 1
	return found


def hints(found: Iterable[Finding]) -> list[dict]:
	"""What is shown under the box: for each category in the order of the text `category`, `text` (to be translated) and
	`words`, each with its `word`, `start` and `end`."""
	shown: dict[str, dict] = {}
	for finding in found:
		hint = shown.setdefault(
			finding.category, {"category": finding.category, "text": question(finding.category), "words": []}
		)
		hint["words"].append({"word": finding.word, "start": finding.start, "end": finding.end})
	return list(shown.values())


def question(category: str) -> str:
	"""What is said of a kind of words, under the box in which they are written."""
	return {
		"Health": _("This sounds like health. Only write it if they would not mind."),
		"Religion": _("This sounds like faith. Only write it if they would not mind."),
		"Politics": _("This sounds like politics. Only write it if they would not mind."),
		"Origin": _("This sounds like where somebody comes from. Only write it if they would not mind."),
		"Sexuality": _("This sounds like love and desire. Only write it if they would not mind."),
		"Union": _("This sounds like a union. Only write it if they would not mind."),
		"Offence": _("This sounds like trouble with the law. Is it needed here?"),
		"Insult": _("This could hurt if they read it. Can it be said more kindly?"),
	}[category]


def asks_for_a_look(note: Mapping, words: Vocabulary) -> list[Finding]:
	"""What a manager may want to look at in a note: the findings, unless it is sensitive or there is a reason to keep it."""
	if note["sensitive"] or note["kept_as_is_because"]:
		return []
	return findings(note["note"], words)


def reason_holds(before: str | None, now: str | None, words: Vocabulary) -> bool:
	"""Whether the reason to keep a note still speaks of it when its text has changed: it brings no other such words."""
	known = {_folded(finding.word)[0] for finding in findings(before, words)}
	return {_folded(finding.word)[0] for finding in findings(now, words)} <= known


def _animals(read: list[_Word], words: Vocabulary) -> list[int]:
	return [at for at in range(len(read)) if any(last == at for _label, last in words.animals.at(read, at))]


def _is_animals(read: list[_Word], first: int, last: int, animals: list[int]) -> bool:
	return any(
		(first - _ANIMAL_BEFORE <= at < first or last < at <= last + _ANIMAL_AFTER)
		and read[at].clause == read[first].clause
		for at in animals
	)


def _read(text: str) -> list[_Word]:
	"""The words of a text, folded, with their places in it."""
	folded, places = _folded(text)
	places.append(len(text))
	words, clause, before = [], 0, 0
	for match in _WORD.finditer(folded):
		between = folded[before : match.start()]
		# The dot of "Mr. Gay" ends nothing.
		if _CLAUSE_ENDS.search(between) and not (between == ". " and words and words[-1].text in _titles()):
			clause += 1
		before = match.end()
		words.append(_Word(match.group(), places[match.start()], places[match.end()], clause))
	return words


def _folded(text: str) -> tuple[str, list[int]]:
	"""A text without case, accents and invisible characters, and the place of each of its characters in `text`."""
	folded, places = [], []
	for place, char in enumerate(text):
		for piece in _folded_char(char):
			folded.append(piece)
			places.append(place)
	return "".join(folded), places


@lru_cache(maxsize=4096)
def _folded_char(char: str) -> str:
	plain = unicodedata.normalize("NFKD", char)
	return "".join(
		piece.casefold() for piece in plain if unicodedata.category(piece) not in ("Mn", "Me", "Cf")
	)


def _patterns(term: str) -> tuple[str, ...]:
	return tuple(_PATTERN.findall(_folded(term)[0]))


def _spellings(term: Term) -> set[tuple[str, ...]]:
	spelt = {_patterns(term.term)}
	if term.language == LANGUAGES["de"]:
		spelt.add(_patterns(term.term.translate(_UMLAUTS)))
	return {patterns for patterns in spelt if patterns}


def _parts(word: str, kind: tuple[bool, bool], lengths: list[int]) -> Iterator[str]:
	"""The parts of a word that may be a stem: all of it, its beginnings, its endings, or anything within."""
	if kind == (False, False):
		yield word
		return
	for length in lengths:
		if length > len(word):
			return
		if kind == (False, True):
			yield word[:length]
		elif kind == (True, False):
			yield word[-length:]
		else:
			yield from {word[at : at + length] for at in range(len(word) - length + 1)}


def _fits(pattern: str, word: str) -> bool:
	stem = pattern.strip("*")
	if pattern.startswith("*"):
		return stem in word if pattern.endswith("*") else word.endswith(stem)
	return word.startswith(stem) if pattern.endswith("*") else word == stem


@cache
def _titles() -> frozenset[str]:
	return frozenset(_folded(title)[0] for code in LANGUAGES for title in _file(code)["titles"])


@cache
def _file(code: str) -> dict:
	return json.loads((Path(__file__).parent / "words" / f"{code}.json").read_text("utf-8"))
