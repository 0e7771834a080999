from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from unittest.mock import patch

import frappe
from frappe.utils import add_days, add_months, today

from micro_experiences.desk import gestures, safely
from micro_experiences.desk.words import NeverNote, NoBudget, NotEnoughLeft
from micro_experiences.domain.budget import to_money
from micro_experiences.micro_experiences.doctype.gesture.gesture import Gesture
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.testing import SiteTestCase, make_budget, make_customer, make_user

COFFEE, WINE, CARD = "Coffee on the House", "Bottle of Wine", "Handwritten Card"


class GesturesTestCase(SiteTestCase):
	def give(self, cost=0, what="flowers", **more):
		return gestures.give(self.customer, what, cost=cost, **more)

	def written(self) -> tuple:
		"""What a refused gesture must not change."""
		return (
			frappe.db.count("Gesture"),
			frappe.db.count("Gesture Wallet Entry"),
			frappe.db.sql("select sum(spent), sum(committed) from `tabGesture Wallet`")[0],
		)

	def second_company(self, currency: str) -> str:
		"""Another company of the site, as far as gestures ask for it."""
		company = {"name": "MX Test Company", "company_name": "MX Test Company", "abbr": "MXT"}
		frappe.get_doc({"doctype": "Company", "default_currency": currency} | company).db_insert()
		# A rollback does not empty this.
		self.addCleanup(frappe.clear_document_cache, "Company", company["name"])
		return company["name"]


