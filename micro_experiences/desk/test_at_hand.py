import json
from unittest.mock import patch

import frappe
from frappe.utils import add_days, today

from micro_experiences.desk import at_hand as module
from micro_experiences.desk import gestures
from micro_experiences.desk.at_hand import at_hand
from micro_experiences.testing import SiteTestCase


class TestAtHand(SiteTestCase):
	def idea(self, what: str, **values):
		fields = {"doctype": "Gesture", "customer": self.customer, "what": what, "status": "Idea"}
		return frappe.get_doc(fields | values).insert()

	def texts(self, kind: str, user: str | None = None) -> list[str]:
		with self.as_user(user or self.rep):
			return [line["text"] for line in at_hand(self.customer)[kind]]

	def test_the_last_three_notes_the_last_one_first(self):
		for days in (5, 1, 9, 3):
			self.note(f"{days} days ago", heard_on=add_days(today(), -days))
		self.note("closed").close("No Longer True")
		self.note("of somebody else", customer=self.other_customer)
		(first, *_others) = lines = at_hand(self.customer)["notes"]
		self.assertEqual([line["text"] for line in lines], ["1 days ago", "3 days ago", "5 days ago"])
		self.assertEqual(first["quiet"][0], "Rep")
		self.assertIn("/app/personal-note/", first["href"])

	def test_notes_that_are_not_his_to_see_are_not_at_hand(self):
		self.note("for all")
		self.note("just me", visibility="Only Me")
		self.note("delicate", sensitive=1)
		self.assertEqual(len(self.texts("notes")), 3)
		self.assertEqual(self.texts("notes", self.colleague), ["for all"])

	def test_open_gestures_that_he_may_see(self):
		self.budget(free_up_to=20)
		self.idea("an idea")
		gestures.give(self.customer, "to be approved", cost=30)
		gestures.give(self.customer, "given", cost=5)
		note = self.note("just me", visibility="Only Me")
		self.idea("a secret idea", personal_note=note.name)
		self.assertEqual(set(self.texts("gestures")), {"an idea", "to be approved", "a secret idea"})
		self.assertEqual(set(self.texts("gestures", self.colleague)), {"an idea", "to be approved"})

	def test_the_last_invoice_for_who_may_read_invoices(self):
		with self.as_user("Administrator"):
			invoices = [
				self.invoice(set_posting_time=1, posting_date=add_days(today(), -days)).name
				for days in (8, 2, 5)
			]
			frappe.db.set_value("Sales Invoice", {"name": ("in", invoices)}, "docstatus", 1)
			last = invoices[1]
			self.invoice()
		self.assertEqual(self.texts("orders"), [f"Sales Invoice: {last}"])
		(line,) = at_hand(self.customer)["orders"]
		self.assertIn("100.00", line["quiet"][0])
		# A plain Sales User may not open an invoice.
		self.assertEqual(self.texts("orders", self.colleague), [])

	def test_the_last_order_for_who_may_read_orders(self):
		with self.as_user("Administrator"):
			invoice = self.invoice()
			order = frappe.get_doc(
				{
					"doctype": "Sales Order",
					"company": self.company,
					"customer": self.customer,
					"delivery_date": today(),
					"items": [{"item_code": invoice.items[0].item_code, "qty": 1, "rate": 70}],
				}
			).insert()
			frappe.db.set_value("Sales Order", order.name, "docstatus", 1)
		self.assertEqual(self.texts("orders", self.colleague), [f"Sales Order: {order.name}"])

	def test_nothing_for_who_may_not_open_the_customer(self):
		self.note()
		with self.as_user(self.outsider):
			self.assertEqual(at_hand(self.customer), {})

	def test_it_travels_with_the_form_and_its_failure_stops_no_form(self):
		note = self.note()
		frappe.db.set_value("Personal Note", note.name, "note", "<img src=x onerror=alert(1)>")
		task = self.task()
		task.run_method("onload")
		self.assertEqual(task.get_onload().at_hand["notes"][0]["text"], "<img src=x onerror=alert(1)>")
		with patch.object(module, "_notes", side_effect=ValueError):
			task = frappe.get_doc("Follow Up Task", task.name)
			task.run_method("onload")
		self.assertIsNone(task.get_onload().at_hand)

	def test_few_queries_and_few_bytes(self):
		self.budget()
		for number in range(10):
			self.note("x" * 500)
			self.idea(f"idea {number}")
		at_hand(self.customer)
		with patch.object(frappe.db, "sql", wraps=frappe.db.sql) as asked:
			lists = at_hand(self.customer)
		# Two of them say how long the others may take.
		self.assertLessEqual(asked.call_count, 7)
		self.assertLess(len(json.dumps(lists)), 4096)
