"""Compare what users see when servers or tables fail, with the app and without it.

	python tools/own_bench.py up --site test
	.venv/bin/python e2e/faults.py --pictures /tmp/faults
	.venv/bin/python e2e/faults.py --only "MariaDB is down" "a table of the app is locked"

For each fault, a user has typed into each form of the panel before it and sends the forms during it. Then the user opens
and saves a customer, and opens, saves and submits a Sales Invoice. After the fault the forms are sent again: each record
must exist once. "Stock" is the same site with the app removed from its list of installed apps.

Prints a table in Markdown. Every fault is undone. A run takes some minutes.
"""

import argparse
import contextlib
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "e2e")]

from own_bench import servers  # noqa: E402
from own_bench.environment import Environment, SourceBench  # noqa: E402
from own_bench.faults import Faults  # noqa: E402
from own_bench.slot import Slot  # noqa: E402
from own_bench.testing import find_browser  # noqa: E402
from playwright.sync_api import Error, sync_playwright  # noqa: E402

CUSTOMER, USER = "Bluebell Florist", "maya@example.com"
# Milliseconds; the panel waits 45 seconds for a response.
TIMEOUT = 15_000
RESPONSE_TIMEOUT = 60_000
# The button of each form: label of its text, DocType and field of the record.
FORMS = {
	"Add note": ("What do you want to remember?", "Personal Note", "note"),
	"Record gesture": ("What", "Gesture", "what"),
	"Follow up": ("What will you do?", "Follow Up Task", "subject"),
}


def main() -> None:
	options = argparse.ArgumentParser(
		description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
	)
	options.add_argument("--only", nargs="+")
	options.add_argument("--pictures", type=Path)
	args = options.parse_args()
	bench = SourceBench.find()
	slot = Slot("test", bench, Environment(bench))
	served = slot.runs("web")
	address = f"http://127.0.0.1:{slot.state['web_port']}" if served else servers.start_web(slot)
	os.environ |= slot.environment() | {
		"MX_BASE_URL": address,
		"MX_SITE": slot.site,
		"MX_SITES_PATH": str(slot.sites),
		"MX_BENCH_PYTHON": str(slot.env.python),
		"CHROMIUM": os.environ.get("CHROMIUM") or find_browser(),
	}
	database = json.loads((slot.site_path / "site_config.json").read_text())["db_name"]
	faults = Faults(slot, database)
	chosen = {name: fault for name, fault in faults.all().items() if not args.only or name in args.only}
	try:
		with sync_playwright() as playwright:
			run(playwright, chosen, faults, args.pictures)
	finally:
		if not served:
			slot.stop("web", "realtime")


def run(playwright, chosen: dict, faults: Faults, pictures: Path | None) -> None:
	from conftest import FLAGS, PASSWORD, on_site

	on_site(
		"from micro_experiences.setup import sample_data\n"
		f"if not frappe.db.exists('Customer', {CUSTOMER!r}): sample_data.add(password={PASSWORD!r})"
	)
	browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=FLAGS)
	print("| fault | page | stock | with the app |\n|---|---|---|---|", flush=True)
	for name, fault in chosen.items():
		seen = {}
		for side in ("stock", "app"):
			with without_app(on_site) if side == "stock" else contextlib.nullcontext():
				folder = pictures and pictures / name.replace(" ", "-")
				seen[side] = try_fault(browser, fault, side, on_site, folder, "settings" in name)
		for page in seen["app"]:
			print(f"| {name} | {page} | {seen['stock'].get(page, '')} | {seen['app'][page]} |", flush=True)


@contextlib.contextmanager
def without_app(on_site):
	"""Remove the app from Frappe's list of installed apps for the length of a block."""
	apps = on_site("answer = frappe.get_installed_apps()")
	set_apps = "frappe.db.set_global('installed_apps', {!r}); frappe.clear_cache()"
	on_site(set_apps.format(json.dumps([app for app in apps if app != "micro_experiences"])))
	try:
		yield
	finally:
		on_site(set_apps.format(json.dumps(apps)))


