"""Patch add_list_settings: shows six columns, and keeps what the site has chosen."""

import frappe

from micro_experiences.patches import add_list_settings
from micro_experiences.tests.utils import SiteTestCase


class TestAddListSettings(SiteTestCase):
	def test_patch_adds_settings_and_keeps_those_of_the_site(self):
		frappe.db.delete("List View Settings", {"name": "Gesture"})
		frappe.db.set_value("List View Settings", "Personal Note", "total_fields", "4")
		add_list_settings.execute()
		add_list_settings.execute()
		self.assertEqual(frappe.db.get_value("List View Settings", "Gesture", "total_fields"), "6")
		self.assertEqual(frappe.db.get_value("List View Settings", "Personal Note", "total_fields"), "4")
