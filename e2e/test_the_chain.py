"""Note, recall, gesture, cost, promise, reminder: the whole chain, as a rep lives it."""

import re

from conftest import COLLEAGUE, MANAGER, REP, on_site
from playwright.sync_api import expect

OKAFOR, HOTEL = "Tilda Okafor", "Vesper Hotel"


def test_note_to_reminder(desk):
	rep = desk(REP).customer(OKAFOR)
	panel = rep.panel

	# Jot: two clicks and the sentence
	panel.get_by_role("button", name="Jot").click()
	box = panel.get_by_role("textbox").first
	expect(box).to_be_focused()
	box.fill("In two weeks ask about the marathon")
	chip = panel.locator(".mx-chips button", has_text=re.compile("Follow up"))
	expect(chip.first).to_be_visible()
	rep.picture("jot")
	chip.first.click()
	box.press("Control+Enter")
	expect(panel).to_contain_text("Kept")
	rep.settle()
	note = on_site(
		"answer = frappe.db.get_value('Personal Note', {'note': 'In two weeks ask about the marathon'}, ['name', 'customer', 'heard_by'], as_dict=True)"
	)
	assert (note["customer"], note["heard_by"]) == (OKAFOR, REP)
	task = on_site(
		f"answer = frappe.db.get_value('Follow Up Task', {{'personal_note': {note['name']!r}}}, ['assigned_to', 'due_on'], as_dict=True)"
	)
	assert task["assigned_to"] == REP
	assert task["due_on"] == on_site(
		"from frappe.utils import add_days, nowdate\nanswer = add_days(nowdate(), 14)"
	)

	# The colleague sees it at once, uses it, and what was said becomes the next note
	colleague = desk(COLLEAGUE).customer(OKAFOR)
	colleague.panel.locator(".mx-line", has_text="Defends her thesis").get_by_role(
		"button", name="Used it"
	).click()
	said = colleague.panel.get_by_role("textbox").first
	said.fill("The defence is on a Friday")
	colleague.panel.get_by_role("checkbox").first.check()
	said.press("Enter")
	expect(colleague.panel).not_to_contain_text("Defends her thesis soon.")
	expect(colleague.panel).to_contain_text("The defence is on a Friday")
	use = on_site(
		"answer = frappe.db.get_value('Personal Note Use', {'they_said': 'The defence is on a Friday'}, ['used_by', 'action'], as_dict=True)"
	)
	assert use == {"used_by": COLLEAGUE, "action": "Used"}

	# A gesture from the own wallet
	before = on_site(
		f"from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger\nanswer = float(ledger.wallets_of({REP!r})[0].left)"
	)
	rep.customer(OKAFOR)
	rep.panel.get_by_role("button", name="Gesture").first.click()
	form = rep.panel.locator(".mx-form")
	expect(form).to_contain_text("without asking")
	form.get_by_label("What", exact=True).fill("A slice of lemon cake")
	form.get_by_label(re.compile("^Cost")).fill("3.5")
	rep.picture("gesture")
	form.get_by_role("button", name="Give", exact=True).click()
	expect(rep.panel).to_contain_text("Given")
	after = on_site(
		f"from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger\nanswer = float(ledger.wallets_of({REP!r})[0].left)"
	)
	assert round(before - after, 2) == 3.5
	assert (
		on_site(
			"from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger\nanswer = ledger.differences()"
		)
		== []
	)

	# More than is left: refused with how much, and nothing that was typed is lost
	rep.panel.get_by_role("button", name="Gesture").first.click()
	expect(form).to_contain_text("without asking")
	form.get_by_label("What", exact=True).fill("A weekend by the sea")
	form.get_by_label(re.compile("^Cost")).fill("900")
	form.get_by_role("button", name="Give", exact=True).click()
	expect(rep.panel.locator(".mx-trouble")).to_contain_text("left until")
	assert form.get_by_label("What", exact=True).input_value() == "A weekend by the sea"
	expect(rep.page.locator(".modal.show")).to_have_count(0)  # it is said once, where it was typed
	rep.refusals += ["417", "Nothing was booked"]

	# A promise, reminded of by the job, exactly once, and done
	rep.customer(OKAFOR)
	rep.panel.get_by_role("button", name="Follow up").first.click()
	form = rep.panel.locator(".mx-form")
	form.get_by_label("What do you promise?").fill("bring the thesis book")
	form.get_by_role("button", name="Tomorrow").click()
	form.get_by_role("button", name="Promise it").click()
	expect(rep.panel.locator(".mx-form")).to_have_count(0)
	name = on_site("answer = frappe.db.get_value('Follow Up Task', {'subject': 'bring the thesis book'})")
	sent = on_site(
		f"""
from frappe.utils import add_days, now_datetime
from micro_experiences.jobs import reminders
frappe.db.set_value("Follow Up Task", {name!r}, {{"due_on": add_days(now_datetime(), -1), "next_reminder_at": add_days(now_datetime(), -1)}})
# Whatever the time of day is, nobody sleeps; and nobody has turned his bell off.
frappe.db.set_value("Follow Up Preference", {{"user": {REP!r}}}, "bell", 1)
frappe.get_doc("Micro Experiences Settings").update({{"quiet_from": 0, "quiet_until": 0}}).save()
answer = [reminders._send("Reminder", 1, [{name!r}])[1] for _time in range(2)]
frappe.db.commit()
"""
	)
	assert sent == [1, 0]
	rep.go("micro-experiences")
	rep.page.locator(".notifications-icon").first.click()
	bell = rep.page.locator(".notifications-list:visible")
	rung = bell.locator(f".notification-item[href$='/follow-up-task/{name}']")
	expect(rung.first).to_contain_text(OKAFOR)
	# What was promised stands only in the answers below it, which the bell asks for under the rules of sight.
	for number in range(rung.count()):
		expect(rung.nth(number)).not_to_contain_text("thesis book")
	rep.customer(OKAFOR)
	line = rep.panel.locator(".mx-line", has_text="bring the thesis book")
	line.get_by_role("button", name="Done").click()
	rep.panel.get_by_role("textbox").first.press("Enter")
	expect(rep.panel).not_to_contain_text("bring the thesis book")
	assert on_site(f"answer = frappe.db.get_value('Follow Up Task', {name!r}, 'status')") == "Done"


