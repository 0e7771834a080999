"""A word of this site that is asked about while somebody writes, or one that is not."""

import frappe

from micro_experiences.desk.safely import after_commit
from micro_experiences.desk.words import refusing
from micro_experiences.desk.written import Written
from micro_experiences.domain import sensitive_words as rules

_CACHE = "micro_experiences:sensitive_terms"


class SensitiveTerm(Written):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		category: DF.Literal[
			"", "Health", "Religion", "Politics", "Origin", "Sexuality", "Union", "Offence", "Insult"
		]
		counts: DF.Check
		language: DF.Literal["", "English", "German", "French", "Spanish"]
		term: DF.Data

	# end: auto-generated types
	def before_insert(self):
		# Before its name is made of it.
		self.tidy()

	def validate(self):
		self.tidy()

	def tidy(self):
		with refusing():
			self.update(rules.tidied(self.as_dict()))

	def on_update(self):
		forget()

	def on_trash(self):
		forget()


def words() -> rules.Vocabulary:
	"""What is looked for on this site: the words of the app and its own, from the cache."""
	return rules.vocabulary(tuple(rules.Term(*row) for row in frappe.cache.get_value(_CACHE, _own) or ()))


def forget() -> None:
	"""The words have changed: read them anew, now and once that is committed."""
	after_commit(lambda: frappe.cache.delete_value(_CACHE))
	frappe.cache.delete_value(_CACHE)


def _own() -> list[tuple]:
	rows = frappe.get_all(
		"Sensitive Term", fields=["term", "language", "category", "counts"], order_by="name asc"
	)
	return [(row.term, row.language or "", row.category or "", bool(row.counts)) for row in rows]
