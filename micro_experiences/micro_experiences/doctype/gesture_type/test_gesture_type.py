"""Gesture Type: words and templates are validated."""

import frappe

from micro_experiences.tests.utils import SiteTestCase


class TestGestureType(SiteTestCase):
	def make(self, **values):
		with self.as_user(self.manager):
			return frappe.get_doc({"doctype": "Gesture Type", "type_name": "MX Test Type"} | values).insert()

	def test_unknown_word_is_refused_with_list_of_known_words(self):
		for words in ("cats", "gift;mail"):
			with self.subTest(words), self.assertRaisesRegex(frappe.ValidationError, "alcohol, food"):
				self.make(involves=words)

	def test_invalid_template_is_refused(self):
		for template in ("{{ customer_name", "{{ a.b }}"):
			with self.subTest(template), self.assertRaisesRegex(frappe.ValidationError, "has an error"):
				self.make(message_template=template)
		self.make(message_template="{% if note %}{{ note | upper }}{% else %}Hello{% endif %}")

	def test_gesture_type_is_created_by_managers_only(self):
		for user in (self.rep, self.lead):
			with self.as_user(user), self.assertRaises(frappe.PermissionError):
				frappe.get_doc({"doctype": "Gesture Type", "type_name": "Mine"}).insert()
