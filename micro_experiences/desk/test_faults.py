"""What breaks around us, or in us, put into every place where our code runs in somebody else's request."""

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

from micro_experiences.desk import banner, connections, people, safely
from micro_experiences.desk.bell import may_read
from micro_experiences.micro_experiences.doctype.follow_up_task import after_invoice
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.micro_experiences.doctype.gesture_wallet.kept import no_file_in_a_field
from micro_experiences.privacy import traces
from micro_experiences.testing import SiteTestCase, books_of, make_customer, make_user

OUR_TABLES = (
	*("tabPersonal Note", "tabGesture", "tabFollow Up", "tabNote Topic"),
	"tabMicro Experiences",
)
LEAVER = "mx.faultleaver@example.com"


class Bug(Exception):
	"""Something in our code that nobody thought of."""


# What a question to a table of ours may be answered with, when the site is half migrated, locked or overrun.
DATABASE = {
	"a table is missing": pymysql.err.ProgrammingError(1146, "Table 'site.tabPersonal Note' doesn't exist"),
	"a column is missing": pymysql.err.OperationalError(1054, "Unknown column 'pinned' in 'SELECT'"),
	"it takes too long": pymysql.err.OperationalError(1969, "max_statement_time exceeded"),
	"it waits for a lock": frappe.QueryTimeoutError("Lock wait timeout exceeded"),
	"it cannot be written": pymysql.err.OperationalError(1290, "running with the --read-only option"),
	"a bug of ours": Bug("on purpose"),
}


@contextmanager
def ours_fail(error: Exception, by_anybody: bool = True):
	"""Every question to a table of ours fails with `error`, or only those that our own code asks; all other tables are well.
	Yields the questions that failed."""
	asked = []
	real = frappe.db.sql

	def sql(query, *args, **kwargs):
		if any(f"`{table}" in str(query) for table in OUR_TABLES) and (by_anybody or asked_by_us()):
			asked.append(str(query))
			raise type(error)(*error.args)
		return real(query, *args, **kwargs)

	with patch.object(frappe.db, "sql", sql):
		yield asked


def asked_by_us() -> bool:
	"""Whether code of the app, and not of its tests, is at work."""
	files = (frame.filename for frame in inspect.stack(0))
	return any("/micro_experiences/" in file and "test" not in Path(file).name for file in files)


@contextmanager
def no_redis():
	"""Neither of the two Redis servers answers."""
	gone = redis.exceptions.ConnectionError("Connection refused")
	frappe.local.cache.clear()
	with patch.object(redis.Redis, "execute_command", side_effect=gone):
		yield
	frappe.local.cache.clear()


def opened(doctype: str, name: str):
	"""A form as the Desk opens it."""
	frappe.local.response = frappe._dict(docs=[])
	getdoc(doctype, name)
	return frappe.local.response.docs[0]


def saved(doc, action: str):
	"""A form as the Desk saves it; as it stands in the database then."""
	frappe.local.response = frappe._dict(docs=[])
	savedocs(doc.as_json(), action)
	return frappe.get_doc(doc.doctype, frappe.local.response.docs[0].name)


class FaultsTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		frappe.set_user("Administrator")

	def assert_forms_work(self):
		"""Customer and Sales Invoice open, are saved, submitted and cancelled, and nobody is told anything."""
		frappe.clear_messages()
		opened("Customer", self.customer)
		customer = frappe.get_doc("Customer", self.customer)
		customer.customer_details = frappe.generate_hash()
		kept = saved(customer, "Save")
		self.assertEqual(kept.customer_details, customer.customer_details)
		invoice = saved(self.invoice(), "Save")
		opened("Sales Invoice", invoice.name)
		invoice = saved(invoice, "Submit")
		self.assertEqual(invoice.docstatus, 1)
		opened("Sales Invoice", invoice.name)
		cancel("Sales Invoice", invoice.name)
		self.assertEqual(frappe.db.get_value("Sales Invoice", invoice.name, "docstatus"), 2)
		said = [str(message) for message in frappe.local.message_log]
		self.assertFalse([text for text in said if "on purpose" in text or "Micro" in text], said)


