"""Notifications: who gets one, and reports of jobs to managers."""

from unittest.mock import patch

import frappe
import frappe.client

from micro_experiences.tests.utils import SiteTestCase
from micro_experiences.utils import notifications

TITLE = "Micro Experiences: a test of reports"


class NotificationTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		# What modules that commit have left.
		users = (self.rep, self.colleague, self.lead, self.manager)
		frappe.db.delete("Notification Log", {"for_user": ("in", users)})

	def get_notifications(self, user: str) -> list:
		return frappe.get_all(
			"Notification Log",
			filters={"for_user": user},
			fields=["name", "subject", "document_type", "document_name", "email_content"],
		)

	def disable_notifications(self, *users: str):
		for user in users:
			frappe.get_doc("Notification Settings", user).db_set("enabled", 0)


class TestNotifyUsers(NotificationTestCase):
	def test_user_with_disabled_notifications_gets_none(self):
		task = self.task()
		self.disable_notifications(self.rep)
		lines = [(user, "It is due.", "Follow Up Task", task.name) for user in (self.rep, self.colleague)]
		notifications.notify_users(lines)
		self.assertEqual(self.get_notifications(self.rep), [])
		(notification,) = self.get_notifications(self.colleague)
		self.assertEqual(
			(notification.subject, notification.document_name, notification.email_content),
			("It is due.", task.name, None),
		)

	def test_user_without_notification_settings_gets_one(self):
		frappe.db.delete("Notification Settings", {"name": self.rep})
		notifications.notify_users([(self.rep, "It is due.", "Follow Up Task", "PROMISE-1")])
		self.assertEqual(len(self.get_notifications(self.rep)), 1)

	def test_query_count_does_not_depend_on_users(self):
		def count_queries(users) -> int:
			lines = [(user, "It is due.", "Follow Up Task", "PROMISE-1") for user in users]
			with patch.object(frappe.db, "sql", wraps=frappe.db.sql) as sql:
				notifications.notify_users(lines)
			return sql.call_count

		count_queries([self.rep])
		one = count_queries([self.rep])
		self.assertEqual(count_queries([self.rep, self.colleague, self.lead, self.manager]), one)


class TestGetManagers(NotificationTestCase):
	def test_disabled_user_is_not_a_manager(self):
		self.assertIn(self.manager, notifications.get_managers())
		self.assertFalse({self.rep, self.lead} & notifications.get_managers().keys())
		frappe.db.set_value("User", self.manager, "enabled", 0)
		self.assertNotIn(self.manager, notifications.get_managers())


class TestReportToManagers(NotificationTestCase):
	def setUp(self):
		super().setUp()
		# The Error Log is not rolled back.
		self.addCleanup(frappe.db.delete, "Error Log", {"method": TITLE})

	def report(self, rows) -> frappe._dict:
		notifications.report_to_managers("a test of reports", rows, "2 things differ.")
		(notification,) = self.get_notifications(self.manager)
		return notification

	def test_report_is_escaped_and_visible_to_managers_only(self):
		notification = self.report({"WALLET-1": "<img src=x onerror=alert(1)> & more"})
		self.assertEqual((notification.document_type, notification.document_name), (None, None))
		with self.as_user(self.manager):
			read = frappe.client.get("Notification Log", notification.name)
			self.assertFalse(frappe.has_permission("Error Log", "read"))
		self.assertIn("WALLET-1", read["email_content"])
		self.assertIn("&lt;img src=x", read["email_content"])
		self.assertNotIn("<img", read["email_content"])
		for user in (self.rep, self.lead, self.outsider):
			with self.as_user(user):
				for named in ({"name": notification.name}, {"filters": {"for_user": self.manager}}):
					with self.assertRaises(frappe.PermissionError):
						frappe.client.get("Notification Log", **named)
				self.assertEqual(frappe.get_list("Notification Log", {"for_user": self.manager}), [])
		self.assertEqual(self.get_notifications(self.rep), [])
		self.assertEqual(frappe.db.count("Error Log", {"method": TITLE}), 1)

	def test_long_report_is_truncated_but_complete_in_error_log(self):
		rows = {f"WALLET-{number}": "It differs." for number in range(2000)}
		notification = self.report(rows)
		self.assertLess(len(notification.email_content), 20_000)
		self.assertIn("…", notification.email_content)
		self.assertIn("WALLET-1999", frappe.db.get_value("Error Log", {"method": TITLE}, "error"))
