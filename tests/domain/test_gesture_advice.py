"""Advice about a gesture: tags that a note rules out, and repetition."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain.errors import RuleViolation
from micro_experiences.domain.gesture_advice import (
	clean_tags,
	get_last_same_gesture,
	get_ruled_out_tags,
	has_too_many_gestures,
	parse_tags,
)
from micro_experiences.domain.restrictions import NAMES

TODAY = date(2026, 11, 22)
FIELD = st.lists(st.sampled_from([*NAMES, "ALCOHOL", " gift ", "music", ""]), max_size=6).map(",".join)
GIVEN = st.lists(
	st.tuples(
		st.sampled_from(["Flowers", "Book", "Quick Call"]),
		st.dates(TODAY - timedelta(days=420), TODAY + timedelta(days=30)),
	)
)


@given(FIELD)
def test_parsed_tags_are_normalized_and_unique(text):
	found = parse_tags(text)
	assert len(set(found)) == len(found)
	assert all(word == word.strip().lower() and word for word in found)
	assert parse_tags(", ".join(found)) == found
	assert clean_tags(text, "Rules Out", (*NAMES, "music")) == ", ".join(found)
	if "music" in found:
		with pytest.raises(RuleViolation):
			clean_tags(text, "Rules Out", NAMES)
	assert parse_tags(None) == parse_tags("") == parse_tags(" , ,") == ()


@given(FIELD, st.lists(st.none() | FIELD, max_size=4))
def test_ruled_out_tags_are_those_of_both_sides(involves, stops):
	stopped = {word for text in stops for word in parse_tags(text)}
	answer = get_ruled_out_tags(involves, stops)
	assert set(answer) == set(parse_tags(involves)) & stopped
	# In the order of the gesture.
	assert answer == tuple(tag for tag in parse_tags(involves) if tag in stopped)


@given(GIVEN, st.integers(0, 400))
def test_last_same_gesture_is_the_latest_within_the_days(given_before, within):
	answer = get_last_same_gesture("Flowers", given_before, TODAY, within)
	fitting = [
		d for kind, d in given_before if kind == "Flowers" and TODAY - timedelta(days=within) <= d <= TODAY
	]
	assert answer == (max(fitting) if fitting and within else None)


@given(GIVEN, st.integers(0, 4))
def test_too_many_gestures_are_counted_over_thirty_days(given_before, at_most):
	recent = sum(TODAY - timedelta(days=30) < day <= TODAY for _, day in given_before)
	assert has_too_many_gestures(given_before, TODAY, at_most) == (at_most > 0 and recent >= at_most)


@pytest.mark.parametrize(("days_ago", "expected"), [(0, True), (29, True), (30, False), (-1, False)])
def test_thirty_day_window_excludes_the_thirtieth_day_and_the_future(days_ago, expected):
	assert has_too_many_gestures([("Book", TODAY - timedelta(days=days_ago))], TODAY, 1) is expected
