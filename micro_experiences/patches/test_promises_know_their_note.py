"""Patch promises_know_their_note: links follow-ups to the note of their gesture."""

import frappe

from micro_experiences.patches import promises_know_their_note
from micro_experiences.tests.utils import SiteTestCase


class TestPromisesKnowTheirNote(SiteTestCase):
	def test_patch_links_older_follow_up_to_note_of_gesture(self):
		first, second = self.note(), self.note("Takes coffee.")
		gesture = frappe.get_doc(
			{"doctype": "Gesture", "customer": self.customer, "what": "x", "personal_note": first.name}
		).insert()
		plain = frappe.get_doc({"doctype": "Gesture", "customer": self.customer, "what": "y"}).insert()
		older = self.task(gesture=gesture.name)
		older.db_set("personal_note", None)
		own, without = self.task(gesture=gesture.name), self.task(gesture=plain.name)
		own.db_set("personal_note", second.name)
		promises_know_their_note.execute()
		promises_know_their_note.execute()
		self.assertEqual(
			[task.reload().personal_note for task in (older, own, without)], [first.name, second.name, None]
		)
