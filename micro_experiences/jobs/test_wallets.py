"""The wallet jobs: wallets are opened once for each holder, and differences to the ledger are reported."""

from unittest.mock import patch

import frappe
import frappe.client
from frappe.utils import add_days, add_months, getdate, today

from micro_experiences.api import gestures
from micro_experiences.domain.visibility import MANAGER_ROLE
from micro_experiences.jobs import wallets
from micro_experiences.permissions import budget_access
from micro_experiences.services import ledger
from micro_experiences.tests.utils import SiteTestCase, make_budget, make_role, make_user


class TestOpenWallets(SiteTestCase):
	def setUp(self):
		super().setUp()
		frappe.set_user("Administrator")
		# The job commits chunk by chunk; the test rolls everything back.
		patcher = patch.object(frappe.local.db, "commit")
		patcher.start()
		self.addCleanup(patcher.stop)

	def get_wallets(self, budget):
		return frappe.get_all(
			"Gesture Wallet",
			filters={"gesture_budget": budget.name},
			fields=[
				"holder",
				"allowance",
				"spent",
				"committed",
				"currency",
				"period_start",
				"period_end",
				"company",
				"carried_over",
			],
			order_by="holder asc",
		)

	def test_each_holder_gets_one_wallet(self):
		budget = self.budget()
		wallets.mx_open_wallets()
		rows = self.get_wallets(budget)
		self.assertEqual([row.holder for row in rows], [self.colleague, self.rep])
		for row in rows:
			self.assertEqual((row.allowance, row.spent, row.committed), (50, 0, 0))
			self.assertEqual((row.currency, row.company), (self.currency, self.company))
			self.assertTrue(row.period_start <= getdate() <= row.period_end)
		self.assertEqual(ledger.find_differences(), [])

	def test_second_run_changes_nothing(self):
		budget = self.budget()
		with self.as_user(self.rep):
			gestures.record_gesture(self.customer, "coffee", cost=5)
		wallets.mx_open_wallets()
		once = self.get_wallets(budget)
		wallets.mx_open_wallets()
		self.assertEqual(self.get_wallets(budget), once)
		self.assertEqual(len(once), 2)
		self.assertEqual({row.holder: row.spent for row in once}, {self.rep: 5, self.colleague: 0})

	def test_group_members_and_shared_pools_get_wallets(self):
		group = make_budget(self.company, [], for_user_group=self.group(self.lead), title="Group")
		pool = make_budget(self.company, [self.rep, self.colleague], budget_kind="Shared Pool", title="Pool")
		wallets.mx_open_wallets()
		self.assertEqual([row.holder for row in self.get_wallets(group)], [self.lead])
		self.assertEqual([row.holder for row in self.get_wallets(pool)], [None])

	def test_enabled_users_of_a_role_get_wallets(self):
		budget = make_budget(self.company, [], for_role=MANAGER_ROLE)
		gone = make_user("mx.gone@example.com", (MANAGER_ROLE,))
		frappe.db.set_value("User", gone, "enabled", 0)
		wallets.mx_open_wallets()
		holders = [row.holder for row in self.get_wallets(budget)]
		self.assertIn(self.manager, holders)
		self.assertNotIn(gone, holders)

	def test_unspent_money_is_carried_over_once(self):
		budget = self.budget(unspent="Carries Over", carry_over_limit=30)
		with self.as_user(self.rep):
			gestures.record_gesture(self.customer, "flowers", cost=15)
		wallets.mx_open_wallets()
		with self.freeze(add_months(today(), 1)):
			for _time in range(3):
				wallets.mx_open_wallets()
			(mine,) = [
				row for row in self.get_wallets(budget)[-4:] if row.holder == self.rep and not row.spent
			]
			self.assertEqual(mine.carried_over, 30)
			self.assertEqual(ledger.get_user_wallets(self.rep)[0].left, 80)
		self.assertEqual(len(self.get_wallets(budget)), 4)
		self.assertEqual(ledger.find_differences(), [])

	def test_queries_do_not_grow_with_the_holders(self):
		def queries_for(users: int) -> int:
			budget = make_budget(self.company, [], for_role="MX Nobody", title=f"For {users}")
			row = next(row for row, _named in budget_access.get_enabled_budgets() if row.name == budget.name)
			with patch.object(frappe.db, "sql", wraps=frappe.db.sql) as sql:
				opened = ledger.open_wallets(
					row, [f"u{number}@example.com" for number in range(users)], getdate()
				)
			self.assertEqual(opened, users)
			return sql.call_count

		make_role("MX Nobody")
		self.assertEqual(queries_for(300), queries_for(3))

	def test_future_and_disabled_budgets_get_no_wallets(self):
		later = self.budget(starts_on=add_days(today(), 1))
		off = self.budget(enabled=0)
		wallets.mx_open_wallets()
		self.assertEqual(self.get_wallets(later) + self.get_wallets(off), [])

	def test_new_period_opens_a_new_wallet(self):
		budget = self.budget(period="Week")
		wallets.mx_open_wallets()
		with patch.object(wallets, "getdate", lambda: getdate(add_days(today(), 7))):
			wallets.mx_open_wallets()
		rows = [row for row in self.get_wallets(budget) if row.holder == self.rep]
		self.assertEqual(len(rows), 2)
		first, second = sorted(rows, key=lambda row: row.period_start)
		self.assertEqual(second.period_start, getdate(add_days(first.period_end, 1)))

	def test_failing_budget_does_not_stop_the_others(self):
		bad, good = self.budget(title="A first", period="Fiscal Year"), self.budget(title="B second")
		self.addCleanup(frappe.db.delete, "Error Log", {"method": ("like", "%A first cannot be opened%")})
		before = frappe.db.count("Error Log")
		with patch.object(budget_access.Budget, "get_fiscal_year", return_value=None):
			wallets.mx_open_wallets()
		self.assertEqual((len(self.get_wallets(bad)), len(self.get_wallets(good))), (0, 2))
		self.assertEqual(frappe.db.count("Error Log"), before + 1)

	def test_lost_race_is_retried(self):
		budget = self.budget()
		real, tries = ledger.open_wallets, []
		for error in (frappe.QueryDeadlockError, frappe.QueryTimeoutError):

			def lose(policy, users, day, error=error):
				if policy.name == budget.name:
					tries.append(error)
					if tries.count(error) == 1:
						raise error
				return real(policy, users, day)

			# A lost race would undo the records of this test too.
			with (
				self.subTest(error.__name__),
				patch.object(ledger, "open_wallets", lose),
				patch.object(frappe.local.db, "rollback") as rollback,
			):
				wallets.mx_open_wallets()
				rollback.assert_called_once_with()
				self.assertEqual(tries.count(error), 2)
				self.assertEqual(len(self.get_wallets(budget)), 2)


