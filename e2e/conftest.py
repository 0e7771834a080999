"""Fixtures for the tests in a real browser on a real ERPNext site.

`make test` sets the environment: MX_BASE_URL, MX_SITE, MX_SITES_PATH, MX_BENCH_PYTHON and CHROMIUM.
With MX_SCREENSHOTS=<folder> they also take the screenshots of the README.
"""

import atexit
import json
import os
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

PASSWORD = "remember-me"
REP, COLLEAGUE, MANAGER = "priya@example.com", "ana@example.com", "maya@example.com"

FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]

# Frappe names the loop variables of its page templates with three random letters (microtemplate.js). Sometimes these
# are "for", "new", "try" or "var", and the page does not load.
MISNAMED_LOOP = "frappe.template.compile(...) is not a function"

# Resolves when no request has been running for a fifth of a second.
QUIET = """() => new Promise((done) => {
	let quiet = 0;
	const look = () => {
		quiet = frappe.request.ajax_count ? 0 : quiet + 1;
		quiet > 4 ? done(true) : setTimeout(look, 50);
	};
	look();
})"""

expect.set_options(timeout=20_000)


# Runs code inside the site: one program a line as JSON, one answer a line. Every program has a connection of its own.
SITE_PROCESS = """
import contextlib, json, os, signal, sys, traceback
import frappe
answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)
for line in sys.stdin:
	signal.alarm(600)
	names = {"frappe": frappe, "json": json, "answer": None}
	try:
		frappe.init(site=sys.argv[1])
		frappe.connect()
		exec(json.loads(line), names)
		frappe.db.commit()
		result = {"answer": names["answer"]}
	except Exception:
		result = {"error": traceback.format_exc()[-3000:]}
	signal.alarm(0)
	with contextlib.suppress(Exception):
		frappe.destroy()
	print(json.dumps(result, default=str), file=answers)
"""
_site_process: subprocess.Popen | None = None


def on_site(code: str, user: str = "Administrator"):
	"""Run `code` inside the site as `user`, commit, and return the value of its variable `answer`."""
	global _site_process
	if not _site_process or _site_process.poll() is not None:
		_site_process = subprocess.Popen(
			[os.environ["MX_BENCH_PYTHON"], "-c", SITE_PROCESS, os.environ["MX_SITE"]],
			cwd=os.environ["MX_SITES_PATH"],
			stdin=subprocess.PIPE,
			stdout=subprocess.PIPE,
			stderr=subprocess.DEVNULL,
			text=True,
		)
		atexit.register(_site_process.kill)
	program = f"frappe.set_user({user!r})\n{code}"
	_site_process.stdin.write(json.dumps(program) + "\n")
	_site_process.stdin.flush()
	line = _site_process.stdout.readline()
	assert line, "The process on the site has ended."
	result = json.loads(line)
	assert "error" not in result, result["error"]
	return result["answer"]


def insert(user: str, doctype: str, **values) -> str:
	"""Insert a document as `user` and return its name."""
	return on_site(f"answer = frappe.get_doc({values | {'doctype': doctype}!r}).insert().name", user)


def record_gesture(user: str, customer: str, what: str, cost: float) -> str:
	"""Record a gesture through the API and return its name. It awaits approval above the free limit."""
	return on_site(
		"from micro_experiences.api import gestures\n"
		f"answer = gestures.record_gesture(customer={customer!r}, what={what!r}, cost={cost})['name']",
		user,
	)


def get_value(doctype: str, name: str | dict, field: str | list[str]):
	"""Return the stored value of a field, or a dict of the values of several fields."""
	return on_site(
		f"answer = frappe.db.get_value({doctype!r}, {name!r}, {field!r}, as_dict={isinstance(field, list)})"
	)


def date_in(days: int) -> str:
	"""Return the date in so many days, in the time zone of the site."""
	return on_site(f"from frappe.utils import add_days, nowdate\nanswer = add_days(nowdate(), {days})")


@pytest.fixture(scope="session", autouse=True)
def sample():
	"""Replace the sample data. The files of tests share it, and change different customers of it."""
	on_site(
		f"from micro_experiences.setup import sample_data\nsample_data.remove()\nsample_data.add(password={PASSWORD!r})"
	)


@pytest.fixture(scope="session")
def enough(sample):
	"""Raise the allowance, so that the wallets suffice for the gestures of these tests."""
	on_site(
		"budget = frappe.get_doc('Gesture Budget', {'title': 'Small kindnesses'})\nbudget.amount = 300\nbudget.save()"
	)


@pytest.fixture(scope="session")
def browser():
	with sync_playwright() as playwright:
		browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=FLAGS)
		yield browser
		browser.close()


@pytest.fixture(scope="session")
def sessions(browser, sample):
	"""Return a function that gives the browser session of a user, who logs in once.

	The pages of a session share the browser's cache, so that a Desk loads its scripts once.
	"""
	contexts: dict[str, BrowserContext] = {}

	def get_session(user: str) -> BrowserContext:
		if user not in contexts:
			contexts[user] = context = browser.new_context()
			context.set_default_timeout(30_000)
			log_in(context, user)
		return contexts[user]

	yield get_session
	for context in contexts.values():
		context.close()


def log_in(context: BrowserContext, user: str) -> None:
	form = {"usr": user, "pwd": PASSWORD}
	answer = context.request.post(f"{os.environ['MX_BASE_URL']}/api/method/login", form=form)
	assert answer.ok, answer.text()


