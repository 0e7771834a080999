"""The banner on a Customer and a Sales Invoice: contents, limits, settings and failures."""

import json
from datetime import datetime
from unittest.mock import patch

import frappe
from erpnext.accounts.doctype.sales_invoice.sales_invoice import make_sales_return
from erpnext.selling.doctype.sales_order.sales_order import make_sales_invoice
from frappe.desk.form.load import getdoc
from frappe.utils import add_days, getdate

from micro_experiences.api import banner as banner_api
from micro_experiences.api.sensitive_notes import request_access
from micro_experiences.services import banner
from micro_experiences.tests.utils import SiteTestCase


def load_form(doctype: str, name: str):
	"""Return the document as a form loads it."""
	frappe.local.response = frappe._dict(docs=[])
	getdoc(doctype, name)
	return frappe.local.response.docs[0]


def get_onload_banner(doc) -> dict | None:
	"""Return the banner that was loaded with a document."""
	return (doc.get("__onload") or {}).get(banner.ONLOAD_KEY)


class TestBanner(SiteTestCase):
	def texts(self, customer=None, **more):
		payload = banner.get_banner_payload(customer or self.customer, **more)
		return [item["text"] for item in payload["items"]]

	def test_customer_and_invoice_have_banner(self):
		self.note("Rex had surgery.")
		invoice = self.invoice()
		for doc in (load_form("Customer", self.customer), load_form("Sales Invoice", invoice.name)):
			payload = get_onload_banner(doc)
			self.assertEqual([item["text"] for item in payload["items"]], ["Rex had surgery."])
			self.assertEqual(payload["customer"], self.customer)

	def test_mapped_invoice_and_return_have_banner(self):
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
			self.assertEqual(get_onload_banner(doc)["items"][0]["text"], "Rex had surgery.")

	def test_banner_takes_at_most_four_queries(self):
		self.budget()
		self.note("Takes tea.").log_use("Used", "Thank you")
		self.task()
		banner.get_banner_payload(self.customer)  # fills the caches
		with self.assertQueryCount(4):
			payload = banner.get_banner_payload(self.customer)
		self.assertEqual(len(payload["items"]), 1)
		self.assertEqual(payload["wallet"]["left"], 50)

	def test_banner_takes_at_most_two_kilobytes(self):
		for _number in range(3):
			self.note("犬" * 500, pinned=1)
		payload = banner.get_banner_payload(self.customer)
		self.assertEqual(len(payload["items"]), 3)
		self.assertLessEqual(len(json.dumps(payload, separators=(",", ":"))), 2048)

	def test_banner_can_be_disabled_per_form(self):
		self.note()
		self.set_settings(show_on_customer=0)
		self.assertIsNone(get_onload_banner(load_form("Customer", self.customer)))
		self.assertTrue(get_onload_banner(load_form("Sales Invoice", self.invoice().name)))

	def test_empty_banner_is_quiet_only_by_setting(self):
		self.assertNotIn("quiet", banner.get_banner_payload(self.other_customer))
		self.set_settings(show_empty_banner=0)
		self.assertTrue(banner.get_banner_payload(self.other_customer)["quiet"])

	def test_banner_of_unreadable_customer_is_none(self):
		self.note()
		with self.as_user("Administrator"):
			frappe.permissions.add_user_permission("Customer", self.other_customer, self.colleague)
		for user in (self.outsider, self.colleague):
			with self.as_user(user):
				self.assertFalse((banner.get_banner_payload(self.customer) or {}).get("items"))
				self.assertIsNone(banner_api.get_banner(self.customer))
		with self.as_user(self.colleague):
			self.assertIsNotNone(banner_api.get_banner(self.other_customer))

	def test_failing_banner_is_logged_and_blocks_no_form(self):
		invoice = self.invoice()
		before = frappe.db.count("Error Log")
		with patch.object(banner, "get_banner_payload", side_effect=ZeroDivisionError("on purpose")):
			self.assertIsNone(get_onload_banner(load_form("Customer", self.customer)))
			self.assertIsNone(get_onload_banner(load_form("Sales Invoice", invoice.name)))
			from frappe.desk.form.save import savedocs

			invoice.reload()
			for action, docstatus in (("Save", 0), ("Submit", 1)):
				frappe.local.response = frappe._dict(docs=[])
				savedocs(invoice.as_json(), action)
				invoice.reload()
				self.assertEqual(invoice.docstatus, docstatus)
		self.assertGreater(frappe.db.count("Error Log"), before)
		self.assertFalse([m for m in frappe.local.message_log if "on purpose" in str(m)])

	def test_deadlock_is_raised(self):
		with patch.object(banner, "get_banner_payload", side_effect=frappe.QueryDeadlockError):
			with self.assertRaises(frappe.QueryDeadlockError):
				load_form("Customer", self.customer)

	def test_hidden_and_sensitive_notes_are_not_shown(self):
		with self.as_user(self.colleague):
			self.note("Only mine.", visibility="Only Me")
			self.note("Private matter.", sensitive=1)
			self.assertEqual(len(self.texts()), 2)
		self.assertEqual(self.texts(), [])
		with self.as_user(self.manager):
			self.assertEqual(self.texts(), [])
			request_access(self.customer, "She complained")
			self.assertEqual(self.texts(), ["Private matter."])

	def test_used_note_rests_and_returns_with_its_answer(self):
		note = self.note("Rex had surgery. Ask how he is.", kind="Moment")
		with self.as_user(self.colleague):
			note.log_use("Used", "Rex is fine again")
		self.assertEqual(self.texts(), [])
		frappe.db.set_value(
			"Personal Note Use",
			{"personal_note": note.name},
			"used_on",
			add_days(frappe.utils.now_datetime(), -20),
		)
		said = banner.get_banner_payload(self.customer)["items"][0]["said"]
		self.assertIn("Colleague", said)
		self.assertIn("Rex is fine again", said)

	def test_never_notes_have_lines_beside_three_overdue_follow_ups(self):
		for days in (1, 2, 3):
			self.task(subject=f"send it {days}", due_on=getdate(), assigned_to=self.rep)
		for number in range(5):
			self.note(f"No alcohol, number {number}.", kind="Never", stops="alcohol")
		items = banner.get_banner_payload(self.customer)["items"]
		self.assertEqual([item["type"] for item in items], ["never"] * 5 + ["promise"] * 3)

	def test_old_never_note_is_shown_among_two_hundred_others(self):
		never = self.note("No alcohol.", kind="Never", stops="alcohol", heard_on=add_days(getdate(), -900))
		for number in range(banner._MAX_NOTES):
			self.note(f"Fact {number}.", pinned=1)
		self.assertEqual(banner.get_banner_payload(self.customer)["items"][0]["name"], never.name)

	def test_note_just_written_is_shown_to_the_next_colleague(self):
		for days in (1, 2, 3):
			self.task(subject=f"send it {days}", due_on=getdate(), assigned_to=self.colleague)
		note = self.note("Her horse won.", kind="Fact")
		with self.as_user(self.colleague):
			items = banner.get_banner_payload(self.customer)["items"]
			self.assertEqual(items[-1], items[-1] | {"name": note.name, "fresh": True})
			frappe.db.set_value(
				"Personal Note", note.name, "creation", add_days(frappe.utils.now_datetime(), -8)
			)
			shown = [item["name"] for item in banner.get_banner_payload(self.customer)["items"]]
			self.assertNotIn(note.name, shown)

	def test_remaining_lines_are_those_that_are_not_shown(self):
		names = {self.note(f"Fact {number}.").name for number in range(6)}
		names.add(self.note("Far away", kind="Occasion", occasion_on=add_days(getdate(), 200)).name)
		with self.as_user(self.colleague):
			self.note("Only mine.", visibility="Only Me")
		payload = banner.get_banner_payload(self.customer)
		rest = banner_api.get_more(self.customer)["items"]
		self.assertEqual(payload["more"], len(rest))
		self.assertEqual(names, {item["name"] for item in (*payload["items"], *rest)})
		with self.as_user(self.outsider), self.assertRaises(frappe.PermissionError):
			banner_api.get_more(self.customer)

	def test_sensitive_note_among_the_remaining_lines_is_logged(self):
		with self.as_user(self.colleague):
			note = self.note("Private matter.", sensitive=1, heard_on=add_days(getdate(), -300))
		for number in range(3):
			self.note(f"Fact {number}.", pinned=1)
		with self.as_user(self.manager):
			request_access(self.customer, "She complained")
			with patch.object(banner.access_log, "record_access") as log:
				shown = {item["name"] for item in banner_api.get_more(self.customer)["items"]}
		self.assertIn(note.name, shown)
		self.assertEqual(list(log.call_args.args[-1]), [note.name])

	def test_day_is_that_of_the_viewer(self):
		"""The site is in Ireland, and it is winter there."""
		self.task(subject="send it", due_on="2026-03-08", assigned_to=self.rep)
		for zone, moment, source in (
			# 19:00 on 8 March
			("Pacific/Honolulu", datetime(2026, 3, 9, 5), "due today"),
			(None, datetime(2026, 3, 9, 5), "due yesterday"),
			# 09:00 on 8 March, when the bell rings
			("Pacific/Auckland", datetime(2026, 3, 7, 20), "due today"),
		):
			self.set_time_zone(self.rep, zone)
			with patch("frappe.utils.data.convert_utc_to_system_timezone", lambda *_args, now=moment: now):
				(item,) = banner.get_banner_payload(self.customer)["items"]
			self.assertEqual(item["source"], source)
