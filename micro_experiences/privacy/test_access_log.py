from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import frappe
from frappe import deferred_insert
from frappe.api.v1 import read_doc
from frappe.utils import add_to_date, now_datetime
from redis.exceptions import ConnectionError

from micro_experiences.desk import at_hand, banner, notes, sensitive
from micro_experiences.privacy import access_log
from micro_experiences.testing import SiteTestCase, make_customer

DOCTYPE = "Personal Note Access"


def logged(**filters) -> list[dict]:
	"""What the log holds once Frappe has written what waits for it."""
	before = frappe.session.user
	frappe.set_user("Administrator")
	deferred_insert.save_to_db()
	frappe.set_user(before)
	return frappe.get_all(
		DOCTYPE,
		filters={"seen_in": ("!=", "Reason")} | filters,
		fields=["user", "customer", "personal_note", "seen_in", "accessed_on", "open_until", "reason"],
		order_by="accessed_on asc, name asc",
	)


class AccessTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		frappe.cache.delete_value(f"{deferred_insert.queue_prefix}{DOCTYPE}")
		self.hip = self.note("Has a new hip.", sensitive=1)

	def open(self, user=None, reason="She complained", customer=None):
		with self.as_user(user or self.manager):
			return sensitive.open_sensitive(customer or self.customer, reason)


class TestReasons(AccessTestCase):
	def test_a_reason_opens_until_midnight_and_stands_in_the_log_at_once(self):
		with self.freeze("2026-11-20"):
			self.assertTrue(self.open()["banner"]["items"])
		(row,) = logged(seen_in="Reason")
		self.assertEqual(
			(row.user, row.customer, row.reason), (self.manager, self.customer, "She complained")
		)
		self.assertEqual(str(row.accessed_on), "2026-11-20 12:00:00")
		self.assertLess(row.open_until - row.accessed_on, timedelta(hours=24))

	def test_it_is_asked_for_the_customer_that_one_may_read(self):
		frappe.set_user("Administrator")
		frappe.permissions.add_user_permission("Customer", self.other_customer, self.manager)
		self.assertRaises(frappe.PermissionError, self.open)
		self.open(customer=self.other_customer)
		self.assertEqual({row.customer for row in logged(seen_in="Reason")}, {self.other_customer})

	def test_others_are_refused_and_nothing_is_written(self):
		for user in (self.rep, self.colleague, self.lead, self.outsider):
			with self.subTest(user):
				self.assertRaises(frappe.PermissionError, self.open, user)
		self.assertEqual(logged(seen_in="Reason"), [])

	def test_the_answer_is_the_same_without_any_sensitive_note(self):
		with_note = self.open()
		frappe.delete_doc("Personal Note", self.hip.name, force=True, ignore_permissions=True)
		without = self.open()
		self.assertEqual(with_note["text"], without["text"])
		self.assertEqual(with_note["banner"]["opened"], without["banner"]["opened"])

	def test_the_banner_says_so_and_not_to_others(self):
		self.open()
		for user, says in ((self.manager, True), (self.rep, False), (self.colleague, False)):
			with self.as_user(user):
				self.assertEqual("opened" in banner.payload_for(self.customer), says, user)
		with self.as_user(self.manager):
			self.assertNotIn("opened", banner.payload_for(self.other_customer))
			self.assertNotIn("opened", sensitive.close_sensitive(self.customer)["banner"])

	def test_the_banner_is_within_its_queries_and_its_bytes(self):
		for _number in range(3):
			self.note("犬" * 500, pinned=1, sensitive=1)
		self.budget(holders=[{"user": self.manager}])
		self.task()
		self.open(reason="犬" * 280)
		with self.as_user(self.manager):
			self.note("Takes tea.").log("Used", "Thank you")
			payload = banner.payload_for(self.customer)  # fills the caches
			with self.assertQueryCount(4):
				self.assertEqual(banner.payload_for(self.customer), payload)
		self.assertEqual(len(payload["items"]), 3)
		self.assertLessEqual(len(frappe.as_json(payload, indent=None, separators=(",", ":"))), 2048)