class TestPropose(GesturesTestCase):
	def test_the_template_speaks_of_the_contact_the_note_and_me(self):
		frappe.db.set_value(
			"Gesture Type",
			COFFEE,
			"message_template",
			"{{ contact_name or customer_name }}|{{ customer_name }}|{{ note }}|{{ my_name }}",
		)
		contact, note = self.contact(), self.note("Takes oat milk.")
		message = gestures.propose(self.customer, note.name, COFFEE, contact)["message"]
		self.assertEqual(message, "Olivia|MX Test Books|Takes oat milk.|Rep")
		self.assertEqual(
			gestures.propose(self.customer, None, COFFEE)["message"], "MX Test Books|MX Test Books||Rep"
		)
		of_contact = self.note("Takes sugar.", contact=contact)
		self.assertIn("Olivia|", gestures.propose(self.customer, of_contact.name, COFFEE)["message"])

	def test_what_a_proposal_holds(self):
		self.budget()
		before = self.written()
		answer = gestures.propose(self.customer, gesture_type=COFFEE)
		self.assertEqual((answer["gesture_type"], answer["what"], answer["cost"]), (COFFEE, COFFEE, 4))
		self.assertEqual((answer["wallet"]["left"], answer["wallet"]["free_up_to"]), (50, 20))
		self.assertIn("20.00", answer["wallet"]["free_text"])
		self.assertEqual(answer["warnings"], [])
		self.assertEqual(self.written(), before)

	def test_without_a_wish_the_first_that_nothing_speaks_against(self):
		cheapest = frappe.get_all("Gesture Type", order_by="usual_cost asc, name asc", pluck="name")[0]
		self.assertEqual(gestures.propose(self.customer)["gesture_type"], cheapest)
		frappe.db.set_value("Gesture Type", cheapest, "involves", "public")
		self.note("No fuss", kind="Never", stops="public")
		self.assertNotEqual(gestures.propose(self.customer)["gesture_type"], cheapest)

	def test_no_type_no_wallet(self):
		answer = gestures.propose(self.customer, gesture_type="No Such Type")
		self.assertIsNone(answer["gesture_type"])
		self.assertIsNone(answer["wallet"])
		self.assertEqual((answer["cost"], answer["warnings"]), (0, []))

	def test_a_template_runs_in_a_sandbox(self):
		frappe.set_user("Administrator")
		bad = (
			"{{ ''.__class__.__mro__ }}",
			"{{ frappe.db.sql('select 1') }}",
			"{% for x in range(10**9) %}x{% endfor %}",
			"{{ customer_name.__init__.__globals__ }}",
			"{{ 10**10**10 }}",
			"{% include 'frappe/templates/base.html' %}",
			"{{ customer_name",
		)
		for template in bad:
			with self.subTest(template):
				doc = frappe.get_doc("Gesture Type", COFFEE)
				doc.message_template = template
				self.assertRaises(frappe.ValidationError, doc.save)
				# One that got in by another road fails for itself, and stops no gesture.
				frappe.db.set_value("Gesture Type", COFFEE, "message_template", template)
				self.assertEqual(gestures.propose(self.customer, gesture_type=COFFEE)["message"], "")

	def test_what_a_note_says_is_never_a_template(self):
		frappe.db.set_value("Gesture Type", COFFEE, "message_template", "{{ note }}")
		note = self.note("{{ 7*7 }} {% raw %}")
		self.assertEqual(gestures.propose(self.customer, note.name, COFFEE)["message"], "{{ 7*7 }} {% raw %}")

	def test_warns_of_the_same_gesture_again(self):
		self.budget()
		self.give(4, gesture_type=COFFEE)
		(warning,) = gestures.propose(self.customer, gesture_type=COFFEE)["warnings"]
		self.assertIn("same", warning)
		self.assertEqual(gestures.propose(self.customer, gesture_type=CARD)["warnings"], [])
		self.set_settings(same_gesture_days=10)
		frappe.db.set_value("Gesture", {"customer": self.customer}, "given_on", add_days(today(), -11))
		self.assertEqual(gestures.propose(self.customer, gesture_type=COFFEE)["warnings"], [])

	def test_warns_of_too_many(self):
		self.set_settings(gestures_per_month=2)
		self.give(gesture_type=WINE)
		self.assertEqual(gestures.propose(self.customer, gesture_type=CARD)["warnings"], [])
		second = self.give(gesture_type=COFFEE)
		(warning,) = gestures.propose(self.customer, gesture_type=CARD)["warnings"]
		self.assertIn("several", warning)
		gestures.move(second["name"], "Cancelled")
		self.assertEqual(gestures.propose(self.customer, gesture_type=CARD)["warnings"], [])
		self.set_settings(gestures_per_month=0)
		for _number in range(3):
			self.give()
		self.assertEqual(gestures.propose(self.customer, gesture_type=CARD)["warnings"], [])

	def test_warns_of_a_never_note_and_never_shows_it(self):
		with self.as_user(self.colleague):
			self.note("He drinks too much.", kind="Never", stops="alcohol", visibility="Only Me")
		(warning,) = gestures.propose(self.customer, gesture_type=WINE)["warnings"]
		self.assertIn("alcohol", warning)
		self.assertNotIn("drinks", warning)

	def test_who_may_not(self):
		with self.as_user(self.outsider), self.assertRaises(frappe.PermissionError):
			gestures.propose(self.customer)
		with self.as_user("Administrator"):
			frappe.permissions.add_user_permission("Customer", self.other_customer, self.rep)
		with self.assertRaises(frappe.PermissionError):
			gestures.propose(self.customer)


