"""Patch forget_nothing_yet: turns retention off and keeps values already chosen."""

import frappe

from micro_experiences.domain.retention import RETENTION_FIELDS
from micro_experiences.patches import forget_nothing_yet, set_new_settings
from micro_experiences.tests.utils import SiteTestCase

SETTINGS = forget_nothing_yet.SETTINGS


class TestForgetNothingYet(SiteTestCase):
	def values(self) -> list[str]:
		stored = frappe.db.get_singles_dict(SETTINGS)
		return [str(stored.get(field)) for field in RETENTION_FIELDS]

	def test_patch_turns_retention_off_and_keeps_chosen_values(self):
		self.addCleanup(frappe.clear_document_cache, SETTINGS, SETTINGS)
		frappe.db.delete("Singles", {"doctype": SETTINGS, "field": ("in", RETENTION_FIELDS)})
		forget_nothing_yet.execute()
		set_new_settings.execute()
		self.assertEqual(self.values(), ["0"] * 6)
		frappe.db.set_single_value(SETTINGS, "forget_fact_after", 36)
		forget_nothing_yet.execute()
		self.assertEqual(self.values(), ["0", "36", "0", "0", "0", "0"])
