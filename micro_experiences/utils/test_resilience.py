"""Resilience: real faults wherever the app's code runs in requests for other apps' documents."""

import inspect
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from unittest.mock import patch

import frappe
import pymysql
import redis
from frappe.desk.form.load import getdoc
from frappe.desk.form.save import cancel, savedocs
from frappe.desk.notifications import get_open_count
from frappe.utils import today

from micro_experiences.api import connections
from micro_experiences.overrides import customer, journal_entry, sales_invoice, user
from micro_experiences.permissions import budget_access
from micro_experiences.permissions.framework_records import has_notification_permission
from micro_experiences.services import banner, follow_ups, traces
from micro_experiences.tests.utils import SiteTestCase, make_accounts, make_customer, make_user
from micro_experiences.utils import background_jobs, resilience, transactions

APP_TABLES = ("tabPersonal Note", "tabGesture", "tabFollow Up", "tabNote Topic", "tabMicro Experiences")
LEAVER = "mx.faultleaver@example.com"


class Bug(Exception):
	"""An unexpected error in the app."""


# Errors of queries on the app's tables, when the site is half migrated, locked or overloaded.
DATABASE = {
	"a table is missing": pymysql.err.ProgrammingError(1146, "Table 'site.tabPersonal Note' doesn't exist"),
	"a column is missing": pymysql.err.OperationalError(1054, "Unknown column 'pinned' in 'SELECT'"),
	"it takes too long": pymysql.err.OperationalError(1969, "max_statement_time exceeded"),
	"it waits for a lock": frappe.QueryTimeoutError("Lock wait timeout exceeded"),
	"it cannot be written": pymysql.err.OperationalError(1290, "running with the --read-only option"),
	"a bug in the app": Bug("on purpose"),
}


@contextmanager
def app_tables_fail(error: Exception, any_caller: bool = True):
	"""Make queries on the app's tables fail with `error`: all of them, or only those from the app's code.

	Yields the queries that failed.
	"""
	failed = []
	real = frappe.db.sql

	def sql(query, *args, **kwargs):
		# Frappe's cache of dynamic links queries every app's tables, and would fail for any app.
		exempt = str(query).startswith("select distinct")
		is_app_query = any(f"`{table}" in str(query) for table in APP_TABLES) and not exempt
		if is_app_query and (any_caller or is_called_by_app()):
			failed.append(str(query))
			raise type(error)(*error.args)
		return real(query, *args, **kwargs)

	with patch.object(frappe.db, "sql", sql):
		yield failed


def is_called_by_app() -> bool:
	"""Return whether code of the app, other than its tests, is on the stack."""
	files = (frame.filename for frame in inspect.stack(0))
	return any("/micro_experiences/" in file and "test" not in Path(file).name for file in files)


@contextmanager
def no_redis():
	"""Make both Redis servers unreachable."""
	gone = redis.exceptions.ConnectionError("Connection refused")
	frappe.local.cache.clear()
	with patch.object(redis.Redis, "execute_command", side_effect=gone):
		yield
	frappe.local.cache.clear()


def open_form(doctype: str, name: str):
	"""Open a form as the Desk does."""
	frappe.local.response = frappe._dict(docs=[])
	getdoc(doctype, name)
	return frappe.local.response.docs[0]


def save_form(doc, action: str):
	"""Save a form as the Desk does, and return the document from the database."""
	frappe.local.response = frappe._dict(docs=[])
	savedocs(doc.as_json(), action)
	return frappe.get_doc(doc.doctype, frappe.local.response.docs[0].name)


class FaultsTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		frappe.set_user("Administrator")

	def assert_forms_work(self):
		"""Assert that Customer and Sales Invoice open, save, submit and cancel without messages of the app."""
		frappe.clear_messages()
		open_form("Customer", self.customer)
		customer = frappe.get_doc("Customer", self.customer)
		customer.customer_details = frappe.generate_hash()
		saved = save_form(customer, "Save")
		self.assertEqual(saved.customer_details, customer.customer_details)
		invoice = save_form(self.invoice(), "Save")
		open_form("Sales Invoice", invoice.name)
		invoice = save_form(invoice, "Submit")
		self.assertEqual(invoice.docstatus, 1)
		open_form("Sales Invoice", invoice.name)
		cancel("Sales Invoice", invoice.name)
		self.assertEqual(frappe.db.get_value("Sales Invoice", invoice.name, "docstatus"), 2)
		messages = [str(message) for message in frappe.local.message_log]
		self.assertFalse([text for text in messages if "on purpose" in text or "Micro" in text], messages)


