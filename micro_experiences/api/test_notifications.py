"""Pending actions: notifications offer actions only to the users who can take them."""

import json

import frappe

from micro_experiences.api import gestures
from micro_experiences.api.notifications import get_pending_actions
from micro_experiences.tests.utils import SiteTestCase


class TestPendingActions(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.budget(approver_role="Sales Manager", amount=100)
		self.gesture = gestures.record_gesture(self.customer, "flowers", cost=25)["name"]
		self.follow_up = self.task().name

	def get_pending(self, user: str) -> dict:
		with self.as_user(user):
			# As JSON, like the browser.
			pending = get_pending_actions(json.dumps([self.gesture]), json.dumps([self.follow_up]))
		return {doctype: list(names) for doctype, names in pending.items()}

	def test_pending_action_has_a_summary(self):
		with self.as_user(self.lead):
			(line,) = get_pending_actions([self.gesture], [])["Gesture"].values()
		self.assertRegex(line, "flowers for MX Test Books: .*25.00")
		self.assertEqual(
			get_pending_actions([], [self.follow_up])["Follow Up Task"], {self.follow_up: "send the book"}
		)

	def test_approver_gets_gesture_and_owner_gets_follow_up(self):
		self.assertEqual(self.get_pending(self.lead), {"Gesture": [self.gesture], "Follow Up Task": []})
		self.assertEqual(self.get_pending(self.rep), {"Gesture": [], "Follow Up Task": [self.follow_up]})
		self.assertEqual(self.get_pending(self.colleague), {"Gesture": [], "Follow Up Task": []})
		with self.assertRaises(frappe.PermissionError):
			self.get_pending(self.outsider)

	def test_escalation_contact_gets_follow_up(self):
		frappe.db.set_value("Follow Up Task", self.follow_up, "escalate_to", self.colleague)
		self.assertEqual(self.get_pending(self.colleague)["Follow Up Task"], [self.follow_up])

	def test_decided_or_done_record_is_not_pending(self):
		with self.as_user(self.lead):
			gestures.approve(self.gesture)
		frappe.get_doc("Follow Up Task", self.follow_up).mark_done()
		for user in (self.lead, self.rep, self.manager):
			self.assertEqual(self.get_pending(user), {"Gesture": [], "Follow Up Task": []}, user)

	def test_record_of_hidden_customer_is_not_pending(self):
		with self.as_user("Administrator"):
			for user in (self.lead, self.rep):
				frappe.permissions.add_user_permission("Customer", self.other_customer, user)
		self.assertEqual(self.get_pending(self.lead)["Gesture"], [])
		self.assertEqual(self.get_pending(self.rep)["Follow Up Task"], [])

	def test_request_is_limited_to_the_notifications_shown(self):
		with self.as_user(self.lead):
			names = [f"GES-{number}" for number in range(20)]
			self.assertEqual(get_pending_actions([*names, self.gesture], [])["Gesture"], {})
			self.assertEqual(list(get_pending_actions([self.gesture, *names], [])["Gesture"]), [self.gesture])