class User:
	"""A user in the Desk who reports what the page shows."""

	def __init__(self, browser, pictures: Path | None, side: str):
		from conftest import PASSWORD

		self.base, self.pictures, self.side = os.environ["MX_BASE_URL"], pictures, side
		self.context = browser.new_context(viewport={"width": 1280, "height": 800})
		answer = self.context.request.post(
			f"{self.base}/api/method/login", form={"usr": USER, "pwd": PASSWORD}
		)
		assert answer.ok, answer.text()
		self.page = self.context.new_page()

	def picture(self, name: str) -> None:
		if self.pictures:
			self.pictures.mkdir(parents=True, exist_ok=True)
			self.page.screenshot(path=self.pictures / f"{self.side}-{name}.png")

	def get_messages(self) -> str:
		"""Return the texts of the dialogs and alerts, or of the page if it is not the Desk."""
		texts = (
			self.page.locator(".modal.show .modal-body, .desk-alert").filter(visible=True).all_inner_texts()
		)
		if not texts and not self.page.evaluate("Boolean(window.frappe?.boot)"):
			texts = [self.page.locator("body").inner_text()]
		return " / ".join(" ".join(text.split())[:90] for text in texts if text.strip())

	def open(self, route: str, name: str) -> str:
		try:
			self.page.goto(f"{self.base}/app/{route}/{name}", timeout=RESPONSE_TIMEOUT)
			if not self.page.evaluate("Boolean(window.frappe?.boot)"):
				return self.with_messages("does not open")
			self.page.wait_for_function("name => window.cur_frm?.docname === name", arg=name, timeout=TIMEOUT)
			self.page.wait_for_timeout(1500)
		except Error:
			return self.with_messages("does not open")
		banner = self.page.locator(".mx-panel").filter(visible=True).count()
		return self.with_messages("opens" + (", with its banner" if banner else ""))

	def save(self, field: str) -> str:
		"""Save the form with another value in one field."""
		try:
			self.page.evaluate(
				"([field, text]) => { cur_frm.set_value(field, text).then(() => cur_frm.save()) }",
				[field, os.urandom(4).hex()],
			)
			self.page.wait_for_function("!cur_frm.is_dirty() && !frappe.request.ajax_count", timeout=TIMEOUT)
		except Error:
			return self.with_messages("is not saved")
		return self.with_messages("is saved")

	def submit(self) -> str:
		try:
			self.page.evaluate("() => { cur_frm.savesubmit() }")
			self.page.locator(".modal.show .btn-primary").filter(visible=True).first.click(timeout=TIMEOUT)
			self.page.wait_for_function("() => cur_frm.doc.docstatus === 1", timeout=TIMEOUT)
		except Error:
			return self.with_messages("is not submitted")
		return self.with_messages("is submitted")

	def with_messages(self, what: str) -> str:
		try:
			messages = self.get_messages()
		except Error:
			messages = ""
		return f"{what}: \u201c{messages}\u201d" if messages else what

	def close_dialogs(self) -> None:
		# Bootstrap ignores `hide` while a dialog fades in.
		for _try in range(10):
			self.page.evaluate(
				"() => { frappe.hide_msgprint?.(true); window.cur_dialog?.hide(); frappe.error_dialog?.hide(); }"
			)
			self.page.wait_for_timeout(500)
			if not self.page.locator(".modal.show").filter(visible=True).count():
				break

	# The panel

	def write(self, opener: str, text: str) -> None:
		label = FORMS[opener][0]
		panel = self.page.locator(".mx-panel")
		panel.get_by_role("button", name=opener, exact=True).click()
		panel.get_by_label(label, exact=True).fill(text)
		if opener == "Follow up":
			panel.get_by_role("button", name="Tomorrow", exact=True).click()
		if opener == "Record gesture":
			panel.locator("input[name=cost]").fill("1")

	def send(self, opener: str) -> str:
		"""Send a form and return the error that the panel shows, or "sent" if the form has closed."""
		panel = self.page.locator(".mx-panel")
		panel.locator("[data-action=save]").click()
		try:
			self.page.wait_for_function(
				"() => !document.querySelector('.mx-form') || document.querySelector('.mx-form-error')?.textContent",
				timeout=RESPONSE_TIMEOUT,
			)
		except Error:
			return "shows nothing"
		error = panel.locator(".mx-form-error")
		return error.inner_text() if error.count() else "sent"


def try_fault(
	browser, fault, side: str, on_site, pictures: Path | None, is_about_settings: bool
) -> dict[str, str]:
	"""Return what a user sees of one fault, by action."""
	seen = {}
	marks = {opener: f"Fault {os.urandom(4).hex()}" for opener in FORMS}
	invoice = on_site(
		"from micro_experiences.tests.utils import make_invoice\n"
		f"answer = make_invoice(frappe.db.get_value('Company', {{}}), {CUSTOMER!r}).name"
	)
	user = User(browser, pictures, side)
	writer = User(browser, pictures, side)
	try:
		if side == "app":
			writer.open("customer", CUSTOMER)
		user.open("customer", CUSTOMER)
		with fault():
			if is_about_settings:
				on_site(
					"frappe.clear_document_cache('Micro Experiences Settings', 'Micro Experiences Settings')"
				)
			seen["Customer, already open"] = user.save("customer_details")
			if side == "app":
				for opener, mark in marks.items():
					writer.write(opener, mark)
					seen[f"{opener}, typed"] = writer.send(opener)
					writer.picture(f"sent-{opener}")
					writer.close_dialogs()
			seen["Customer"] = user.open("customer", CUSTOMER)
			user.picture("customer")
			if seen["Customer"].startswith("opens"):
				seen["Customer, save"] = user.save("customer_details")
			seen["Sales Invoice"] = user.open("sales-invoice", invoice)
			user.picture("invoice")
			if seen["Sales Invoice"].startswith("opens"):
				seen["Sales Invoice, save"] = user.save("remarks")
				user.picture("invoice-saved")
				user.close_dialogs()
				seen["Sales Invoice, submit"] = user.submit()
				user.picture("invoice-submitted")
		if side == "app":
			on_site("frappe.clear_cache()")
			for opener, mark in marks.items():
				doctype, field = FORMS[opener][1:]
				if not seen[f"{opener}, typed"].startswith("sent"):
					panel = writer.page.locator(".mx-panel")
					if not panel.get_by_label(FORMS[opener][0], exact=True).count():
						panel.get_by_role("button", name=opener, exact=True).click()
					is_kept = panel.get_by_label(FORMS[opener][0], exact=True).input_value() == mark
					again = writer.send(opener)
					writer.close_dialogs()
					seen[f"{opener}, typed"] += (
						f" Afterwards: {'input kept' if is_kept else 'THE INPUT IS LOST'}, {again}"
					)
				count = on_site(f"answer = frappe.db.count({doctype!r}, {{{field!r}: {mark!r}}})")
				seen[f"{opener}, typed"] += f", saved {count} time(s)"
	finally:
		user.context.close()
		writer.context.close()
	return seen


if __name__ == "__main__":
	main()
