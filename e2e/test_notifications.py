"""Actions in the notification list: a gesture is approved and a follow-up is completed with one click."""

import re

import pytest
from conftest import MANAGER, REP, date_in, get_value, on_site, record_gesture
from playwright.sync_api import expect

# No other browser test uses this customer: open follow-ups would take the lines of its banner.
CUSTOMER = "Greta Lindholm"

pytestmark = pytest.mark.usefixtures("enough")


def create_due_follow_up(subject: str) -> str:
	"""Create a follow-up of the rep that is due today, with a notification about it, and return its name."""
	return on_site(
		"from frappe.utils import today\nfrom micro_experiences.utils.notifications import notify_users\n"
		f"values = {{'customer': {CUSTOMER!r}, 'subject': {subject!r}, 'assigned_to': {REP!r}}}\n"
		"answer = frappe.get_doc({'doctype': 'Follow Up Task', 'due_on': today()} | values).insert().name\n"
		f"notify_users([({REP!r}, 'Due today', 'Follow Up Task', answer)])",
		REP,
	)


def find_actions(one, doctype: str, name: str):
	"""Open the notification list and return the actions below the notification about a record."""
	page = one.page
	if not page.locator(".dropdown-notifications.show").count():
		page.locator(".dropdown-notifications .notifications-icon").click()
	expect(page.locator(f".notification-item[href$='/{doctype}/{name}']").first).to_be_visible()
	return page.locator(f".notification-item[href$='/{doctype}/{name}'] + .mx-pending-actions")


def test_gesture_is_approved_or_declined_in_the_list(desk):
	first = record_gesture(REP, CUSTOMER, "Flowers for the exam", 21)
	second = record_gesture(REP, CUSTOMER, "A book for the exam", 21)
	manager = desk(MANAGER).go("todo")
	actions = find_actions(manager, "gesture", first)
	expect(actions.get_by_role("button")).to_have_text(["Approve", "Decline"])
	expect(actions).to_contain_text(re.compile(r"Flowers for the exam.*21.00"))
	manager.picture("notifications-approve")
	actions.get_by_role("button", name="Approve").click()
	expect(actions.get_by_role("status")).to_have_text("Approved")
	manager.settle()
	assert get_value("Gesture", first, "status") == "Approved"
	assert get_value("Notification Log", {"document_name": first, "for_user": MANAGER}, "read") == 1

	# The list is still open for the next one.
	actions = find_actions(manager, "gesture", second)
	actions.get_by_role("button", name="Decline").click()
	manager.dialog.locator("[data-fieldname=reason] input").fill("Rather a card")
	manager.dialog.get_by_role("button", name="Decline").click()
	expect(manager.dialog).to_have_count(0)
	manager.settle()
	declined = get_value("Gesture", second, ["status", "decline_reason"])
	assert declined == {"status": "Declined", "decline_reason": "Rather a card"}

	# A decided gesture offers no action, to the manager or to the rep, who is notified of the result.
	manager.go("todo")
	expect(find_actions(manager, "gesture", first)).to_have_count(0)
	rep = desk(REP).go("todo")
	expect(find_actions(rep, "gesture", first)).to_have_count(0)


def test_follow_up_is_completed_or_snoozed_in_the_list_on_a_phone(desk):
	done, snoozed = create_due_follow_up("send the book"), create_due_follow_up("call about the hall")
	rep = desk(REP, width=360).go("todo")
	actions = find_actions(rep, "follow-up-task", done)
	rep.picture("notifications-follow-ups-phone")
	actions.get_by_role("button", name="Done").click()
	expect(actions.get_by_role("status")).to_have_text("Done")
	actions = find_actions(rep, "follow-up-task", snoozed)
	actions.get_by_role("button", name="Tomorrow").click()
	expect(actions.get_by_role("status")).to_contain_text("Snoozed")
	assert get_value("Follow Up Task", done, "status") == "Done"
	assert get_value("Follow Up Task", snoozed, "snoozed_until") == date_in(1)


def test_list_without_notifications_of_the_app_sends_no_request(desk):
	on_site(f"frappe.db.delete('Notification Log', {{'for_user': {MANAGER!r}}})")
	requests = []
	manager = desk(MANAGER)
	manager.page.on("request", lambda request: requests.append(request.url))
	manager.go("todo")
	manager.page.locator(".dropdown-notifications .notifications-icon").click()
	expect(manager.page.locator(".dropdown-notifications.show")).to_be_visible()
	manager.settle()
	assert not [url for url in requests if "micro_experiences.api.notifications" in url]


def test_approval_of_a_cancelled_gesture_is_refused_and_the_buttons_stay(desk):
	name = record_gesture(REP, CUSTOMER, "Tulips for the exam", 22)
	manager = desk(MANAGER).go("todo")
	manager.expected_errors += ["417", "cannot change to"]
	actions = find_actions(manager, "gesture", name)
	on_site(f"from micro_experiences.api import gestures\ngestures.set_status({name!r}, 'Cancelled')", REP)
	actions.get_by_role("button", name="Approve").click()
	expect(manager.page.locator(".msgprint")).to_contain_text("Cancelled")
	expect(actions.get_by_role("button", name="Approve")).to_be_enabled()
