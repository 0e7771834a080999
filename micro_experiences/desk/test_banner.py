import json
from unittest.mock import patch

import frappe
from erpnext.accounts.doctype.sales_invoice.sales_invoice import make_sales_return
from erpnext.selling.doctype.sales_order.sales_order import make_sales_invoice
from frappe.desk.form.load import getdoc
from frappe.utils import add_days, getdate

from micro_experiences.desk import banner
from micro_experiences.desk.sensitive import open_sensitive
from micro_experiences.testing import SiteTestCase


def opened(doctype: str, name: str):
	"""The document as a form gets it."""
	frappe.local.response = frappe._dict(docs=[])
	getdoc(doctype, name)
	return frappe.local.response.docs[0]


def banner_of(doc) -> dict | None:
	"""What travels with the document for us."""
	return (doc.get("__onload") or {}).get(banner.KEY)


class TestBanner(SiteTestCase):
	def texts(self, customer=None, **more):
		payload = banner.payload_for(customer or self.customer, **more)
		return [item["text"] for item in payload["items"]]

	def set_settings(self, **values):
		settings = frappe.get_doc("Micro Experiences Settings")
		settings.update(values).save(ignore_permissions=True)
		self.addCleanup(frappe.clear_document_cache, settings.doctype, settings.doctype)

	def test_customer_and_invoice_carry_the_banner(self):
		self.note("Rex had surgery.")
		invoice = self.invoice()
		for doc in (opened("Customer", self.customer), opened("Sales Invoice", invoice.name)):
			payload = banner_of(doc)
			self.assertEqual([item["text"] for item in payload["items"]], ["Rex had surgery."])
			self.assertEqual(payload["customer"], self.customer)

	def test_a_submitted_and_a_cancelled_invoice_carry_it_too(self):
		self.note("Rex had surgery.")
		invoice = self.invoice()
		invoice.submit()
		self.assertTrue(banner_of(opened("Sales Invoice", invoice.name))["items"])
		with self.as_user("Administrator"):
			invoice.cancel()
		self.assertTrue(banner_of(opened("Sales Invoice", invoice.name))["items"])

	def test_an_invoice_made_from_an_order_and_a_return_carry_it(self):
		self.note("Rex had surgery.")
		invoice = self.invoice()
		invoice.submit()
		with self.as_user("Administrator"):
			order = frappe.get_doc(
				{
					"doctype": "Sales Order",
					"company": self.company,
					"customer": self.customer,
					"delivery_date": add_days(getdate(), 7),
					"items": [
						{
							"item_code": "MX Test Hamper",
							"qty": 1,
							"rate": 100,
							"delivery_date": add_days(getdate(), 7),
						}
					],
				}
			).insert()
			order.submit()
			made = make_sales_invoice(order.name)
			returned = make_sales_return(invoice.name)
		for doc in (made, returned):
			self.assertEqual(banner_of(doc)["items"][0]["text"], "Rex had surgery.")

	def test_at_most_four_queries(self):
		self.budget()
		self.note("Takes tea.").log("Used", "Thank you")
		self.task()
		banner.payload_for(self.customer)  # fills the caches
		with self.assertQueryCount(4):
			payload = banner.payload_for(self.customer)
		self.assertEqual(len(payload["items"]), 1)
		self.assertEqual(payload["wallet"]["left"], 50)

	def test_at_most_two_kilobytes(self):
		for _number in range(3):
			self.note("犬" * 500, pinned=1)
		payload = banner.payload_for(self.customer)
		self.assertEqual(len(payload["items"]), 3)
		self.assertLessEqual(len(json.dumps(payload, separators=(",", ":"))), 2048)

	def test_settings_switch_it_off(self):
		self.note()
		self.set_settings(show_on_customer=0)
		self.assertIsNone(banner_of(opened("Customer", self.customer)))
		self.assertTrue(banner_of(opened("Sales Invoice", self.invoice().name)))

	def test_an_empty_banner_is_quiet_only_when_the_settings_say_so(self):
		self.assertNotIn("quiet", banner.payload_for(self.other_customer))
		self.set_settings(show_empty_banner=0)
		self.assertTrue(banner.payload_for(self.other_customer)["quiet"])

	def test_who_may_not_read_the_customer_sees_nothing(self):
		self.note()
		with self.as_user(self.outsider):
			self.assertIsNone(banner.payload_for(self.customer))
			self.assertIsNone(banner.get_banner(self.customer))

	def test_user_permissions_hold(self):
		self.note("Takes tea.")
		with self.as_user("Administrator"):
			frappe.permissions.add_user_permission("Customer", self.other_customer, self.colleague)
		with self.as_user(self.colleague):
			self.assertEqual(self.texts(), [])
			self.assertIsNone(banner.get_banner(self.customer))
			self.assertIsNotNone(banner.get_banner(self.other_customer))

	def test_an_error_of_ours_is_logged_and_stops_nobody(self):
		invoice = self.invoice()
		before = frappe.db.count("Error Log")
		with patch.object(banner, "payload_for", side_effect=ZeroDivisionError("on purpose")):
			self.assertIsNone(banner_of(opened("Customer", self.customer)))
			self.assertIsNone(banner_of(opened("Sales Invoice", invoice.name)))
			from frappe.desk.form.save import savedocs

			invoice.reload()
			for action, docstatus in (("Save", 0), ("Submit", 1)):
				frappe.local.response = frappe._dict(docs=[])
				savedocs(invoice.as_json(), action)
				invoice.reload()
				self.assertEqual(invoice.docstatus, docstatus)
		self.assertGreater(frappe.db.count("Error Log"), before)
		self.assertFalse([m for m in frappe.local.message_log if "on purpose" in str(m)])

	def test_a_deadlock_is_not_swallowed(self):
		with patch.object(banner, "payload_for", side_effect=frappe.QueryDeadlockError):
			with self.assertRaises(frappe.QueryDeadlockError):
				opened("Customer", self.customer)

	def test_hidden_notes_stay_hidden(self):
		with self.as_user(self.colleague):
			self.note("Only mine.", visibility="Only Me")
			self.note("Private matter.", sensitive=1)
			self.assertEqual(len(self.texts()), 2)
		self.assertEqual(self.texts(), [])
		with self.as_user(self.manager):
			self.assertEqual(self.texts(), [])
			open_sensitive(self.customer, "She complained")
			self.assertEqual(self.texts(), ["Private matter."])

	def test_a_used_note_rests_and_then_says_what_came_of_it(self):
		note = self.note("Rex had surgery. Ask how he is.", kind="Moment")
		with self.as_user(self.colleague):
			note.log("Used", "Rex is fine again")
		self.assertEqual(self.texts(), [])
		frappe.db.set_value(
			"Personal Note Use",
			{"personal_note": note.name},
			"used_on",
			add_days(frappe.utils.now_datetime(), -20),
		)
		said = banner.payload_for(self.customer)["items"][0]["said"]
		self.assertIn("Colleague", said)
		self.assertIn("Rex is fine again", said)
