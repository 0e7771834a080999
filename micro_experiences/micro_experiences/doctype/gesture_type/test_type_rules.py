import frappe

from micro_experiences.testing import SiteTestCase


class TestTypeRules(SiteTestCase):
	def make(self, **values):
		with self.as_user(self.manager):
			return frappe.get_doc({"doctype": "Gesture Type", "type_name": "MX Test Type"} | values).insert()

	def test_words_are_kept_tidy(self):
		self.assertEqual(self.make(involves=" Gift,alcohol ,, gift,MAIL").involves, "gift, alcohol, mail")

	def test_a_word_that_nobody_knows_is_refused_with_those_that_are_known(self):
		for words in ("cats", "gift, cats", "gift;mail"):
			with self.subTest(words), self.assertRaisesRegex(frappe.ValidationError, "alcohol, food"):
				self.make(involves=words)

	def test_a_template_that_cannot_be_read_is_refused(self):
		for template in ("{{ customer_name", "{% for x in y %}{% endfor %}", "{{ a.b }}", "{{ 2 * 3 }}"):
			with self.subTest(template), self.assertRaisesRegex(frappe.ValidationError, "cannot be read"):
				self.make(message_template=template)
		self.make(message_template="{% if note %}{{ note | upper }}{% else %}Hello{% endif %}")

	def test_only_managers_make_them(self):
		for user in (self.rep, self.lead):
			with self.as_user(user), self.assertRaises(frappe.PermissionError):
				frappe.get_doc({"doctype": "Gesture Type", "type_name": "Mine"}).insert()
