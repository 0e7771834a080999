"""Idempotency: a form sent again, because the first response was lost, creates one record and spends once."""

from unittest.mock import patch

import frappe
from frappe.utils import today

from micro_experiences.api import follow_ups, gestures, notes
from micro_experiences.services import ledger
from micro_experiences.tests.utils import SiteTestCase
from micro_experiences.utils import idempotency

KEY = "0123456789abcdef"


class TestIdempotency(SiteTestCase):
	def test_each_form_sent_twice_creates_one_record(self):
		note = self.note().name
		for doctype, send in (
			("Personal Note", lambda: notes.jot(self.customer, "Takes milk.", sent_key=KEY)),
			("Personal Note Use", lambda: notes.mark_used(note, "Thank you", remember=1, sent_key=KEY)),
			("Follow Up Task", lambda: follow_ups.create(self.customer, "x", today(), sent_key=KEY)),
			("Gesture", lambda: gestures.record_gesture(self.customer, "a call", sent_key=KEY)),
		):
			with self.subTest(doctype):
				records = ("Personal Note", "Personal Note Use", "Follow Up Task", "Gesture")
				first = send()
				self.assertNotIn("again", first)
				before = [frappe.db.count(one) for one in records]
				second = send()
				self.assertEqual([frappe.db.count(one) for one in records], before)
				self.assertTrue(second["again"])
				self.assertEqual(second["name"], frappe.db.get_value(doctype, {"sent_key": KEY}))
				self.assertEqual(second["banner"]["customer"], self.customer)

	def test_gesture_sent_three_times_spends_once(self):
		self.budget()
		for _sending in range(3):
			gestures.record_gesture(self.customer, "coffee", cost=5, sent_key=KEY)
		self.assertEqual(ledger.get_user_wallets(self.rep)[0].left, 45)

	def test_no_key_or_other_key_creates_another_record(self):
		for key in (None, None, "", "a", "b"):
			self.assertNotIn("again", notes.jot(self.customer, "Takes milk.", sent_key=key))
		self.assertEqual(frappe.db.count("Personal Note", {"customer": self.customer}), 5)

	def test_key_of_another_user_does_not_reveal_their_record(self):
		notes.jot(self.customer, "Takes milk.", visibility="Only Me", sent_key=KEY)
		with self.as_user(self.colleague), patch.object(frappe.db, "rollback"):
			with self.assertRaises(frappe.UniqueValidationError):
				notes.jot(self.customer, "Takes tea.", sent_key=KEY)

	def test_refused_form_can_be_sent_again(self):
		with self.assertRaises(frappe.ValidationError):
			follow_ups.create(self.customer, "", today(), sent_key=KEY)
		self.assertNotIn("again", follow_ups.create(self.customer, "x", today(), sent_key=KEY))

	def test_concurrent_second_request_gets_the_first_record(self):
		"""The second request finds no record yet, and fails on the unique index."""
		made = notes.jot(self.customer, "Takes milk.", sent_key=KEY)["name"]
		calls, real = [], idempotency._get_previous_response

		def find_on_second_call(doctype, sent):
			calls.append(doctype)
			return real(doctype, sent) if len(calls) > 1 else None

		with (
			patch.object(idempotency, "_get_previous_response", find_on_second_call),
			patch.object(frappe.db, "rollback"),
		):
			second = notes.jot(self.customer, "Takes milk.", sent_key=KEY)
		self.assertEqual((second["name"], second["again"]), (made, True))
		self.assertFalse(frappe.local.message_log)

	def test_copied_document_has_no_key(self):
		made = frappe.get_doc(
			"Gesture", gestures.record_gesture(self.customer, "a call", sent_key=KEY)["name"]
		)
		self.assertFalse(frappe.copy_doc(made, ignore_no_copy=False).sent_key)
