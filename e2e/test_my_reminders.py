"""My Reminders: from the workspace to one's own choices, which are kept; a manager looks at those of all."""

from conftest import COLLEAGUE, MANAGER, REP, on_site
from playwright.sync_api import expect

PREFERENCE = "Follow Up Preference"


def kept(user: str) -> list:
	return on_site(
		f"row = frappe.db.get_value({PREFERENCE!r}, {{'user': {user!r}}}, ['bell', 'digest', 'digest_hour'], as_dict=True)\n"
		"answer = row and [row.bell, row.digest, row.digest_hour]"
	)


def test_the_workspace_leads_to_ones_own_choices(desk):
	on_site(f"frappe.db.delete({PREFERENCE!r})")
	rep = desk(REP).go("micro-experiences")
	page = rep.page
	page.locator(".shortcut-widget-box", has_text="My Reminders").click()
	form = page.locator(".form-page:visible")
	expect(form.locator("[data-fieldname=digest_hour] select")).to_be_visible()
	rep.settle()
	assert kept(REP) == [1, 1, ""]
	rep.picture("my_reminders")
	form.locator("[data-fieldname=digest_hour] select").select_option("07:00")
	form.get_by_role("checkbox", name="Ring the Bell").click()
	page.keyboard.press("Control+s")
	expect(page.locator(".page-container:visible .indicator-pill", has_text="Not Saved")).to_be_hidden()
	rep.settle()
	assert kept(REP) == [0, 1, "07:00"]
	# What is for the job alone, and what went wrong while nothing did, stands in nobody's way.
	expect(form.locator("[data-fieldname=next_digest_at]")).to_be_hidden()
	expect(form.locator("[data-fieldname=set_aside_because]")).to_be_hidden()


def test_what_went_wrong_is_said_on_a_phone_too(desk):
	why = "There is no outgoing Email Account, so that no mail can be sent. The bell is not affected."
	on_site(
		"from micro_experiences.desk.preferences import open_for\n"
		f"open_for([{COLLEAGUE!r}])\n"
		f"frappe.db.set_value({PREFERENCE!r}, {{'user': {COLLEAGUE!r}}}, 'set_aside_because', {why!r})"
	)
	colleague = desk(COLLEAGUE, width=360).go("follow-up-preference")
	said = colleague.page.locator(".form-page:visible [data-fieldname=set_aside_because]")
	expect(said).to_contain_text(why)
	colleague.picture("my_reminders_360")
	assert colleague.page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")


def test_a_manager_sees_the_list_of_all_and_finds_the_own(desk):
	on_site(f"from micro_experiences.desk.preferences import open_for\nopen_for([{REP!r}, {COLLEAGUE!r}])")
	manager = desk(MANAGER).go("follow-up-preference")
	page = manager.page
	expect(page.locator(".list-row-container:visible", has_text=COLLEAGUE)).to_be_visible()
	page.get_by_role("button", name="My Reminders").click()
	expect(page.locator(".form-page:visible [data-fieldname=digest_hour] select")).to_be_visible()
	assert kept(MANAGER) == [1, 1, ""]
