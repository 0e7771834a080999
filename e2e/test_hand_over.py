"""A promise that has everything at hand; and the promises of a colleague who leaves, handed over on one page."""

import re

import pytest
from conftest import COLLEAGUE, MANAGER, REP, on_site
from playwright.sync_api import expect

# Whom no other browser test looks at: what is promised here would take the lines of its banner.
CUSTOMER = "Greta Lindholm"
HOSTILE = "<img src=x onerror=document.title='stolen'>"
LOOKS = pytest.mark.parametrize(("width", "look"), [(1280, "light"), (1280, "dark"), (360, "light")])


def promised(user: str, subject: str) -> str:
	return on_site(
		f"frappe.set_user({user!r})\nfrom micro_experiences.desk import follow_ups\n"
		f"answer = follow_ups.promise({CUSTOMER!r}, {subject!r}, frappe.utils.today())['name']"
	)


def fits(page) -> bool:
	return page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")


@LOOKS
def test_what_is_at_hand_in_a_promise(desk, width, look):
	name = promised(REP, "send the book")
	note = on_site(
		f"frappe.set_user({REP!r})\n"
		f"doc = frappe.get_doc({{'doctype': 'Personal Note', 'customer': {CUSTOMER!r}, 'note': 'x', 'kind': 'Fact'}}).insert()\n"
		f"doc.db_set('note', {HOSTILE!r})\n"
		f"frappe.get_doc({{'doctype': 'Gesture', 'customer': {CUSTOMER!r}, 'what': 'A card for the exam', 'status': 'Idea'}}).insert()\n"
		"answer = doc.name"
	)
	rep = desk(REP, width=width)
	rep.go(f"follow-up-task/{name}")
	rep.page.evaluate(f"document.documentElement.setAttribute('data-theme', '{look}')")
	at_hand = rep.page.locator(".mx-at-hand:visible")
	expect(at_hand.get_by_role("region", name="Last notes")).to_contain_text("stolen")
	expect(at_hand.get_by_role("region", name="Last order")).to_contain_text("Sales Invoice")
	expect(at_hand.get_by_role("region", name="Open gestures")).to_contain_text("A card for the exam")
	assert at_hand.locator("img").count() == 0
	assert rep.page.title() != "stolen"
	rep.picture(f"at_hand_{width}_{look}")
	assert fits(rep.page)
	at_hand.get_by_role("link", name="stolen").first.click()
	rep.page.wait_for_url(f"**/personal-note/{note}")


@LOOKS
def test_a_colleague_leaves_and_another_one_keeps_the_promises(desk, width, look):
	private = on_site(
		f"frappe.set_user({REP!r})\n"
		f"answer = frappe.get_doc({{'doctype': 'Personal Note', 'customer': {CUSTOMER!r}, 'note': 'Between us two', 'kind': 'Fact', 'visibility': 'Only Me'}}).insert().name"
	)
	name = promised(REP, "call about the exam")
	manager = desk(MANAGER, width=width)
	manager.go("micro-experiences")
	page = manager.page
	page.get_by_role("link", name="Hand Over").click()
	page.wait_for_url("**/hand-over")
	manager.settle()
	page.evaluate(f"document.documentElement.setAttribute('data-theme', '{look}')")
	choose(page, "leaving", "Priya")
	choose(page, "staying", "Ana")
	answer = page.locator(".mx-hand-over:visible")
	expect(answer).to_contain_text(CUSTOMER)
	expect(answer).to_contain_text("Open promises: ")
	expect(answer).not_to_contain_text("Between us two")
	manager.picture(f"hand_over_before_{width}_{look}")
	assert fits(page)
	page.get_by_role("button", name="Hand Over").click()
	dialog = page.locator(".modal:visible")
	expect(dialog).to_contain_text("Priya Nair")
	dialog.get_by_role("button", name="Yes").click()
	expect(answer).to_contain_text("Promises handed over: ")
	manager.picture(f"hand_over_after_{width}_{look}")
	assert fits(page)
	assert on_site(f"answer = frappe.db.get_value('Follow Up Task', {name!r}, 'assigned_to')") == COLLEAGUE
	assert on_site(f"answer = frappe.db.get_value('Personal Note', {private!r}, 'owner')") == REP


def test_who_is_no_manager_does_not_find_it(desk):
	rep = desk(REP)
	rep.refusals.append("403")
	rep.go("micro-experiences")
	expect(rep.page.get_by_role("link", name="Follow Up Task").first).to_be_visible()
	expect(rep.page.get_by_role("link", name="Hand Over")).to_have_count(0)


def choose(page, field: str, words: str):
	box = page.locator(f".layout-main-section:visible [data-fieldname={field}] input")
	box.press_sequentially(words)
	expect(box).to_have_attribute("aria-activedescendant", re.compile("_item_0"))
	box.press("Enter")
	# The field takes it over when it is left.
	box.press("Tab")
	expect(box).to_have_value(re.compile(words))