def forget_looks() -> None:
	"""As if nobody had looked in this hour."""
	frappe.db.delete(DOCTYPE, {"seen_in": ("!=", "Reason")})
	frappe.cache.delete_value(f"{deferred_insert.queue_prefix}{DOCTYPE}")
	frappe.cache.delete_keys("micro_experiences:looked:")


class TestLooks(AccessTestCase):
	def open(self, *args, **kwargs):
		super().open(*args, **kwargs)
		# Its answer is the first look at the banner.
		forget_looks()

	def see_form(self, name=None):
		"""What Frappe does before a form is sent."""
		with self.request():
			doc = frappe.get_doc("Personal Note", name or self.hip.name)
			doc.check_permission("read")

	@contextmanager
	def request(self):
		"""Somebody asks the server, and not a job."""
		frappe.utils.set_request(method="GET", path="/")
		try:
			yield
		finally:
			frappe.local.request = None

	def test_whatever_reads_it_by_itself_is_a_look(self):
		self.open()
		for read in (
			lambda: frappe.client.get("Personal Note", self.hip.name),
			lambda: frappe.client.get("Personal Note", filters={"name": self.hip.name}),
			lambda: read_doc("Personal Note", self.hip.name),
		):
			forget_looks()
			with self.as_user(self.manager), self.request():
				read()
			(row,) = logged()
			self.assertEqual(
				(row.user, row.personal_note, row.seen_in), (self.manager, self.hip.name, "Form")
			)

	def test_who_may_not_read_it_and_a_job_have_not_looked(self):
		with self.as_user(self.colleague), self.request():
			self.assertRaises(frappe.PermissionError, frappe.client.get, "Personal Note", self.hip.name)
		self.open()
		with self.as_user(self.manager):
			frappe.get_doc("Personal Note", self.hip.name)
		self.assertEqual(logged(), [])

	def test_a_look_at_a_form_a_banner_and_a_panel_is_logged_with_its_time(self):
		self.open()
		with self.as_user(self.manager):
			for look, seen_in in (
				(self.see_form, "Form"),
				(lambda: banner.payload_for(self.customer), "Banner"),
				(lambda: notes.suggest(self.customer, "Has a new hip"), "Banner"),
				(lambda: at_hand.at_hand(self.customer), "Form"),
			):
				with self.subTest(seen_in):
					forget_looks()
					before = now_datetime()
					look()
					after = now_datetime()
					(row,) = logged()
					self.assertEqual(
						(row.user, row.customer, row.personal_note, row.seen_in, row.open_until),
						(self.manager, self.customer, self.hip.name, seen_in, None),
					)
					self.assertTrue(before <= row.accessed_on <= after)

	def test_it_carries_the_time_of_the_look_and_not_of_the_insert(self):
		with self.freeze("2026-11-20"):
			access_log.note_look(self.customer, self.manager, "Form", [self.hip.name])
		(row,) = logged()
		self.assertEqual(str(row.accessed_on), "2026-11-20 12:00:00")

	def test_ones_own_notes_and_plain_ones_are_not(self):
		plain = self.note("Takes tea.")
		self.see_form()
		banner.payload_for(self.customer)
		with self.as_user(self.manager):
			self.see_form(plain.name)
			banner.payload_for(self.customer)
		self.assertEqual(logged(), [])

	def test_no_flood_one_line_for_each_user_note_and_hour(self):
		other = self.note("Waits for a loan.", sensitive=1)
		self.open()
		with self.as_user(self.manager):
			for _look in range(3):
				self.see_form()
				self.see_form(other.name)
				banner.payload_for(self.customer)
		with self.as_user("Administrator"):
			self.see_form()
		self.assertEqual(
			sorted((row.user, row.personal_note) for row in logged()),
			sorted(
				[("Administrator", self.hip.name), (self.manager, self.hip.name), (self.manager, other.name)]
			),
		)
		with self.freeze(add_to_date(None, days=1)), self.as_user(self.manager):
			access_log.note_look(self.customer, self.manager, "Form", [self.hip.name])
		self.assertEqual(len(logged()), 4)

	def test_what_is_not_sensitive_costs_no_query_more(self):
		plain = self.note("Takes tea.").name
		with self.as_user(self.manager), self.request():
			frappe.get_doc("Personal Note", plain)
			with self.assertQueryCount(1):
				frappe.get_doc("Personal Note", plain)

	def test_that_nothing_was_looked_at_costs_nothing_at_all(self):
		asked = []
		with patch.object(frappe.db, "sql", side_effect=lambda query, *_args, **_more: asked.append(query)):
			access_log.note_look(self.customer, self.manager, "Banner", [])
		self.assertEqual(asked, [])

	@contextmanager
	def broken(self, error):
		with (
			patch.object(frappe.cache, "set", side_effect=error),
			patch.object(access_log, "deferred_insert", side_effect=error),
		):
			yield

	def test_a_broken_log_never_fails_the_form(self):
		self.open()
		for error in (ConnectionError("no redis"), RuntimeError("no log")):
			with self.subTest(error), self.as_user(self.manager), self.broken(error):
				self.see_form()
				self.assertTrue(banner.payload_for(self.customer)["items"])
		self.assertEqual(logged(), [])
		self.assertTrue(frappe.db.exists("Error Log", {"method": "Micro Experiences: _defer"}))

	def test_who_or_what_is_gone_by_then_is_written_down_all_the_same(self):
		access_log.note_look("MX Test Nobody", self.manager, "Form", ["NOTE-1"])
		access_log.note_look(self.customer, "mx.nobody@example.com", "Form", ["NOTE-2"])
		access_log.note_look(self.customer, self.manager, "Form", ["NOTE-of-a-deleted-note"])
		self.assertEqual(
			{(row.personal_note, row.user, row.customer) for row in logged()},
			{
				("NOTE-1", self.manager, None),
				("NOTE-2", "mx.nobody@example.com", self.customer),
				("NOTE-of-a-deleted-note", self.manager, self.customer),
			},
		)

	def test_a_deleted_note_leaves_its_number_to_nobody(self):
		with self.as_user(self.manager):
			access_log.note_look(self.customer, self.manager, "Form", [self.hip.name])
		with self.as_user("Administrator"):
			frappe.delete_doc("Personal Note", self.hip.name)
		self.assertEqual([row.personal_note for row in logged()], [self.hip.name])
		self.assertGreater(self.note("Takes tea.").name, self.hip.name)

	def test_what_the_round_writes_meanwhile_is_not_written_twice(self):
		access_log.note_look(self.customer, self.manager, "Form", [self.hip.name])
		(row,) = frappe.cache.lrange(access_log.QUEUE, 0, -1)
		self.assertEqual(len(logged()), 1)
		with patch.object(frappe.cache, "lrange", return_value=[row]):
			access_log.write_waiting(self.customer, [])
		self.assertEqual(len(logged()), 1)
		self.assertEqual(frappe.local.message_log, [])

	def test_a_look_that_waits_follows_its_note_to_the_new_name_of_the_customer(self):
		with self.as_user("Administrator"):
			customer = make_customer("MX Test Looked At")
		note = self.note("Has a new knee.", sensitive=1, customer=customer)
		access_log.note_look(customer, self.manager, "Form", [note.name])
		with self.as_user("Administrator"):
			new = frappe.rename_doc("Customer", customer, "MX Test Looked At Anew")
		self.assertEqual([(row.personal_note, row.customer) for row in logged()], [(note.name, new)])


