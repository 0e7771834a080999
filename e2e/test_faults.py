"""Something breaks while people work: forms open and save as without us, and what was typed is there once, afterwards.

All faults, beside what stock shows: `e2e/faults.py`.
"""

import json
import os
import re
import sys
from pathlib import Path

import pytest
from conftest import REP, on_site
from playwright.sync_api import expect

sys.path.append(str(Path(__file__).resolve().parents[1] / "tools"))

from own_bench.faults import Faults
from own_bench.slot import Servers

FLORIST, MANAGER = "Bluebell Florist", "maya@example.com"
ANY = ""  # a part of everything that a console may say


@pytest.fixture(scope="module")
def faults():
	sites = Path(os.environ["MX_SITES_PATH"])
	config = json.loads((sites / os.environ["MX_SITE"] / "site_config.json").read_text())
	return Faults(Servers(sites.parent), config["db_name"])


@pytest.fixture
def person(desk):
	"""Somebody at the Desk whose console may say what it will."""
	one = desk(MANAGER)
	one.refusals.append(ANY)
	return one


def jot(person, text: str) -> None:
	person.panel.get_by_role("button", name="Jot", exact=True).click()
	person.panel.get_by_label("What shall we remember?").fill(text)


def send(person) -> None:
	person.panel.get_by_role("button", name="Save", exact=True).click()


def notes(text: str) -> int:
	return on_site(f"answer = frappe.db.count('Personal Note', {{'note': {text!r}}})")


def put_dialogs_away(person) -> None:
	person.page.evaluate("() => { frappe.hide_msgprint(true); frappe.error_dialog?.hide(); }")
	person.page.wait_for_timeout(500)


def is_saved(person) -> None:
	"""The customer on the page, with another text in a field."""
	text = os.urandom(4).hex()
	person.run(f"cur_frm.set_value('customer_details', {text!r}).then(() => cur_frm.save())")
	person.page.wait_for_function("() => !cur_frm.is_dirty()")
	kept = f"answer = frappe.db.get_value('Customer', {FLORIST!r}, 'customer_details')"
	assert on_site(kept) == text


def invoice_is_submitted(person, name: str) -> None:
	person.go(f"sales-invoice/{name}")
	person.page.wait_for_function("name => window.cur_frm?.docname === name", arg=name)
	person.run("cur_frm.savesubmit()")
	person.page.locator(".modal.show .btn-primary:visible").first.click()
	person.page.wait_for_function("() => cur_frm.doc.docstatus === 1")
	assert on_site(f"answer = frappe.db.get_value('Sales Invoice', {name!r}, 'docstatus')") == 1


@pytest.fixture
def draft():
	return on_site(
		"from micro_experiences.testing import make_invoice\n"
		f"answer = make_invoice(frappe.db.get_value('Company', {{}}), {FLORIST!r}).name"
	)


@pytest.mark.parametrize("fault", ["a column of ours is missing", "a table of ours is missing"])
def test_the_app_is_half_migrated(person, faults, draft, fault):
	person.customer(FLORIST)
	jot(person, f"Takes tea when {fault}")
	with faults.all()[fault]():
		send(person)
		expect(person.panel.get_by_role("alert")).to_contain_text("What you typed is still here.")
		put_dialogs_away(person)
		is_saved(person)
		invoice_is_submitted(person, draft)
		expect(person.panel).to_have_count(0)
	person.go(f"customer/{FLORIST}")
	expect(person.panel).to_be_visible()


def test_a_locked_table_keeps_no_form_waiting(person, faults, draft):
	person.customer(FLORIST)
	with faults.table_locked():
		person.go(f"customer/{FLORIST}")
		person.page.wait_for_function("name => window.cur_frm?.docname === name", arg=FLORIST)
		expect(person.panel).to_have_count(0)
		is_saved(person)
		invoice_is_submitted(person, draft)


def test_the_database_is_away_and_the_words_are_sent_when_it_is_back(person, faults):
	text = "Takes tea when the database is back"
	person.customer(FLORIST)
	jot(person, text)
	with faults.stopped("mariadb"):
		send(person)
		expect(person.panel.get_by_role("alert")).to_contain_text("What you typed is still here.")
		put_dialogs_away(person)
		expect(person.panel.get_by_label("What shall we remember?")).to_have_value(text)
	send(person)
	expect(person.panel.get_by_label("What shall we remember?")).to_have_count(0)
	assert notes(text) == 1


def test_the_queue_is_away_and_the_promise_is_counted_all_the_same(person, faults, draft):
	task = on_site(
		f"""
answer = frappe.get_doc({{"doctype": "Follow Up Task", "customer": {FLORIST!r}, "subject": "ask again", "due_on": frappe.utils.add_days(frappe.utils.today(), 10),
	"assigned_to": {MANAGER!r}, "repeats": "After Last Invoice", "every": 30}}).insert().name
"""
	)
	person.customer(FLORIST)
	with faults.stopped("redis_queue"):
		invoice_is_submitted(person, draft)
	due, expected = on_site(
		f"answer = [frappe.db.get_value('Follow Up Task', {task!r}, 'due_on'), frappe.utils.add_days(frappe.utils.today(), 30)]"
	)
	assert due == expected


