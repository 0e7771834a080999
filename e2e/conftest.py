"""A real browser on a real ERPNext site: who is logged in, and what must hold on every page.

`make test` sets the environment: MX_BASE_URL, MX_SITE, MX_SITES_PATH, MX_BENCH_PYTHON and CHROMIUM.
With MX_SCREENSHOTS=<folder> the pictures of the README are taken on the way.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

PASSWORD = "remember-me"
REP, COLLEAGUE, MANAGER = "priya@example.com", "ana@example.com", "maya@example.com"

FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]

# Frappe gives the loops of its page templates variables of three random letters (microtemplate.js). Now and then
# they spell "for", "new", "try" or "var", and the page does not start.
MISNAMED_LOOP = "frappe.template.compile(...) is not a function"

expect.set_options(timeout=20_000)


def on_site(code: str):
	"""Run `code` inside the site, as Administrator, commit, and return what it puts into `answer`."""
	program = (
		"import frappe, json, sys\n"
		f"frappe.init(site={os.environ['MX_SITE']!r})\nfrappe.connect()\nfrappe.set_user('Administrator')\nanswer = None\n"
		f"{code}\nfrappe.db.commit()\nprint('ANSWER' + json.dumps(answer, default=str))\n"
	)
	ran = subprocess.run(
		[os.environ["MX_BENCH_PYTHON"], "-c", program],
		cwd=os.environ["MX_SITES_PATH"],
		capture_output=True,
		text=True,
		check=False,
		timeout=120,
	)
	assert ran.returncode == 0, ran.stderr[-3000:]
	return json.loads(ran.stdout.rsplit("ANSWER", 1)[1])


@pytest.fixture(scope="module", autouse=True)
def sample():
	"""The sample data, fresh for every file; the names of its customers are their ids."""
	on_site(
		f"from micro_experiences.setup import sample_data\nsample_data.remove()\nsample_data.add(password={PASSWORD!r})"
	)


@pytest.fixture(scope="module")
def enough():
	"""There is enough in every wallet for what these tests give."""
	on_site(
		"budget = frappe.get_doc('Gesture Budget', {'title': 'Small kindnesses'})\nbudget.amount = 300\nbudget.save()"
	)


@pytest.fixture(scope="session")
def browser():
	with sync_playwright() as playwright:
		browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=FLAGS)
		yield browser
		browser.close()


class Desk:
	"""One user's Desk in one window. `errors` collects what the console said that it should not have said."""

	def __init__(self, browser, user: str, width: int = 1280, height: int = 900, **options):
		self.base = os.environ["MX_BASE_URL"]
		self.context = browser.new_context(viewport={"width": width, "height": height}, **options)
		self.context.set_default_timeout(30_000)
		answer = self.context.request.post(
			f"{self.base}/api/method/login", form={"usr": user, "pwd": PASSWORD}
		)
		assert answer.ok, answer.text()
		self.page: Page = self.context.new_page()
		self.errors: list[str] = []
		# What the console may say because a test asks for what is refused.
		self.refusals: list[str] = []
		self.page.on(
			"console",
			lambda m: (
				self.errors.append(f"{m.text} {m.location.get('url', '')}") if m.type == "error" else None
			),
		)
		self.page.on("pageerror", lambda error: self.errors.append(str(error)))

	@property
	def panel(self):
		"""The banner of the form that is on the page."""
		return self.page.locator(".page-container:visible .mx-panel")

	def go(self, route: str):
		"""Open a route of the Desk and wait until nothing is on its way."""
		self.page.goto(f"{self.base}/app/{route}")
		self.settle()
		if any(MISNAMED_LOOP in error for error in self.errors):
			self.errors = [error for error in self.errors if MISNAMED_LOOP not in error]
			self.page.goto(f"{self.base}/app/{route}")
			self.settle()
		return self

	def settle(self):
		self.page.wait_for_load_state("networkidle")
		self.page.wait_for_function("() => window.frappe?.router && !frappe.request.ajax_count")
		return self

	def run(self, script: str):
		"""Run a statement in the page without waiting for what it promises: some promises of Frappe wait for the user."""
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

	def picture(self, name: str):
		"""Kept where MX_SCREENSHOTS says, if it says."""
		if folder := os.environ.get("MX_SCREENSHOTS"):
			Path(folder).mkdir(parents=True, exist_ok=True)
			self.page.wait_for_timeout(400)
			self.page.screenshot(path=f"{folder}/{name}.png")


@pytest.fixture
def desk(browser):
	"""Opens Desks; at the end no console may have said an error."""
	opened: list[Desk] = []

	def open_desk(user: str = REP, **options) -> Desk:
		opened.append(Desk(browser, user, **options))
		return opened[-1]

	yield open_desk
	errors = [
		error for one in opened for error in one.errors if not any(known in error for known in one.refusals)
	]
	for one in opened:
		one.context.close()
	assert not errors, errors


@pytest.fixture
def invoice_of():
	"""The name of a sample invoice of a customer: `invoice_of("Harbour Street Books", docstatus=1)`."""

	def find(customer: str, docstatus: int = 1) -> str:
		return on_site(
			f"answer = frappe.db.get_value('Sales Invoice', {{'customer': {customer!r}, 'docstatus': {docstatus}, 'is_return': 0}}, 'name', order_by='posting_date asc')"
		)

	return find
