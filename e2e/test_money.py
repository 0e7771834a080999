"""Budgets and wallets in the Desk: a budget is set up, balances are shown, gestures are approved, the report adds up."""

import re

import pytest
from conftest import COLLEAGUE, MANAGER, REP, get_value, on_site, record_gesture
from playwright.sync_api import expect

CUSTOMER = "Willow Kindergarten"
pytestmark = pytest.mark.usefixtures("enough")


def test_new_budget_describes_itself_while_it_is_set_up(desk):
	manager = desk(MANAGER).go("gesture-budget/new")
	summary = manager.page.locator(".mx-budget-summary")
	form = manager.page.locator(".form-page:visible")
	amount = form.locator("[data-fieldname=amount] input")
	amount.fill("50")
	amount.press("Tab")
	expect(summary).to_contain_text(re.compile(r"50\.00.*20\.00"))
	expect(form.locator("[data-fieldname=free_up_to] input")).to_have_value(re.compile("20"))
	manager.run("cur_frm.set_value('for_role', 'Sales User')")
	expect(summary).to_contain_text(re.compile(r"\d+ people in Sales User"))
	expect(form.locator("[data-fieldname=approver_role] input")).to_be_hidden()
	manager.run("cur_frm.set_value('unspent', 'Carries Over')")
	expect(summary).to_contain_text("carried over")
	manager.picture("budget-new")
	assert manager.fits() and manager.fits(360)


def test_budget_shows_each_holder_and_a_chart_of_earlier_periods(desk):
	record_gesture(COLLEAGUE, CUSTOMER, "Tea", 4)
	name = get_value("Gesture Budget", {"title": "Small kindnesses"}, "name")
	on_site(
		"from frappe.utils import add_months, get_first_day, getdate\n"
		"from micro_experiences.permissions import budget_access\nfrom micro_experiences.services import ledger\n"
		f"budget = next(b for b, _row in budget_access.get_enabled_budgets() if b.name == {name!r})\n"
		f"ledger.open_wallets(budget, [{REP!r}, {COLLEAGUE!r}], get_first_day(add_months(getdate(), -1)))"
	)
	manager = desk(MANAGER).go(f"gesture-budget/{name}")
	holder = manager.page.locator(".mx-holder", has_text="Ana")
	expect(holder).to_contain_text("used")
	expect(holder.get_by_role("img")).to_have_attribute("aria-label", re.compile("Ana.*used.*left"))
	expect(manager.page.locator("svg.frappe-chart:visible").first).to_be_visible()
	holder.scroll_into_view_if_needed()
	# Frappe's charts report this when the window is resized while they are drawn.
	manager.expected_errors.append("removeChild")
	manager.picture("budget-holders")
	assert manager.fits() and manager.fits(360)


def test_workspace_opens_own_wallet_with_escaped_entries(desk):
	record_gesture(REP, CUSTOMER, "Coffee for <b>Hanna</b>", 4.5)
	rep = desk(REP).go("micro-experiences")
	rep.page.get_by_role("link", name="My Wallet").first.click()
	wallet = rep.page.locator(".mx-own-wallet").first
	expect(wallet).to_contain_text("Coffee for ‹b>Hanna‹/b>")
	rep.settle().picture("my-wallet")
	assert rep.fits() and rep.fits(360)


def test_approver_decides_many_gestures_from_the_number_card(desk):
	gestures = [record_gesture(REP, CUSTOMER, f"Flowers {number}", 21 + number / 100) for number in (1, 2)]
	manager = desk(MANAGER).go("micro-experiences-management")
	card = manager.page.locator(".number-widget-box", has_text="Awaiting My Approval")
	card.locator(".widget-body").click()
	manager.page.wait_for_url(re.compile("/app/gesture"))
	rows = [manager.page.locator(f".list-row-checkbox[data-name='{name}']") for name in gestures]
	for row in rows:
		row.check()
	manager.page.get_by_role("button", name="Actions").click()
	manager.picture("approve-many")
	manager.page.locator(".dropdown-menu.show").get_by_text("Approve", exact=True).click()
	expect(manager.page.locator(".msgprint")).to_be_visible()
	# The list below the message shows only what still awaits approval.
	for row in rows:
		expect(row).to_have_count(0)
	assert [get_value("Gesture", name, "status") for name in gestures] == ["Approved", "Approved"]

	rep = desk(REP).go("gesture")
	rep.page.locator(".list-row-checkbox").first.check()
	rep.page.get_by_role("button", name="Actions").click()
	expect(rep.page.locator(".dropdown-menu.show").get_by_text("Approve", exact=True)).to_have_count(0)


def test_report_shows_a_manager_all_wallets_and_a_rep_the_own_one(desk):
	record_gesture(REP, CUSTOMER, "Tea", 3)
	record_gesture(COLLEAGUE, CUSTOMER, "Tea", 3)
	for user, sees_others in ((MANAGER, True), (REP, False)):
		one = desk(user).go("query-report/Gesture Budget Utilisation")
		table = one.page.locator(".datatable:visible")
		expect(table).to_contain_text("Priya")
		expect(table).to_contain_text("Total")
		expect(table.get_by_text("Ana", exact=False)).to_have_count(int(sees_others))
		expect(one.page.locator(".frappe-chart:visible").first).to_be_visible()
