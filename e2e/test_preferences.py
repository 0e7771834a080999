"""My Reminders: a user's own notification settings, opened from the workspace."""

from conftest import COLLEAGUE, MANAGER, REP, on_site
from playwright.sync_api import expect

PREFERENCE = "Follow Up Preference"


def get_stored(user: str) -> list:
	return on_site(
		f"row = frappe.db.get_value({PREFERENCE!r}, {{'user': {user!r}}}, ['bell', 'digest', 'digest_hour'])\n"
		"answer = row and list(row)"
	)


def create_preferences(*users: str) -> None:
	on_site(
		f"from micro_experiences.services.preferences import create_preferences\ncreate_preferences({users!r})"
	)


def test_workspace_opens_own_preference_and_saves_it(desk):
	on_site(f"frappe.db.delete({PREFERENCE!r})")
	rep = desk(REP).go("micro-experiences")
	rep.page.locator(".shortcut-widget-box", has_text="My Reminders").click()
	form = rep.page.locator(".form-page:visible")
	expect(form.locator("[data-fieldname=digest_hour] select")).to_be_visible()
	rep.settle()
	assert get_stored(REP) == [1, 1, ""]
	rep.picture("my-reminders")
	form.locator("[data-fieldname=digest_hour] select").select_option("07:00")
	form.locator("[data-fieldname=bell] input.input-with-feedback").click()
	rep.press_save()
	assert get_stored(REP) == [0, 1, "07:00"]
	# Fields of the job, and a failure that has not happened, are not shown.
	expect(form.locator("[data-fieldname=next_digest_at]")).to_be_hidden()
	expect(form.locator("[data-fieldname=set_aside_because]")).to_be_hidden()


def test_failure_is_shown_on_a_phone(desk):
	reason = "No email can be sent because there is no outgoing Email Account."
	create_preferences(COLLEAGUE)
	on_site(
		f"frappe.db.set_value({PREFERENCE!r}, {{'user': {COLLEAGUE!r}}}, 'set_aside_because', {reason!r})"
	)
	colleague = desk(COLLEAGUE, width=360).go("follow-up-preference")
	shown = colleague.page.locator(".form-page:visible [data-fieldname=set_aside_because]")
	expect(shown).to_contain_text(reason)
	assert colleague.fits()


def test_manager_sees_all_preferences_and_opens_the_own_one(desk):
	create_preferences(REP, COLLEAGUE)
	manager = desk(MANAGER).go("follow-up-preference")
	expect(manager.page.locator(".list-row-container:visible", has_text=COLLEAGUE)).to_be_visible()
	manager.page.get_by_role("button", name="My Reminders").click()
	expect(manager.page.locator(".form-page:visible [data-fieldname=digest_hour] select")).to_be_visible()
	manager.settle()
	assert get_stored(MANAGER) == [1, 1, ""]
