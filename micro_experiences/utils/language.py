"""The language and date formats of a user."""

from functools import partial

import frappe
from babel.localedata import exists
from frappe import _

from micro_experiences.domain import language


def get_language(lang: str | None = None) -> language.Language:
	"""Return the translations and the date format of `lang`, or of the session user's language.

	Dates are in English if Babel does not know the language.
	"""
	lang = lang or frappe.local.lang or "en"
	locale = lang.replace("-", "_")
	known = next((name for name in (locale, locale.split("_")[0]) if exists(name)), "en")
	return language.Language(partial(_, lang=lang), known)