def test_an_answer_that_is_lost_on_its_way_makes_no_second_note_and_spends_no_second_time(person):
	person.customer(FLORIST)
	lost = []

	def lose(route):
		route.fetch()
		lost.append(route.request.url)
		route.abort()

	left = "from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger\n" + (
		f"answer = float(ledger.wallets_of({MANAGER!r})[0].left)"
	)
	before = on_site(left)
	person.page.route(re.compile(r"notes\.jot|gestures\.give"), lose, times=1)
	jot(person, "Takes tea, says a lost answer")
	send(person)
	expect(person.panel.get_by_role("alert")).to_contain_text("There is no connection just now.")
	person.picture("lost-answer")
	send(person)
	expect(person.panel).to_contain_text("It had arrived the first time, and is kept once.")
	assert notes("Takes tea, says a lost answer") == 1
	person.page.route(re.compile(r"notes\.jot|gestures\.give"), lose, times=1)
	person.panel.get_by_role("button", name="Gesture", exact=True).click()
	person.settle()
	person.panel.get_by_label("What", exact=True).fill("A lost coffee")
	person.panel.locator("input[name=cost]").fill("1")
	give = person.panel.get_by_role("button", name="Give", exact=True)
	give.click()
	expect(person.panel.get_by_role("alert")).to_contain_text("There is no connection just now.")
	give.click()
	expect(person.panel).to_contain_text("It had arrived the first time, and is kept once.")
	assert len(lost) == 2
	assert on_site("answer = frappe.db.count('Gesture', {'what': 'A lost coffee'})") == 1
	assert before - on_site(left) == 1


@pytest.mark.parametrize("bundle", ["throw new Error('on purpose')", "this is no script", None])
def test_a_bundle_of_ours_that_breaks_leaves_the_desk_alone(person, bundle):
	def serve(route):
		if bundle is None:
			return route.fulfill(status=404, body="")
		return route.fulfill(status=200, content_type="text/javascript", body=bundle)

	person.page.route(re.compile(r"/assets/micro_experiences/.*\.js"), serve)
	person.go(f"customer/{FLORIST}")
	person.page.wait_for_function("name => window.cur_frm?.docname === name", arg=FLORIST)
	expect(person.panel).to_have_count(0)
	is_saved(person)


def test_logged_out_and_in_again_in_another_tab(person):
	"""The words are sent on under the new session of the same person."""
	text = "Takes tea after another log in"
	person.customer(FLORIST)
	jot(person, text)
	other = person.context.new_page()
	other.goto(f"{person.base}/app/customer/{FLORIST}")
	other.wait_for_function("() => window.frappe?.boot")
	other.evaluate("() => frappe.call('logout')")
	other.wait_for_timeout(1500)
	answer = person.context.request.post(
		f"{person.base}/api/method/login", form={"usr": MANAGER, "pwd": "remember-me"}
	)
	assert answer.ok
	send(person)
	expect(person.panel.get_by_label("What shall we remember?")).to_have_count(0)
	assert notes(text) == 1


@pytest.mark.parametrize("kind", ["redis_queue", "redis_cache"])
def test_what_is_held_is_shown_and_erased_while_redis_is_away(person, faults, kind):
	name = f"Erased without {kind}"
	on_site(
		f"""
from micro_experiences.desk import follow_ups, gestures, notes
from micro_experiences.testing import make_customer
make_customer({name!r})
frappe.set_user({REP!r})
note = notes.jot({name!r}, "Her greyhound Rex had surgery.", visibility="Only Me", follow_up_on=frappe.utils.today())["name"]
notes.used(note, "He is well again")
gestures.give({name!r}, "a card for Rex", cost=4, personal_note=note)
frappe.set_user("Administrator")
frappe.get_doc({{"doctype": "File", "file_name": "rex.txt", "attached_to_doctype": "Personal Note", "attached_to_name": note,
	"content": "Rex " + frappe.generate_hash(), "is_private": 1}}).insert()
"""
	)
	person.go(f"personal-data/{name}")
	page = person.page
	with faults.stopped(kind):
		page.get_by_role("button", name="Show All of It").click()
		expect(page.locator(".mx-personal-data")).to_contain_text("Her greyhound Rex had surgery.")
		page.get_by_role("button", name="Erase…").click()
		dialog = page.locator(".modal:visible", has_text="This cannot be undone")
		expect(dialog.locator("[data-fieldname=typed] input")).to_be_visible()
		page.wait_for_timeout(1000)
		dialog.locator("[data-fieldname=typed] input").fill(name)
		person.picture(f"erase-{kind}")
		dialog.get_by_role("button", name="Erase for Good").click()
		page.wait_for_url("**/personal-data-erasure/**")
		page.wait_for_timeout(2000)
		person.picture(f"erased-{kind}")
	left = (
		f"answer = [frappe.db.count(doctype, {{'customer': {name!r}}}) for doctype in"
		" ('Personal Note', 'Personal Note Use', 'Gesture', 'Follow Up Task', 'Personal Data Erasure')]"
	)
	assert on_site(left) == [0, 0, 0, 0, 1]
	assert on_site("answer = frappe.db.count('File', {'file_name': ('like', 'rex%')})") == 0
