import contextlib
import io
from unittest.mock import patch

import frappe
from frappe.utils import add_days, today

from micro_experiences.desk import banner, gestures, notes
from micro_experiences.domain.sight import MANAGER
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.setup import install, sample_data, seeds
from micro_experiences.setup.sample_rows import PEOPLE
from micro_experiences.testing import SiteTestCase

# Tables that cannot show whether the sample data was taken away: the logs of who logged in and of what ran and
# failed, which are the site's own (the one of errors even stands outside of the transaction), and the counters of
# names, which never go back.
_NOT_OURS = frozenset(("tabActivity Log", "tabError Log", "tabScheduled Job Log", "tabSessions", "tabSeries"))


def rows_of_every_table() -> dict[str, int]:
	"""How many rows each table of the site's database has."""
	tables = frappe.db.sql_list(
		"select table_name from information_schema.tables where table_schema = database() and table_type = 'BASE TABLE'"
	)
	counts = {}
	for table in tables:
		if table not in _NOT_OURS:
			counts[table] = frappe.db.sql(f"select count(*) from `{table}`")[0][0]
	return counts


def values_of_the_site() -> set[tuple]:
	"""Every value of a Single and every default: what is changed in place, and never counted."""
	singles = frappe.db.sql("select doctype, field, value from `tabSingles`")
	defaults = frappe.db.sql("select parent, defkey, defvalue from `tabDefaultValue`")
	return {("single", *row) for row in singles} | {("default", *row) for row in defaults}


class SetupTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		frappe.set_user("Administrator")
		# What is said on the way is not for the report of the tests.
		self.said = io.StringIO()
		quiet = contextlib.redirect_stdout(self.said)
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
	def test_what_is_there_already_is_left_as_it_is(self):
		frappe.db.set_value("Gesture Type", "Flowers", "usual_cost", 99)
		rows, values = rows_of_every_table(), values_of_the_site()
		for _time in range(2):
			install.before_install()
			install.after_install()
		self.assert_same(rows, rows_of_every_table())
		self.assertEqual(values_of_the_site(), values)
		self.assertEqual(frappe.db.get_value("Gesture Type", "Flowers", "usual_cost"), 99)
		self.assertIn("topics: 0 added", self.said.getvalue())

	def test_what_is_missing_is_added(self):
		frappe.db.delete("Note Topic", {"name": "Pet"})
		frappe.db.delete("Gesture Type", {"name": ("in", ("Flowers", "Book"))})
		install.after_install()
		self.assertTrue(frappe.db.exists("Note Topic", "Pet"))
		self.assertEqual(
			frappe.db.get_value("Gesture Type", "Flowers", ["usual_cost", "involves"]), (25, "gift, mail")
		)
		self.assertIn("gesture types: 2 added", self.said.getvalue())

	def test_the_seeds_are_on_the_site(self):
		self.assertTrue(frappe.db.get_value("Role", MANAGER, "desk_access"))
		for name, icon, sensitive in seeds.TOPICS:
			self.assertEqual(
				frappe.db.get_value("Note Topic", name, ["icon", "sensitive_by_default"]), (icon, sensitive)
			)
		for name, *_rest in seeds.GESTURE_TYPES:
			frappe.get_doc("Gesture Type", name).save()  # words and template hold what they promise

	def test_a_step_that_fails_says_where_to_get_help(self):
		with patch.object(seeds, "TOPICS", ((None, None, None),)), self.assertRaises(Exception):  # noqa: B017
			install.after_install()
		self.assertIn("topics: failed", self.said.getvalue())
		self.assertIn("report", self.said.getvalue())

	def test_every_road_in_the_hooks_leads_somewhere(self):
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
		# Frappe commits when it logs out somebody who is deleted; here that, too, is rolled back.
		patcher = patch.object(frappe.local.db, "commit")
		patcher.start()
		self.addCleanup(patcher.stop)
		sample_data.remove()

	def test_added_and_removed_it_leaves_nothing(self):
		rows, values = rows_of_every_table(), values_of_the_site()
		made = sample_data.add(password="a long test password 4711")
		for doctype in ("Customer", "Sales Invoice", "Personal Note", "Gesture", "Follow Up Task", "User"):
			self.assertGreater(made[doctype], 0, doctype)
		self.assertEqual(sample_data.remove(), sum(made.values()))
		self.assertEqual(sample_data.remove(), 0)
		self.assert_same(rows, rows_of_every_table())
		self.assertEqual(values_of_the_site(), values)

	def test_what_has_come_of_it_since_goes_too(self):
		rows, values = rows_of_every_table(), values_of_the_site()
		sample_data.add()
		customer = sample_data.CUSTOMERS[0][0]
		with self.as_user(PEOPLE["priya"][0]):
			note = notes.jot(customer, "Jotted by a visitor", follow_up_on=add_days(today(), 1))["name"]
			notes.used(note, "Thank you", remember=1)
			gestures.give(customer, "a gesture of a visitor", cost=2)
		self.assertEqual(ledger.differences(), [])
		sample_data.remove()
		self.assert_same(rows, rows_of_every_table())
		self.assertEqual(values_of_the_site(), values)

	def test_what_a_budget_of_the_business_has_paid_comes_back_to_it(self):
		sample_data.add()
		with self.as_user("Administrator"):
			budget = self.budget()
		with self.as_user(self.rep):
			gesture = gestures.give(
				sample_data.CUSTOMERS[0][0], "Tried it", cost=2, gesture_budget=budget.name
			)["name"]
			wallet = frappe.db.get_value("Gesture", gesture, "gesture_wallet")
			self.assertEqual(frappe.db.get_value("Gesture Wallet", wallet, "spent"), 2)
		sample_data.remove()
		self.assertEqual(frappe.db.get_value("Gesture Wallet", wallet, "spent"), 0)
		left = frappe.get_doc("Gesture", gesture)
		self.assertEqual((left.status, left.customer, left.what), ("Cancelled", None, "-"))
		self.assertEqual(ledger.differences(), [])

	def test_twice_is_once_and_it_shows_something_at_once(self):
		self.assertTrue(sample_data.add())
		rows = rows_of_every_table()
		self.assertEqual(sample_data.add(), {})
		self.assert_same(rows, rows_of_every_table())
		with self.as_user(PEOPLE["priya"][0]):
			payload = banner.payload_for(sample_data.CUSTOMERS[0][0])
		self.assertEqual(len(payload["items"]), 3)
		self.assertIsNotNone(payload["wallet"])
		self.assertEqual(ledger.differences(), [])

	def test_what_was_there_before_stays(self):
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
