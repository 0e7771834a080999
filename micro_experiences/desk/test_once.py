"""A form of the panel that is sent twice, because the first answer was lost, makes one record and spends once."""

from unittest.mock import patch

import frappe
from frappe.utils import today

from micro_experiences.desk import follow_ups, gestures, notes, once
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.testing import SiteTestCase

KEY = "0123456789abcdef"


class TestOnce(SiteTestCase):
	def test_each_form_sent_twice_makes_one_record(self):
		note = self.note().name
		for doctype, send in (
			("Personal Note", lambda: notes.jot(self.customer, "Takes milk.", sent_key=KEY)),
			("Personal Note Use", lambda: notes.used(note, "Thank you", remember=1, sent_key=KEY)),
			("Follow Up Task", lambda: follow_ups.promise(self.customer, "x", today(), sent_key=KEY)),
			("Gesture", lambda: gestures.give(self.customer, "a call", sent_key=KEY)),
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

	def test_money_is_spent_once(self):
		self.budget()
		for _sending in range(3):
			gestures.give(self.customer, "coffee", cost=5, sent_key=KEY)
		self.assertEqual(ledger.wallets_of(self.rep)[0].left, 45)

	def test_without_a_key_or_with_another_one_each_is_its_own(self):
		for key in (None, None, "", "a", "b"):
			self.assertNotIn("again", notes.jot(self.customer, "Takes milk.", sent_key=key))
		self.assertEqual(frappe.db.count("Personal Note", {"customer": self.customer}), 5)

	def test_the_key_of_somebody_else_tells_nothing_of_his_record(self):
		notes.jot(self.customer, "Takes milk.", visibility="Only Me", sent_key=KEY)
		with self.as_user(self.colleague), patch.object(frappe.db, "rollback"):
			with self.assertRaises(frappe.UniqueValidationError):
				notes.jot(self.customer, "Takes tea.", sent_key=KEY)

	def test_what_was_refused_may_be_sent_again(self):
		with self.assertRaises(frappe.ValidationError):
			follow_ups.promise(self.customer, "", today(), sent_key=KEY)
		self.assertNotIn("again", follow_ups.promise(self.customer, "x", today(), sent_key=KEY))

	def test_the_first_sending_is_still_at_it(self):
		"""The second one finds nothing, waits at the index, and is told by it."""
		made = notes.jot(self.customer, "Takes milk.", sent_key=KEY)["name"]
		looked, real = [], once._made_before

		def made_before(doctype, sent):
			looked.append(doctype)
			return real(doctype, sent) if len(looked) > 1 else None

		with patch.object(once, "_made_before", made_before), patch.object(frappe.db, "rollback"):
			second = notes.jot(self.customer, "Takes milk.", sent_key=KEY)
		self.assertEqual((second["name"], second["again"]), (made, True))
		self.assertFalse(frappe.local.message_log)

	def test_a_copy_has_no_key(self):
		made = frappe.get_doc("Gesture", gestures.give(self.customer, "a call", sent_key=KEY)["name"])
		self.assertFalse(frappe.copy_doc(made, ignore_no_copy=False).sent_key)
