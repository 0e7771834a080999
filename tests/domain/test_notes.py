"""What a note may hold: tidied once it stays as it is, and nothing that was said is lost on the way."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from micro_experiences.domain.notes import (
	HANDED_OVER,
	MAX_LENGTH,
	check_author,
	check_handed_over,
	check_open,
	closed,
	is_for_everyone,
	is_sensitive,
	kind_after_use,
	logged,
	promised,
	said,
	tidied,
)
from micro_experiences.domain.recall import KINDS
from micro_experiences.domain.refusal import NotAllowed, Refused

TODAY = date(2026, 11, 22)
NOTE = {
	"note": "Takes tea.",
	"kind": "Fact",
	"occasion_on": None,
	"repeats_yearly": False,
	"remember_until": None,
	"heard_on": TODAY,
	"stops": None,
	"visibility": "Everyone",
	"user_group": None,
}
DAYS = st.none() | st.dates(date(1850, 1, 1), date(2200, 1, 1))
NOTES = st.fixed_dictionaries(
	{
		"note": st.text(max_size=600),
		"kind": st.sampled_from(KINDS),
		"occasion_on": DAYS,
		"repeats_yearly": st.booleans(),
		"remember_until": DAYS,
		"heard_on": DAYS,
		"stops": st.none() | st.sampled_from(["", "alcohol", " Gift ,alcohol,", "wine"]),
		"visibility": st.sampled_from(["Everyone", "Group", "Only Me"]),
		"user_group": st.none() | st.just("Counter"),
	}
)


@given(NOTES)
def test_what_is_tidied_is_tidy(note):
	try:
		once = note | tidied(note, TODAY)
	except Refused as refused:
		assert str(refused)
		return
	assert once | tidied(once, TODAY) == once
	assert 0 < len(once["note"]) <= MAX_LENGTH
	assert (once["occasion_on"] is not None) == (once["kind"] == "Occasion")
	assert once["kind"] == "Occasion" or not once["repeats_yearly"]
	assert once["kind"] == "Moment" or once["remember_until"] is None
	assert once["kind"] == "Never" or once["stops"] is None
	assert (once["user_group"] is not None) == (once["visibility"] == "Group")


@pytest.mark.parametrize(
	("values", "words"),
	[
		({"note": " \n\t"}, "Write what is worth remembering"),
		({"note": "x" * 501}, "up to 500 characters, and this one has 501"),
		({"kind": "Occasion"}, "needs its day"),
		({"kind": "Occasion", "occasion_on": date(1899, 12, 31)}, "too far away"),
		({"kind": "Occasion", "occasion_on": date(2077, 1, 1)}, "too far away"),
		({"kind": "Moment", "remember_until": date(2077, 1, 1)}, "too far away"),
		({"heard_on": TODAY + timedelta(days=1)}, "cannot be heard tomorrow"),
		({"kind": "Never", "stops": "alcohol, wine"}, "Stops: wine is not known"),
		({"visibility": "Group"}, "Say which group"),
	],
)
def test_what_is_refused_and_in_which_words(values, words):
	with pytest.raises(Refused, match=words):
		tidied(NOTE | values, TODAY)


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
def test_the_bounds_themselves_are_fine(values):
	assert tidied(NOTE | values, TODAY)["note"]


def test_a_note_is_kept_in_ones_own_name():
	check_author("ana", "ana", manager=False)
	check_author("ana", "maya", manager=True)
	with pytest.raises(NotAllowed):
		check_author("ana", "priya", manager=False)


def test_of_a_closed_note_nothing_is_logged():
	check_open("Active")
	with pytest.raises(Refused, match="closed already"):
		check_open("Closed")


def test_what_a_line_of_the_log_changes():
	now = datetime(2026, 11, 22, 9)
	assert logged("Used", 2, "ana", now) == {
		"last_used_on": now,
		"last_used_by": "ana",
		"times_used": 3,
	}
	assert logged("Snoozed", 2, "ana", now) == {}
	assert logged("No Longer True", 2, "ana", now) == closed("No Longer True")
	assert closed("Expired") == {"status": "Closed", "closed_because": "Expired"}


@given(st.text(max_size=1200))
def test_what_they_said_is_kept_whole_or_refused(text):
	try:
		kept = said(text)
	except Refused as refused:
		assert len(text) > MAX_LENGTH and "nothing was lost" in str(refused)
		return
	assert kept is None or 0 < len(kept) <= MAX_LENGTH
	assume(kept)
	subject = promised(kept)
	assert subject == kept if len(kept) <= 140 else subject.endswith("…") and len(subject) <= 140


def test_who_it_is_for():
	assert is_for_everyone("Everyone", False)
	assert not any(
		is_for_everyone(*who) for who in (("Everyone", True), ("Group", False), ("Only Me", False))
	)
	assert [is_sensitive(chosen, True) for chosen in (None, False, True)] == [True, False, True]
	assert [is_sensitive(chosen, False) for chosen in (None, False, True)] == [False, False, True]


def test_news_of_what_passes_passes_too():
	assert {kind: kind_after_use(kind) for kind in KINDS} == {
		"Moment": "Moment",
		"Occasion": "Moment",
		"Fact": "Fact",
		"Never": "Fact",
	}


def test_who_may_look_after_a_note_that_is_handed_over():
	assert "Only Me" not in HANDED_OVER
	check_handed_over("Ana", sees_customer=True, sees_note=True)
	with pytest.raises(Refused, match="Ana may not open this customer"):
		check_handed_over("Ana", sees_customer=False, sees_note=False)
	with pytest.raises(Refused, match="Ana may not see this note"):
		check_handed_over("Ana", sees_customer=True, sees_note=False)
