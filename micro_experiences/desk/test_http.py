"""Over real HTTP: what writes is called by POST and with the token of the session, and nobody asks faster than a person."""

import inspect
import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout

import frappe
import frappe.app
from frappe.utils.password import remove_encrypted_password, update_password
from redis.exceptions import ConnectionError as RedisGone
from werkzeug.test import Client

from micro_experiences.desk import limits
from micro_experiences.desk.test_fuzz import methods
from micro_experiences.testing import SiteTestCase, make_customer

_METHOD = "/api/method/"


class HttpTestCase(SiteTestCase):
	"""Real requests through Frappe's WSGI application, each in a thread of its own, with a real session of each person."""

	commits = True

	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		frappe.app._site = frappe.local.site
		cls.customer = make_customer("MX Test Requests")
		cls.secret = frappe.generate_hash(length=20)
		for user in (cls.rep, cls.colleague, cls.manager):
			update_password(user, cls.secret)
		frappe.db.commit()
		cls.thread = ThreadPoolExecutor(1)
		cls.people = {user: cls.logged_in(user) for user in (cls.rep, cls.colleague, cls.manager)}

	@classmethod
	def tearDownClass(cls):
		cls.thread.shutdown()
		frappe.set_user("Administrator")
		frappe.db.rollback()
		for doctype in ("Personal Note Use", "Personal Note", "Follow Up Task", "Gesture"):
			frappe.db.delete(doctype, {"customer": cls.customer})
		frappe.delete_doc("Customer", cls.customer, force=True, delete_permanently=True)
		for user in cls.people:
			remove_encrypted_password("User", user, "password")
			frappe.db.delete("Sessions", {"user": user})
		frappe.db.commit()
		super().tearDownClass()

	@classmethod
	def logged_in(cls, user: str) -> Client:
		client = Client(frappe.app.application)
		answer = cls.send(client, "POST", f"{_METHOD}login", {"usr": user, "pwd": cls.secret})
		assert answer.status_code == 200, answer.text
		# The Desk makes the token when it opens.
		page = cls.send(client, "GET", "/app")
		client.token = page.text.split('csrf_token = "', 1)[1].split('"', 1)[0]
		assert len(client.token) > 20
		return client

	@classmethod
	def send(cls, client: Client, method: str, path: str, body: dict | None = None, token: str | None = None):
		headers = {"X-Frappe-CSRF-Token": token} if token else {}
		# Frappe prints whatever it refuses.
		with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
			return cls.thread.submit(
				client.open, path, method=method, json=body if method != "GET" else None, headers=headers
			).result()

	def ask(self, user: str, method: str, path: str, body: dict | None = None):
		"""What the application answers to the Desk of somebody."""
		client = self.people[user]
		answer = self.send(client, method, path, body, client.token)
		frappe.db.rollback()
		return answer


