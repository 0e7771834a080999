"""Make the pictures of the README: the banner on two forms, and a recording of a note that reaches a colleague.

	python tools/own_bench.py demo --fresh
	python tools/record_demo.py http://127.0.0.1:8090 docs/images

Needs the sample data as `make demo` adds it, Playwright, Pillow, and Chromium at $CHROMIUM. It leaves a note and a
follow-up in the sample data.
"""

import argparse
import io
import os
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

AUTHOR, COLLEAGUE = "priya@example.com", "ana@example.com"
CUSTOMER = "Tilda Okafor"
NOTE = "Biscuit the cat is at the vet. Ask on Friday how she is."
# Two customers whose banners have lines of different kinds.
PICTURED_CUSTOMER, PICTURED_INVOICE_OF = "Harbour Street Books", "Kestrel Architects"

PICTURE_SIZE = {"width": 1280, "height": 720}
RECORDING_SIZE = {"width": 1000, "height": 520}
CAPTION_HEIGHT = 44
COLORS = 96
TIMEOUT = 60_000  # milliseconds
# Durations of frames, in milliseconds.
SHORT, MEDIUM, LONG = 130, 900, 3200


class Recording:
	"""Screenshots with a caption below them, saved as an animated GIF."""

	def __init__(self):
		self.frames: list[Image.Image] = []
		self.durations: list[int] = []
		self.font = ImageFont.load_default(18)

	def add(self, page: Page, caption: str, duration: int) -> None:
		"""Add a screenshot of the page, shown for `duration` milliseconds."""
		shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
		frame = Image.new("RGB", (shot.width, shot.height + CAPTION_HEIGHT), "#1f272e")
		frame.paste(shot, (0, 0))
		middle = (shot.width // 2, shot.height + CAPTION_HEIGHT // 2)
		ImageDraw.Draw(frame).text(middle, caption, font=self.font, fill="white", anchor="mm")
		self.frames.append(frame)
		self.durations.append(duration)

	def save(self, path: Path) -> None:
		"""Save the recording as an animated GIF."""
		# One palette for all frames, so that unchanged areas stay equal and are stored once.
		every = Image.new("RGB", (self.frames[0].width, sum(frame.height for frame in self.frames[::5])))
		top = 0
		for frame in self.frames[::5]:
			every.paste(frame, (0, top))
			top += frame.height
		palette = every.quantize(COLORS, dither=Image.Dither.NONE)
		first, *rest = (frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in self.frames)
		first.save(path, save_all=True, append_images=rest, duration=self.durations, loop=0, optimize=True)


def main() -> None:
	"""Take the pictures with the options of the command line."""
	parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
	parser.add_argument("url", help="address of a site with the sample data")
	parser.add_argument(
		"folder", type=Path, help="where to save customer.png, sales-invoice.png and demo.gif"
	)
	parser.add_argument(
		"--password", default="demo", help="of the sample users (default: that of `make demo`)"
	)
	chosen = parser.parse_args()
	chosen.folder.mkdir(parents=True, exist_ok=True)
	expect.set_options(timeout=TIMEOUT)
	with sync_playwright() as playwright:
		browser = playwright.chromium.launch(
			executable_path=os.environ.get("CHROMIUM") or None, args=["--no-sandbox"]
		)
		take_pictures(browser, chosen)
		record(browser, chosen).save(chosen.folder / "demo.gif")
		browser.close()


def take_pictures(browser: Browser, chosen: argparse.Namespace) -> None:
	"""Save a picture of a customer and of an invoice."""
	page = log_in(browser, chosen, AUTHOR, PICTURE_SIZE)
	open_form(page, chosen.url, f"customer/{PICTURED_CUSTOMER}")
	page.screenshot(path=chosen.folder / "customer.png")
	filters = f'[["customer","=","{PICTURED_INVOICE_OF}"]]'
	invoices = page.request.get(f"{chosen.url}/api/resource/Sales Invoice", params={"filters": filters})
	panel = open_form(page, chosen.url, f"sales-invoice/{invoices.json()['data'][0]['name']}")
	unfold(page, panel)
	page.screenshot(path=chosen.folder / "sales-invoice.png")
	page.context.close()


def record(browser: Browser, chosen: argparse.Namespace) -> Recording:
	"""Record how a note is added and then shown to a colleague."""
	recording = Recording()
	record_note(recording, log_in(browser, chosen, AUTHOR, RECORDING_SIZE), chosen.url)
	record_invoice(recording, log_in(browser, chosen, COLLEAGUE, RECORDING_SIZE), chosen.url)
	return recording


def record_note(recording: Recording, page: Page, url: str) -> None:
	"""Record how a note is added."""
	caption = "A customer tells Priya something, and she adds a note."
	panel = open_form(page, url, f"customer/{CUSTOMER}")
	recording.add(page, caption, MEDIUM)
	panel.locator("[data-action=jot]").click()
	box = panel.get_by_role("textbox").first
	for word in NOTE.split(" "):
		box.press_sequentially(word if word == NOTE.split(" ")[0] else f" {word}")
		recording.add(page, caption, SHORT)
	suggestion = panel.locator("[data-action=suggestion]").first
	expect(suggestion).to_be_visible()
	caption = "The app suggests a follow-up, a topic and a kind. She accepts with a click."
	recording.add(page, caption, MEDIUM * 2)
	for text in ("Follow up", "Topic", "Kind"):
		panel.locator("[data-action=suggestion]", has_text=text).click()
		recording.add(page, caption, MEDIUM)
	box.press("Control+Enter")
	expect(panel.locator(".mx-message")).to_contain_text("saved")
	page.mouse.move(0, 0)
	recording.add(page, "Saved.", MEDIUM * 2)


def record_invoice(recording: Recording, page: Page, url: str) -> None:
	"""Record how the note is shown on an invoice."""
	caption = "Later, Ana writes an invoice for the same customer."
	page.goto(f"{url}/app/sales-invoice/new")
	field = page.locator(".page-container:visible [data-fieldname=customer] input").first
	field.wait_for()
	page.wait_for_timeout(2500)
	recording.add(page, caption, MEDIUM)
	field.click()
	field.press_sequentially(CUSTOMER.split(" ")[0])
	choice = page.get_by_role("listbox").get_by_text(CUSTOMER).first
	expect(choice).to_be_visible()
	recording.add(page, caption, MEDIUM)
	choice.click()
	panel = page.locator(".page-container:visible .mx-panel")
	expect(panel).to_be_visible()
	page.wait_for_timeout(2500)
	page.mouse.move(0, 0)
	recording.add(page, "The most important line is shown at once.", MEDIUM * 2)
	unfold(page, panel)
	recording.add(page, "Ana knows what Priya heard, and can ask about it.", LONG)


def log_in(browser: Browser, chosen: argparse.Namespace, user: str, size: dict[str, int]) -> Page:
	"""Return a page of a new browser window in which a user is logged in."""
	page = browser.new_context(viewport=size).new_page()
	page.set_default_timeout(TIMEOUT)
	answer = page.request.post(f"{chosen.url}/api/method/login", form={"usr": user, "pwd": chosen.password})
	if not answer.ok:
		raise SystemExit(f"{user} cannot log in: {answer.status}")
	return page


def open_form(page: Page, url: str, route: str) -> Locator:
	"""Open a form and return its banner."""
	page.goto(f"{url}/app/{route}")
	panel = page.locator(".page-container:visible .mx-panel")
	expect(panel).to_be_visible()
	page.wait_for_timeout(2500)
	return panel


def unfold(page: Page, panel: Locator) -> None:
	"""Show all lines of a collapsed banner, with no button highlighted."""
	panel.locator("[data-action=fold]").click()
	page.mouse.move(0, 0)
	page.evaluate("document.activeElement.blur()")


if __name__ == "__main__":
	main()
