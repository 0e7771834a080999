"""Possible duplicates of a note: the same words, and the same occasion in other words."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain.duplicates import find_duplicates


def build_note(name: str, note: str, occasion_on: date | None = None, *, yearly: bool = False) -> dict:
	return {
		"name": name,
		"note": note,
		"kind": "Occasion" if occasion_on else "Fact",
		"occasion_on": occasion_on,
		"repeats_yearly": yearly,
	}


NOTES = [
	build_note("NOTE-1", "Rex the greyhound had surgery. Ask how he is."),
	build_note("NOTE-2", "Prefers oat milk in her coffee"),
	build_note("NOTE-3", "Olivia's birthday", date(1980, 5, 3), yearly=True),
	build_note("NOTE-4", "prefers OAT MILK in her coffee!"),
	build_note("NOTE-5", "No pork"),
	build_note("NOTE-6", "お茶が好き"),
	build_note("NOTE-7", "Opening of the second shop", date(2026, 12, 4)),
	build_note("NOTE-8", "Doesn\u2019t eat peanuts"),
]


@pytest.mark.parametrize(
	("text", "expected"),
	[
		("Prefers oat milk in her coffee", ["NOTE-2", "NOTE-4"]),
		("In her coffee she prefers oat milk", ["NOTE-2", "NOTE-4"]),
		("rex the greyhound had surgery", ["NOTE-1"]),
		("Rex the greyhound runs again", []),
		("Her mother moved to Lisbon", []),
		("no pork!", ["NOTE-5"]),
		("No\u00a0pork", ["NOTE-5"]),
		("お茶が好き", ["NOTE-6"]),
		("doesnt eat peanuts", ["NOTE-8"]),
		("milk", []),
		("pork", []),
		("        ", []),
		("", []),
	],
)
def test_duplicates_of_a_text_are_found_in_any_order(text, expected):
	assert find_duplicates(text, NOTES) == expected
	assert find_duplicates(text, reversed(NOTES)) == expected


@pytest.mark.parametrize(
	("occasion_on", "yearly", "expected"),
	[
		(date(2027, 5, 3), True, ["NOTE-3"]),
		(date(2027, 5, 3), False, ["NOTE-3"]),
		(date(2026, 12, 4), False, ["NOTE-7"]),
		(date(2027, 12, 4), False, []),
		(date(2027, 5, 4), True, []),
	],
)
def test_occasion_on_the_same_day_is_a_duplicate_in_other_words(occasion_on, yearly, expected):
	assert find_duplicates("She turns fifty", NOTES, occasion_on, repeats_yearly=yearly) == expected


@given(st.text(max_size=60), st.lists(st.tuples(st.uuids().map(str), st.text(max_size=60)), max_size=5))
def test_duplicates_are_unique_and_include_the_same_text(text, notes):
	rows = [build_note(name, note) for name, note in notes]
	found = find_duplicates(text, rows)
	assert len(set(found)) == len(found)
	assert set(found) <= {name for name, _note in notes}
	same = "Prefers oat milk in her coffee"
	assert "mine" in find_duplicates(same, [*rows, build_note("mine", same)])
