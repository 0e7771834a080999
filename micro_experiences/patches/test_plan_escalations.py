"""Patch plan_escalations: plans escalations of open follow-ups that were not escalated."""

import frappe
from frappe.utils import add_days, getdate, today

from micro_experiences.patches import plan_escalations
from micro_experiences.tests.utils import SiteTestCase


class TestPlanEscalations(SiteTestCase):
	def test_patch_plans_only_outstanding_escalations(self):
		older, escalated, done, plain = (
			self.task(escalate_to=self.lead, escalate_after_days=3) for _number in range(4)
		)
		done.mark_done()
		for task, values in (
			(older, {}),
			(escalated, {"escalated_on": today()}),
			(plain, {"escalate_to": None}),
		):
			frappe.db.set_value("Follow Up Task", task.name, values | {"escalates_at": None})
		plan_escalations.execute()
		planned = older.reload().escalates_at
		self.assertEqual(planned.date(), getdate(add_days(today(), 3)))
		plan_escalations.execute()
		moments = [task.reload().escalates_at for task in (older, escalated, done, plain)]
		self.assertEqual(moments, [planned, None, None, None])
