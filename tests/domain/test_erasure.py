"""What an erasure asks for, and how a text betrays what is gone."""

from datetime import date

import pytest

from micro_experiences.domain import erasure, personal_data
from micro_experiences.domain.erasure import Marks
from micro_experiences.domain.refusal import Refused
from micro_experiences.domain.sight import WORDS


def test_a_reason_is_said():
	assert erasure.check_reason("  She asked  ") == "She asked"
	assert erasure.check_reason("x" * 1000) == "x" * 1000
	with pytest.raises(Refused, match="1000 characters, and this one has 1001"):
		erasure.check_reason("x" * 1001)
	for none in (None, "", "  \n"):
		with pytest.raises(Refused):
			erasure.check_reason(none)


def test_the_name_is_typed():
	erasure.check_confirmed(" harbour  street BOOKS ", "Harbour Street Books")
	for typed in (None, "", "Harbour Street Book", "Harbour Street Books Ltd"):
		with pytest.raises(Refused, match="Harbour Street Books"):
			erasure.check_confirmed(typed, "Harbour Street Books")


def test_nobody_has_asked_tomorrow():
	today = date(2026, 11, 22)
	for day in (None, today, date(2026, 5, 3)):
		erasure.check_requested(day, today)
	with pytest.raises(Refused):
		erasure.check_requested(date(2026, 11, 23), today)


@pytest.mark.parametrize(
	"text",
	[
		"NOTE-000001",
		"/app/personal-note/NOTE-000001?x=1",
		"{'note': \"It's Zoë's\\n40th\"}",
		'{"note": "It\'s Zo\\u00eb\'s\\n40th"}',
		"<p>It&#39;s Zo&euml;&#39;s 40th</p>",
		'["note", "like", "It\'s Zo\u00eb\'s 40th"]',
		'{\\"args\\": \\"{\\\\\\"note\\\\\\": \\\\\\"It\'s Zoë\'s 40th\\\\\\"}\\"}',
	],
)
def test_a_text_betrays_however_it_is_written(text):
	assert Marks(["NOTE-000001"], ["It's Zoë's\n40th"]).betrayed_by(text)


@pytest.mark.parametrize(
	"text",
	[
		*("", "NOTE-0000012", "XNOTE-000001", "It's Zoë's 50th", '{"note": "short"}'),
		*("IT'S  ZOË'S 40TH, and so on", '{"doctype": "Delivery Note", "Delivery": 1}', "a customer"),
		*('["Personal Note", "customer", "=", "x"]', "<td>Delivery</td>", '{"status": "Delivery"}'),
		*(
			'{"customer": "Smith Ltd"}',
			"{'customer': 'John Smith'}",
			"Smith",
			'{"subject": "No Delivery today"}',
		),
	],
)
def test_a_text_of_others_does_not(text):
	words = ["It's Zoë's 40th", "short", None, "Delivery", "customer"]
	assert not Marks(["NOTE-000001"], words, about=["Smith", "CUST-1", None, "-"]).betrayed_by(text)


def test_a_short_text_and_who_it_is_about_betray_as_a_whole_value():
	marks = Marks([], ["Delivery"], about=["Smith", "CUST-1", None])
	for text in (
		'{"subject": "Delivery"}',
		"[['customer', '=', 'Smith']]",
		'{"customer": "CUST-1"}',
		"<td>smith</td>",
		r"{\"customer\": \"Smith\"}",
	):
		assert marks.betrayed_by(text), text


def test_a_long_text_betrays_in_the_midst_of_others():
	marks = Marks([], ["She's moving to Kraków in May"])
	assert marks.betrayed_by("He said: SHE'S  MOVING to Krak\\u00f3w in May, I think")
	assert not marks.betrayed_by("She's moving to Kraków in June")


def test_a_long_text_is_found_where_it_was_cut():
	assert Marks([], ["a long story " * 40]).betrayed_by(
		"note = 'a long story " + "a long story " * 10 + "...'"
	)


def test_what_is_forgotten_of_a_gesture_names_every_word():
	assert set(WORDS["Gesture"]) <= set(erasure.FORGOTTEN)


def test_what_is_empty_is_not_read_out():
	data = dict.fromkeys((key for key, _title, _fields in personal_data.sections()), ())
	data |= {"notes": [{"text": "Takes tea", "kind": "Fact", "stops": None, "times_used": 0}]}
	notes, *others = personal_data.readable(data, str.upper, str)
	assert [(one["label"], one["text"]) for one in notes["rows"][0]] == [
		("NOTE", "Takes tea"),
		("KIND", "FACT"),
	]
	assert [part["rows"] for part in others] == [[]] * 6


def test_who_may_read_a_note_is_said_to_whom_it_is_about():
	said = {
		personal_data.may_read(visibility, sensitive)
		for visibility in ("Everyone", "Group", "Only Me")
		for sensitive in (False, True)
	}
	assert len(said) == 4
	assert personal_data.may_read("Only Me", True) == personal_data.may_read("Only Me", False)
