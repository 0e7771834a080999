import frappe

from micro_experiences.desk import gestures
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
