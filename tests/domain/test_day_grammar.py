"""Days that sentences name, per language, and text that names none."""

import subprocess
import sys
from datetime import date
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain.day_grammar import find_days
from micro_experiences.domain.day_grammar.lexicon import get_languages, load_lexicon

TODAY = date(2026, 11, 22)  # a Sunday


def read_sentences(language: str) -> list[tuple[str, str]]:
	path = Path(__file__).parent / "day_sentences" / f"{language}.txt"
	lines = path.read_text(encoding="utf-8").splitlines()
	pairs = (line.rpartition("|") for line in lines if not line.startswith("#"))
	return [(text.strip(), expected.strip()) for text, _, expected in pairs]


def describe(text: str, language: str = "en", today: date = TODAY, *, month_first: bool = False) -> str:
	found = find_days(text, today, language=language, month_first=month_first)
	return " ".join(f"{'past ' if day.is_past and not day.yearly else ''}{day.day}" for day in found)


@pytest.mark.parametrize("language", sorted(get_languages()))
def test_sentences_of_a_language_name_their_days(language):
	expected = {text: days for text, days in read_sentences(language)}
	assert {text: describe(text, language) for text in expected} == expected


@pytest.mark.parametrize(
	"text",
	[
		"2–3 coffees", "flat 3/4", "size 10/12", "1.5 kg", "7-Eleven", "sort code 20-11-27", "Black Friday", "Friday Ltd",
		"Man Friday", "45 years old", "stays 3 days", "on Mondays", "every second Friday", "24/7", "31 February",
		"April Summers", "March the kitten", "for two weeks", "every Monday", "12.50 euros", "on the Monday after the fair", "table for 12 at 7", "Hours: Tue-Sat 10-6",
	],
)  # fmt: skip
def test_text_without_a_day(text):
	assert find_days(text, TODAY) == []


@pytest.mark.parametrize(
	("today", "expected"),
	[
		("2026-11-23", "2026-12-04"),  # Monday: this week has a Friday of its own
		("2026-11-26", "2026-12-04"),
		("2026-11-27", "2026-12-04"),
		("2026-11-29", "2026-12-04"),  # Sunday: next week begins tomorrow
	],
)
def test_next_friday_is_the_friday_of_next_week(today, expected):
	assert describe("next Friday", "en", date.fromisoformat(today)) == expected


@pytest.mark.parametrize(
	("text", "month_first", "expected"),
	[
		("12/6", False, "2027-06-12"),
		("12/6", True, "2026-12-06"),
		("25/12", True, "2026-12-25"),
		("12.6.2027", True, "2027-06-12"),
		("2027-06-12", True, "2027-06-12"),
	],
)
def test_order_of_day_and_month_is_that_of_the_user(text, month_first, expected):
	assert describe(text, month_first=month_first) == expected


@pytest.mark.parametrize(
	("text", "expected", "year_known"),
	[
		("born 12.3.85", "1985-03-12", True),
		("birthday 3 May 2004", "2004-05-03", True),
		("birthday 3 May", "2027-05-03", False),
		("birthday 3 May 1904", "2027-05-03", False),
		("birthday 01.01.1900", "2027-01-01", False),
		("birthday 29 February", "2028-02-29", False),
		("dob 29/2/1988", "1988-02-29", True),
	],
)
def test_year_of_a_birthday(text, expected, year_known):
	(found,) = find_days(text, TODAY)
	assert (str(found.day), found.year_known, found.yearly) == (expected, year_known, True)


@pytest.mark.parametrize(
	("text", "language", "expected"),
	[
		("Wedding on 12 June", "de", "2027-06-12"),
		("१२ दिसंबर को शादी", "en", "2026-12-12"),
		("بعد ٣ أيام", "fr", "2026-11-25"),
		("через две недели", "xx", "2026-12-06"),
		("12月20日", "", "2026-12-20"),
		("다음 주 금요일", "en_GB", "2026-11-27"),
	],
)
def test_english_and_other_scripts_are_read_for_every_user(text, language, expected):
	assert describe(text, language) == expected


def test_each_day_belongs_to_the_words_beside_it():
	found = find_days("birthday 3 May, was ill on Monday, call on Friday", TODAY)
	assert [(str(day.day), day.words, day.yearly, day.is_past) for day in found] == [
		("2027-05-03", "3 May", True, False),
		("2026-11-16", "Monday", False, True),
		("2026-11-27", "Friday", False, False),
	]


VOCABULARY = sorted({word for language in get_languages() for word in load_lexicon(language).words})
FRAGMENTS = (
	st.sampled_from(VOCABULARY) | st.from_regex(r"[0-9./:–-]{1,8}", fullmatch=True) | st.text(max_size=6)
)


@given(
	st.lists(FRAGMENTS, max_size=14),
	st.sampled_from([" ", "", "-"]),
	st.sampled_from(sorted(get_languages())),
	st.dates(date(2020, 1, 1), date(2040, 12, 31)),
	st.booleans(),
)
def test_days_of_any_text_are_sane(fragments, separator, language, today, month_first):
	text = separator.join(fragments)
	end = 0
	for found in find_days(text, today, language=language, month_first=month_first):
		assert found.words == text[found.start : found.end] and found.words
		assert end <= found.start
		end = found.end
		assert 1905 <= found.day.year <= today.year + 30
		assert not found.is_past or found.day < today


@pytest.mark.parametrize(
	"part",
	["9", "1 ", "1/1", "12.12.", "1.1-", "next ", "on monday ", "12 june ", "+1 ", "日", "0123 ", "w.", "hat ", "ha un ", "@.a", "'", "the "],
)  # fmt: skip
def test_longest_note_is_read_quickly(part):
	text = (part * 500)[:500]

	def measure() -> float:
		start = process_time()
		for language in ("en", "de", "it", "ja"):
			find_days(text, TODAY, language=language)
		return process_time() - start

	# It takes up to 0.02 s; a search that tries all combinations would take far longer.
	assert min(measure() for _ in range(3)) < 0.3


def test_holidays_library_is_loaded_only_for_a_moving_feast():
	code = (
		"import sys; from datetime import date; from micro_experiences.domain.day_grammar import find_days\n"
		"find_days('Good Friday', date(2026, 1, 1)); assert 'holidays' not in sys.modules\n"
		"assert find_days('Diwali', date(2026, 1, 1)); assert 'holidays' in sys.modules"
	)
	subprocess.run([sys.executable, "-c", code], check=True)