class TestForms(FaultsTestCase):
	def test_without_a_fault(self):
		self.task(repeats="After Last Invoice", every=3)
		self.note()
		self.assert_forms_work()
		self.assertIn("Takes tea.", frappe.as_json(opened("Customer", self.customer).get("__onload")))

	def test_when_our_tables_fail(self):
		self.task(repeats="After Last Invoice", every=3)
		self.note()
		for what, error in DATABASE.items():
			with self.subTest(what), ours_fail(error) as asked:
				self.assert_forms_work()
				self.assertTrue(asked, "the fault was met")
				self.assertNotIn("micro_experiences", opened("Customer", self.customer).get("__onload") or {})

	def test_when_neither_redis_answers(self):
		self.task(repeats="After Last Invoice", every=3)
		self.note()
		with no_redis():
			document = opened("Customer", self.customer)
			invoice = opened("Sales Invoice", self.invoice().name)
		for one in (document, invoice):
			self.assertIn("Takes tea.", frappe.as_json(one.get("__onload")))

	def test_when_the_settings_are_damaged(self):
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

	def test_when_a_row_is_damaged(self):
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

	def test_it_says_so_in_the_log_alone(self):
		before = frappe.db.count("Error Log")
		with ours_fail(Bug("on purpose")):
			opened("Customer", self.customer)
		self.assertEqual(frappe.db.count("Error Log"), before + 1)

	def test_a_log_that_cannot_be_written_stops_nobody(self):
		unwritable = patch.object(frappe, "log_error", side_effect=DATABASE["it cannot be written"])
		with unwritable as log, ours_fail(Bug("on purpose")):
			opened("Customer", self.customer)
			self.assertTrue(log.called)

	def test_a_deadlock_goes_on(self):
		with ours_fail(frappe.QueryDeadlockError("Deadlock found")):
			with self.assertRaises(frappe.QueryDeadlockError):
				opened("Customer", self.customer)

	def test_a_locked_table_is_given_up_soon_and_others_keep_their_time(self):
		asked = "select @@session.max_statement_time"
		ordinary = frappe.db.sql(asked)[0][0]
		limits = []
		with patch.object(banner, "payload_for", side_effect=lambda *_: limits.append(frappe.db.sql(asked))):
			opened("Customer", self.customer)
		self.assertEqual(limits[0][0][0], safely._SECONDS)
		self.assertEqual(frappe.db.sql(asked)[0][0], ordinary)

	def test_what_is_asked_within_does_not_lift_the_limit(self):
		@safely.never_fail
		def outer():
			safely.never_fail(lambda: None)()
			return frappe.db.sql("select @@session.max_statement_time")[0][0]

		self.assertEqual(outer(), safely._SECONDS)


