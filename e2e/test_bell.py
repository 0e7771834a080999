"""The bell: what still awaits me is answered with one tap, right there."""

import re

import pytest
from conftest import MANAGER, REP, on_site
from playwright.sync_api import expect

# Whom no other browser test looks at: what is promised here would take the lines of its banner.
CUSTOMER = "Greta Lindholm"

pytestmark = pytest.mark.usefixtures("enough")


def ask(what: str, cost: float = 21) -> str:
	"""The name of a gesture of the rep that awaits approval."""
	return on_site(
		f"frappe.set_user({REP!r})\nfrom micro_experiences.desk import gestures\n"
		f"answer = gestures.give({CUSTOMER!r}, {what!r}, cost={cost})['name']"
	)


def promise(subject: str) -> str:
	"""The name of a promise of the rep, due today, that he was just reminded of."""
	return on_site(
		f"frappe.set_user({REP!r})\nfrom frappe.utils import today\n"
		"from micro_experiences.desk import bell, follow_ups\n"
		f"answer = follow_ups.promise({CUSTOMER!r}, {subject!r}, today())['name']\n"
		f"bell.ring([({REP!r}, 'Promised for today', 'Follow Up Task', answer)])"
	)


def value(doctype: str, name: str, field: str):
	return on_site(f"answer = frappe.db.get_value({doctype!r}, {name!r}, {field!r})")


def answers(someone, doctype: str, name: str):
	"""The answers below the notification about a record, in the open bell."""
	page = someone.page
	if not page.locator(".dropdown-notifications.show").count():
		page.locator(".dropdown-notifications .notifications-icon").click()
	item = page.locator(f".notification-item[href$='/{doctype}/{name}']").first
	expect(item).to_be_visible()
	return page.locator(f".notification-item[href$='/{doctype}/{name}'] + .mx-bell-answers")


def test_a_gesture_is_approved_with_one_tap(desk):
	first, second = ask("Flowers for the bell"), ask("A book for the bell")
	manager = desk(MANAGER).go("todo")
	box = answers(manager, "gesture", first)
	expect(box.get_by_role("button")).to_have_text(["Approve", "Decline"])
	expect(box).to_contain_text(re.compile(rf"Flowers for the bell for {CUSTOMER}: .*21.00"))
	manager.picture("bell_open")
	box.get_by_role("button", name="Approve").click()
	expect(box.get_by_role("status")).to_have_text("Approved")
	assert value("Gesture", first, "status") == "Approved"
	assert value("Notification Log", {"document_name": first, "for_user": MANAGER}, "read") == 1
	# The bell is still open, for the next one.
	box = answers(manager, "gesture", second)
	manager.picture("bell_answered")
	box.get_by_role("button", name="Decline").click()
	dialog = manager.page.locator(".modal.show")
	dialog.locator("[data-fieldname=reason] input").fill("Rather a card")
	dialog.get_by_role("button", name="Decline").click()
	expect(dialog).to_have_count(0)
	manager.settle()
	assert value("Gesture", second, "status") == "Declined"
	assert value("Gesture", second, "decline_reason") == "Rather a card"
	# What is decided awaits nobody, and its giver is told without being asked.
	assert re.search("todo", manager.page.url)
	manager.go("todo")
	expect(answers(manager, "gesture", first)).to_have_count(0)
	rep = desk(REP).go("todo")
	expect(answers(rep, "gesture", first)).to_have_count(0)


def test_a_promise_is_kept_or_put_off_with_one_tap(desk):
	kept, put_off = promise("send the book"), promise("call about the hall")
	rep = desk(REP, width=360).go("todo")
	box = answers(rep, "follow-up-task", kept)
	rep.picture("bell_promises_360")
	box.get_by_role("button", name="Done").click()
	expect(box.get_by_role("status")).to_have_text("Done")
	box = answers(rep, "follow-up-task", put_off)
	box.get_by_role("button", name="Tomorrow").click()
	expect(box.get_by_role("status")).to_have_text("Tomorrow")
	assert value("Follow Up Task", kept, "status") == "Done"
	assert value("Follow Up Task", put_off, "snoozed_until") == on_site(
		"from frappe.utils import add_days, today\nanswer = add_days(today(), 1)"
	)


def test_a_bell_without_us_asks_for_nothing(desk):
	on_site(f"frappe.db.delete('Notification Log', {{'for_user': {MANAGER!r}}})")
	asked = []
	manager = desk(MANAGER)
	manager.page.on("request", lambda request: asked.append(request.url))
	manager.go("todo")
	manager.page.locator(".dropdown-notifications .notifications-icon").click()
	expect(manager.page.locator(".dropdown-notifications.show")).to_be_visible()
	manager.settle()
	assert not [url for url in asked if "micro_experiences.desk.answers" in url]


def test_a_decision_that_somebody_else_has_taken_is_said_and_nothing_breaks(desk):
	name = ask("Tulips for the bell", 22)
	manager = desk(MANAGER).go("todo")
	manager.refusals += ["417", "cannot become"]
	box = answers(manager, "gesture", name)
	on_site(
		"from micro_experiences.desk import gestures\n"
		f"frappe.set_user({REP!r})\ngestures.move({name!r}, 'Cancelled')"
	)
	box.get_by_role("button", name="Approve").click()
	expect(manager.page.locator(".msgprint")).to_contain_text("cannot become")
	expect(box.get_by_role("button", name="Approve")).to_be_enabled()
