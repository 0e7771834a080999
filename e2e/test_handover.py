"""A follow-up shows the customer at a glance; the follow-ups of a colleague who leaves are handed over on one page."""

import re

from conftest import COLLEAGUE, MANAGER, REP, date_in, get_value, insert, on_site
from playwright.sync_api import expect

# No other browser test uses this customer: open follow-ups would take the lines of its banner.
CUSTOMER = "Greta Lindholm"
HOSTILE = "<img src=x onerror=document.title='stolen'>"


def create_follow_up(user: str, subject: str) -> str:
	values = {"customer": CUSTOMER, "subject": subject, "due_on": date_in(0), "assigned_to": user}
	return insert(user, "Follow Up Task", **values)


def choose(page, field: str, words: str):
	box = page.locator(f".layout-main-section:visible [data-fieldname={field}] input")
	box.press_sequentially(words)
	expect(box).to_have_attribute("aria-activedescendant", re.compile("_item_0"))
	box.press("Enter")
	# The field takes the value when it loses the focus.
	box.press("Tab")
	expect(box).to_have_value(re.compile(words))


def test_follow_up_form_shows_customer_context_without_running_markup(desk):
	name = create_follow_up(REP, "send the book")
	note = insert(REP, "Personal Note", customer=CUSTOMER, note="x", kind="Fact")
	on_site(f"frappe.db.set_value('Personal Note', {note!r}, 'note', {HOSTILE!r})")
	insert(REP, "Gesture", customer=CUSTOMER, what="A card for the exam", status="Idea")
	rep = desk(REP).go(f"follow-up-task/{name}")
	context = rep.page.locator(".mx-customer-context:visible")
	expect(context.get_by_role("region", name="Recent notes")).to_contain_text("stolen")
	expect(context.get_by_role("region", name="Last order")).to_contain_text("Sales Invoice")
	expect(context.get_by_role("region", name="Open gestures")).to_contain_text("A card for the exam")
	assert context.locator("img").count() == 0
	assert rep.page.title() != "stolen"
	rep.picture("customer-context")
	assert rep.fits() and rep.fits(360)
	context.get_by_role("link", name="stolen").first.click()
	rep.page.wait_for_url(f"**/personal-note/{note}")


def test_manager_hands_over_the_follow_ups_of_a_colleague_but_no_private_note(desk):
	secret = {"customer": CUSTOMER, "note": "Between us two", "kind": "Fact", "visibility": "Only Me"}
	private = insert(REP, "Personal Note", **secret)
	name = create_follow_up(REP, "call about the exam")
	manager = desk(MANAGER).go("micro-experiences-management")
	page = manager.page
	page.get_by_role("link", name="Handover").click()
	page.wait_for_url("**/hand-over")
	manager.settle()
	choose(page, "leaving", "Priya")
	choose(page, "staying", "Ana")
	result = page.locator(".mx-handover:visible")
	expect(result).to_contain_text(CUSTOMER)
	expect(result).to_contain_text("Open follow-ups: ")
	expect(result).not_to_contain_text("Between us two")
	manager.picture("handover-before")
	assert manager.fits() and manager.fits(360)
	page.get_by_role("button", name="Hand over").click()
	expect(manager.dialog).to_contain_text("Priya Nair")
	manager.dialog.get_by_role("button", name="Yes").click()
	expect(result).to_contain_text("Handed over")
	manager.picture("handover-after")
	assert get_value("Follow Up Task", name, "assigned_to") == COLLEAGUE
	assert get_value("Personal Note", private, "owner") == REP


def test_handover_is_not_offered_to_a_rep(desk):
	rep = desk(REP)
	rep.expected_errors.append("403")
	rep.go("micro-experiences")
	expect(rep.page.get_by_text("Follow-Ups", exact=True).first).to_be_visible()
	expect(rep.page.get_by_role("link", name="Handover")).to_have_count(0)
