"""Real requests through Frappe's WSGI application, with a key or from a Desk, for the tests that need them. Used by no
running code."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout

import frappe
import frappe.app
from frappe.utils.password import remove_encrypted_password, set_encrypted_password, update_password
from werkzeug.test import Client, TestResponse

METHOD = "/api/method/"


class Http:
	"""Requests of several people. What they are to find has to be committed, keys and passwords too; `close` takes those
	away again, and has to be committed as well."""

	def __init__(self):
		frappe.app._site = frappe.local.site
		# A request has a thread of its own, and with it what Frappe keeps for the time of a request.
		self.thread = ThreadPoolExecutor(1)
		self.client = Client(frappe.app.application, use_cookies=False)
		self.secret = frappe.generate_hash(length=20)
		self.with_keys: list[str] = []
		self.with_passwords: list[str] = []

	def give_keys(self, *users: str) -> None:
		"""Let these people ask by a key. Not committed."""
		for user in users:
			frappe.db.set_value("User", user, "api_key", frappe.scrub(user))
			set_encrypted_password("User", user, self.secret, "api_secret")
		self.with_keys += users

	def give_passwords(self, *users: str) -> None:
		"""Let these people log in. Not committed."""
		for user in users:
			update_password(user, self.secret)
		self.with_passwords += users

	def ask(self, user: str, method: str, path: str, body: dict | None = None) -> TestResponse:
		"""What the application answers to a request with somebody's key; a Guest has none."""
		keyed = {"Authorization": f"token {frappe.scrub(user)}:{self.secret}"}
		return self.send(self.client, method, path, body, {} if user == "Guest" else keyed)

	def desk(self, user: str) -> "Desk":
		"""The open Desk of somebody who has a password."""
		return Desk(self, user)

	def stranger(self) -> "Desk":
		"""A browser in which nobody has logged in."""
		return Desk(self)

	def send(
		self, client: Client, method: str, path: str, body: dict | None, headers: dict[str, str]
	) -> TestResponse:
		"""One request of a client."""
		more = {} if body is None else {"json": json.loads(frappe.as_json(body))}
		# Frappe prints whatever it refuses.
		with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
			return self.thread.submit(client.open, path, method=method, headers=headers, **more).result()

	def close(self) -> None:
		"""Nobody asks any more. Rolls back what the test has open; not committed."""
		self.thread.shutdown()
		frappe.set_user("Administrator")
		frappe.db.rollback()
		for user in self.with_keys:
			frappe.db.set_value("User", user, "api_key", None)
			remove_encrypted_password("User", user, "api_secret")
		for user in self.with_passwords:
			remove_encrypted_password("User", user, "password")
			frappe.db.delete("Sessions", {"user": user})


class Desk:
	"""A browser with its cookies, and with the token that the Desk makes when it opens."""

	def __init__(self, http: Http, user: str | None = None):
		self.http, self.token = http, None
		self.client = Client(frappe.app.application)
		if not user:
			return
		answer = self.send("POST", f"{METHOD}login", {"usr": user, "pwd": http.secret})
		assert answer.status_code == 200, answer.text
		page = self.send("GET", "/app")
		self.token = page.text.split('csrf_token = "', 1)[1].split('"', 1)[0]
		assert len(self.token) > 20

	def send(
		self, method: str, path: str, body: dict | None = None, token: str | None = None
	) -> TestResponse:
		"""A request with a token of one's choice, or without any."""
		headers = {"X-Frappe-CSRF-Token": token} if token else {}
		return self.http.send(self.client, method, path, None if method == "GET" else body or {}, headers)

	def ask(self, method: str, path: str, body: dict | None = None) -> TestResponse:
		"""A request as the Desk makes it."""
		return self.send(method, path, body, self.token)
