"""Set Year Known of yearly occasions whose age was shown until now: the year is before the one in which the
note was heard, and no placeholder."""

import frappe
from frappe.query_builder.functions import Extract

from micro_experiences.domain.notes import FIRST_PLAUSIBLE_YEAR


def execute():
	note = frappe.qb.DocType("Personal Note")
	year = Extract("year", note.occasion_on)
	frappe.qb.update(note).set(note.year_known, 1).where(
		(note.kind == "Occasion")
		& (note.repeats_yearly == 1)
		& (year >= FIRST_PLAUSIBLE_YEAR)
		& (year < Extract("year", note.heard_on))
	).run()
