"""The status of get_health: due, failed, and reasons why none are sent."""

from unittest.mock import patch

import frappe
from frappe.utils import add_days, get_datetime, now_datetime, pretty_date, today

from micro_experiences.api import preferences, reminder_health
from micro_experiences.services import reminder_health as reminder_health_services
from micro_experiences.tests.utils import SiteTestCase


class TestReminderHealth(SiteTestCase):
	def get_health(self) -> dict:
		with self.as_user(self.manager):
			return reminder_health.get_reminder_health()

	def get_fact(self, label: str) -> str:
		return next(fact["value"] for fact in self.get_health()["facts"] if fact["label"] == label)

	def make_failed(self, **values):
		task = self.task(**values)
		values = {"next_reminder_at": None, "set_aside_at": now_datetime(), "set_aside_because": "broken"}
		frappe.db.set_value("Follow Up Task", task.name, values)
		return task

	def test_status_without_manager_role_is_refused(self):
		for user in (self.rep, self.lead, self.outsider, "Guest"):
			for method in (reminder_health.get_reminder_health, reminder_health.retry_reminders):
				# Frappe asks for no role within a test.
				asked = patch.dict(frappe.local.flags, {"in_test": False})
				with asked, self.as_user(user), self.assertRaises(frappe.PermissionError):
					method()

	def test_due_reminders_are_counted_with_the_oldest(self):
		before = int(self.get_fact("Due and not sent"))
		task = self.task(due_on=add_days(today(), -40))
		self.task(due_on=add_days(today(), 40))
		self.assertEqual(int(self.get_fact("Due and not sent")), before + 1)
		self.assertNotEqual(self.get_fact("Oldest due"), "None")
		task.mark_done()
		self.assertEqual(int(self.get_fact("Due and not sent")), before)

	def test_due_escalations_and_digests_are_counted(self):
		preference = preferences.get_or_create()
		frappe.db.set_value("Follow Up Preference", {"name": ("is", "set")}, "next_digest_at", None)
		before = int(self.get_fact("Due and not sent"))
		task = self.task(due_on=add_days(today(), 40))
		frappe.db.set_value("Follow Up Task", task.name, "escalates_at", "2020-01-01")
		self.assertEqual(int(self.get_fact("Due and not sent")), before + 1)
		self.assertEqual(self.get_fact("Oldest due"), pretty_date(get_datetime("2020-01-01")))
		due = {"digest": 1, "next_digest_at": "2018-01-01"}
		frappe.db.set_value("Follow Up Preference", preference, due)
		self.assertEqual(int(self.get_fact("Due and not sent")), before + 2)
		self.assertEqual(self.get_fact("Oldest due"), pretty_date(get_datetime("2018-01-01")))
		frappe.db.set_value("Follow Up Preference", preference, "digest", 0)
		self.assertEqual(int(self.get_fact("Due and not sent")), before + 1)
		frappe.db.set_value("Follow Up Preference", preference, "digest", 1)
		self.set_settings(send_digests=0)
		self.assertEqual(int(self.get_fact("Due and not sent")), before + 1)
		frappe.db.set_value("Follow Up Task", task.name, "status", "Done")
		self.assertEqual(int(self.get_fact("Due and not sent")), before)

	def test_stopped_job_is_reported(self):
		self.set_settings(send_digests=1)
		self.task(due_on=add_days(today(), -40))
		frappe.db.set_value("Follow Up Preference", {"name": ("is", "set")}, "set_aside_because", None)
		with patch.object(reminder_health_services, "is_scheduler_disabled", lambda verbose: False):
			for job, word in (
				("reminders.mx_send_due_reminders", "sends reminders is stopped"),
				("digests.mx_send_digests", "sends digests is stopped"),
			):
				name = frappe.db.get_value(
					"Scheduled Job Type", {"method": f"micro_experiences.jobs.{job}"}, "name"
				)
				frappe.db.set_value("Scheduled Job Type", name, "stopped", 1)
				(trouble,) = self.get_health()["trouble"]
				self.assertIn(word, trouble)
				frappe.db.set_value("Scheduled Job Type", name, "stopped", 0)
			frappe.db.set_value("Scheduled Job Type", name, "stopped", 1)
			self.set_settings(send_digests=0)
			(trouble,) = self.get_health()["trouble"]
			self.assertIn("Reminders have been waiting since", trouble)

	def test_disabled_scheduler_is_reported(self):
		with patch.object(reminder_health_services, "is_scheduler_disabled", lambda verbose: True):
			(trouble,) = self.get_health()["trouble"]
		self.assertIn("The scheduler is off", trouble)
		with patch.object(reminder_health_services, "is_scheduler_disabled", lambda verbose: False):
			self.task(due_on=add_days(today(), -40))
			(trouble,) = self.get_health()["trouble"]
			self.assertIn("Reminders have been waiting since", trouble)
			with patch.dict(frappe.conf, {"maintenance_mode": 1}):
				(trouble,) = self.get_health()["trouble"]
		self.assertIn("maintenance", trouble)

	def test_failed_digests_are_reported(self):
		name = preferences.get_or_create()
		frappe.db.set_value("Follow Up Preference", {"name": ("!=", name)}, "set_aside_because", None)
		with patch.object(reminder_health_services, "is_scheduler_disabled", lambda verbose: True):
			self.assertEqual(len(self.get_health()["trouble"]), 1)
			frappe.db.set_value("Follow Up Preference", name, "set_aside_because", "no address")
			_off, mails = self.get_health()["trouble"]
		self.assertIn("1 digests could not be sent", mails)

	def test_failed_reminders_are_listed_without_text_and_retried(self):
		task, other = self.make_failed(subject="a secret"), self.make_failed()
		answer = self.get_health()
		row = next(row for row in answer["set_aside"] if row["name"] == task.name)
		self.assertEqual((row["customer"], row["because"]), (self.customer, "broken"))
		self.assertNotIn("secret", str(answer))
		with self.as_user(self.manager):
			self.assertEqual(reminder_health.retry_reminders(frappe.as_json([task.name])), {"tried": 1})
			self.assertEqual(reminder_health.retry_reminders([task.name]), {"tried": 0})
			self.assertTrue(frappe.db.get_value("Follow Up Task", task.name, "next_reminder_at"))
			self.assertTrue(frappe.db.get_value("Follow Up Task", other.name, "set_aside_at"))
			self.assertGreaterEqual(reminder_health.retry_reminders()["tried"], 1)
		self.assertFalse(frappe.db.get_value("Follow Up Task", other.name, "set_aside_at"))
