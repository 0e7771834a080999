"""Posting a wallet period to the ledger of ERPNext: journal entries, roles, refusals, concurrency."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from unittest.mock import patch

import frappe
from frappe.utils import add_days, add_months, flt, get_first_day, getdate, today

from micro_experiences.api import accounting as accounting_api
from micro_experiences.api import gestures
from micro_experiences.services import accounting, ledger
from micro_experiences.tests.utils import SiteTestCase, make_accounts, make_budget, make_customer

PROCESSES = 4

# Posts the wallet at the same moment as the others; prints the Journal Entry. With `innodb_snapshot_isolation`, the
# default of newer servers, a row that changed since the first read is an error.
_POSTER = """
import sys, time, frappe
site, user, wallet, at, isolation = sys.argv[1:]
frappe.init(site=site)
frappe.connect()
if isolation:
	frappe.db.sql(f"set session innodb_snapshot_isolation = {isolation}")
from micro_experiences.api import accounting
frappe.set_user(user)
time.sleep(max(0, float(at) - time.time()))
answer = accounting.post_wallet_period(wallet)
frappe.db.commit()
print(answer["journal_entry"])
"""


class AccountingTestCase(SiteTestCase):
	"""A budget that posts, and a period that ended last month."""

	def setUp(self):
		super().setUp()
		self.accounts = make_accounts(self.company)
		self.last_day = getdate(add_days(get_first_day(today()), -1))
		self.policy = self.budget(post_to_ledger=1, starts_on=add_months(today(), -2), **self.accounts)

	def give(self, cost: float, **more) -> str:
		"""Record a gesture in the previous period."""
		with self.freeze(self.last_day):
			return gestures.record_gesture(self.customer, "flowers for Rex", cost=cost, **more)["name"]

	def wallet(self):
		return frappe.get_doc("Gesture Wallet", {"gesture_budget": self.policy.name, "holder": self.rep})

	def post(self) -> str:
		with self.as_user(self.lead):
			return accounting_api.post_wallet_period(self.wallet().name)["journal_entry"]

	def get_refusal(self) -> str:
		"""Return the message of a refused posting, which must write nothing."""
		before = frappe.db.count("Journal Entry"), frappe.db.count("GL Entry")
		frappe.db.savepoint("refused")
		with self.assertRaises(frappe.ValidationError) as refused:
			self.post()
		frappe.db.rollback(save_point="refused")
		self.assertEqual((frappe.db.count("Journal Entry"), frappe.db.count("GL Entry")), before)
		self.assertIsNone(self.wallet().journal_entry)
		return str(refused.exception)

	def get_status(self) -> dict:
		with self.as_user(self.lead):
			wallet = self.wallet()
			wallet.run_method("onload")
			return wallet.get("__onload").micro_experiences_books

	@contextmanager
	def allow_deletion(self):
		"""Let ERPNext delete a Journal Entry with its ledger rows."""
		frappe.db.set_single_value("Accounts Settings", "delete_linked_ledger_entries", 1)
		yield
		frappe.db.set_single_value("Accounts Settings", "delete_linked_ledger_entries", 0)

	def get_ledger_rows(self, entry: str) -> list[tuple]:
		rows = frappe.get_all(
			"GL Entry",
			filters={"voucher_no": entry, "is_cancelled": 0},
			fields=["account", "debit", "credit", "cost_center", "posting_date", "account_currency"],
			order_by="debit desc",
		)
		return [tuple(row.values()) for row in rows]


class TestPost(AccountingTestCase):
	def test_period_in_two_currencies_is_posted_to_the_cent(self):
		other = "EUR" if self.currency != "EUR" else "USD"
		with self.as_user("Administrator"):
			frappe.get_doc(
				{
					"doctype": "Currency Exchange",
					"date": add_days(self.last_day, -3),
					"from_currency": other,
					"to_currency": self.currency,
					"exchange_rate": 1.0837,
					"for_buying": 1,
					"for_selling": 1,
				}
			).insert()
		self.give(4.99)
		self.give(12.35, currency=other)  # 13.383695
		corrected = self.give(7, currency=other)
		refunded = self.give(3)
		with self.freeze(self.last_day):
			gestures.correct_cost(corrected, 7.77)  # 8.420349
			gestures.set_status(refunded, "Cancelled")
		spent = 4.99 + 13.38 + 8.42
		entry = frappe.get_doc("Journal Entry", self.post())
		center = self.accounts["cost_center"]
		self.assertEqual(
			self.get_ledger_rows(entry.name),
			[
				(self.accounts["expense_account"], flt(spent, 2), 0, center, self.last_day, self.currency),
				(self.accounts["paid_from_account"], 0, flt(spent, 2), center, self.last_day, self.currency),
			],
		)
		self.assertEqual((entry.docstatus, entry.company, entry.total_debit), (1, self.company, 26.79))
		self.assertEqual(entry.multi_currency, 0)
		self.assertEqual(self.wallet().journal_entry, entry.name)
		self.assertEqual((ledger.find_differences(), ledger.find_gestures_without_entry()), ([], []))

	def test_entry_names_the_month_and_no_person(self):
		self.give(5)
		entry = frappe.get_doc("Journal Entry", self.post())
		self.assertEqual(entry.title, f"Gestures, {self.last_day:%B %Y}")
		self.assertEqual(entry.user_remark, entry.title)
		remarks = frappe.get_all("GL Entry", filters={"voucher_no": entry.name}, pluck="remarks")
		said = frappe.as_json([entry.as_dict(), remarks])
		for name in (self.customer, "Rex", "flowers"):
			self.assertNotIn(name, said)

	def test_repeated_posting_returns_the_same_entry(self):
		self.give(5)
		entry = self.post()
		self.assertEqual(self.post(), entry)
		self.assertEqual(len(self.get_ledger_rows(entry)), 2)
		self.assertFalse(self.get_status()["offered"])
		self.assertIsNone(self.get_status()["line"])

	def test_period_is_posted_again_after_cancelling_its_entry(self):
		kept, gone = self.give(5), self.give(8)
		first = self.post()
		gestures.set_status(gone, "Cancelled")
		self.assertIn("13.00", self.get_status()["line"])
		self.assertIn("5.00", self.get_status()["line"])
		with self.as_user(self.lead):
			frappe.get_doc("Journal Entry", first).cancel()
		self.assertIsNone(self.wallet().journal_entry)
		self.assertTrue(self.get_status()["offered"])
		second = self.post()
		self.assertNotEqual(first, second)
		self.assertEqual(self.get_ledger_rows(first), [])
		self.assertEqual([row[1] for row in self.get_ledger_rows(second)], [5, 0])
		self.assertEqual(frappe.db.get_value("Gesture", kept, "status"), "Given")
		with self.as_user("Administrator"), self.allow_deletion():
			frappe.delete_doc("Journal Entry", first)
		self.assertEqual(self.wallet().journal_entry, second)

	def test_amended_entry_replaces_the_cancelled_one(self):
		self.give(5)
		with self.as_user(self.lead):
			first = frappe.get_doc("Journal Entry", self.post())
			first.cancel()
			amended = frappe.copy_doc(first)
			amended.update({"docstatus": 0, "amended_from": first.name, "posting_date": self.last_day})
			amended.insert()
		self.assertEqual(self.wallet().journal_entry, amended.name)
		self.assertEqual(accounting.get_wallets_to_post(getdate()), [])
		with self.as_user(self.lead):
			amended.submit()
			self.assertEqual(self.post(), amended.name)
		with self.as_user("Administrator"), self.allow_deletion():
			amended.cancel()
			frappe.delete_doc("Journal Entry", amended.name)
			frappe.delete_doc("Journal Entry", first.name)
		self.assertIsNone(self.wallet().journal_entry)
		self.assertIsNone(self.wallet().cancelled_entry)
		self.assertTrue(self.get_status()["offered"])

	def test_failing_hook_does_not_stop_cancelling(self):
		self.give(5)
		entry = self.post()
		with (
			self.as_user(self.lead),
			patch.object(ledger, "unlink_cancelled_entry", side_effect=RuntimeError("broken")),
		):
			frappe.get_doc("Journal Entry", entry).cancel()
		self.addCleanup(frappe.db.delete, "Error Log", {"method": ("like", "%entry_cancelled%")})
		self.assertEqual(frappe.db.get_value("Journal Entry", entry, "docstatus"), 2)
		self.assertNotEqual(self.post(), entry)


class TestPermissions(AccountingTestCase):
	def test_posting_requires_accounts_role_or_manager(self):
		self.give(5)
		wallet = self.wallet().name
		for user in (self.colleague, self.outsider):
			with self.subTest(user), self.as_user(user), self.assertRaises(frappe.PermissionError):
				accounting_api.post_wallet_period(wallet)
		self.assertIsNone(self.wallet().journal_entry)
		for user in (self.rep, self.lead, self.manager):
			with self.subTest(user), self.as_user(user):
				entry = accounting_api.post_wallet_period(wallet)["journal_entry"]
				self.assertEqual(frappe.db.get_value("Journal Entry", entry, "owner"), user)
			with self.as_user("Administrator"):
				frappe.get_doc("Journal Entry", entry).cancel()

	def test_posting_a_hidden_wallet_is_refused(self):
		with self.as_user(self.colleague):
			self.give(5)
		other = frappe.db.get_value("Gesture Wallet", {"holder": self.colleague})
		with self.as_user(self.rep), self.assertRaises(frappe.PermissionError):
			accounting_api.post_wallet_period(other)


class TestRefusals(AccountingTestCase):
	def test_current_period_is_refused(self):
		gestures.record_gesture(self.customer, "tea", cost=5)
		self.assertIn("can be posted after", self.get_refusal())
		self.assertFalse(self.get_status()["offered"])

	def test_period_with_approved_gesture_is_refused(self):
		name = self.give(25)
		with self.freeze(self.last_day), self.as_user(self.lead):
			gestures.approve(name)
		self.give(5)
		self.assertIn("25.00", self.get_refusal())
		gestures.set_status(name, "Given")
		self.assertEqual([row[1] for row in self.get_ledger_rows(self.post())], [30, 0])

	def test_period_without_spending_is_refused(self):
		name = self.give(5)
		gestures.set_status(name, "Cancelled")
		self.assertIn("nothing to post", self.get_refusal())
		self.assertEqual(accounting.get_wallets_to_post(getdate()), [])

	def test_closed_accounting_period_is_refused(self):
		self.give(5)
		with self.as_user("Administrator"):
			frappe.get_doc(
				{
					"doctype": "Accounting Period",
					"period_name": "MX Test Closed",
					"company": self.company,
					"start_date": get_first_day(self.last_day),
					"end_date": self.last_day,
					"closed_documents": [{"document_type": "Journal Entry", "closed": 1}],
				}
			).insert()
		self.assert_closed("MX Test Closed")

	def assert_closed(self, reason: str):
		message = self.get_refusal()
		for text in (reason, "Nothing was posted"):
			self.assertIn(text, message)
		self.assertEqual(len(frappe.local.message_log), 1)
		self.assertNotIn("<b>", message)

	def test_unsuitable_account_is_refused_on_posting_and_on_save(self):
		self.give(5)
		company = frappe.get_doc("Company", self.company)
		kept = dict(self.accounts)
		parent = frappe.db.get_value("Account", kept["expense_account"], "parent_account")
		cash = frappe.db.get_value("Account", kept["paid_from_account"], "parent_account")
		elsewhere = self.make_other_company()
		foreign = "EUR" if self.currency != "EUR" else "USD"
		for field, value, words in (
			("expense_account", None, "is missing"),
			("paid_from_account", cash, "is a group"),
			("cost_center", elsewhere["cost_center"], "does not belong"),
			("expense_account", self.account("MX Off", parent, disabled=1), "is disabled"),
			("paid_from_account", self.account("MX Far", cash, account_currency=foreign), "is not in"),
			("expense_account", kept["paid_from_account"], "wrong account type"),
			("paid_from_account", company.default_payable_account, "supplier"),
		):
			with self.subTest(field=field, value=value):
				self.policy.db_set(kept | {field: value})
				self.assertIn(words, self.get_refusal())
				self.policy.db_set(kept)
				with self.as_user("Administrator"), self.assertRaises(frappe.ValidationError) as refused:
					frappe.get_doc("Gesture Budget", self.policy.name).update({field: value}).save()
				self.assertIn(words, str(refused.exception))
				with self.as_user("Administrator"):
					values = {field: value, "post_to_ledger": 0}
					frappe.get_doc("Gesture Budget", self.policy.name).update(values).save()
				self.policy.db_set({"post_to_ledger": 1})
		self.policy.db_set(kept)
		self.assertTrue(self.post())

	def account(self, name: str, parent: str, **values) -> str:
		account = {
			"doctype": "Account",
			"account_name": name,
			"parent_account": parent,
			"company": self.company,
		}
		with self.as_user("Administrator"):
			return frappe.get_doc(account | values).insert().name

	def make_other_company(self) -> dict:
		with self.as_user("Administrator"):
			name = frappe.db.exists("Company", "MX Test Elsewhere") or (
				frappe.get_doc(
					{
						"doctype": "Company",
						"company_name": "MX Test Elsewhere",
						"abbr": "MXE",
						"default_currency": self.currency,
						"country": frappe.get_cached_value("Company", self.company, "country"),
					}
				)
				.insert()
				.name
			)
			return make_accounts(name)


class TestConcurrentPosting(SiteTestCase):
	"""Real processes on a committed wallet."""

	commits = True

	def test_concurrent_posting_creates_one_entry(self):
		known = frappe.db.sql("show variables like 'innodb_snapshot_isolation'")
		for isolation in ("off", "on") if known else ("",):
			with self.subTest(isolation=isolation):
				self.assert_one_entry(isolation)

	def assert_one_entry(self, isolation: str):
		frappe.set_user("Administrator")
		customer = make_customer("MX Test Crowd")
		values = {"post_to_ledger": 1, "starts_on": add_months(today(), -2), **make_accounts(self.company)}
		budget = make_budget(self.company, [self.rep], **values)
		self.addCleanup(self.clean_up, budget.name, customer)
		with self.freeze(add_days(get_first_day(today()), -1)), self.as_user(self.rep):
			gestures.record_gesture(customer, "tea", cost=5, gesture_budget=budget.name)
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		wallet = frappe.db.get_value("Gesture Wallet", {"gesture_budget": budget.name})
		at = str(time.time() + 6)
		command = [sys.executable, "-c", _POSTER, frappe.local.site, self.manager, wallet, at, isolation]
		running = [
			subprocess.Popen(
				command, cwd=os.getcwd(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
			)
			for _number in range(PROCESSES)
		]
		answers = [process.communicate(timeout=120) for process in running]
		for process, (_out, err) in zip(running, answers, strict=True):
			self.assertEqual(process.returncode, 0, err[-2000:])
		frappe.db.rollback()
		entry = frappe.db.get_value("Gesture Wallet", wallet, "journal_entry")
		self.assertEqual({out.split()[-1] for out, _err in answers}, {entry})
		made = frappe.get_all(
			"Journal Entry Account",
			filters={"account": self.paid_from(), "creation": (">", budget.creation)},
			pluck="parent",
		)
		self.assertEqual(made, [entry])
		self.assertEqual((ledger.find_differences(), ledger.find_gestures_without_entry()), ([], []))

	def paid_from(self) -> str:
		return make_accounts(self.company)["paid_from_account"]

	def clean_up(self, budget: str, customer: str):
		frappe.db.rollback()
		frappe.set_user("Administrator")
		wallets = frappe.get_all("Gesture Wallet", filters={"gesture_budget": budget}, pluck="name")
		for entry in frappe.get_all(
			"Journal Entry Account", filters={"account": self.paid_from()}, pluck="parent", distinct=True
		):
			doc = frappe.get_doc("Journal Entry", entry)
			if doc.docstatus == 1:
				doc.cancel()
			for doctype in ("GL Entry", "Payment Ledger Entry"):
				frappe.db.delete(doctype, {"voucher_no": entry})
			frappe.delete_doc("Journal Entry", entry, force=True, delete_permanently=True)
		frappe.db.delete("Gesture Wallet Entry", {"gesture_wallet": ("in", wallets)})
		frappe.db.delete("Gesture Wallet", {"gesture_budget": budget})
		frappe.db.delete("Gesture", {"customer": customer})
		frappe.delete_doc("Gesture Budget", budget, force=True)
		frappe.delete_doc("Customer", customer, force=True)
		for account in ("expense_account", "paid_from_account"):
			frappe.delete_doc("Account", make_accounts(self.company)[account], force=True)
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