class TestGive(GesturesTestCase):
	def test_from_a_note_on_an_invoice(self):
		self.budget()
		note, invoice, contact = self.note(), self.invoice(), self.contact()
		answer = self.give(
			12,
			gesture_type=CARD,
			message="Dear Olivia",
			personal_note=note.name,
			contact=contact,
			reference_doctype="Sales Invoice",
			reference_name=invoice.name,
		)
		doc = frappe.get_doc("Gesture", answer["name"])
		self.assertDocumentEqual(
			{
				"status": "Given",
				"given_by": self.rep,
				"personal_note": note.name,
				"contact": contact,
				"message": "Dear Olivia",
				"reference_doctype": "Sales Invoice",
				"reference_name": invoice.name,
				"company": self.company,
				"currency": self.currency,
				"cost": 12.0,
				"wallet_amount": 12.0,
				"base_cost": 12.0,
			},
			doc,
		)
		self.assertEqual(str(doc.given_on), today())
		self.assertEqual(answer["banner"]["wallet"]["left"], 38)
		self.assertIn("Given", answer["text"])

	def test_the_company_of_the_invoice_pays(self):
		self.second_company(self.currency)
		invoice = self.invoice()
		frappe.db.set_value("Sales Invoice", invoice.name, "company", "MX Test Company")
		reference = {"reference_doctype": "Sales Invoice", "reference_name": invoice.name}
		mine = self.budget()

		def paid_by(**more):
			return frappe.db.get_value("Gesture", self.give(1, **more)["name"], ["company", "gesture_budget"])

		self.assertEqual(paid_by(**reference), (self.company, mine.name), "no budget there: my own pays")
		with self.as_user("Administrator"):
			theirs = make_budget("MX Test Company", [self.rep])
		self.assertEqual(paid_by(**reference), ("MX Test Company", theirs.name))
		self.assertEqual(paid_by(), (self.company, mine.name))

	def test_above_the_free_limit_it_says_that_it_awaits_approval(self):
		self.budget()
		answer = self.give(30)
		self.assertEqual(answer["status"], "Awaiting Approval")
		self.assertIn("approval", answer["text"])
		self.assertEqual(answer["banner"]["wallet"]["left"], 50)

	def test_a_refusal_says_what_is_left_and_writes_nothing(self):
		self.budget()
		before = self.written()
		with self.assertRaisesRegex(NotEnoughLeft, "50.00.*left"):
			self.give(51)
		self.assertEqual(self.written(), before)

	def test_a_never_note_writes_nothing(self):
		self.budget()
		self.note("No alcohol", kind="Never", stops="alcohol")
		before = self.written()
		for more in ({}, {"override_reason": "I know better"}):
			with self.assertRaisesRegex(NeverNote, "alcohol"):
				self.give(15, gesture_type=WINE, **more)
		self.assertEqual(self.written(), before)

	def test_what_cannot_be_given_is_refused_and_nothing_is_written(self):
		self.budget()
		before = self.written()
		for why, values in (
			("nothing", {"what": ""}),
			("long", {"what": "x" * 141}),
			("unknown customer", {"customer": "Nobody"}),
			("unknown type", {"gesture_type": "Nothing"}),
			("unknown budget", {"gesture_budget": "x", "cost": 5}),
			("unknown currency", {"currency": "XXQ", "cost": 5}),
			("unknown contact", {"contact": "Nobody"}),
			("unknown note", {"personal_note": "NOTE-999999"}),
			("below zero", {"cost": -5}),
			("no number", {"cost": float("nan")}),
			("endless", {"cost": float("inf")}),
			("too much for the database", {"cost": 1e30}),
		):
			with (
				self.subTest(why),
				self.assertRaises((frappe.ValidationError, frappe.PermissionError)),
			):
				gestures.give(**({"customer": self.customer, "what": "x"} | values))
			self.assertEqual(self.written(), before, why)

	def test_somebody_elses_budget_and_wallet_are_not_mine_to_spend(self):
		self.budget()
		with self.as_user("Administrator"):
			theirs = make_budget(self.company, [self.colleague], title="Theirs")
		before = self.written()
		with self.assertRaises(NoBudget):
			self.give(5, gesture_budget=theirs.name)
		with self.assertRaises(frappe.PermissionError):
			frappe.get_doc(
				{
					"doctype": "Gesture",
					"customer": self.customer,
					"what": "x",
					"cost": 5,
					"status": "Given",
					"given_by": self.colleague,
				}
			).insert()
		self.assertEqual(self.written(), before)

	def test_no_hidden_note_is_read_through_a_gesture(self):
		with self.as_user(self.colleague):
			hidden = self.note("Only mine.", visibility="Only Me")
		with self.assertRaises(frappe.PermissionError):
			self.give(personal_note=hidden.name)

	def test_who_may_not_read_the_customer_gives_nothing(self):
		before = self.written()
		with self.as_user("Administrator"):
			frappe.permissions.add_user_permission("Customer", self.other_customer, self.rep)
		with self.assertRaises(frappe.PermissionError):
			self.give()
		with self.as_user(self.outsider), self.assertRaises(frappe.PermissionError):
			self.give()
		self.assertEqual(self.written(), before)