class TestForms(FaultsTestCase):
	def test_forms_work_with_and_without_failing_tables_of_the_app(self):
		self.task(repeats="After Last Invoice", every=3)
		self.note()
		self.assert_forms_work()
		self.assertIn("Takes tea.", frappe.as_json(open_form("Customer", self.customer).get("__onload")))
		for what, error in DATABASE.items():
			with self.subTest(what), app_tables_fail(error) as failed:
				self.assert_forms_work()
				self.assertTrue(failed, "no query failed")
				self.assertNotIn(
					"micro_experiences", open_form("Customer", self.customer).get("__onload") or {}
				)

	def test_banner_is_shown_without_redis(self):
		self.task(repeats="After Last Invoice", every=3)
		self.note()
		with no_redis():
			document = open_form("Customer", self.customer)
			invoice = open_form("Sales Invoice", self.invoice().name)
		for one in (document, invoice):
			self.assertIn("Takes tea.", frappe.as_json(one.get("__onload")))

	def test_forms_work_with_damaged_settings(self):
		self.note()
		for field, value in (
			("lines_in_banner", "three"),
			("moment_fresh_days", "{"),
			("rest_days", ""),
			("show_on_customer", "no"),
		):
			with self.subTest(field):
				frappe.db.delete("Singles", {"doctype": "Micro Experiences Settings", "field": field})
				frappe.db.sql(
					"insert into `tabSingles` (doctype, field, value) values ('Micro Experiences Settings', %s, %s)",
					(field, value),
				)
				frappe.clear_document_cache("Micro Experiences Settings", "Micro Experiences Settings")
				self.assert_forms_work()
		frappe.db.delete("Singles", {"doctype": "Micro Experiences Settings"})
		frappe.clear_document_cache("Micro Experiences Settings", "Micro Experiences Settings")
		self.assert_forms_work()
		self.addCleanup(
			frappe.clear_document_cache, "Micro Experiences Settings", "Micro Experiences Settings"
		)

	def test_forms_work_with_damaged_rows(self):
		strict = frappe.db.sql("select @@sql_mode")[0][0]
		self.addCleanup(frappe.db.sql, "set session sql_mode = %s", strict)
		frappe.db.sql("set session sql_mode = ''")
		for doctype, made, values in (
			("Personal Note", self.note, {"heard_on": "0000-00-00"}),
			("Personal Note", self.note, {"note": None, "kind": "Nothing", "heard_by": "nobody"}),
			("Personal Note", self.note, {"kind": "Occasion", "occasion_on": "0000-00-00"}),
			("Follow Up Task", self.task, {"due_on": "0000-00-00"}),
			("Follow Up Task", self.task, {"due_on": None, "subject": None, "assigned_to": None}),
		):
			with self.subTest(doctype, values=values):
				name = made().name
				frappe.db.set_value(doctype, name, values, update_modified=False)
				self.assert_forms_work()
				frappe.db.delete(doctype, {"name": name})

	def test_error_is_logged_once(self):
		before = frappe.db.count("Error Log")
		with app_tables_fail(Bug("on purpose")):
			open_form("Customer", self.customer)
		self.assertEqual(frappe.db.count("Error Log"), before + 1)

	def test_form_opens_when_error_log_cannot_be_written(self):
		unwritable = patch.object(frappe, "log_error", side_effect=DATABASE["it cannot be written"])
		with unwritable as log, app_tables_fail(Bug("on purpose")):
			open_form("Customer", self.customer)
			self.assertTrue(log.called)

	def test_deadlock_is_raised_again(self):
		with app_tables_fail(frappe.QueryDeadlockError("Deadlock found")):
			with self.assertRaises(frappe.QueryDeadlockError):
				open_form("Customer", self.customer)

	def test_query_time_is_limited_within_hook_only(self):
		query = "select @@session.max_statement_time"
		default = frappe.db.sql(query)[0][0]
		limits = []
		with patch.object(
			banner, "get_banner_payload", side_effect=lambda *_: limits.append(frappe.db.sql(query))
		):
			open_form("Customer", self.customer)
		self.assertEqual(limits[0][0][0], resilience._MAX_QUERY_SECONDS)
		self.assertEqual(frappe.db.sql(query)[0][0], default)

	def test_nested_hook_keeps_time_limit(self):
		@resilience.fail_safe
		def outer():
			resilience.fail_safe(lambda: None)()
			return frappe.db.sql("select @@session.max_statement_time")[0][0]

		self.assertEqual(outer(), resilience._MAX_QUERY_SECONDS)


