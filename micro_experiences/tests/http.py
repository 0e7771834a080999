"""Test helper: real requests through Frappe's WSGI application, with an API key or from a browser session."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout

import frappe
import frappe.app
from frappe.utils.password import remove_encrypted_password, set_encrypted_password, update_password
from werkzeug.test import Client, TestResponse

METHOD = "/api/method/"


class HttpClient:
	"""Requests of several users.

	Everything that the requests read, including keys and passwords, must be committed. `close` removes the keys and
	passwords and must be committed too.
	"""

	def __init__(self):
		frappe.app._site = frappe.local.site
		# Requests run in their own thread, because frappe.local is per thread.
		self.thread = ThreadPoolExecutor(1)
		self.client = Client(frappe.app.application, use_cookies=False)
		self.secret = frappe.generate_hash(length=20)
		self.users_with_keys: list[str] = []
		self.users_with_passwords: list[str] = []

	def add_api_keys(self, *users: str) -> None:
		"""Create an API key for each user. Not committed."""
		for user in users:
			frappe.db.set_value("User", user, "api_key", frappe.scrub(user))
			set_encrypted_password("User", user, self.secret, "api_secret")
		self.users_with_keys += users

	def set_passwords(self, *users: str) -> None:
		"""Set a password for each user. Not committed."""
		for user in users:
			update_password(user, self.secret)
		self.users_with_passwords += users

	def request(self, user: str, method: str, path: str, body: dict | None = None) -> TestResponse:
		"""Send a request with the user's API key, or without one for Guest."""
		headers = {} if user == "Guest" else {"Authorization": f"token {frappe.scrub(user)}:{self.secret}"}
		return self.send(self.client, method, path, body, headers)

	def open_desk(self, user: str) -> "Browser":
		"""Return a browser in which a user with a password has opened the Desk."""
		return Browser(self, user)

	def open_browser(self) -> "Browser":
		"""Return a browser without a session."""
		return Browser(self)

	def send(
		self, client: Client, method: str, path: str, body: dict | None, headers: dict[str, str]
	) -> TestResponse:
		"""Send one request from a client."""
		options = {} if body is None else {"json": json.loads(frappe.as_json(body))}
		# Frappe prints the traceback of each refused request.
		with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
			return self.thread.submit(client.open, path, method=method, headers=headers, **options).result()

	def close(self) -> None:
		"""Remove keys, passwords and sessions. Rolls back open changes; not committed."""
		self.thread.shutdown()
		frappe.set_user("Administrator")
		frappe.db.rollback()
		for user in self.users_with_keys:
			frappe.db.set_value("User", user, "api_key", None)
			remove_encrypted_password("User", user, "api_secret")
		for user in self.users_with_passwords:
			remove_encrypted_password("User", user, "password")
			frappe.db.delete("Sessions", {"user": user})


class Browser:
	"""A browser with cookies and the CSRF token that the Desk gets when it opens."""

	def __init__(self, http: HttpClient, user: str | None = None):
		self.http, self.token = http, None
		self.client = Client(frappe.app.application)
		if not user:
			return
		response = self.send("POST", f"{METHOD}login", {"usr": user, "pwd": http.secret})
		assert response.status_code == 200, response.text
		page = self.send("GET", "/app")
		self.token = page.text.split('csrf_token = "', 1)[1].split('"', 1)[0]
		assert len(self.token) > 20

	def send(
		self, method: str, path: str, body: dict | None = None, token: str | None = None
	) -> TestResponse:
		"""Send a request with the given CSRF token, or without one."""
		headers = {"X-Frappe-CSRF-Token": token} if token else {}
		return self.http.send(self.client, method, path, None if method == "GET" else body or {}, headers)

	def request(self, method: str, path: str, body: dict | None = None) -> TestResponse:
		"""Send a request as the Desk does."""
		return self.send(method, path, body, self.token)
