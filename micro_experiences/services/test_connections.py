"""The Connections of a Customer and a Sales Invoice."""

import frappe
from frappe.desk.notifications import get_open_count
from frappe.utils import add_days, today

from micro_experiences.api import banner, follow_ups, gestures, notes
from micro_experiences.api.connections import get_counts
from micro_experiences.overrides import customer, sales_invoice
from micro_experiences.tests.utils import SiteTestCase

DOCTYPES = ("Personal Note", "Gesture", "Follow Up Task")


class TestConnections(SiteTestCase):
	def counts(self, doctype, name) -> dict[str, int]:
		found = get_open_count(doctype, name)["count"]
		rows = found["external_links_found"] + found["internal_links_found"]
		self.assertEqual(len(rows), len({row["doctype"] for row in rows}), "no DocType twice")
		return {row["doctype"]: row["count"] for row in rows}

	def of(self, doctype, name) -> tuple:
		counts = self.counts(doctype, name)
		return tuple(counts[one] for one in DOCTYPES)

	def create_all(self, customer, **reference):
		notes.jot(customer, "Takes tea.", **reference)
		notes.jot(customer, "Takes milk.", **reference)
		gestures.record_gesture(customer, "a call", **reference)
		follow_ups.create(customer, "send the book", today(), **reference)

	def test_customer_counts_its_records(self):
		self.assertEqual(self.of("Customer", self.customer), (0, 0, 0))
		self.create_all(self.customer)
		self.assertEqual(self.of("Customer", self.customer), (2, 1, 1))
		self.assertEqual(self.of("Customer", self.other_customer), (0, 0, 0))

	def test_open_follow_ups_are_the_same_number_in_list_banner_and_connections(self):
		for_all, later, done = (self.task(due_on=day) for day in (today(), add_days(today(), 30), today()))
		done.mark_done()
		self.task(personal_note=self.note("Only for me", visibility="Only Me").name)
		with self.as_user(self.colleague):
			filters = {"customer": self.customer, "status": "Open"}
			listed = frappe.get_list("Follow Up Task", filters=filters, pluck="name")
			self.assertEqual(set(listed), {for_all.name, later.name})
			found = get_counts("Customer", self.customer, ["Follow Up Task"])["count"]["external_links_found"]
			self.assertEqual(found, [{"doctype": "Follow Up Task", "open_count": 2, "count": 3}])
			self.assertEqual(banner.get_banner(self.customer)["promises"], 2)

	def test_invoice_counts_only_records_that_refer_to_it(self):
		invoice, other = self.invoice(), self.invoice()
		self.create_all(self.customer)
		self.create_all(self.customer, reference_doctype="Sales Invoice", reference_name=invoice.name)
		self.create_all(self.customer, reference_doctype="Customer", reference_name=self.customer)
		self.assertEqual(self.of("Sales Invoice", invoice.name), (2, 1, 1))
		self.assertEqual(self.of("Sales Invoice", other.name), (0, 0, 0))
		# The same name in another DocType is another document.
		frappe.db.set_value("Gesture", {"reference_name": invoice.name}, "reference_doctype", "Sales Order")
		self.assertEqual(self.of("Sales Invoice", invoice.name), (2, 0, 1))

	def test_counts_of_erpnext_stay_unchanged(self):
		invoice = self.invoice()
		invoice.submit()
		with self.as_user("Administrator"):
			from erpnext.accounts.doctype.payment_entry.payment_entry import get_payment_entry

			payment = get_payment_entry("Sales Invoice", invoice.name, party_amount=40)
			payment.reference_no, payment.reference_date = "x", today()
			payment.insert()
			entry = frappe.get_doc(
				{
					"doctype": "Journal Entry",
					"company": self.company,
					"posting_date": today(),
					"accounts": [
						{
							"account": invoice.debit_to,
							"party_type": "Customer",
							"party": self.customer,
							"credit_in_account_currency": 10,
							"reference_type": "Sales Invoice",
							"reference_name": invoice.name,
						},
						{"account": payment.paid_to, "debit_in_account_currency": 10},
					],
				}
			)
			entry.insert()
			counts = self.counts("Sales Invoice", invoice.name)
			self.assertEqual((counts["Payment Entry"], counts["Journal Entry"]), (1, 1))
			self.assertEqual(self.counts("Customer", self.customer)["Sales Invoice"], 1)

	def test_connections_list_is_not_shared_between_forms(self):
		"""Other apps append to the list that they receive."""
		customer.get_dashboard_data({"fieldname": "customer"})["transactions"][0]["items"].append("Something")
		self.assertEqual(sales_invoice.get_dashboard_data({})["transactions"][0]["items"], list(DOCTYPES))
