"""The gentle question on a real site: under the note of the form, in the banner, and what a manager finds later."""

from conftest import COLLEAGUE, MANAGER, REP, on_site
from playwright.sync_api import expect

CUSTOMER = "Harbour Street Books"
QUESTION = "This sounds like health. Only write it if they would not mind."


def kept(text: str) -> list:
	return on_site(
		f"answer = frappe.get_all('Personal Note', filters={{'note': {text!r}}}, fields=['sensitive', 'kept_as_is_because'], as_list=True)"
	)


def test_the_form_asks_while_somebody_writes_and_saves_all_the_same(desk):
	rep = desk(REP).go("personal-note/new")
	page = rep.page
	form = page.locator(".form-page:visible")
	note = form.locator("[data-fieldname=note] textarea")
	note.fill("She is depressed, zqone")
	expect(form.locator(".mx-form-wording")).to_contain_text(QUESTION)
	rep.picture("wording_form")
	form.get_by_role("button", name="Rephrase").click()
	selected = note.evaluate("node => node.value.slice(node.selectionStart, node.selectionEnd)")
	assert selected == "depressed"
	form.locator("[data-fieldname=customer] input").fill(CUSTOMER)
	page.locator("[role=option]:visible", has_text=CUSTOMER).first.click()
	form.get_by_role("button", name="Mark sensitive").click()
	expect(form.locator(".mx-form-wording p")).to_have_count(0)
	page.keyboard.press("Control+s")
	expect(page.locator(".page-container:visible .indicator-pill", has_text="Not Saved")).to_be_hidden()
	rep.settle()
	assert kept("She is depressed, zqone") == [[1, None]]


def test_the_form_leads_to_the_field_for_the_reason(desk):
	name = on_site(
		f"frappe.set_user({REP!r})\n"
		f"answer = frappe.get_doc({{'doctype': 'Personal Note', 'customer': {CUSTOMER!r}, 'note': 'Is depressed, zqtwo', 'kind': 'Fact'}}).insert().name"
	)
	rep = desk(REP).go(f"personal-note/{name}")
	page = rep.page
	form = page.locator(".form-page:visible")
	expect(form.locator(".mx-form-wording")).to_contain_text(QUESTION)
	form.get_by_role("button", name="Keep, because…").click()
	reason = form.locator("[data-fieldname=kept_as_is_because] textarea")
	expect(reason).to_be_visible()
	reason.fill("She asked us to know it")
	page.keyboard.press("Control+s")
	expect(page.locator(".page-container:visible .indicator-pill", has_text="Not Saved")).to_be_hidden()
	rep.settle()
	assert kept("Is depressed, zqtwo") == [[0, "She asked us to know it"]]
	expect(form.locator(".mx-form-wording p")).to_have_count(0)


def test_who_only_reads_a_note_is_asked_nothing_and_has_nothing_to_save(desk):
	name = on_site(
		f"frappe.set_user({REP!r})\n"
		f"answer = frappe.get_doc({{'doctype': 'Personal Note', 'customer': {CUSTOMER!r}, 'note': 'Is depressed, zqthree', 'kind': 'Fact'}}).insert().name"
	)
	own = on_site(
		f"frappe.set_user({COLLEAGUE!r})\n"
		f"answer = frappe.get_doc({{'doctype': 'Personal Note', 'customer': {CUSTOMER!r}, 'note': 'Is depressed, zqsix', 'kind': 'Fact'}}).insert().name"
	)
	# One's own, where there is all of it; somebody else's on the same form; and back.
	colleague = desk(COLLEAGUE).go(f"personal-note/{own}")
	page = colleague.page
	form = page.locator(".form-page:visible")
	save = page.locator(".page-container:visible .primary-action:visible")
	hint = form.locator(".mx-form-wording p")
	for note, words, mine in ((own, "zqsix", 1), (name, "zqthree", 0), (own, "zqsix", 1)):
		colleague.run(f"frappe.set_route('Form', 'Personal Note', '{note}')")
		page.wait_for_function(f"() => cur_frm?.doc?.name === '{note}'")
		colleague.settle()
		if mine:
			expect(form.locator("[data-fieldname=note] textarea")).to_have_value(f"Is depressed, {words}")
		else:
			expect(form.locator("[data-fieldname=note] .control-value")).to_contain_text(words)
		expect(form.locator("[data-fieldname=note] textarea:visible")).to_have_count(mine)
		expect(hint).to_have_count(mine)
		expect(save).to_have_count(mine)
	expect(page.locator(".modal.show")).to_have_count(0)


def test_the_banner_asks_and_keeps_the_reason(desk):
	rep = desk(REP).customer(CUSTOMER)
	rep.panel.get_by_role("button", name="Jot", exact=True).click()
	rep.panel.get_by_label("What shall we remember?").fill("Diabetic, so no cake, zqfour")
	expect(rep.panel.locator(".mx-wording-line")).to_contain_text(QUESTION)
	rep.panel.get_by_role("button", name="Keep, because…").click()
	rep.page.keyboard.type("For the cake")
	rep.picture("wording_banner")
	rep.panel.get_by_role("button", name="Save", exact=True).click()
	expect(rep.panel).to_contain_text("Kept.")
	assert kept("Diabetic, so no cake, zqfour") == [[0, "For the cake"]]


def test_a_manager_finds_what_nobody_has_answered(desk):
	on_site(
		f"frappe.set_user({REP!r})\n"
		f"frappe.get_doc({{'doctype': 'Personal Note', 'customer': {CUSTOMER!r}, 'note': 'That moron, zqfive', 'kind': 'Fact'}}).insert()"
	)
	manager = desk(MANAGER).go("query-report/Worth a Second Look")
	rows = manager.page.locator(".datatable:visible")
	expect(rows).to_contain_text("moron")
	expect(rows).not_to_contain_text("zqfive")
	manager.picture("wording_second_look")
