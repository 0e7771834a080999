import frappe

from micro_experiences.privacy import requests
from micro_experiences.testing import SiteTestCase, make_customer

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

	def told(self) -> dict[str, str]:
		"""Who was told by the bell, and where it leads him."""
		filters = {"document_type": "Customer", "document_name": self.customer}
		rows = frappe.get_all("Notification Log", filters=filters, fields=["for_user", "link", "subject"])
		self.assertTrue(all("MX Test &amp; Sons" in row.subject for row in rows))
		return {row.for_user: row.link for row in rows}

	def request(self, email: str, status: str = "Pending Verification"):
		"""A request as Frappe keeps it, without its mail."""
		request = frappe.get_doc(
			{"doctype": "Personal Data Deletion Request", "email": email, "status": status}
		)
		request.db_insert()
		return frappe.get_doc(request.doctype, request.name)

	def test_managers_are_told_once_he_has_confirmed(self):
		request = self.request(EMAIL)
		request.save()
		self.assertEqual(self.told(), {})
		request.status = "Pending Approval"
		request.save()
		told = self.told()
		self.assertIn(self.manager, told)
		self.assertNotIn(self.rep, told)
		self.assertTrue(told[self.manager].endswith("/app/personal-data/MX%20Test%20&%20Sons"))
		request.save()
		self.assertEqual(len(self.told()), len(told))

	def test_of_a_user_who_is_no_contact_of_a_customer_nobody_hears(self):
		request = self.request("mx.nobody@example.com")
		request.status = "Pending Approval"
		request.save()
		self.assertEqual(self.told(), {})

	def test_who_may_not_read_the_customer_is_not_told(self):
		permission = {"user": self.manager, "allow": "Customer", "for_value": self.other_customer}
		frappe.get_doc({"doctype": "User Permission", **permission}).insert()
		frappe.clear_cache(user=self.manager)
		requests.download_asked(frappe._dict(user=EMAIL))
		self.assertNotIn(self.manager, self.told())
		frappe.db.delete("User Permission", permission)
		frappe.clear_cache(user=self.manager)
		requests.download_asked(frappe._dict(user=EMAIL))
		self.assertIn(self.manager, self.told())
