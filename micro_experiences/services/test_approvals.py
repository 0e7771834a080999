"""Approvals: who is notified, decisions about many gestures, and the number card."""

import frappe

from micro_experiences.api import gestures, notifications, number_cards
from micro_experiences.services import ledger
from micro_experiences.tests.utils import SiteTestCase


class TestNotifications(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.budget(approver_role="Sales Manager")

	def get_notifications(self, gesture: str) -> list[tuple[str, str]]:
		rows = frappe.get_all(
			"Notification Log",
			filters={"document_type": "Gesture", "document_name": gesture},
			fields=["for_user", "subject"],
			order_by="creation asc, for_user asc",
		)
		return [(row.for_user, row.subject) for row in rows]

	def record(self, cost: float = 25) -> str:
		return gestures.record_gesture(self.customer, "flowers for Rex", cost=cost)["name"]

	def test_pending_gesture_notifies_each_approver_once(self):
		name = self.record()
		notified = dict(self.get_notifications(name))
		self.assertIn(self.lead, notified)
		self.assertNotIn(self.rep, notified)
		self.assertNotIn(self.colleague, notified)
		self.assertEqual(len(self.get_notifications(name)), len(notified))
		self.assertEqual(self.get_notifications(self.record(cost=5)), [])
		doc = frappe.get_doc("Gesture", name)
		doc.story = "later"
		doc.save()
		self.assertEqual(len(self.get_notifications(name)), len(notified))

	def test_notification_names_no_customer_or_gift(self):
		for _user, subject in self.get_notifications(self.record()):
			self.assertIn("€ 25.00", subject)
			self.assertNotIn("MX Test Books", subject)
			self.assertNotIn("Rex", subject)

	def test_approver_sees_whose_wallet_what_is_left_and_why(self):
		def describe(**values) -> str:
			name = gestures.record_gesture(self.customer, "flowers", cost=20.5, **values)["name"]
			with self.as_user(self.lead):
				doc = frappe.get_doc("Gesture", name)
				doc.run_method("onload")
				text = doc.get_onload("micro_experiences_request")
				pending = notifications.get_pending_actions(frappe.as_json([name]), "[]")["Gesture"][name]
			self.assertIn(text, pending)
			return text

		giver = frappe.utils.get_fullname(self.rep)
		with self.freeze("2026-11-20"):
			shared = describe(personal_note=self.note("Her cat Rex was ill.").name)
			self.assertEqual(
				shared,
				f"Paid from MX Test, which {giver} spends from: € 29.50 left until 30 Nov after this gesture. "
				"Reason: Her cat Rex was ill.",
			)
			frappe.db.delete("Gesture Wallet Entry")
			frappe.db.set_value("Gesture Wallet", {"holder": self.rep}, "committed", 0)
			hidden = describe(
				personal_note=self.note("Secret.", visibility="Only Me").name, message="Get well"
			)
			self.assertTrue(hidden.endswith("Reason: Get well"), hidden)

	def test_decision_notifies_the_giver(self):
		for decide, words in ((gestures.approve, "approved"), (gestures.decline, "declined")):
			with self.subTest(words):
				name = self.record(cost=20.5)
				with self.as_user(self.lead):
					decide(name)
				user, subject = self.get_notifications(name)[-1]
				self.assertEqual(user, self.rep)
				self.assertIn(words, subject)

	def test_approver_without_access_to_customer_is_not_notified(self):
		with self.as_user("Administrator"):
			frappe.get_doc(
				{
					"doctype": "User Permission",
					"user": self.lead,
					"allow": "Customer",
					"for_value": self.other_customer,
				}
			).insert()
		self.assertNotIn(self.lead, dict(self.get_notifications(self.record())))

	def test_approver_is_not_notified_of_own_gesture(self):
		with self.as_user("Administrator"):
			policy = frappe.get_last_doc("Gesture Budget", {"company": self.company})
			policy.append("holders", {"user": self.lead})
			policy.save()
		with self.as_user(self.lead):
			name = self.record()
		self.assertNotIn(self.lead, dict(self.get_notifications(name)))

	def test_managers_are_notified_if_no_user_has_the_role(self):
		frappe.db.set_value("Gesture Budget", {"company": self.company}, "approver_role", "Quality Manager")
		notified = dict(self.get_notifications(self.record()))
		self.assertIn(self.manager, notified)
		self.assertNotIn(self.lead, notified)

	def test_gesture_that_no_user_can_approve_is_refused(self):
		others = ("not in", (self.rep, self.manager, "Administrator", "Guest"))
		frappe.db.set_value("User", {"name": others}, "enabled", 0)
		with self.as_user("Administrator"):
			frappe.permissions.add_user_permission("Customer", self.other_customer, self.manager)
		with self.assertRaisesRegex(frappe.ValidationError, "Sales Manager"):
			self.record()


class TestDecideMany(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.mine = self.budget(title="MX Asked", approver_role="Sales Manager", amount=100)

	def record(self, cost: float = 25) -> str:
		return gestures.record_gesture(self.customer, "flowers", cost=cost)["name"]

	def statuses(self, *names: str) -> list[str]:
		return [frappe.db.get_value("Gesture", name, "status") for name in names]

	def decide(self, names, status, reason=None, user=None) -> dict:
		with self.as_user(user or self.lead):
			return gestures.decide_many(frappe.as_json(names), status, reason)

	def test_decline_without_reason_is_refused(self):
		name = self.record()
		for reason in (None, "", "  "):
			self.assertRaises(frappe.ValidationError, self.decide, [name], "Declined", reason)
		self.assertEqual(self.decide([name], "Declined", "A card is enough."), {"done": 1, "kept": []})
		self.assertEqual(
			frappe.db.get_value("Gesture", name, ["status", "decline_reason"]),
			("Declined", "A card is enough."),
		)

	def test_undecidable_gestures_stay_and_others_are_approved(self):
		first, third = self.record(60), self.record(21)
		given = gestures.record_gesture(self.customer, "tea", cost=1)["name"]
		with self.as_user(self.lead):
			own = self.record_own()
		answer = self.decide([first, given, own, "GES-NONE", third], "Approved")
		self.assertEqual(answer["done"], 2)
		self.assertEqual([one["name"] for one in answer["kept"]], [given, own, "GES-NONE"])
		why = {one["name"]: one["why"] for one in answer["kept"]}
		self.assertTrue(all(why.values()), why)
		self.assertEqual(
			self.statuses(first, third, own),
			["Approved", "Approved", "Awaiting Approval"],
		)
		self.assertEqual(frappe.local.message_log, [])
		self.assertEqual((ledger.find_differences(), ledger.find_gestures_without_entry()), ([], []))

	def record_own(self) -> str:
		"""Record a gesture of the approver."""
		with self.as_user("Administrator"):
			budget = frappe.get_doc("Gesture Budget", self.mine.name)
			budget.append("holders", {"user": self.lead})
			budget.save()
		return gestures.record_gesture(self.customer, "book", cost=40)["name"]

	def test_decide_many_without_the_role_changes_nothing(self):
		name = self.record()
		for user in (self.rep, self.colleague):
			self.assertEqual(self.decide([name], "Approved", user=user)["done"], 0)
		with self.assertRaises(frappe.PermissionError):
			self.decide([name], "Approved", user=self.outsider)
		self.assertEqual(self.statuses(name), ["Awaiting Approval"])

	def test_status_that_is_no_decision_is_refused(self):
		name = self.record()
		for status in ("Given", "Cancelled", "Idea", ""):
			self.assertRaises(frappe.ValidationError, self.decide, [name], status)
		self.assertEqual(self.statuses(name), ["Awaiting Approval"])

	def test_can_decide_any_is_true_only_for_approvers(self):
		for user, may in (
			(self.lead, True),
			(self.manager, True),
			(self.rep, False),
			(self.colleague, False),
		):
			with self.as_user(user):
				self.assertEqual(gestures.can_decide_any(), may, user)
		with self.as_user(self.outsider), self.assertRaises(frappe.PermissionError):
			gestures.can_decide_any()

	def test_number_card_counts_and_lists_pending_gestures(self):
		with self.as_user(self.lead):
			before = number_cards.count_pending_approvals()["value"]
		name = self.record()
		with self.as_user(self.lead):
			own = self.record_own()
			card = number_cards.count_pending_approvals()
			self.assertEqual(card["value"], before + 1)
			listed = frappe.get_list("Gesture", filters=card["route_options"], pluck="name", limit=0)
			self.assertIn(name, listed)
			self.assertNotIn(own, listed)
		self.assertEqual(number_cards.count_pending_approvals()["value"], 0)
