from unittest.mock import patch

import frappe
import frappe.client

from micro_experiences.desk import bell
from micro_experiences.testing import SiteTestCase

TITLE = "Micro Experiences: a test of reports"


class BellTestCase(SiteTestCase):
	def bells(self, user: str) -> list:
		return frappe.get_all(
			"Notification Log",
			filters={"for_user": user},
			fields=["name", "subject", "document_type", "document_name", "email_content"],
		)

	def switch_off(self, *users: str):
		for user in users:
			frappe.get_doc("Notification Settings", user).db_set("enabled", 0)


class TestRing(BellTestCase):
	def test_whoever_wants_no_notifications_gets_none(self):
		task = self.task()
		self.switch_off(self.rep)
		lines = [(user, "It is due.", "Follow Up Task", task.name) for user in (self.rep, self.colleague)]
		bell.ring(lines)
		self.assertEqual(self.bells(self.rep), [])
		(told,) = self.bells(self.colleague)
		self.assertEqual(
			(told.subject, told.document_name, told.email_content), ("It is due.", task.name, None)
		)

	def test_nor_where_nobody_else_is_told(self):
		self.switch_off(self.rep)
		bell.ring([(self.rep, "It is due.", "Follow Up Task", "PROMISE-1")])
		bell.ring([])
		self.assertEqual(self.bells(self.rep), [])

	def test_who_has_no_settings_yet_is_told(self):
		frappe.db.delete("Notification Settings", {"name": self.rep})
		bell.ring([(self.rep, "It is due.", "Follow Up Task", "PROMISE-1")])
		self.assertEqual(len(self.bells(self.rep)), 1)

	def test_one_query_for_however_many(self):
		def queries(users) -> int:
			lines = [(user, "It is due.", "Follow Up Task", "PROMISE-1") for user in users]
			with patch.object(frappe.db, "sql", wraps=frappe.db.sql) as asked:
				bell.ring(lines)
			return asked.call_count

		queries([self.rep])
		one = queries([self.rep])
		self.assertEqual(queries([self.rep, self.colleague, self.lead, self.manager]), one)


class TestManagers(BellTestCase):
	def test_who_has_left_is_none_any_more(self):
		self.assertIn(self.manager, bell.managers())
		self.assertFalse({self.rep, self.lead} & bell.managers().keys())
		frappe.db.set_value("User", self.manager, "enabled", 0)
		self.assertNotIn(self.manager, bell.managers())


class TestReport(BellTestCase):
	def setUp(self):
		super().setUp()
		# The table of errors knows no rollback.
		self.addCleanup(frappe.db.delete, "Error Log", {"method": TITLE})

	def report(self, rows) -> frappe._dict:
		bell.report("a test of reports", rows, "2 things differ.")
		(told,) = self.bells(self.manager)
		return told

	def test_a_manager_reads_the_rows_and_nobody_else(self):
		told = self.report({"WALLET-1": "<img src=x onerror=alert(1)> & more"})
		self.assertEqual((told.document_type, told.document_name), (None, None))
		with self.as_user(self.manager):
			read = frappe.client.get("Notification Log", told.name)
			self.assertFalse(frappe.has_permission("Error Log", "read"))
		self.assertIn("WALLET-1", read["email_content"])
		self.assertIn("&lt;img src=x", read["email_content"])
		self.assertNotIn("<img", read["email_content"])
		for user in (self.rep, self.lead, self.outsider):
			with self.as_user(user):
				for named in ({"name": told.name}, {"filters": {"for_user": self.manager}}):
					with self.assertRaises(frappe.PermissionError):
						frappe.client.get("Notification Log", **named)
				self.assertEqual(frappe.get_list("Notification Log", {"for_user": self.manager}), [])
		self.assertEqual(self.bells(self.rep), [])
		self.assertEqual(frappe.db.count("Error Log", {"method": TITLE}), 1)

	def test_a_long_one_is_cut_and_whole_in_the_error_log(self):
		rows = {f"WALLET-{number}": "It differs." for number in range(2000)}
		told = self.report(rows)
		self.assertLess(len(told.email_content), 20_000)
		self.assertIn("…", told.email_content)
		self.assertIn("WALLET-1999", frappe.db.get_value("Error Log", {"method": TITLE}, "error"))
