"""The forms for notes and gestures on a real site: a Never note asks what it rules out, and a gesture is planned, given
and undone."""

import re

from conftest import REP, date_in, get_value
from playwright.sync_api import expect

CUSTOMER = "Willow Kindergarten"


def open_gesture_form(one):
	one.panel.locator(".mx-footer [data-action=gesture]").click()
	form = one.panel.locator(".mx-form")
	expect(form.locator(".mx-wallet-line")).to_contain_text("approval")
	return form


def test_never_note_is_saved_with_the_guessed_restriction(desk):
	rep = desk(REP).customer(CUSTOMER)
	rep.panel.locator(".mx-footer [data-action=jot]").click()
	form = rep.panel.locator(".mx-form")
	form.get_by_label("What do you want to remember?").fill("Please never bring alcohol into the house")
	form.get_by_role("button", name="Kind: Never?").click()
	expect(form.get_by_label("Alcohol")).to_be_checked()
	form.get_by_label("Alcohol").uncheck()
	form.get_by_role("button", name="Save").click()
	expect(form.get_by_role("alert")).to_contain_text("what this note rules out")
	form.get_by_label("Alcohol").check()
	form.get_by_role("button", name="Save").click()
	line = rep.panel.locator(".mx-line[data-type=never]", has_text="never bring alcohol")
	expect(line).to_be_visible()
	assert (
		get_value("Personal Note", {"note": "Please never bring alcohol into the house"}, "stops")
		== "alcohol"
	)
	rep.panel.get_by_role("button", name="Collapse").click()
	expect(rep.panel.locator(".mx-summary")).to_contain_text("never bring alcohol")
	rep.panel.get_by_role("button", name="Expand").click()

	rep.expected_errors += ["417", "rules out"]
	form = open_gesture_form(rep)
	form.get_by_label("Type").select_option("Bottle of Wine")
	expect(form.get_by_label("What", exact=True)).not_to_have_value("")
	form.locator("[data-action=save]").click()
	expect(form.get_by_role("alert")).to_contain_text(re.compile("rules? out|never", re.I))
	assert get_value("Gesture", {"customer": CUSTOMER, "gesture_type": "Bottle of Wine"}, "name") is None
	rep.settle()


def test_gesture_is_planned_given_and_undone(desk):
	rep = desk(REP).customer(CUSTOMER)
	form = open_gesture_form(rep)
	form.get_by_label("What", exact=True).press("Enter")
	expect(form.get_by_role("alert")).to_contain_text("Choose a type")
	form.get_by_label("What", exact=True).fill("A card for the summer party")
	form.get_by_label("When").select_option(label="On a day")
	form.get_by_label("Planned On").fill(date_in(1))
	form.get_by_role("button", name="Plan gesture").click()
	expect(form).to_have_count(0)
	planned = {"what": "A card for the summer party"}
	assert get_value("Gesture", planned, "status") == "Planned"
	line = rep.panel.locator(".mx-line[data-type=gesture]", has_text="A card for the summer party")
	line.get_by_role("button", name="Give").click()
	expect(line).to_have_count(0)
	rep.settle()
	assert get_value("Gesture", planned, "status") == "Given"

	form = open_gesture_form(rep)
	form.get_by_label("What", exact=True).fill("Tea in the garden")
	form.get_by_role("button", name="Record gesture", exact=True).click()
	undo = rep.panel.get_by_role("button", name="Undo")
	undo.focus()
	rep.page.keyboard.press("Enter")
	expect(rep.panel).to_contain_text("Gesture cancelled.")
	rep.settle()
	assert get_value("Gesture", {"what": "Tea in the garden"}, "status") == "Cancelled"
