"""What a rule refuses, in words that whoever speaks to the user translates and fills in."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal


class Word(str):
	"""A word of our own inside a refusal, such as a status: it is translated too."""


@dataclass(frozen=True, slots=True)
class Money:
	"""An amount inside a refusal, in a currency such as "EUR"."""

	amount: Decimal
	currency: str


class Refused(ValueError):
	"""`template` with "{0}", and its values: a Word, Money, a date, a number, somebody's own words (str), or a
	tuple of these.

	Nothing was written when this is raised.
	"""

	def __init__(self, template: str, *values: object):
		super().__init__(template, *values)
		self.template, self.values = template, values

	def __str__(self) -> str:
		return self.say(str, str)

	def say(self, translate: Callable[[str], str], show: Callable[[object], str]) -> str:
		"""The sentence for the user; `show` writes money, days and other people's words as the host shows them."""

		def fill(value: object) -> str:
			if isinstance(value, tuple):
				return ", ".join(fill(one) for one in value)
			return translate(value) if isinstance(value, Word) else show(value)

		return translate(self.template).format(*map(fill, self.values))


class NotAllowed(Refused):
	"""Somebody else may do this, but not this user."""


def _(text: str) -> str:
	"""Marks a text for the translators where nobody knows the language yet."""
	return text
