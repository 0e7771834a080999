from unittest.mock import patch

import frappe
from frappe.utils import add_days, now_datetime, today

from micro_experiences.desk import health, preferences
from micro_experiences.testing import SiteTestCase


class TestHealth(SiteTestCase):
	def reminders(self) -> dict:
		with self.as_user(self.manager):
			return health.reminders()

	def fact(self, label: str) -> str:
		return next(fact["value"] for fact in self.reminders()["facts"] if fact["label"] == label)

	def aside(self, **values):
		task = self.task(**values)
		values = {"next_reminder_at": None, "set_aside_at": now_datetime(), "set_aside_because": "broken"}
		frappe.db.set_value("Follow Up Task", task.name, values)
		return task

	def test_only_who_looks_after_the_site_may_look(self):
		for user in (self.rep, self.lead, self.outsider, "Guest"):
			for method in (health.reminders, health.try_again):
				# Frappe asks for no role within a test.
				asked = patch.dict(frappe.local.flags, {"in_test": False})
				with asked, self.as_user(user), self.assertRaises(frappe.PermissionError):
					method()

	def test_what_waits_is_counted_with_the_oldest(self):
		before = int(self.fact("Due and not sent"))
		task = self.task(due_on=add_days(today(), -40))
		self.task(due_on=add_days(today(), 40))
		self.assertEqual(int(self.fact("Due and not sent")), before + 1)
		self.assertNotEqual(self.fact("Oldest of them"), "None")
		task.done()
		self.assertEqual(int(self.fact("Due and not sent")), before)

	def test_a_scheduler_that_is_off_is_said_plainly(self):
		with patch.object(health, "is_scheduler_disabled", lambda verbose: True):
			(trouble,) = self.reminders()["trouble"]
		self.assertIn("The scheduler is off", trouble)
		with patch.object(health, "is_scheduler_disabled", lambda verbose: False):
			self.task(due_on=add_days(today(), -40))
			(trouble,) = self.reminders()["trouble"]
			self.assertIn("Reminders wait since", trouble)
			with patch.dict(frappe.conf, {"maintenance_mode": 1}):
				(trouble,) = self.reminders()["trouble"]
		self.assertIn("maintenance", trouble)

	def test_digests_that_could_not_be_sent_are_said_too(self):
		name = preferences.mine()
		frappe.db.set_value("Follow Up Preference", {"name": ("!=", name)}, "set_aside_because", None)
		with patch.object(health, "is_scheduler_disabled", lambda verbose: True):
			self.assertEqual(len(self.reminders()["trouble"]), 1)
			frappe.db.set_value("Follow Up Preference", name, "set_aside_because", "no address")
			_off, mails = self.reminders()["trouble"]
		self.assertIn("1 digests could not be sent", mails)

	def test_what_was_set_aside_is_shown_without_what_was_promised_and_tried_again(self):
		task, other = self.aside(subject="a secret"), self.aside()
		answer = self.reminders()
		row = next(row for row in answer["set_aside"] if row["name"] == task.name)
		self.assertEqual((row["customer"], row["because"]), (self.customer, "broken"))
		self.assertNotIn("secret", str(answer))
		with self.as_user(self.manager):
			self.assertEqual(health.try_again(frappe.as_json([task.name])), {"tried": 1})
			self.assertEqual(health.try_again([task.name]), {"tried": 0})
			self.assertTrue(frappe.db.get_value("Follow Up Task", task.name, "next_reminder_at"))
			self.assertTrue(frappe.db.get_value("Follow Up Task", other.name, "set_aside_at"))
			self.assertGreaterEqual(health.try_again()["tried"], 1)
		self.assertFalse(frappe.db.get_value("Follow Up Task", other.name, "set_aside_at"))
