import frappe

from micro_experiences.desk import approvals, cards, gestures
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.testing import SiteTestCase


class TestApprovals(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.budget(approver_role="Sales Manager")

	def bells(self, gesture: str) -> list[tuple[str, str]]:
		rows = frappe.get_all(
			"Notification Log",
			filters={"document_type": "Gesture", "document_name": gesture},
			fields=["for_user", "subject"],
			order_by="creation asc, for_user asc",
		)
		return [(row.for_user, row.subject) for row in rows]

	def asked(self, cost: float = 25) -> str:
		return gestures.give(self.customer, "flowers for Rex", cost=cost)["name"]

	def test_the_approvers_are_asked_once_and_nobody_else(self):
		name = self.asked()
		told = dict(self.bells(name))
		self.assertIn(self.lead, told)
		self.assertNotIn(self.rep, told)
		self.assertNotIn(self.colleague, told)
		self.assertEqual(len(self.bells(name)), len(told))
		doc = frappe.get_doc("Gesture", name)
		doc.story = "later"
		doc.save()
		self.assertEqual(len(self.bells(name)), len(told))

	def test_the_line_names_no_customer_and_no_gift(self):
		for _user, subject in self.bells(self.asked()):
			self.assertNotIn("MX Test Books", subject)
			self.assertNotIn("Rex", subject)

	def test_what_is_free_asks_nobody(self):
		self.assertEqual(self.bells(self.asked(cost=5)), [])

	def test_the_giver_hears_what_was_decided(self):
		for decide, words in ((gestures.approve, "approved"), (gestures.decline, "declined")):
			with self.subTest(words):
				name = self.asked(cost=20.5)
				with self.as_user(self.lead):
					decide(name)
				user, subject = self.bells(name)[-1]
				self.assertEqual(user, self.rep)
				self.assertIn(words, subject)

	def test_whoever_may_not_open_the_customer_is_not_asked(self):
		with self.as_user("Administrator"):
			frappe.get_doc(
				{
					"doctype": "User Permission",
					"user": self.lead,
					"allow": "Customer",
					"for_value": self.other_customer,
				}
			).insert()
		self.assertNotIn(self.lead, dict(self.bells(self.asked())))

	def test_the_lead_alone_is_not_asked_about_his_own(self):
		with self.as_user("Administrator"):
			policy = frappe.get_last_doc("Gesture Budget", {"company": self.company})
			policy.append("holders", {"user": self.lead})
			policy.save()
		with self.as_user(self.lead):
			name = self.asked()
		self.assertNotIn(self.lead, dict(self.bells(name)))

	def test_where_nobody_has_the_role_the_managers_are_asked(self):
		frappe.db.set_value("Gesture Budget", {"company": self.company}, "approver_role", "Quality Manager")
		told = dict(self.bells(self.asked()))
		self.assertIn(self.manager, told)
		self.assertNotIn(self.lead, told)

	def test_where_nobody_may_open_the_customer_nothing_is_asked_and_it_is_said(self):
		others = ("not in", (self.rep, self.manager, "Administrator", "Guest"))
		frappe.db.set_value("User", {"name": others}, "enabled", 0)
		with self.as_user("Administrator"):
			frappe.permissions.add_user_permission("Customer", self.other_customer, self.manager)
		with self.assertRaisesRegex(frappe.ValidationError, "role Sales Manager.*Nothing was booked"):
			self.asked()


class TestDecideAll(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.mine = self.budget(title="MX Asked", approver_role="Sales Manager", amount=100)

	def asked(self, cost: float = 25) -> str:
		return gestures.give(self.customer, "flowers", cost=cost)["name"]

	def statuses(self, *names: str) -> list[str]:
		return [frappe.db.get_value("Gesture", name, "status") for name in names]

	def decide(self, names, status, reason=None, user=None) -> dict:
		with self.as_user(user or self.lead):
			return gestures.decide_all(frappe.as_json(names), status, reason)

	def test_many_are_approved_and_their_money_is_set_aside(self):
		names = [self.asked(), self.asked(30)]
		self.assertEqual(self.decide(names, "Approved"), {"done": 2, "kept": []})
		self.assertEqual(self.statuses(*names), ["Approved", "Approved"])
		(wallet,) = ledger.wallets_of(self.rep)
		self.assertEqual(wallet.left, 45)
		self.assertEqual(ledger.differences(), [])

	def test_declined_with_a_reason_and_not_without(self):
		name = self.asked()
		for reason in (None, "", "  "):
			self.assertRaises(frappe.ValidationError, self.decide, [name], "Declined", reason)
		self.assertEqual(self.decide([name], "Declined", "A card is enough."), {"done": 1, "kept": []})
		self.assertEqual(
			frappe.db.get_value("Gesture", name, ["status", "decline_reason"]),
			("Declined", "A card is enough."),
		)

	def test_what_cannot_be_decided_stays_and_stops_no_other(self):
		first, second, third = self.asked(60), self.asked(60), self.asked(21)
		given = gestures.give(self.customer, "tea", cost=1)["name"]
		with self.as_user(self.lead):
			own = self.give_own()
		answer = self.decide([first, second, given, own, "GES-NONE", third], "Approved")
		self.assertEqual(answer["done"], 2)
		self.assertEqual([one["name"] for one in answer["kept"]], [second, given, own, "GES-NONE"])
		why = {one["name"]: one["why"] for one in answer["kept"]}
		self.assertIn("39.00", why[second])
		self.assertTrue(all(why.values()), why)
		self.assertEqual(
			self.statuses(first, second, third, own),
			["Approved", "Awaiting Approval", "Approved", "Awaiting Approval"],
		)
		self.assertEqual(frappe.local.message_log, [])
		self.assertEqual((ledger.differences(), ledger.unbooked()), ([], []))

	def give_own(self) -> str:
		"""Something of the lead's own, who decides about others."""
		with self.as_user("Administrator"):
			budget = frappe.get_doc("Gesture Budget", self.mine.name)
			budget.append("holders", {"user": self.lead})
			budget.save()
		return gestures.give(self.customer, "book", cost=40)["name"]

	def test_nobody_decides_who_may_not(self):
		name = self.asked()
		for user in (self.rep, self.colleague):
			self.assertEqual(self.decide([name], "Approved", user=user)["done"], 0)
		with self.assertRaises(frappe.PermissionError):
			self.decide([name], "Approved", user=self.outsider)
		self.assertEqual(self.statuses(name), ["Awaiting Approval"])

	def test_only_a_decision_is_one(self):
		name = self.asked()
		for status in ("Given", "Cancelled", "Idea", ""):
			self.assertRaises(frappe.ValidationError, self.decide, [name], status)
		self.assertEqual(self.statuses(name), ["Awaiting Approval"])

	def test_the_list_offers_it_to_those_who_may(self):
		for user, may in (
			(self.lead, True),
			(self.manager, True),
			(self.rep, False),
			(self.colleague, False),
		):
			with self.as_user(user):
				self.assertEqual(approvals.may_decide_about_some(), may, user)
		with self.as_user(self.outsider), self.assertRaises(frappe.PermissionError):
			approvals.may_decide_about_some()

	def test_the_card_counts_what_awaits_me_and_leads_there(self):
		with self.as_user(self.lead):
			before = cards.awaiting_my_approval()["value"]
		name = self.asked()
		with self.as_user(self.lead):
			own = self.give_own()
			card = cards.awaiting_my_approval()
			self.assertEqual(card["value"], before + 1)
			listed = frappe.get_list("Gesture", filters=card["route_options"], pluck="name", limit=0)
			self.assertIn(name, listed)
			self.assertNotIn(own, listed)
		self.assertEqual(cards.awaiting_my_approval()["value"], 0)
