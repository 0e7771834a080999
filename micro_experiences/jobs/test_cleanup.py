"""The clean-up job: what a failed clean-up of a deleted customer has left is removed."""

from unittest.mock import patch

import frappe
from frappe.utils import today

from micro_experiences.api import follow_ups, gestures, notes
from micro_experiences.jobs import cleanup
from micro_experiences.services.cleanup import get_deleted_customers
from micro_experiences.tests.utils import SiteTestCase, make_customer


class TestForgetDeletedCustomers(SiteTestCase):
	def setUp(self):
		super().setUp()
		# The job commits; the test rolls everything back.
		patcher = patch.object(frappe.local.db, "commit")
		patcher.start()
		self.addCleanup(patcher.stop)

	def create_records(self, customer: str) -> dict[str, str]:
		note = notes.jot(customer, "Takes tea.")["name"]
		notes.mark_used(note, "Thank you")
		return {
			"Personal Note": note,
			"Follow Up Task": follow_ups.create(customer, "send the book", today())["name"],
			"Gesture": gestures.record_gesture(customer, "a secret call")["name"],
		}

	def test_records_of_deleted_customers_are_removed_and_others_are_kept(self):
		gone = make_customer("MX Test Deleted")
		records, others = self.create_records(gone), self.create_records(self.customer)
		with self.as_user("Administrator"):
			frappe.db.delete("Customer", {"name": gone})
			self.assertEqual(get_deleted_customers(), {gone})
			cleanup.mx_forget_deleted_customers()
			self.assertEqual(get_deleted_customers(), set())
		for doctype, name in records.items():
			self.assertFalse(frappe.db.exists(doctype, name), doctype)
		self.assertFalse(frappe.db.exists("Personal Note Use", {"personal_note": records["Personal Note"]}))
		for doctype, name in others.items():
			self.assertEqual(frappe.db.get_value(doctype, name, "customer"), self.customer)
