"""Reading of a sentence: applies the rules to its words, and finds out which days are past or yearly."""

import re
from dataclasses import dataclass, replace
from datetime import date

from micro_experiences.domain.day_grammar.calendar_days import add
from micro_experiences.domain.day_grammar.lexicon import Lexicon, Word, get_languages, load_lexicon, read
from micro_experiences.domain.day_grammar.rule_base import NO_DAY, Meaning, Parts, Sentence
from micro_experiences.domain.day_grammar.rules import compile_rules
from micro_experiences.domain.day_grammar.scan import scan

_MAX_LENGTH = 2000
# The next, this or last unit of time: "next week", "la semaine prochaine".
_PERIOD = re.compile(
	r"(?P<before>[xctl])h?(?P<unit>U)(?!g?h?[Mm]|[gI]h?[MmUJ])|(?P<other_unit>U)(?P<after>[xcl])"
)
_SCRIPTS = (
	("ar", re.compile("[\u0620-\u064a]")),
	("hi", re.compile("[\u0900-\u097f]")),
	("ru", re.compile("[\u0400-\u04ff]")),
	("ko", re.compile("[\uac00-\ud7a3]")),
	("ja", re.compile("[\u3041-\u30ff]")),
	("zh", re.compile("[\u4e00-\u9fff]")),
)


@dataclass(frozen=True, slots=True)
class FoundDay:
	"""A day that a text names, with the words that name it: `words == text[start:end]`.

	`year_known` is False for a day and month without a year (`day` is the next one, or the last one if the
	sentence speaks of the past). `yearly` says that the sentence speaks of a birthday or the like.
	"""

	day: date
	words: str
	start: int
	end: int
	year_known: bool = True
	is_past: bool = False
	yearly: bool = False


@dataclass(frozen=True, slots=True)
class _Reading:
	"""A day, or words that name none, with the position of the first word and after the last one."""

	meaning: Meaning
	first: int
	after_last: int
	sentence: Sentence

	@property
	def start(self) -> int:
		return self.sentence.words[self.first].start

	@property
	def end(self) -> int:
		return self.sentence.words[self.after_last - 1].end


def find_days(text: str, today: date, *, language: str = "en", month_first: bool = False) -> list[FoundDay]:
	"""Return the days that `text` names, in the order of the text; of a range, its first day.

	`language` is the language of the user (such as "pt_BR"). English is always understood as well, and text in
	another script by its script. `month_first` reads 12/6 as 6 December.
	"""
	text = text[:_MAX_LENGTH]
	if not text or not any(letter.isalnum() for letter in text):
		return []
	tokens = scan(text)
	taken: list[_Reading] = []
	for name in get_reading_languages(text, language):
		lexicon = load_lexicon(name)
		words = _join_periods(read(tokens, lexicon))
		sentence = Sentence(words, "".join(word.symbol for word in words), lexicon, today, month_first)
		taken += [reading for reading in _read_days(sentence) if not _overlaps(reading, taken)]
	found = sorted(
		(reading for reading in taken if reading.meaning is not NO_DAY), key=lambda reading: reading.start
	)
	return [_conclude(text, reading, found, position) for position, reading in enumerate(found)]


def get_reading_languages(text: str, language: str) -> list[str]:
	"""Return the languages to read a text in: that of the user, those of its scripts, and English."""
	known = get_languages()
	base = language.lower().replace("_", "-").split("-")[0]
	names = [base] if base in known else []
	if not text.isascii():
		for name, script in _SCRIPTS:
			# Han letters are Japanese if there are kana, and for a Japanese user.
			if name == "zh" and "ja" in names:
				continue
			if name in known and script.search(text):
				names.append(name)
	return list(dict.fromkeys([*names, "en"]))


def _join_periods(words: list[Word]) -> list[Word]:
	symbols = "".join(word.symbol for word in words)
	if "U" not in symbols:
		return words
	joined, position = [], 0
	for match in _PERIOD.finditer(symbols):
		unit = words[match.start("unit") if match["unit"] else match.start("other_unit")]
		relation = words[match.start("before") if match["unit"] else match.start("after")]
		joined += words[position : match.start()]
		first, last = words[match.start()], words[match.end() - 1]
		name, size = unit.value
		text = " ".join(word.text for word in words[match.start() : match.end()])
		joined.append(Word("J", (relation.value or 0, name, size), first.start, last.end, text))
		position = match.end()
	return joined + words[position:]


def _read_days(sentence: Sentence) -> list[_Reading]:
	readings = _choose(_apply(compile_rules(), sentence))
	symbols, words, positions, position = "", [], [], 0
	for reading in readings:
		if reading.meaning is NO_DAY:
			continue
		symbols += sentence.symbols[position : reading.first] + "Z"
		words += sentence.words[position : reading.first]
		positions += range(position, reading.first)
		words.append(Word("Z", reading.meaning, reading.start, reading.end))
		positions.append(reading.first)
		position = reading.after_last
	if "Z" not in symbols:
		return readings
	symbols += sentence.symbols[position:]
	words += sentence.words[position:]
	positions += [*range(position, len(sentence.words)), len(sentence.words)]
	joined = Sentence(words, symbols, sentence.lexicon, sentence.today, sentence.month_first)
	composed = [
		_Reading(reading.meaning, positions[reading.first], positions[reading.after_last], sentence)
		for reading in _choose(_apply(compile_rules(composite=True), joined))
	]
	return _move_later_days(_choose([*composed, *readings]))


