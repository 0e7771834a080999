"""The page Personal Data: a manager shows, downloads and erases the data about a customer."""

import json
import os
import re

from conftest import MANAGER, REP, on_site
from playwright.sync_api import expect

HOSTILE = "<img src=x onerror=document.title='stolen'>"


def make_customer_with_data(name: str) -> str:
	"""Create a customer with two notes, two gestures and a follow-up; one note is visible to the rep only."""
	return on_site(
		f"""
from micro_experiences.api import follow_ups, gestures, notes
from micro_experiences.tests.utils import make_customer
customer = make_customer({name!r})
frappe.set_user({REP!r})
note = notes.jot(customer=customer, note="Her greyhound Rex had surgery, ask how he is.")["name"]
private = notes.jot(customer=customer, note="Between us two", visibility="Only Me")["name"]
frappe.db.set_value("Personal Note", private, "note", {HOSTILE!r})
notes.mark_used(name=note, they_said="He is well again")
gestures.record_gesture(customer=customer, what="a call", personal_note=note)
gestures.record_gesture(customer=customer, what="a card for Rex", cost=4, message="Get well soon")
follow_ups.create(customer=customer, subject="send the marathon book", due_on=frappe.utils.today())
answer = customer
"""
	)


def open_menu(one):
	menu = one.page.locator(".page-container:visible .menu-btn-group")
	menu.locator("button").first.click()
	return menu


def press_page_button(one, name: str):
	one.page.locator(".page-container:visible .page-head").get_by_role("button", name=name).first.click()


def test_manager_shows_downloads_and_erases_all_data(desk):
	customer = make_customer_with_data(f"Personal Data {os.urandom(4).hex()}")
	manager = desk(MANAGER).go(f"customer/{customer}")
	page = manager.page
	open_menu(manager).get_by_text("Personal Data", exact=True).click()
	page.wait_for_url("**/personal-data/**")
	manager.settle()
	result = page.locator(".page-container:visible .mx-personal-data")
	expect(result).to_contain_text("Notes: 2")
	expect(result).not_to_contain_text("Rex")
	assert manager.fits() and manager.fits(360)

	page.get_by_role("button", name="Show all data").click()
	notes = result.get_by_role("region", name="Notes", exact=True)
	expect(notes).to_contain_text("Her greyhound Rex had surgery")
	expect(notes).to_contain_text("stolen")
	assert result.locator("img").count() == 0 and page.title() != "stolen"
	expect(result).to_contain_text("He is well again")
	expect(result).to_contain_text("send the marathon book")
	manager.picture("personal-data")
	assert manager.fits() and manager.fits(360)
	with page.expect_download() as downloading:
		press_page_button(manager, "Download as JSON")
	with open(downloading.value.path(), encoding="utf-8") as file:
		report = json.load(file)
	assert report["about"]["customer"] == customer
	assert "Her greyhound Rex had surgery, ask how he is." in [note["text"] for note in report["notes"]]
	# The author of a private note is notified that a manager has read it.
	about = {"for_user": REP, "document_type": "Customer", "document_name": customer}
	assert on_site(f"answer = frappe.db.count('Notification Log', {about!r})")

	manager.expected_errors += ["417", "exactly"]
	press_page_button(manager, "Erase…")
	dialog = page.locator(".modal.show", has_text="Erase permanently")
	expect(dialog).to_contain_text("Notes: 2")
	manager.picture("erase")
	name = dialog.locator("[data-fieldname=typed] input")
	name.fill("Somebody else")
	dialog.get_by_role("button", name="Erase permanently").click()
	refusal = page.locator(".modal.show:has(.msgprint)")
	expect(refusal).to_contain_text("exactly")
	refusal.locator(".btn-modal-close").click()
	expect(refusal).to_have_count(0)
	expect(name).to_have_value("Somebody else")
	name.fill(customer)
	dialog.get_by_role("button", name="Erase permanently").click()
	page.wait_for_url("**/personal-data-erasure/**")
	manager.settle()
	expect(page.locator(".page-container:visible")).to_contain_text("Notes")
	manager.picture("erasure-certificate")
	assert manager.fits() and manager.fits(360)
	assert on_site(f"answer = frappe.db.count('Personal Note', {{'customer': {customer!r}}})") == 0
	manager.go(f"personal-data/{customer}")
	expect(page.locator(".page-container:visible .mx-personal-data")).to_contain_text(re.compile("ERASURE-"))


def test_personal_data_is_not_offered_to_a_rep(desk):
	customer = on_site(
		"from micro_experiences.tests.utils import make_customer\nanswer = make_customer('Personal Data of Others')"
	)
	rep = desk(REP)
	rep.expected_errors += ["403", "404", "No read permission for Page"]
	rep.go(f"customer/{customer}")
	expect(open_menu(rep).get_by_text("Personal Data", exact=True)).to_have_count(0)
	rep.go(f"personal-data/{customer}")
	expect(rep.page.locator(".mx-personal-data")).to_have_count(0)
