"""What one can do with a promise, where one meets it: the form, the list, the calendar and the hint that it is due."""

import json

import pytest
from conftest import COLLEAGUE, REP, on_site
from playwright.sync_api import expect

HOTEL = "Vesper Hotel"


def promise(subject: str, days: int = 0, **values) -> str:
	"""A new promise of the rep's, due in so many days; its name."""
	values = {"customer": HOTEL, "subject": subject, "assigned_to": REP} | values
	return on_site(
		f"""
from frappe.utils import add_days, nowdate
frappe.set_user({REP!r})
answer = frappe.get_doc({{"doctype": "Follow Up Task", "due_on": add_days(nowdate(), {days})}} | {values!r}).insert().name
"""
	)


def kept(name: str, *fields: str):
	"""What the site has of a promise."""
	return on_site(
		f"answer = frappe.db.get_value('Follow Up Task', {name!r}, {list(fields)!r}, as_dict=True)"
	)


def day(days: int) -> str:
	return on_site(f"from frappe.utils import add_days, nowdate\nanswer = add_days(nowdate(), {days})")


def theme(rep, name: str):
	rep.page.evaluate("name => document.documentElement.setAttribute('data-theme', name)", name)


def dialog(rep):
	return rep.page.locator(".modal.show .modal-content")


def hand_to(rep, user: str):
	"""Choose a colleague in the dialog that asks for one."""
	dialog(rep).locator("select").select_option(user)
	dialog(rep).get_by_role("button", name="Hand over").click()


# The form


def test_form_later_stop_repeating_and_hand_over(desk):
	name = promise("call about the linen", repeats="Weeks")
	rep = desk(REP).go(f"follow-up-task/{name}")
	expect(rep.page.get_by_role("button", name="Stop repeating")).to_be_visible()
	rep.page.get_by_role("button", name="Later").click()
	expect(rep.page.locator(".dropdown-menu:visible", has_text="In a month")).to_be_visible()
	rep.picture("faces-form")
	theme(rep, "dark")
	rep.picture("faces-form-dark")
	rep.page.locator(".dropdown-item:visible", has_text="In a month").click()
	rep.page.wait_for_function("() => cur_frm.doc.snoozed_until")
	rep.page.get_by_role("button", name="Stop repeating").click()
	rep.page.wait_for_function("() => cur_frm.doc.repeats === 'Never'")
	expect(rep.page.get_by_role("button", name="Stop repeating")).to_have_count(0)
	assert kept(name, "status", "repeats") == {"status": "Open", "repeats": "Never"}
	rep.page.get_by_role("button", name="Hand over").click()
	hand_to(rep, COLLEAGUE)
	rep.page.wait_for_function(f"() => cur_frm.doc.assigned_to === {json.dumps(COLLEAGUE)}")
	rep.settle()
	bell = on_site(
		f"answer = frappe.db.get_value('Notification Log', {{'document_name': {name!r}, 'for_user': {COLLEAGUE!r}}}, 'subject')"
	)
	assert "handed a promise to" in bell and "linen" not in bell


def test_form_done_keeps_what_came_of_it_as_a_note(desk):
	name = promise("ask about the piano")
	rep = desk(REP).go(f"follow-up-task/{name}")
	rep.page.get_by_role("button", name="Done", exact=True).click()
	dialog(rep).locator("[data-fieldname=outcome] input").fill("The piano is tuned on Mondays")
	dialog(rep).get_by_label("Keep it as a note").check()
	rep.picture("faces-done")
	dialog(rep).get_by_role("button", name="Done").click()
	rep.page.wait_for_function("() => cur_frm.doc.status === 'Done'")
	rep.settle()
	assert on_site("answer = frappe.db.exists('Personal Note', {'note': 'The piano is tuned on Mondays'})")


def test_an_outcome_that_is_refused_is_still_in_its_dialog(desk):
	name, outcome = promise("ask about the choir"), "The choir sings. " * 40
	rep = desk(REP).go(f"follow-up-task/{name}")
	rep.refusals += ["417", "characters"]
	rep.page.get_by_role("button", name="Done", exact=True).click()
	said = dialog(rep).locator("[data-fieldname=outcome] input")
	said.fill(outcome)
	dialog(rep).get_by_label("Keep it as a note").check()
	dialog(rep).get_by_role("button", name="Done").click()
	expect(rep.page.locator(".msgprint:visible")).to_contain_text("500")
	rep.page.wait_for_timeout(700)
	rep.run("frappe.hide_msgprint(true)")
	rep.page.wait_for_timeout(700)
	assert said.input_value() == outcome
	assert kept(name, "status") == {"status": "Open"}
	dialog(rep).get_by_label("Keep it as a note").uncheck()
	dialog(rep).get_by_role("button", name="Done").click()
	rep.page.wait_for_function("() => cur_frm.doc.status === 'Done'")
	rep.settle()


