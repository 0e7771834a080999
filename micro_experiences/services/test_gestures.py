"""Gestures through their whitelisted methods: propose, record, decide, convert currencies, retry."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

import frappe
from frappe.utils import add_days, add_months, get_last_day, now_datetime, today

from micro_experiences.api import gestures, wallets
from micro_experiences.domain.currencies import to_money
from micro_experiences.micro_experiences.doctype.gesture.gesture import Gesture
from micro_experiences.permissions import budget_access
from micro_experiences.services import ledger, planned_gestures
from micro_experiences.tests.utils import SiteTestCase, make_budget, make_customer, make_invoice, make_user
from micro_experiences.utils import transactions
from micro_experiences.utils.errors import (
	InsufficientBalance,
	MissingBudget,
	RecipientCapExceeded,
	RuledOutByNote,
)

COFFEE, WINE, CARD = "Coffee on the House", "Bottle of Wine", "Handwritten Card"
FOREIGN, SECOND_COMPANY = "ISK", "MX Test Company"


class GesturesTestCase(SiteTestCase):
	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		if cls.commits:
			return
		cls.invoice_name = make_invoice(cls.company, cls.customer).name
		cls.on_invoice = {"reference_doctype": "Sales Invoice", "reference_name": cls.invoice_name}

	def record(self, cost=0, what="flowers", **more):
		return gestures.record_gesture(self.customer, what, cost=cost, **more)

	def assert_nothing_written(self, before: tuple):
		self.assertEqual(self.get_totals(), before)

	def get_totals(self) -> tuple:
		"""Return what a refused gesture must not change."""
		return (
			frappe.db.count("Gesture"),
			frappe.db.count("Gesture Wallet Entry"),
			frappe.db.sql("select sum(spent), sum(committed) from `tabGesture Wallet`")[0],
		)

	def assert_ledger_matches(self):
		self.assertEqual(ledger.find_differences(), [])
		self.assertEqual(ledger.find_gestures_without_entry(), [])

	def get_balance(self, user: str | None = None) -> float:
		return ledger.get_user_wallets(user or self.rep)[0].left

	def make_rate(self, rate: float, start: str = FOREIGN, end: str | None = None) -> None:
		frappe.get_doc(
			{
				"doctype": "Currency Exchange",
				"date": today(),
				"from_currency": start,
				"to_currency": end or self.currency,
				"exchange_rate": rate,
				"for_buying": 1,
				"for_selling": 1,
			}
		).insert(ignore_permissions=True)

	def make_second_company(self, currency: str) -> None:
		"""Insert another company with only what gestures read of it."""
		company = {"name": SECOND_COMPANY, "company_name": SECOND_COMPANY, "abbr": "MXT"}
		frappe.get_doc({"doctype": "Company", "default_currency": currency} | company).db_insert()
		# A rollback does not clear the cache.
		self.addCleanup(frappe.clear_document_cache, "Company", SECOND_COMPANY)

	def restrict_rep_to_other_customer(self):
		with self.as_user("Administrator"):
			frappe.permissions.add_user_permission("Customer", self.other_customer, self.rep)


class TestPropose(GesturesTestCase):
	def get_warnings(self, gesture_type: str) -> list[str]:
		return gestures.propose(self.customer, gesture_type=gesture_type)["warnings"]

	def test_message_is_rendered_from_contact_note_and_user(self):
		template = "{{ contact_name or customer_name }}|{{ customer_name }}|{{ note }}|{{ my_name }}"
		frappe.db.set_value("Gesture Type", COFFEE, "message_template", template)
		contact, note = self.contact(), self.note("{{ 7*7 }} {% raw %}")
		of_contact = self.note("Takes sugar.", contact=contact)
		for arguments, expected in (
			# The text of a note is never rendered as a template.
			((note.name, COFFEE, contact), "Olivia|MX Test Books|{{ 7*7 }} {% raw %}|Rep"),
			# The customer has one contact.
			((None, COFFEE), "Olivia|MX Test Books||Rep"),
			((of_contact.name, COFFEE), "Olivia|MX Test Books|Takes sugar.|Rep"),
		):
			self.assertEqual(gestures.propose(self.customer, *arguments)["message"], expected)

	def test_message_greets_the_person_at_hand_and_never_a_company(self):
		def get_message(customer=self.customer, contact=None):
			return gestures.propose(customer, gesture_type="Birthday Card", contact=contact)["message"]

		with self.as_user("Administrator"):
			frappe.db.set_value("Customer", self.customer, "customer_type", "Company")
			frappe.db.set_value("Customer", self.other_customer, "customer_type", "Individual")
		self.assertEqual(get_message(), "Hello, happy birthday from all of us! Rep")
		first = self.contact("Olivia")
		self.assertTrue(get_message().startswith("Dear Olivia, "))
		second = self.contact("Tomas")
		self.assertTrue(get_message().startswith("Hello, "))
		self.assertTrue(get_message(contact=first).startswith("Dear Olivia, "))
		frappe.db.set_value("Customer", self.customer, "customer_primary_contact", second)
		self.assertTrue(get_message().startswith("Dear Tomas, "))
		name = frappe.db.get_value("Customer", self.other_customer, "customer_name")
		self.assertTrue(get_message(self.other_customer).startswith(f"Dear {name}, "))

	def test_proposal_holds_type_cost_and_wallet_and_writes_nothing(self):
		self.budget()
		before = self.get_totals()
		answer = gestures.propose(self.customer, gesture_type=COFFEE)
		self.assertEqual((answer["gesture_type"], answer["what"], answer["cost"]), (COFFEE, COFFEE, 4))
		self.assertEqual((answer["wallet"]["left"], answer["wallet"]["free_up_to"]), (50, 20))
		self.assertEqual(answer["warnings"], [])
		self.assert_nothing_written(before)

	def test_proposal_without_type_only_suggests_one(self):
		cheapest = frappe.get_all("Gesture Type", order_by="usual_cost asc, name asc", pluck="name")[0]
		answer = gestures.propose(self.customer)
		self.assertEqual((answer["suggested_type"], answer["wallet"]), (cheapest, None))
		filled = [answer[field] for field in ("gesture_type", "what", "message", "cost")]
		self.assertEqual(filled, [None, None, None, 0])
		frappe.db.set_value("Gesture Type", cheapest, "involves", "public")
		self.note("No fuss", kind="Never", stops="public")
		self.assertNotEqual(gestures.propose(self.customer)["suggested_type"], cheapest)
		self.assertIsNone(gestures.propose(self.customer, gesture_type="No Such Type")["gesture_type"])

	def test_wallets_with_the_same_title_are_told_apart(self):
		self.budget(title="Care")
		self.budget(title="Care", period="Week")
		self.budget(title="Other", period="Quarter")
		titles = {wallet["title"] for wallet in gestures.propose(self.customer)["wallets"]}
		self.assertEqual(titles, {"Care (Week)", "Care (Month)", "Other"})

	def test_malicious_template_is_refused_and_renders_nothing(self):
		frappe.set_user("Administrator")
		for template in (
			"{{ ''.__class__.__mro__ }}",
			"{{ frappe.db.sql('select 1') }}",
			"{% for x in range(10**9) %}x{% endfor %}",
			"{{ customer_name.__init__.__globals__ }}",
			"{{ 10**10**10 }}",
			"{% include 'frappe/templates/base.html' %}",
			"{{ customer_name",
		):
			with self.subTest(template):
				doc = frappe.get_doc("Gesture Type", COFFEE)
				doc.message_template = template
				self.assertRaises(frappe.ValidationError, doc.save)
				# A template that was not saved through the form must not block a gesture.
				frappe.db.set_value("Gesture Type", COFFEE, "message_template", template)
				self.assertEqual(gestures.propose(self.customer, gesture_type=COFFEE)["message"], "")

	def test_proposal_warns_of_same_gesture_within_the_period(self):
		self.set_settings(same_gesture_days=10)
		self.record(gesture_type=COFFEE)
		self.assertEqual((len(self.get_warnings(COFFEE)), self.get_warnings(CARD)), (1, []))
		frappe.db.set_value("Gesture", {"customer": self.customer}, "given_on", add_days(today(), -11))
		self.assertEqual(self.get_warnings(COFFEE), [])

	def test_proposal_warns_of_too_many_gestures_in_a_month(self):
		self.set_settings(gestures_per_month=2)
		self.record(gesture_type=WINE)
		self.assertEqual(self.get_warnings(CARD), [])
		second = self.record(gesture_type=COFFEE)["name"]
		self.assertEqual(len(self.get_warnings(CARD)), 1)
		gestures.set_status(second, "Cancelled")
		self.assertEqual(self.get_warnings(CARD), [])
		self.set_settings(gestures_per_month=0)
		self.record()
		self.assertEqual(self.get_warnings(CARD), [])

	def test_proposal_warns_of_hidden_restriction_without_its_text(self):
		with self.as_user(self.colleague):
			self.note("He drinks too much.", kind="Never", stops="alcohol", visibility="Only Me")
		(warning,) = self.get_warnings(WINE)
		self.assertIn("alcohol", warning)
		self.assertNotIn("drinks", warning)


class TestRecord(GesturesTestCase):
	def test_record_saves_note_reference_contact_and_amounts(self):
		self.budget()
		values = {"gesture_type": CARD, "message": "Dear Olivia", "personal_note": self.note().name}
		values |= {"contact": self.contact()} | self.on_invoice
		answer = self.record(12, **values)
		doc = frappe.get_doc("Gesture", answer["name"])
		money = {"cost": 12.0, "wallet_amount": 12.0, "base_cost": 12.0, "currency": self.currency}
		state = {"status": "Given", "given_by": self.rep, "company": self.company}
		self.assertDocumentEqual(values | money | state, doc)
		self.assertEqual((str(doc.given_on), answer["banner"]["wallet"]["left"]), (today(), 38))

	def test_request_above_free_limit_reserves_its_money(self):
		self.budget()
		answer = self.record(30)
		self.assertEqual((answer["status"], answer["banner"]["wallet"]["left"]), ("Awaiting Approval", 20))
		self.assertEqual(
			(answer["text"], answer["can_undo"]), ("Sent for approval. € 30.00 is reserved.", False)
		)
		self.assertEqual(self.record(5)["can_undo"], True)
		self.assert_ledger_matches()

	def test_second_request_beyond_the_balance_is_refused_at_once(self):
		self.budget(amount=29)
		self.record(28)
		with self.assertRaisesRegex(InsufficientBalance, "only € 1.00 is left.*Choose a smaller gesture"):
			self.record(28)
		self.assertEqual(frappe.db.count("Gesture", {"customer": self.customer}), 1)
		self.assertEqual(self.get_balance(), 1)

	def test_restriction_refuses_gesture_even_with_override_reason(self):
		self.budget()
		self.note("No alcohol", kind="Never", stops="alcohol")
		before = self.get_totals()
		for more in ({}, {"override_reason": "I know better"}):
			with self.assertRaisesRegex(RuledOutByNote, "alcohol"):
				self.record(15, gesture_type=WINE, **more)
		self.assert_nothing_written(before)

	def test_record_with_invalid_value_is_refused_and_writes_nothing(self):
		self.budget()
		before = self.get_totals()
		for case, error, values in (
			("nothing", frappe.ValidationError, {"what": ""}),
			("long", frappe.ValidationError, {"what": "x" * 141}),
			("unknown customer", frappe.DoesNotExistError, {"customer": "Nobody"}),
			("unknown type", frappe.LinkValidationError, {"gesture_type": "Nothing"}),
			("unknown budget", frappe.ValidationError, {"gesture_budget": "x", "cost": 5}),
			("unknown currency", frappe.ValidationError, {"currency": "XXQ", "cost": 5}),
			("unknown note", frappe.PermissionError, {"personal_note": "NOTE-999999"}),
			("over allowance", InsufficientBalance, {"cost": 51}),
			("negative", frappe.ValidationError, {"cost": -5}),
			("not a number", frappe.ValidationError, {"cost": float("nan")}),
			("infinite", frappe.ValidationError, {"cost": float("inf")}),
			("too large for the database", frappe.ValidationError, {"cost": 1e30}),
		):
			with self.subTest(case), self.assertRaises(error):
				gestures.record_gesture(**({"customer": self.customer, "what": "x"} | values))
			self.assert_nothing_written(before)

	def test_budget_giver_or_note_of_another_user_is_refused(self):
		self.budget()
		with self.as_user("Administrator"):
			theirs = make_budget(self.company, [self.colleague], title="Theirs")
		with self.as_user(self.colleague):
			hidden = self.note("Only mine.", visibility="Only Me")
		before = self.get_totals()
		self.assertRaises(MissingBudget, self.record, 5, gesture_budget=theirs.name)
		self.assertRaises(frappe.PermissionError, self.record, personal_note=hidden.name)
		posted = {"doctype": "Gesture", "customer": self.customer, "what": "x", "cost": 5, "status": "Given"}
		with self.assertRaises(frappe.PermissionError):
			frappe.get_doc(posted | {"given_by": self.colleague}).insert()
		self.assert_nothing_written(before)

	def test_propose_and_record_without_access_are_refused(self):
		before = self.get_totals()
		self.restrict_rep_to_other_customer()
		for user in (self.rep, self.outsider):
			with self.as_user(user):
				self.assertRaises(frappe.PermissionError, self.record)
				self.assertRaises(frappe.PermissionError, gestures.propose, self.customer)
		self.assert_nothing_written(before)

	def test_cost_without_fiscal_year_names_the_fiscal_year(self):
		policy = self.budget(period="Fiscal Year")
		with self.freeze("2199-03-01"):
			with self.assertRaisesRegex(MissingBudget, "There is no Fiscal Year for 01-03-2199"):
				self.record(5)
			self.assertIn("There is no Fiscal Year", gestures.propose(self.customer)["notice"])
			answer = wallets.get_my_wallets()
			self.assertEqual((answer["wallets"], "Fiscal Year" in answer["notice"]), ([], True))
			policy.db_set("enabled", 0)
			budget_access.clear_budget_cache()
			with self.assertRaisesRegex(MissingBudget, "No gesture budget is available"):
				self.record(5)
			self.assertIsNone(gestures.propose(self.customer)["notice"])

	def test_amounts_follow_the_number_format_of_the_site(self):
		self.budget(amount=1234.5)
		frappe.db.set_default("number_format", "#.###,##")
		self.addCleanup(frappe.clear_cache)
		self.assertEqual(gestures.propose(self.customer)["wallet"]["text"], "€ 1.234,50 left")

	def test_stale_form_is_refused_and_refunds_once(self):
		self.budget()
		first = frappe.get_doc("Gesture", self.record(12)["name"])
		second = frappe.get_doc("Gesture", first.name)
		first.update({"status": "Cancelled"}).save()
		self.assertRaises(frappe.TimestampMismatchError, second.update({"status": "Cancelled"}).save)
		self.assertEqual(frappe.db.count("Gesture Wallet Entry", {"gesture": first.name}), 2)
		self.assertEqual(self.get_balance(), 50)


class TestForeignCurrency(GesturesTestCase):
	def correct(self, name, cost) -> tuple:
		with self.as_user(self.lead):
			gestures.correct_cost(name, cost)
		return frappe.db.get_value("Gesture", name, ["base_cost", "wallet_amount"])

	def test_cost_is_converted_at_todays_rate_and_refunded_at_the_same_rate(self):
		self.budget()
		self.make_rate(0.007)
		name = self.record(1500, currency=FOREIGN)["name"]
		doc = frappe.get_doc("Gesture", name)
		self.assertEqual((doc.cost, doc.currency, doc.conversion_rate), (1500, FOREIGN, 0.007))
		self.assertEqual((doc.base_cost, doc.wallet_amount, doc.status), (10.5, 10.5, "Given"))
		self.assertEqual(self.get_balance(), 39.5)
		# Limits are in the currency of the budget.
		self.assertEqual(self.record(3000, currency=FOREIGN)["status"], "Awaiting Approval")
		self.assertRaises(InsufficientBalance, self.record, 7200, currency=FOREIGN)
		frappe.db.set_value("Currency Exchange", {"from_currency": FOREIGN}, "exchange_rate", 0.02)
		gestures.set_status(name, "Cancelled")
		# The request for 21 still reserves its money.
		self.assertEqual(self.get_balance(), 29)
		self.assert_ledger_matches()

	def test_corrected_cost_is_converted_at_the_original_rate(self):
		self.budget()
		self.make_rate(0.9234)
		name = self.record(1, currency=FOREIGN)["name"]
		frappe.db.set_value("Currency Exchange", {"from_currency": FOREIGN}, "exchange_rate", 0.5)
		for cost, converted in ((50, 46.17), (0, 0), (10, 9.23)):
			self.assertEqual(self.correct(name, cost), (converted, converted))
		self.assertEqual(self.get_balance(), to_money(40.77))
		self.assert_ledger_matches()

	def test_budget_in_a_third_currency_keeps_its_own_rate(self):
		self.budget(title="Third", currency="DKK")
		self.make_rate(0.5)
		self.make_rate(0.1234, end="DKK")
		name = self.record(1, currency=FOREIGN)["name"]
		self.assertEqual(self.correct(name, 0), (0, 0))
		self.assertEqual(self.correct(name, 100), (50, 12.34))
		self.assert_ledger_matches()

	def test_amounts_have_the_precision_of_their_currency(self):
		policy = self.budget(currency="KWD", amount=10.125, free_up_to=10)
		self.assertEqual(frappe.db.get_value("Gesture Budget", policy.name, "amount"), 10.125)
		self.make_rate(3, "KWD")
		answer = self.record(0.005)
		doc = frappe.get_doc("Gesture", answer["name"])
		self.assertEqual(
			(doc.cost, doc.currency, doc.wallet_amount, doc.base_cost), (0.005, "KWD", 0.005, 0.02)
		)
		self.assertEqual(answer["banner"]["wallet"]["text"], "د.ك 10.120 left")
		with self.assertRaisesRegex(frappe.ValidationError, "0.0004 is less than the smallest amount in KWD"):
			self.record(0.0004)
		self.assert_ledger_matches()

	def test_cost_that_converts_to_less_than_the_smallest_amount_is_refused(self):
		self.budget()
		self.make_rate(0.004)
		with self.assertRaisesRegex(frappe.ValidationError, "smallest amount in EUR"):
			self.record(1, currency=FOREIGN)

	def test_record_without_exchange_rate_is_refused_and_writes_nothing(self):
		self.budget()
		before = self.get_totals()
		with patch("erpnext.setup.utils.get_exchange_rate", return_value=0):
			with self.assertRaisesRegex(frappe.ValidationError, FOREIGN):
				self.record(1500, currency=FOREIGN)
		self.assert_nothing_written(before)


class TestTwoCompanies(GesturesTestCase):
	"""A user with a budget in each of two companies with different currencies."""

	def setUp(self):
		super().setUp()
		self.first = self.budget()
		self.make_second_company(FOREIGN)
		with self.as_user("Administrator"):
			values = {"title": "Second", "amount": 7000, "free_up_to": 3000, "currency": FOREIGN}
			self.second = make_budget(SECOND_COMPANY, [self.rep], **values)
		self.make_rate(0.007)
		self.make_rate(140, self.currency, FOREIGN)

	def record_and_load(self, cost, **more):
		return frappe.get_doc("Gesture", self.record(cost, **more)["name"])

	def get_balances(self) -> dict[str, float]:
		return {wallet.budget.name: float(wallet.left) for wallet in ledger.get_user_wallets(self.rep)}

	def test_chosen_wallet_determines_company_currency_and_rate(self):
		doc = self.record_and_load(1500, gesture_budget=self.second.name)
		expected = {"company": SECOND_COMPANY, "currency": FOREIGN, "gesture_budget": self.second.name}
		self.assertDocumentEqual(
			expected | {"conversion_rate": 1, "base_cost": 1500, "wallet_amount": 1500}, doc
		)
		wallet = frappe.db.get_value("Gesture Wallet", doc.gesture_wallet, ["company", "currency", "spent"])
		self.assertEqual(wallet, (SECOND_COMPANY, FOREIGN, 1500))
		# A cost in the other currency is converted into that of the wallet.
		doc = self.record_and_load(10, gesture_budget=self.second.name, currency=self.currency)
		expected = {"company": SECOND_COMPANY, "currency": self.currency, "conversion_rate": 140}
		self.assertDocumentEqual(
			expected | {"base_cost": 1400, "wallet_amount": 1400, "status": "Given"}, doc
		)
		doc = self.record_and_load(1000, gesture_budget=self.first.name, currency=FOREIGN)
		self.assertDocumentEqual({"company": self.company, "base_cost": 7, "wallet_amount": 7}, doc)
		self.assertEqual(self.get_balances(), {self.first.name: 43, self.second.name: 4100})
		# The balance of one wallet does not pay for the other.
		for budget, cost in ((self.first, 44), (self.second, 4101)):
			self.assertRaises(InsufficientBalance, self.record, cost, gesture_budget=budget.name)
		self.assert_ledger_matches()

	def test_budget_and_gesture_without_a_currency_take_that_of_the_company(self):
		self.assertEqual(frappe.defaults.get_global_default("currency"), self.currency)
		with self.as_user("Administrator"):
			policy = make_budget(SECOND_COMPANY, [self.rep], title="Third", amount=5000)
			self.assertEqual((policy.currency, policy.amount), (FOREIGN, 5000))
		posted = {
			"doctype": "Gesture",
			"customer": self.customer,
			"what": "x",
			"cost": 500,
			"status": "Given",
		}
		doc = frappe.get_doc(posted | {"company": SECOND_COMPANY}).insert()
		self.assertEqual((doc.currency, doc.wallet_amount), (FOREIGN, 500))

	def test_only_budget_in_another_company_is_offered_and_pays(self):
		with self.as_user("Administrator"):
			self.first.db_set("enabled", 0)
			budget_access.clear_budget_cache()
		offered = gestures.propose(self.customer)["wallet"]["gesture_budget"]
		self.assertEqual(offered, self.second.name)
		for more in ({"gesture_budget": offered}, {}):
			doc = self.record_and_load(1500, **more)
			expected = {"company": SECOND_COMPANY, "currency": FOREIGN, "gesture_budget": self.second.name}
			self.assertDocumentEqual(expected | {"status": "Given"}, doc)
		self.assertEqual(self.get_balances(), {self.second.name: 4000})
		self.assertEqual(self.record_and_load(0).company, self.company)

	def test_invoice_of_a_company_is_paid_from_its_budget_unless_another_is_chosen(self):
		frappe.db.set_value("Sales Invoice", self.invoice_name, "company", SECOND_COMPANY)
		offered = gestures.propose(self.customer, **self.on_invoice)
		self.assertEqual([one["gesture_budget"] for one in offered["wallets"]], [self.second.name])
		self.assertEqual(offered["currency"], FOREIGN)
		doc = self.record_and_load(1500, **self.on_invoice)
		expected = {"company": SECOND_COMPANY, "currency": FOREIGN, "gesture_budget": self.second.name}
		self.assertDocumentEqual(expected, doc)
		self.assertEqual(self.record_and_load(5).gesture_budget, self.first.name)
		doc = self.record_and_load(5, gesture_budget=self.first.name, **self.on_invoice)
		self.assertDocumentEqual({"company": self.company, "gesture_budget": self.first.name}, doc)
		with self.as_user("Administrator"):
			self.second.db_set("enabled", 0)
			budget_access.clear_budget_cache()
		self.assertEqual(self.record_and_load(1, **self.on_invoice).gesture_budget, self.first.name)
		self.assertEqual(self.get_balances(), {self.first.name: 39})


class TestDecide(GesturesTestCase):
	def setUp(self):
		super().setUp()
		self.policy = self.budget()
		self.name = self.record(30)["name"]

	def load(self):
		return frappe.get_doc("Gesture", self.name)

	def test_approve_saves_approver_and_commits_once(self):
		with self.as_user(self.lead):
			for _repeated in range(2):
				self.assertEqual(gestures.approve(self.name), {"status": "Approved"})
			self.assertRaises(frappe.ValidationError, gestures.decline, self.name, "too late")
		doc = self.load()
		self.assertEqual((doc.approver, bool(doc.approved_on)), (self.lead, True))
		self.assertEqual(frappe.db.count("Gesture Wallet Entry", {"gesture": self.name}), 1)

	def test_declined_gesture_keeps_its_reason_and_cannot_be_given(self):
		with self.as_user(self.lead):
			gestures.decline(self.name, "  Rather a card  ")
			self.assertRaises(frappe.ValidationError, gestures.approve, self.name)
		with self.as_user(self.colleague):
			with suppress(frappe.PermissionError):
				gestures.decline(self.name, "Because I say so")
		self.assertEqual(self.load().decline_reason, "Rather a card")
		self.assertRaises(frappe.ValidationError, gestures.set_status, self.name, "Given")
		self.assertEqual(self.get_balance(), 50)
		self.assert_ledger_matches()

	def test_decision_by_a_user_without_the_role_is_refused(self):
		for user in (self.rep, self.colleague):
			for decide in (gestures.approve, gestures.decline):
				with self.subTest(user), self.as_user(user), self.assertRaises(frappe.PermissionError):
					decide(self.name)
		# A form that posts the status is refused too.
		self.assertRaises(frappe.PermissionError, self.load().update({"status": "Approved"}).save)
		self.assertEqual(self.load().status, "Awaiting Approval")
		with self.as_user(self.manager):
			self.assertEqual(gestures.approve(self.name)["status"], "Approved")

	def test_decision_about_own_gesture_is_refused(self):
		boss = make_user("mx.boss@example.com", ("Sales User", "Sales Manager", "Micro Experiences Manager"))
		with self.as_user("Administrator"):
			self.policy.append("holders", {"user": boss})
			self.policy.save()
		with self.as_user(boss):
			self.assertRaises(frappe.PermissionError, gestures.approve, self.record(30)["name"])

	def test_withdrawn_request_releases_its_money_and_can_be_made_again(self):
		for _round in range(2):
			self.load().update({"status": "Idea"}).save()
			self.assertEqual(self.get_balance(), 50)
			self.load().update({"status": "Awaiting Approval"}).save()
			self.assertEqual(self.get_balance(), 20)
			self.assert_ledger_matches()
		with self.as_user(self.lead):
			gestures.approve(self.name)
		gestures.set_status(self.name, "Given")
		self.assertEqual(self.get_balance(), 20)
		self.assert_ledger_matches()

	def test_old_request_without_reserved_money_is_refused_with_advice_for_the_approver(self):
		frappe.db.delete("Gesture Wallet Entry", {"gesture": self.name})
		frappe.db.set_value("Gesture Wallet", self.load().gesture_wallet, {"committed": 0, "spent": 45})
		frappe.db.set_value("Gesture", self.name, "gesture_wallet", None)
		self.assertEqual(ledger.find_gestures_without_entry(), [])
		with self.as_user(self.lead):
			frappe.db.savepoint("before_approval")
			with self.assertRaisesRegex(InsufficientBalance, "only € 5.00 is left.*Decline the request"):
				gestures.approve(self.name)
			frappe.db.rollback(save_point="before_approval")
			gestures.decline(self.name, "Rather a card")
		self.assertEqual(self.load().status, "Declined")

	def test_request_counts_towards_the_limit_per_customer(self):
		self.policy.db_set("cap_per_recipient", 35)
		budget_access.clear_budget_cache()
		with self.assertRaisesRegex(RecipientCapExceeded, "€ 36.00"):
			self.record(6)

	def test_uncommitted_request_is_found_by_the_nightly_proof(self):
		frappe.db.delete("Gesture Wallet Entry", {"gesture": self.name})
		self.assertEqual(ledger.find_gestures_without_entry(), [self.name])

	def test_status_that_skips_approval_is_refused(self):
		for status in ("Given", "Approved", "Declined", "Idea", "", "Anything"):
			self.assertRaises(frappe.ValidationError, gestures.set_status, self.name, status)
		with self.as_user(self.colleague):
			self.assertRaises(frappe.PermissionError, gestures.set_status, self.name, "Cancelled")

	def test_posted_approval_is_ignored(self):
		given = frappe.get_doc("Gesture", self.record(5)["name"])
		posted = {"approver": self.lead, "approved_on": "2020-01-01", "given_on": add_months(today(), -3)}
		given.update(posted).save()
		given.reload()
		self.assertEqual((given.approver, given.approved_on, str(given.given_on)), (None, None, today()))


class TestPlanned(GesturesTestCase):
	"""A gesture planned for a day: its money, its follow-up, and how it ends."""

	def setUp(self):
		super().setUp()
		self.policy = self.budget(period="Fiscal Year")
		self.day = add_days(today(), 3)

	def plan(self, cost=5, **more):
		return self.record(cost, planned_on=self.day, **more)

	def get_follow_ups(self, gesture: str) -> list[tuple]:
		rows = frappe.get_all(
			"Follow Up Task",
			{"gesture": gesture},
			["status", "due_on", "assigned_to"],
			order_by="creation asc",
		)
		return [(row.status, str(row.due_on), row.assigned_to) for row in rows]

	def test_plan_commits_money_and_opens_one_follow_up_until_it_is_given(self):
		answer = self.plan()
		self.assertEqual((answer["status"], answer["can_undo"]), ("Planned", True))
		self.assertIn("€ 5.00 is set aside.", answer["text"])
		self.assertEqual(answer["banner"]["wallet"]["left"], 45)
		self.assertEqual(self.get_follow_ups(answer["name"]), [("Open", self.day, self.rep)])
		gesture = frappe.get_doc("Gesture", answer["name"])
		gesture.update({"story": "They like tulips."}).save()
		self.assertEqual(len(self.get_follow_ups(answer["name"])), 1)
		gestures.set_status(answer["name"], "Given")
		gesture.reload()
		self.assertEqual((gesture.status, str(gesture.given_on)), ("Given", today()))
		self.assertEqual(self.get_follow_ups(answer["name"]), [("Done", self.day, self.rep)])
		self.assertEqual(self.get_balance(), 45)
		self.assert_ledger_matches()

	def test_moved_plan_moves_its_follow_up_and_cancelling_releases_the_money(self):
		name, later = self.plan()["name"], add_days(today(), 9)
		frappe.get_doc("Gesture", name).update({"planned_on": later}).save()
		self.assertEqual(self.get_follow_ups(name), [("Open", later, self.rep)])
		gestures.set_status(name, "Cancelled")
		self.assertEqual(self.get_follow_ups(name), [("Skipped", later, self.rep)])
		self.assertEqual(self.get_balance(), 50)
		self.assert_ledger_matches()

	def test_plan_without_cost_needs_no_budget(self):
		self.policy.db_set("enabled", 0)
		budget_access.clear_budget_cache()
		answer = self.plan(cost=0)
		self.assertEqual(answer["status"], "Planned")
		self.assertEqual(len(self.get_follow_ups(answer["name"])), 1)

	def test_plan_above_free_limit_awaits_approval_and_opens_its_follow_up_then(self):
		answer = self.plan(cost=30)
		self.assertEqual((answer["status"], answer["banner"]["wallet"]["left"]), ("Awaiting Approval", 20))
		self.assertEqual(self.get_follow_ups(answer["name"]), [])
		with self.as_user(self.lead):
			gestures.approve(answer["name"])
		self.assertEqual(self.get_follow_ups(answer["name"]), [("Open", self.day, self.rep)])

	def test_plan_in_the_past_or_without_a_day_is_refused(self):
		before = self.get_totals()
		self.day = add_days(today(), -1)
		with self.assertRaisesRegex(frappe.ValidationError, "in the past"):
			self.plan()
		posted = {"doctype": "Gesture", "customer": self.customer, "what": "x", "status": "Planned"}
		self.assertRaises(frappe.ValidationError, frappe.get_doc(posted).insert)
		self.assert_nothing_written(before)

	def test_plan_that_is_not_given_lapses_and_its_giver_is_told(self):
		name = self.plan()["name"]
		self.assertEqual(planned_gestures.find_lapsed(now_datetime() + timedelta(days=32), 30), [])
		lapsed = planned_gestures.find_lapsed(now_datetime() + timedelta(days=33), 30)
		self.assertEqual(lapsed, [(name, "Planned")])
		with self.as_user("Administrator"):
			planned_gestures.lapse(*lapsed[0], 30)
			planned_gestures.lapse(*lapsed[0], 30)
		self.assertEqual(self.get_follow_ups(name), [("Skipped", self.day, self.rep)])
		text = "Your planned gesture was not given within 30 days after its day. It was cancelled."
		told = frappe.get_all("Notification Log", {"document_name": name}, ["for_user", "subject"])
		self.assertEqual([(row.for_user, row.subject) for row in told], [(self.rep, text)])
		comment = frappe.db.get_value("Comment", {"reference_name": name, "comment_type": "Info"}, "content")
		self.assertEqual(comment, text)
		self.assertEqual(self.get_balance(), 50)
		self.assert_ledger_matches()

	def test_planned_day_is_in_the_time_zone_of_the_giver(self):
		frappe.db.set_value("User", self.rep, "time_zone", "Pacific/Honolulu")
		kolkata = patch("micro_experiences.utils.user_time.get_system_timezone", lambda: "Asia/Kolkata")
		with self.freeze("2026-12-10"), kolkata:
			self.day = "2026-12-09"
			name = self.plan()["name"]
			self.assertEqual(self.get_follow_ups(name), [("Open", "2026-12-09", self.rep)])
			self.day = "2026-12-08"
			self.assertRaisesRegex(frappe.ValidationError, "in the past", self.plan)

	def test_later_period_pays_for_its_own_gestures(self):
		self.policy.db_set({"period": "Month", "unspent": "Lapses"})
		budget_access.clear_budget_cache()
		self.day = str(get_last_day(today()) + timedelta(days=4))
		name = self.plan()["name"]
		wallet = frappe.get_doc("Gesture Wallet", frappe.db.get_value("Gesture", name, "gesture_wallet"))
		self.assertEqual(wallet.period_start, get_last_day(today()) + timedelta(days=1))
		self.assertEqual((wallet.committed, self.get_balance()), (5, 50))
		self.assert_ledger_matches()

	def test_today_pays_if_money_is_carried_over(self):
		self.policy.db_set({"period": "Month", "unspent": "Carries Over"})
		budget_access.clear_budget_cache()
		self.day = str(get_last_day(today()) + timedelta(days=4))
		self.plan()
		self.assertEqual(self.get_balance(), 45)
		self.assert_ledger_matches()


class TestRetry(GesturesTestCase):
	"""A lost race rolls back the whole transaction, so these tests need committed records."""

	commits = True

	def setUp(self):
		super().setUp()
		frappe.set_user("Administrator")
		self.customer = make_customer("MX Test Again")
		self.policy = make_budget(self.company, [self.rep])
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see the records
		self.addCleanup(self.clean_up)
		frappe.set_user(self.rep)
		self.pause = patch.object(transactions.time, "sleep").start()
		self.addCleanup(patch.stopall)

	def fail_after_booking(self, times: int, error):
		"""Raise `error` after the entry was written, for the first `times` attempts."""
		on_update, failed = Gesture.on_update, []

		def fail(doc):
			on_update(doc)
			if len(failed) < times:
				failed.append(doc.name)
				raise error

		return patch.object(Gesture, "on_update", fail)

	def test_lost_race_is_retried_and_booked_once(self):
		for error in (frappe.TimestampMismatchError, frappe.QueryDeadlockError, frappe.QueryTimeoutError):
			with self.subTest(error.__name__), self.fail_after_booking(2, error):
				name = self.record(5)["name"]
				frappe.db.commit()  # nosemgrep: frappe-manual-commit -- as the request does
				self.assertEqual(frappe.db.count("Gesture Wallet Entry", {"gesture": name}), 1)
		self.assertEqual(frappe.db.count("Gesture", {"customer": self.customer}), 3)
		self.assertEqual(self.get_balance(), 35)
		self.assert_ledger_matches()

	def test_third_lost_race_is_refused_and_books_nothing(self):
		with self.fail_after_booking(3, frappe.QueryDeadlockError):
			self.assertRaises(frappe.ValidationError, self.record, 5)
		self.assertEqual(frappe.db.count("Gesture", {"customer": self.customer}), 0)
		self.assertEqual(self.get_balance(), 50)

	def test_changed_snapshot_is_retried(self):
		"""MariaDB's error 1020, Record has changed since last read."""
		self.record(1)
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- the snapshot begins after this
		frappe.db.sql("set session innodb_snapshot_isolation = ON")
		self.addCleanup(frappe.db.sql, "set session innodb_snapshot_isolation = default")
		frappe.db.count("Gesture")
		self.run_elsewhere("update `tabSeries` set `current` = `current` + 1 where `name` = 'GES-'")
		self.assertEqual(self.record(5)["status"], "Given")
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- as the request does
		self.assertEqual((self.pause.call_count, self.get_balance()), (1, 44))
		self.assert_ledger_matches()

	def test_retry_locks_the_series_before_reading(self):
		self.record(1)
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- releases the lock of the series
		was_free = []

		def book():
			try:
				self.run_elsewhere(
					"select `current` from `tabSeries` where `name` = 'GES-' for update nowait"
				)
				was_free.append(True)
			except frappe.QueryTimeoutError:
				was_free.append(False)
			if len(was_free) == 1:
				raise frappe.QueryDeadlockError

		transactions.retry_on_deadlock(book)()
		self.assertEqual(was_free, [True, False])

	def run_elsewhere(self, query: str) -> None:
		"""Run and commit a query in another connection."""

		def run(site: str) -> None:
			frappe.init(site=site)
			frappe.connect()
			try:
				frappe.db.sql(query)
				frappe.db.commit()  # nosemgrep: frappe-manual-commit -- another connection
			finally:
				frappe.destroy()

		with ThreadPoolExecutor(1) as pool:
			pool.submit(run, frappe.local.site).result()

	def clean_up(self):
		frappe.set_user("Administrator")
		frappe.db.rollback()
		wallets = frappe.get_all("Gesture Wallet", filters={"gesture_budget": self.policy.name}, pluck="name")
		frappe.db.delete("Gesture Wallet Entry", {"gesture_wallet": ("in", wallets)})
		frappe.db.delete("Gesture Wallet", {"name": ("in", wallets)})
		frappe.db.delete("Gesture", {"customer": self.customer})
		frappe.delete_doc("Gesture Budget", self.policy.name, force=True, delete_permanently=True)
		frappe.delete_doc("Customer", self.customer, force=True, delete_permanently=True)
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- removes committed records