class TestWhatIsWritten(FaultsTestCase):
	"""Deleting somebody else's document goes on; what our hook wrote before it failed is undone.

	Only what our own code asks fails here: Frappe asks every table that links to a document whether it is linked, ours too,
	and a column that is missing in any app's table stops it by itself.
	"""

	def gone(self, doctype: str, name: str) -> bool:
		frappe.delete_doc(doctype, name)
		return not frappe.db.exists(doctype, name)

	def test_a_customer_a_contact_a_user_and_a_group_go(self):
		for what, error in DATABASE.items():
			frappe.db.rollback(save_point="mx_test")
			customer = make_customer(f"MX Test Fault {what}")
			contact = self.contact(customer=customer)
			user = make_user(LEAVER, ("Sales User",))
			group = self.group(user)
			with self.subTest(what), ours_fail(error, by_anybody=False) as asked:
				for doctype, name in (
					("User Group", group),
					("Contact", contact),
					("Customer", customer),
					("User", user),
				):
					before = len(asked)
					self.assertTrue(self.gone(doctype, name), doctype)
					self.assertGreater(len(asked), before, f"{doctype}: the fault was met")

	def test_half_of_it_is_undone_and_the_rest_goes_on(self):
		customer = make_customer("MX Test Half")
		task = self.task(customer=customer).name
		note = self.note(customer=customer).name
		real, gone = traces.delete_rows, []

		def fails_at_the_last(doctype, names):
			real(doctype, names)
			gone.extend(names)
			if {task, note} <= set(gone):
				raise Bug("on purpose")

		with patch.object(traces, "delete_rows", fails_at_the_last):
			frappe.delete_doc("Customer", customer)
		self.assertLessEqual({task, note}, set(gone))
		self.assertFalse(frappe.db.exists("Customer", customer))
		self.assertTrue(frappe.db.exists("Follow Up Task", task), "what was deleted before is back")
		self.assertTrue(frappe.db.exists("Personal Note", note))

	def test_where_the_whole_transaction_is_gone_the_error_goes_on(self):
		@safely.never_fail_writing
		def hook():
			frappe.db.sql("rollback")
			raise frappe.QueryDeadlockError("Deadlock found")

		frappe.db.commit()  # nosemgrep: the hook undoes everything, as a deadlock does
		with self.assertRaises(frappe.QueryDeadlockError):
			hook()
		frappe.db.savepoint("mx_test")

	def test_a_journal_entry_is_made_cancelled_and_deleted(self):
		places = books_of(self.company)
		for what, error in DATABASE.items():
			with self.subTest(what), ours_fail(error, by_anybody=False) as asked:
				draft, entry = self.entry(places), self.entry(places)
				entry.submit()
				entry.cancel()
				self.assertEqual(frappe.db.get_value("Journal Entry", entry.name, "docstatus"), 2)
				met = len(asked)
				self.assertGreater(met, 0, "the fault was met")
				frappe.copy_doc(entry).update({"amended_from": entry.name, "docstatus": 0}).insert()
				self.assertGreater(len(asked), met)
				met = len(asked)
				self.assertTrue(self.gone("Journal Entry", draft.name))
				self.assertGreater(len(asked), met)

	def entry(self, places: dict[str, str]):
		lines = [
			{
				"account": places["expense_account"],
				"cost_center": places["cost_center"],
				"debit_in_account_currency": 5,
			},
			{"account": places["paid_from_account"], "credit_in_account_currency": 5},
		]
		values = {"doctype": "Journal Entry", "company": self.company, "posting_date": today()}
		return frappe.get_doc(values | {"accounts": lines}).insert()

	def test_a_file_is_kept_for_a_doctype_that_is_gone(self):
		values = {
			"doctype": "File",
			"file_name": "mx-test.txt",
			"content": "x",
			"attached_to_name": "x",
			"attached_to_field": "x",
		}
		for doctype in ("Not There", "Sales Invoice"):
			file = frappe.get_doc(values | {"attached_to_doctype": doctype})
			no_file_in_a_field(file)
		with self.assertRaises(frappe.PermissionError):
			no_file_in_a_field(frappe.get_doc(values | {"attached_to_doctype": "Gesture"}))


class TestAfterCommit(FaultsTestCase):
	"""What is done once the user's work is saved never says that it was not."""

	def run_after_commit(self):
		queued = list(frappe.db.after_commit._functions)
		frappe.db.after_commit.reset()
		for act in queued:
			act()

	def setUp(self):
		super().setUp()
		frappe.db.after_commit.reset()

	def test_the_queue_is_away_and_the_promise_is_counted_at_once(self):
		task = self.task(repeats="After Last Invoice", every=3)
		with (
			patch.object(frappe, "enqueue", side_effect=redis.exceptions.ConnectionError("refused")),
			# What a job writes is kept at once; here it is rolled back with the test.
			patch.object(after_invoice.workers, "kept", lambda write: write()),
		):
			invoice = self.invoice()
			invoice.submit()
			self.run_after_commit()
		task.reload()
		self.assertEqual(str(task.due_on), str(frappe.utils.add_days(invoice.posting_date, 3)))

	def test_the_queue_is_there_and_a_worker_is_asked(self):
		self.task(repeats="After Last Invoice", every=3)
		with patch.object(frappe, "enqueue") as asked:
			invoice = self.invoice()
			invoice.submit()
			ours = [call for call in asked.call_args_list if call.args[:1] == (after_invoice.count_anew,)]
			self.assertEqual(ours, [], "not before the invoice is kept")
			self.run_after_commit()
		ours = [call for call in asked.call_args_list if call.args[:1] == (after_invoice.count_anew,)]
		self.assertEqual([call.kwargs["customer"] for call in ours], [self.customer])

	def test_an_error_then_is_logged_and_raised_to_nobody(self):
		before = frappe.db.count("Error Log")

		def fails():
			raise Bug("on purpose")

		safely.after_commit(fails)
		self.run_after_commit()
		self.assertEqual(frappe.db.count("Error Log"), before + 1)

	def test_a_cache_that_hangs_does_not_unsave_a_user(self):
		hangs = redis.exceptions.TimeoutError("Timeout reading from socket")
		with patch.object(frappe.cache, "delete_value", side_effect=hangs) as asked:
			people.user_changed(None)
			ledger.forget_budgets()
			self.run_after_commit()
			keys = [call.args[0] for call in asked.call_args_list]
		for key in ("micro_experiences:first_names", "micro_experiences:budgets"):
			self.assertEqual(keys.count(key), 2, "at once, and once the change is kept")


