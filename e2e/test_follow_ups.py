"""The actions on a follow-up in every place that offers them: form, list, calendar, alert and panel."""

import json

import pytest
from conftest import COLLEAGUE, REP, date_in, get_value, insert, on_site
from playwright.sync_api import expect

HOTEL = "Vesper Hotel"
TASK = "Follow Up Task"


def create_follow_up(subject: str, days: int = 0, user: str = REP, **values) -> str:
	"""Create a follow-up of `user`, due in so many days, and return its name."""
	values = {"customer": HOTEL, "subject": subject, "assigned_to": user, "due_on": date_in(days)} | values
	return insert(user, TASK, **values)


def hand_to(one, user: str):
	"""Choose a colleague in the dialog of the action."""
	one.dialog.locator("select").select_option(user)
	one.dialog.get_by_role("button", name="Hand over").click()


def expect_alert(one, text: str):
	expect(one.page.locator(".desk-alert", has_text=text)).to_be_visible()


# The form


def test_form_snoozes_stops_repeating_and_hands_over(desk):
	name = create_follow_up("call about the linen", repeats="Weeks")
	rep = desk(REP).go(f"follow-up-task/{name}")
	rep.page.get_by_role("button", name="Snooze").click()
	rep.picture("follow-up-form")
	rep.page.locator(".dropdown-item:visible", has_text="In a month").click()
	rep.page.wait_for_function("() => cur_frm.doc.snoozed_until")
	rep.page.get_by_role("button", name="Stop repeating").click()
	rep.page.wait_for_function("() => cur_frm.doc.repeats === 'Never'")
	expect(rep.page.get_by_role("button", name="Stop repeating")).to_have_count(0)
	assert get_value(TASK, name, ["status", "repeats"]) == {"status": "Open", "repeats": "Never"}
	rep.page.get_by_role("button", name="Hand over").click()
	hand_to(rep, COLLEAGUE)
	rep.page.wait_for_function(f"() => cur_frm.doc.assigned_to === {json.dumps(COLLEAGUE)}")
	rep.settle()
	subject = get_value("Notification Log", {"document_name": name, "for_user": COLLEAGUE}, "subject")
	assert subject and "linen" not in subject


def test_form_completes_and_saves_the_outcome_as_a_note(desk):
	name = create_follow_up("ask about the piano")
	rep = desk(REP).go(f"follow-up-task/{name}")
	rep.page.get_by_role("button", name="Done", exact=True).click()
	rep.dialog.locator("[data-fieldname=outcome] input").fill("The piano is tuned on Mondays")
	rep.dialog.get_by_label("Save as a note").check()
	rep.dialog.get_by_role("button", name="Done").click()
	rep.page.wait_for_function("() => cur_frm.doc.status === 'Done'")
	rep.settle()
	assert on_site("answer = frappe.db.exists('Personal Note', {'note': 'The piano is tuned on Mondays'})")


def test_refused_outcome_stays_in_its_dialog(desk):
	name, outcome = create_follow_up("ask about the choir"), "The choir sings. " * 40
	rep = desk(REP).go(f"follow-up-task/{name}")
	rep.expected_errors += ["417", "characters"]
	rep.page.get_by_role("button", name="Done", exact=True).click()
	field = rep.dialog.locator("[data-fieldname=outcome] input")
	field.fill(outcome)
	rep.dialog.get_by_label("Save as a note").check()
	rep.dialog.get_by_role("button", name="Done").click()
	message = rep.page.locator(".modal.show:has(.msgprint)")
	expect(message).to_contain_text("500")
	rep.wait_for_dialog()
	rep.run("frappe.hide_msgprint(true)")
	expect(message).to_have_count(0)
	expect(field).to_have_value(outcome)
	assert get_value(TASK, name, "status") == "Open"
	rep.dialog.get_by_label("Save as a note").uncheck()
	rep.dialog.get_by_role("button", name="Done").click()
	rep.page.wait_for_function("() => cur_frm.doc.status === 'Done'")
	rep.settle()


# The list