class TestTheLogIsProtected(AccessTestCase):
	def setUp(self):
		super().setUp()
		self.open()
		self.row = frappe.get_last_doc(DOCTYPE)

	def test_nobody_changes_deletes_or_makes_a_line(self):
		for user in (self.manager, self.lead, "Administrator"):
			with self.subTest(user), self.as_user(user):
				row = frappe.get_doc(DOCTYPE, self.row.name)
				row.reason = "Something else"
				self.assertRaises(frappe.PermissionError, row.save)
				self.assertRaises(frappe.PermissionError, row.delete)
				self.assertRaises(frappe.PermissionError, frappe.delete_doc, DOCTYPE, row.name, force=True)
				self.assertRaises(
					frappe.PermissionError, frappe.client.set_value, DOCTYPE, row.name, "user", user
				)
		with self.as_user(self.manager):
			made = frappe.copy_doc(self.row)
			made.open_until = add_to_date(None, years=1)
			self.assertRaises(frappe.PermissionError, made.insert)
		self.assertEqual(frappe.db.count(DOCTYPE, {"user": self.manager}), 1)

	def test_nor_on_a_site_that_gives_every_right(self):
		self.addCleanup(frappe.clear_cache, doctype=DOCTYPE)
		for right in ("write", "create", "delete", "import", "share"):
			frappe.permissions.update_permission_property(DOCTYPE, "Micro Experiences Manager", 0, right, 1)
		with self.as_user(self.manager):
			row = frappe.get_doc(DOCTYPE, self.row.name)
			self.assertRaises(frappe.PermissionError, row.save)
			self.assertRaises(frappe.PermissionError, row.delete)
			self.assertRaises(frappe.PermissionError, frappe.rename_doc, DOCTYPE, row.name, "x")
			made = frappe.copy_doc(self.row)
			made.open_until = add_to_date(None, years=1)
			self.assertRaises(frappe.PermissionError, made.insert)

	def test_a_manager_reads_the_lines_of_customers_that_he_may_read(self):
		for user, sees in ((self.manager, 1), (self.rep, 0), (self.lead, 0), ("Administrator", 1)):
			with self.subTest(user), self.as_user(user):
				try:
					rows = frappe.get_list(DOCTYPE)
				except frappe.PermissionError:
					rows = []
				self.assertEqual(len(rows), sees)
				self.assertEqual(bool(frappe.has_permission(DOCTYPE, "read", doc=self.row.name)), bool(sees))
		frappe.set_user("Administrator")
		frappe.permissions.add_user_permission("Customer", self.other_customer, self.manager)
		with self.as_user(self.manager):
			self.assertEqual(frappe.get_list(DOCTYPE), [])

	def test_log_settings_prune_it_by_age(self):
		frappe.set_user("Administrator")
		settings = frappe.get_doc("Log Settings")
		settings.add_default_logtypes()
		self.assertEqual([row.days for row in settings.logs_to_clear if row.ref_doctype == DOCTYPE], [365])
		old = frappe.copy_doc(self.row)
		old.accessed_on = add_to_date(None, days=-400)
		old.insert(ignore_permissions=True)
		frappe.get_attr("frappe.model.base_document.get_controller")(DOCTYPE).clear_old_logs(days=365)
		self.assertFalse(frappe.db.exists(DOCTYPE, old.name))
		self.assertTrue(frappe.db.exists(DOCTYPE, self.row.name))

	def test_and_never_what_is_younger_than_ninety_days(self):
		frappe.set_user("Administrator")
		young, old = frappe.copy_doc(self.row), frappe.copy_doc(self.row)
		for look, days in ((young, 80), (old, 100)):
			look.accessed_on = add_to_date(None, days=-days)
			look.insert(ignore_permissions=True)
		for days in (0, 1):
			frappe.get_attr("frappe.model.base_document.get_controller")(DOCTYPE).clear_old_logs(days=days)
		self.assertTrue(frappe.db.exists(DOCTYPE, young.name))
		self.assertFalse(frappe.db.exists(DOCTYPE, old.name))

	def test_a_deleted_customer_leaves_who_and_when(self):
		frappe.set_user("Administrator")
		access_log.forget_customer(self.customer)
		row = frappe.get_doc(DOCTYPE, self.row.name)
		self.assertEqual((row.customer, row.reason, row.user), (None, None, self.manager))
