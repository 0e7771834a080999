"""The access log of sensitive notes: reasons, get_entries reads, protection and pruning of entries."""

from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import frappe
from frappe import deferred_insert
from frappe.utils import add_to_date, now_datetime
from redis.exceptions import ConnectionError

from micro_experiences.api import notes, sensitive_notes
from micro_experiences.services import access_log, banner, customer_context
from micro_experiences.tests.utils import SiteTestCase, make_customer

DOCTYPE = "Personal Note Access"


def get_entries(**filters) -> list[dict]:
	"""Write the queued entries and return the log."""
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
		self.sensitive_note = self.note("Has a new hip.", sensitive=1)

	def open(self, user=None, reason="She complained", customer=None):
		with self.as_user(user or self.manager):
			return sensitive_notes.request_access(customer or self.customer, reason)


class TestRequestAccess(AccessTestCase):
	def test_request_access_is_logged_and_ends_at_midnight(self):
		with self.freeze("2026-11-20"):
			self.assertTrue(self.open()["banner"]["items"])
		(row,) = get_entries(seen_in="Reason")
		self.assertEqual(
			(row.user, row.customer, row.reason), (self.manager, self.customer, "She complained")
		)
		self.assertEqual(str(row.accessed_on), "2026-11-20 12:00:00")
		self.assertLess(row.open_until - row.accessed_on, timedelta(hours=24))

	def test_request_access_to_hidden_customer_is_refused(self):
		frappe.set_user("Administrator")
		frappe.permissions.add_user_permission("Customer", self.other_customer, self.manager)
		self.assertRaises(frappe.PermissionError, self.open)
		self.open(customer=self.other_customer)
		self.assertEqual({row.customer for row in get_entries(seen_in="Reason")}, {self.other_customer})

	def test_request_access_without_manager_role_is_refused(self):
		for user in (self.rep, self.colleague, self.lead, self.outsider):
			with self.subTest(user):
				self.assertRaises(frappe.PermissionError, self.open, user)
		self.assertEqual(get_entries(seen_in="Reason"), [])

	def test_response_does_not_reveal_whether_sensitive_notes_exist(self):
		with_note = self.open()
		frappe.delete_doc("Personal Note", self.sensitive_note.name, force=True, ignore_permissions=True)
		without = self.open()
		self.assertEqual(with_note["text"], without["text"])
		self.assertEqual(with_note["banner"]["opened"], without["banner"]["opened"])

	def test_banner_shows_open_access_only_to_its_user(self):
		self.open()
		for user, says in ((self.manager, True), (self.rep, False), (self.colleague, False)):
			with self.as_user(user):
				self.assertEqual("opened" in banner.get_banner_payload(self.customer), says, user)
		with self.as_user(self.manager):
			self.assertNotIn("opened", banner.get_banner_payload(self.other_customer))
			self.assertNotIn("opened", sensitive_notes.end_access(self.customer)["banner"])


def clear_log() -> None:
	"""Remove the entries of this hour, so that the next access is logged again."""
	frappe.db.delete(DOCTYPE, {"seen_in": ("!=", "Reason")})
	frappe.cache.delete_value(f"{deferred_insert.queue_prefix}{DOCTYPE}")
	frappe.cache.delete_keys("micro_experiences:looked:")


