"""The accounting job: each ended wallet period is posted once, and a refused one does not stop the others."""

from unittest.mock import patch

import frappe
from frappe.utils import add_days, add_months, get_first_day, get_last_day, getdate, today

from micro_experiences.api import gestures
from micro_experiences.jobs import accounting as job
from micro_experiences.services import accounting
from micro_experiences.tests.utils import SiteTestCase, make_accounts


class TestPostPeriods(SiteTestCase):
	def setUp(self):
		super().setUp()
		# The job commits wallet by wallet; the test rolls everything back.
		patcher = patch.object(frappe.local.db, "commit")
		patcher.start()
		self.addCleanup(patcher.stop)
		# The table of the Error Log has no transactions.
		self.delete_reports()
		self.addCleanup(self.delete_reports)
		self.last_day = getdate(add_days(get_first_day(today()), -1))
		self.month_before = getdate(get_last_day(add_months(self.last_day, -1)))
		self.policy = self.budget(
			post_to_ledger=1, starts_on=add_months(today(), -3), **make_accounts(self.company)
		)

	def delete_reports(self):
		frappe.db.delete("Error Log", {"method": ("like", "%could not be posted%")})

	def reports(self) -> list[str]:
		return frappe.get_all(
			"Error Log", filters={"method": ("like", "%could not be posted%")}, pluck="error"
		)

	def give(self, user: str, cost: float, day=None) -> str:
		"""Record a gesture of the past month, and return the wallet that paid for it."""
		with self.freeze(day or self.last_day), self.as_user(user):
			name = gestures.record_gesture(self.customer, "tea", cost=cost)["name"]
		return frappe.db.get_value("Gesture", name, "gesture_wallet")

	def get_posted_amount(self, wallet: str) -> float | None:
		entry = frappe.db.get_value("Gesture Wallet", wallet, "journal_entry")
		return entry and frappe.db.get_value("Journal Entry", {"name": entry, "docstatus": 1}, "total_debit")

	def run_job(self):
		with self.as_user("Administrator"):
			job.mx_post_periods()

	def test_ended_periods_are_posted_once(self):
		mine, theirs = self.give(self.rep, 5), self.give(self.colleague, 7)
		older = self.give(self.rep, 3, self.month_before)
		current = self.give(self.rep, 9, today())
		for _day in range(3):
			before = frappe.db.count("Journal Entry")
			self.run_job()
		self.assertEqual(frappe.db.count("Journal Entry"), before)
		self.assertEqual(
			[self.get_posted_amount(wallet) for wallet in (mine, theirs, older, current)], [5, 7, 3, None]
		)
		self.assertEqual(self.reports(), [])

	def test_period_with_approved_gestures_waits_and_a_disabled_budget_is_posted(self):
		wallet = self.give(self.rep, 5)
		frappe.db.set_value("Gesture Wallet", wallet, "committed", 1)
		self.run_job()
		self.assertEqual((self.get_posted_amount(wallet), self.reports()), (None, []))
		frappe.db.set_value("Gesture Wallet", wallet, "committed", 0)
		self.policy.db_set("enabled", 0)
		self.run_job()
		self.assertEqual(self.get_posted_amount(wallet), 5)

	def test_refused_period_is_reported_and_does_not_stop_the_others(self):
		older = self.give(self.rep, 3, self.month_before)
		wallet = self.give(self.rep, 5)
		frappe.db.set_single_value("Accounts Settings", "acc_frozen_upto", self.month_before)
		self.addCleanup(frappe.clear_document_cache, "Accounts Settings", "Accounts Settings")
		self.run_job()
		self.assertEqual([self.get_posted_amount(older), self.get_posted_amount(wallet)], [None, 5])
		(report,) = self.reports()
		self.assertIn(older, report)
		self.assertNotIn(wallet, report)
		(notification,) = frappe.get_all(
			"Notification Log",
			filters={"for_user": self.manager},
			fields=["document_type", "email_content"],
		)
		self.assertIsNone(notification.document_type)
		self.assertIn(older, notification.email_content)
		self.assertNotIn(wallet, notification.email_content)
		self.assertEqual(accounting.get_wallets_to_post(getdate()), [older])
		frappe.db.set_single_value("Accounts Settings", "acc_frozen_upto", None)
		self.run_job()
		self.assertEqual(self.get_posted_amount(older), 3)

	def test_cancelled_entry_is_posted_again(self):
		wallet = self.give(self.rep, 5)
		self.run_job()
		with self.as_user("Administrator"):
			entry = frappe.db.get_value("Gesture Wallet", wallet, "journal_entry")
			frappe.get_doc("Journal Entry", entry).cancel()
		self.run_job()
		self.assertEqual(self.get_posted_amount(wallet), 5)
