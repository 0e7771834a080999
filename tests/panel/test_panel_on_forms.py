"""The banner on a form: when it appears, when it asks, and that it never stands on the wrong customer's document."""

import json

import pytest

INVOICE = {"doctype": "Sales Invoice", "name": "INV-1", "customer": "A"}
JOT = "micro_experiences.api.notes.jot"


class Form:
	"""A form of the stand-in Desk: loads documents into it and reads what stands on it."""

	def __init__(self, page, doctype="Sales Invoice"):
		self.page = page
		page.evaluate("doctype => { window.frm = make_form(doctype) }", doctype)

	def load(self, text=None, **doc):
		doc = {**INVOICE, **doc}
		self.page.evaluate(
			"""([doc, text]) => {
				if (text) doc.__onload = { load_after_mapping: 1, micro_experiences: banner(doc.customer || doc.name, text) };
				if (!doc.__islocal) doc.__last_sync_on = new Date();
				load(frm, doc);
			}""",
			[doc, text],
		)

	def refresh(self):
		self.page.evaluate("trigger('form-refresh', frm)")

	def choose(self, customer):
		return self.page.evaluate("customer => choose(frm, customer).then(() => true)", customer)

	def serve(self, customer, text):
		self.page.evaluate(
			"([customer, text]) => { banners[customer] = banner(customer, text) }", [customer, text]
		)

	def texts(self):
		return (
			self.page.locator(".mx-panel .mx-summary, .mx-panel .mx-text")
			.filter(visible=True)
			.all_inner_texts()
		)

	def wait_for(self, text):
		self.page.locator(".mx-panel").get_by_text(text).filter(visible=True).first.wait_for()

	def fetched(self):
		return self.page.evaluate("fetched")

	def count(self):
		return self.page.locator(".mx-panel").count()


@pytest.fixture
def page(open_page):
	return open_page("desk.html")


@pytest.fixture
def form(page):
	return Form(page)


def test_it_stands_before_the_messages_once_and_costs_no_request(form):
	form.load("Rex is ill")
	for _ in range(3):
		form.refresh()
	assert form.texts() == ["Rex is ill"]
	assert form.count() == 1
	assert form.page.evaluate("frm.layout.message[0].previousElementSibling.className").startswith("mx-panel")
	assert form.page.evaluate("[calls.length, fetched.length, settings_saved.length]") == [0, 0, 0]


def test_without_a_payload_or_a_form_of_ours_there_is_nothing(form):
	form.load()
	assert form.count() == 0
	other = Form(form.page, "Item")
	other.load("Not for this form", doctype="Item", name="I-1")
	assert form.count() == 0
	assert form.fetched() == []


def test_after_a_cancel_the_last_payload_stays(form):
	form.load("Rex is ill")
	form.load()  # what comes back from a cancel has no __onload
	assert form.texts() == ["Rex is ill"]


def test_each_document_shows_its_own_customer(form):
	form.load("Rex is ill")
	form.load("Likes tea", name="INV-2", customer="B")
	assert form.texts() == ["Likes tea"]
	form.load("Rex is ill")
	assert form.texts() == ["Rex is ill"]
	form.load(name="INV-3", customer="C")
	assert form.count() == 0


def test_a_new_invoice_asks_once_per_customer_and_without_a_name(form):
	form.serve("A", "Rex is ill")
	form.load(name="new-1", customer=None, __islocal=1)
	assert form.fetched() == []
	assert form.choose("A")
	form.wait_for("Rex is ill")
	form.refresh()
	form.choose(None)
	assert form.count() == 0
	form.choose("A")
	form.wait_for("Rex is ill")
	assert form.fetched() == [{"customer": "A", "reference_doctype": "Sales Invoice"}]


def test_the_contact_of_the_customer_before_is_not_sent_along(form):
	form.serve("B", "Likes tea")
	form.load("Rex is ill", contact_person="A-CONTACT")
	form.choose("B")
	form.wait_for("Likes tea")
	assert form.fetched() == [
		{"customer": "B", "reference_doctype": "Sales Invoice", "reference_name": "INV-1"}
	]


def test_a_late_answer_about_the_customer_before_is_ignored(form):
	form.serve("A", "Rex is ill")
	form.serve("B", "Likes tea")
	form.page.evaluate("window.hold = true")
	form.load(name="new-1", customer=None, __islocal=1)
	form.choose("A")
	form.choose("B")
	form.page.evaluate("held[1]()")
	form.wait_for("Likes tea")
	form.page.evaluate("held[0]()")
	form.page.wait_for_timeout(50)
	assert form.texts() == ["Likes tea"]


def test_the_banner_of_the_customer_before_goes_at_once(form):
	form.page.evaluate("window.hold = true")
	form.load("Rex is ill")
	form.choose("B")
	assert form.count() == 0
	form.choose("A")
	assert form.texts() == ["Rex is ill"]


