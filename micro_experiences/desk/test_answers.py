import json

import frappe

from micro_experiences.desk import gestures
from micro_experiences.desk.answers import awaited
from micro_experiences.testing import SiteTestCase


class TestAwaited(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.budget(approver_role="Sales Manager", amount=100)
		self.asked = gestures.give(self.customer, "flowers", cost=25)["name"]
		self.promised = self.task().name

	def awaited(self, user: str) -> dict:
		with self.as_user(user):
			# As the browser sends it.
			told = awaited(json.dumps([self.asked]), json.dumps([self.promised]))
		return {doctype: list(names) for doctype, names in told.items()}

	def test_each_says_what_it_is_about(self):
		with self.as_user(self.lead):
			(line,) = awaited([self.asked], [])["Gesture"].values()
		self.assertRegex(line, "flowers for MX Test Books: .*25.00")
		self.assertEqual(awaited([], [self.promised])["Follow Up Task"], {self.promised: "send the book"})

	def test_who_decides_is_offered_to_decide_and_who_promised_to_keep_it(self):
		self.assertEqual(self.awaited(self.lead), {"Gesture": [self.asked], "Follow Up Task": []})
		self.assertEqual(self.awaited(self.rep), {"Gesture": [], "Follow Up Task": [self.promised]})
		self.assertEqual(self.awaited(self.colleague), {"Gesture": [], "Follow Up Task": []})
		with self.assertRaises(frappe.PermissionError):
			self.awaited(self.outsider)

	def test_a_promise_that_was_handed_up_awaits_that_one_too(self):
		frappe.db.set_value("Follow Up Task", self.promised, "escalate_to", self.colleague)
		self.assertEqual(self.awaited(self.colleague)["Follow Up Task"], [self.promised])

	def test_what_is_decided_or_done_awaits_nobody(self):
		with self.as_user(self.lead):
			gestures.approve(self.asked)
		frappe.get_doc("Follow Up Task", self.promised).done()
		for user in (self.lead, self.rep, self.manager):
			self.assertEqual(self.awaited(user), {"Gesture": [], "Follow Up Task": []}, user)

	def test_nothing_of_a_customer_whom_one_may_not_open(self):
		with self.as_user("Administrator"):
			for user in (self.lead, self.rep):
				frappe.permissions.add_user_permission("Customer", self.other_customer, user)
		self.assertEqual(self.awaited(self.lead)["Gesture"], [])
		self.assertEqual(self.awaited(self.rep)["Follow Up Task"], [])

	def test_one_look_asks_for_no_more_than_the_bell_shows(self):
		with self.as_user(self.lead):
			names = [f"GES-{number}" for number in range(20)]
			self.assertEqual(awaited([*names, self.asked], [])["Gesture"], {})
			self.assertEqual(list(awaited([self.asked, *names], [])["Gesture"]), [self.asked])
