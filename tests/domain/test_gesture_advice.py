"""What speaks against a gesture."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain.variety import INVOLVES, last_same, ruled_out, too_many, unknown_words, words

TODAY = date(2026, 11, 22)
FIELD = st.lists(st.sampled_from([*INVOLVES, "ALCOHOL", " gift ", "music", ""]), max_size=6).map(",".join)
GIVEN = st.lists(
	st.tuples(
		st.sampled_from(["Flowers", "Book", "Quick Call"]), st.dates(date(2025, 1, 1), date(2027, 6, 1))
	)
)


@given(FIELD)
def test_words_are_tidy_and_each_once(text):
	found = words(text)
	assert len(set(found)) == len(found)
	assert all(word == word.strip().lower() and word for word in found)
	assert words(", ".join(found)) == found
	assert set(unknown_words(text)) == set(found) - set(INVOLVES)


def test_an_empty_field_has_no_words():
	assert words(None) == words("") == words(" , ,") == ()


@given(FIELD, st.lists(st.none() | FIELD, max_size=4))
def test_ruled_out_is_what_both_name(involves, stops):
	stopped = {word for text in stops for word in words(text)}
	answer = ruled_out(involves, stops)
	assert set(answer) == set(words(involves)) & stopped
	assert bool(answer) == bool(ruled_out(",".join(filter(None, stops)), [involves]))


def test_ruled_out_keeps_the_order_of_the_gesture():
	assert ruled_out("Gift, Alcohol", ["alcohol", None, "gift,photo"]) == ("gift", "alcohol")
	assert ruled_out("food", ["alcohol"]) == ()
	assert ruled_out(None, ["alcohol"]) == ()


@given(GIVEN, st.integers(0, 400))
def test_last_same_is_the_latest_within_the_days(given_before, within):
	answer = last_same("Flowers", given_before, TODAY, within)
	fitting = [
		d for kind, d in given_before if kind == "Flowers" and TODAY - timedelta(days=within) <= d <= TODAY
	]
	assert answer == (max(fitting) if fitting and within else None)


def test_zero_days_warn_of_nothing():
	assert last_same("Flowers", [("Flowers", TODAY)], TODAY, 0) is None
	assert last_same("Flowers", [("Flowers", TODAY)], TODAY, 1) == TODAY


@given(GIVEN, st.integers(0, 4))
def test_too_many_counts_what_lies_in_the_last_thirty_days(given_before, at_most):
	recent = sum(TODAY - timedelta(days=30) < day <= TODAY for _, day in given_before)
	assert too_many(given_before, TODAY, at_most) == (at_most > 0 and recent >= at_most)


@pytest.mark.parametrize(("days_ago", "expected"), [(0, True), (29, True), (30, False), (-1, False)])
def test_the_edges_of_thirty_days(days_ago, expected):
	assert too_many([("Book", TODAY - timedelta(days=days_ago))], TODAY, 1) is expected
