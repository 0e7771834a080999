"""The main job in the preview, in a real browser: note, banner, gesture, wallet, approval, follow-up, reminder.

With MX_SCREENSHOTS=<folder>, each step saves a picture.
"""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CUSTOMER = "Kestrel Architects"
RIVAL = "Tilda Okafor"
WIDTHS = (1280, 360)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
	"""Return the address of a preview with a new file."""
	data = tmp_path_factory.mktemp("preview") / "preview.sqlite3"
	with socket.create_server(("127.0.0.1", 0)) as free:
		port = free.getsockname()[1]
	command = [sys.executable, "-m", "preview", "--port", str(port), "--data", str(data)]
	process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
	base = f"http://127.0.0.1:{port}"
	end = time.monotonic() + 60
	while True:
		try:
			urllib.request.urlopen(f"{base}/about", timeout=5).close()
			break
		except OSError:
			assert process.poll() is None and time.monotonic() < end, process.stdout.read()
			time.sleep(0.1)
	yield base
	process.terminate()
	process.wait(10)


class Person:
	"""One user of the preview in one window."""

	def __init__(self, browser, base: str, width: int, name: str, **options):
		self.base, self.width, self.troubles = base, width, []
		self.context = browser.new_context(
			viewport={"width": width, "height": 900}, locale="en-GB", **options
		)
		self.page = self.context.new_page()
		self.page.set_default_timeout(10_000)
		self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
		self.page.on(
			"console",
			lambda said: self.troubles.append(said.text) if said.type in ("error", "warning") else None,
		)
		self.go("/app/customer")
		self.become(name)

	@property
	def panel(self):
		return self.page.locator(".mx-panel")

	def go(self, path: str) -> "Person":
		self.page.goto(self.base + path)
		return self

	def become(self, name: str) -> "Person":
		self.page.locator("summary", has_text=re.compile("You are")).click()
		with self.page.expect_navigation():
			self.page.get_by_role("button", name=re.compile(name)).click()
		return self

	def customer(self, name: str) -> "Person":
		self.go(f"/app/customer/{name.replace(' ', '%20')}")
		self.panel.wait_for()
		return self

	def set_clock(self, button: str) -> str:
		"""Set the clock forward, and return the message of the page."""
		self.page.locator("summary", has_text="Preview clock").click()
		self.page.get_by_role("button", name=button).click()
		return self.page.get_by_role("status").filter(has_text="It is").inner_text()

	def picture(self, name: str) -> None:
		if folder := os.environ.get("MX_SCREENSHOTS"):
			self.page.wait_for_timeout(300)
			self.page.screenshot(path=f"{folder}/preview-{name}-{self.width}.png")


@pytest.fixture
def person(chromium, address):
	"""Return a function that opens a window. At the end no console may have an error."""
	opened = []

	def open_(name: str, width: int = 1280, **options) -> Person:
		opened.append(Person(chromium, address, width, name, **options))
		return opened[-1]

	yield open_
	troubles = [trouble for one in opened for trouble in one.troubles]
	for one in opened:
		one.context.close()
	assert troubles == []


@pytest.fixture(scope="module")
def expect():
	sync_api = pytest.importorskip("playwright.sync_api")
	sync_api.expect.set_options(timeout=10_000)
	return sync_api.expect


