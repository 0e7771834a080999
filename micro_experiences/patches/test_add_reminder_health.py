"""Patch add_reminder_health: adds the block once and keeps changes of the site."""

import frappe

from micro_experiences.patches import add_reminder_health
from micro_experiences.setup import seeds
from micro_experiences.tests.utils import SiteTestCase


class TestAddReminderHealth(SiteTestCase):
	def test_patch_adds_block_once_and_keeps_changes(self):
		name = seeds.REMINDER_HEALTH_BLOCK["name"]
		frappe.delete_doc("Custom HTML Block", name, force=True, ignore_permissions=True)
		add_reminder_health.execute()
		block = frappe.get_doc("Custom HTML Block", name)
		self.assertEqual({row.role for row in block.roles}, {"Micro Experiences Manager", "System Manager"})
		block.db_set("html", "changed")
		add_reminder_health.execute()
		self.assertEqual(frappe.db.get_value("Custom HTML Block", name, "html"), "changed")
