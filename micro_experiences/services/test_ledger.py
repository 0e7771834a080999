"""The ledger of wallets: entries, balances, carry-over, and concurrent spending by real processes."""

import json
import os
import subprocess
import sys
from threading import Timer
from unittest.mock import patch

import frappe
from frappe.utils import add_months, getdate

from micro_experiences.api import gestures
from micro_experiences.domain.currencies import to_money
from micro_experiences.domain.ledger import LedgerLine
from micro_experiences.permissions import budget_access
from micro_experiences.services import ledger
from micro_experiences.tests.utils import SiteTestCase, make_budget, make_customer
from micro_experiences.utils.errors import InsufficientBalance, MissingBudget

PROCESSES = 8

# Records gestures of 7 until the wallet refuses three times; prints how many were granted.
_SPENDER = """
import sys, frappe
site, user, customer = sys.argv[1:]
frappe.init(site=site)
frappe.connect()
from micro_experiences.api import gestures
from micro_experiences.utils.errors import InsufficientBalance
frappe.set_user(user)
granted = refused = busy = 0
while refused < 3 and busy < 50:
	try:
		gestures.record_gesture(customer, "a small thing", cost=7)
		frappe.db.commit()
		granted += 1
	except InsufficientBalance:
		frappe.db.rollback()
		refused += 1
	except frappe.ValidationError:
		frappe.db.rollback()
		busy += 1
print(granted, busy)
"""


