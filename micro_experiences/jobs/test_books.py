from unittest.mock import patch

import frappe
from frappe.utils import add_days, add_months, get_first_day, getdate, today

from micro_experiences.desk import gestures
from micro_experiences.jobs import books as job
from micro_experiences.micro_experiences.doctype.gesture_wallet import books
from micro_experiences.testing import SiteTestCase, books_of


class TestPostPeriods(SiteTestCase):
	def setUp(self):
		super().setUp()
		# The job commits wallet by wallet; here it does so into the transaction of the test.
		patcher = patch.object(frappe.local.db, "commit")
		patcher.start()
		self.addCleanup(patcher.stop)
		# The table of errors knows no rollback.
		self.forget_reports()
		self.addCleanup(self.forget_reports)
		self.last_day = getdate(add_days(get_first_day(today()), -1))
		self.policy = self.budget(
			post_to_ledger=1, starts_on=add_months(today(), -3), **books_of(self.company)
		)

	def forget_reports(self):
		frappe.db.delete("Error Log", {"method": ("like", "%did not take%")})

	def reports(self) -> list[str]:
		return frappe.get_all("Error Log", filters={"method": ("like", "%did not take%")}, pluck="error")

	def give(self, user: str, cost: float, day=None) -> str:
		"""The wallet that paid a gesture of the past month."""
		with self.freeze(day or self.last_day), self.as_user(user):
			name = gestures.give(self.customer, "tea", cost=cost)["name"]
		return frappe.db.get_value("Gesture", name, "gesture_wallet")

	def posted(self, wallet: str) -> float | None:
		entry = frappe.db.get_value("Gesture Wallet", wallet, "journal_entry")
		return entry and frappe.db.get_value("Journal Entry", {"name": entry, "docstatus": 1}, "total_debit")

	def run_job(self):
		with self.as_user("Administrator"):
			job.mx_post_periods()

	def test_every_period_that_is_over_once(self):
		mine, theirs = self.give(self.rep, 5), self.give(self.colleague, 7)
		older = self.give(self.rep, 3, add_months(self.last_day, -1))
		current = self.give(self.rep, 9, today())
		for _day in range(3):
			before = frappe.db.count("Journal Entry")
			self.run_job()
		self.assertEqual(frappe.db.count("Journal Entry"), before)
		self.assertEqual([self.posted(wallet) for wallet in (mine, theirs, older, current)], [5, 7, 3, None])
		self.assertEqual(self.reports(), [])

	def test_also_of_a_budget_that_was_disabled_since(self):
		wallet = self.give(self.rep, 5)
		self.policy.db_set("enabled", 0)
		self.run_job()
		self.assertEqual(self.posted(wallet), 5)

	def test_it_waits_for_what_may_still_be_given(self):
		wallet = self.give(self.rep, 5)
		frappe.db.set_value("Gesture Wallet", wallet, "committed", 1)
		self.run_job()
		self.assertEqual((self.posted(wallet), self.reports()), (None, []))

	def test_one_that_the_books_do_not_take_is_reported_and_stops_no_other(self):
		older = self.give(self.rep, 3, add_months(self.last_day, -1))
		wallet = self.give(self.rep, 5)
		frappe.db.set_single_value("Accounts Settings", "acc_frozen_upto", add_months(self.last_day, -1))
		self.addCleanup(frappe.clear_document_cache, "Accounts Settings", "Accounts Settings")
		self.run_job()
		self.assertEqual([self.posted(older), self.posted(wallet)], [None, 5])
		(report,) = self.reports()
		self.assertIn(older, report)
		self.assertNotIn(wallet, report)
		(bell,) = frappe.get_all(
			"Notification Log",
			filters={"for_user": self.manager},
			fields=["document_type", "email_content"],
		)
		self.assertIsNone(bell.document_type)
		self.assertIn(older, bell.email_content)
		self.assertNotIn(wallet, bell.email_content)
		self.assertEqual(books.due(getdate()), [older])
		frappe.db.set_single_value("Accounts Settings", "acc_frozen_upto", None)
		self.run_job()
		self.assertEqual(self.posted(older), 3)

	def test_cancelled_it_is_made_again(self):
		wallet = self.give(self.rep, 5)
		self.run_job()
		with self.as_user("Administrator"):
			entry = frappe.db.get_value("Gesture Wallet", wallet, "journal_entry")
			frappe.get_doc("Journal Entry", entry).cancel()
		self.run_job()
		self.assertEqual(self.posted(wallet), 5)
