from unittest.mock import patch

import frappe
from frappe.utils import add_days, today

from micro_experiences.desk import banner
from micro_experiences.jobs import notes
from micro_experiences.testing import SiteTestCase


class TestExpiredNotes(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.set_settings(moment_fresh_days=30, moment_expires_days=120)

	def aged(self, text, days, **values):
		return self.note(text, heard_on=add_days(today(), -days), **values)

	def still_active(self, *notes_) -> list[str]:
		rows = frappe.get_all(
			"Personal Note",
			filters={"name": ("in", [note.name for note in notes_]), "status": "Active"},
			order_by="name asc",
			pluck="note",
		)
		return rows

	def test_what_has_had_its_time_is_closed_and_says_why(self):
		gone = [
			self.aged("old moment", 121, kind="Moment"),
			self.note("until yesterday", kind="Moment", remember_until=add_days(today(), -1)),
			self.note("was yesterday", kind="Occasion", occasion_on=add_days(today(), -1)),
		]
		notes.mx_close_expired_notes()
		self.assertEqual(self.still_active(*gone), [])
		for note in gone:
			note.reload()
			self.assertEqual((note.status, note.closed_because), ("Closed", "Expired"), note.note)

	def test_what_may_still_be_shown_stays(self):
		kept = [
			self.aged("moment of its last day", 120, kind="Moment"),
			self.note("until today", kind="Moment", remember_until=today()),
			self.aged("old, but wanted longer", 400, kind="Moment", remember_until=add_days(today(), 1)),
			self.note("is today", kind="Occasion", occasion_on=today()),
			self.note("every year", kind="Occasion", occasion_on="1980-05-05", repeats_yearly=1),
			self.aged("old fact", 4000),
			self.aged("old taboo", 4000, kind="Never", stops="gift"),
		]
		notes.mx_close_expired_notes()
		self.assertEqual(self.still_active(*kept), [note.note for note in kept])

	def test_twice_changes_nothing_more_and_keeps_an_older_reason(self):
		closed = self.aged("closed by hand", 200, kind="Moment")
		closed.close("No Longer True")
		note = self.aged("old moment", 121, kind="Moment")
		notes.mx_close_expired_notes()
		once = frappe.db.get_value("Personal Note", note.name, "modified")
		notes.mx_close_expired_notes()
		self.assertEqual(frappe.db.get_value("Personal Note", note.name, "modified"), once)
		self.assertEqual(closed.reload().closed_because, "No Longer True")

	def test_chunk_by_chunk_none_is_passed_over(self):
		gone = [self.aged(f"old {number}", 121, kind="Moment") for number in range(7)]
		kept = [self.note(f"new {number}", kind="Moment") for number in range(3)]
		with patch.object(notes, "_CHUNK", 2):
			notes.mx_close_expired_notes()
		self.assertEqual(self.still_active(*gone, *kept), [note.note for note in kept])

	def test_the_site_says_how_long(self):
		note = self.aged("old moment", 121, kind="Moment")
		self.set_settings(moment_expires_days=200)
		notes.mx_close_expired_notes()
		self.assertEqual(self.still_active(note), ["old moment"])

	def test_it_closes_just_what_the_banner_leaves_out(self):
		for days in (29, 31, 119, 120, 121, 122):
			self.aged(f"{days}", days, kind="Moment")

		def shown():
			frappe.db.set_value("Personal Note", {"customer": self.customer}, "pinned", 1)
			payload = banner.payload_for(self.customer)
			return [item["text"] for item in payload["items"]]

		self.set_settings(lines_in_banner=3)
		before = shown()
		notes.mx_close_expired_notes()
		self.assertEqual(shown(), before)
		self.assertEqual(frappe.db.count("Personal Note", {"customer": self.customer, "status": "Active"}), 4)

	def test_the_hidden_ones_too_whoever_runs_the_job(self):
		note = self.aged("mine alone", 121, kind="Moment", visibility="Only Me", sensitive=1)
		with self.as_user("Administrator"):
			notes.mx_close_expired_notes()
		self.assertEqual(self.still_active(note), [])
