from unittest.mock import patch

import frappe
from frappe.utils import add_days, get_datetime, now_datetime, pretty_date, today

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

	def test_escalations_and_digests_wait_too(self):
		preference = preferences.mine()
		frappe.db.set_value("Follow Up Preference", {"name": ("is", "set")}, "next_digest_at", None)
		before = int(self.fact("Due and not sent"))
		task = self.task(due_on=add_days(today(), 40))
		frappe.db.set_value("Follow Up Task", task.name, "escalates_at", "2020-01-01")
		self.assertEqual(int(self.fact("Due and not sent")), before + 1)
		self.assertEqual(self.fact("Oldest of them"), pretty_date(get_datetime("2020-01-01")))
		due = {"digest": 1, "next_digest_at": "2018-01-01"}
		frappe.db.set_value("Follow Up Preference", preference, due)
		self.assertEqual(int(self.fact("Due and not sent")), before + 2)
		self.assertEqual(self.fact("Oldest of them"), pretty_date(get_datetime("2018-01-01")))
		frappe.db.set_value("Follow Up Preference", preference, "digest", 0)
		self.assertEqual(int(self.fact("Due and not sent")), before + 1)
		frappe.db.set_value("Follow Up Preference", preference, "digest", 1)
		self.set_settings(send_digests=0)
		self.assertEqual(int(self.fact("Due and not sent")), before + 1)
		frappe.db.set_value("Follow Up Task", task.name, "status", "Done")
		self.assertEqual(int(self.fact("Due and not sent")), before)

	def test_a_job_that_was_stopped_is_said(self):
		self.set_settings(send_digests=1)
		self.task(due_on=add_days(today(), -40))
		frappe.db.set_value("Follow Up Preference", {"name": ("is", "set")}, "set_aside_because", None)
		with patch.object(health, "is_scheduler_disabled", lambda verbose: False):
			for job, told in (
				("reminders.mx_send_due_reminders", "sends reminders is stopped"),
				("digests.mx_send_digests", "sends digests is stopped"),
			):
				name = frappe.db.get_value(
					"Scheduled Job Type", {"method": f"micro_experiences.jobs.{job}"}, "name"
				)
				frappe.db.set_value("Scheduled Job Type", name, "stopped", 1)
				(trouble,) = self.reminders()["trouble"]
				self.assertIn(told, trouble)
				frappe.db.set_value("Scheduled Job Type", name, "stopped", 0)
			frappe.db.set_value("Scheduled Job Type", name, "stopped", 1)
			self.set_settings(send_digests=0)
			(trouble,) = self.reminders()["trouble"]
			self.assertIn("Reminders wait since", trouble)

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
