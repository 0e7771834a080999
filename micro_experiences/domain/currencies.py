"""The precision of currencies, and amounts as text."""

from decimal import ROUND_HALF_UP, Decimal

from micro_experiences.domain.errors import RuleViolation, _

# The decimal places of a money column in the database.
STORED_PRECISION = 9


def to_money(value: object, precision: int = STORED_PRECISION) -> Decimal:
	"""Return `value` as money, rounded half up to `precision` places: by default those that the database stores."""
	return Decimal(str(value or 0)).quantize(Decimal(1).scaleb(-precision), ROUND_HALF_UP)


def get_precision(format_places: int, fraction_units: int | None, smallest: float | None) -> int:
	"""Return the decimal places of a currency: 0 for JPY, 2 for EUR, 3 for KWD, 4 for CLF.

	`smallest` is the smallest coin, such as 0.05, and decides if it is known. Otherwise it is `format_places`, the places in
	the number format of the currency; a currency with more `fraction_units` than these can show has more places.
	"""
	if smallest:
		return max(0, -Decimal(str(smallest)).normalize().as_tuple().exponent)
	units = str(int(fraction_units or 0))
	places = len(units) - 1 if units.strip("0") == "1" else 0
	return min(max(format_places, places), STORED_PRECISION) if format_places else 0


def round_amount(amount: Decimal, precision: int, currency: str) -> Decimal:
	"""Return an amount in the precision of its currency. Raises RuleViolation for less than the smallest amount, which
	would become zero."""
	smallest = Decimal(1).scaleb(-precision)
	if amount and abs(amount) < smallest:
		raise RuleViolation(
			_("{0} is less than the smallest amount in {1}, which is {2}. Nothing was saved."),
			f"{amount:f}",
			currency,
			f"{smallest:f}",
		)
	return to_money(amount, precision)


def format_amount(
	amount: Decimal, precision: int, decimal: str = ".", group: str = ",", *, by_lakhs: bool = False
) -> str:
	"""Return an amount with `precision` places and the separators of a number format: "1.234,50".

	A format without a decimal separator, for currencies without decimals, gets one for other currencies.
	"""
	whole, _point, places = f"{abs(to_money(amount, precision)):f}".partition(".")
	groups, whole = [whole[-3:]], whole[:-3]
	size = 2 if by_lakhs else 3
	while whole:
		groups.append(whole[-size:])
		whole = whole[:-size]
	text = group.join(reversed(groups))
	if places:
		text += (decimal or ("," if group == "." else ".")) + places
	return f"-{text}" if to_money(amount, precision) < 0 else text
