"""The money side of the Desk: a budget is set up, a wallet is looked at, many gestures are decided, the report adds up."""

import re

import pytest
from conftest import COLLEAGUE, MANAGER, REP, on_site
from playwright.sync_api import expect

CUSTOMER = "Tilda Okafor"
pytestmark = pytest.mark.usefixtures("enough")

WIDTHS = pytest.mark.parametrize("width", [1280, 360])


def give(user: str, what: str, cost: float) -> str:
	"""The name of a gesture that somebody gave."""
	return on_site(
		f"frappe.set_user({user!r})\nfrom micro_experiences.desk import gestures\n"
		f"answer = gestures.give({CUSTOMER!r}, {what!r}, cost={cost})['name']"
	)


def fits(page) -> bool:
	return page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")


@WIDTHS
def test_a_budget_is_set_up_in_one_short_form(desk, width):
	manager = desk(MANAGER, width=width).go("gesture-budget/new")
	page = manager.page
	words = page.locator(".mx-money-words")
	field = page.locator(".form-page:visible")
	amount = field.locator("[data-fieldname=amount] input")
	amount.fill("50")
	amount.press("Tab")
	expect(words).to_contain_text(
		re.compile("Nobody yet may use .*50.00 a month, without asking up to .*20.00")
	)
	expect(field.locator("[data-fieldname=free_up_to] input")).to_have_value(re.compile("20"))
	manager.run("cur_frm.set_value('for_role', 'Sales User')")
	expect(words).to_contain_text(re.compile(r"Each of \d+ people in Sales User may use .*50.00 a month"))
	expect(field.locator("[data-fieldname=approver_role] input")).to_be_hidden()
	manager.run("cur_frm.set_value('unspent', 'Carries Over')")
	expect(words).to_contain_text("what is unspent is carried over.")
	manager.picture(f"budget_new_{width}")
	assert fits(page)


@WIDTHS
def test_the_form_shows_who_holds_what(desk, width):
	give(COLLEAGUE, "Tea", 4)
	name = on_site("answer = frappe.db.get_value('Gesture Budget', {'title': 'Small kindnesses'})")
	# A month before this one, for the chart.
	on_site(
		"from frappe.utils import add_months, get_first_day, getdate\n"
		"from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger\n"
		f"budget = next(b for b, _n in ledger.enabled_budgets() if b.name == {name!r})\n"
		f"ledger.open_wallets(budget, [{REP!r}, {COLLEAGUE!r}], get_first_day(add_months(getdate(), -1)))"
	)
	manager = desk(MANAGER, width=width).go(f"gesture-budget/{name}")
	page = manager.page
	holder = page.locator(".mx-holder", has_text="Ana")
	expect(holder).to_contain_text("used")
	expect(holder.get_by_role("img")).to_have_attribute("aria-label", re.compile("Ana.*used.*left"))
	expect(page.locator("svg.frappe-chart:visible").first).to_be_visible()
	holder.scroll_into_view_if_needed()
	manager.picture(f"budget_standing_{width}")
	assert fits(page)


@WIDTHS
def test_my_wallet_is_one_click_from_the_workspace(desk, width):
	give(REP, "Coffee for <b>Tilda</b>", 4.5)
	rep = desk(REP, width=width).go("micro-experiences")
	rep.page.get_by_role("link", name="My Wallet").first.click()
	rep.settle()
	wallet = rep.page.locator(".mx-own-wallet").first
	expect(wallet).to_contain_text("refills on")
	expect(wallet).to_contain_text("Coffee for ‹b>Tilda‹/b>")
	rep.picture(f"my_wallet_{width}")
	assert fits(rep.page)


def test_many_are_approved_at_once(desk):
	asked = [give(REP, f"Flowers {number}", 21 + number / 100) for number in (1, 2)]
	manager = desk(MANAGER).go("micro-experiences")
	manager.page.locator(".number-widget-box", has_text="Awaiting My Approval").locator(
		".widget-body"
	).click()
	manager.page.wait_for_url(re.compile("/app/gesture"))
	manager.settle()
	for name in asked:
		manager.page.locator(f".list-row-checkbox[data-name='{name}']").check()
	manager.page.get_by_role("button", name="Actions").click()
	manager.picture("approve_many")
	manager.page.locator(".dropdown-menu.show").get_by_text("Approve", exact=True).click()
	expect(manager.page.locator(".msgprint")).to_contain_text("decided")
	# The rows below the dialog are those that still await me.
	for name in asked:
		expect(manager.page.locator(f".list-row-checkbox[data-name='{name}']")).to_have_count(0)
	manager.picture("approved_many")
	decided = [on_site(f"answer = frappe.db.get_value('Gesture', {name!r}, 'status')") for name in asked]
	assert decided == ["Approved", "Approved"]
	rep = desk(REP).go("gesture")
	rep.page.locator(".list-row-checkbox").first.check()
	rep.page.get_by_role("button", name="Actions").click()
	expect(rep.page.locator(".dropdown-menu.show").get_by_text("Approve", exact=True)).to_have_count(0)


@WIDTHS
def test_the_report_adds_up_what_one_may_see(desk, width):
	give(REP, "Tea", 3)
	for user, other in ((MANAGER, True), (REP, False)):
		someone = desk(user, width=width).go("query-report/Gesture Budget Utilisation")
		table = someone.page.locator(".datatable:visible")
		expect(table).to_contain_text("Priya")
		expect(table).to_contain_text("Total")
		expect(table.get_by_text("Ana", exact=False)).to_have_count(int(other))
		expect(someone.page.locator(".frappe-chart:visible").first).to_be_visible()
		someone.picture(f"report_{user.split('@')[0]}_{width}")
