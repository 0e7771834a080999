"""The banner on Customer and Sales Invoice: when it appears, what it shows, and that it costs no request."""

import re

from conftest import COLLEAGUE, MANAGER, on_site
from playwright.sync_api import expect

BOOKS, FLORIST = "Harbour Street Books", "Bluebell Florist"


def count_banner_requests(page) -> list[str]:
	requests = []
	page.on("request", lambda one: requests.append(one.url) if "get_banner" in one.url else None)
	return requests


def test_customer_form_shows_what_to_avoid_and_three_more_lines(desk):
	rep = desk().customer(BOOKS)
	lines = rep.panel.locator(".mx-line")
	expect(lines).to_have_count(4)
	expect(lines.nth(0)).to_contain_text("No alcohol, please")
	expect(lines.nth(1)).to_contain_text("send the marathon book")
	expect(lines.nth(2)).to_contain_text("Olivia's birthday")
	expect(lines.nth(3)).to_contain_text("Rex the greyhound")
	expect(rep.panel.locator(".mx-wallet")).to_be_visible()
	rep.picture("customer")


def test_banner_on_invoice_starts_collapsed_and_stays_expanded_after_reload(desk, invoice_of):
	rep = desk().invoice(invoice_of(BOOKS))
	expect(rep.panel.locator(".mx-body")).to_be_hidden()
	expect(rep.panel).to_contain_text("No alcohol, please")
	rep.picture("sales-invoice")
	rep.panel.get_by_role("button", name="Expand").click()
	expect(rep.panel.locator(".mx-line").first).to_be_visible()
	rep.picture("sales-invoice-expanded")
	rep.settle().invoice(invoice_of(BOOKS))
	expect(rep.panel.locator(".mx-line").first).to_be_visible()
	rep.panel.get_by_role("button", name="Collapse", exact=True).click()
	rep.settle()


def test_form_load_sends_no_more_requests_than_without_the_app(desk, invoice_of):
	"""Requests to /api/ from navigation to idle: with the bundle of the app, and with an empty one in its place."""
	routes = (f"customer/{BOOKS}", f"sales-invoice/{invoice_of(BOOKS)}")
	counts = {}
	for side in ("app", "stock"):
		rep = desk()
		requests = []
		if side == "stock":
			rep.page.route(
				re.compile(r"/assets/micro_experiences/.*\.js"),
				lambda one: one.fulfill(status=200, content_type="text/javascript", body=""),
			)
		else:
			# From here on, the browser has cached what Frappe caches in it.
			for route in routes:
				rep.go(route)
		rep.page.on(
			"request", lambda one, seen=requests: seen.append(one.url) if "/api/" in one.url else None
		)
		for route in routes:
			requests.clear()
			rep.go(route).page.wait_for_load_state("networkidle")
			rep.settle()
			expect(rep.panel).to_have_count(1 if side == "app" else 0)
			counts[side, route] = len(requests)
	for route in routes:
		assert counts["app", route] == counts["stock", route] > 0, counts


def test_new_invoice_requests_banner_once_per_customer(desk):
	rep = desk().go("sales-invoice/new")
	expect(rep.panel).to_have_count(0)
	requests = count_banner_requests(rep.page)

	def choose(customer: str):
		rep.page.evaluate("([name]) => { cur_frm.set_value('customer', name); }", [customer])

	choose(BOOKS)
	expect(rep.panel).to_contain_text("No alcohol, please")
	rep.settle().picture("new-invoice")
	assert len(requests) == 1
	choose(FLORIST)
	expect(rep.panel).to_contain_text("Anniversary of the shop")
	expect(rep.panel).not_to_contain_text("No alcohol")
	rep.settle()
	choose(BOOKS)
	expect(rep.panel).to_contain_text("No alcohol, please")
	assert len(requests) == 2, "The banner of a customer is cached for a minute."
	rep.settle()
	choose("")
	expect(rep.panel).to_have_count(0)
	rep.settle()


