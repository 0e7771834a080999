import frappe
from frappe.utils import add_days, getdate, today

from micro_experiences.patches import count_after_invoice
from micro_experiences.testing import SiteTestCase


class TestCountAfterInvoice(SiteTestCase):
	def test_an_older_promise_is_counted_from_before_its_day_and_a_newer_one_stays(self):
		values = {"due_on": add_days(today(), 10), "repeats": "After Last Invoice", "every": 30}
		older, newer, monthly = self.task(**values), self.task(**values), self.task(repeats="Months")
		frappe.db.set_value("Follow Up Task", older.name, "counted_from", values["due_on"])
		for _time in range(2):
			count_after_invoice.execute()
			days = [task.reload().counted_from for task in (older, newer, monthly)]
			self.assertEqual(days, [getdate(add_days(today(), -20))] * 2 + [getdate()])