class TestLedger(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.policy = self.budget()

	def wallet(self):
		return frappe.get_doc("Gesture Wallet", {"holder": self.rep, "gesture_budget": self.policy.name})

	def get_entries(self, gesture) -> set[tuple[str, float]]:
		rows = frappe.get_all("Gesture Wallet Entry", {"gesture": gesture}, ["kind", "amount"])
		return {(row.kind, row.amount) for row in rows}

	def record(self, cost, **more):
		return gestures.record_gesture(self.customer, "flowers", cost=cost, **more)

	def test_wallet_is_opened_by_its_first_use(self):
		self.assertEqual(ledger.get_user_wallets(self.rep)[0].left, 50)
		self.assertFalse(frappe.db.exists("Gesture Wallet", {"gesture_budget": self.policy.name}))
		self.record(1)
		self.record(1)
		self.assertEqual(frappe.db.count("Gesture Wallet", {"gesture_budget": self.policy.name}), 1)

	def test_stale_balance_cannot_be_overspent(self):
		"""The wallet is emptied between reading and spending, as by another process."""
		self.record(20)
		gesture = frappe.get_doc(
			{"doctype": "Gesture", "customer": self.customer, "what": "x", "cost": 15, "status": "Given"}
		)
		original = ledger.get_user_wallets(self.rep)
		frappe.db.set_value("Gesture Wallet", self.wallet().name, "spent", 45)
		with patch.object(ledger, "get_user_wallets", return_value=original):
			with self.assertRaises(InsufficientBalance):
				gesture.insert()
		self.assertEqual(self.wallet().spent, 45)

	def test_each_status_writes_its_entries(self):
		name = self.record(30)["name"]
		expected = {("Commit", 30)}
		self.assertEqual(self.get_entries(name), expected)
		self.assertEqual(self.wallet().committed, 30)
		for user, change, entries, committed, spent in (
			(self.lead, lambda: gestures.approve(name), set(), 30, 0),
			(self.rep, lambda: gestures.set_status(name, "Given"), {("Release", 30), ("Spend", 30)}, 0, 30),
			(self.rep, lambda: gestures.set_status(name, "Cancelled"), {("Refund", 30)}, 0, 0),
		):
			with self.as_user(user):
				change()
			expected |= entries
			self.assertEqual(self.get_entries(name), expected)
			self.assertEqual((self.wallet().committed, self.wallet().spent), (committed, spent))
			self.assertEqual(ledger.find_differences(), [])
		approved = self.record(25)["name"]
		with self.as_user(self.lead):
			gestures.approve(approved)
		gestures.set_status(approved, "Cancelled")
		self.assertEqual(self.get_entries(approved), {("Commit", 25), ("Release", 25)})

	def test_duplicate_entry_is_refused(self):
		name = self.record(12)["name"]
		with self.assertRaises(frappe.UniqueValidationError):
			ledger.record_entries(self.wallet().name, name, (LedgerLine("Spend", to_money(12)),))

	def test_cost_without_budget_is_refused(self):
		with self.as_user(self.manager):
			self.assertEqual(self.record(0)["status"], "Given")
			self.assertRaises(MissingBudget, self.record, 5)

	def test_difference_between_wallet_and_entries_is_found(self):
		self.record(12)
		frappe.db.set_value("Gesture Wallet", self.wallet().name, "spent", 11)
		self.assertEqual([row.wallet for row in ledger.find_differences()], [self.wallet().name])

	def test_entries_without_wallet_are_found(self):
		self.record(12)
		wallet = self.wallet().name
		frappe.db.delete("Gesture Wallet", {"name": wallet})
		(row,) = ledger.find_differences()
		self.assertEqual((row.wallet, row.spent, row.entries_spent), (wallet, None, 12))

	def test_delete_transactions_of_erpnext_keeps_the_ledger(self):
		before = self.record(12)["name"]
		self.delete_transactions()
		self.assertTrue(frappe.db.exists("Gesture Budget", self.policy.name))
		self.assertEqual(self.get_entries(before), {("Spend", 12.0)})
		self.assertEqual((self.wallet().spent, ledger.find_differences()), (12, []))
		after = self.record(3)["name"]
		self.assertNotEqual(after, before)
		self.assertEqual((self.wallet().spent, ledger.find_differences()), (15, []))

	def delete_transactions(self):
		"""Do what ERPNext's Transaction Deletion Record does to the records of the app."""
		deletion = frappe.get_doc({"doctype": "Transaction Deletion Record", "company": self.company})
		deletion.populate_doctypes_to_be_ignored_table()
		kept = set(deletion.get_doctypes_to_be_ignored_list())
		for row in deletion.get_doctypes_with_company_field(kept):
			if frappe.get_meta(row["parent"]).module == "Micro Experiences":
				frappe.db.delete(row["parent"], {row["fieldname"]: self.company})
				if "#" in (autoname := frappe.get_meta(row["parent"]).autoname or ""):
					deletion.update_naming_series(autoname, row["parent"])

	def test_shared_pool_has_one_wallet(self):
		self.policy.db_set({"enabled": 0})
		pool = self.budget(budget_kind="Shared Pool", title="Pool")
		self.record(20)
		with self.as_user(self.colleague):
			self.record(20)
			self.assertRaises(InsufficientBalance, self.record, 20)
		self.assertEqual(frappe.db.count("Gesture Wallet", {"gesture_budget": pool.name}), 1)


class TestCarryOver(SiteTestCase):
	"""A carried-over balance is in the new wallet and no longer in the old one."""

	def setUp(self):
		super().setUp()
		self.policy = self.budget(unspent="Carries Over", carry_over_limit=30)
		self.coffee = gestures.record_gesture(self.customer, "coffee", cost=15)["name"]
		self.old = frappe.db.get_value("Gesture", self.coffee, "gesture_wallet")

	def get_carry_over(self, wallet: str) -> list[tuple]:
		"""Return the entries of a wallet that belong to no gesture."""
		entries = frappe.get_all(
			"Gesture Wallet Entry",
			filters={"gesture_wallet": wallet, "gesture": ("is", "not set")},
			fields=["kind", "amount"],
		)
		return [(entry.kind, entry.amount) for entry in entries]

	def left(self, wallet: str) -> float:
		row = frappe.get_doc("Gesture Wallet", wallet)
		return row.allowance + row.carried_over - row.committed - row.spent

	def test_carry_over_is_booked_in_both_wallets(self):
		with self.freeze(add_months(getdate(), 1)):
			tea = gestures.record_gesture(self.customer, "tea", cost=5)["name"]
			new = frappe.db.get_value("Gesture", tea, "gesture_wallet")
			self.assertEqual(
				(self.get_carry_over(self.old), self.get_carry_over(new)),
				([("Carry Over", -30)], [("Carry Over", 30)]),
			)
			self.assertEqual((self.left(self.old), self.left(new)), (5, 75))
			self.assertEqual(ledger.find_differences(), [])

	def test_corrected_cost_is_paid_from_the_rest_of_the_old_wallet(self):
		with self.freeze(add_months(getdate(), 1)):
			gestures.record_gesture(self.customer, "tea", cost=5)
			with self.assertRaisesRegex(InsufficientBalance, "5.01.*5.00"):
				with self.as_user(self.lead):
					gestures.correct_cost(self.coffee, 20.01)
			self.assertEqual(self.left(self.old), 5)
			gestures.correct_cost(self.coffee, 20)
			self.assertEqual(self.left(self.old), 0)
			self.assertEqual(ledger.get_user_wallets(self.rep)[0].left, 75)
			self.assertEqual(ledger.find_differences(), [])

	def test_later_refund_stays_in_the_old_wallet(self):
		with self.freeze(add_months(getdate(), 1)):
			gestures.record_gesture(self.customer, "tea", cost=5)
			gestures.set_status(self.coffee, "Cancelled")
			self.assertEqual(self.left(self.old), 20)
			self.assertEqual(ledger.get_user_wallets(self.rep)[0].left, 75)
			self.assertEqual(ledger.find_differences(), [])

	def test_lapsing_balance_writes_no_entry(self):
		with self.as_user("Administrator"):
			self.policy.unspent = "Lapses"
			self.policy.save()
		with self.freeze(add_months(getdate(), 1)):
			gestures.record_gesture(self.customer, "tea", cost=5)
			self.assertEqual(self.get_carry_over(self.old), [])
			self.assertEqual(self.left(self.old), 35)


# Records a gesture and keeps the transaction open until a line is read.
_SLOW_SPENDER = """
import sys, frappe
site, user, customer = sys.argv[1:]
frappe.init(site=site)
frappe.connect()
from micro_experiences.api import gestures
frappe.set_user(user)
gestures.record_gesture(customer, "a small thing", cost=7)
print("given", flush=True)
sys.stdin.readline()
frappe.db.commit()
"""


class TestConcurrentCarryOver(SiteTestCase):
	"""A real process spends from the old wallet while the next one is opened."""

	commits = True

	def setUp(self):
		super().setUp()
		frappe.set_user("Administrator")
		self.victim = make_customer("MX Test Midnight")
		self.policy = make_budget(self.company, [self.rep], unspent="Carries Over")
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		self.addCleanup(clean_up, self.policy.name, self.victim)
		self.budget_of_rep = next(
			one for one in budget_access.get_user_budgets(self.rep) if one.name == self.policy.name
		)
		self.old = ledger.open_wallet(self.budget_of_rep, self.rep, getdate())
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it

	def test_opening_next_wallet_waits_for_open_transaction(self):
		spender = subprocess.Popen(
			[sys.executable, "-c", _SLOW_SPENDER, frappe.local.site, self.rep, self.victim],
			cwd=os.getcwd(),
			stdin=subprocess.PIPE,
			stdout=subprocess.PIPE,
			text=True,
		)
		self.addCleanup(spender.kill)
		while (line := spender.stdout.readline()) != "given\n":
			self.assertTrue(line, "the spender has ended")
		# A new snapshot, which shows the old wallet as it was.
		frappe.db.rollback()
		self.assertEqual(frappe.db.get_value("Gesture Wallet", self.old, "spent"), 0)
		# The spender commits while this transaction waits. Without waiting, 50 would be carried over.
		timer = Timer(1, spender.communicate, ["\n"])
		timer.start()
		new = ledger.open_wallet(self.budget_of_rep, self.rep, getdate(add_months(getdate(), 1)))
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		timer.join()
		self.assertEqual(spender.returncode, 0)
		self.assertEqual(frappe.db.get_value("Gesture Wallet", new, "carried_over"), 43)
		old = frappe.db.get_value("Gesture Wallet", self.old, ["spent", "carried_over"])
		self.assertEqual(old, (7, -43))
		self.assertEqual(ledger.find_differences(), [])


class TestConcurrentSpending(SiteTestCase):
	"""Real processes share a committed budget."""

	commits = True

	def test_many_processes_never_overspend(self):
		wallet, granted = self.run_processes(free_up_to=20)
		self.assertEqual((wallet.spent, wallet.committed), (granted * 7, 0))

	def test_many_requests_never_reserve_more_than_the_wallet_holds(self):
		wallet, granted = self.run_processes(free_up_to=0)
		self.assertEqual((wallet.spent, wallet.committed), (0, granted * 7))

	def run_processes(self, free_up_to: float) -> tuple[dict, int]:
		"""Record gestures in many processes until the wallet refuses. Return the wallet, and how many were recorded."""
		frappe.set_user("Administrator")
		customer = make_customer("MX Test Crowd")
		budget = make_budget(self.company, [self.rep], amount=280, free_up_to=free_up_to)
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		self.addCleanup(clean_up, budget.name, customer)
		command = [sys.executable, "-c", _SPENDER, frappe.local.site, self.rep, customer]
		running = [
			subprocess.Popen(
				command, cwd=os.getcwd(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
			)
			for _number in range(PROCESSES)
		]
		answers = [process.communicate(timeout=600) for process in running]
		for process, (_out, err) in zip(running, answers, strict=True):
			self.assertEqual(process.returncode, 0, err[-2000:])
		granted = sum(int(out.split()[-2]) for out, _err in answers)
		busy = sum(int(out.split()[-1]) for out, _err in answers)
		frappe.db.rollback()
		(wallet,) = frappe.get_all(
			"Gesture Wallet", filters={"gesture_budget": budget.name}, fields=["name", "spent", "committed"]
		)
		self.assertLessEqual(wallet.spent + wallet.committed, 280)
		self.assertGreater(wallet.spent + wallet.committed + 7, 280)
		self.assertEqual(ledger.find_differences() + ledger.find_gestures_without_entry(), [])
		print(json.dumps({"processes": PROCESSES, "granted": granted, "asked to try again": busy}))
		return wallet, granted


def clean_up(budget: str, customer: str) -> None:
	"""Remove the committed records."""
	frappe.set_user("Administrator")
	frappe.db.rollback()
	wallets = frappe.get_all("Gesture Wallet", filters={"gesture_budget": budget}, pluck="name")
	frappe.db.delete("Gesture Wallet Entry", {"gesture_wallet": ("in", wallets)})
	frappe.db.delete("Gesture Wallet", {"gesture_budget": budget})
	gestures_made = frappe.get_all("Gesture", filters={"customer": customer}, pluck="name")
	frappe.db.delete("Notification Log", {"document_type": "Gesture", "document_name": ("in", gestures_made)})
	frappe.db.delete("Gesture", {"customer": customer})
	frappe.delete_doc("Gesture Budget", budget, force=True)
	frappe.delete_doc("Customer", customer, force=True)
	frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
