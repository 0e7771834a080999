"""Days that sentences name, per language, and text that names none."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain.day_grammar import find_days

TODAY = date(2026, 11, 22)  # a Sunday

# Language, text, and the days it names ("month-day" is a day without a year, the next one).
DAYS = [
	("en", "tmrw", "2026-11-23"),
	("en", "the day after tomorrow", "2026-11-24"),
	("en", "nxt thurs", "2026-11-26"),
	("en", "a week from Friday", "2026-12-04"),
	("en", "Friday week", "2026-12-04"),
	("en", "back in 3 wks", "2026-12-13"),
	("en", "second of december", "2026-12-02"),
	("en", "twenty first of may", "2027-05-21"),
	("en", "away 3–10 December", "2026-12-03"),
	("en", "first Thursday of March", "2027-03-04"),
	("en", "last weekend in May", "2027-05-29"),
	("en", "two days before Christmas Eve", "2026-12-22"),
	("en", "Good Friday", "2027-03-26"),
	("en", "Diwali", "2027-10-29"),
	("en", "surgery next Friday, ask about it in two weeks", "2026-11-27 2026-12-06"),
	("en", "by the 14th", "2026-12-14"),
	("en", "end of the month", "2026-11-30"),
	("en", "20-12-2026 and 2027-01-15", "2026-12-20 2027-01-15"),
	("de", "in vierzehn Tagen", "2026-12-06"),
	("de", "heute in einer Woche", "2026-11-29"),
	("de", "am 14. ist Umzug", "2026-12-14"),
	("de", "vom 3. bis 10. Dezember", "2026-12-03"),
	("de", "erster Donnerstag im März", "2027-03-04"),
	("de", "Freitag in zwei Wochen", "2026-12-11"),
	("de", "Anfang März", "2027-03-01"),
	("fr", "dans quinze jours", "2026-12-06"),
	("fr", "du 3 au 10 décembre", "2026-12-03"),
	("fr", "le 1er juin", "2027-06-01"),
	("fr", "vendredi en huit", "2026-12-04"),
	("fr", "le premier jeudi de mars", "2027-03-04"),
	("es", "pasado mañana", "2026-11-24"),
	("es", "el día 14", "2026-12-14"),
	("es", "del 3 al 10 de diciembre", "2026-12-03"),
	("es", "el primer jueves de marzo", "2027-03-04"),
	("es", "Nochebuena", "2026-12-24"),
]

NO_DAYS = [
	("en", "2–3 coffees, flat 3/4, size 10/12, 1.5 kg, 7-Eleven, sort code 20-11-27"),
	("en", "Black Friday, Friday Ltd, Man Friday"),
	("en", "45 years old, stays 3 days, on Mondays, every second Friday, 24/7, 31 February"),
	("de", "Frau August, jeden Montag, montags, Größe 10/12"),
	("fr", "tous les lundis, Mars est son chien"),
	("es", "todos los lunes, el mar"),
]


@pytest.mark.parametrize(("language", "text", "expected"), DAYS)
def test_days_of_a_text(language, text, expected):
	assert " ".join(str(found.day) for found in find_days(text, TODAY, language=language)) == expected


@pytest.mark.parametrize(("language", "text"), NO_DAYS)
def test_text_without_a_day(language, text):
	assert find_days(text, TODAY, language=language) == []


@given(st.text(max_size=80), st.sampled_from(["en", "de", "fr", "es", "xx"]))
def test_words_are_a_part_of_the_text(text, language):
	for found in find_days(text, TODAY, language=language):
		assert found.words == text[found.start : found.end]
		assert 1905 <= found.day.year <= 2999
