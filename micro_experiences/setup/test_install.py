"""Installation, sample data and their exact inverse."""

import contextlib
import io
from unittest.mock import patch

import frappe
from frappe.utils import add_days, today

from micro_experiences.api import gestures, notes
from micro_experiences.services import banner, ledger
from micro_experiences.setup import install, sample_data, seeds
from micro_experiences.setup.sample_rows import PEOPLE
from micro_experiences.tests.utils import SiteTestCase

# Tables that do not show whether the sample data was removed: logs of the site, naming counters, which are not reset, and the
# search index, which a rollback does not undo.
_IGNORED_TABLES = frozenset(
	(
		"tabActivity Log",
		"tabError Log",
		"tabScheduled Job Log",
		"tabSessions",
		"tabSeries",
		"__global_search",
	)
)


def count_rows() -> dict[str, int]:
	"""Return the number of rows of each table of the site."""
	tables = frappe.db.sql_list(
		"select table_name from information_schema.tables where table_schema = database() and table_type = 'BASE TABLE'"
	)
	counts = {}
	for table in tables:
		if table not in _IGNORED_TABLES:
			counts[table] = frappe.db.sql(f"select count(*) from `{table}`")[0][0]
	return counts


def get_site_values() -> set[tuple]:
	"""Return the values of all Singles and defaults, which row counts do not cover."""
	singles = frappe.db.sql("select doctype, field, value from `tabSingles`")
	defaults = frappe.db.sql("select parent, defkey, defvalue from `tabDefaultValue`")
	return {("single", *row) for row in singles} | {("default", *row) for row in defaults}


class SetupTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		frappe.set_user("Administrator")
		# Keep the progress messages out of the test report.
		self.output = io.StringIO()
		quiet = contextlib.redirect_stdout(self.output)
		quiet.__enter__()
		self.addCleanup(quiet.__exit__, None, None, None)

	def assert_same(self, before, after):
		changed = {
			key: (before.get(key, 0), after.get(key, 0))
			for key in before.keys() | after.keys()
			if before.get(key, 0) != after.get(key, 0)
		}
		self.assertEqual(changed, {}, "table: (rows before, rows after)")


class TestInstall(SetupTestCase):
	def test_install_again_changes_nothing(self):
		frappe.db.set_value("Gesture Type", "Flowers", "usual_cost", 99)
		rows, values = count_rows(), get_site_values()
		for _time in range(2):
			install.before_install()
			install.after_install()
		self.assert_same(rows, count_rows())
		self.assertEqual(get_site_values(), values)
		self.assertEqual(frappe.db.get_value("Gesture Type", "Flowers", "usual_cost"), 99)

	def test_install_adds_missing_records(self):
		frappe.db.delete("Note Topic", {"name": "Pet"})
		frappe.db.delete("Gesture Type", {"name": ("in", ("Flowers", "Book"))})
		install.after_install()
		self.assertTrue(frappe.db.exists("Note Topic", "Pet"))
		self.assertEqual(
			frappe.db.get_value("Gesture Type", "Flowers", ["usual_cost", "involves"]), (25, "gift, mail")
		)

	def test_failed_install_step_prints_help(self):
		with patch.object(seeds, "TOPICS", ((None, None, None),)), self.assertRaises(Exception):  # noqa: B017
			install.after_install()
		self.assertIn("topics: failed", self.output.getvalue())
		self.assertIn("report", self.output.getvalue())

	def test_paths_in_hooks_are_callable(self):
		found = 0

		def walk(value):
			nonlocal found
			if isinstance(value, dict):
				for inner in value.values():
					walk(inner)
			elif isinstance(value, list | tuple):
				for inner in value:
					walk(inner)
			elif (
				isinstance(value, str)
				and value.startswith("micro_experiences.")
				and not value.endswith(("js", "css"))
			):
				self.assertTrue(callable(frappe.get_attr(value)), value)
				found += 1

		walk(frappe.get_hooks(app_name="micro_experiences"))
		self.assertGreater(found, 25)


class TestSampleData(SetupTestCase):
	def setUp(self):
		super().setUp()
		# Frappe commits when it logs out a deleted user.
		patcher = patch.object(frappe.local.db, "commit")
		patcher.start()
		self.addCleanup(patcher.stop)
		sample_data.remove()

	def test_remove_is_the_exact_inverse_of_add(self):
		rows, values = count_rows(), get_site_values()
		made = sample_data.add(password="a long test password 4711")
		for doctype in ("Customer", "Sales Invoice", "Personal Note", "Gesture", "Follow Up Task", "User"):
			self.assertGreater(made[doctype], 0, doctype)
		self.assertEqual(sample_data.remove(), sum(made.values()))
		self.assertEqual(sample_data.remove(), 0)
		customers = [row[0] for row in sample_data.CUSTOMERS]
		self.assertEqual(frappe.db.sql("select name from __global_search where name in %s", [customers]), ())
		self.assert_same(rows, count_rows())
		self.assertEqual(get_site_values(), values)

	def test_remove_also_removes_records_created_since(self):
		rows, values = count_rows(), get_site_values()
		sample_data.add()
		customer = sample_data.CUSTOMERS[0][0]
		with self.as_user(PEOPLE["priya"][0]):
			note = notes.jot(customer, "Jotted by a user", follow_up_on=add_days(today(), 1))["name"]
			notes.mark_used(note, "Thank you", remember=1)
			gestures.record_gesture(customer, "flowers", cost=2)
		self.assertEqual(ledger.find_differences(), [])
		sample_data.remove()
		self.assert_same(rows, count_rows())
		self.assertEqual(get_site_values(), values)

	def test_remove_returns_money_to_budgets_of_the_company(self):
		sample_data.add()
		with self.as_user("Administrator"):
			budget = self.budget()
		with self.as_user(self.rep):
			gesture = gestures.record_gesture(
				sample_data.CUSTOMERS[0][0], "Flowers", cost=2, gesture_budget=budget.name
			)["name"]
			wallet = frappe.db.get_value("Gesture", gesture, "gesture_wallet")
			self.assertEqual(frappe.db.get_value("Gesture Wallet", wallet, "spent"), 2)
		sample_data.remove()
		self.assertEqual(frappe.db.get_value("Gesture Wallet", wallet, "spent"), 0)
		remaining = frappe.get_doc("Gesture", gesture)
		self.assertEqual((remaining.status, remaining.customer, remaining.what), ("Cancelled", None, "-"))
		self.assertEqual(ledger.find_differences(), [])

	def test_add_again_adds_nothing_and_banner_has_content(self):
		self.assertTrue(sample_data.add())
		rows = count_rows()
		self.assertEqual(sample_data.add(), {})
		self.assert_same(rows, count_rows())
		with self.as_user(PEOPLE["priya"][0]):
			payload = banner.get_banner_payload(sample_data.CUSTOMERS[0][0])
		# Never notes have lines of their own.
		self.assertEqual(len([item for item in payload["items"] if item["type"] != "never"]), 3)
		self.assertIsNotNone(payload["wallet"])
		self.assertEqual(ledger.find_differences(), [])

	def test_remove_leaves_existing_records(self):
		own = self.note("My own note.")
		frappe.get_doc(
			{
				"doctype": "User",
				"email": PEOPLE["ana"][0],
				"first_name": "Ana",
				"send_welcome_email": 0,
				"roles": [{"role": "Sales User"}],
			}
		).insert()
		sample_data.add()
		sample_data.remove()
		self.assertTrue(frappe.db.exists("Personal Note", own.name))
		self.assertTrue(frappe.db.exists("User", PEOPLE["ana"][0]))
