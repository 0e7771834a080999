"""Hints about words for sensitive subjects, such as health or religion, while a note is written.

The text is not saved.
"""

import frappe
from frappe import _

from micro_experiences.domain import sensitive_words as rules
from micro_experiences.utils.background_jobs import run_after_commit
from micro_experiences.utils.settings import get_settings

_CACHE_KEY = "micro_experiences:sensitive_terms"


def get_hints(text: str) -> list[dict]:
	"""Return the hints about a text in the user's language, or [] if the settings disable the check."""
	if not get_settings().check_wording:
		return []
	return [
		hint | {"text": _(hint["text"])}
		for hint in rules.build_hints(rules.find_sensitive_words(text, get_vocabulary()))
	]


def get_vocabulary() -> rules.Vocabulary:
	"""Return the vocabulary of this site: the app's words and its own terms, from the cache."""
	return rules.build_vocabulary(
		tuple(rules.Term(*row) for row in frappe.cache.get_value(_CACHE_KEY, _load_site_terms) or ())
	)


def clear_vocabulary_cache() -> None:
	"""Clear the cached vocabulary after a change: now and again after the commit."""
	run_after_commit(lambda: frappe.cache.delete_value(_CACHE_KEY))
	frappe.cache.delete_value(_CACHE_KEY)


def _load_site_terms() -> list[tuple]:
	rows = frappe.get_all(
		"Sensitive Term", fields=["term", "language", "category", "counts"], order_by="name asc"
	)
	return [(row.term, row.language or "", row.category or "", bool(row.counts)) for row in rows]
