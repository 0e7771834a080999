"""What the browser shows when something breaks: faults of the real servers, with the app and without it, side by side.

	python tools/own_bench.py up --site test
	.venv/bin/python e2e/faults.py --pictures /tmp/faults
	.venv/bin/python e2e/faults.py --only "MariaDB is down" "a table of ours is locked"

For each fault a person has the form of a customer open, with words typed into each form of the panel, and sends them; then
she opens and saves a customer, and opens, saves and submits a Sales Invoice. When the fault is mended she sends her
words again: each must be there once. "Stock" is the same site with the app taken off its list of installed apps. Prints a
table in Markdown. A fault run ends in a site as it was; it takes some minutes.
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
from own_bench.borrowed import OwnEnv, YourBench  # noqa: E402
from own_bench.faults import Faults  # noqa: E402
from own_bench.slot import Slot  # noqa: E402
from own_bench.testing import find_browser  # noqa: E402
from playwright.sync_api import Error, sync_playwright  # noqa: E402

CUSTOMER, PERSON = "Bluebell Florist", "maya@example.com"
SECONDS = 15_000
# More than the panel waits for an answer.
ANSWERED = 60_000
WORDS = {
	"Jot": ("What shall we remember?", "Save", "Personal Note", "note"),
	"Gesture": ("What", "Give", "Gesture", "what"),
	"Follow up": ("What do you promise?", "Promise it", "Follow Up Task", "subject"),
}


def main() -> None:
	options = argparse.ArgumentParser(
		description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
	)
	options.add_argument("--only", nargs="+")
	options.add_argument("--pictures", type=Path)
	args = options.parse_args()
	bench = YourBench.find()
	slot = Slot("test", bench, OwnEnv(bench))
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
			with without_the_app(on_site) if side == "stock" else contextlib.nullcontext():
				seen[side] = look(
					browser, fault, side, on_site, pictures and pictures / name.replace(" ", "-")
				)
		for page in seen["app"]:
			print(f"| {name} | {page} | {seen['stock'].get(page, '')} | {seen['app'][page]} |", flush=True)


@contextlib.contextmanager
def without_the_app(on_site):
	"""Frappe knows only of itself and of ERPNext."""
	apps = on_site("answer = frappe.get_installed_apps()")
	set_apps = "frappe.db.set_global('installed_apps', {!r}); frappe.clear_cache()"
	on_site(set_apps.format(json.dumps([app for app in apps if app != "micro_experiences"])))
	try:
		yield
	finally:
		on_site(set_apps.format(json.dumps(apps)))


class Person:
	"""Somebody at the Desk, who tells what she sees."""

	def __init__(self, browser, pictures: Path | None, side: str):
		from conftest import PASSWORD

		self.base, self.pictures, self.side = os.environ["MX_BASE_URL"], pictures, side
		self.context = browser.new_context(viewport={"width": 1280, "height": 800})
		answer = self.context.request.post(
			f"{self.base}/api/method/login", form={"usr": PERSON, "pwd": PASSWORD}
		)
		assert answer.ok, answer.text()
		self.page = self.context.new_page()

	def picture(self, name: str) -> None:
		if self.pictures:
			self.pictures.mkdir(parents=True, exist_ok=True)
			self.page.screenshot(path=self.pictures / f"{self.side}-{name}.png")

	def told(self) -> str:
		"""The words of the dialogs and alerts on the page, or of a page that is no Desk."""
		texts = (
			self.page.locator(".modal.show .modal-body, .desk-alert").filter(visible=True).all_inner_texts()
		)
		if not texts and not self.page.evaluate("Boolean(window.frappe?.boot)"):
			texts = [self.page.locator("body").inner_text()]
		return " / ".join(" ".join(text.split())[:90] for text in texts if text.strip())

	def open(self, route: str, name: str) -> str:
		try:
			self.page.goto(f"{self.base}/app/{route}/{name}", timeout=ANSWERED)
			if not self.page.evaluate("Boolean(window.frappe?.boot)"):
				return self.with_words("does not open")
			self.page.wait_for_function("name => window.cur_frm?.docname === name", arg=name, timeout=SECONDS)
			self.page.wait_for_timeout(1500)
		except Error:
			return self.with_words("does not open")
		banner = self.page.locator(".mx-panel").filter(visible=True).count()
		return self.with_words("opens" + (", with its banner" if banner else ""))

	def save(self, field: str) -> str:
		"""The form with another value in one field."""
		try:
			self.page.evaluate(
				"([field, text]) => { cur_frm.set_value(field, text).then(() => cur_frm.save()) }",
				[field, os.urandom(4).hex()],
			)
			self.page.wait_for_function("!cur_frm.is_dirty() && !frappe.request.ajax_count", timeout=SECONDS)
		except Error:
			return self.with_words("is not saved")
		return self.with_words("is saved")

	def submit(self) -> str:
		try:
			self.page.evaluate("() => { cur_frm.savesubmit() }")
			self.page.locator(".modal.show .btn-primary").filter(visible=True).first.click(timeout=SECONDS)
			self.page.wait_for_function("() => cur_frm.doc.docstatus === 1", timeout=SECONDS)
		except Error:
			return self.with_words("is not submitted")
		return self.with_words("is submitted")

	def with_words(self, what: str) -> str:
		try:
			told = self.told()
		except Error:
			told = ""
		return f"{what}: \u201c{told}\u201d" if told else what

	def put_dialogs_away(self) -> None:
		# Bootstrap hides nothing that still fades in.
		for _try in range(10):
			self.page.evaluate(
				"() => { frappe.hide_msgprint?.(true); window.cur_dialog?.hide(); frappe.error_dialog?.hide(); }"
			)
			self.page.wait_for_timeout(500)
			if not self.page.locator(".modal.show").filter(visible=True).count():
				break

	# The panel

	def write(self, opener: str, text: str) -> None:
		label = WORDS[opener][0]
		panel = self.page.locator(".mx-panel")
		panel.get_by_role("button", name=opener, exact=True).click()
		panel.get_by_label(label, exact=True).fill(text)
		if opener == "Follow up":
			panel.get_by_role("button", name="Tomorrow", exact=True).click()
		if opener == "Gesture":
			panel.locator("input[name=cost]").fill("1")

	def send(self, opener: str) -> str:
		"""What the panel says of it; "sent" when the form has gone."""
		panel = self.page.locator(".mx-panel")
		panel.get_by_role("button", name=WORDS[opener][1], exact=True).click()
		try:
			self.page.wait_for_function(
				"() => !document.querySelector('.mx-form') || document.querySelector('.mx-trouble')?.textContent",
				timeout=ANSWERED,
			)
		except Error:
			return "says nothing"
		trouble = panel.locator(".mx-trouble")
		return trouble.inner_text() if trouble.count() else "sent"


def look(browser, fault, side: str, on_site, pictures: Path | None) -> dict[str, str]:
	"""What a person sees of one fault, by what she does."""
	seen = {}
	marks = {opener: f"Fault {os.urandom(4).hex()}" for opener in WORDS}
	invoice = on_site(
		"from micro_experiences.testing import make_invoice\n"
		f"answer = make_invoice(frappe.db.get_value('Company', {{}}), {CUSTOMER!r}).name"
	)
	person = Person(browser, pictures, side)
	writer = Person(browser, pictures, side)
	try:
		if side == "app":
			writer.open("customer", CUSTOMER)
		person.open("customer", CUSTOMER)
		with fault():
			on_cache = "settings" in (pictures.name if pictures else "")
			if on_cache:
				on_site(
					"frappe.clear_document_cache('Micro Experiences Settings', 'Micro Experiences Settings')"
				)
			seen["Customer, open already"] = person.save("customer_details")
			if side == "app":
				for opener, mark in marks.items():
					writer.write(opener, mark)
					seen[f"{opener}, typed"] = writer.send(opener)
					writer.picture(f"sent-{opener}")
					writer.put_dialogs_away()
			seen["Customer"] = person.open("customer", CUSTOMER)
			person.picture("customer")
			if seen["Customer"].startswith("opens"):
				seen["Customer, save"] = person.save("customer_details")
			seen["Sales Invoice"] = person.open("sales-invoice", invoice)
			person.picture("invoice")
			if seen["Sales Invoice"].startswith("opens"):
				seen["Sales Invoice, save"] = person.save("remarks")
				person.picture("invoice-saved")
				person.put_dialogs_away()
				seen["Sales Invoice, submit"] = person.submit()
				person.picture("invoice-submitted")
		if side == "app":
			on_site("frappe.clear_cache()")
			for opener, mark in marks.items():
				doctype, field = WORDS[opener][2:]
				if not seen[f"{opener}, typed"].startswith("sent"):
					panel = writer.page.locator(".mx-panel")
					if not panel.get_by_label(WORDS[opener][0], exact=True).count():
						panel.get_by_role("button", name=opener, exact=True).click()
					kept = panel.get_by_label(WORDS[opener][0], exact=True).input_value() == mark
					again = writer.send(opener)
					writer.put_dialogs_away()
					seen[f"{opener}, typed"] += (
						f" Afterwards: {'the words are there' if kept else 'THE WORDS ARE GONE'}, {again}"
					)
				there = on_site(f"answer = frappe.db.count({doctype!r}, {{{field!r}: {mark!r}}})")
				seen[f"{opener}, typed"] += f", in the site {there} time(s)"
	finally:
		person.context.close()
		writer.context.close()
	return seen


if __name__ == "__main__":
	main()
