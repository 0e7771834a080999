"""Patch set_new_settings: sets defaults and keeps values already chosen."""

import frappe

from micro_experiences.patches import set_new_settings
from micro_experiences.tests.utils import SiteTestCase


class TestSetNewSettings(SiteTestCase):
	def values(self) -> tuple:
		stored = frappe.db.get_singles_dict(set_new_settings.SETTINGS)
		return stored.get("rest_days"), stored.get("digest_hour")

	def test_patch_sets_default_and_keeps_chosen_value(self):
		self.addCleanup(frappe.clear_document_cache, set_new_settings.SETTINGS, set_new_settings.SETTINGS)
		frappe.db.delete("Singles", {"doctype": set_new_settings.SETTINGS, "field": "rest_days"})
		frappe.db.set_single_value(set_new_settings.SETTINGS, "digest_hour", 0)
		set_new_settings.execute()
		self.assertEqual([str(value) for value in self.values()], ["14", "0"])
		set_new_settings.execute()
		self.assertEqual([str(value) for value in self.values()], ["14", "0"])