class TestProveWallets(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.policy = self.budget()
		gestures.record_gesture(self.customer, "coffee", cost=5)
		self.wallet = frappe.db.get_value("Gesture Wallet", {"gesture_budget": self.policy.name})
		frappe.set_user("Administrator")

		# The table of the Error Log has no transactions.
		self.delete_reports()
		self.addCleanup(self.delete_reports)

	def delete_reports(self):
		frappe.db.delete("Error Log", {"method": ("like", "%wallets differ%")})

	def reports(self):
		return frappe.get_all("Error Log", filters={"method": ("like", "%wallets differ%")}, pluck="error")

	def test_difference_is_reported_and_not_corrected(self):
		wallets.mx_prove_wallets()
		self.assertEqual(self.reports(), [])
		for field, value in (("spent", 4.99), ("committed", 1), ("carried_over", 1)):
			with self.subTest(field):
				before = frappe.db.get_value("Gesture Wallet", self.wallet, field)
				frappe.db.set_value("Gesture Wallet", self.wallet, field, value)
				wallets.mx_prove_wallets()
				(report,) = self.reports()
				self.assertIn(self.wallet, report)
				self.assertEqual(frappe.db.get_value("Gesture Wallet", self.wallet, field), value)
				frappe.db.set_value("Gesture Wallet", self.wallet, field, before)
				self.delete_reports()

	def test_difference_notifies_managers(self):
		frappe.db.set_value("Gesture Wallet", self.wallet, "spent", 4)
		wallets.mx_prove_wallets()
		(name,) = frappe.get_all("Notification Log", filters={"for_user": self.manager}, pluck="name")
		with self.as_user(self.manager):
			notification = frappe.client.get("Notification Log", name)
		self.assertIn(self.wallet, notification["email_content"])

	def test_missing_entry_is_found_and_reported(self):
		name = frappe.db.get_value("Gesture", {"gesture_wallet": self.wallet})
		self.assertEqual(ledger.find_gestures_without_entry(), [])
		frappe.db.delete("Gesture Wallet Entry", {"gesture": name})
		self.assertEqual(ledger.find_gestures_without_entry(), [name])
		wallets.mx_prove_wallets()
		self.assertEqual(len(self.reports()), 1)