def test_form_of_a_colleagues_promise_has_no_buttons(desk):
	name = promise("nothing for others")
	other = desk(COLLEAGUE).go(f"follow-up-task/{name}")
	expect(other.page.get_by_role("button", name="Hand over")).to_have_count(0)
	other.settle()


# The list


def choose(rep, *names: str):
	"""Tick these rows of the list, and open its menu."""
	rep.go("follow-up-task/view/list?status=Open")
	for name in names:
		rep.page.locator(f".list-row-checkbox[data-name='{name}']").check()
	rep.page.get_by_role("button", name="Actions").click()


def test_list_done_later_and_hand_over(desk):
	mine, other = promise("first of many"), promise("second of many")
	theirs = on_site(
		f"frappe.set_user({COLLEAGUE!r})\nfrom frappe.utils import nowdate\n"
		f"answer = frappe.get_doc({{'doctype': 'Follow Up Task', 'customer': {HOTEL!r}, 'subject': 'not mine', 'due_on': nowdate(), 'assigned_to': {COLLEAGUE!r}}}).insert().name"
	)
	rep = desk(REP)
	choose(rep, mine, other, theirs)
	rep.picture("faces-list")
	theme(rep, "dark")
	rep.picture("faces-list-dark")
	rep.page.locator(".dropdown-item:visible", has_text="Hand Over").click()
	hand_to(rep, COLLEAGUE)
	expect(dialog(rep)).to_contain_text("2 done, 1 stay as they were")
	expect(dialog(rep)).to_contain_text(theirs)
	rep.picture("faces-list-answer")
	dialog(rep).locator(".btn-modal-close").click()
	for name in (mine, other):
		assert kept(name, "assigned_to") == {"assigned_to": COLLEAGUE}

	choose(rep, mine)
	rep.page.locator(".dropdown-item:visible", has_text="Later").click()
	dialog(rep).locator("select").select_option("next_week")
	rep.picture("faces-list-later")
	dialog(rep).get_by_role("button", name="Later").click()
	expect(rep.page.locator(".desk-alert", has_text="1 done")).to_be_visible()
	assert kept(mine, "snoozed_until") == {"snoozed_until": day(7)}

	choose(rep, mine, other)
	rep.page.locator(".dropdown-item:visible", has_text="Mark as Done").click()
	expect(rep.page.locator(".desk-alert", has_text="2 done")).to_be_visible()
	for name in (mine, other):
		assert kept(name, "status") == {"status": "Done"}
	rep.settle()


# The calendar


def event(rep, subject: str):
	return rep.page.locator(".fc-event:visible", has_text=subject)


def drag(rep, subject: str, to: str):
	"""Drag an event of the month to another day."""
	where = rep.page.locator(f".fc-bg td[data-date='{to}']").bounding_box()
	event(rep, subject).hover()
	rep.page.mouse.down()
	rep.page.mouse.move(where["x"] + where["width"] / 2, where["y"] + where["height"] / 2, steps=12)
	rep.page.mouse.up()


@pytest.fixture
def near():
	"""A day of this month beside today, and how far it is."""
	far = on_site("from frappe.utils import getdate\nanswer = 1 if getdate().day < 15 else -1")
	return far, day(far)


def test_calendar_click_and_drag(desk, near):
	_far, to = near
	name = promise("show the menu", repeats="Weeks")
	rep = desk(REP).go("follow-up-task/view/calendar/default")
	event(rep, "show the menu").click()
	expect(dialog(rep)).to_contain_text(HOTEL)
	expect(dialog(rep).get_by_role("button", name="Stop repeating")).to_be_visible()
	rep.picture("faces-calendar")
	theme(rep, "dark")
	rep.picture("faces-calendar-dark")
	theme(rep, "light")
	dialog(rep).get_by_role("button", name="Stop repeating").click()
	expect(rep.page.locator(".desk-alert", has_text="no more")).to_be_visible()
	expect(rep.page.locator(".modal.show")).to_have_count(0)
	assert kept(name, "repeats") == {"repeats": "Never"}

	drag(rep, "show the menu", to)
	rep.settle()
	assert kept(name, "due_on") == {"due_on": to}

	event(rep, "show the menu").click()
	dialog(rep).get_by_role("button", name="Skip this one").click()
	expect(rep.page.locator(".desk-alert", has_text="Skipped")).to_be_visible()
	assert kept(name, "status") == {"status": "Skipped"}
	rep.settle()