def _move_later_days(readings: list[_Reading]) -> list[_Reading]:
	"""Count "two weeks later" from the day before it: "surgery on 4 November, call two weeks later"."""
	moved: list[_Reading] = []
	for reading in readings:
		sentence, meaning = reading.sentence, reading.meaning
		last = sentence.words[reading.after_last - 1].text
		earlier = moved[-1].meaning if moved else NO_DAY
		if (
			meaning.shift
			and earlier is not NO_DAY
			and not earlier.shift
			and last in sentence.lexicon.data.get("later_than", "").split(", ")
		):
			day = add(earlier.day, *meaning.shift)
			reading = replace(reading, meaning=Meaning(day)) if day else reading
		moved.append(reading)
	return moved


def _apply(rules, sentence: Sentence) -> list[_Reading]:
	readings = []
	for pattern, function in rules:
		for match in pattern.finditer(sentence.symbols):
			meaning = function(Parts(sentence, match))
			if meaning:
				readings.append(_Reading(meaning, match.start(), match.end(), sentence))
	return readings


def _choose(readings: list[_Reading]) -> list[_Reading]:
	"""Return the longest readings that do not overlap, in the order of the text."""
	chosen: list[_Reading] = []
	taken: set[int] = set()
	for reading in sorted(readings, key=lambda each: (each.first - each.after_last, each.first)):
		positions = range(reading.first, reading.after_last)
		if taken.isdisjoint(positions):
			taken.update(positions)
			chosen.append(reading)
	return sorted(chosen, key=lambda reading: reading.first)


def _overlaps(reading: _Reading, others: list[_Reading]) -> bool:
	return any(reading.start < other.end and other.start < reading.end for other in others)


def _conclude(text: str, reading: _Reading, found: list[_Reading], position: int) -> FoundDay:
	"""Return the day that the sentence means: tense and yearly events are told by the words around it."""
	meaning, sentence = reading.meaning, reading.sentence
	before, after = _get_context(reading, found, position)
	lexicons = list(dict.fromkeys([sentence.lexicon.name, "en"]))
	yearly = any(load_lexicon(name).yearly.search(f"{before} | {after}") for name in lexicons)
	is_past = meaning.day < sentence.today
	day = meaning.day
	if is_past and not any(
		symbol in "Mm月%F" for symbol in sentence.symbols[reading.first : reading.after_last]
	):
		yearly = False  # "was born last week"
	if meaning.past and not is_past and (meaning.year_known or not yearly):
		is_range = any(symbol in "-u" for symbol in sentence.symbols[reading.first : reading.after_last])
		since = sentence.symbols[: reading.first].rstrip("h").endswith("S") and not is_range
		is_past = since or _get_tense(*_get_clause(before, after), sentence.lexicon) == "past"
		day = meaning.past if is_past else day
	return FoundDay(
		day,
		text[reading.start : reading.end],
		reading.start,
		reading.end,
		meaning.year_known,
		is_past,
		yearly,
	)


def _get_context(reading: _Reading, found: list[_Reading], position: int) -> tuple[str, str]:
	"""Return the words before and after a day in its sentence, as far as they do not belong to another day."""
	words = reading.sentence.words
	earlier = max((other.end for other in found[:position]), default=0)
	later = min((other.start for other in found[position + 1 :]), default=len(words) and words[-1].end + 1)
	before: list[Word] = []
	for word in reversed(words[: reading.first]):
		if word.symbol == "." or word.start < earlier:
			break
		before.insert(0, word)
	after: list[Word] = []
	for word in words[reading.after_last :]:
		if word.symbol == "." or word.end > later:
			break
		after.append(word)
	if earlier:
		before = _cut(before, keep_last=True) if before and before[0].start >= earlier else before
	if found[position + 1 :] and later <= words[-1].end:
		after = _cut(after, keep_last=False)
	space = " " if reading.sentence.lexicon.data.get("spaces", True) else ""
	return space.join(word.text for word in before), space.join(word.text for word in after)


def _cut(words: list[Word], *, keep_last: bool) -> list[Word]:
	"""Divide the words between two days at their last comma or "and"; without one they belong to the later day."""
	at = next((at for at in range(len(words) - 1, -1, -1) if words[at].symbol in ",&"), None)
	if keep_last:
		return words if at is None else words[at + 1 :]
	return [] if at is None else words[:at]


def _get_clause(before: str, after: str) -> tuple[str, str]:
	"""Return the words of the same clause; those of the whole sentence for a day that is a clause of its own."""
	near = re.split(r"[,\u060c\u3001;:]", before)[-1], re.split(r"[,\u060c\u3001;:]", after)[0]
	return near if len(" ".join(near).split()) > 1 else (before, after)


def _get_tense(before: str, after: str, lexicon: Lexicon) -> str | None:
	"""Return "past" or "not past" by the words around a day.

	The last verb before it decides ("was told that she moves on Monday"), else the first one after it, else a
	participle.
	"""
	if lexicon.forward and lexicon.forward.search(before):
		return "not past"
	markers = (("past", lexicon.past), ("not past", lexicon.not_past))
	found = [
		(match.end(), -match.start(), name == "not past", name)
		for name, pattern in markers
		for match in pattern.finditer(before)
		if match.group() not in lexicon.neutral
	]
	if found:
		# Of two that end at the same word ("is married", "was closed"), the longer one counts.
		return max(found)[-1]
	around = f"{before} | {after}"
	if lexicon.participle and lexicon.participle.search(around):
		return "past"
	first = [
		(match.start(), name != "not past", name)
		for name, pattern in markers
		if (match := pattern.search(after)) and match.group() not in lexicon.neutral
	]
	if first:
		return min(first)[-1]
	return "past" if lexicon.participles.search(around) else None