def open_bulk_actions(one, *names: str):
	"""Select rows of the list and open its menu of actions."""
	one.open("List", TASK, "List")
	for name in names:
		one.page.locator(f".list-row-checkbox[data-name='{name}']").check()
	one.page.get_by_role("button", name="Actions").click()


def choose_bulk_action(one, text: str):
	one.page.locator(".dropdown-item:visible", has_text=text).click()


def test_list_changes_own_follow_ups_and_reports_the_others(desk):
	first, second = create_follow_up("first of many"), create_follow_up("second of many")
	other = create_follow_up("of a colleague", user=COLLEAGUE)
	rep = desk(REP).go("follow-up-task/view/list?status=Open")
	open_bulk_actions(rep, first, second, other)
	rep.picture("follow-up-bulk-actions")
	choose_bulk_action(rep, "Hand over")
	hand_to(rep, COLLEAGUE)
	expect(rep.dialog).to_contain_text("2 updated, 1 not changed")
	expect(rep.dialog).to_contain_text(other)
	rep.close_dialogs()
	for name in (first, second):
		assert get_value(TASK, name, "assigned_to") == COLLEAGUE

	open_bulk_actions(rep, first)
	choose_bulk_action(rep, "Snooze")
	rep.dialog.locator("select").select_option("next_week")
	rep.dialog.get_by_role("button", name="Snooze").click()
	expect_alert(rep, "1 updated")
	assert get_value(TASK, first, "snoozed_until") == date_in(7)

	open_bulk_actions(rep, first, second)
	choose_bulk_action(rep, "Mark as done")
	expect_alert(rep, "2 updated")
	for name in (first, second):
		assert get_value(TASK, name, "status") == "Done"
	rep.settle()


# The calendar


def find_event(one, subject: str):
	return one.page.locator(".fc-event:visible", has_text=subject)


def drag_to_day(one, subject: str, day: str):
	box = one.page.locator(f".fc-bg td[data-date='{day}']").bounding_box()
	find_event(one, subject).hover()
	one.page.mouse.down()
	one.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=12)
	one.page.mouse.up()


@pytest.fixture
def next_day():
	"""Return a day beside today that is in the same month."""
	return date_in(on_site("from frappe.utils import getdate\nanswer = 1 if getdate().day < 15 else -1"))


def test_calendar_click_stops_repeating_and_skips_and_drag_moves(desk, next_day):
	name = create_follow_up("show the menu", repeats="Weeks")
	rep = desk(REP).go("follow-up-task/view/calendar/default")
	find_event(rep, "show the menu").click()
	expect(rep.dialog).to_contain_text(HOTEL)
	rep.picture("follow-up-calendar")
	rep.wait_for_dialog()
	rep.dialog.get_by_role("button", name="Stop repeating").click()
	expect_alert(rep, "not repeat again")
	expect(rep.page.locator(".modal.show")).to_have_count(0)
	rep.settle()
	assert get_value(TASK, name, "repeats") == "Never"

	drag_to_day(rep, "show the menu", next_day)
	rep.page.wait_for_function("() => frappe.request.ajax_count === 0")
	rep.settle()
	assert get_value(TASK, name, "due_on") == next_day

	find_event(rep, "show the menu").click()
	rep.dialog.get_by_role("button", name="Skip").click()
	expect_alert(rep, "skipped")
	assert get_value(TASK, name, "status") == "Skipped"
	rep.settle()


def test_calendar_reverts_a_drag_that_is_refused(desk, next_day):
	name = create_follow_up("stays where it is")
	other = desk(COLLEAGUE).go("follow-up-task/view/calendar/default")
	other.expected_errors += ["403", "PermissionError", "belongs to", "assigned"]
	before = find_event(other, "stays where it is").bounding_box()
	drag_to_day(other, "stays where it is", next_day)
	expect(other.page.locator(".modal.show:has(.msgprint)")).to_be_visible()
	other.close_dialogs()
	assert get_value(TASK, name, "due_on") == date_in(0)
	assert find_event(other, "stays where it is").bounding_box()["x"] == before["x"]
	find_event(other, "stays where it is").click()
	expect(other.dialog.get_by_role("button", name="Open")).to_be_visible()
	expect(other.dialog.get_by_role("button", name="Hand over")).to_have_count(0)
	# The form of a colleague's follow-up has no actions either.
	other.wait_for_dialog()
	other.dialog.get_by_role("button", name="Open").click()
	other.page.wait_for_function("name => window.cur_frm?.docname === name", arg=name)
	other.settle()
	expect(other.page.get_by_role("button", name="Hand over")).to_have_count(0)


