"""HTTP: methods that write require POST and the CSRF token of the session, and calls are rate limited per user."""

import inspect
from unittest.mock import patch

import frappe
from frappe.utils import today
from redis.exceptions import ConnectionError as RedisConnectionError

from micro_experiences.api.test_fuzz import get_methods
from micro_experiences.tests.http import METHOD, HttpClient
from micro_experiences.tests.utils import SiteTestCase, make_customer
from micro_experiences.utils import rate_limit


class HttpTestCase(SiteTestCase):
	"""Requests of three users, each from their own Desk, about a customer of this test."""

	commits = True

	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		cls.customer = make_customer("MX Test Requests")
		cls.http = HttpClient()
		users = (cls.rep, cls.colleague, cls.manager)
		cls.http.set_passwords(*users)
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		cls.desks = {user: cls.http.open_desk(user) for user in users}

	@classmethod
	def tearDownClass(cls):
		cls.http.close()
		for doctype in ("Personal Note Use", "Personal Note", "Follow Up Task", "Gesture"):
			frappe.db.delete(doctype, {"customer": cls.customer})
		frappe.delete_doc("Customer", cls.customer, force=True, delete_permanently=True)
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		super().tearDownClass()

	def request(self, user: str, method: str, path: str, body: dict | None = None):
		"""Return the response to a request from the Desk of a user."""
		response = self.desks[user].request(method, path, body)
		frappe.db.rollback()
		return response


class TestRefusal(HttpTestCase):
	def test_refusal_has_a_message_and_no_traceback(self):
		frappe.db.set_single_value("System Settings", "allow_error_traceback", 1)
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- the server must see it
		for path, body in (
			(
				"micro_experiences.api.gestures.record_gesture",
				{"customer": self.customer, "what": "x", "cost": -1},
			),
			("micro_experiences.api.notes.jot", {"customer": self.customer, "note": " "}),
			("micro_experiences.api.follow_ups.skip", {"name": "FOLLOW-UP-999999999"}),
		):
			with self.subTest(path):
				response = self.request(self.rep, "POST", METHOD + path, body)
				self.assertIn(response.status_code, (403, 404, 417))
				self.assertIn("_server_messages", response.json)
				self.assertNotIn("exc", response.json)
				self.assertNotIn(".py", response.get_data(as_text=True))

	def test_follow_up_for_a_past_day_is_refused_and_one_for_today_is_created(self):
		task = {"customer": self.customer, "subject": "send it", "assigned_to": self.rep}
		for due_on, status in (("2020-01-01", 417), (today(), 200)):
			with self.subTest(due_on):
				body = task | {"due_on": due_on}
				response = self.request(self.rep, "POST", "/api/resource/Follow Up Task", body)
				self.assertEqual(response.status_code, status, response.get_data(as_text=True)[:300])


