"""A site-specific word that is treated as sensitive, or never as sensitive, when a note is written."""

from micro_experiences.domain import sensitive_words as rules
from micro_experiences.services.sensitive_words import clear_vocabulary_cache
from micro_experiences.utils.errors import domain_errors_as_frappe
from micro_experiences.utils.sanitized_document import SanitizedDocument


class SensitiveTerm(SanitizedDocument):
	"""A term that the site adds to the vocabulary of the app."""

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
		super().before_insert()
		# Before the name is derived from the term.
		self.clean_term()

	def validate(self):
		self.clean_term()

	def clean_term(self):
		"""Clean the term. Raises ValidationError if it could never match, or would match too often."""
		with domain_errors_as_frappe():
			self.update(rules.clean_term(self.as_dict()))

	def on_update(self):
		clear_vocabulary_cache()

	def on_trash(self):
		clear_vocabulary_cache()
