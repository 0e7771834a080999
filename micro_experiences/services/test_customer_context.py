"""The customer context on a follow-up: last notes, open gestures, last order or invoice."""

import json
from unittest.mock import patch

import frappe
from frappe.utils import add_days, today

from micro_experiences.api import gestures
from micro_experiences.services import customer_context as module
from micro_experiences.services.customer_context import get_customer_context
from micro_experiences.tests.utils import SiteTestCase


class TestCustomerContext(SiteTestCase):
	def idea(self, what: str, **values):
		fields = {"doctype": "Gesture", "customer": self.customer, "what": what, "status": "Idea"}
		return frappe.get_doc(fields | values).insert()

	def texts(self, kind: str, user: str | None = None) -> list[str]:
		with self.as_user(user or self.rep):
			return [line["text"] for line in get_customer_context(self.customer)[kind]]

	def test_last_three_notes_are_shown_newest_first(self):
		for days in (5, 1, 9, 3):
			self.note(f"{days} days ago", heard_on=add_days(today(), -days))
		self.note("closed").close("No Longer True")
		self.note("of somebody else", customer=self.other_customer)
		(first, *_others) = lines = get_customer_context(self.customer)["notes"]
		self.assertEqual([line["text"] for line in lines], ["1 days ago", "3 days ago", "5 days ago"])
		self.assertEqual(first["quiet"][0], "Rep")
		self.assertIn("/app/personal-note/", first["href"])

	def test_hidden_notes_are_not_shown(self):
		self.note("for all")
		self.note("just me", visibility="Only Me")
		self.note("delicate", sensitive=1)
		self.assertEqual(len(self.texts("notes")), 3)
		self.assertEqual(self.texts("notes", self.colleague), ["for all"])

	def test_visible_open_gestures_are_shown(self):
		self.budget(free_up_to=20)
		self.idea("an idea")
		gestures.record_gesture(self.customer, "to be approved", cost=30)
		gestures.record_gesture(self.customer, "given", cost=5)
		note = self.note("just me", visibility="Only Me")
		self.idea("a secret idea", personal_note=note.name)
		self.assertEqual(set(self.texts("gestures")), {"an idea", "to be approved", "a secret idea"})
		self.assertEqual(set(self.texts("gestures", self.colleague)), {"an idea", "to be approved"})

	def test_last_invoice_is_shown_to_users_who_can_read_invoices(self):
		with self.as_user("Administrator"):
			invoices = [
				self.invoice(set_posting_time=1, posting_date=add_days(today(), -days)).name
				for days in (8, 2, 5)
			]
			frappe.db.set_value("Sales Invoice", {"name": ("in", invoices)}, "docstatus", 1)
			last = invoices[1]
			self.invoice()
		self.assertEqual(self.texts("orders"), [f"Sales Invoice: {last}"])
		(line,) = get_customer_context(self.customer)["orders"]
		self.assertIn("100.00", line["quiet"][0])
		# A plain Sales User may not open an invoice.
		self.assertEqual(self.texts("orders", self.colleague), [])

	def test_context_of_unreadable_customer_is_empty(self):
		self.note()
		with self.as_user(self.outsider):
			self.assertEqual(get_customer_context(self.customer), {})

	def test_form_loads_even_if_context_fails(self):
		note = self.note()
		frappe.db.set_value("Personal Note", note.name, "note", "<img src=x onerror=alert(1)>")
		task = self.task()
		task.run_method("onload")
		self.assertEqual(task.get_onload().at_hand["notes"][0]["text"], "<img src=x onerror=alert(1)>")
		with patch.object(module, "_get_notes", side_effect=ValueError):
			task = frappe.get_doc("Follow Up Task", task.name)
			task.run_method("onload")
		self.assertIsNone(task.get_onload().at_hand)

	def test_context_stays_within_queries_and_bytes(self):
		self.budget()
		for number in range(10):
			self.note("x" * 500)
			self.idea(f"idea {number}")
		get_customer_context(self.customer)
		with patch.object(frappe.db, "sql", wraps=frappe.db.sql) as asked:
			lists = get_customer_context(self.customer)
		# Two of them say how long the others may take.
		self.assertLessEqual(asked.call_count, 7)
		self.assertLess(len(json.dumps(lists)), 4096)