class TestForeignCurrency(GesturesTestCase):
	foreign = "ISK"

	def setUp(self):
		super().setUp()
		self.budget()

	def rate(self, rate, to_currency=None):
		frappe.get_doc(
			{
				"doctype": "Currency Exchange",
				"date": today(),
				"from_currency": self.foreign,
				"to_currency": to_currency or self.currency,
				"exchange_rate": rate,
				"for_buying": 1,
				"for_selling": 1,
			}
		).insert(ignore_permissions=True)

	def test_the_rate_of_today_counts(self):
		self.rate(0.007)
		doc = frappe.get_doc("Gesture", self.give(1500, currency=self.foreign)["name"])
		self.assertEqual((doc.cost, doc.currency, doc.conversion_rate), (1500, self.foreign, 0.007))
		self.assertEqual((doc.base_cost, doc.wallet_amount, doc.status), (10.5, 10.5, "Given"))
		self.assertEqual(ledger.wallets_of(self.rep)[0].left, 39.5)
		self.assertEqual(ledger.differences(), [])

	def test_limits_are_in_the_currency_of_the_budget(self):
		self.rate(0.007)
		self.assertEqual(self.give(3000, currency=self.foreign)["status"], "Awaiting Approval")
		with self.assertRaises(NotEnoughLeft):
			self.give(7200, currency=self.foreign)

	def test_a_later_rate_does_not_change_what_was_booked(self):
		self.rate(0.007)
		name = self.give(1500, currency=self.foreign)["name"]
		frappe.db.set_value("Currency Exchange", {"from_currency": self.foreign}, "exchange_rate", 0.02)
		gestures.move(name, "Cancelled")
		self.assertEqual(ledger.wallets_of(self.rep)[0].left, 50)
		self.assertEqual(ledger.differences(), [])

	def corrected(self, name, cost) -> tuple:
		with self.as_user(self.lead):
			gestures.correct(name, cost)
		return frappe.db.get_value("Gesture", name, ["base_cost", "wallet_amount"])

	def test_a_corrected_price_is_converted_at_the_rate_itself(self):
		self.rate(0.9234)
		name = self.give(1, currency=self.foreign)["name"]
		self.assertEqual(frappe.db.get_value("Gesture", name, ["base_cost", "wallet_amount"]), (0.92, 0.92))
		frappe.db.set_value("Currency Exchange", {"from_currency": self.foreign}, "exchange_rate", 0.5)
		self.assertEqual(self.corrected(name, 50), (46.17, 46.17))
		self.assertEqual(self.corrected(name, 0), (0, 0))
		self.assertEqual(self.corrected(name, 10), (9.23, 9.23))
		self.assertEqual(ledger.wallets_of(self.rep)[0].left, to_money(40.77))
		self.assertEqual(ledger.differences(), [])

	def test_a_budget_in_a_third_currency_keeps_its_own_rate(self):
		frappe.db.set_value("Gesture Budget", {"title": "MX Test"}, "enabled", 0)
		self.budget(title="Third", currency="DKK")
		self.rate(0.5)
		self.rate(0.1234, "DKK")
		name = self.give(1, currency=self.foreign)["name"]
		self.assertEqual(self.corrected(name, 0), (0, 0))
		self.assertEqual(self.corrected(name, 100), (50, 12.34))
		self.assertEqual(ledger.differences(), [])

	def test_without_a_rate_it_says_so_and_writes_nothing(self):
		before = self.written()
		with patch("erpnext.setup.utils.get_exchange_rate", return_value=0):
			with self.assertRaisesRegex(frappe.ValidationError, f"{self.foreign} to {self.currency}"):
				self.give(1500, currency=self.foreign)
		self.assertEqual(self.written(), before)