class TestWritingHooks(FaultsTestCase):
	"""Other apps' documents are deleted although a hook fails, and the hook's own changes are rolled back.

	Only queries of the app's code fail here: Frappe itself queries the tables that link to a deleted document, and would
	fail for any app.
	"""

	def can_delete(self, doctype: str, name: str) -> bool:
		frappe.delete_doc(doctype, name)
		return not frappe.db.exists(doctype, name)

	def test_documents_are_deleted_when_hooks_fail(self):
		for what, error in DATABASE.items():
			frappe.db.rollback(save_point="mx_test")
			customer = make_customer(f"MX Test Fault {what}")
			contact = self.contact(customer=customer)
			user = make_user(LEAVER, ("Sales User",))
			group = self.group(user)
			with self.subTest(what), app_tables_fail(error, any_caller=False) as failed:
				for doctype, name in (
					("User Group", group),
					("Contact", contact),
					("Customer", customer),
					("User", user),
				):
					before = len(failed)
					self.assertTrue(self.can_delete(doctype, name), doctype)
					self.assertGreater(len(failed), before, f"{doctype}: the fault was met")

	def test_partial_changes_of_failed_hook_are_rolled_back(self):
		customer = make_customer("MX Test Half")
		task = self.task(customer=customer).name
		note = self.note(customer=customer).name
		real, deleted = traces.delete_documents, []

		def fail_after_last(doctype, names):
			real(doctype, names)
			deleted.extend(names)
			if {task, note} <= set(deleted):
				raise Bug("on purpose")

		with patch.object(traces, "delete_documents", fail_after_last):
			frappe.delete_doc("Customer", customer)
		self.assertLessEqual({task, note}, set(deleted))
		self.assertFalse(frappe.db.exists("Customer", customer))
		self.assertTrue(frappe.db.exists("Follow Up Task", task), "restored")
		self.assertTrue(frappe.db.exists("Personal Note", note))

	def test_error_is_raised_again_when_transaction_is_lost(self):
		@resilience.fail_safe_write
		def hook():
			frappe.db.sql("rollback")
			raise frappe.QueryDeadlockError("Deadlock found")

		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- the hook rolls everything back, like a deadlock
		with self.assertRaises(frappe.QueryDeadlockError):
			hook()
		frappe.db.savepoint("mx_test")

	def test_journal_entry_works_when_hooks_fail(self):
		accounts = make_accounts(self.company)
		for what, error in DATABASE.items():
			with self.subTest(what), app_tables_fail(error, any_caller=False) as failed:
				draft, entry = self.make_entry(accounts), self.make_entry(accounts)
				entry.submit()
				entry.cancel()
				self.assertEqual(frappe.db.get_value("Journal Entry", entry.name, "docstatus"), 2)
				met = len(failed)
				self.assertGreater(met, 0, "no query failed")
				frappe.copy_doc(entry).update({"amended_from": entry.name, "docstatus": 0}).insert()
				self.assertGreater(len(failed), met)
				met = len(failed)
				self.assertTrue(self.can_delete("Journal Entry", draft.name))
				self.assertGreater(len(failed), met)

	def make_entry(self, accounts: dict[str, str]):
		lines = [
			{
				"account": accounts["expense_account"],
				"cost_center": accounts["cost_center"],
				"debit_in_account_currency": 5,
			},
			{"account": accounts["paid_from_account"], "credit_in_account_currency": 5},
		]
		values = {"doctype": "Journal Entry", "company": self.company, "posting_date": today()}
		return frappe.get_doc(values | {"accounts": lines}).insert()


class TestAfterCommit(FaultsTestCase):
	"""Errors after the commit are never reported as a failed save."""

	def run_after_commit(self):
		queued = list(frappe.db.after_commit._functions)
		frappe.db.after_commit.reset()
		for act in queued:
			act()

	def setUp(self):
		super().setUp()
		frappe.db.after_commit.reset()

	def test_follow_up_is_recounted_immediately_without_queue(self):
		task = self.task(repeats="After Last Invoice", every=3)
		with (
			patch.object(frappe, "enqueue", side_effect=redis.exceptions.ConnectionError("refused")),
			# Do not commit, so that the test is rolled back.
			patch.object(transactions, "commit_with_retry", lambda write: write()),
		):
			invoice = self.invoice()
			invoice.submit()
			self.run_after_commit()
		task.reload()
		self.assertEqual(str(task.due_on), str(frappe.utils.add_days(invoice.posting_date, 3)))

	def test_recount_is_enqueued_after_commit(self):
		self.task(repeats="After Last Invoice", every=3)
		with patch.object(frappe, "enqueue") as enqueue:
			self.invoice().submit()
			self.assertNotIn(
				follow_ups.recount_after_invoice, [call.args[0] for call in enqueue.call_args_list]
			)
			self.run_after_commit()
		calls = [call for call in enqueue.call_args_list if call.args[0] == follow_ups.recount_after_invoice]
		self.assertEqual([call.kwargs["customer"] for call in calls], [self.customer])

	def test_error_after_commit_is_logged_and_not_raised(self):
		before = frappe.db.count("Error Log")

		def fails():
			raise Bug("on purpose")

		background_jobs.run_after_commit(fails)
		self.run_after_commit()
		self.assertEqual(frappe.db.count("Error Log"), before + 1)

	def test_user_is_saved_when_cache_times_out(self):
		hangs = redis.exceptions.TimeoutError("Timeout reading from socket")
		with patch.object(frappe.cache, "delete_value", side_effect=hangs) as delete_value:
			user.on_update(None)
			budget_access.clear_budget_cache()
			self.run_after_commit()
			keys = [call.args[0] for call in delete_value.call_args_list]
		for key in ("micro_experiences:first_names", "micro_experiences:budgets"):
			self.assertEqual(keys.count(key), 2, "before and after the commit")


