import frappe
from frappe.desk.notifications import get_open_count
from frappe.utils import today

from micro_experiences.desk import connections, follow_ups, gestures, notes
from micro_experiences.testing import SiteTestCase

OURS = ("Personal Note", "Gesture", "Follow Up Task")


class TestConnections(SiteTestCase):
	def counts(self, doctype, name) -> dict[str, int]:
		found = get_open_count(doctype, name)["count"]
		rows = found["external_links_found"] + found["internal_links_found"]
		self.assertEqual(len(rows), len({row["doctype"] for row in rows}), "no DocType twice")
		return {row["doctype"]: row["count"] for row in rows}

	def of(self, doctype, name) -> tuple:
		counts = self.counts(doctype, name)
		return tuple(counts[ours] for ours in OURS)

	def jot_all(self, customer, **reference):
		notes.jot(customer, "Takes tea.", **reference)
		notes.jot(customer, "Takes milk.", **reference)
		gestures.give(customer, "a call", **reference)
		follow_ups.promise(customer, "send the book", today(), **reference)

	def test_the_customer_counts_what_is_about_him(self):
		self.assertEqual(self.of("Customer", self.customer), (0, 0, 0))
		self.jot_all(self.customer)
		self.assertEqual(self.of("Customer", self.customer), (2, 1, 1))
		self.assertEqual(self.of("Customer", self.other_customer), (0, 0, 0))

	def test_the_invoice_counts_what_was_jotted_on_it(self):
		invoice, other = self.invoice(), self.invoice()
		self.jot_all(self.customer)
		self.jot_all(self.customer, reference_doctype="Sales Invoice", reference_name=invoice.name)
		self.jot_all(self.customer, reference_doctype="Customer", reference_name=self.customer)
		self.assertEqual(self.of("Sales Invoice", invoice.name), (2, 1, 1))
		self.assertEqual(self.of("Sales Invoice", other.name), (0, 0, 0))
		# The same name in another DocType is another document.
		frappe.db.set_value("Gesture", {"reference_name": invoice.name}, "reference_doctype", "Sales Order")
		self.assertEqual(self.of("Sales Invoice", invoice.name), (2, 0, 1))

	def test_what_erpnext_counts_stays_right(self):
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

	def test_both_forms_list_them_once_under_our_name(self):
		for doctype, fieldname in (("Customer", "customer"), ("Sales Invoice", "reference_name")):
			data = frappe.get_meta(doctype).get_dashboard_data()
			(group,) = [group for group in data.transactions if group["label"] == "Micro Experiences"]
			self.assertEqual(tuple(group["items"]), OURS)
			for ours in OURS:
				self.assertEqual(data.non_standard_fieldnames.get(ours, data.fieldname), fieldname)

	def test_a_form_never_gets_the_list_of_another(self):
		"""Other apps add to the list that they are given."""
		connections.add({"fieldname": "customer"})["transactions"][0]["items"].append("Something")
		self.assertEqual(connections.add_by_reference({})["transactions"][0]["items"], list(OURS))