class TestTwoCompanies(GesturesTestCase):
	"""Somebody who has a budget in each of two companies, which keep their books in two currencies."""

	foreign = "ISK"

	def setUp(self):
		super().setUp()
		self.mine = self.budget()
		self.second = self.second_company(self.foreign)
		with self.as_user("Administrator"):
			self.theirs = make_budget(
				self.second, [self.rep], title="Second", amount=7000, free_up_to=3000, currency=self.foreign
			)
		for start, end, rate in ((self.foreign, self.currency, 0.007), (self.currency, self.foreign, 140)):
			frappe.get_doc(
				{
					"doctype": "Currency Exchange",
					"date": today(),
					"from_currency": start,
					"to_currency": end,
					"exchange_rate": rate,
					"for_buying": 1,
					"for_selling": 1,
				}
			).insert(ignore_permissions=True)

	def given(self, cost, **more) -> dict:
		name = self.give(cost, **more)["name"]
		fields = ["company", "currency", "conversion_rate", "base_cost", "wallet_amount", "gesture_budget"]
		return frappe.db.get_value("Gesture", name, [*fields, "gesture_wallet", "status"], as_dict=True)

	def left(self) -> dict[str, float]:
		return {wallet.budget.name: float(wallet.left) for wallet in ledger.wallets_of(self.rep)}

	def test_the_wallet_that_is_chosen_says_company_currency_and_rate(self):
		doc = self.given(1500, gesture_budget=self.theirs.name)
		self.assertEqual(
			(doc.company, doc.currency, doc.gesture_budget), (self.second, self.foreign, self.theirs.name)
		)
		self.assertEqual((doc.conversion_rate, doc.base_cost, doc.wallet_amount), (1, 1500, 1500))
		wallet = frappe.db.get_value("Gesture Wallet", doc.gesture_wallet, ["company", "currency", "spent"])
		self.assertEqual(wallet, (self.second, self.foreign, 1500))
		self.assertEqual(self.left(), {self.mine.name: 50, self.theirs.name: 5500})
		self.assertEqual(ledger.differences(), [])

	def test_a_cost_in_the_other_currency_is_converted_into_that_of_the_wallet(self):
		doc = self.given(10, gesture_budget=self.theirs.name, currency=self.currency)
		self.assertEqual((doc.company, doc.currency, doc.conversion_rate), (self.second, self.currency, 140))
		self.assertEqual((doc.base_cost, doc.wallet_amount, doc.status), (1400, 1400, "Given"))
		doc = self.given(30, gesture_budget=self.theirs.name, currency=self.currency)
		self.assertEqual(doc.status, "Awaiting Approval", "4200 is more than 3000, which are free there")
		doc = self.given(1000, gesture_budget=self.mine.name, currency=self.foreign)
		self.assertEqual((doc.company, doc.base_cost, doc.wallet_amount), (self.company, 7, 7))
		self.assertEqual(self.left(), {self.mine.name: 43, self.theirs.name: 5600})
		self.assertEqual(ledger.differences(), [])

	def test_who_has_a_budget_in_another_company_alone_gives_from_a_customer_what_he_sees(self):
		with self.as_user("Administrator"):
			self.mine.db_set("enabled", 0)
			ledger.forget_budgets()
		offered = gestures.propose(self.customer)
		self.assertEqual(offered["wallet"]["gesture_budget"], self.theirs.name)
		chosen = self.given(1500, gesture_budget=offered["wallet"]["gesture_budget"])
		unsaid = self.given(1500)
		for doc in (chosen, unsaid):
			self.assertEqual(
				(doc.company, doc.currency, doc.gesture_budget, doc.status),
				(self.second, self.foreign, self.theirs.name, "Given"),
			)
		self.assertEqual(self.left(), {self.theirs.name: 4000})
		self.assertEqual(self.given(0).company, self.company, "what costs nothing needs no budget")

	def test_what_is_left_in_one_does_not_pay_for_the_other(self):
		with self.assertRaises(NotEnoughLeft):
			self.give(7001, gesture_budget=self.theirs.name)
		with self.assertRaises(NotEnoughLeft):
			self.give(51, gesture_budget=self.mine.name)
		self.assertEqual(self.left(), {self.mine.name: 50, self.theirs.name: 7000})

	def test_an_invoice_of_the_second_company_takes_its_budget(self):
		invoice = self.invoice()
		frappe.db.set_value("Sales Invoice", invoice.name, "company", self.second)
		reference = {"reference_doctype": "Sales Invoice", "reference_name": invoice.name}
		offered = gestures.propose(self.customer, **reference)
		self.assertEqual([one["gesture_budget"] for one in offered["wallets"]], [self.theirs.name])
		self.assertEqual(offered["currency"], self.foreign)
		doc = self.given(1500, **reference)
		self.assertEqual(
			(doc.company, doc.currency, doc.gesture_budget), (self.second, self.foreign, self.theirs.name)
		)
		self.assertEqual(self.given(5).gesture_budget, self.mine.name)
		doc = self.given(5, gesture_budget=self.mine.name, **reference)
		self.assertEqual(
			(doc.company, doc.gesture_budget), (self.company, self.mine.name), "chosen is chosen"
		)
		self.assertEqual(self.left(), {self.mine.name: 40, self.theirs.name: 5500})


