import json
import os
import subprocess
import sys
import time
from threading import Timer
from unittest.mock import patch

import frappe
from frappe.utils import add_days, add_months, get_first_day, get_last_day, getdate

from micro_experiences.desk import gestures
from micro_experiences.desk.words import NeverNote, NoBudget, NotEnoughLeft
from micro_experiences.domain.budget import to_money
from micro_experiences.domain.ledger import Line
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.testing import SiteTestCase, make_budget, make_customer

PROCESSES = 16

# One process: give gestures of 7 until the wallet refuses three times, and print how many were granted.
_SPENDER = """
import sys, frappe
site, user, customer = sys.argv[1:]
frappe.init(site=site)
frappe.connect()
from micro_experiences.desk import gestures
from micro_experiences.desk.words import NotEnoughLeft
frappe.set_user(user)
granted = refused = busy = 0
while refused < 3 and busy < 50:
	try:
		gestures.give(customer, "a small thing", cost=7)
		frappe.db.commit()
		granted += 1
	except NotEnoughLeft:
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

	def entries(self, gesture):
		return frappe.get_all(
			"Gesture Wallet Entry",
			filters={"gesture": gesture},
			fields=["kind", "amount"],
			order_by="creation asc, kind asc",
			as_list=True,
		)

	def give(self, cost, **more):
		return gestures.give(self.customer, "flowers", cost=cost, **more)

	def test_a_given_gesture_spends_and_writes_its_entry(self):
		answer = self.give(12.5)
		self.assertEqual(answer["status"], "Given")
		self.assertEqual(self.wallet().spent, 12.5)
		self.assertEqual(self.entries(answer["name"]), (("Spend", 12.5),))
		self.assertEqual(answer["banner"]["wallet"]["left"], 37.5)
		self.assertEqual(ledger.differences(), [])

	def test_looking_opens_no_wallet_and_the_first_use_opens_one(self):
		self.assertEqual(ledger.wallets_of(self.rep)[0].left, 50)
		self.assertFalse(frappe.db.exists("Gesture Wallet", {"gesture_budget": self.policy.name}))
		self.give(1)
		self.give(1)
		self.assertEqual(frappe.db.count("Gesture Wallet", {"gesture_budget": self.policy.name}), 1)

	def test_over_the_allowance_is_refused_with_what_is_left(self):
		self.give(20)
		self.give(20)
		with self.assertRaises(NotEnoughLeft) as refused:
			self.give(10.01)
		self.assertIn("10.00", str(refused.exception))
		self.assertIn("left", str(refused.exception))
		self.assertEqual(self.wallet().spent, 40)
		self.give(10)
		self.assertEqual(self.wallet().spent, 50)

	def test_the_gate_itself_refuses_whatever_was_read_before(self):
		"""The wallet is emptied between the look and the spending, as another process would."""
		self.give(20)
		gesture = frappe.get_doc(
			{"doctype": "Gesture", "customer": self.customer, "what": "x", "cost": 15, "status": "Given"}
		)
		original = ledger.wallets_of(self.rep)
		frappe.db.set_value("Gesture Wallet", self.wallet().name, "spent", 45)
		with patch.object(ledger, "wallets_of", return_value=original):
			with self.assertRaises(NotEnoughLeft):
				gesture.insert()
		self.assertEqual(self.wallet().spent, 45)

	def test_cancelled_is_refunded(self):
		name = self.give(12)["name"]
		gestures.move(name, "Cancelled")
		self.assertEqual(self.wallet().spent, 0)
		self.assertEqual(set(self.entries(name)), {("Spend", 12.0), ("Refund", 12.0)})
		self.assertEqual(ledger.differences(), [])
		with self.assertRaises(frappe.ValidationError):
			gestures.move(name, "Given")

	def test_above_the_free_limit_somebody_else_decides(self):
		answer = self.give(30)
		self.assertEqual(answer["status"], "Awaiting Approval")
		with self.assertRaises(frappe.PermissionError):
			gestures.approve(answer["name"])
		with self.as_user(self.colleague), self.assertRaises(frappe.PermissionError):
			gestures.approve(answer["name"])
		with self.as_user(self.lead):
			gestures.approve(answer["name"])
		self.assertEqual((self.wallet().committed, self.wallet().spent), (30, 0))
		gestures.move(answer["name"], "Given")
		self.assertEqual((self.wallet().committed, self.wallet().spent), (0, 30))
		self.assertEqual(ledger.differences(), [])

	def test_an_approved_gesture_that_is_cancelled_releases(self):
		name = self.give(30)["name"]
		with self.as_user(self.lead):
			gestures.approve(name)
		gestures.move(name, "Cancelled")
		self.assertEqual((self.wallet().committed, self.wallet().spent), (0, 0))
		self.assertEqual(ledger.differences(), [])

	def test_declined_costs_nothing_and_says_why(self):
		name = self.give(30)["name"]
		with self.as_user(self.lead):
			gestures.decline(name, "Rather a card")
		doc = frappe.get_doc("Gesture", name)
		self.assertEqual(
			(doc.status, doc.decline_reason, doc.approver), ("Declined", "Rather a card", self.lead)
		)
		self.assertEqual(self.entries(name), ())

	def test_booked_money_cannot_be_typed_over(self):
		name = self.give(12)["name"]
		for field, value in (("cost", 1), ("customer", self.other_customer), ("given_by", self.colleague)):
			doc = frappe.get_doc("Gesture", name)
			doc.set(field, value)
			with self.assertRaises((frappe.ValidationError, frappe.PermissionError)):
				doc.save()
		with self.assertRaises(frappe.ValidationError):
			frappe.delete_doc("Gesture", name, ignore_permissions=True)

	def test_nobody_types_a_balance(self):
		self.give(12)
		frappe.set_user("Administrator")
		wallet = self.wallet()
		wallet.spent = 0
		self.assertRaises(frappe.PermissionError, wallet.save)
		entry = frappe.get_last_doc("Gesture Wallet Entry")
		entry.amount = 1
		self.assertRaises(frappe.PermissionError, entry.save)
		self.assertRaises(frappe.PermissionError, entry.delete)
		self.assertRaises(frappe.PermissionError, wallet.delete)

	def test_nothing_is_booked_twice(self):
		name = self.give(12)["name"]
		with self.assertRaises(frappe.UniqueValidationError):
			ledger.book(self.wallet().name, name, (Line("Spend", to_money(12)),))

	def test_bad_money(self):
		for cost in (-1, "abc", float("nan")):
			with (
				self.subTest(cost=cost),
				self.assertRaises((frappe.ValidationError, ValueError, ArithmeticError)),
			):
				frappe.get_doc(
					{
						"doctype": "Gesture",
						"customer": self.customer,
						"what": "x",
						"cost": cost,
						"status": "Given",
					}
				).insert()

	def test_without_a_budget_only_what_costs_nothing(self):
		with self.as_user(self.manager):
			self.assertEqual(self.give(0)["status"], "Given")
			self.assertRaises(NoBudget, self.give, 5)

	def test_a_never_note_blocks_and_a_manager_may_give_a_reason(self):
		self.note("No alcohol.", kind="Never", stops="alcohol")
		with self.assertRaises(NeverNote):
			self.give(15, gesture_type="Bottle of Wine")
		self.assertEqual(self.give(4, gesture_type="Coffee on the House")["status"], "Given")
		with self.as_user(self.manager):
			answer = self.give(0, gesture_type="Bottle of Wine", override_reason="He asked for it himself")
			self.assertEqual(answer["status"], "Given")

	def test_a_difference_is_found(self):
		self.give(12)
		frappe.db.set_value("Gesture Wallet", self.wallet().name, "spent", 11)
		self.assertEqual([row.wallet for row in ledger.differences()], [self.wallet().name])

	def test_entries_whose_wallet_is_gone_are_found(self):
		self.give(12)
		wallet = self.wallet().name
		frappe.db.delete("Gesture Wallet", {"name": wallet})
		(row,) = ledger.differences()
		self.assertEqual((row.wallet, row.spent, row.entries_spent), (wallet, None, 12))

	def test_erpnext_s_delete_transactions_leaves_the_ledger_whole(self):
		before = self.give(12)["name"]
		self.delete_transactions()
		self.assertTrue(frappe.db.exists("Gesture Budget", self.policy.name))
		self.assertEqual(self.entries(before), (("Spend", 12.0),))
		self.assertEqual((self.wallet().spent, ledger.differences()), (12, []))
		after = self.give(3)["name"]
		self.assertNotEqual(after, before)
		self.assertEqual((self.wallet().spent, ledger.differences()), (15, []))

	def delete_transactions(self):
		"""What ERPNext does to the company, as far as our records go, without its jobs."""
		deletion = frappe.get_doc({"doctype": "Transaction Deletion Record", "company": self.company})
		deletion.populate_doctypes_to_be_ignored_table()
		kept = set(deletion.get_doctypes_to_be_ignored_list())
		for row in deletion.get_doctypes_with_company_field(kept):
			if frappe.get_meta(row["parent"]).module == "Micro Experiences":
				frappe.db.delete(row["parent"], {row["fieldname"]: self.company})
				if "#" in (autoname := frappe.get_meta(row["parent"]).autoname or ""):
					deletion.update_naming_series(autoname, row["parent"])

	def test_a_wallet_follows_its_renamed_holder(self):
		self.give(12)
		frappe.set_user("Administrator")
		frappe.rename_doc("User", self.rep, "mx.renamed@example.com", force=True)
		wallet = frappe.get_doc("Gesture Wallet", {"gesture_budget": self.policy.name})
		self.assertEqual(wallet.holder, "mx.renamed@example.com")
		self.assertEqual(ledger.wallets_of("mx.renamed@example.com")[0].left, 38)

	def test_a_pool_is_shared(self):
		self.policy.db_set({"enabled": 0})
		pool = self.budget(budget_kind="Shared Pool", title="Pool")
		self.give(20)
		with self.as_user(self.colleague):
			self.give(20)
			self.assertRaises(NotEnoughLeft, self.give, 20)
		self.assertEqual(frappe.db.count("Gesture Wallet", {"gesture_budget": pool.name}), 1)

	def test_a_budget_that_begins_later_gives_nothing_yet(self):
		with self.as_user("Administrator"):
			self.policy.starts_on = add_days(getdate(), 1)
			self.policy.save()
		self.assertEqual(ledger.wallets_of(self.rep), [])


class TestRollOver(SiteTestCase):
	"""What is carried over is there once: in the new wallet, and no more in the old one."""

	def setUp(self):
		super().setUp()
		self.policy = self.budget(unspent="Carries Over", carry_over_limit=30)
		self.coffee = gestures.give(self.customer, "coffee", cost=15)["name"]
		self.old = frappe.db.get_value("Gesture", self.coffee, "gesture_wallet")

	def lines(self, wallet: str) -> list[tuple]:
		"""The entries of a wallet, without those of a gesture."""
		entries = frappe.get_all(
			"Gesture Wallet Entry",
			filters={"gesture_wallet": wallet, "gesture": ("is", "not set")},
			fields=["kind", "amount"],
		)
		return [(entry.kind, entry.amount) for entry in entries]

	def left(self, wallet: str) -> float:
		row = frappe.get_doc("Gesture Wallet", wallet)
		return row.allowance + row.carried_over - row.committed - row.spent

	def test_it_leaves_the_old_wallet_by_an_entry_of_its_own(self):
		with self.freeze(add_months(getdate(), 1)):
			tea = gestures.give(self.customer, "tea", cost=5)["name"]
			new = frappe.db.get_value("Gesture", tea, "gesture_wallet")
			self.assertEqual(
				(self.lines(self.old), self.lines(new)), ([("Carry Over", -30)], [("Carry Over", 30)])
			)
			self.assertEqual((self.left(self.old), self.left(new)), (5, 75))
			self.assertEqual(ledger.differences(), [])

	def test_the_old_one_pays_a_higher_price_from_what_its_limit_left(self):
		with self.freeze(add_months(getdate(), 1)):
			gestures.give(self.customer, "tea", cost=5)
			with self.assertRaisesRegex(NotEnoughLeft, "5.01.*5.00"):
				with self.as_user(self.lead):
					gestures.correct(self.coffee, 20.01)
			self.assertEqual(self.left(self.old), 5)
			gestures.correct(self.coffee, 20)
			self.assertEqual(self.left(self.old), 0)
			self.assertEqual(ledger.wallets_of(self.rep)[0].left, 75)
			self.assertEqual(ledger.differences(), [])

	def test_what_comes_back_later_stays_in_the_old_one(self):
		with self.freeze(add_months(getdate(), 1)):
			gestures.give(self.customer, "tea", cost=5)
			gestures.move(self.coffee, "Cancelled")
			self.assertEqual(self.left(self.old), 20)
			self.assertEqual(ledger.wallets_of(self.rep)[0].left, 75)
			self.assertEqual(ledger.differences(), [])

	def test_however_many_periods_there_were_the_last_one_alone_is_read(self):
		budget = next(one for one, _named in ledger.enabled_budgets() if one.name == self.policy.name)
		for months in (3, 2, 1):
			ledger.open_wallets(budget, [self.rep, self.colleague], getdate(add_months(getdate(), -months)))
		rows, sql = [], frappe.db.sql

		def spied(*args, **kwargs):
			rows.extend(answer := sql(*args, **kwargs))
			return answer

		with patch.object(frappe.db, "sql", spied):
			last = ledger._last_wallets(
				budget, [self.rep, self.colleague], getdate(add_months(get_first_day(getdate()), 1))
			)
		self.assertEqual(len(rows), 2)
		self.assertEqual(last[self.rep].name, self.old)
		self.assertEqual(getdate(last[self.colleague].period_end), get_last_day(add_months(getdate(), -1)))

	def test_what_lapses_leaves_nothing_behind_and_takes_nothing_away(self):
		with self.as_user("Administrator"):
			self.policy.unspent = "Lapses"
			self.policy.save()
		with self.freeze(add_months(getdate(), 1)):
			gestures.give(self.customer, "tea", cost=5)
			self.assertEqual(self.lines(self.old), [])
			self.assertEqual(self.left(self.old), 35)


# One process: give something, and keep the transaction open until a line is read.
_SLOW_SPENDER = """
import sys, frappe
site, user, customer = sys.argv[1:]
frappe.init(site=site)
frappe.connect()
from micro_experiences.desk import gestures
frappe.set_user(user)
gestures.give(customer, "a small thing", cost=7)
print("given", flush=True)
sys.stdin.readline()
frappe.db.commit()
"""


class TestRollOverMeanwhile(SiteTestCase):
	"""A real process that spends from the old wallet while the next one is opened."""

	commits = True

	def setUp(self):
		super().setUp()
		frappe.set_user("Administrator")
		self.victim = make_customer("MX Test Midnight")
		self.policy = make_budget(self.company, [self.rep], unspent="Carries Over")
		frappe.db.commit()
		self.addCleanup(clean_up, self.policy.name, self.victim)
		self.budget_of_rep = next(one for one in ledger.budgets_of(self.rep) if one.name == self.policy.name)
		self.old = ledger.open_wallet(self.budget_of_rep, self.rep, getdate())
		frappe.db.commit()

	def opened_while_somebody_spends(self) -> tuple[str, float]:
		"""The next wallet, and how many seconds its opener waited for a spender who had not finished for one."""
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
		# What was read before shows the old wallet as it was.
		frappe.db.rollback()
		self.assertEqual(frappe.db.get_value("Gesture Wallet", self.old, "spent"), 0)
		timer = Timer(1, spender.communicate, ["\n"])
		start = time.monotonic()
		timer.start()
		name = ledger.open_wallet(self.budget_of_rep, self.rep, getdate(add_months(getdate(), 1)))
		waited = time.monotonic() - start
		frappe.db.commit()
		timer.join()
		self.assertEqual(spender.returncode, 0)
		return name, waited

	def test_who_has_not_finished_is_waited_for(self):
		new, waited = self.opened_while_somebody_spends()
		self.assertGreater(waited, 0.8)
		self.assertEqual(frappe.db.get_value("Gesture Wallet", new, "carried_over"), 43)
		old = frappe.db.get_value("Gesture Wallet", self.old, ["spent", "carried_over"])
		self.assertEqual(old, (7, -43))
		self.assertEqual(ledger.differences(), [])


class TestManySpenders(SiteTestCase):
	"""Real processes on a committed budget."""

	commits = True

	def test_sixteen_processes_never_overspend(self):
		frappe.set_user("Administrator")
		customer = make_customer("MX Test Crowd")
		budget = make_budget(self.company, [self.rep], amount=500, free_up_to=20)
		frappe.db.commit()
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
		wallets = frappe.get_all(
			"Gesture Wallet", filters={"gesture_budget": budget.name}, fields=["name", "spent", "committed"]
		)
		self.assertEqual(len(wallets), 1)
		self.assertEqual(wallets[0].spent, granted * 7)
		self.assertLessEqual(wallets[0].spent, 500)
		self.assertGreater(wallets[0].spent + 7, 500)
		self.assertEqual(ledger.differences(), [])
		print(json.dumps({"processes": PROCESSES, "granted": granted, "asked to try again": busy}))


def clean_up(budget: str, customer: str) -> None:
	"""Take away what was committed."""
	frappe.set_user("Administrator")
	frappe.db.rollback()
	wallets = frappe.get_all("Gesture Wallet", filters={"gesture_budget": budget}, pluck="name")
	frappe.db.delete("Gesture Wallet Entry", {"gesture_wallet": ("in", wallets)})
	frappe.db.delete("Gesture Wallet", {"gesture_budget": budget})
	frappe.db.delete("Gesture", {"customer": customer})
	frappe.delete_doc("Gesture Budget", budget, force=True)
	frappe.delete_doc("Customer", customer, force=True)
	frappe.db.commit()
