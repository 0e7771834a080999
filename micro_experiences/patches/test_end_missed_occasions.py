"""Patch end_missed_occasions: follow-ups of occasions that are over are missed, and others stay open."""

from unittest.mock import patch

import frappe
from frappe.utils import add_days, today

from micro_experiences.patches import end_missed_occasions
from micro_experiences.tests.utils import SiteTestCase


class TestEndMissedOccasions(SiteTestCase):
	def test_only_follow_ups_of_past_occasions_end(self):
		names = {}
		for occurrence in ("", "NOTE-1|2020-01-01", "NOTE-1|2090-01-01"):
			names[occurrence] = self.task().name
			due_on = add_days(today(), 3 if "2090" in occurrence else -3)
			values = {"occurrence_key": occurrence or None, "due_on": due_on}
			frappe.db.set_value("Follow Up Task", names[occurrence], values)
		with self.as_user("Administrator"), patch.object(frappe.local.db, "commit"):
			end_missed_occasions.execute()
			end_missed_occasions.execute()
		status = {key: frappe.db.get_value("Follow Up Task", name, "status") for key, name in names.items()}
		self.assertEqual(list(status.values()), ["Open", "Missed", "Open"])
