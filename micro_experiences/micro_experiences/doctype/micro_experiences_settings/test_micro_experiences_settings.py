"""Micro Experiences Settings: bounds, immediate effect and permissions."""

from datetime import time

import frappe

from micro_experiences.domain.reminders import parse_quiet_hours
from micro_experiences.services import banner
from micro_experiences.tests.utils import SiteTestCase
from micro_experiences.utils.settings import get_settings


class TestSettings(SiteTestCase):
	def test_value_out_of_bounds_is_refused(self):
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

	def test_value_at_the_bounds_is_accepted(self):
		for values in (
			{"lines_in_banner": 1},
			{"lines_in_banner": 3},
			{"digest_hour": 0, "quiet_from": 23, "quiet_until": 0},
			{"moment_fresh_days": 30, "moment_expires_days": 30},
		):
			with self.subTest(values):
				self.set_settings(**values)

	def test_change_takes_effect_immediately(self):
		for number in range(3):
			self.note(f"Note {number}")
		self.set_settings(lines_in_banner=1)
		self.assertEqual(len(banner.get_banner_payload(self.customer)["items"]), 1)
		self.set_settings(lines_in_banner=3, quiet_from=21, quiet_until=6)
		self.assertEqual(len(banner.get_banner_payload(self.customer)["items"]), 3)
		self.assertEqual(parse_quiet_hours(get_settings().as_dict()), (time(21), time(6)))

	def test_settings_are_saved_by_managers_only(self):
		for user, allowed in ((self.rep, False), (self.lead, False), (self.manager, True)):
			with self.subTest(user), self.as_user(user):
				settings = frappe.get_doc("Micro Experiences Settings")
				if allowed:
					settings.save()
				else:
					self.assertRaises(frappe.PermissionError, settings.save)
