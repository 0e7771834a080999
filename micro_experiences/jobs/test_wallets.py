from unittest.mock import patch

import frappe
import frappe.client
from frappe.utils import add_days, add_months, getdate, today

from micro_experiences.desk import gestures
from micro_experiences.domain.sight import MANAGER
from micro_experiences.jobs import wallets
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.testing import SiteTestCase, make_budget, make_role, make_user


class TestOpenWallets(SiteTestCase):
	def setUp(self):
		super().setUp()
		frappe.set_user("Administrator")
		# The job commits chunk by chunk; here it does so into the transaction of the test.
		patcher = patch.object(frappe.local.db, "commit")
		patcher.start()
		self.addCleanup(patcher.stop)

	def opened(self, budget):
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

	def test_one_for_each_person_that_the_budget_names(self):
		budget = self.budget()
		wallets.mx_open_wallets()
		rows = self.opened(budget)
		self.assertEqual([row.holder for row in rows], [self.colleague, self.rep])
		for row in rows:
			self.assertEqual((row.allowance, row.spent, row.committed), (50, 0, 0))
			self.assertEqual((row.currency, row.company), (self.currency, self.company))
			self.assertTrue(row.period_start <= getdate() <= row.period_end)
		self.assertEqual(ledger.differences(), [])

	def test_twice_opens_nothing_more_and_touches_nothing(self):
		budget = self.budget()
		with self.as_user(self.rep):
			gestures.give(self.customer, "coffee", cost=5)
		wallets.mx_open_wallets()
		once = self.opened(budget)
		wallets.mx_open_wallets()
		self.assertEqual(self.opened(budget), once)
		self.assertEqual(len(once), 2)
		self.assertEqual({row.holder: row.spent for row in once}, {self.rep: 5, self.colleague: 0})

	def test_members_of_a_group_and_one_for_a_pool(self):
		group = make_budget(self.company, [], for_user_group=self.group(self.lead), title="Group")
		pool = make_budget(self.company, [self.rep, self.colleague], budget_kind="Shared Pool", title="Pool")
		wallets.mx_open_wallets()
		self.assertEqual([row.holder for row in self.opened(group)], [self.lead])
		self.assertEqual([row.holder for row in self.opened(pool)], [None])

	def test_those_of_a_role_too_unless_they_have_left(self):
		budget = make_budget(self.company, [], for_role=MANAGER)
		gone = make_user("mx.gone@example.com", (MANAGER,))
		frappe.db.set_value("User", gone, "enabled", 0)
		wallets.mx_open_wallets()
		holders = [row.holder for row in self.opened(budget)]
		self.assertIn(self.manager, holders)
		self.assertNotIn(gone, holders)

	def test_what_is_unspent_is_carried_over_once_however_often_it_runs(self):
		budget = self.budget(unspent="Carries Over", carry_over_limit=30)
		with self.as_user(self.rep):
			gestures.give(self.customer, "flowers", cost=15)
		wallets.mx_open_wallets()
		with self.freeze(add_months(today(), 1)):
			for _time in range(3):
				wallets.mx_open_wallets()
			(mine,) = [row for row in self.opened(budget)[-4:] if row.holder == self.rep and not row.spent]
			self.assertEqual(mine.carried_over, 30)
			self.assertEqual(ledger.wallets_of(self.rep)[0].left, 80)
		self.assertEqual(len(self.opened(budget)), 4)
		self.assertEqual(ledger.differences(), [])

	def test_many_holders_cost_no_query_each(self):
		def queries_for(users: int) -> int:
			budget = make_budget(self.company, [], for_role="MX Nobody", title=f"For {users}")
			row = next(row for row, _named in ledger.enabled_budgets() if row.name == budget.name)
			with patch.object(frappe.db, "sql", wraps=frappe.db.sql) as sql:
				opened = ledger.open_wallets(
					row, [f"u{number}@example.com" for number in range(users)], getdate()
				)
			self.assertEqual(opened, users)
			return sql.call_count

		make_role("MX Nobody")
		self.assertEqual(queries_for(300), queries_for(3))

	def test_not_before_it_begins_and_not_when_disabled(self):
		later = self.budget(starts_on=add_days(today(), 1))
		off = self.budget(enabled=0)
		wallets.mx_open_wallets()
		self.assertEqual(self.opened(later) + self.opened(off), [])

	def test_a_new_period_opens_a_new_wallet(self):
		budget = self.budget(period="Week")
		wallets.mx_open_wallets()
		with patch.object(wallets, "getdate", lambda: getdate(add_days(today(), 7))):
			wallets.mx_open_wallets()
		rows = [row for row in self.opened(budget) if row.holder == self.rep]
		self.assertEqual(len(rows), 2)
		first, second = sorted(rows, key=lambda row: row.period_start)
		self.assertEqual(second.period_start, getdate(add_days(first.period_end, 1)))

	def test_a_budget_that_cannot_be_opened_does_not_stop_the_others(self):
		bad, good = self.budget(title="A first", period="Fiscal Year"), self.budget(title="B second")
		self.addCleanup(frappe.db.delete, "Error Log", {"method": ("like", "%A first cannot be opened%")})
		before = frappe.db.count("Error Log")
		with patch.object(ledger.Budget, "fiscal_year", return_value=None):
			wallets.mx_open_wallets()
		self.assertEqual((len(self.opened(bad)), len(self.opened(good))), (0, 2))
		self.assertEqual(frappe.db.count("Error Log"), before + 1)

	def test_who_spends_meanwhile_is_in_the_way_of_one_try_alone(self):
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
				self.assertEqual(len(self.opened(budget)), 2)