def test_an_amended_invoice_asks_once_on_refresh(form):
	form.serve("A", "Rex is ill")
	form.load(name="new-2", __islocal=1, contact_person="P")
	form.refresh()
	form.wait_for("Rex is ill")
	form.refresh()
	assert form.fetched() == [{"customer": "A", "contact": "P", "reference_doctype": "Sales Invoice"}]


def test_two_new_invoices_for_one_customer_ask_once_in_a_minute(form):
	form.serve("A", "Rex is ill")
	form.page.evaluate("window.hold = true")
	form.load(name="new-1", __islocal=1)
	form.load(name="new-2", __islocal=1)
	assert len(form.fetched()) == 1
	form.page.evaluate("held[0]()")
	form.wait_for("Rex is ill")
	form.page.evaluate("(now => { Date.now = () => now() + 61_000 })(Date.now)")
	form.load(name="new-3", __islocal=1)
	assert len(form.fetched()) == 2


def test_a_customer_one_may_not_read_is_asked_about_once(form):
	form.page.evaluate("banners.A = null")
	form.load(name="new-1", customer=None, __islocal=1)
	form.choose("A")
	form.page.wait_for_timeout(50)
	form.page.evaluate("(now => { Date.now = () => now() + 3_600_000 })(Date.now)")
	for _ in range(3):
		form.refresh()
	assert form.count() == 0
	assert len(form.fetched()) == 1


def test_what_is_typed_survives_the_first_save(form):
	form.load("Rex is ill", name="new-1", __islocal=1)
	form.page.get_by_role("button", name="Add note").first.click()
	form.page.keyboard.type("Takes tea")
	form.page.evaluate("trigger('rename', 'Sales Invoice', 'new-1', 'INV-9')")
	form.load("Rex is well", name="INV-9")
	form.page.keyboard.type(" gladly")
	assert form.page.get_by_label("What do you want to remember?").input_value() == "Takes tea gladly"
	form.page.keyboard.press("Control+Enter")
	[[method, args, verb]] = form.page.evaluate("calls.filter(([method]) => method.endsWith('jot'))")
	assert (method, verb) == (JOT, "POST")
	assert args.pop("sent_key")
	assert args == {
		"note": "Takes tea gladly",
		"customer": "A",
		"reference_doctype": "Sales Invoice",
		"reference_name": "INV-9",
	}


def test_an_answer_is_kept_for_the_next_refresh_and_for_other_documents(form):
	form.page.evaluate("method => { answers[method] = { banner: banner('A', 'Takes tea') } }", JOT)
	form.load("Rex is ill", name="INV-2")
	form.load("Rex is ill")
	form.page.get_by_role("button", name="Add note").first.click()
	form.page.keyboard.type("Takes tea")
	form.page.keyboard.press("Control+Enter")
	form.page.get_by_text("Takes tea").first.wait_for()
	assert form.page.evaluate("frm.doc.__onload.micro_experiences.items[0].text") == "Takes tea"
	assert form.page.evaluate("frm.doc.__onload.load_after_mapping") == 1
	form.page.evaluate("frm.doc = locals['Sales Invoice/INV-2']; trigger('form-refresh', frm)")
	assert form.texts() == ["Takes tea"]


def test_a_refusal_of_the_server_is_read_without_its_markup(form):
	form.page.evaluate(
		"""method => { answers[method] = { responseJSON: { _server_messages: JSON.stringify([
			JSON.stringify({ message: "Only <b>38.00</b> is left.<img src=x onerror='window.hit = 1'>" })
		]) } } }""",
		JOT,
	)
	form.load("Rex is ill")
	form.page.get_by_role("button", name="Add note").first.click()
	form.page.keyboard.type("Takes tea")
	form.page.keyboard.press("Control+Enter")
	form.page.get_by_text("Only 38.00 is left. What you typed is still here.").wait_for()
	assert form.page.evaluate("window.hit") is None


def test_the_first_focus_of_a_new_form_stays_with_the_form(form):
	form.load("Rex is ill", name="new-1", __islocal=1)
	form.page.evaluate("frm.layout.wrapper[0].querySelector('button, input').focus()")
	assert form.page.evaluate("document.activeElement.className") == "first-input"
	form.page.locator("[data-action=fold]").focus()
	assert form.page.evaluate("document.activeElement.dataset.action") == "fold"


def test_what_is_ticked_is_sent_as_one_and_nobody_is_sent_as_nobody(form):
	form.page.evaluate(
		"answers['micro_experiences.api.notes.get_form_options'] = { contacts: [{ name: 'P', label: 'Jo' }] }"
	)
	form.load("Rex is ill", contact_person="P")
	form.page.get_by_role("button", name="Add note").first.click()
	form.page.keyboard.type("Tea")
	form.page.get_by_text("More options", exact=True).click()
	form.page.get_by_label("Pinned").check()
	assert form.page.get_by_label("Contact").input_value() == "P"
	form.page.get_by_label("Contact").select_option(label="No contact")
	form.page.get_by_role("button", name="Save").click()
	[args] = form.page.evaluate("calls.filter(([method]) => method.endsWith('jot')).map(([, args]) => args)")
	assert (args["pinned"], args["contact"]) == (1, "")


