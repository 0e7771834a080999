"""Patch set_year_known: sets the field where an age was shown."""

import frappe

from micro_experiences.patches import set_year_known
from micro_experiences.tests.utils import SiteTestCase


class TestSetYearKnown(SiteTestCase):
	def test_patch_sets_year_of_occasions_whose_age_was_shown(self):
		yearly = {"kind": "Occasion", "repeats_yearly": 1, "heard_on": "2026-03-01"}
		born = self.note(occasion_on="1980-05-06", **yearly)
		others = [
			self.note(occasion_on="1904-05-06", **yearly),
			self.note(occasion_on="2026-05-06", **yearly),
			self.note(occasion_on="1980-05-06", **yearly | {"repeats_yearly": 0}),
			self.note(occasion_on="1980-05-06", **yearly),
		]
		others[-1].db_set("heard_on", None)
		set_year_known.execute()
		set_year_known.execute()
		known = [frappe.db.get_value("Personal Note", note.name, "year_known") for note in (born, *others)]
		self.assertEqual(known, [1, 0, 0, 0, 0])
