"""Base of the rules: how a rule is written, what it sees and what it returns.

The rules are the same for all languages; see `lexicon.SYMBOLS` for the symbols. Further symbols: "d" a number
of up to two digits, "o" one with an ordinal ending ("3rd"), "n" a number in words, "O" an ordinal in words, "y" a
year, "Y" two digits that can only be a year, "#" another number, "M" and "W" months and days of the week, "m" and
"w" those that are also other words, "U" a unit of time, "D" a duration ("half a year"), "J" a period ("next
week"), "R" a relative day ("tomorrow"), "F" a feast, "%" a date in digits, "+" a number of days after a weekday
("vendredi en huit"), "X" text that is no day, "_" any other word, "Z" a day that another rule found.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from micro_experiences.domain.day_grammar import calendar_days as days
from micro_experiences.domain.day_grammar.lexicon import Lexicon, Word

# The year of a date further ahead is a placeholder ("31.12.9999") or an error.
_MOST_YEARS_AHEAD = 30


@dataclass(frozen=True, slots=True)
class Meaning:
	"""A day; `past` is the day that is meant instead if the sentence speaks of the past."""

	day: date
	past: date | None = None
	year_known: bool = True
	# Of "two days before" and the like, for languages that put it after the day: (count, unit).
	shift: tuple[int, str] | None = None


# Claims its words for no day, so that no other rule reads a part of them.
NO_DAY = Meaning(date.min)


@dataclass(frozen=True, slots=True)
class Sentence:
	"""A text as symbols, with what the rules need to know about it."""

	words: list[Word]
	symbols: str
	lexicon: Lexicon
	today: date
	month_first: bool


class Parts:
	"""Named parts of a match: `parts["day"]` is the value of that word, or None."""

	def __init__(self, sentence: Sentence, match: re.Match):
		self.sentence, self.match = sentence, match
		self.today = sentence.today

	def __getitem__(self, name: str):
		at = self.get_position(name)
		return None if at is None else self.sentence.words[at].value

	def get_position(self, name: str) -> int | None:
		try:
			at = self.match.start(name)
		except IndexError:
			return None
		return None if at < 0 else at

	def get_symbol(self, name: str) -> str:
		at = self.get_position(name)
		return "" if at is None else self.sentence.symbols[at]

	def get_symbol_before(self, distance: int = 1) -> str:
		at = self.match.start() - distance
		return self.sentence.symbols[at] if at >= 0 else ""

	def get_text_before(self) -> str:
		at = self.match.start() - 1
		return self.sentence.words[at].text if at >= 0 else ""

	def get_symbol_after(self) -> str:
		at = self.match.end()
		return self.sentence.symbols[at] if at < len(self.sentence.symbols) else ""


Rule = Callable[[Parts], Meaning | None]
RULES: list[tuple[str, Rule]] = []
# Rules of the second round: they see the days that the others found.
COMPOSITE_RULES: list[tuple[str, Rule]] = []


def rule(pattern: str, *, composite: bool = False) -> Callable[[Rule], Rule]:
	"""Register a rule for the words that match `pattern`. It returns None if they are something else after all."""

	def add(function: Rule) -> Rule:
		(COMPOSITE_RULES if composite else RULES).append((pattern, function))
		return function

	return add


def get_date(parts: Parts, year: int | None, month: int, day: int) -> Meaning:
	"""Return the day; without a plausible year the next one. The calendar may have no such day."""
	today = parts.today
	if year is not None and year < 100:
		year = expand_year(year, today)
	if year is not None and year >= days.FIRST_PLAUSIBLE_YEAR:
		found = days.make_date(year, month, day) if year <= today.year + _MOST_YEARS_AHEAD else None
		return Meaning(found) if found else NO_DAY
	found = days.get_next(today, month, day)
	return Meaning(found, days.get_previous(today, month, day), year_known=False) if found else NO_DAY


def expand_year(year: int, today: date) -> int:
	"""Return the year of two digits: the nearest one that is at most five years ahead."""
	century = today.year // 100 * 100
	return century + year if century + year <= today.year + 5 else century - 100 + year


def get_duration(parts: Parts) -> tuple[int, str]:
	"""Return how many of which unit the parts "duration", or "count" and "unit", name."""
	if parts["duration"]:
		count, unit, size = parts["duration"]
		return count * size, unit
	unit, size = parts["unit"]
	return (parts["count"] or 1) * size, unit
