from unittest.mock import patch

import frappe
from frappe.utils import today

from micro_experiences.desk import follow_ups, gestures, notes
from micro_experiences.jobs import departed
from micro_experiences.testing import SiteTestCase, make_customer


class TestDeparted(SiteTestCase):
	def setUp(self):
		super().setUp()
		# What a job writes is kept at once; here it is rolled back with the test.
		kept = patch.object(departed.workers, "kept", lambda write: write())
		kept.start()
		self.addCleanup(kept.stop)

	def remember(self, customer: str) -> dict[str, str]:
		note = notes.jot(customer, "Takes tea.")["name"]
		notes.used(note, "Thank you")
		return {
			"Personal Note": note,
			"Follow Up Task": follow_ups.promise(customer, "send the book", today())["name"],
			"Gesture": gestures.give(customer, "a secret call")["name"],
		}

	def test_what_a_deleted_customer_left_behind_goes_after_him(self):
		gone = make_customer("MX Test Departed")
		left = self.remember(gone)
		stays = self.remember(self.customer)
		with self.as_user("Administrator"):
			frappe.db.delete("Customer", {"name": gone})
			self.assertEqual(departed.left_behind(), {gone})
			departed.mx_forget_deleted_customers()
			self.assertEqual(departed.left_behind(), set())
		for doctype, name in left.items():
			self.assertFalse(frappe.db.exists(doctype, name), doctype)
		self.assertFalse(frappe.db.exists("Personal Note Use", {"personal_note": left["Personal Note"]}))
		for doctype, name in stays.items():
			self.assertEqual(frappe.db.get_value(doctype, name, "customer"), self.customer)

	def test_nothing_is_touched_where_nobody_is_gone(self):
		self.remember(self.customer)
		with patch.object(departed, "customer_deleted") as deleted:
			departed.mx_forget_deleted_customers()
		self.assertFalse(deleted.called)