class TestDecide(GesturesTestCase):
	def setUp(self):
		super().setUp()
		self.policy = self.budget()
		self.name = self.give(30)["name"]

	def doc(self):
		return frappe.get_doc("Gesture", self.name)

	def test_approved_by_whom_and_when(self):
		with self.as_user(self.lead):
			self.assertEqual(gestures.approve(self.name), {"status": "Approved"})
			# A second tap on the same button changes nothing.
			self.assertEqual(gestures.approve(self.name), {"status": "Approved"})
		doc = self.doc()
		self.assertEqual((doc.approver, bool(doc.approved_on)), (self.lead, True))
		self.assertEqual(frappe.db.count("Gesture Wallet Entry", {"gesture": self.name}), 1)
		with self.as_user(self.lead), self.assertRaisesRegex(frappe.ValidationError, "Approved.*Declined"):
			gestures.decline(self.name, "too late")

	def test_declined_with_a_reason_and_for_good(self):
		with self.as_user(self.lead):
			gestures.decline(self.name, "  Rather a card  ")
			with self.assertRaisesRegex(frappe.ValidationError, "Declined.*Approved"):
				gestures.approve(self.name)
		self.assertEqual(self.doc().decline_reason, "Rather a card")
		with self.assertRaises(frappe.ValidationError):
			gestures.move(self.name, "Given")
		self.assertFalse(frappe.db.exists("Gesture Wallet Entry", {"gesture": self.name}))

	def test_who_decides_is_said(self):
		for user in (self.rep, self.colleague):
			for decide in (gestures.approve, gestures.decline):
				with self.subTest(user), self.as_user(user):
					with self.assertRaisesRegex(frappe.PermissionError, "Sales Manager"):
						decide(self.name)
		# Nor by the road of a form that posts the status.
		doc = self.doc()
		doc.status = "Approved"
		with self.assertRaises(frappe.PermissionError):
			doc.save()
		self.assertEqual(self.doc().status, "Awaiting Approval")
		with self.as_user(self.manager):
			self.assertEqual(gestures.approve(self.name)["status"], "Approved")

	def test_nobody_decides_about_his_own(self):
		boss = make_user("mx.boss@example.com", ("Sales User", "Sales Manager", "Micro Experiences Manager"))
		with self.as_user("Administrator"):
			self.policy.append("holders", {"user": boss})
			self.policy.save()
		with self.as_user(boss):
			name = self.give(30)["name"]
			with self.assertRaises(frappe.PermissionError):
				gestures.approve(name)

	def test_what_is_left_may_have_gone_by_the_time_of_approval(self):
		other = self.give(30)["name"]
		with self.as_user(self.lead):
			gestures.approve(self.name)
			with self.assertRaisesRegex(NotEnoughLeft, "20.00"):
				gestures.approve(other)
		self.assertEqual(ledger.wallets_of(self.rep)[0].left, 20)

	def test_what_awaits_approval_cannot_be_given_past_it(self):
		with self.assertRaises(frappe.ValidationError):
			gestures.move(self.name, "Given")
		for status in ("Approved", "Declined", "Idea", "", "Anything"):
			with self.assertRaises(frappe.ValidationError):
				gestures.move(self.name, status)

	def test_nobody_moves_the_gesture_of_somebody_else(self):
		with self.as_user(self.colleague), self.assertRaises(frappe.PermissionError):
			gestures.move(self.name, "Cancelled")

	def test_a_reason_is_not_rewritten_by_somebody_else(self):
		with self.as_user(self.lead):
			gestures.decline(self.name, "Rather a card")
		with self.as_user(self.colleague):
			with suppress(frappe.PermissionError):
				gestures.decline(self.name, "Because I say so")
		self.assertEqual(self.doc().decline_reason, "Rather a card")

	def test_an_approval_is_not_typed(self):
		given = frappe.get_doc("Gesture", self.give(5)["name"])
		given.update(
			{"approver": self.lead, "approved_on": "2020-01-01", "given_on": add_months(today(), -3)}
		)
		given.save()
		given.reload()
		self.assertEqual((given.approver, given.approved_on, str(given.given_on)), (None, None, today()))


