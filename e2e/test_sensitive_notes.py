"""Sensitive notes: a manager requests access with a reason, reads them in the banner and ends the access; the log shows it."""

import pytest
from conftest import MANAGER, REP, get_value, insert, on_site
from playwright.sync_api import expect

# No other browser test looks for sensitive notes of this customer.
CUSTOMER = "Nightingale Music School"
SECRET = "Waits for the result of an operation."
REASON = "The customer asked what is stored about them"


@pytest.fixture
def sensitive_note():
	"""Insert a sensitive note of the rep that no manager has access to."""
	name = insert(REP, "Personal Note", customer=CUSTOMER, note=SECRET, kind="Moment", sensitive=1)
	on_site(
		f"from micro_experiences.services import access_log\naccess_log.close_access({CUSTOMER!r}, {MANAGER!r})"
	)
	yield name
	on_site(f"frappe.delete_doc('Personal Note', {name!r}, force=True)")


def open_menu(page):
	page.locator(".page-container:visible .menu-btn-group .btn:visible").first.click()


def banner_fits(page) -> bool:
	"""Whether all of the banner is on the screen. At 360 px, Frappe's own buttons on a Customer form are wider than it."""
	return page.locator(".page-container:visible .mx-panel").evaluate(
		"""(panel) => [panel, ...panel.querySelectorAll("*")].map((node) => node.getBoundingClientRect())
			.every(({ width, left, right }) => !width || (left >= 0 && right <= innerWidth))"""
	)


@pytest.mark.parametrize("width", [1280, 360])
def test_manager_requests_access_with_a_reason_and_ends_it(desk, sensitive_note, width):
	manager = desk(MANAGER, width=width).customer(CUSTOMER)
	page = manager.page
	expect(manager.panel).not_to_contain_text(SECRET)
	manager.expected_errors += ["417", "reason"]

	def open_request():
		open_menu(page)
		page.get_by_role("link", name="Sensitive Notes…").locator("visible=true").first.click()

	open_request()
	dialog = page.get_by_role("dialog").filter(has_text="Access Reason")
	reason = dialog.locator("[data-fieldname=reason] input")
	request = dialog.get_by_role("button", name="Request access", exact=True)
	expect(reason).to_be_focused()
	reason.fill("x")
	request.click()
	expect(page.locator(".modal.show:has(.msgprint)")).to_be_visible()
	manager.close_dialogs()
	# A refused reason is still in the dialog when it is opened again.
	open_request()
	expect(reason).to_have_value("x")
	manager.wait_for_dialog()
	reason.fill(REASON)
	manager.picture(f"sensitive-notes-dialog-{width}")
	if width == 360:
		request.click()
	else:
		reason.press("Tab")
		request.press("Enter")
	expect(dialog).to_be_hidden()
	expect(manager.panel).to_contain_text(SECRET)
	expect(manager.panel).to_contain_text(REASON)
	assert banner_fits(page)
	manager.picture(f"sensitive-notes-{width}")
	manager.panel.get_by_role("button", name="Hide sensitive notes").press("Enter")
	expect(manager.panel).not_to_contain_text(SECRET)
	expect(manager.panel).not_to_contain_text(REASON)
	page.wait_for_function("() => document.activeElement?.closest('.mx-panel')")


def test_author_sees_sensitive_note_and_is_not_offered_access(desk, sensitive_note):
	rep = desk(REP).customer(CUSTOMER)
	expect(rep.panel).to_contain_text(SECRET)
	open_menu(rep.page)
	expect(rep.page.get_by_text("Sensitive Notes…")).to_have_count(0)


def test_access_log_is_read_only_and_names_user_and_reason(desk, sensitive_note):
	on_site(
		f"from micro_experiences.api import sensitive_notes\nsensitive_notes.request_access({CUSTOMER!r}, {REASON!r})\n"
		f"frappe.get_doc('Personal Note', {sensitive_note!r}).run_method('onload')",
		MANAGER,
	)
	on_site("from frappe.deferred_insert import save_to_db\nsave_to_db()")
	assert get_value("Personal Note Access", {"user": MANAGER, "personal_note": sensitive_note}, "name")
	manager = desk(MANAGER).go("personal-note-access")
	page = manager.page
	rows = page.locator(".page-container:visible .list-row-container")
	expect(rows.filter(has_text="Maya").filter(has_text="Reason").first).to_be_visible()
	expect(page.locator(".page-container:visible .primary-action:visible")).to_have_count(0)
	assert manager.fits() and manager.fits(360)
	rows.first.locator("a").first.click()
	page.wait_for_url("**/personal-note-access/*")
	manager.settle()
	expect(page.locator(".page-container:visible .primary-action:visible")).to_have_count(0)


def test_settings_and_report_show_what_retention_will_remove(desk, sensitive_note):
	manager = desk(MANAGER).go("micro-experiences-settings")
	manager.page.get_by_role("tab", name="Retention").click()
	summary = manager.page.locator("[data-fieldname=forgetting_next]:visible")
	expect(summary).not_to_have_text("")
	summary.scroll_into_view_if_needed()
	manager.picture("retention-settings")
	assert manager.fits() and manager.fits(360)

	old = {"heard_on": "2020-01-01", "modified": "2020-01-01 10:00:00"}
	on_site(
		f"frappe.db.set_value('Personal Note', {sensitive_note!r}, {old!r}, update_modified=False)\n"
		"settings = frappe.get_doc('Micro Experiences Settings')\nsettings.update({'forget_moment_after': 12})\nsettings.save()"
	)
	manager.open("query-report", "Notes to Be Forgotten")
	# The report counts the sensitive note without showing it.
	expect(manager.page.get_by_text("you do not have permission to see them: ")).to_be_visible()
	expect(manager.page.locator(".datatable:visible", has_text=SECRET)).to_have_count(0)