def test_calendar_puts_back_what_may_not_move(desk, near):
	_far, to = near
	name = promise("stays where it is")
	other = desk(COLLEAGUE).go("follow-up-task/view/calendar/default")
	before = event(other, "stays where it is").bounding_box()
	drag(other, "stays where it is", to)
	expect(other.page.locator(".msgprint")).to_contain_text("This was promised by")
	dialog(other).locator(".btn-modal-close").click()
	expect(other.page.locator(".modal.show")).to_have_count(0)
	assert kept(name, "due_on") == {"due_on": day(0)}
	assert event(other, "stays where it is").bounding_box()["x"] == before["x"]
	other.refusals += ["403", "This was promised by"]
	event(other, "stays where it is").click()
	expect(dialog(other).get_by_role("button", name="Open")).to_be_visible()
	expect(dialog(other).get_by_role("button", name="Hand over")).to_have_count(0)
	other.settle()


# The hint


def remind(*names: str):
	on_site(f"from micro_experiences.desk import bell\nbell.hint({REP!r}, {list(names)!r})")


def hint(rep):
	return rep.page.locator(".desk-alert", has_text="due")


def test_hint_of_one_promise(desk):
	name = promise("bring the keys")
	rep = desk(REP).go("micro-experiences")
	rep.page.wait_for_function("() => frappe.realtime.socket?.connected")
	remind(name)
	expect(hint(rep)).to_contain_text(f"A promise to {HOTEL} is due")
	expect(hint(rep)).not_to_contain_text("keys")
	rep.picture("faces-hint")
	theme(rep, "dark")
	rep.picture("faces-hint-dark")
	hint(rep).get_by_role("button", name="Tomorrow").click()
	expect(rep.page.locator(".desk-alert", has_text="Put off")).to_be_visible()
	assert kept(name, "snoozed_until") == {"snoozed_until": day(1)}

	# Answered meanwhile: no news
	on_site(f"frappe.set_user({REP!r})\nfrappe.get_doc('Follow Up Task', {name!r}).skip()")
	expect(hint(rep)).to_have_count(0)
	with rep.page.expect_response(lambda answer: "follow_ups.about" in answer.url):
		remind(name)
	rep.page.wait_for_timeout(500)
	expect(hint(rep)).to_have_count(0)
	rep.settle()


def test_many_reminders_are_one_hint(desk):
	names = [promise(f"one of many {at}") for at in range(3)]
	rep = desk(REP, width=390, height=800).go("micro-experiences")
	rep.page.wait_for_function("() => frappe.realtime.socket?.connected")
	remind(names[0], names[1])
	expect(hint(rep)).to_contain_text("2 promises are due")
	remind(names[2])
	expect(hint(rep)).to_contain_text("3 promises are due")
	expect(hint(rep)).to_have_count(1)
	rep.picture("faces-hint-phone")
	hint(rep).get_by_role("button", name="Open the list").click()
	expect(rep.page.locator(".list-row:visible", has_text="one of many 2").first).to_be_visible()
	rep.settle()
	# Those that it speaks of, and no other.
	expect(rep.page.locator(".list-row-container:visible")).to_have_count(3)


# On a phone, and in the panel


def test_on_a_phone(desk):
	name = promise("carry the chairs", -30, repeats="Months")
	rep = desk(REP, width=390, height=800).go(f"follow-up-task/{name}")
	rep.picture("faces-form-phone")
	rep.customer(HOTEL)
	line = rep.panel.locator(".mx-line", has_text="carry the chairs")
	line.get_by_role("button", name="More actions").click()
	rep.picture("faces-panel-phone")
	rep.page.get_by_role("menuitem", name="Stop repeating").click()
	expect(rep.panel).to_contain_text("It comes this once, and then no more.")
	assert kept(name, "repeats") == {"repeats": "Never"}
	rep.settle()


def test_panel_hands_over(desk):
	name = promise("show the garden", -30, repeats="Months")
	rep = desk(REP).customer(HOTEL)
	line = rep.panel.locator(".mx-line", has_text="show the garden")
	line.get_by_role("button", name="More actions").click()
	rep.picture("faces-panel")
	rep.page.get_by_role("menuitem", name="Hand over").click()
	form = rep.panel.locator(".mx-form")
	expect(form.locator("option", has_text="Ana")).to_have_count(1)
	form.get_by_label("To").select_option(COLLEAGUE)
	rep.picture("faces-panel-hand-over")
	form.get_by_role("button", name="Hand over").click()
	expect(rep.panel).to_contain_text("Handed over.")
	assert kept(name, "assigned_to") == {"assigned_to": COLLEAGUE}
	rep.settle()
