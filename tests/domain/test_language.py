"""Dates in the language of the viewer."""

import re
from datetime import date

import pytest

from micro_experiences.domain.language import Language

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
	("locale", "ago", "day", "day_of_another_year"),
	[
		("en", "3 weeks ago", "1 Nov", "1 Nov 2025"),
		("de", "vor 3 Wochen", "1. Nov.", "1. Nov. 2025"),
		("fr", "il y a 3 semaines", "1 nov.", "1 nov. 2025"),
	],
)
def test_dates_are_formatted_in_the_language(locale, ago, day, day_of_another_year):
	language = Language(str, locale)
	assert language.format_relative(date(2026, 11, 1), TODAY) == ago
	assert language.format_date(date(2026, 11, 1), TODAY) == day
	assert language.format_date(date(2025, 11, 1), TODAY) == day_of_another_year


def test_arabic_dates_contain_no_latin_letters():
	language = Language(str, "ar")
	for text in (
		language.format_relative(date(2026, 11, 1), TODAY),
		language.format_date(date(2026, 11, 1), TODAY),
	):
		assert re.search(r"[\u0600-\u06ff]", text) and not re.search(r"[a-z]", text, re.IGNORECASE)
