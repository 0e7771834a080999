"""The banner on Customer and Sales Invoice: there when it should be, gone when it should be, and at no cost."""

import re

import pytest
from conftest import on_site
from playwright.sync_api import expect

BOOKS, FLORIST = "Harbour Street Books", "Bluebell Florist"


def test_customer_shows_what_matters_first(desk):
	rep = desk().customer(BOOKS)
	lines = rep.panel.locator(".mx-line")
	expect(lines).to_have_count(3)
	expect(lines.nth(0)).to_contain_text("You promised: send the marathon book")
	expect(lines.nth(1)).to_contain_text("No alcohol, please")
	expect(lines.nth(2)).to_contain_text("Olivia's birthday")
	expect(rep.panel).to_contain_text("left")
	rep.picture("customer")


def test_invoice_starts_as_one_line_and_unfolds(desk, invoice_of):
	rep = desk().invoice(invoice_of(BOOKS))
	expect(rep.panel.locator(".mx-body")).to_be_hidden()
	expect(rep.panel).to_contain_text("send the marathon book")
	rep.picture("sales-invoice")
	rep.panel.get_by_role("button", name="Unfold").click()
	expect(rep.panel.locator(".mx-line").first).to_be_visible()
	rep.picture("sales-invoice-unfolded")
	# ... and that is remembered for the user
	rep.settle().invoice(invoice_of(BOOKS))
	expect(rep.panel.locator(".mx-line").first).to_be_visible()
	rep.panel.get_by_role("button", name="Fold", exact=True).click()
	rep.settle()


@pytest.mark.parametrize("form", ["customer", "invoice"])
def test_no_request_more_than_stock(desk, invoice_of, form):
	"""Requests to /api/ from navigation to idle: with our bundle, and with an empty one in its place."""
	route = f"customer/{BOOKS}" if form == "customer" else f"sales-invoice/{invoice_of(BOOKS)}"
	counts = {}
	for side in ("stock", "app"):
		rep = desk()
		if side == "stock":
			rep.page.route(
				re.compile(r"/assets/micro_experiences/.*\.js"),
				lambda one: one.fulfill(status=200, content_type="text/javascript", body=""),
			)
		rep.go(route)  # what Frappe keeps in the browser is there from here on
		seen = []
		rep.page.on("request", lambda one, seen=seen: seen.append(one.url) if "/api/" in one.url else None)
		rep.go(route)
		rep.page.wait_for_timeout(1500)
		expect(rep.panel).to_have_count(1 if side == "app" else 0)
		counts[side] = len(seen)
		rep.context.close()
	print(form, counts)
	assert counts["app"] == counts["stock"] > 0


def test_new_invoice_asks_once_when_the_customer_is_chosen(desk):
	rep = desk().go("sales-invoice/new")
	expect(rep.panel).to_have_count(0)
	rep.picture("new-invoice-before")
	asked = []
	rep.page.on("request", lambda one: asked.append(one.url) if "get_banner" in one.url else None)
	choose = "([name]) => { cur_frm.set_value('customer', name); }"
	rep.page.evaluate(choose, [BOOKS])
	expect(rep.panel).to_contain_text("send the marathon book")
	rep.settle().picture("new-invoice-after")
	assert len(asked) == 1
	rep.page.evaluate(choose, [FLORIST])
	expect(rep.panel).to_contain_text("founded")
	expect(rep.panel).not_to_contain_text("marathon")
	rep.settle().page.evaluate(choose, [BOOKS])
	expect(rep.panel).to_contain_text("send the marathon book")
	assert len(asked) == 2, "kept for a minute"
	rep.settle().page.evaluate(choose, [""])
	expect(rep.panel).to_have_count(0)
	rep.settle()