class TestWritesByPost(HttpTestCase):
	def writers(self):
		return [path for path, method in sorted(methods().items()) if self.allowed(method) == ["POST"]]

	def allowed(self, method):
		return frappe.allowed_http_methods_for_whitelisted_func[method]

	def rows(self):
		frappe.db.rollback()
		return [frappe.db.count(doctype) for doctype in ("Personal Note", "Follow Up Task", "Gesture")]

	def test_every_method_that_writes_refuses_get(self):
		writers = self.writers()
		self.assertGreater(len(writers), 20)
		before = self.rows()
		for path in writers:
			with self.subTest(path):
				answer = self.ask(self.rep, "GET", _METHOD + path)
				self.assertEqual(answer.status_code, 403, answer.text[:300])
		self.assertEqual(self.rows(), before)

	def test_every_method_by_post_wants_the_token_of_this_session(self):
		client, other = self.people[self.rep], self.people[self.colleague]
		self.assertNotEqual(client.token, other.token)
		before = self.rows()
		for path in self.writers():
			for what, token in (("no", None), ("a wrong", "0" * 56), ("another's", other.token)):
				with self.subTest(path, token=what):
					answer = self.send(client, "POST", _METHOD + path, {}, token)
					self.assertEqual(answer.status_code, 400, answer.text[:300])
					self.assertIn("CSRFTokenError", answer.text)
		self.assertEqual(self.rows(), before)

	def test_with_the_token_it_is_kept(self):
		before = self.rows()
		body = {"customer": self.customer, "note": "Takes tea."}
		answer = self.ask(self.rep, "POST", f"{_METHOD}micro_experiences.desk.notes.jot", body)
		self.assertEqual(answer.status_code, 200, answer.text[:300])
		self.assertEqual(self.rows()[0], before[0] + 1)

	def test_nobody_who_is_not_logged_in_calls_anything(self):
		stranger = Client(frappe.app.application)
		for path, method in methods().items():
			verb = self.allowed(method)[0]
			with self.subTest(path):
				answer = self.send(stranger, verb, _METHOD + path, {})
				self.assertEqual(answer.status_code, 403, answer.text[:300])

	def test_records_are_written_with_the_token_alone(self):
		client = self.people[self.rep]
		body = {"customer": self.customer, "note": "Takes tea.", "kind": "Fact"}
		before = self.rows()
		answer = self.send(client, "POST", "/api/resource/Personal Note", body)
		self.assertEqual(answer.status_code, 400)
		self.assertEqual(self.rows(), before)

	def test_ten_megabytes_are_refused_on_every_field(self):
		long = "x" * 10_000_000
		wanted = {
			"Personal Note": {"customer": self.customer, "note": "Tea.", "kind": "Fact"},
			"Follow Up Task": {"customer": self.customer, "subject": "call", "due_on": frappe.utils.today()},
			"Gesture": {"customer": self.customer, "what": "a card", "status": "Idea"},
		}
		before = self.rows()
		for doctype, values in wanted.items():
			for df in frappe.get_meta(doctype).fields:
				if df.fieldtype not in frappe.model.no_value_fields:
					with self.subTest(doctype, field=df.fieldname):
						body = values | {df.fieldname: long}
						answer = self.ask(self.rep, "POST", f"/api/resource/{doctype}", body)
						self.assertEqual(answer.status_code, 417, answer.text[:300])
						self.assertIn("nothing was lost", answer.text)
						self.assertLess(len(answer.text), 5000)
		self.assertEqual(self.rows(), before)


class TestLimits(HttpTestCase):
	def setUp(self):
		super().setUp()
		self.path = f"{_METHOD}micro_experiences.desk.notes.suggest"
		self.body = {"customer": self.customer, "note": "Takes tea."}
		frappe.cache.delete_keys("micro_experiences:asked")

	def tearDown(self):
		frappe.cache.delete_keys("micro_experiences:asked")
		super().tearDown()

	def count(self, user: str, times: int):
		"""As if somebody had asked so many times in this minute."""
		frappe.set_user(user)
		for _time in range(times):
			asked = limits._asked("suggest", "micro_experiences.desk.notes")
		frappe.set_user("Administrator")
		return asked

	def test_a_program_is_stopped_and_its_neighbour_is_not(self):
		self.assertEqual(self.ask(self.rep, "POST", self.path, self.body).status_code, 200)
		self.count(self.rep, 120)
		answer = self.ask(self.rep, "POST", self.path, self.body)
		self.assertEqual(answer.status_code, 429, answer.text[:300])
		self.assertIn("wait a minute", answer.text)
		# The same address, somebody else; and the same person at something else.
		self.assertEqual(self.ask(self.colleague, "POST", self.path, self.body).status_code, 200)
		options = f"{_METHOD}micro_experiences.desk.notes.options"
		self.assertEqual(self.ask(self.rep, "POST", options, {"customer": self.customer}).status_code, 200)

	def test_without_the_cache_nobody_is_counted(self):
		def gone(*args, **kwargs):
			raise RedisGone

		with self.subTest("asked"):
			self.patch(frappe.cache, "incrby", gone)
			self.assertEqual(limits._asked("suggest"), 0)

	def patch(self, what, name, value):
		before = getattr(what, name)
		setattr(what, name, value)
		self.addCleanup(setattr, what, name, before)

	def test_what_can_be_probed_is_limited(self):
		limited = {path for path, method in methods().items() if "at_most" in _decorators(method)}
		for name in (
			"notes.suggest",
			"notes.options",
			"banner.get_banner",
			"answers.awaited",
			"gestures.propose",
		):
			self.assertIn(f"micro_experiences.desk.{name}", limited)


def _decorators(method) -> str:
	source = inspect.getsource(inspect.unwrap(method))
	return source.split("\ndef ", 1)[0]