class TestPostAndToken(HttpTestCase):
	def get_writing_methods(self):
		return [
			path for path, method in sorted(get_methods().items()) if self.get_allowed(method) == ["POST"]
		]

	def get_allowed(self, method):
		return frappe.allowed_http_methods_for_whitelisted_func[method]

	def count_rows(self):
		frappe.db.rollback()
		return [frappe.db.count(doctype) for doctype in ("Personal Note", "Follow Up Task", "Gesture")]

	def test_get_to_method_that_writes_is_refused(self):
		methods = self.get_writing_methods()
		self.assertGreater(len(methods), 20)
		before = self.count_rows()
		for path in methods:
			with self.subTest(path):
				response = self.request(self.rep, "GET", METHOD + path)
				self.assertEqual(response.status_code, 403, response.text[:300])
		self.assertEqual(self.count_rows(), before)

	def test_post_without_token_of_the_session_is_refused(self):
		desk, other = self.desks[self.rep], self.desks[self.colleague]
		self.assertNotEqual(desk.token, other.token)
		before = self.count_rows()
		for path in self.get_writing_methods():
			for what, token in (("no", None), ("a wrong", "0" * 56), ("another's", other.token)):
				with self.subTest(path, token=what):
					response = desk.send("POST", METHOD + path, {}, token)
					self.assertEqual(response.status_code, 400, response.text[:300])
					self.assertIn("CSRFTokenError", response.get_data(as_text=True))
		self.assertEqual(self.count_rows(), before)

	def test_post_with_token_is_saved(self):
		before = self.count_rows()
		body = {"customer": self.customer, "note": "Takes tea."}
		response = self.request(self.rep, "POST", f"{METHOD}micro_experiences.api.notes.jot", body)
		self.assertEqual(response.status_code, 200, response.text[:300])
		self.assertEqual(self.count_rows()[0], before[0] + 1)

	def test_every_method_without_login_is_refused(self):
		browser = self.http.open_browser()
		for path, method in get_methods().items():
			verb = self.get_allowed(method)[0]
			with self.subTest(path):
				response = browser.send(verb, METHOD + path)
				self.assertEqual(response.status_code, 403, response.text[:300])

	def test_rest_insert_without_token_is_refused(self):
		body = {"customer": self.customer, "note": "Takes tea.", "kind": "Fact"}
		before = self.count_rows()
		response = self.desks[self.rep].send("POST", "/api/resource/Personal Note", body)
		self.assertEqual(response.status_code, 400)
		self.assertEqual(self.count_rows(), before)

	def test_one_megabyte_is_refused_in_every_field(self):
		long = "x" * 1_000_000
		valid = {
			"Personal Note": {"customer": self.customer, "note": "Tea.", "kind": "Fact"},
			"Follow Up Task": {"customer": self.customer, "subject": "call", "due_on": frappe.utils.today()},
			"Gesture": {"customer": self.customer, "what": "a card", "status": "Idea"},
		}
		before = self.count_rows()
		for doctype, values in valid.items():
			for df in frappe.get_meta(doctype).fields:
				if df.fieldtype not in frappe.model.no_value_fields:
					with self.subTest(doctype, field=df.fieldname):
						body = values | {df.fieldname: long}
						response = self.request(self.rep, "POST", f"/api/resource/{doctype}", body)
						# Frappe checks links before the app, and names the missing record in its error.
						is_link = df.fieldtype in ("Link", "Dynamic Link")
						self.assertIn(response.status_code, (404, 417) if is_link else (417,))
						if not is_link:
							self.assertIn("Nothing was saved", response.get_data(as_text=True))
							self.assertLess(len(response.get_data(as_text=True)), 5000)
		self.assertEqual(self.count_rows(), before)


class TestRateLimit(HttpTestCase):
	def setUp(self):
		super().setUp()
		self.path = f"{METHOD}micro_experiences.api.notes.suggest"
		self.body = {"customer": self.customer, "note": "Takes tea."}
		frappe.cache.delete_keys("micro_experiences:asked")

	def tearDown(self):
		frappe.cache.delete_keys("micro_experiences:asked")
		super().tearDown()

	def add_calls(self, user: str, times: int):
		"""Count calls of a user in this minute."""
		frappe.set_user(user)
		for _time in range(times):
			rate_limit._count_call("suggest", "micro_experiences.api.notes")
		frappe.set_user("Administrator")

	def test_limit_stops_one_user_at_one_method(self):
		self.assertEqual(self.request(self.rep, "POST", self.path, self.body).status_code, 200)
		self.add_calls(self.rep, 120)
		response = self.request(self.rep, "POST", self.path, self.body)
		self.assertEqual(response.status_code, 429, response.text[:300])
		# The same address with another user, and the same user with another method.
		self.assertEqual(self.request(self.colleague, "POST", self.path, self.body).status_code, 200)
		options = f"{METHOD}micro_experiences.api.notes.get_form_options"
		self.assertEqual(
			self.request(self.rep, "POST", options, {"customer": self.customer}).status_code, 200
		)

	def test_calls_without_redis_are_not_limited(self):
		def fail(*args, **kwargs):
			raise RedisConnectionError

		with patch.object(frappe.cache, "incrby", fail):
			self.assertEqual(rate_limit._count_call("suggest"), 0)

	def test_methods_that_reveal_data_by_guessing_are_limited(self):
		limited = {
			path for path, method in get_methods().items() if "rate_limit_per_user" in _get_decorators(method)
		}
		for name in (
			"notes.suggest",
			"notes.get_form_options",
			"banner.get_banner",
			"notifications.get_pending_actions",
			"gestures.propose",
		):
			self.assertIn(f"micro_experiences.api.{name}", limited)


def _get_decorators(method) -> str:
	source = inspect.getsource(inspect.unwrap(method))
	return source.split("\ndef ", 1)[0]
