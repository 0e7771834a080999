"""Notes: cleaned values, limits, authors, uses and handover."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from micro_experiences.domain.errors import NotPermitted, RuleViolation
from micro_experiences.domain.notes import (
	HANDOVER_VISIBILITIES,
	MAX_NOTE_LENGTH,
	check_active,
	check_author,
	check_handover,
	clean_note,
	clean_they_said,
	get_channel,
	get_closed_fields,
	get_follow_up_subject,
	get_kind,
	get_kind_after_use,
	get_use_updates,
	is_for_everyone,
	is_sensitive,
)
from micro_experiences.domain.recall import NOTE_KINDS

TODAY = date(2026, 11, 22)
NOTE = {
	"note": "Takes tea.",
	"kind": "Fact",
	"occasion_on": None,
	"repeats_yearly": False,
	"year_known": False,
	"remember_until": None,
	"heard_on": TODAY,
	"stops": None,
	"avoids": None,
	"visibility": "Everyone",
	"user_group": None,
}
DAYS = st.none() | st.dates(date(1850, 1, 1), date(2200, 1, 1))
NOTES = st.fixed_dictionaries(
	{
		"note": st.text(max_size=600),
		"kind": st.sampled_from(["", *NOTE_KINDS]),
		"occasion_on": DAYS,
		"repeats_yearly": st.booleans(),
		"year_known": st.booleans(),
		"remember_until": DAYS,
		"heard_on": DAYS,
		"stops": st.none() | st.sampled_from(["", "alcohol", " Gift ,alcohol,", "wine"]),
		"avoids": st.none() | st.sampled_from(["", "nuts", "nuts, ,nuts ,Ryanair"]),
		"visibility": st.sampled_from(["Everyone", "Group", "Only Me"]),
		"user_group": st.none() | st.just("Counter"),
	}
)


@given(NOTES)
def test_cleaned_note_is_consistent_and_cleaning_it_again_changes_nothing(note):
	try:
		once = note | clean_note(note, TODAY)
	except RuleViolation:
		return
	assert once | clean_note(once, TODAY) == once
	assert 0 < len(once["note"]) <= MAX_NOTE_LENGTH
	assert (once["occasion_on"] is not None) == (once["kind"] == "Occasion")
	assert once["kind"] == "Occasion" or not once["repeats_yearly"]
	assert once["repeats_yearly"] or not once["year_known"]
	assert once["kind"] in ("Moment", "Never") or once["remember_until"] is None
	assert once["kind"] == "Never" or once["stops"] is None
	assert (once["user_group"] is not None) == (once["visibility"] == "Group")


@pytest.mark.parametrize(
	"values",
	[
		{"note": " \n\t"},
		{"note": "x" * 501},
		{"kind": "Occasion"},
		{"kind": "Occasion", "occasion_on": date(1899, 12, 31)},
		{"kind": "Occasion", "occasion_on": date(2077, 1, 1)},
		{"kind": "Moment", "remember_until": date(2077, 1, 1)},
		{"heard_on": TODAY + timedelta(days=1)},
		{"kind": "Never", "stops": "alcohol, wine"},
		{"visibility": "Group"},
	],
)
def test_note_with_an_invalid_value_is_refused(values):
	with pytest.raises(RuleViolation):
		clean_note(NOTE | values, TODAY)


@pytest.mark.parametrize(
	"values",
	[
		{"note": "x" * 500},
		{"kind": "Occasion", "occasion_on": date(1900, 1, 1)},
		{"kind": "Occasion", "occasion_on": date(2076, 12, 31)},
		{"heard_on": TODAY},
		{"heard_on": None},
		{"kind": "Never", "stops": ""},
	],
)
def test_note_at_its_limits_is_accepted(values):
	assert clean_note(NOTE | values, TODAY)["note"]


def test_only_managers_add_notes_for_other_authors():
	check_author("ana", "ana", manager=False)
	check_author("ana", "maya", manager=True)
	with pytest.raises(NotPermitted):
		check_author("ana", "priya", manager=False)


def test_closed_note_cannot_be_used():
	check_active("Active")
	with pytest.raises(RuleViolation):
		check_active("Closed")


def test_use_updates_depend_on_the_action():
	now = datetime(2026, 11, 22, 9)
	assert get_use_updates("Used", 2, "ana", now) == {
		"last_used_on": now,
		"last_used_by": "ana",
		"times_used": 3,
	}
	assert get_use_updates("Snoozed", 2, "ana", now) == {}
	assert get_use_updates("No Longer True", 2, "ana", now) == get_closed_fields("No Longer True")
	assert get_closed_fields("Expired") == {"status": "Closed", "closed_because": "Expired"}


@given(st.text(max_size=1200))
def test_answer_of_a_customer_is_saved_whole_or_refused(text):
	try:
		answer = clean_they_said(text)
	except RuleViolation:
		assert len(text) > MAX_NOTE_LENGTH
		return
	assert answer is None or 0 < len(answer) <= MAX_NOTE_LENGTH
	assume(answer)
	subject = get_follow_up_subject(answer)
	assert subject == answer if len(answer) <= 140 else subject.endswith("…") and len(subject) <= 140


def test_only_open_notes_without_confidential_content_are_for_everyone():
	assert is_for_everyone("Everyone", False)
	assert not any(
		is_for_everyone(*who) for who in (("Everyone", True), ("Group", False), ("Only Me", False))
	)
	assert [is_sensitive(chosen, True) for chosen in (None, False, True)] == [True, False, True]
	assert [is_sensitive(chosen, False) for chosen in (None, False, True)] == [False, False, True]


@pytest.mark.parametrize(
	"year, known", [(1904, False), (1905, True), (2025, True), (2026, False), (2027, False)]
)
def test_year_is_known_only_of_a_past_year_that_is_no_placeholder(year, known):
	yearly = NOTE | {"kind": "Occasion", "repeats_yearly": True, "occasion_on": date(year, 3, 4)}
	assert clean_note(yearly | {"year_known": True}, TODAY)["year_known"] == known
	assert not clean_note(yearly, TODAY)["year_known"]


@pytest.mark.parametrize(
	"doctype, medium, channel",
	[
		("Call Log", None, "Phone"),
		("Communication", "Email", "Email"),
		("Communication", "Chat", "Message"),
		("Communication", "Event", ""),
		("Communication", None, ""),
		("Sales Invoice", None, ""),
		(None, None, ""),
	],
)
def test_channel_is_known_only_on_calls_and_communications(doctype, medium, channel):
	assert get_channel(doctype, medium) == channel


def test_kind_that_nobody_chose_stays_empty():
	assert [get_kind(None, None), get_kind("", TODAY), get_kind("Fact", TODAY)] == ["", "Moment", "Fact"]


def test_answer_to_a_note_becomes_a_moment_or_has_no_kind():
	assert {kind: get_kind_after_use(kind) for kind in ("", *NOTE_KINDS)} == {
		"": "",
		"Moment": "Moment",
		"Occasion": "Moment",
		"Fact": "",
		"Never": "",
	}


def test_handover_to_a_user_who_cannot_see_the_note_is_refused():
	assert "Only Me" not in HANDOVER_VISIBILITIES
	check_handover("Ana", can_open_customer=True, can_see_note=True)
	with pytest.raises(RuleViolation):
		check_handover("Ana", can_open_customer=False, can_see_note=False)
	with pytest.raises(RuleViolation):
		check_handover("Ana", can_open_customer=True, can_see_note=False)
