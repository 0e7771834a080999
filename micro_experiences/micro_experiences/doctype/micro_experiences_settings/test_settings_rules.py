from datetime import time

import frappe

from micro_experiences.desk import banner
from micro_experiences.domain.reminders import quiet_hours
from micro_experiences.micro_experiences.doctype.micro_experiences_settings.micro_experiences_settings import (
	get_settings,
)
from micro_experiences.testing import SiteTestCase


class TestSettings(SiteTestCase):
	def test_what_makes_no_sense_is_refused(self):
		for values in (
			{"lines_in_banner": 0},
			{"lines_in_banner": 4},
			{"digest_hour": 24},
			{"digest_hour": -1},
			{"quiet_from": 24},
			{"quiet_until": -1},
			{"moment_fresh_days": 30, "moment_expires_days": 29},
		):
			with self.subTest(values), self.assertRaises(frappe.ValidationError):
				self.set_settings(**values)

	def test_the_bounds_themselves_are_fine(self):
		for values in (
			{"lines_in_banner": 1},
			{"lines_in_banner": 3},
			{"digest_hour": 0, "quiet_from": 23, "quiet_until": 0},
			{"moment_fresh_days": 30, "moment_expires_days": 30},
		):
			with self.subTest(values):
				self.set_settings(**values)

	def test_a_change_counts_at_once(self):
		for number in range(3):
			self.note(f"Note {number}")
		self.set_settings(lines_in_banner=1)
		self.assertEqual(len(banner.payload_for(self.customer)["items"]), 1)
		self.set_settings(lines_in_banner=3, quiet_from=21, quiet_until=6)
		self.assertEqual(len(banner.payload_for(self.customer)["items"]), 3)
		self.assertEqual(quiet_hours(get_settings().as_dict()), (time(21), time(6)))

	def test_only_managers_change_them(self):
		for user, may in ((self.rep, False), (self.lead, False), (self.manager, True)):
			with self.subTest(user), self.as_user(user):
				settings = frappe.get_doc("Micro Experiences Settings")
				if may:
					settings.save()
				else:
					self.assertRaises(frappe.PermissionError, settings.save)