class Desk:
	"""One user's Desk on one page. `errors` collects the errors in the console."""

	def __init__(self, context: BrowserContext, width: int = 1280, height: int = 900):
		self.base = os.environ["MX_BASE_URL"]
		self.context = context
		self.page: Page = context.new_page()
		self.page.set_viewport_size({"width": width, "height": height})
		self.errors: list[str] = []
		# Parts of the errors that a test expects.
		self.expected_errors: list[str] = []
		self.page.on(
			"console",
			lambda m: (
				self.errors.append(f"{m.text} {m.location.get('url', '')}") if m.type == "error" else None
			),
		)
		self.page.on("pageerror", lambda error: self.errors.append(str(error)))

	@property
	def panel(self):
		"""The banner of the form on the page."""
		return self.page.locator(".page-container:visible .mx-panel")

	@property
	def dialog(self):
		return self.page.locator(".modal.show .modal-content")

	def go(self, route: str):
		"""Load a route of the Desk and wait until it is ready."""
		self._load(route)
		if any(MISNAMED_LOOP in error for error in self.errors):
			self.errors = [error for error in self.errors if MISNAMED_LOOP not in error]
			self._load(route)
		return self

	def _load(self, route: str) -> None:
		self.page.goto(f"{self.base}/app/{route}", wait_until="domcontentloaded")
		self.page.wait_for_function("() => window.frappe?.router?.current_route")
		self.settle()

	def open(self, *route: str):
		"""Open a route within the loaded Desk, as a link does. Documents are fetched again."""
		self.page.evaluate(
			"""(route) => {
				const documents = route[0] === "Form" && window.locals[route[1]];
				if (documents) delete documents[route[2]];
				frappe.set_route(route);
			}""",
			list(route),
		)
		self.page.wait_for_function(
			"(route) => frappe.get_route_str() === route.join('/')"
			" && (route[0] !== 'Form' || cur_frm?.docname === route[2])",
			arg=list(route),
		)
		return self.settle()

	def settle(self):
		"""Wait until no request has been running for a fifth of a second."""
		self.page.evaluate(QUIET)
		return self

	def run(self, script: str):
		"""Run a statement in the page without awaiting it: some promises of Frappe wait for the user."""
		self.page.evaluate(f"() => {{ {script}; }}")
		return self

	def customer(self, name: str):
		self.go(f"customer/{name}")
		expect(self.panel).to_be_visible()
		return self

	def invoice(self, name: str):
		self.go(f"sales-invoice/{name}")
		expect(self.panel).to_be_visible()
		return self

	def close_dialogs(self) -> None:
		"""Close messages and dialogs. Bootstrap ignores `hide` while a dialog fades in, so this asks repeatedly."""
		self.page.wait_for_function(
			"""() => {
				frappe.hide_msgprint?.(true);
				frappe.error_dialog?.hide();
				for (const node of document.querySelectorAll(".modal.show")) $(node).modal("hide");
				return !document.querySelector(".modal.show, .modal-backdrop");
			}""",
			polling=200,
		)

	def wait_for_dialog(self) -> None:
		"""Wait until every open dialog has faded in: before that, Bootstrap ignores `hide`."""
		self.page.wait_for_function(
			"""() => {
				const open = [...document.querySelectorAll(".modal.show")].map((node) => $(node).data("bs.modal"));
				return open.length && open.every((modal) => modal && !modal._isTransitioning);
			}"""
		)

	def press_save(self) -> None:
		"""Save the form on the page with the keyboard and wait until it is saved."""
		self.page.keyboard.press("Control+s")
		self.page.wait_for_function("() => !cur_frm.is_dirty() && !cur_frm.is_new()")
		self.settle()

	def fits(self, width: int | None = None) -> bool:
		"""Whether the page needs no horizontal scrolling, at its width or at another one."""
		size = self.page.viewport_size
		if width:
			self.page.set_viewport_size({"width": width, "height": 740})
		try:
			return self.page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
		finally:
			if width:
				self.page.set_viewport_size(size)

	def picture(self, name: str):
		"""Take a screenshot, light and dark, if MX_SCREENSHOTS names a folder."""
		if folder := os.environ.get("MX_SCREENSHOTS"):
			Path(folder).mkdir(parents=True, exist_ok=True)
			for theme in ("dark", "light"):
				self.page.evaluate(f"document.documentElement.setAttribute('data-theme', '{theme}')")
				self.page.wait_for_timeout(400)
				suffix = "-dark" if theme == "dark" else ""
				self.page.screenshot(path=f"{folder}/{name}{suffix}.png")


@pytest.fixture
def desk(sessions):
	"""Return a function that opens a Desk; fail at the end if a console has an unexpected error."""
	opened: list[Desk] = []

	def open_desk(user: str = REP, **size: int) -> Desk:
		opened.append(Desk(sessions(user), **size))
		return opened[-1]

	yield open_desk
	errors = [
		error
		for one in opened
		for error in one.errors
		if not any(known in error for known in one.expected_errors)
	]
	for one in opened:
		one.page.close()
	assert not errors, errors


@pytest.fixture(scope="session")
def invoice_of():
	"""Return a function that finds a sample invoice: `invoice_of("Harbour Street Books", docstatus=1)`."""

	def find(customer: str, docstatus: int = 1) -> str:
		return on_site(
			f"answer = frappe.db.get_value('Sales Invoice', {{'customer': {customer!r}, 'docstatus': {docstatus}, 'is_return': 0}}, 'name', order_by='posting_date asc')"
		)

	return find