class TestLoggedReads(AccessTestCase):
	def open(self, *args, **kwargs):
		super().open(*args, **kwargs)
		# The response is logged as an access to the banner.
		clear_log()

	def read_form(self, name=None):
		"""Load the note as Frappe does for a form."""
		doc = frappe.get_doc("Personal Note", name or self.sensitive_note.name)
		doc.check_permission("read")
		doc.run_method("onload")

	def authorize_request(self, path: str, **arguments) -> None:
		"""Run the `auth_hooks` entry of the log as in a request to `path`."""
		frappe.utils.set_request(method="GET", path=path)
		try:
			with patch.object(frappe.local, "form_dict", frappe._dict(arguments)):
				access_log.log_api_read()
		finally:
			frappe.local.request = None

	def test_every_route_to_the_record_is_logged(self):
		self.open()
		name = self.sensitive_note.name
		get = {"doctype": "Personal Note", "name": name}
		for path, arguments in (
			(f"/api/resource/Personal Note/{name}", {}),
			(f"/api/v1/resource/Personal Note/{name}", {}),
			(f"/api/v2/document/Personal Note/{name}/", {}),
			("/api/method/frappe.client.get", get),
			("/api/v2/method/frappe.client.get", get),
			(
				"/api/method/frappe.client.get",
				{"doctype": "Personal Note", "filters": f'{{"name": "{name}"}}'},
			),
			("/", get | {"cmd": "frappe.client.get"}),
		):
			with self.subTest(path, **arguments):
				clear_log()
				with self.as_user(self.manager):
					self.authorize_request(path, **arguments)
				rows = [(row.user, row.personal_note, row.seen_in) for row in get_entries()]
				self.assertEqual(rows, [(self.manager, name, "Form")])

	def test_refused_read_and_job_are_not_logged(self):
		with self.as_user(self.colleague):
			self.authorize_request(f"/api/resource/Personal Note/{self.sensitive_note.name}")
		self.open()
		with self.as_user(self.manager):
			frappe.get_doc("Personal Note", self.sensitive_note.name)
		self.assertEqual(get_entries(), [])

	def test_form_banner_suggestion_and_context_are_logged_with_time(self):
		self.open()
		with self.as_user(self.manager):
			for look, seen_in in (
				(self.read_form, "Form"),
				(lambda: banner.get_banner_payload(self.customer), "Banner"),
				(lambda: notes.suggest(self.customer, "Has a new hip"), "Banner"),
				(lambda: customer_context.get_customer_context(self.customer), "Form"),
			):
				with self.subTest(seen_in):
					clear_log()
					before = now_datetime()
					look()
					after = now_datetime()
					(row,) = get_entries()
					self.assertEqual(
						(row.user, row.customer, row.personal_note, row.seen_in, row.open_until),
						(self.manager, self.customer, self.sensitive_note.name, seen_in, None),
					)
					self.assertTrue(before <= row.accessed_on <= after)

	def test_entry_has_time_of_access_not_of_insert(self):
		with self.freeze("2026-11-20"):
			access_log.record_access(self.customer, self.manager, "Form", [self.sensitive_note.name])
		(row,) = get_entries()
		self.assertEqual(str(row.accessed_on), "2026-11-20 12:00:00")

	def test_own_and_plain_notes_are_not_logged(self):
		plain = self.note("Takes tea.")
		self.read_form()
		banner.get_banner_payload(self.customer)
		with self.as_user(self.manager):
			self.read_form(plain.name)
			banner.get_banner_payload(self.customer)
		self.assertEqual(get_entries(), [])

	def test_repeated_access_is_logged_once_per_user_note_and_hour(self):
		other = self.note("Waits for a loan.", sensitive=1)
		self.open()
		with self.as_user(self.manager):
			for _look in range(3):
				self.read_form()
				self.read_form(other.name)
				banner.get_banner_payload(self.customer)
		with self.as_user("Administrator"):
			self.read_form()
		self.assertEqual(
			sorted((row.user, row.personal_note) for row in get_entries()),
			sorted(
				[
					("Administrator", self.sensitive_note.name),
					(self.manager, self.sensitive_note.name),
					(self.manager, other.name),
				]
			),
		)
		with self.freeze(add_to_date(None, days=1)), self.as_user(self.manager):
			access_log.record_access(self.customer, self.manager, "Form", [self.sensitive_note.name])
		self.assertEqual(len(get_entries()), 4)

	@contextmanager
	def broken(self, error):
		with (
			patch.object(frappe.cache, "set", side_effect=error),
			patch.object(access_log, "deferred_insert", side_effect=error),
		):
			yield

	def test_failing_log_does_not_break_form_or_banner(self):
		self.open()
		for error in (ConnectionError("no redis"), RuntimeError("no log")):
			with self.subTest(error), self.as_user(self.manager), self.broken(error):
				self.read_form()
				self.assertTrue(banner.get_banner_payload(self.customer)["items"])
		self.assertEqual(get_entries(), [])
		self.assertTrue(
			frappe.db.exists("Error Log", {"method": "Micro Experiences: cannot queue access log entries"})
		)

	def test_name_of_deleted_note_is_not_reused(self):
		with self.as_user(self.manager):
			access_log.record_access(self.customer, self.manager, "Form", [self.sensitive_note.name])
		with self.as_user("Administrator"):
			frappe.delete_doc("Personal Note", self.sensitive_note.name)
		self.assertEqual([row.personal_note for row in get_entries()], [self.sensitive_note.name])
		self.assertGreater(self.note("Takes tea.").name, self.sensitive_note.name)

	def test_entry_written_by_two_jobs_is_saved_once(self):
		access_log.record_access(self.customer, self.manager, "Form", [self.sensitive_note.name])
		(row,) = frappe.cache.lrange(access_log.QUEUE_KEY, 0, -1)
		self.assertEqual(len(get_entries()), 1)
		with patch.object(frappe.cache, "lrange", return_value=[row]):
			access_log.write_queued_entries(self.customer, [])
		self.assertEqual(len(get_entries()), 1)
		self.assertEqual(frappe.local.message_log, [])

	def test_queued_entry_follows_renamed_customer(self):
		with self.as_user("Administrator"):
			customer = make_customer("MX Test Looked At")
		note = self.note("Has a new knee.", sensitive=1, customer=customer)
		access_log.record_access(customer, self.manager, "Form", [note.name])
		with self.as_user("Administrator"):
			new = frappe.rename_doc("Customer", customer, "MX Test Looked At Anew")
		self.assertEqual([(row.personal_note, row.customer) for row in get_entries()], [(note.name, new)])


class TestProtection(AccessTestCase):
	def setUp(self):
		super().setUp()
		self.open()
		self.row = frappe.get_last_doc(DOCTYPE)

	def test_changing_deleting_or_creating_entry_is_refused(self):
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

	def test_entry_is_protected_even_with_every_permission(self):
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

	def test_manager_reads_entries_of_readable_customers_only(self):
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

	def test_entries_younger_than_90_days_are_never_deleted(self):
		frappe.set_user("Administrator")
		young, old = frappe.copy_doc(self.row), frappe.copy_doc(self.row)
		for look, days in ((young, 80), (old, 100)):
			look.accessed_on = add_to_date(None, days=-days)
			look.insert(ignore_permissions=True)
		for days in (0, 1):
			frappe.get_attr("frappe.model.base_document.get_controller")(DOCTYPE).clear_old_logs(days=days)
		self.assertTrue(frappe.db.exists(DOCTYPE, young.name))
		self.assertFalse(frappe.db.exists(DOCTYPE, old.name))

	def test_anonymized_entry_keeps_user_and_time(self):
		frappe.set_user("Administrator")
		access_log.anonymize_customer(self.customer)
		row = frappe.get_doc(DOCTYPE, self.row.name)
		self.assertEqual((row.customer, row.reason, row.user), (None, None, self.manager))
