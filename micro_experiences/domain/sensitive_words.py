"""Detection of sensitive words and insults in user input: health, religion, politics, origin, sexuality,
union, offence.

The words are data, one file for each language in `words/`. All languages are searched in every text, because
people write in the customer's language.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from micro_experiences.domain.errors import RuleViolation, _
from micro_experiences.domain.lexicon import get_plausible_languages

CATEGORIES = ("Health", "Religion", "Politics", "Origin", "Sexuality", "Union", "Offence", "Insult")
# File in `words/`, and the name of the language in records.
LANGUAGES = {"en": "English", "de": "German", "fr": "French", "es": "Spanish"}

# Longer than any field of the app; the rest of a text is ignored.
_MAX_TEXT_LENGTH = 2000
_MAX_TERM_LENGTH = 60
_MAX_TERM_WORDS = 6
# An illness this close to an animal, in words before and after it, refers to the animal.
_ANIMAL_BEFORE, _ANIMAL_AFTER = 4, 3
# A trade, a profession or a good cause this close before a word of these categories makes it harmless.
_CONTEXT_BEFORE = 3
_CONTEXTUAL = frozenset(("Health", "Religion", "Politics", "Offence"))
# "Is our customer" or "in the play" this close after such a word makes it harmless, too.
_CONTEXT_AFTER = 5
# Words of these categories are harmless beside a thing, such as "market" after "depressed".
_OF_THINGS = frozenset(("Health", "Religion", "Politics", "Offence", "Insult"))
# A word up to this length may mean something else in another language: "nun" in German is "now".
_AMBIGUOUS_LENGTH = 6

_WORD_PATTERN = re.compile(r"[^\W_]+")
_TERM_PATTERN = re.compile(r"\*?[^\W_]+\*?")
_CLAUSE_END = re.compile(r"[.,;:!?]\S*\s|[()\n\u2013\u2014]")
# German "ü" is written as "ue" on keyboards without umlauts.
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


class Term(NamedTuple):
	"""A word or phrase of a list. "*" at either end of a word stands for any letters.

	`counts` is False for an exception: matches within it are ignored.
	"""

	term: str
	language: str
	category: str
	counts: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
	"""`word` as written in the text from `start` up to `end` (in characters)."""

	category: str
	word: str
	start: int
	end: int


@dataclass(frozen=True, slots=True)
class _Word:
	"""A word of a text, folded, at `start` up to `end` (in characters) and in the `clause` of this number."""

	text: str
	start: int
	end: int
	clause: int


class _PhraseIndex:
	"""Index of patterns of one or more words, each with a label, by their first word."""

	def __init__(self, labelled: Iterable[tuple[tuple[str, ...], str]]):
		self._by_first: dict[tuple[bool, bool], dict[str, list]] = {}
		for patterns, label in labelled:
			first = patterns[0]
			kind = first.startswith("*"), first.endswith("*")
			self._by_first.setdefault(kind, {}).setdefault(first.strip("*"), []).append((patterns[1:], label))
		self._lengths = {
			kind: sorted({len(stem) for stem in stems}) for kind, stems in self._by_first.items()
		}

	def find_at(self, words: list[_Word], index: int) -> Iterator[tuple[str, int]]:
		"""Yield (label, index of the last word) for each phrase that begins with the word at `index` and ends
		in the same clause."""
		for rest, label in self._find_by_first_word(words[index].text):
			last = index + len(rest)
			if last >= len(words) or words[last].clause != words[index].clause:
				continue
			if all(_matches_pattern(pattern, words[index + at].text) for at, pattern in enumerate(rest, 1)):
				yield label, last

	def _find_by_first_word(self, word: str) -> Iterator[tuple[tuple[str, ...], str]]:
		for kind, stems in self._by_first.items():
			for part in _get_candidate_stems(word, kind, self._lengths[kind]):
				yield from stems.get(part, ())


@dataclass(frozen=True)
class Vocabulary:
	"""Index of all words that are searched for. Create it with `build_vocabulary`."""

	meant: _PhraseIndex
	not_meant: _PhraseIndex
	animals: _PhraseIndex
	contexts: _PhraseIndex
	contexts_after: _PhraseIndex
	things: _PhraseIndex
	articles: frozenset[str]


@cache
def get_builtin_terms() -> tuple[Term, ...]:
	"""Return the terms that come with the app."""
	found = []
	for code, language in LANGUAGES.items():
		for category, terms in _load_words(code)["terms"].items():
			found += [Term(term, language, category) for term in terms]
		found += [Term(term, language, "", False) for term in _load_words(code)["not_meant"]]
	return tuple(found)


@lru_cache(maxsize=8)
def build_vocabulary(site_terms: tuple[Term, ...] = ()) -> Vocabulary:
	"""Return the vocabulary of the app and of the site."""
	terms = (*get_builtin_terms(), *site_terms)
	own = set(site_terms)
	return Vocabulary(
		_PhraseIndex(
			(p, (term.category, "" if term in own else _get_only_language(term)))
			for term in terms
			if term.counts
			for p in _get_spellings(term)
		),
		_PhraseIndex((p, "") for term in terms if not term.counts for p in _get_spellings(term)),
		_PhraseIndex((_split_patterns(name), "") for name in _get_listed("animals")),
		_PhraseIndex((_split_patterns(name), "") for name in _get_listed("contexts")),
		_PhraseIndex((_split_patterns(name), "") for name in _get_listed("contexts_after")),
		_PhraseIndex((_split_patterns(name), "") for name in _get_listed("things")),
		frozenset(_fold(name)[0] for name in _get_listed("articles")),
	)


def clean_term_text(term: str | None) -> str:
	"""Return a term of the site, trimmed. Raises RuleViolation if it could never match, or would match too often."""
	term = " ".join((term or "").split())
	patterns = _split_patterns(term)
	if not patterns:
		raise RuleViolation(_("Enter a word or phrase."))
	if len(term) > _MAX_TERM_LENGTH or len(patterns) > _MAX_TERM_WORDS:
		raise RuleViolation(
			_("Enter up to {0} words with {1} characters in total. Nothing was saved."),
			_MAX_TERM_WORDS,
			_MAX_TERM_LENGTH,
		)
	stars = sum(pattern.startswith("*") + pattern.endswith("*") for pattern in patterns)
	if stars != term.count("*"):
		raise RuleViolation(
			_("Place an asterisk directly before or after a word, as in depress*. Nothing was saved.")
		)
	short = [pattern for pattern in patterns if "*" in pattern and len(pattern.strip("*")) < 3]
	if short or len(term) < 2:
		raise RuleViolation(
			_("{0} matches too many words. Nothing was saved. Use more letters."), (short or patterns)[0]
		)
	return term


def clean_term(term: Mapping) -> dict:
	"""Return the fields of a term of the site that change when it is saved. Raises RuleViolation."""
	if term["counts"] and not term["category"]:
		raise RuleViolation(_("Choose a category, or clear the Sensitive checkbox. Nothing was saved."))
	return {"term": clean_term_text(term["term"]), "category": term["category"] if term["counts"] else None}


def find_sensitive_words(text: str | None, words: Vocabulary) -> list[Finding]:
	"""Return the matches of `words` in `text`, in order and without overlaps, preferring the longest match at
	each position."""
	text = (text or "")[:_MAX_TEXT_LENGTH]
	tokens = _tokenize(text)
	exceptions = [
		(at, last) for at in range(len(tokens)) for _label, last in words.not_meant.find_at(tokens, at)
	]
	languages = get_plausible_languages(text)
	contexts = _find_last_words(tokens, words.contexts)
	contexts_after = things = animals = None
	found: list[Finding] = []
	after = 0
	for at, word in enumerate(tokens):
		if at < after:
			continue
		hits = [
			(last, category)
			for (category, language), last in words.meant.find_at(tokens, at)
			if (not language or language in languages)
			and not (last == at and _is_surname(text, tokens, at))
			and not any(first <= at and last <= end for first, end in exceptions)
			and not (category in _CONTEXTUAL and _is_in_context(tokens, at, contexts))
		]
		if animals is None and hits:
			animals = _find_last_words(tokens, words.animals)
			contexts_after = _find_first_words(tokens, words.contexts_after)
			things = set(_find_last_words(tokens, words.things))
		hits = [
			(last, category)
			for last, category in hits
			if not (category == "Health" and _is_about_animal(tokens, at, last, animals))
			and not (category in _CONTEXTUAL and _is_before_context(tokens, last, contexts_after))
			and not (category in _OF_THINGS and _is_beside_thing(tokens, at, last, things, words.articles))
		]
		if hits:
			last, category = min(hits, key=lambda hit: (-hit[0], CATEGORIES.index(hit[1])))
			end = tokens[last].end
			found.append(Finding(category, text[word.start : end], word.start, end))
			after = last + 1
	return found


def build_hints(found: Iterable[Finding]) -> list[dict]:
	"""Return the hints shown under the field, one per category in the order of the text: `category`, `text`
	(to be translated) and `words`, each with its `word`, `start` and `end`."""
	shown: dict[str, dict] = {}
	for finding in found:
		hint = shown.setdefault(
			finding.category,
			{"category": finding.category, "text": get_question(finding.category), "words": []},
		)
		hint["words"].append({"word": finding.word, "start": finding.start, "end": finding.end})
	return list(shown.values())


def get_question(category: str) -> str:
	"""Return the hint for a category."""
	return {
		"Health": _("This may be about their health. Write it only if they would not mind."),
		"Religion": _("This may be about religion. Write it only if they would not mind."),
		"Politics": _("This may be about politics. Write it only if they would not mind."),
		"Origin": _("This may be about someone's origin. Write it only if they would not mind."),
		"Sexuality": _("This may be about sexuality. Write it only if they would not mind."),
		"Union": _("This may be about union membership. Write it only if they would not mind."),
		"Offence": _("This may be about a criminal offence. Is it needed here?"),
		"Insult": _("This could hurt them if they read it. Could it be said more kindly?"),
	}[category]


def find_words_to_review(note: Mapping, words: Vocabulary) -> list[Finding]:
	"""Return the findings in a note that a manager should review: none if it is sensitive or has a reason to
	keep its wording."""
	if note["sensitive"] or note["kept_as_is_because"]:
		return []
	return find_sensitive_words(note["note"], words)


def is_reason_still_valid(before: str | None, now: str | None, words: Vocabulary) -> bool:
	"""Return whether the reason to keep a note still applies after its text changed: no other sensitive words
	were added."""
	known = {_fold(finding.word)[0] for finding in find_sensitive_words(before, words)}
	return {_fold(finding.word)[0] for finding in find_sensitive_words(now, words)} <= known


def _is_surname(text: str, tokens: list[_Word], at: int) -> bool:
	"""Return whether a word with a capital letter follows a title: "Herr Krank"."""
	return at > 0 and tokens[at - 1].text in _get_titles() and text[tokens[at].start].isupper()


def _find_last_words(tokens: list[_Word], index: _PhraseIndex) -> list[int]:
	"""Return the positions of the last words of the phrases of an index."""
	return sorted({last for at in range(len(tokens)) for _label, last in index.find_at(tokens, at)})


def _find_first_words(tokens: list[_Word], index: _PhraseIndex) -> list[int]:
	"""Return the positions of the first words of the phrases of an index."""
	return [at for at in range(len(tokens)) if any(index.find_at(tokens, at))]


def _is_in_context(tokens: list[_Word], first: int, contexts: list[int]) -> bool:
	"""Return whether a word closely follows one that makes it harmless, such as "sells" before "wheelchairs"."""
	return any(
		first - _CONTEXT_BEFORE <= at < first and tokens[at].clause == tokens[first].clause for at in contexts
	)


def _is_before_context(tokens: list[_Word], last: int, contexts: list[int]) -> bool:
	"""Return whether a word is soon followed by one that makes it harmless, such as "clinic" by "is our customer"."""
	return any(
		last < at <= last + _CONTEXT_AFTER and tokens[at].clause == tokens[last].clause for at in contexts
	)


def _is_beside_thing(
	tokens: list[_Word], first: int, last: int, things: set[int], articles: frozenset[str]
) -> bool:
	"""Return whether the next word on either side is a thing, apart from articles: "the machine is sick"."""
	for at, step in ((first - 1, -1), (last + 1, 1)):
		while 0 <= at < len(tokens) and tokens[at].text in articles:
			at += step
		if at in things and tokens[at].clause == tokens[first].clause:
			return True
	return False


def _is_about_animal(tokens: list[_Word], first: int, last: int, animals: list[int]) -> bool:
	return any(
		(first - _ANIMAL_BEFORE <= at < first or last < at <= last + _ANIMAL_AFTER)
		and tokens[at].clause == tokens[first].clause
		for at in animals
	)


def _tokenize(text: str) -> list[_Word]:
	"""Return the words of a text, folded, with their positions."""
	folded, places = _fold(text)
	places.append(len(text))
	words, clause, before = [], 0, 0
	for match in _WORD_PATTERN.finditer(folded):
		between = folded[before : match.start()]
		# The dot in "Mr. Gay" does not end a clause.
		if _CLAUSE_END.search(between) and not (
			between == ". " and words and words[-1].text in _get_titles()
		):
			clause += 1
		before = match.end()
		words.append(_Word(match.group(), places[match.start()], places[match.end()], clause))
	return words


def _fold(text: str) -> tuple[str, list[int]]:
	"""Return a text without case, accents and invisible characters, and the position of each of its
	characters in `text`."""
	folded, places = [], []
	for place, char in enumerate(text):
		for piece in _fold_character(char):
			folded.append(piece)
			places.append(place)
	return "".join(folded), places


@lru_cache(maxsize=4096)
def _fold_character(char: str) -> str:
	plain = unicodedata.normalize("NFKD", char)
	return "".join(
		piece.casefold() for piece in plain if unicodedata.category(piece) not in ("Mn", "Me", "Cf")
	)


def _split_patterns(term: str) -> tuple[str, ...]:
	return tuple(_TERM_PATTERN.findall(_fold(term)[0]))


def _get_only_language(term: Term) -> str:
	"""Return the code of the only language in which a short word counts; an empty string if it counts in all."""
	code = next(code for code, language in LANGUAGES.items() if language == term.language)
	if len(term.term) > _AMBIGUOUS_LENGTH:
		return ""
	return code


def _get_listed(key: str) -> Iterator[str]:
	for code in LANGUAGES:
		yield from _load_words(code).get(key, ())


def _get_spellings(term: Term) -> set[tuple[str, ...]]:
	spelt = {_split_patterns(term.term)}
	if term.language == LANGUAGES["de"]:
		spelt.add(_split_patterns(term.term.translate(_UMLAUTS)))
	return {patterns for patterns in spelt if patterns}


def _get_candidate_stems(word: str, kind: tuple[bool, bool], lengths: list[int]) -> Iterator[str]:
	"""Yield the parts of a word that may be a stem: the whole word, its beginnings, its endings, or any part."""
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


def _matches_pattern(pattern: str, word: str) -> bool:
	stem = pattern.strip("*")
	if pattern.startswith("*"):
		return stem in word if pattern.endswith("*") else word.endswith(stem)
	return word.startswith(stem) if pattern.endswith("*") else word == stem


@cache
def _get_titles() -> frozenset[str]:
	return frozenset(_fold(title)[0] for code in LANGUAGES for title in _load_words(code)["titles"])


@cache
def _load_words(code: str) -> dict:
	return json.loads((Path(__file__).parent / "words" / f"{code}.json").read_text("utf-8"))
