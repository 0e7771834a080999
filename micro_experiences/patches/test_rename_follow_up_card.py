"""Patch rename_follow_up_card: a dashboard of the site that shows the card keeps it."""

import frappe

from micro_experiences.patches import rename_follow_up_card
from micro_experiences.tests.utils import SiteTestCase


class TestRenameFollowUpCard(SiteTestCase):
	def test_card_of_older_version_is_renamed_with_its_uses(self):
		frappe.set_user("Administrator")
		frappe.rename_doc(
			"Number Card", "Follow-Ups Due Today", "Promises Due Today", force=True, show_alert=False
		)
		dashboard = {
			"doctype": "Dashboard",
			"dashboard_name": "Mine",
			"cards": [{"card": "Promises Due Today"}],
		}
		frappe.get_doc(dashboard).insert(ignore_mandatory=True)
		rename_follow_up_card.execute()
		rename_follow_up_card.execute()
		self.assertEqual(
			frappe.db.get_value("Number Card Link", {"parent": "Mine"}, "card"), "Follow-Ups Due Today"
		)
		self.assertFalse(frappe.db.exists("Number Card", "Promises Due Today"))