def test_discreet_holds_on_every_form_and_folded_on_its_own(form):
	form.load("Rex is ill")
	form.page.get_by_role("button", name="Expand").click()
	form.page.get_by_role("button", name="Hide content").click()
	form.page.wait_for_function("settings_saved.length === 3")
	assert form.page.evaluate("settings_saved") == [
		["Sales Invoice", "Micro Experiences", {"folded": False}],
		["Customer", "Micro Experiences Discreet", 1],
		["Sales Invoice", "Micro Experiences Discreet", 1],
	]
	customer = Form(form.page, "Customer")
	customer.load("Rex is ill", doctype="Customer", name="A", customer=None)
	assert form.page.get_by_text("Rex is ill").count() == 0


def test_a_new_customer_has_no_banner_yet(page):
	form = Form(page, "Customer")
	form.load("Not yet", doctype="Customer", name="new-customer-1", customer=None, __islocal=1)
	assert form.count() == 0
	form.load("Rex is ill", doctype="Customer", name="A", customer=None)
	assert form.texts() == ["Rex is ill"]
	page.get_by_role("button", name="Mark as used").focus()
	page.get_by_role("button", name="More actions").click()
	page.get_by_role("menuitem", name="Open note").click()
	assert page.evaluate("routes") == [["Form", "Personal Note", "n-A"]]


def test_a_failure_of_ours_stays_ours(open_page):
	page = open_page("desk.html")
	form = Form(page)
	page.evaluate("console.error = (...words) => { window.logged = words.join(' ') }")
	form.load(__onload={"micro_experiences": {"customer": "A", "items": [None]}})
	assert "Micro Experiences" in page.evaluate("window.logged")
	form.load("Likes tea", name="INV-2", customer="B")
	assert form.texts() == ["Likes tea"]


# What breaks


def jot(form, text="Takes tea"):
	form.page.get_by_role("button", name="Expand").click()
	form.page.get_by_role("button", name="Add note").first.click()
	form.page.get_by_label("What do you want to remember?").fill(text)
	form.page.get_by_role("button", name="Save").click()


def prepare(form, *answers):
	form.page.evaluate("([method, answers]) => { window.answers[method] = answers }", [JOT, list(answers)])


def refused(status, exc_type, *messages):
	said = [json.dumps({"message": message}) for message in messages]
	return {"status": status, "responseJSON": {"exc_type": exc_type, "_server_messages": json.dumps(said)}}


@pytest.mark.parametrize(
	("answer", "words"),
	[
		({"status": 0}, "There is no connection to the server."),
		({"status": 401}, "You are logged out. Log in on another tab, then save again here."),
		({"status": 403}, "You are logged out. Log in on another tab, then save again here."),
		({"status": 500}, "Something went wrong on the server."),
		({"status": 502}, "The server is not responding."),
		({"status": 503}, "The server is not responding."),
		({"status": 504}, "The server is not responding."),
		({"status": 418}, "The request failed."),
		(refused(417, "ValidationError", "Write a <b>few</b> words first."), "Write a few words first."),
	],
)
def test_a_failure_is_told_in_plain_words_and_the_words_stay(form, answer, words):
	form.load("Rex is ill")
	prepare(form, answer, {"banner": {"customer": "A", "items": [], "more": 0, "promises": 0}})
	jot(form)
	form.page.get_by_text(f"{words} What you typed is still here.").wait_for()
	assert form.page.get_by_label("What do you want to remember?").input_value() == "Takes tea"
	form.page.get_by_role("button", name="Save").click()
	form.page.get_by_text("Note saved.").wait_for()
	keys = form.page.evaluate(
		"calls.filter(([method]) => method.endsWith('jot')).map(([, args]) => args.sent_key)"
	)
	assert len(keys) == 2 and len(set(keys)) == 1


def test_who_has_logged_in_again_in_another_tab_sends_on(form):
	form.load("Rex is ill")
	prepare(form, refused(400, "CSRFTokenError", "Invalid Request"), {})
	jot(form)
	form.page.get_by_text("Note saved.").wait_for()
	assert form.page.evaluate("tokens.slice(-2)") == ["old", "f00d"]


def test_what_one_has_typed_is_never_sent_as_somebody_else(form):
	form.load("Rex is ill")
	form.page.evaluate("cookies.user_id = 'ana@example.com'")
	prepare(form, refused(400, "CSRFTokenError", "Invalid Request"), {})
	jot(form)
	form.page.get_by_text("Invalid Request What you typed is still here.").wait_for()
	assert form.page.evaluate("frappe.csrf_token") == "old"


def test_words_are_kept_however_many_other_documents_are_opened(form):
	form.load("Rex is ill")
	form.page.get_by_role("button", name="Expand").click()
	form.page.get_by_role("button", name="Add note").first.click()
	form.page.get_by_label("What do you want to remember?").fill("Takes tea")
	for number in range(2, 40):
		form.load("Likes milk", name=f"INV-{number}", customer="B")
	form.load("Rex is ill")
	assert form.page.get_by_label("What do you want to remember?").input_value() == "Takes tea"