@pytest.mark.parametrize("width", WIDTHS)
def test_from_a_note_to_a_reminder(person, expect, width):
	note = f"The old greyhound of the family is ill, width {width}."
	rep, colleague = person("Priya", width), person("Ana", width)

	# Jot: two clicks and the sentence
	rep.customer(CUSTOMER).panel.get_by_role("button", name="Add note").click()
	box = rep.panel.get_by_role("textbox").first
	expect(box).to_be_focused()
	box.fill(note)
	for proposal in ("Pet", "Moment"):
		rep.panel.locator(".mx-chips button", has_text=proposal).first.click()
	rep.picture("jot")
	box.press("Control+Enter")
	expect(rep.panel).to_contain_text("Note saved")

	# Recall: the colleague meets it on a new invoice, once its customer is chosen
	page = colleague.go("/app/sales-invoice/new").page
	expect(colleague.panel).to_have_count(0)
	page.get_by_label("Customer").select_option(label=CUSTOMER)
	expect(colleague.panel).to_be_visible()
	colleague.picture("new-invoice")
	page.get_by_role("button", name="Save").click()
	page.wait_for_url("**/app/sales-invoice/ACC-SINV-*")
	colleague.panel.get_by_role("button", name=re.compile("Show|Expand|Open", re.I)).first.click()
	line = colleague.panel.locator(".mx-line", has_text=note)
	expect(line).to_be_visible()
	line.get_by_role("button", name="Mark as used").click()
	said = colleague.panel.get_by_role("textbox").first
	said.fill(f"The dog is fine again, width {width}")
	colleague.panel.get_by_role("checkbox").first.check()
	said.press("Enter")
	expect(line).to_have_count(0)
	expect(colleague.panel).to_contain_text(f"The dog is fine again, width {width}")
	colleague.picture("used")

	# A gesture from the own wallet
	before = left_in(rep.customer(CUSTOMER))
	rep.panel.get_by_role("button", name="Record gesture").click()
	form = rep.panel.locator(".mx-form")
	expect(form).to_contain_text("no approval needed up to")
	form.get_by_label("What", exact=True).fill("Dog biscuits")
	form.get_by_label(re.compile("^Cost")).fill("4.50")
	rep.picture("gesture")
	form.get_by_role("button", name="Record gesture", exact=True).click()
	expect(rep.panel).to_contain_text("Gesture recorded")
	assert left_in(rep.customer(CUSTOMER)) == pytest.approx(before - 4.5)
	rep.go("/app/gesture-wallet").picture("wallet")
	row = rep.page.get_by_role("row").filter(has_text="Dog biscuits").first
	expect(row).to_contain_text("Spend")
	expect(row).to_contain_text("4.50")

	# More than is left: refused with how much, and nothing that was typed is lost
	rep.customer(CUSTOMER).panel.get_by_role("button", name="Record gesture").click()
	expect(form).to_contain_text("no approval needed up to")
	form.get_by_label("What", exact=True).fill("A weekend by the sea")
	form.get_by_label(re.compile("^Cost")).fill("900")
	form.get_by_role("button", name="Ask for approval", exact=True).click()
	expect(rep.panel.locator(".mx-form-error")).to_contain_text("left until")
	assert form.get_by_label("What", exact=True).input_value() == "A weekend by the sea"
	rep.troubles = [trouble for trouble in rep.troubles if "417" not in trouble]

	# A promise for tomorrow; tomorrow it is reminded of, once
	rep.customer(CUSTOMER).panel.get_by_role("button", name="Follow up").click()
	form.get_by_label("What will you do?").fill(f"bring dog biscuits {width}")
	form.get_by_role("button", name="Tomorrow").click()
	form.get_by_role("button", name="Save").click()
	expect(form).to_have_count(0)
	rep.go("/app/my-follow-ups").picture("follow-ups")
	expect(rep.page.get_by_text(f"bring dog biscuits {width}")).to_be_visible()
	assert re.search(r"[1-9]\d* reminders? (was|were) sent", rep.set_clock("Tomorrow 9:00"))
	rep.go("/app/notifications").picture("notifications")
	reminders = rep.page.get_by_role("listitem").filter(has_text=CUSTOMER)
	sent = reminders.count()
	assert sent >= 1
	expect(reminders.first).not_to_contain_text("biscuits")
	rep.set_clock("Tomorrow 9:00")
	rep.go("/app/notifications")
	expect(reminders).to_have_count(sent)
	promised = rep.customer(CUSTOMER).panel.locator(".mx-line", has_text=f"bring dog biscuits {width}")
	expect(promised).to_contain_text("yesterday")
	promised.get_by_role("button", name="Done").click()
	rep.panel.get_by_role("textbox").first.press("Enter")
	expect(promised).to_have_count(0)

	# Next month the wallet is full again
	rep.set_clock("Next month")
	assert left_in(rep.customer(CUSTOMER)) == 50