# The alert


def publish_due(*names: str):
	on_site(
		"from micro_experiences.utils.notifications import publish_due_follow_ups\n"
		f"publish_due_follow_ups({REP!r}, {list(names)!r})"
	)


def find_alert(one):
	return one.page.locator(".desk-alert", has_text="due")


def go_and_listen(one):
	one.go("micro-experiences")
	one.page.wait_for_function("() => frappe.realtime.socket?.connected")
	return one


def test_alert_of_one_due_follow_up_shows_no_subject_and_snoozes(desk):
	name = create_follow_up("bring the keys")
	rep = go_and_listen(desk(REP))
	publish_due(name)
	expect(find_alert(rep)).to_contain_text(HOTEL)
	expect(find_alert(rep)).not_to_contain_text("keys")
	rep.picture("follow-up-alert")
	find_alert(rep).get_by_role("button", name="Tomorrow").click()
	expect_alert(rep, "snoozed")
	assert get_value(TASK, name, "snoozed_until") == date_in(1)

	# A follow-up that is no longer open when its reminder arrives shows no alert.
	on_site(f"from micro_experiences.api import follow_ups\nfollow_ups.skip(name={name!r})", REP)
	expect(find_alert(rep)).to_have_count(0)
	with rep.page.expect_response(lambda answer: "follow_ups.get_summary" in answer.url):
		publish_due(name)
	rep.settle()
	expect(find_alert(rep)).to_have_count(0)


def test_several_due_follow_ups_share_one_alert_on_a_phone(desk):
	names = [create_follow_up(f"one of many {number}") for number in range(3)]
	rep = go_and_listen(desk(REP, width=390, height=800))
	publish_due(names[0], names[1])
	expect(find_alert(rep)).to_contain_text("2 follow-ups are due")
	publish_due(names[2])
	expect(find_alert(rep)).to_contain_text("3 follow-ups are due")
	expect(find_alert(rep)).to_have_count(1)
	rep.picture("follow-up-alert-phone")
	find_alert(rep).get_by_role("button", name="Open list").click()
	expect(rep.page.locator(".list-row:visible", has_text="one of many 2").first).to_be_visible()
	rep.settle()
	# The list shows these follow-ups and no others.
	expect(rep.page.locator(".list-row-container:visible")).to_have_count(3)


# The panel


def open_line_menu(one, subject: str):
	line = one.panel.locator(".mx-line", has_text=subject)
	line.get_by_role("button", name="More actions").click()


def test_panel_stops_repeating_and_hands_over_on_a_phone(desk):
	name = create_follow_up("carry the chairs", -30, repeats="Months")
	rep = desk(REP, width=390, height=800).customer(HOTEL)
	open_line_menu(rep, "carry the chairs")
	rep.picture("panel-phone")
	rep.page.get_by_role("menuitem", name="Stop repeating").click()
	expect(rep.panel).to_contain_text("not repeat again")
	assert get_value(TASK, name, "repeats") == "Never"

	open_line_menu(rep, "carry the chairs")
	rep.page.get_by_role("menuitem", name="Hand over").click()
	form = rep.panel.locator(".mx-form")
	expect(form.locator("option", has_text="Ana")).to_have_count(1)
	form.get_by_label("To").select_option(COLLEAGUE)
	rep.picture("panel-hand-over-phone")
	form.get_by_role("button", name="Hand over").click()
	expect(rep.panel).to_contain_text("handed over")
	assert get_value(TASK, name, "assigned_to") == COLLEAGUE
	rep.settle()
