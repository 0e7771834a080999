"""The wording hint for sensitive words: in the form of a note, in the banner, and in the manager's report."""

from conftest import COLLEAGUE, MANAGER, REP, insert, on_site
from playwright.sync_api import expect

CUSTOMER = "Quayside Dental"
HINT = "This may be about their health."


def get_stored(text: str) -> list:
	return on_site(
		f"answer = frappe.get_all('Personal Note', filters={{'note': {text!r}}}, fields=['sensitive', 'kept_as_is_because'], as_list=True)"
	)


def insert_note(user: str, text: str) -> str:
	return insert(user, "Personal Note", customer=CUSTOMER, note=text, kind="Fact")


def test_form_shows_hint_while_typing_and_saves_the_note(desk):
	rep = desk(REP).go("personal-note/new")
	page = rep.page
	form = page.locator(".form-page:visible")
	note = form.locator("[data-fieldname=note] textarea")
	note.fill("She is depressed, zqone")
	expect(form.locator(".mx-form-wording")).to_contain_text(HINT)
	rep.picture("wording-form")
	form.get_by_role("button", name="Rephrase").click()
	selected = note.evaluate("node => node.value.slice(node.selectionStart, node.selectionEnd)")
	assert selected == "depressed"
	form.locator("[data-fieldname=customer] input").fill(CUSTOMER)
	page.locator("[role=option]:visible", has_text=CUSTOMER).first.click()
	form.get_by_role("button", name="Mark as sensitive").click()
	expect(form.locator(".mx-form-wording p")).to_have_count(0)
	rep.press_save()
	assert get_stored("She is depressed, zqone") == [[1, None]]


def test_form_saves_the_reason_to_keep_the_wording(desk):
	name = insert_note(REP, "Is depressed, zqtwo")
	rep = desk(REP).go(f"personal-note/{name}")
	form = rep.page.locator(".form-page:visible")
	expect(form.locator(".mx-form-wording")).to_contain_text(HINT)
	form.get_by_role("button", name="Keep with a reason").click()
	reason = form.locator("[data-fieldname=kept_as_is_because] textarea")
	expect(reason).to_be_visible()
	reason.fill("She asked us to know it")
	rep.press_save()
	assert get_stored("Is depressed, zqtwo") == [[0, "She asked us to know it"]]
	expect(form.locator(".mx-form-wording p")).to_have_count(0)


def test_reader_of_a_note_gets_no_hint_and_no_save_button(desk):
	other, own = insert_note(REP, "Is depressed, zqthree"), insert_note(COLLEAGUE, "Is depressed, zqsix")
	# Own note, a colleague's on the same form, and back.
	colleague = desk(COLLEAGUE).go(f"personal-note/{own}")
	page = colleague.page
	form = page.locator(".form-page:visible")
	for note, word, is_own in ((own, "zqsix", 1), (other, "zqthree", 0), (own, "zqsix", 1)):
		colleague.open("Form", "Personal Note", note)
		if is_own:
			expect(form.locator("[data-fieldname=note] textarea")).to_have_value(f"Is depressed, {word}")
		else:
			expect(form.locator("[data-fieldname=note] .control-value")).to_contain_text(word)
		expect(form.locator("[data-fieldname=note] textarea:visible")).to_have_count(is_own)
		expect(form.locator(".mx-form-wording p")).to_have_count(is_own)
		expect(page.locator(".page-container:visible .primary-action:visible")).to_have_count(is_own)
	expect(page.locator(".modal.show")).to_have_count(0)


def test_banner_shows_hint_and_saves_the_reason(desk):
	rep = desk(REP).customer(CUSTOMER)
	rep.panel.get_by_role("button", name="Add note", exact=True).click()
	rep.panel.get_by_label("What do you want to remember?").fill("Diabetic, so no cake, zqfour")
	expect(rep.panel.locator(".mx-wording-line")).to_contain_text(HINT)
	rep.panel.get_by_role("button", name="Keep with a reason").click()
	rep.page.keyboard.type("For the cake")
	rep.picture("wording-banner")
	rep.panel.get_by_role("button", name="Save", exact=True).click()
	expect(rep.panel).to_contain_text("Note saved.")
	assert get_stored("Diabetic, so no cake, zqfour") == [[0, "For the cake"]]


def test_report_lists_unanswered_words_without_the_note(desk):
	insert_note(REP, "That moron, zqfive")
	manager = desk(MANAGER).go("query-report/Worth a Second Look")
	rows = manager.page.locator(".datatable:visible")
	expect(rows).to_contain_text("moron")
	expect(rows).not_to_contain_text("zqfive")
