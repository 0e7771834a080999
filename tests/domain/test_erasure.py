"""Erasure: what a request needs, and how a text is found to contain erased data."""

import json
from datetime import date

import pytest

from micro_experiences.domain import erasure
from micro_experiences.domain.erasure import TraceMatcher
from micro_experiences.domain.errors import RuleViolation
from micro_experiences.domain.visibility import FREE_TEXT_FIELDS


def test_erasure_reason_is_required_and_limited():
	assert erasure.clean_erasure_reason("  She asked  ") == "She asked"
	assert erasure.clean_erasure_reason("x" * 1000) == "x" * 1000
	for reason in ("x" * 1001, None, "", "  \n"):
		with pytest.raises(RuleViolation):
			erasure.clean_erasure_reason(reason)


def test_confirmation_needs_the_customer_s_name_in_any_case():
	erasure.check_confirmation(" harbour  street BOOKS ", "Harbour Street Books")
	for text in (None, "", "Harbour Street Book", "Harbour Street Books Ltd"):
		with pytest.raises(RuleViolation):
			erasure.check_confirmation(text, "Harbour Street Books")


def test_request_date_in_the_future_is_refused():
	today = date(2026, 11, 22)
	for day in (None, today, date(2026, 5, 3)):
		erasure.check_request_date(day, today)
	with pytest.raises(RuleViolation):
		erasure.check_request_date(date(2026, 11, 23), today)


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
def test_trace_is_found_in_every_encoding(text):
	assert TraceMatcher(["NOTE-000001"], ["It's Zoë's\n40th"]).matches(text)


# "José" composed and decomposed, with both apostrophes, plain and as JSON.
SPELLINGS = ("Jos\u00e9 O'Brien", "Jose\u0301 O\u2019Brien", "JOSÉ  O\u2019BRIEN")


@pytest.mark.parametrize("stored", SPELLINGS)
@pytest.mark.parametrize("typed", SPELLINGS)
def test_name_in_another_spelling_is_the_same_name(stored, typed):
	erasure.check_confirmation(typed, stored)
	for text in (repr({"customer": typed}), json.dumps({"customer": typed}), f"<td>{typed}</td>"):
		assert TraceMatcher([], about=[stored]).matches(text), text


@pytest.mark.parametrize(
	"text",
	[
		"",
		"NOTE-0000012",
		"XNOTE-000001",
		"It's Zoë's 50th",
		'{"note": "short"}',
		"IT'S  ZOË'S 40TH, and so on",
		'{"doctype": "Delivery Note", "Delivery": 1}',
		"a customer",
		'["Personal Note", "customer", "=", "x"]',
		"<td>Delivery</td>",
		'{"status": "Delivery"}',
		'{"customer": "Smith Ltd"}',
		"{'customer': 'John Smith'}",
		"Smith",
		'{"subject": "No Delivery today"}',
	],
)
def test_similar_text_of_others_is_no_trace(text):
	texts = ["It's Zoë's 40th", "short", None, "Delivery", "customer"]
	assert not TraceMatcher(["NOTE-000001"], texts, about=["Smith", "CUST-1", None, "-"]).matches(text)


@pytest.mark.parametrize(
	"text",
	[
		'{"subject": "Delivery"}',
		"[['customer', '=', 'Smith']]",
		'{"customer": "CUST-1"}',
		"<td>smith</td>",
		r"{\"customer\": \"Smith\"}",
	],
)
def test_short_text_and_customer_are_traces_as_a_whole_value(text):
	assert TraceMatcher([], ["Delivery"], about=["Smith", "CUST-1", None]).matches(text)


def test_long_text_is_a_trace_within_other_text_and_where_it_was_cut():
	matcher = TraceMatcher([], ["She's moving to Kraków in May", "a long story " * 40])
	assert matcher.matches("He said: SHE'S  MOVING to Krak\\u00f3w in May, I think")
	assert not matcher.matches("She's moving to Kraków in June")
	assert matcher.matches("note = 'a long story " + "a long story " * 10 + "...'")


def test_anonymized_gesture_clears_every_free_text_field():
	assert set(FREE_TEXT_FIELDS["Gesture"]) <= set(erasure.ANONYMIZED_GESTURE)
