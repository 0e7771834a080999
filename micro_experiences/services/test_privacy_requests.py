"""Notifications to managers about requests for personal data or its deletion."""

import frappe

from micro_experiences.overrides import personal_data_download_request
from micro_experiences.tests.utils import SiteTestCase, make_customer

EMAIL = "mx.olivia@example.com"


class TestRequests(SiteTestCase):
	def setUp(self):
		super().setUp()
		frappe.set_user("Administrator")
		self.customer = make_customer("MX Test & Sons")
		contact = frappe.get_doc("Contact", self.contact("Olivia", self.customer))
		contact.append("email_ids", {"email_id": EMAIL, "is_primary": 1})
		contact.save()
		frappe.db.delete("Notification Log", {"document_name": self.customer})

	def get_notified(self) -> dict[str, str]:
		"""Return the notified users and the address that each notification opens."""
		filters = {"document_type": "Customer", "document_name": self.customer}
		rows = frappe.get_all("Notification Log", filters=filters, fields=["for_user", "link", "subject"])
		self.assertTrue(all("MX Test &amp; Sons" in row.subject for row in rows))
		return {row.for_user: row.link for row in rows}

	def request(self, email: str, status: str = "Pending Verification"):
		"""Insert a request as Frappe saves it, without the email."""
		request = frappe.get_doc(
			{"doctype": "Personal Data Deletion Request", "email": email, "status": status}
		)
		request.db_insert()
		return frappe.get_doc(request.doctype, request.name)

	def test_confirmed_request_notifies_managers_once(self):
		request = self.request(EMAIL)
		request.save()
		self.assertEqual(self.get_notified(), {})
		request.status = "Pending Approval"
		request.save()
		notified = self.get_notified()
		self.assertIn(self.manager, notified)
		self.assertNotIn(self.rep, notified)
		self.assertTrue(notified[self.manager].endswith("/app/personal-data/MX%20Test%20&%20Sons"))
		request.save()
		self.assertEqual(len(self.get_notified()), len(notified))

	def test_request_of_unknown_address_notifies_nobody(self):
		request = self.request("mx.nobody@example.com")
		request.status = "Pending Approval"
		request.save()
		self.assertEqual(self.get_notified(), {})

	def test_manager_without_access_to_customer_is_not_notified(self):
		permission = {"user": self.manager, "allow": "Customer", "for_value": self.other_customer}
		frappe.get_doc({"doctype": "User Permission", **permission}).insert()
		frappe.clear_cache(user=self.manager)
		personal_data_download_request.after_insert(frappe._dict(user=EMAIL))
		self.assertNotIn(self.manager, self.get_notified())
		frappe.db.delete("User Permission", permission)
		frappe.clear_cache(user=self.manager)
		personal_data_download_request.after_insert(frappe._dict(user=EMAIL))
		self.assertIn(self.manager, self.get_notified())
