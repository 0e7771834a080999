"""Possible duplicates of a note among the notes of the same customer."""

import re
from collections.abc import Iterable, Mapping
from datetime import date

from rapidfuzz import fuzz, utils

from micro_experiences.domain.text import normalize

_SIMILARITY_CUTOFF = 88
# A shorter text is only compared as a whole: too much would be similar to it.
_MIN_LENGTH = 8


def find_duplicates(
	text: str, notes: Iterable[Mapping], occasion_on: date | None = None, *, repeats_yearly: bool = False
) -> list[str]:
	"""Return the names among `notes` that may say the same as `text`, the most similar first.

	`notes` have `name` and `note`, and those that are occasions `occasion_on` and `repeats_yearly`. An occasion
	on the same day is a possible duplicate in any words; for a yearly one the day and month are compared.
	"""
	text = _fold(text)
	scored = ((_get_score(text, note, occasion_on, repeats_yearly), note["name"]) for note in notes)
	return [name for score, name in sorted(scored, key=lambda pair: (-pair[0], pair[1])) if score]


def _get_score(text: str, note: Mapping, occasion_on: date | None, repeats_yearly: bool) -> float:
	score = _get_similarity(text, _fold(note["note"] or ""))
	if score or not occasion_on or note.get("kind") != "Occasion" or not note.get("occasion_on"):
		return score
	other, yearly = note["occasion_on"], repeats_yearly or note.get("repeats_yearly")
	same = (
		(other.month, other.day) == (occasion_on.month, occasion_on.day) if yearly else other == occasion_on
	)
	return 1.0 if same else 0.0


def _get_similarity(text: str, other: str) -> float:
	if not text or text == other:
		return 100.0 if text else 0.0
	if min(len(text), len(other)) < _MIN_LENGTH:
		return 0.0
	return fuzz.token_set_ratio(text, other, score_cutoff=_SIMILARITY_CUTOFF)


def _fold(text: str) -> str:
	"""Return a text without case, punctuation and repeated spaces."""
	return re.sub(r"\s+", " ", utils.default_process(normalize(text).replace("'", ""))).strip()