class TestConnections(FaultsTestCase):
	def get_counted_doctypes(self, doctype: str, name: str) -> set[str]:
		found = get_open_count(doctype, name)["count"]["external_links_found"]
		return {row["doctype"] for row in found}

	def test_other_counts_are_shown_when_table_or_column_is_missing(self):
		everything = self.get_counted_doctypes("Customer", self.customer)
		self.assertLessEqual({"Personal Note", "Gesture", "Sales Invoice"}, everything)
		there, columns = frappe.db.table_exists, frappe.db.has_column
		with patch.object(
			frappe.db, "table_exists", lambda doctype, *args: doctype != "Gesture" and there(doctype, *args)
		):
			frappe.clear_cache(doctype="Customer")
			self.assertEqual(self.get_counted_doctypes("Customer", self.customer), everything - {"Gesture"})
		with patch.object(
			frappe.db,
			"has_column",
			lambda doctype, field: doctype != "Personal Note" and columns(doctype, field),
		):
			frappe.clear_cache(doctype="Customer")
			self.assertEqual(
				self.get_counted_doctypes("Customer", self.customer), everything - {"Personal Note"}
			)
		frappe.clear_cache(doctype="Customer")

	def test_other_counts_are_shown_when_tables_of_the_app_fail(self):
		self.note()

		def counts() -> dict[str, int]:
			found = connections.get_counts("Customer", self.customer)["count"]["external_links_found"]
			return {row["doctype"]: row["count"] for row in found}

		for viewer in ("Administrator", self.rep):
			with self.as_user(viewer):
				well = counts()
				self.assertEqual(well["Personal Note"], 1)
				nothing = dict.fromkeys(("Personal Note", "Gesture", "Follow Up Task"), 0)
				for what, error in DATABASE.items():
					frappe.clear_messages()
					with self.subTest(what, user=viewer), app_tables_fail(error) as failed:
						self.assertEqual(counts(), well | nothing)
						self.assertTrue(failed, "no query failed")
						self.assertEqual(frappe.local.message_log, [])
				with app_tables_fail(frappe.QueryDeadlockError("Deadlock found")):
					self.assertRaises(frappe.QueryDeadlockError, counts)

	def test_dashboard_is_unchanged_when_hook_fails(self):
		for add in (
			customer.get_dashboard_data,
			sales_invoice.get_dashboard_data,
			journal_entry.get_dashboard_data,
		):
			with patch.object(frappe.db, "table_exists", side_effect=Bug("on purpose")):
				data = {"fieldname": "customer", "transactions": [{"label": "x", "items": ["Sales Invoice"]}]}
				given = add(frappe._dict(data))
				self.assertEqual(given["transactions"], [{"label": "x", "items": ["Sales Invoice"]}])


class TestPermissionFaults(FaultsTestCase):
	"""A permission rule that cannot be evaluated shows nothing."""

	def test_failing_visibility_rule_shows_nothing(self):
		note = self.note("Only for some eyes.")
		with self.as_user(self.colleague), app_tables_fail(DATABASE["a table is missing"]):
			for read in (
				partial(frappe.get_list, "Personal Note", pluck="note"),
				partial(frappe.has_permission, "Personal Note", "read", doc=note.name),
			):
				try:
					shown = read()
				except Exception:
					continue
				self.assertFalse(shown)

	def test_failing_notification_rule_hides_only_own_notifications(self):
		other = frappe._dict(document_type="Sales Invoice", for_user="somebody@example.com")
		with app_tables_fail(Bug("on purpose")), no_redis():
			self.assertIsNot(has_notification_permission(other, "read", self.rep), False)
			self.assertFalse(
				has_notification_permission(frappe._dict(for_user=self.colleague), "read", self.rep)
			)
			self.assertFalse(has_notification_permission(frappe._dict(), "read", self.rep))