def test_banner_stays_through_save_submit_cancel_and_amend(desk):
	"""Also through tabs, Frappe's own messages, and another document and back."""
	draft = on_site(
		f"""
from micro_experiences.tests.utils import make_invoice
answer = make_invoice(frappe.db.get_value("Company", {{}}), {BOOKS!r}).name
"""
	)
	manager = desk(MANAGER).invoice(draft)
	page, panel = manager.page, manager.panel

	def expect_banner():
		expect(panel).to_have_count(1)
		expect(panel).to_contain_text("No alcohol, please")
		manager.settle()

	def confirm():
		page.locator(".modal.show .btn-primary:visible").first.click()

	manager.run("cur_frm.refresh()")
	expect_banner()
	manager.run("cur_frm.layout.show_message('hello'); cur_frm.layout.show_message('')")
	expect_banner()
	manager.run("cur_frm.set_value('remarks', 'x').then(() => cur_frm.save())")
	page.wait_for_function("() => cur_frm.doc.remarks === 'x' && !cur_frm.is_dirty()")
	expect_banner()
	page.get_by_role("tab", name="Payments").click()
	expect_banner()
	manager.run("cur_frm.reload_doc()")
	expect_banner()
	manager.open("Form", "Customer", FLORIST)
	expect(panel).to_contain_text("Anniversary of the shop")
	manager.open("Form", "Sales Invoice", draft)
	expect_banner()
	manager.run("cur_frm.savesubmit()")
	confirm()
	page.wait_for_function("() => cur_frm.doc.docstatus === 1")
	expect_banner()
	manager.run("cur_frm.savecancel()")
	confirm()
	page.wait_for_function("() => cur_frm.doc.docstatus === 2")
	expect_banner()
	manager.run("cur_frm.amend_doc()")
	page.wait_for_function("() => cur_frm.doc.__islocal")
	expect_banner()


def test_invoice_from_order_shows_banner_without_a_request(desk):
	order = on_site(
		f"""
from frappe.utils import add_days, getdate
order = frappe.get_doc({{"doctype": "Sales Order", "company": frappe.db.get_value("Company", {{}}), "customer": {BOOKS!r},
	"delivery_date": add_days(getdate(), 7),
	"items": [{{"item_code": "Sample Hamper", "qty": 1, "rate": 10, "delivery_date": add_days(getdate(), 7)}}]}}).insert()
order.submit()
answer = order.name
"""
	)
	manager = desk(MANAGER).go(f"sales-order/{order}")
	requests = count_banner_requests(manager.page)
	manager.run(
		"frappe.model.open_mapped_doc({method: 'erpnext.selling.doctype.sales_order.sales_order.make_sales_invoice', frm: cur_frm})"
	)
	manager.page.wait_for_function("() => cur_frm.doctype === 'Sales Invoice' && cur_frm.doc.__islocal")
	expect(manager.panel).to_contain_text("No alcohol, please")
	assert requests == []


def set_language(user: str, language: str) -> None:
	on_site(
		f"frappe.db.set_value('User', {user!r}, 'language', {language!r}); frappe.clear_cache(user={user!r})"
	)


def expect_banner_within_page(one) -> None:
	box = one.panel.bounding_box()
	assert box["x"] >= 0 and box["x"] + box["width"] <= one.page.viewport_size["width"]
	assert one.panel.evaluate("node => node.scrollWidth <= node.clientWidth")


def test_banner_fits_phone_and_right_to_left_pages(desk, invoice_of):
	phone = desk(COLLEAGUE, width=360, height=740).customer(BOOKS)
	expect_banner_within_page(phone)
	phone.picture("customer-phone")
	phone.invoice(invoice_of(BOOKS))
	expect_banner_within_page(phone)
	set_language(COLLEAGUE, "ar")
	try:
		colleague = desk(COLLEAGUE).customer(BOOKS)
		assert colleague.panel.evaluate("node => getComputedStyle(node).direction") == "rtl"
		expect_banner_within_page(colleague)
		colleague.picture("customer-right-to-left")
	finally:
		set_language(COLLEAGUE, "en")
