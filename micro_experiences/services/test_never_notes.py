"""Never notes: no way of recording a gesture passes one by."""

import frappe
from frappe import client
from frappe.core.doctype.data_import.importer import Importer
from frappe.utils import add_days, getdate

from micro_experiences.api import gestures
from micro_experiences.tests.never_pairs import PAIRS
from micro_experiences.tests.utils import SiteTestCase, make_customer
from micro_experiences.utils.errors import RuledOutByNote

WINE, BOOK = "Bottle of Wine", "Book"


class TestNeverNotes(SiteTestCase):
	def test_no_way_of_recording_gives_what_a_never_note_rules_out(self):
		"""Each pair of a Never note and a gesture, over every way of recording."""
		given_before = frappe.db.count("Gesture", {"status": "Given"})
		passed = []
		for number, (note, what) in enumerate(PAIRS):
			customer = make_customer(f"MX Never {number}")
			idea, approved = self.make(customer, what, "Idea"), self.make(customer, what, "Awaiting Approval")
			approved.db_set("status", "Approved")
			self.note(note, customer=customer, kind="Never")
			ways = {
				"api": lambda c=customer, w=what: gestures.record_gesture(c, w),
				"planned": lambda c=customer, w=what: gestures.record_gesture(
					c, w, planned_on=str(add_days(getdate(), 3))
				),
				"insert": lambda c=customer, w=what: self.make(c, w, "Given"),
				"rest": lambda c=customer, w=what: client.insert(
					{"doctype": "Gesture", "customer": c, "what": w, "status": "Given"}
				),
				"list": lambda i=idea: client.set_value("Gesture", i.name, "status", "Given"),
				"idea": lambda i=idea: gestures.set_status(i.name, "Given"),
				"approved": lambda a=approved: gestures.set_status(a.name, "Given"),
			}
			for way, record in ways.items():
				frappe.db.savepoint("mx_way")
				try:
					record()
					passed.append((way, note, what))
				except RuledOutByNote:
					pass
				frappe.db.rollback(save_point="mx_way")
		self.assertEqual(passed, [])
		self.assertEqual(frappe.db.count("Gesture", {"status": "Given"}), given_before)

	def test_import_gives_nothing_that_a_never_note_rules_out(self):
		rows = []
		for number, (note, what) in enumerate(PAIRS):
			customer = make_customer(f"MX Never {number}")
			self.note(note, customer=customer, kind="Never")
			rows.append({"doctype": "Gesture", "customer": customer, "what": what, "status": "Given"})
		importer = Importer.__new__(Importer)
		importer.doctype = "Gesture"
		importer.data_import = frappe._dict(submit_after_import=0, mute_emails=1)
		for row in rows:
			with self.subTest(row["what"]), self.assertRaises(RuledOutByNote):
				importer.insert_record(frappe._dict(row))

	def test_manager_overrides_with_a_reason_and_others_cannot(self):
		self.note("No alcohol", kind="Never", stops="alcohol")
		with self.assertRaisesRegex(RuledOutByNote, "ask a Micro Experiences Manager"):
			gestures.record_gesture(self.customer, WINE, WINE, override_reason="He asked for it.")
		with self.as_user(self.manager):
			found = gestures.check_never_notes(self.customer, WINE, WINE)
			self.assertEqual((found["verdict"], found["can_override"]), ("blocked", True))
			self.assertEqual([row["note"] for row in found["never_notes"]], ["No alcohol"])
			with self.assertRaisesRegex(RuledOutByNote, "Override Reason"):
				gestures.record_gesture(self.customer, WINE, WINE)
			done = gestures.record_gesture(self.customer, WINE, WINE, override_reason="He asked for it.")
			self.assertEqual(done["status"], "Given")

	def test_reason_of_a_manager_lets_the_giver_give_the_same_gesture_only(self):
		idea = {"doctype": "Gesture", "customer": self.customer, "gesture_type": WINE, "what": WINE}
		gesture = frappe.get_doc(idea | {"status": "Idea"}).insert()
		self.note("No alcohol", kind="Never", stops="alcohol")
		with self.as_user(self.manager):
			gesture.override_reason = "For his guests."
			gesture.save()
		gesture = frappe.get_doc("Gesture", gesture.name)
		gesture.what = "Another bottle of wine"
		gesture.save()
		self.assertIsNone(gesture.override_reason)
		with self.as_user(self.manager):
			gesture.override_reason = "For his guests."
			gesture.save()
		gestures.set_status(gesture.name, "Given")
		self.assertEqual(frappe.db.get_value("Gesture", gesture.name, "status"), "Given")

	def test_doubtful_gesture_is_given_once_the_notes_were_read(self):
		self.note("No alcohol", kind="Never", stops="alcohol")
		what = "Magnum for the team"
		self.assertEqual(gestures.check_never_notes(self.customer, what=what)["verdict"], "doubtful")
		with self.assertRaisesRegex(RuledOutByNote, "what to avoid"):
			gestures.record_gesture(self.customer, what)
		done = gestures.record_gesture(self.customer, what, never_notes_confirmed=True)
		self.assertEqual(done["status"], "Given")

	def test_hidden_note_blocks_without_its_words(self):
		with self.as_user(self.colleague):
			self.note("Had hepatitis", kind="Never", avoids="lilies", visibility="Only Me")
		found = gestures.check_never_notes(self.customer, what="White lilies")
		self.assertEqual((found["verdict"], found["never_notes"]), ("blocked", []))
		self.assertNotIn("lilies", found["text"])

	def test_new_words_of_a_given_gesture_are_checked_again(self):
		self.note("No alcohol", kind="Never", stops="alcohol")
		gesture = self.make(self.customer, "Flowers", "Given")
		gesture.reload().message = "And champagne for the evening"
		self.assertRaises(RuledOutByNote, gesture.save)
		gesture.reload().reaction = "Pleased"
		gesture.save()

	def test_note_that_has_ended_rules_out_nothing(self):
		note = self.note("No calls until the move", kind="Never", stops="call", remember_until=getdate())
		self.assertEqual(gestures.check_never_notes(self.customer, what="A call")["verdict"], "blocked")
		note.db_set("remember_until", add_days(getdate(), -1))
		self.assertEqual(gestures.check_never_notes(self.customer, what="A call")["verdict"], "clear")

	def test_never_note_says_what_it_rules_out(self):
		guessed = self.note("Please never bring alcohol into the house", kind="Never")
		self.assertEqual(guessed.stops, "alcohol")
		guessed.stops = None
		with self.assertRaisesRegex(frappe.ValidationError, "Words to Avoid"):
			guessed.save()
		with self.assertRaisesRegex(frappe.ValidationError, "Words to Avoid"):
			self.note("Mind the step", kind="Never")

	def test_restriction_of_the_site_is_found_by_its_words(self):
		with self.as_user(self.manager):
			frappe.get_doc(
				{"doctype": "Gesture Restriction", "restriction_name": "Perfume", "words": "scent, Duft"}
			).insert()
		self.assertEqual(self.note("Asthma", kind="Never", stops="perfume").stops, "perfume")
		self.assertEqual(gestures.check_never_notes(self.customer, what="Duftkerze")["verdict"], "blocked")

	def make(self, customer: str, what: str, status: str):
		return frappe.get_doc(
			{"doctype": "Gesture", "customer": customer, "what": what, "status": status}
		).insert()