def test_above_the_free_limit_the_lead_decides(desk):
	gesture = on_site(
		"answer = frappe.db.get_value('Gesture', {'customer': 'Vesper Hotel', 'status': 'Awaiting Approval'})"
	)
	lead = desk(MANAGER).go(f"gesture/{gesture}")
	lead.page.get_by_role("button", name="Approve").click()
	lead.page.wait_for_function("() => cur_frm.doc.status === 'Approved'")
	lead.settle()
	assert on_site(f"answer = frappe.db.get_value('Gesture', {gesture!r}, 'approver')") == MANAGER
	rep = desk(COLLEAGUE).go(f"gesture/{gesture}")
	rep.page.get_by_role("button", name="Given").click()
	rep.page.wait_for_function("() => cur_frm.doc.status === 'Given'")
	rep.settle()


def test_the_places_around_it(desk):
	rep = desk(REP).go("micro-experiences")
	for card in ("Promises Due Today", "Occasions This Week", "Notes This Month", "Left in My Wallet"):
		expect(rep.page.locator(".number-widget-box", has_text=re.compile(card, re.I))).to_be_visible()
	expect(rep.page.locator(".number-widget-box .widget-content").nth(3)).not_to_contain_text("Loading")
	rep.settle().picture("workspace")
	rep.go("follow-up-task/view/list")
	expect(rep.page.locator(".list-row").first).to_be_visible()
	rep.picture("follow-up-list")
	rep.go("follow-up-task/view/calendar/default")
	expect(rep.page.locator(".fc-event").first).to_be_visible()
	rep.picture("calendar")
	rep.customer("Harbour Street Books")
	rep.panel.get_by_role("button", name=re.compile("more$")).click()
	expect(rep.page.locator(".list-row:visible").first).to_be_visible()
	rep.settle().picture("notes-of-a-customer")
	rep.customer("Harbour Street Books")
	rep.page.get_by_role("tab", name="Dashboard").click()
	expect(rep.page.locator(".document-link:visible", has_text="Personal Note")).to_be_visible()


def test_discreet_mode_hides_the_words(desk):
	rep = desk(REP).customer("Harbour Street Books")
	rep.panel.get_by_role("button", name="Hide what is written here").first.click()
	expect(rep.panel).not_to_contain_text("alcohol")
	rep.settle().picture("discreet")
	rep.customer("Harbour Street Books")
	expect(rep.panel).not_to_contain_text("alcohol")
	rep.panel.get_by_role("button", name="Hide what is written here").first.click()
	expect(rep.panel).to_contain_text("alcohol")
	rep.settle()
