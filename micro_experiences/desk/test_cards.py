from unittest.mock import patch

import frappe
from frappe.desk.desktop import Workspace
from frappe.utils import add_days, add_months, today

from micro_experiences.desk import cards, gestures
from micro_experiences.testing import SiteTestCase, make_user


class TestCards(SiteTestCase):
	def occasion(self, days: int, years_ago: int = 0, **values):
		day = add_months(add_days(today(), days), -12 * years_ago)
		return self.note(f"in {days}", kind="Occasion", occasion_on=day, **values)

	def near(self) -> int:
		return cards.occasions_this_week()["value"]

	def test_occasions_of_the_next_seven_days(self):
		before = self.near()
		for days in (-1, 7):
			self.occasion(days)
		self.assertEqual(self.near(), before)
		for days in (0, 6):
			self.occasion(days)
		self.assertEqual(self.near(), before + 2)

	def test_a_yearly_one_counts_every_year(self):
		before = self.near()
		self.occasion(3, years_ago=30)
		self.occasion(-3, years_ago=30, repeats_yearly=1)
		self.assertEqual(self.near(), before)
		self.occasion(3, years_ago=30, repeats_yearly=1)
		self.assertEqual(self.near(), before + 1)

	def test_of_all_occasions_only_those_of_the_week_are_read(self):
		def read() -> int:
			answers = []
			real = frappe.db.sql
			with patch.object(
				frappe.db, "sql", lambda *args, **more: answers.append(real(*args, **more)) or answers[-1]
			):
				cards.occasions_this_week()
			return max(map(len, answers))

		self.occasion(3)
		before = read()
		for days in range(20, 60):
			self.occasion(days, years_ago=1, repeats_yearly=days % 2)
		self.assertEqual(read(), before)

	def test_only_what_i_may_see_and_what_is_active(self):
		before = self.near()
		with self.as_user(self.colleague):
			self.occasion(1, visibility="Only Me")
			self.occasion(1, sensitive=1)
			self.assertEqual(self.near(), before + 2)
		self.occasion(1).close("No Longer True")
		self.assertEqual(self.near(), before)

	def test_the_card_leads_to_the_list(self):
		card = cards.occasions_this_week()
		self.assertEqual((card["fieldtype"], card["route"]), ("Int", ["List", "Personal Note"]))
		filters = card["route_options"]
		self.assertTrue(set(filters) <= {df.fieldname for df in frappe.get_meta("Personal Note").fields})

	def test_left_in_my_wallet(self):
		self.assertEqual(cards.left_in_my_wallet()["value"], 0)
		self.budget()
		gestures.give(self.customer, "coffee", cost=4.5)
		card = cards.left_in_my_wallet()
		self.assertEqual(
			(card["value"], card["fieldtype"], card["options"]), (45.5, "Currency", self.currency)
		)
		with self.as_user(self.colleague):
			self.assertEqual(cards.left_in_my_wallet()["value"], 50)

	def test_the_desk_finds_them(self):
		"""A Number Card names its method as text."""
		for name in frappe.get_all(
			"Number Card", {"module": "Micro Experiences", "type": "Custom"}, pluck="name"
		):
			method = frappe.get_attr(frappe.db.get_value("Number Card", name, "method"))
			self.assertIn(method, frappe.whitelisted, name)
			self.assertIn("value", method(filters=[]), name)

	def test_a_system_manager_is_shown_the_cards_that_he_may_count_and_no_others(self):
		"""Frappe puts every card before him, and one that he may not count says so in a dialog."""
		administers = make_user("mx.administers@example.com", ("System Manager",))
		workspace = {"name": "Micro Experiences", "title": "Micro Experiences", "public": 1}
		for user, shown in ((administers, {"Left in My Wallet"}), (self.rep, None)):
			with self.subTest(user), self.as_user(user):
				desk = Workspace(workspace)
				self.assertTrue(desk.is_permitted())
				cards_of = {card.number_card_name for card in desk.get_number_cards()}
				self.assertEqual(cards_of, shown or {card.number_card_name for card in desk.doc.number_cards})
				links = {link["link_to"] for card in desk.get_links() for link in card["links"]}
				self.assertEqual("Micro Experiences Settings" in links, user == administers)

	def test_no_card_for_who_does_not_use_the_app(self):
		for card in (cards.occasions_this_week, cards.left_in_my_wallet):
			with self.as_user(self.outsider), self.assertRaises(frappe.PermissionError):
				card()
