"""The note job: expired notes are closed, and only those."""

from unittest.mock import patch

import frappe
from frappe.utils import add_days, today

from micro_experiences.jobs import notes
from micro_experiences.services import banner
from micro_experiences.tests.utils import SiteTestCase


class TestExpiredNotes(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.set_settings(moment_fresh_days=30, moment_expires_days=120)

	def make_note(self, text, days, **values):
		return self.note(text, heard_on=add_days(today(), -days), **values)

	def get_active(self, *notes_) -> list[str]:
		rows = frappe.get_all(
			"Personal Note",
			filters={"name": ("in", [note.name for note in notes_]), "status": "Active"},
			order_by="name asc",
			pluck="note",
		)
		return rows

	def test_expired_notes_are_closed_with_the_reason(self):
		gone = [
			self.make_note("only for me", 121, kind="Moment", visibility="Only Me", sensitive=1),
			self.make_note("old moment", 121, kind="Moment"),
			self.note("until yesterday", kind="Moment", remember_until=add_days(today(), -1)),
			self.note("was yesterday", kind="Occasion", occasion_on=add_days(today(), -1)),
		]
		with self.as_user("Administrator"):
			notes.mx_close_expired_notes()
		self.assertEqual(self.get_active(*gone), [])
		for note in gone:
			note.reload()
			self.assertEqual((note.status, note.closed_because), ("Closed", "Expired"), note.note)

	def test_other_notes_stay_active(self):
		kept = [
			self.make_note("moment of its last day", 120, kind="Moment"),
			self.note("until today", kind="Moment", remember_until=today()),
			self.make_note("old, but wanted longer", 400, kind="Moment", remember_until=add_days(today(), 1)),
			self.note("is today", kind="Occasion", occasion_on=today()),
			self.note("every year", kind="Occasion", occasion_on="1980-05-05", repeats_yearly=1),
			self.make_note("old fact", 4000),
			self.make_note("old warning", 4000, kind="Never", stops="gift"),
		]
		notes.mx_close_expired_notes()
		self.assertEqual(self.get_active(*kept), [note.note for note in kept])

	def test_second_run_changes_nothing_and_keeps_an_older_reason(self):
		closed = self.make_note("closed by hand", 200, kind="Moment")
		closed.close("No Longer True")
		note = self.make_note("old moment", 121, kind="Moment")
		notes.mx_close_expired_notes()
		once = frappe.db.get_value("Personal Note", note.name, "modified")
		notes.mx_close_expired_notes()
		self.assertEqual(frappe.db.get_value("Personal Note", note.name, "modified"), once)
		self.assertEqual(closed.reload().closed_because, "No Longer True")

	def test_every_chunk_is_processed(self):
		gone = [self.make_note(f"old {number}", 121, kind="Moment") for number in range(7)]
		kept = [self.note(f"new {number}", kind="Moment") for number in range(3)]
		with patch.object(notes, "_CHUNK_SIZE", 2):
			notes.mx_close_expired_notes()
		self.assertEqual(self.get_active(*gone, *kept), [note.note for note in kept])

	def test_closed_notes_are_those_that_the_banner_omits(self):
		for days in (29, 31, 119, 120, 121, 122):
			self.make_note(f"{days}", days, kind="Moment")

		def shown():
			frappe.db.set_value("Personal Note", {"customer": self.customer}, "pinned", 1)
			payload = banner.get_banner_payload(self.customer)
			return [item["text"] for item in payload["items"]]

		self.set_settings(lines_in_banner=3)
		before = shown()
		notes.mx_close_expired_notes()
		self.assertEqual(shown(), before)
		self.assertEqual(frappe.db.count("Personal Note", {"customer": self.customer, "status": "Active"}), 4)