def left_in(person: Person) -> float:
	"""Return what is left according to the banner."""
	return float(re.search(r"([\d.]+) left", person.panel.inner_text())[1])


def test_gesture_above_free_limit_is_approved_from_the_notification(person, expect):
	rep, manager = person("Ana"), person("Maya")
	rep.customer(RIVAL).panel.get_by_role("button", name="Record gesture").click()
	form = rep.panel.locator(".mx-form")
	expect(form).to_contain_text("no approval needed up to")
	form.get_by_label("What", exact=True).fill("Tickets for the concert")
	form.get_by_label(re.compile("^Cost")).fill("25")
	form.get_by_role("button", name="Ask for approval", exact=True).click()
	expect(rep.panel).to_contain_text("Sent for approval")
	rep.go("/app/gesture").page.get_by_role("link", name=re.compile("Tickets")).first.click()
	expect(rep.page.get_by_role("button", name="Approve")).to_have_count(0)

	manager.go("/app/notifications").page.get_by_role("link", name=re.compile("Ana requests")).first.click()
	expect(manager.page.get_by_text("Tickets for the concert")).to_be_visible()
	manager.picture("approval")
	manager.page.wait_for_load_state("load")
	manager.page.get_by_role("button", name="Approve").click()
	expect(manager.page.get_by_text("Approved").first).to_be_visible()
	rep.page.reload()
	rep.page.get_by_role("button", name="Given").click()
	expect(rep.page.get_by_text("Given").first).to_be_visible()


def test_only_the_manager_changes_the_budget(person, expect):
	manager, rep = person("Maya"), person("Priya")
	manager.go("/app/gesture-budget").page.get_by_role("link", name=re.compile("Small kindnesses")).click()
	manager.picture("budget")
	amount = manager.page.get_by_label(re.compile("^Amount"))
	amount.fill("0")
	manager.page.get_by_role("button", name="Save").click()
	expect(manager.page.get_by_role("alert")).to_contain_text(re.compile("zero|Amount"))
	assert amount.input_value() == "0"
	manager.troubles = [trouble for trouble in manager.troubles if "417" not in trouble]
	rep.go("/app/gesture-budget")
	expect(rep.page.get_by_text("Only a manager can see budgets.")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (360, "light")])
def test_every_page_fits_its_window(person, expect, width, scheme):
	someone = person("Maya", width, color_scheme=scheme)
	links = (
		someone.page.get_by_role("navigation")
		.get_by_role("link")
		.evaluate_all("links => links.map(link => link.getAttribute('href'))")
	)
	paths = {path for path in links if path.startswith("/app/")}
	assert len(paths) >= 7
	for path in sorted(
		paths | {"/about", "/app/sales-invoice/new", "/app/gesture-budget/new", "/app/personal-note"}
	):
		someone.go(path)
		expect(someone.page.get_by_role("heading", level=1)).to_be_visible()
		expect(someone.page.get_by_text("This is a preview without ERPNext").first).to_be_visible()
		wide = someone.page.evaluate(
			"document.documentElement.scrollWidth - document.documentElement.clientWidth"
		)
		assert wide <= 0, f"{path} is {wide} px wider than its window"
		someone.picture(f"{scheme}-{path.strip('/').replace('/', '-')}")
		first = someone.page.locator("main a[href^='/app/']").first
		if path.startswith("/app/") and first.count():
			first.click()
			expect(someone.page.get_by_role("heading", level=1)).to_be_visible()


def test_discreet_mode_is_stored(person, expect):
	rep = person("Priya").customer("Harbour Street Books")
	rep.panel.get_by_role("button", name="Hide content").first.click()
	expect(rep.panel).not_to_contain_text("alcohol")
	rep.page.reload()
	expect(rep.panel).to_be_visible()
	expect(rep.panel).not_to_contain_text("alcohol")
