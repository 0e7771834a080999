"""A part of the site fails while people work: forms open and save as without the app, and no input is lost or saved twice.

`e2e/faults.py` runs every fault and compares it with the site without the app.
"""

import json
import os
import re
import sys
from pathlib import Path

import pytest
from conftest import MANAGER, REP, Desk, get_value, insert, log_in, on_site
from playwright.sync_api import expect

sys.path.append(str(Path(__file__).resolve().parents[1] / "tools"))

from own_bench.faults import Faults
from own_bench.slot import Servers

CUSTOMER = "Bluebell Florist"
ANY_ERROR = ""
NOTE_LABEL = "What do you want to remember?"
STILL_HERE = "What you typed is still here."
SAVED_BEFORE = "Already saved on the first attempt."


@pytest.fixture(scope="module")
def faults():
	sites = Path(os.environ["MX_SITES_PATH"])
	config = json.loads((sites / os.environ["MX_SITE"] / "site_config.json").read_text())
	return Faults(Servers(sites.parent), config["db_name"])


@pytest.fixture
def manager(desk):
	"""Return the Desk of a manager whose console may show any error."""
	one = desk(MANAGER)
	one.expected_errors.append(ANY_ERROR)
	return one


@pytest.fixture
def draft():
	return on_site(
		"from micro_experiences.tests.utils import make_invoice\n"
		f"answer = make_invoice(frappe.db.get_value('Company', {{}}), {CUSTOMER!r}).name"
	)


def type_note(one, text: str) -> None:
	one.panel.get_by_role("button", name="Add note", exact=True).click()
	one.panel.get_by_label(NOTE_LABEL).fill(text)


def press_save(one) -> None:
	one.panel.locator("[data-action=save]").click()


def count_notes(text: str) -> int:
	return on_site(f"answer = frappe.db.count('Personal Note', {{'note': {text!r}}})")


def wait_for_form(one, name: str) -> None:
	one.page.wait_for_function("name => window.cur_frm?.docname === name", arg=name)


def expect_customer_saves(one) -> None:
	text = os.urandom(4).hex()
	one.run(f"cur_frm.set_value('customer_details', {text!r}).then(() => cur_frm.save())")
	one.page.wait_for_function("() => !cur_frm.is_dirty()")
	assert get_value("Customer", CUSTOMER, "customer_details") == text


def expect_invoice_submits(one, name: str) -> None:
	one.go(f"sales-invoice/{name}")
	wait_for_form(one, name)
	one.run("cur_frm.savesubmit()")
	one.page.locator(".modal.show .btn-primary:visible").first.click()
	one.page.wait_for_function("() => cur_frm.doc.docstatus === 1")
	assert get_value("Sales Invoice", name, "docstatus") == 1


@pytest.mark.parametrize("fault", ["a column of the app is missing", "a table of the app is missing"])
def test_forms_save_and_input_stays_while_the_schema_is_incomplete(manager, faults, draft, fault):
	manager.customer(CUSTOMER)
	type_note(manager, f"Takes tea when {fault}")
	with faults.all()[fault]():
		press_save(manager)
		expect(manager.panel.get_by_role("alert")).to_contain_text(STILL_HERE)
		manager.close_dialogs()
		expect_customer_saves(manager)
		expect_invoice_submits(manager, draft)
		expect(manager.panel).to_have_count(0)
	manager.customer(CUSTOMER)


def test_forms_open_without_banner_while_a_table_is_locked(manager, faults, draft):
	manager.customer(CUSTOMER)
	with faults.table_locked():
		manager.go(f"customer/{CUSTOMER}")
		wait_for_form(manager, CUSTOMER)
		expect(manager.panel).to_have_count(0)
		expect_customer_saves(manager)
		expect_invoice_submits(manager, draft)


def test_input_stays_while_the_database_is_down_and_is_saved_once(manager, faults):
	text = "Takes tea when the database is back"
	manager.customer(CUSTOMER)
	type_note(manager, text)
	with faults.stopped("mariadb"):
		press_save(manager)
		expect(manager.panel.get_by_role("alert")).to_contain_text(STILL_HERE)
		manager.close_dialogs()
		expect(manager.panel.get_by_label(NOTE_LABEL)).to_have_value(text)
	press_save(manager)
	expect(manager.panel.get_by_label(NOTE_LABEL)).to_have_count(0)
	assert count_notes(text) == 1


def test_invoice_moves_its_follow_up_while_the_queue_is_down(manager, faults, draft):
	today, in_30_days = on_site(
		"from frappe.utils import add_days, today\nanswer = [today(), add_days(today(), 30)]"
	)
	values = {"customer": CUSTOMER, "subject": "ask again", "due_on": today, "assigned_to": MANAGER}
	task = insert(MANAGER, "Follow Up Task", **values, repeats="After Last Invoice", every=30)
	on_site(f"frappe.db.set_value('Follow Up Task', {task!r}, 'due_on', {today!r})")
	manager.customer(CUSTOMER)
	with faults.stopped("redis_queue"):
		expect_invoice_submits(manager, draft)
	assert get_value("Follow Up Task", task, "due_on") == in_30_days


