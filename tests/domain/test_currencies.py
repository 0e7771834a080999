"""Currencies: precision, rounding and amounts as text."""

from decimal import Decimal

import pytest

from micro_experiences.domain.currencies import format_amount, get_precision, round_amount
from micro_experiences.domain.errors import RuleViolation


@pytest.mark.parametrize(
	("format_places", "fraction_units", "smallest", "places"),
	[
		(0, 100, 0, 0),  # JPY
		(0, 0, 0, 0),  # KRW
		(2, 100, 0.01, 2),  # EUR
		(2, 100, 0.05, 2),  # CHF
		(2, 5, 0, 2),  # MGA
		(2, 0, 0, 2),  # the fields of the currency are empty
		(3, 1000, 0, 3),  # KWD
		(3, 100, 0, 3),  # JOD
		(2, 10000, 0, 4),  # CLF
		(2, 100, 1, 0),  # no coins below one
	],
)
def test_precision_is_that_of_the_currency(format_places, fraction_units, smallest, places):
	assert get_precision(format_places, fraction_units, smallest) == places


def test_amount_below_the_smallest_of_its_currency_is_refused():
	assert round_amount(Decimal("10.125"), 3, "KWD") == Decimal("10.125")
	assert round_amount(Decimal("0.005"), 3, "KWD") == Decimal("0.005")
	assert round_amount(Decimal("12.345"), 2, "EUR") == Decimal("12.35")
	assert round_amount(Decimal(0), 2, "EUR") == 0
	for amount, precision in (("0.004", 2), ("0.005", 2), ("0.5", 0)):
		with pytest.raises(RuleViolation, match=f"^{amount} is less than the smallest amount"):
			round_amount(Decimal(amount), precision, "EUR")


@pytest.mark.parametrize(
	("amount", "precision", "separators", "text"),
	[
		("1234.5", 2, {"decimal": ",", "group": "."}, "1.234,50"),
		("1234567.891", 3, {}, "1,234,567.891"),
		("1234567", 2, {"by_lakhs": True}, "12,34,567.00"),
		("5000", 0, {"decimal": ",", "group": "."}, "5.000"),
		("-0.4", 2, {}, "-0.40"),
		("-0.001", 2, {}, "0.00"),
		# A site whose own currency has no decimals.
		("1234.5", 2, {"decimal": "", "group": ","}, "1,234.50"),
		("1234.5", 2, {"decimal": "", "group": "."}, "1.234,50"),
		("999", 2, {"decimal": ".", "group": "'"}, "999.00"),
	],
)
def test_amount_has_the_decimals_of_its_currency_and_the_separators_of_the_site(
	amount, precision, separators, text
):
	assert format_amount(Decimal(amount), precision, **separators) == text