def test_it_survives_what_forms_do(desk):
	"""Save, submit, cancel, tabs, Frappe's own messages, another document and back."""
	draft = on_site(
		f"""
from micro_experiences.testing import make_invoice
answer = make_invoice(frappe.db.get_value("Company", {{}}), {BOOKS!r}).name
"""
	)
	manager = desk("maya@example.com").invoice(draft)
	page, panel = manager.page, manager.panel
	promised = re.compile("send the marathon book")

	def is_there():
		expect(panel).to_have_count(1)
		expect(panel).to_contain_text(promised)
		manager.settle()

	manager.run("cur_frm.refresh()")
	is_there()
	manager.run("cur_frm.layout.show_message('hello'); cur_frm.layout.show_message('')")
	is_there()
	manager.run("cur_frm.set_value('remarks', 'x').then(() => cur_frm.save())")
	expect(page.locator(".indicator-pill:visible").first).to_contain_text("Draft")
	is_there()
	page.get_by_role("tab", name="Payments").click()
	is_there()
	manager.run("cur_frm.reload_doc()")
	is_there()
	manager.run("frappe.set_route('Form', 'Customer', 'Bluebell Florist')")
	expect(page.locator(".page-container:visible .mx-panel")).to_contain_text("founded")
	manager.run(f"frappe.set_route('Form', 'Sales Invoice', '{draft}')")
	page.wait_for_function("(name) => cur_frm.docname === name", arg=draft)
	is_there()
	manager.run("cur_frm.savesubmit()")
	page.locator(".modal.show .btn-primary:visible").first.click()
	page.wait_for_function("() => cur_frm.doc.docstatus === 1")
	is_there()
	manager.run("cur_frm.savecancel()")
	page.locator(".modal.show .btn-primary:visible").first.click()
	page.wait_for_function("() => cur_frm.doc.docstatus === 2")
	is_there()
	manager.run("cur_frm.amend_doc()")
	page.wait_for_function("() => cur_frm.doc.__islocal")
	is_there()


def test_an_invoice_made_from_an_order_needs_no_question(desk):
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
	manager = desk("maya@example.com").go(f"sales-order/{order}")
	asked = []
	manager.page.on("request", lambda one: asked.append(one.url) if "get_banner" in one.url else None)
	manager.run(
		"frappe.model.open_mapped_doc({method: 'erpnext.selling.doctype.sales_order.sales_order.make_sales_invoice', frm: cur_frm})"
	)
	manager.page.wait_for_function("() => cur_frm.doctype === 'Sales Invoice' && cur_frm.doc.__islocal")
	expect(manager.panel).to_contain_text("send the marathon book")
	assert asked == []


@pytest.mark.parametrize(
	("name", "options"),
	[
		("phone", {"width": 360, "height": 740}),
		("dark", {"theme": "dark"}),
		("right-to-left", {"lang": "ar"}),
	],
)
def test_it_fits_everywhere(desk, invoice_of, name, options):
	size = {key: value for key, value in options.items() if key in ("width", "height")}
	if lang := options.get("lang"):
		on_site(
			f"frappe.db.set_value('User', 'ana@example.com', 'language', {lang!r}); frappe.clear_cache(user='ana@example.com')"
		)
	try:
		rep = desk("ana@example.com", **size)
		for form, open_form in (
			("customer", lambda: rep.customer(BOOKS)),
			("sales-invoice", lambda: rep.invoice(invoice_of(BOOKS))),
		):
			open_form()
			if theme := options.get("theme"):
				rep.page.evaluate(f"document.documentElement.setAttribute('data-theme', '{theme}')")
			if lang:
				assert (
					rep.page.evaluate("getComputedStyle(document.querySelector('.mx-panel')).direction")
					== "rtl"
				)
			box = rep.panel.bounding_box()
			assert box["x"] >= 0 and box["x"] + box["width"] <= rep.page.viewport_size["width"]
			assert rep.panel.evaluate("node => node.scrollWidth <= node.clientWidth")
			rep.picture(f"{form}-{name}")
	finally:
		if lang:
			on_site(
				"frappe.db.set_value('User', 'ana@example.com', 'language', 'en'); frappe.clear_cache(user='ana@example.com')"
			)
