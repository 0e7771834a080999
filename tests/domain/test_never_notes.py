"""Never notes and gestures: blocked, doubtful or clear."""

import pytest

from micro_experiences.domain.errors import RuleViolation
from micro_experiences.domain.gesture_advice import RuledOutByNote
from micro_experiences.domain.never_notes import (
	BLOCKED,
	CLEAR,
	DOUBTFUL,
	GestureWords,
	NeverNote,
	check_never_verdict,
	check_says_what,
	get_never_verdict,
	guess_restrictions,
)
from micro_experiences.tests.never_pairs import PAIRS

NO_ALCOHOL = NeverNote("n", "No alcohol", "alcohol")


@pytest.mark.parametrize(("note", "what"), PAIRS)
def test_gesture_that_a_note_rules_out_is_never_clear(note, what):
	stops, avoids = guess_restrictions(note)
	check_says_what(stops, avoids)
	assert get_never_verdict(GestureWords(None, what), [NeverNote("n", note, stops, avoids)]).verdict != CLEAR


@pytest.mark.parametrize(
	("note", "gesture", "verdict"),
	[
		(NO_ALCOHOL, GestureWords(None, "A bottle of champagne"), BLOCKED),
		(NO_ALCOHOL, GestureWords("", "Magnum for the team"), DOUBTFUL),
		(NO_ALCOHOL, GestureWords("alcohol, gift", "Something nice"), BLOCKED),
		(NO_ALCOHOL, GestureWords("gift, mail", "Book\nBook", "and a whisky for the evening"), DOUBTFUL),
		(NO_ALCOHOL, GestureWords("gift, mail", "Book\nBottle of port"), BLOCKED),
		(NO_ALCOHOL, GestureWords("call", "Quick Call\nQuick Call", "Just calling"), CLEAR),
		(NO_ALCOHOL, GestureWords(None, "Flowers"), CLEAR),
		(NO_ALCOHOL, GestureWords("nothing", "A Kind Word"), CLEAR),
		(NO_ALCOHOL, GestureWords(None, "A surprise for Ana"), DOUBTFUL),
		(NeverNote("n", "Never nuts: allergic", None, "nuts"), GestureWords(None, "Almond cake"), BLOCKED),
		(NeverNote("n", "Never nuts: allergic", None, "nuts"), GestureWords("food", "Lunch"), DOUBTFUL),
		(NeverNote("n", "Never nuts: allergic", None, "nuts"), GestureWords("call", "Quick Call"), CLEAR),
		(NeverNote("n", "Don't offer", None, "Ryanair"), GestureWords(None, "RYANAIR voucher"), BLOCKED),
		(NeverNote("n", "No photos", "photo"), GestureWords(None, "Something unclear"), CLEAR),
		(NeverNote("n", "No wine, please", "call"), GestureWords("alcohol", "Toast"), DOUBTFUL),
		(NeverNote("n", "Old note about wine"), GestureWords("alcohol", "Treat"), DOUBTFUL),
	],
)
def test_verdict_depends_on_type_words_and_note(note, gesture, verdict):
	assert get_never_verdict(gesture, [note]).verdict == verdict


def test_words_of_a_hidden_note_are_not_shown():
	hidden = NeverNote("n", "Never nuts", None, "nuts", readable=False)
	found = get_never_verdict(GestureWords(None, "Nuts"), [hidden])
	assert (found.verdict, found.ruled_out) == (BLOCKED, ())
	with pytest.raises(RuledOutByNote) as refused:
		check_never_verdict(found, override_reason=None, confirmed=True, manager=False)
	assert "nuts" not in str(refused.value)


def test_manager_is_told_where_to_enter_a_reason_and_others_whom_to_ask():
	found = get_never_verdict(GestureWords(None, "Champagne"), [NO_ALCOHOL])
	for manager, expected in (
		(True, "enter a reason under Override Reason"),
		(False, "ask a Micro Experiences"),
	):
		with pytest.raises(RuledOutByNote, match=expected):
			check_never_verdict(found, override_reason=" ", confirmed=True, manager=manager)
	for manager in (True, False):
		check_never_verdict(found, override_reason="alcohol-free", confirmed=False, manager=manager)


def test_doubtful_gesture_needs_a_confirmation():
	found = get_never_verdict(GestureWords(None, "A surprise"), [NO_ALCOHOL])
	with pytest.raises(RuledOutByNote):
		check_never_verdict(found, override_reason=None, confirmed=False, manager=True)
	check_never_verdict(found, override_reason=None, confirmed=True, manager=False)


def test_never_note_must_say_what_it_rules_out():
	assert guess_restrictions("Please never bring alcohol into the house")[0] == "alcohol"
	for stops, avoids in ((None, None), ("", " , ")):
		with pytest.raises(RuleViolation):
			check_says_what(stops, avoids)
	check_says_what("alcohol", None)
	check_says_what(None, "nuts")