class TestProveWallets(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.policy = self.budget()
		gestures.give(self.customer, "coffee", cost=5)
		self.wallet = frappe.db.get_value("Gesture Wallet", {"gesture_budget": self.policy.name})
		frappe.set_user("Administrator")

		# The table of errors knows no rollback.
		self.forget_reports()
		self.addCleanup(self.forget_reports)

	def forget_reports(self):
		frappe.db.delete("Error Log", {"method": ("like", "%wallets differ%")})

	def reports(self):
		return frappe.get_all("Error Log", filters={"method": ("like", "%wallets differ%")}, pluck="error")

	def test_all_is_well_and_nothing_is_said(self):
		wallets.mx_prove_wallets()
		self.assertEqual(self.reports(), [])

	def test_a_difference_is_reported_with_its_wallet_and_not_mended(self):
		for field, value in (("spent", 4.99), ("committed", 1), ("carried_over", 1)):
			with self.subTest(field):
				before = frappe.db.get_value("Gesture Wallet", self.wallet, field)
				frappe.db.set_value("Gesture Wallet", self.wallet, field, value)
				wallets.mx_prove_wallets()
				(report,) = self.reports()
				self.assertIn(self.wallet, report)
				self.assertEqual(frappe.db.get_value("Gesture Wallet", self.wallet, field), value)
				frappe.db.set_value("Gesture Wallet", self.wallet, field, before)
				self.forget_reports()

	def test_the_managers_hear_of_it(self):
		frappe.db.set_value("Gesture Wallet", self.wallet, "spent", 4)
		wallets.mx_prove_wallets()
		(name,) = frappe.get_all("Notification Log", filters={"for_user": self.manager}, pluck="name")
		with self.as_user(self.manager):
			bell = frappe.client.get("Notification Log", name)
		self.assertIn(self.wallet, bell["email_content"])

	def test_a_gift_without_its_entry_is_found(self):
		name = frappe.db.get_value("Gesture", {"gesture_wallet": self.wallet})
		self.assertEqual(ledger.unbooked(), [])
		frappe.db.delete("Gesture Wallet Entry", {"gesture": name})
		self.assertEqual(ledger.unbooked(), [name])

	def test_a_lost_entry_is_a_difference(self):
		frappe.db.delete("Gesture Wallet Entry", {"gesture_wallet": self.wallet})
		wallets.mx_prove_wallets()
		self.assertEqual(len(self.reports()), 1)