def test_lost_response_creates_no_second_note_and_no_second_payment(manager):
	manager.customer(CUSTOMER)
	lost = []

	def lose_response(route):
		route.fetch()
		lost.append(route.request.url)
		route.abort()

	def get_amount_left() -> float:
		return on_site(
			f"from micro_experiences.services import ledger\nanswer = float(ledger.get_user_wallets({MANAGER!r})[0].left)"
		)

	saves = re.compile(r"notes\.jot|gestures\.record_gesture")
	before = get_amount_left()
	manager.page.route(saves, lose_response, times=1)
	type_note(manager, "Takes tea, says a lost response")
	press_save(manager)
	expect(manager.panel.get_by_role("alert")).to_contain_text("There is no connection to the server.")
	manager.picture("lost-response")
	press_save(manager)
	expect(manager.panel).to_contain_text(SAVED_BEFORE)
	assert count_notes("Takes tea, says a lost response") == 1

	manager.page.route(saves, lose_response, times=1)
	manager.panel.get_by_role("button", name="Record gesture", exact=True).click()
	manager.settle()
	manager.panel.get_by_label("What", exact=True).fill("A lost coffee")
	manager.panel.locator("input[name=cost]").fill("1")
	press_save(manager)
	expect(manager.panel.get_by_role("alert")).to_contain_text("There is no connection to the server.")
	press_save(manager)
	expect(manager.panel).to_contain_text(SAVED_BEFORE)
	assert len(lost) == 2
	assert on_site("answer = frappe.db.count('Gesture', {'what': 'A lost coffee'})") == 1
	assert before - get_amount_left() == 1


@pytest.mark.parametrize("bundle", ["throw new Error('on purpose')", "this is no script", None])
def test_customer_saves_with_a_broken_bundle(manager, bundle):
	def serve(route):
		if bundle is None:
			return route.fulfill(status=404, body="")
		return route.fulfill(status=200, content_type="text/javascript", body=bundle)

	manager.page.route(re.compile(r"/assets/micro_experiences/.*\.js"), serve)
	manager.go(f"customer/{CUSTOMER}")
	wait_for_form(manager, CUSTOMER)
	expect(manager.panel).to_have_count(0)
	expect_customer_saves(manager)


def test_input_is_saved_after_logout_and_login_in_another_tab(browser, sample):
	text = "Takes tea after another login"
	# A session of its own: the other tests stay logged in.
	context = browser.new_context()
	log_in(context, MANAGER)
	manager = Desk(context).customer(CUSTOMER)
	type_note(manager, text)
	other = Desk(context).go("todo")
	with other.page.expect_response(lambda response: response.url.endswith("/api/method/logout")):
		other.run("frappe.call('logout')")
	log_in(context, MANAGER)
	press_save(manager)
	expect(manager.panel.get_by_label(NOTE_LABEL)).to_have_count(0)
	assert count_notes(text) == 1
	context.close()


@pytest.mark.parametrize("kind", ["redis_queue", "redis_cache"])
def test_personal_data_is_shown_and_erased_while_redis_is_down(manager, faults, kind):
	# A new name in every run, because erasure certificates stay.
	customer = f"Erased without {kind} {os.urandom(4).hex()}"
	on_site(
		f"""
from micro_experiences.api import gestures, notes
from micro_experiences.tests.utils import make_customer
make_customer({customer!r})
frappe.set_user({REP!r})
note = notes.jot(customer={customer!r}, note="Her greyhound Rex had surgery.", visibility="Only Me", follow_up_on=frappe.utils.today())["name"]
notes.mark_used(name=note, they_said="He is well again")
gestures.record_gesture(customer={customer!r}, what="a card for Rex", cost=4, personal_note=note)
frappe.set_user("Administrator")
frappe.get_doc({{"doctype": "File", "file_name": "rex_{kind}.txt", "attached_to_doctype": "Personal Note", "attached_to_name": note,
	"content": "Rex " + frappe.generate_hash(), "is_private": 1}}).insert()
"""
	)
	manager.go(f"personal-data/{customer}")
	page = manager.page
	with faults.stopped(kind):
		page.get_by_role("button", name="Show all data").click()
		expect(page.locator(".mx-personal-data")).to_contain_text("Her greyhound Rex had surgery.")
		page.get_by_role("button", name="Erase…").click()
		dialog = page.locator(".modal.show", has_text="Erase permanently")
		expect(dialog.locator("[data-fieldname=typed] input")).to_be_visible()
		manager.wait_for_dialog()
		dialog.locator("[data-fieldname=typed] input").fill(customer)
		dialog.get_by_role("button", name="Erase permanently").click()
		page.wait_for_url("**/personal-data-erasure/**")
		manager.settle().picture(f"erased-without-{kind}")
	left = (
		f"answer = [frappe.db.count(doctype, {{'customer': {customer!r}}}) for doctype in"
		" ('Personal Note', 'Personal Note Use', 'Gesture', 'Follow Up Task', 'Personal Data Erasure')]"
	)
	assert on_site(left) == [0, 0, 0, 0, 1]
	assert on_site(f"answer = frappe.db.count('File', {{'file_name': ('like', 'rex_{kind}%')}})") == 0