class TestConnections(FaultsTestCase):
	def counted(self, doctype: str, name: str) -> set[str]:
		found = get_open_count(doctype, name)["count"]["external_links_found"]
		return {row["doctype"] for row in found}

	def test_what_is_not_migrated_yet_takes_no_other_count_along(self):
		everything = self.counted("Customer", self.customer)
		self.assertLessEqual({"Personal Note", "Gesture", "Sales Invoice"}, everything)
		there, columns = frappe.db.table_exists, frappe.db.has_column
		with patch.object(
			frappe.db, "table_exists", lambda doctype, *args: doctype != "Gesture" and there(doctype, *args)
		):
			frappe.clear_cache(doctype="Customer")
			self.assertEqual(self.counted("Customer", self.customer), everything - {"Gesture"})
		with patch.object(
			frappe.db,
			"has_column",
			lambda doctype, field: doctype != "Personal Note" and columns(doctype, field),
		):
			frappe.clear_cache(doctype="Customer")
			self.assertEqual(self.counted("Customer", self.customer), everything - {"Personal Note"})
		frappe.clear_cache(doctype="Customer")

	def test_ours_that_cannot_be_counted_take_no_other_count_along(self):
		self.note()

		def counts() -> dict[str, int]:
			found = connections.counts("Customer", self.customer)["count"]["external_links_found"]
			return {row["doctype"]: row["count"] for row in found}

		for user in ("Administrator", self.rep):
			with self.as_user(user):
				well = counts()
				self.assertEqual(well["Personal Note"], 1)
				nothing = dict.fromkeys(("Personal Note", "Gesture", "Follow Up Task"), 0)
				for what, error in DATABASE.items():
					frappe.clear_messages()
					with self.subTest(what, user=user), ours_fail(error) as asked:
						self.assertEqual(counts(), well | nothing)
						self.assertTrue(asked, "the fault was met")
						self.assertEqual(frappe.local.message_log, [])
				with ours_fail(frappe.QueryDeadlockError("Deadlock found")):
					self.assertRaises(frappe.QueryDeadlockError, counts)

	def test_an_error_leaves_the_connections_as_they_were(self):
		for add in (connections.add, connections.add_by_reference, connections.add_wallet):
			with patch.object(frappe.db, "table_exists", side_effect=Bug("on purpose")):
				data = {"fieldname": "customer", "transactions": [{"label": "x", "items": ["Sales Invoice"]}]}
				given = add(frappe._dict(data))
				self.assertEqual(given["transactions"], [{"label": "x", "items": ["Sales Invoice"]}])


class TestDenying(FaultsTestCase):
	"""Where nothing can be asked, nothing is shown."""

	def test_a_rule_of_sight_that_fails_shows_nothing(self):
		note = self.note("Only for some eyes.")
		with self.as_user(self.colleague), ours_fail(DATABASE["a table is missing"]):
			for road in (
				partial(frappe.get_list, "Personal Note", pluck="note"),
				partial(frappe.has_permission, "Personal Note", "read", doc=note.name),
			):
				try:
					answer = road()
				except Exception:
					continue
				self.assertFalse(answer)

	def test_notifications_of_others_stay_readable_and_ours_closed(self):
		theirs = frappe._dict(document_type="Sales Invoice", for_user="somebody@example.com")
		with ours_fail(Bug("on purpose")), no_redis():
			self.assertIsNot(may_read(theirs, "read", self.rep), False)
			self.assertFalse(may_read(frappe._dict(for_user=self.colleague), "read", self.rep))
			self.assertFalse(may_read(frappe._dict(), "read", self.rep))
