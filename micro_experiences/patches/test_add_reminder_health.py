import frappe

from micro_experiences.patches import add_reminder_health
from micro_experiences.setup import seeds
from micro_experiences.testing import SiteTestCase


class TestAddReminderHealth(SiteTestCase):
	def test_it_is_added_once_and_what_a_site_made_of_it_stays(self):
		name = seeds.BLOCK["name"]
		frappe.delete_doc("Custom HTML Block", name, force=True, ignore_permissions=True)
		add_reminder_health.execute()
		block = frappe.get_doc("Custom HTML Block", name)
		self.assertEqual({row.role for row in block.roles}, {"Micro Experiences Manager", "System Manager"})
		block.db_set("html", "ours")
		add_reminder_health.execute()
		self.assertEqual(frappe.db.get_value("Custom HTML Block", name, "html"), "ours")
