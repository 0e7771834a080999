"""Restrictions: what a Never note can rule out, and the words that speak of it in a gesture or a note.

The words are data, one file for each language in `restriction_words/`, in the form of the lexicon. Besides the
restrictions themselves, their tags are "maybe alcohol" (a hamper may hold some), "not alcohol" ("in high spirits"),
"ingredient nuts" (food with nuts), and "diet" (a word that says to look at what is in the food).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from micro_experiences.domain.errors import RuleViolation, _
from micro_experiences.domain.lexicon import LANGUAGES, Lexicon, Span, Token, tokenize
from micro_experiences.domain.text import normalize

NAMES = ("alcohol", "food", "gift", "call", "mail", "photo", "public", "visit", "message")

# In a Gesture Type: the gesture involves nothing that a note could rule out.
NOTHING = "nothing"

_INGREDIENT, _MAYBE, _NOT = "ingredient ", "maybe ", "not "

# Endings that two forms of a word may differ in, the longest first.
_ENDINGS = ("es", "en", "er", "s", "e", "n", "x", "i", "a", "o")
# Shorter words must be equal to match.
_SHORTEST_STEM = 3
# From this length on, a word also matches as the first part of a compound.
_SHORTEST_COMPOUND_PART = 4


@dataclass(frozen=True, slots=True)
class Mentions:
	"""What a text mentions: restrictions by name, those that are only possible, ingredients, and whether it speaks of a
	diet or an allergy."""

	restrictions: tuple[str, ...]
	possible: tuple[str, ...]
	ingredients: frozenset[str]
	diet: bool


def clean_name(name: str | None) -> str:
	"""Return the name of a new restriction in normalized form. Raises RuleViolation if it cannot stand in a list."""
	name = " ".join((name or "").lower().split())
	if not name or "," in name or name == NOTHING:
		raise RuleViolation(_("Enter one restriction without a comma, for example: perfume."))
	return name


def find_mentioned(text: str, extra_words: Mapping[str, Sequence[str]] | None = None) -> tuple[str, ...]:
	"""Return the names of the restrictions whose words occur in a text, in any language.

	`extra_words` maps restrictions of the site to their words, for those of the app in addition.
	"""
	return find_mentions(text, extra_words).restrictions


def find_mentions(text: str, extra_words: Mapping[str, Sequence[str]] | None = None) -> Mentions:
	"""Return everything that a text mentions; see `find_mentioned`."""
	tokens = tokenize(normalize(text or ""))
	tags = _get_lexicon().find_tags(tokens)
	ingredients = frozenset(tag.removeprefix(_INGREDIENT) for tag in tags if tag.startswith(_INGREDIENT))
	own = [
		name for name, words in (extra_words or {}).items() if any(_occurs(word, tokens) for word in words)
	]
	found = [name for name in NAMES if name in own or _is_found(name, tags)]
	if ingredients and "food" not in found:
		found.append("food")
	found += [name for name in own if name not in found]
	possible = tuple(name for name in NAMES if tags.get(_MAYBE + name) and name not in found)
	return Mentions(tuple(found), possible, ingredients, "diet" in tags)


def find_words(words: Iterable[str], text: str) -> tuple[str, ...]:
	"""Return those of `words` that occur in a text, whatever their case, accents, and number."""
	tokens = tokenize(normalize(text or ""))
	return tuple(word for word in words if _occurs(word, tokens))


def _is_found(name: str, tags: Mapping[str, list[Span]]) -> bool:
	"""Return whether a restriction is mentioned outside the phrases in which its words mean something else."""
	others = tags.get(_NOT + name, ())
	return any(
		not any(other.first <= span.last and span.first <= other.last for other in others)
		for span in tags.get(name, ())
	)


def _occurs(term: str, tokens: Sequence[Token]) -> bool:
	words = [token.plain for token in tokenize(normalize(term))]
	if not words:
		return False
	return any(
		all(_is_same_word(word, tokens[at + step].plain) for step, word in enumerate(words))
		for at in range(len(tokens) - len(words) + 1)
	)


def _is_same_word(word: str, other: str) -> bool:
	"""Return whether two words without accents are forms of one, or `other` is a compound that begins with `word`."""
	if word == other:
		return True
	stem, other_stem = _get_stem(word), _get_stem(other)
	if stem == other_stem and len(stem) >= _SHORTEST_STEM:
		return True
	return any(len(part) >= _SHORTEST_COMPOUND_PART and other.startswith(part) for part in (word, stem))


@lru_cache(maxsize=4096)
def _get_stem(word: str) -> str:
	if word.endswith("ies") and len(word) > 4:
		return word[:-3] + "y"
	for ending in _ENDINGS:
		if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
			return word[: -len(ending)]
	return word


@lru_cache(maxsize=1)
def _get_lexicon() -> Lexicon:
	"""Return one lexicon for all languages: the language of a few words is not known. The code is for umlauts."""
	folder = Path(__file__).parent / "restriction_words"
	return Lexicon(
		"de",
		(
			(tag, term.strip())
			for code in LANGUAGES
			for tag, lines in json.loads((folder / f"{code}.json").read_text("utf-8")).items()
			for line in lines
			for term in line.split(",")
			if term.strip()
		),
	)
