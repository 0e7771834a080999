"""Patch add_gesture_restrictions: creates the restrictions, and fills what notes and gesture types do not say."""

import frappe

from micro_experiences.domain import restrictions
from micro_experiences.patches import add_gesture_restrictions
from micro_experiences.tests.utils import SiteTestCase


class TestAddGestureRestrictions(SiteTestCase):
	def test_patch_fills_what_is_empty_and_keeps_the_rest(self):
		notes = [
			self.note(text, kind="Never", stops="photo")
			for text in ("No alcohol, please.", "Never nuts: allergic.", "No wine.", "Mind the step.")
		]
		for note in (notes[0], notes[1], notes[3]):
			note.db_set("stops", None)
		frappe.db.set_value("Gesture Type", "Book", "involves", "public")
		frappe.db.set_value("Gesture Type", "Flowers", "involves", None)
		frappe.db.delete("Gesture Restriction", {"name": "visit"})
		add_gesture_restrictions.execute()
		add_gesture_restrictions.execute()
		found = [frappe.db.get_value("Personal Note", note.name, ["stops", "avoids"]) for note in notes]
		self.assertEqual(found[0][0], "alcohol")
		self.assertIn("nuts", found[1][1].lower())
		self.assertEqual(found[2][0], "photo")
		self.assertFalse(any(found[3]))
		self.assertEqual(frappe.db.get_value("Gesture Type", "Book", "involves"), "public")
		self.assertEqual(frappe.db.get_value("Gesture Type", "Flowers", "involves"), "gift, mail")
		names = frappe.get_all("Gesture Restriction", pluck="name")
		self.assertLessEqual(set(restrictions.NAMES), set(names))
		# A note that says nothing can still be used, and saved for other reasons.
		notes[3].reload().save()
