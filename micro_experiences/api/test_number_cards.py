"""Number cards of the workspace: values, permissions and links."""

from unittest.mock import patch

import frappe
from frappe.desk.desktop import Workspace
from frappe.utils import add_days, add_months, today

from micro_experiences.api import gestures, number_cards
from micro_experiences.tests.utils import SiteTestCase, make_user


class TestNumberCards(SiteTestCase):
	def make_occasion(self, days: int, years_ago: int = 0, **values):
		day = add_months(add_days(today(), days), -12 * years_ago)
		return self.note(f"in {days}", kind="Occasion", occasion_on=day, **values)

	def count(self) -> int:
		return number_cards.count_occasions_this_week()["value"]

	def test_occasions_within_seven_days_are_counted(self):
		before = self.count()
		for days in (-1, 7):
			self.make_occasion(days)
		self.assertEqual(self.count(), before)
		for days in (0, 6):
			self.make_occasion(days)
		self.assertEqual(self.count(), before + 2)

	def test_occasions_card_opens_exactly_what_it_counts(self):
		self.make_occasion(40)
		expected = {self.make_occasion(2).name, self.make_occasion(5, years_ago=3, repeats_yearly=1).name}
		card = number_cards.count_occasions_this_week()
		shown = frappe.get_list("Personal Note", filters=card["route_options"], pluck="name", limit=0)
		self.assertEqual(len(shown), card["value"])
		self.assertLessEqual(expected, set(shown))

	def test_other_occasions_are_not_read(self):
		def count_rows_read() -> int:
			results = []
			real = frappe.db.sql
			with patch.object(
				frappe.db, "sql", lambda *args, **more: results.append(real(*args, **more)) or results[-1]
			):
				number_cards.count_occasions_this_week()
			return max(len(result) for result in results)

		self.make_occasion(3)
		before = count_rows_read()
		for days in range(20, 60):
			self.make_occasion(days, years_ago=1, repeats_yearly=days % 2)
		self.assertEqual(count_rows_read(), before)

	def test_hidden_and_closed_occasions_are_not_counted(self):
		before = self.count()
		with self.as_user(self.colleague):
			self.make_occasion(1, visibility="Only Me")
			self.make_occasion(1, sensitive=1)
			self.assertEqual(self.count(), before + 2)
		self.make_occasion(1).close("No Longer True")
		self.assertEqual(self.count(), before)

	def test_wallet_balance_is_that_of_the_user(self):
		self.assertEqual(number_cards.get_wallet_balance()["value"], 0)
		self.budget()
		gestures.record_gesture(self.customer, "coffee", cost=4.5)
		card = number_cards.get_wallet_balance()
		self.assertEqual(
			(card["value"], card["fieldtype"], card["options"]), (45.5, "Currency", self.currency)
		)
		with self.as_user(self.colleague):
			self.assertEqual(number_cards.get_wallet_balance()["value"], 50)

	def test_number_card_methods_exist_and_return_a_value(self):
		for name in frappe.get_all(
			"Number Card", {"module": "Micro Experiences", "type": "Custom"}, pluck="name"
		):
			method = frappe.get_attr(frappe.db.get_value("Number Card", name, "method"))
			self.assertIn(method, frappe.whitelisted, name)
			self.assertIn("value", method(filters=[]), name)

	def test_workspace_shows_cards_that_the_user_may_count(self):
		"""A card that the user may not count would show an error dialog."""
		system_manager = make_user("mx.administers@example.com", ("System Manager",))
		workspace = {"name": "Micro Experiences", "title": "Micro Experiences", "public": 1}
		for user, shown in ((system_manager, {"Left in My Wallet"}), (self.rep, None)):
			with self.subTest(user), self.as_user(user):
				desk = Workspace(workspace)
				self.assertTrue(desk.is_permitted())
				cards_of = {card.number_card_name for card in desk.get_number_cards()}
				self.assertEqual(cards_of, shown or {card.number_card_name for card in desk.doc.number_cards})

	def test_management_workspace_is_hidden_from_reps(self):
		system_manager = make_user("mx.administers@example.com", ("System Manager",))
		workspace = {"name": "Micro Experiences Management", "public": 1}
		for user, permitted in ((system_manager, True), (self.manager, True), (self.rep, False)):
			with self.subTest(user), self.as_user(user):
				desk = Workspace(workspace | {"title": workspace["name"]})
				self.assertEqual(bool(desk.is_permitted()), permitted)

	def test_cards_without_app_role_are_refused(self):
		for card in (number_cards.count_occasions_this_week, number_cards.get_wallet_balance):
			with self.as_user(self.outsider), self.assertRaises(frappe.PermissionError):
				card()
