"""Errors that rules raise, with messages that the caller translates and fills in."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal


class Translatable(str):
	"""A fixed word of the app in an error message, such as a status. It is translated as well."""


@dataclass(frozen=True, slots=True)
class Money:
	"""An amount in an error message, in a currency such as "EUR"."""

	amount: Decimal
	currency: str


class RuleViolation(ValueError):
	"""A rule was violated. `template` contains "{0}" placeholders for `values`: a Translatable, Money, a
	date, a number, user input (str), or a tuple of these.

	Nothing was written when this is raised.
	"""

	def __init__(self, template: str, *values: object):
		super().__init__(template, *values)
		self.template, self.values = template, values

	def __str__(self) -> str:
		return self.format_message(str, str)

	def format_message(self, translate: Callable[[str], str], show: Callable[[object], str]) -> str:
		"""Return the message for the user; `show` formats money, dates and user input as the host does."""

		def fill(value: object) -> str:
			if isinstance(value, tuple):
				return ", ".join(fill(part) for part in value)
			return translate(value) if isinstance(value, Translatable) else show(value)

		return translate(self.template).format(*(fill(value) for value in self.values))


class NotPermitted(RuleViolation):
	"""Another user may do this, but not the current one."""


def _(text: str) -> str:
	"""Mark a text for translation before the language is known."""
	return text
