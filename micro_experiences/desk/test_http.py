"""Over real HTTP: what writes is called by POST and with the token of the session, and nobody asks faster than a person."""

import inspect

import frappe
from redis.exceptions import ConnectionError as RedisGone

from micro_experiences.desk import limits
from micro_experiences.desk.test_fuzz import methods
from micro_experiences.testing import SiteTestCase, make_customer
from micro_experiences.testing.http import METHOD, Http


class HttpTestCase(SiteTestCase):
	"""Requests of three people, each from his Desk, about a customer of this test's."""

	commits = True

	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		cls.customer = make_customer("MX Test Requests")
		cls.http = Http()
		people = (cls.rep, cls.colleague, cls.manager)
		cls.http.give_passwords(*people)
		frappe.db.commit()
		cls.desks = {user: cls.http.desk(user) for user in people}

	@classmethod
	def tearDownClass(cls):
		cls.http.close()
		for doctype in ("Personal Note Use", "Personal Note", "Follow Up Task", "Gesture"):
			frappe.db.delete(doctype, {"customer": cls.customer})
		frappe.delete_doc("Customer", cls.customer, force=True, delete_permanently=True)
		frappe.db.commit()
		super().tearDownClass()

	def ask(self, user: str, method: str, path: str, body: dict | None = None):
		"""What the application answers to the Desk of somebody."""
		answer = self.desks[user].ask(method, path, body)
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
				answer = self.ask(self.rep, "GET", METHOD + path)
				self.assertEqual(answer.status_code, 403, answer.text[:300])
		self.assertEqual(self.rows(), before)

	def test_every_method_by_post_wants_the_token_of_this_session(self):
		desk, other = self.desks[self.rep], self.desks[self.colleague]
		self.assertNotEqual(desk.token, other.token)
		before = self.rows()
		for path in self.writers():
			for what, token in (("no", None), ("a wrong", "0" * 56), ("another's", other.token)):
				with self.subTest(path, token=what):
					answer = desk.send("POST", METHOD + path, {}, token)
					self.assertEqual(answer.status_code, 400, answer.text[:300])
					self.assertIn("CSRFTokenError", answer.text)
		self.assertEqual(self.rows(), before)

	def test_with_the_token_it_is_kept(self):
		before = self.rows()
		body = {"customer": self.customer, "note": "Takes tea."}
		answer = self.ask(self.rep, "POST", f"{METHOD}micro_experiences.desk.notes.jot", body)
		self.assertEqual(answer.status_code, 200, answer.text[:300])
		self.assertEqual(self.rows()[0], before[0] + 1)

	def test_nobody_who_is_not_logged_in_calls_anything(self):
		stranger = self.http.stranger()
		for path, method in methods().items():
			verb = self.allowed(method)[0]
			with self.subTest(path):
				answer = stranger.send(verb, METHOD + path)
				self.assertEqual(answer.status_code, 403, answer.text[:300])

	def test_records_are_written_with_the_token_alone(self):
		body = {"customer": self.customer, "note": "Takes tea.", "kind": "Fact"}
		before = self.rows()
		answer = self.desks[self.rep].send("POST", "/api/resource/Personal Note", body)
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
		self.path = f"{METHOD}micro_experiences.desk.notes.suggest"
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
		options = f"{METHOD}micro_experiences.desk.notes.options"
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
