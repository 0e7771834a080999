"""Patch count_after_invoice: sets the start date of older follow-ups only."""

import frappe
from frappe.utils import add_days, getdate, today

from micro_experiences.patches import count_after_invoice
from micro_experiences.tests.utils import SiteTestCase


class TestCountAfterInvoice(SiteTestCase):
	def test_patch_sets_start_date_of_older_follow_ups(self):
		values = {"due_on": add_days(today(), 10), "repeats": "After Last Invoice", "every": 30}
		first, later, empty = (self.task(**values) for _number in range(3))
		monthly = self.task(repeats="Months")
		for task, day in ((first, values["due_on"]), (later, "2020-01-01"), (empty, None)):
			frappe.db.set_value("Follow Up Task", task.name, "counted_from", day)
		expected = [getdate(add_days(today(), -20))] * 3 + [getdate()]
		count_after_invoice.execute()
		self.assertEqual([task.reload().counted_from for task in (first, later, empty, monthly)], expected)
		count_after_invoice.execute()
		self.assertEqual([task.reload().counted_from for task in (first, later, empty, monthly)], expected)
