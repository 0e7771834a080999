"""Patch greet_the_person: replaces unchanged templates only."""

import frappe

from micro_experiences.patches import greet_the_person
from micro_experiences.setup import seeds
from micro_experiences.tests.utils import SiteTestCase


class TestGreetThePerson(SiteTestCase):
	def test_patch_replaces_unchanged_templates_only(self):
		templates = {name: template for name, *_values, template in seeds.GESTURE_TYPES}
		own = "Dear {{ contact_name or customer_name }}, all the best!"
		for name, former in greet_the_person.FORMER_TEMPLATES.items():
			frappe.db.set_value("Gesture Type", name, "message_template", own if name == "Book" else former)
		greet_the_person.execute()
		greet_the_person.execute()
		for name, template in templates.items():
			expected = own if name == "Book" else template
			self.assertEqual(frappe.db.get_value("Gesture Type", name, "message_template"), expected)
