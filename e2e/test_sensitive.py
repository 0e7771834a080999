"""A manager says why, sees what was told in confidence until midnight, closes it again; and what is kept about that."""

import pytest
from conftest import MANAGER, REP, on_site
from playwright.sync_api import expect

# Whom no other browser test looks at.
CUSTOMER = "Greta Lindholm"
SECRET = "Waits for the result of an operation."
LOOKS = pytest.mark.parametrize(("width", "look"), [(1280, "light"), (1280, "dark"), (360, "light")])


@pytest.fixture
def secret():
	"""A sensitive note of the rep about the customer, and nobody's reason to look."""
	name = on_site(
		f"frappe.set_user({REP!r})\n"
		f"answer = frappe.get_doc({{'doctype': 'Personal Note', 'customer': {CUSTOMER!r}, 'note': {SECRET!r}, 'kind': 'Moment', 'sensitive': 1}}).insert().name\n"
		"frappe.set_user('Administrator')\n"
		"from micro_experiences.privacy import access_log\n"
		f"access_log.close({CUSTOMER!r}, {MANAGER!r})"
	)
	yield name
	on_site(f"frappe.delete_doc('Personal Note', {name!r}, force=True)")


def fits(page) -> bool:
	return page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")


def the_banner_fits(page) -> bool:
	"""At 360 px Frappe's own buttons at the foot of a customer's form are wider than the screen, with and without us; of
	ours nothing is."""
	beyond = page.locator(".page-container:visible .mx-panel").evaluate(
		"""(panel) => [panel, ...panel.querySelectorAll("*")].map((node) => node.getBoundingClientRect())
			.filter(({ width, left, right }) => width && (left < 0 || right > innerWidth)).length"""
	)
	return beyond == 0


def open_menu(page):
	page.locator(".page-container:visible .menu-btn-group .btn:visible").first.click()


@LOOKS
def test_a_manager_says_why_looks_and_closes_it_again(desk, secret, width, look):
	manager = desk(MANAGER, width=width).customer(CUSTOMER)
	page = manager.page
	page.evaluate(f"document.documentElement.setAttribute('data-theme', '{look}')")
	expect(manager.panel).not_to_contain_text(SECRET)
	open_menu(page)
	manager.picture(f"sensitive_menu_{width}_{look}")
	page.get_by_role("link", name="Sensitive Notes…").locator("visible=true").first.click()
	dialog = page.get_by_role("dialog").filter(has_text="Why do you need to look?")
	why = dialog.locator("[data-fieldname=reason] input")
	expect(why).to_be_focused()
	# Frappe tells the console what it tells the user.
	manager.refusals += ["417", "Nothing was opened."]
	why.fill("x")
	dialog.get_by_role("button", name="Open", exact=True).click()
	expect(page.get_by_text("Say in a few words why you need to look.")).to_be_visible()
	# Frappe's message and the dialog go; what was typed comes back with the dialog.
	while page.locator(".modal.show").count():
		page.keyboard.press("Escape")
		page.wait_for_timeout(700)
	open_menu(page)
	page.get_by_role("link", name="Sensitive Notes…").locator("visible=true").first.click()
	expect(why).to_have_value("x")
	why.fill("She wants to know what we keep about her")
	manager.picture(f"sensitive_dialog_{width}_{look}")
	# Bootstrap hides nothing that still fades in, and no person types as fast.
	page.wait_for_timeout(1000)
	opens = dialog.get_by_role("button", name="Open", exact=True)
	if width == 360:
		# A phone has no keyboard.
		opens.click()
	else:
		why.press("Tab")
		opens.press("Enter")
	expect(dialog).to_be_hidden()
	expect(manager.panel).to_contain_text(SECRET)
	expect(manager.panel).to_contain_text("because: She wants to know")
	assert the_banner_fits(page)
	manager.picture(f"sensitive_opened_{width}_{look}")
	manager.panel.get_by_role("button", name="Close again").press("Enter")
	expect(manager.panel).not_to_contain_text(SECRET)
	expect(manager.panel).not_to_contain_text("because:")
	assert page.evaluate("document.activeElement?.closest('.mx-panel') !== null")


def test_who_is_no_manager_is_not_offered_it(desk, secret):
	rep = desk(REP).customer(CUSTOMER)
	expect(rep.panel).to_contain_text(SECRET)
	open_menu(rep.page)
	expect(rep.page.get_by_text("Sensitive Notes…")).to_have_count(0)


@LOOKS
def test_the_log_says_who_looked_and_nobody_touches_it(desk, secret, width, look):
	on_site(
		f"frappe.set_user({MANAGER!r})\nfrom micro_experiences.desk import sensitive\n"
		f"sensitive.open_sensitive({CUSTOMER!r}, 'She wants to know what we keep about her')\n"
		f"frappe.get_doc('Personal Note', {secret!r}).run_method('onload')\n"
		"frappe.set_user('Administrator')\nfrom frappe.deferred_insert import save_to_db\nsave_to_db()"
	)
	manager = desk(MANAGER, width=width).go("personal-note-access")
	page = manager.page
	page.evaluate(f"document.documentElement.setAttribute('data-theme', '{look}')")
	rows = page.locator(".page-container:visible .list-row-container")
	expect(rows.first).to_be_visible()
	expect(rows.filter(has_text="Maya").first).to_be_visible()
	expect(rows.filter(has_text="Reason").first).to_be_visible()
	expect(page.locator(".page-container:visible .primary-action:visible")).to_have_count(0)
	assert fits(page)
	manager.picture(f"sensitive_log_{width}_{look}")
	rows.first.locator("a").first.click()
	page.wait_for_url("**/personal-note-access/*")
	manager.settle()
	expect(page.locator(".page-container:visible .primary-action:visible")).to_have_count(0)
	manager.picture(f"sensitive_log_row_{width}_{look}")


@LOOKS
def test_the_settings_say_what_is_forgotten_and_when(desk, width, look):
	manager = desk(MANAGER, width=width).go("micro-experiences-settings")
	page = manager.page
	page.evaluate(f"document.documentElement.setAttribute('data-theme', '{look}')")
	page.get_by_role("tab", name="Forgetting").click()
	words = page.locator("[data-fieldname=forgetting_next]:visible")
	expect(words).to_contain_text("forgotten")
	words.scroll_into_view_if_needed()
	assert fits(page)
	manager.picture(f"sensitive_settings_{width}_{look}")


def test_the_report_lists_what_is_to_be_forgotten(desk, secret):
	on_site(
		f"frappe.db.set_value('Personal Note', {secret!r}, {{'heard_on': '2020-01-01', 'modified': '2020-01-01 10:00:00'}}, update_modified=False)\n"
		"settings = frappe.get_doc('Micro Experiences Settings')\nsettings.update({'forget_moment_after': 12})\nsettings.save()"
	)
	manager = desk(MANAGER).go("query-report/Notes to Be Forgotten")
	expect(manager.page.get_by_text("Not for you to see, and only counted: ")).to_be_visible()
	manager.picture("sensitive_report")