class TestStale(GesturesTestCase):
	def test_a_form_that_was_open_too_long_books_nothing_twice(self):
		self.budget()
		first = frappe.get_doc("Gesture", self.give(12)["name"])
		second = frappe.get_doc("Gesture", first.name)
		first.status = "Cancelled"
		first.save()
		second.status = "Cancelled"
		with self.assertRaises(frappe.TimestampMismatchError):
			second.save()
		self.assertEqual(frappe.db.count("Gesture Wallet Entry", {"gesture": first.name}), 2)
		self.assertEqual(ledger.wallets_of(self.rep)[0].left, 50)


class TestTryAgain(GesturesTestCase):
	"""A lost race rolls back everything, so these tests stand on committed records."""

	commits = True

	def setUp(self):
		super().setUp()
		frappe.set_user("Administrator")
		self.customer = make_customer("MX Test Again")
		self.policy = make_budget(self.company, [self.rep])
		frappe.db.commit()
		self.addCleanup(self.clean_up)
		frappe.set_user(self.rep)
		self.pause = patch.object(safely.time, "sleep").start()
		self.addCleanup(patch.stopall)

	def lose(self, times: int, error):
		"""Let the entry be written, and then lose the race, so many times."""
		real, lost = Gesture.on_update, []

		def on_update(doc):
			real(doc)
			if len(lost) < times:
				lost.append(doc.name)
				raise error

		return patch.object(Gesture, "on_update", on_update)

	def test_tried_again_and_booked_once(self):
		for error in (frappe.TimestampMismatchError, frappe.QueryDeadlockError, frappe.QueryTimeoutError):
			with self.subTest(error.__name__), self.lose(2, error):
				name = self.give(5)["name"]
				frappe.db.commit()
				self.assertEqual(frappe.db.count("Gesture Wallet Entry", {"gesture": name}), 1)
		self.assertEqual(frappe.db.count("Gesture", {"customer": self.customer}), 3)
		self.assertEqual(ledger.wallets_of(self.rep)[0].left, 35)
		self.assertEqual(ledger.differences(), [])

	def test_in_the_end_a_clear_message_and_nothing_booked(self):
		with self.lose(3, frappe.QueryDeadlockError):
			with self.assertRaisesRegex(frappe.ValidationError, "Nothing was changed"):
				self.give(5)
		self.assertEqual(frappe.db.count("Gesture", {"customer": self.customer}), 0)
		self.assertEqual(ledger.wallets_of(self.rep)[0].left, 50)
		self.assertEqual(self.pause.call_count, 3)

	def test_a_snapshot_that_changed_is_tried_again(self):
		"""MariaDB's error 1020, Record has changed since last read."""
		self.give(1)
		frappe.db.commit()
		frappe.db.sql("set session innodb_snapshot_isolation = ON")
		self.addCleanup(frappe.db.sql, "set session innodb_snapshot_isolation = default")
		frappe.db.count("Gesture")
		self.elsewhere("update `tabSeries` set `current` = `current` + 1 where `name` = 'GES-'")
		self.assertEqual(self.give(5)["status"], "Given")
		frappe.db.commit()
		self.assertEqual(self.pause.call_count, 1)
		self.assertEqual(ledger.wallets_of(self.rep)[0].left, 44)
		self.assertEqual(ledger.differences(), [])

	def test_the_second_try_stands_in_line(self):
		self.give(1)
		frappe.db.commit()
		free = []

		def book():
			try:
				self.elsewhere("select `current` from `tabSeries` where `name` = 'GES-' for update nowait")
				free.append(True)
			except frappe.QueryTimeoutError:
				free.append(False)
			if len(free) == 1:
				raise frappe.QueryDeadlockError

		safely.try_again(book)()
		self.assertEqual(free, [True, False])

	def elsewhere(self, query: str) -> None:
		"""Run a query as another process would, and commit it."""

		def run(site: str) -> None:
			frappe.init(site=site)
			frappe.connect()
			try:
				frappe.db.sql(query)
				frappe.db.commit()
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
		frappe.db.commit()
