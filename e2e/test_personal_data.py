"""The page "Personal data": a manager shows a customer all that is held, takes it along as JSON, and erases it."""

import json

import pytest
from conftest import MANAGER, REP, on_site
from playwright.sync_api import expect

HOSTILE = "<img src=x onerror=document.title='stolen'>"
LOOKS = pytest.mark.parametrize(("width", "look"), [(1280, "light"), (1280, "dark"), (360, "light")])


def a_customer(name: str) -> str:
	"""A customer with a note, a secret one, a gesture and a promise."""
	return on_site(
		"from micro_experiences.testing import make_customer\n"
		"from micro_experiences.desk import follow_ups, gestures, notes\n"
		f"make_customer({name!r})\nfrappe.set_user({REP!r})\n"
		f"note = notes.jot({name!r}, 'Her greyhound Rex had surgery, ask how he is.')['name']\n"
		f"secret = notes.jot({name!r}, 'Between us two', visibility='Only Me')['name']\n"
		f"frappe.db.set_value('Personal Note', secret, 'note', {HOSTILE!r})\n"
		"notes.used(note, 'He is well again')\n"
		f"gestures.give({name!r}, 'a call', personal_note=note)\n"
		f"gestures.give({name!r}, 'a card for Rex', cost=4, message='Get well soon')\n"
		f"follow_ups.promise({name!r}, 'send the marathon book', frappe.utils.today())\n"
		f"answer = {name!r}"
	)


def fits(page) -> bool:
	return page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")


def open_from_menu(manager, customer: str):
	manager.go(f"customer/{customer}")
	page = manager.page
	page.locator(".page-container:visible .menu-btn-group button").first.click()
	page.locator(".page-container:visible .menu-btn-group").get_by_text("Personal Data", exact=True).click()
	page.wait_for_url("**/personal-data/**")
	manager.settle()
	return page


@LOOKS
def test_it_is_read_taken_along_and_erased(desk, width, look):
	customer = a_customer(f"Personal {width} {look}")
	manager = desk(MANAGER, width=width)
	page = open_from_menu(manager, customer)
	page.evaluate(f"document.documentElement.setAttribute('data-theme', '{look}')")
	answer = page.locator(".page-container:visible .mx-personal-data")
	expect(answer).to_contain_text("Notes: 2")
	expect(answer).not_to_contain_text("Rex")
	manager.picture(f"personal_data_before_{width}_{look}")
	assert fits(page)
	page.get_by_role("button", name="Show All of It").click()
	notes = answer.get_by_role("region", name="What we noted")
	expect(notes).to_contain_text("Her greyhound Rex had surgery")
	expect(notes).to_contain_text("One colleague alone")
	expect(notes).to_contain_text("stolen")
	assert answer.locator("img").count() == 0 and page.title() != "stolen"
	expect(answer).to_contain_text("He is well again")
	expect(answer).to_contain_text("send the marathon book")
	manager.picture(f"personal_data_{width}_{look}")
	assert fits(page)
	with page.expect_download() as downloading:
		press(page, "Download as JSON")
	with open(downloading.value.path(), encoding="utf-8") as file:
		taken = json.load(file)
	assert taken["about"]["customer"] == customer
	assert "Her greyhound Rex had surgery, ask how he is." in [note["text"] for note in taken["notes"]]
	assert on_site(
		f"answer = frappe.db.count('Notification Log', {{'for_user': {REP!r}, 'document_type': 'Customer', 'document_name': {customer!r}}})"
	)

	press(page, "Erase…")
	dialog = page.locator(".modal:visible")
	expect(dialog).to_contain_text("Notes: 2")
	expect(dialog).to_contain_text("Backups")
	manager.picture(f"erase_{width}_{look}")
	dialog.locator("[data-fieldname=typed] input").fill("Somebody else")
	dialog.get_by_role("button", name="Erase for Good").click()
	refusal = page.locator(".modal:visible", has_text="Type the name as it is written")
	expect(refusal).to_be_visible()
	refusal.locator(".btn-modal-close").click()
	expect(refusal).to_have_count(0)
	manager.refusals += ["417", "Nothing was erased"]
	dialog = page.locator(".modal:visible", has_text="This cannot be undone")
	expect(dialog.locator("[data-fieldname=typed] input")).to_have_value("Somebody else")
	dialog.locator("[data-fieldname=typed] input").fill(customer)
	dialog.get_by_role("button", name="Erase for Good").click()
	page.wait_for_url("**/personal-data-erasure/**")
	manager.settle()
	page.evaluate(f"document.documentElement.setAttribute('data-theme', '{look}')")
	expect(page.locator(".page-container:visible")).to_contain_text("Notes")
	manager.picture(f"certificate_{width}_{look}")
	assert fits(page)
	assert on_site(f"answer = frappe.db.count('Personal Note', {{'customer': {customer!r}}})") == 0
	manager.go(f"personal-data/{customer}")
	expect(page.locator(".page-container:visible .mx-personal-data")).to_contain_text("ERASURE-")
	manager.picture(f"personal_data_after_{width}_{look}")


def press(page, name: str):
	"""On a small screen the buttons of a page are in a menu."""
	button = page.locator(".page-container:visible .page-head").get_by_role("button", name=name)
	if not button.count() or not button.first.is_visible():
		page.locator(
			".page-container:visible .menu-btn-group button, .page-container:visible .actions-btn-group button"
		).locator("visible=true").first.click()
		page.locator(".page-container:visible .dropdown-menu.show").get_by_text(name, exact=True).click()
	else:
		button.first.click()


def test_who_is_no_manager_does_not_find_it(desk):
	customer = a_customer("Personal of others")
	rep = desk(REP)
	rep.refusals += ["403", "404", "No read permission for Page"]
	rep.go(f"customer/{customer}")
	menu = rep.page.locator(".page-container:visible .menu-btn-group")
	menu.locator("button").first.click()
	expect(menu.get_by_text("Personal Data", exact=True)).to_have_count(0)
	rep.go(f"personal-data/{customer}")
	expect(rep.page.locator(".mx-personal-data")).to_have_count(0)
