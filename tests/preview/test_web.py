"""The pages and methods of the preview over HTTP: who may send requests, what is refused, and what the pages show."""

import json
from datetime import datetime
from html import unescape

import pytest

from preview import methods, records, web
from preview.store import Busy

PORT = 8080
HOME = f"http://127.0.0.1:{PORT}"
PRIYA, ANA, MAYA = "priya@example.com", "ana@example.com", "maya@example.com"
BOOKS = "Harbour Street Books"
PAGES = (
	"/app/customer",
	f"/app/customer/{BOOKS}",
	"/app/sales-invoice",
	"/app/sales-invoice/new",
	"/app/sales-invoice/ACC-SINV-2026-00001",
	f"/app/follow-up-task?assigned_to={PRIYA}&status=Open",
	f"/app/follow-up-task?customer={BOOKS}&status=Open",
	"/app/follow-up-task/FOLLOW-UP-000001",
	"/app/gesture",
	"/app/gesture/GES-000001",
	"/app/gesture-wallet",
	"/app/gesture-budget",
	"/app/gesture-budget/new",
	f"/app/personal-note?customer={BOOKS}&status=Active",
	"/app/personal-note/NOTE-000001",
	"/app/notifications",
	"/about",
)


class Browser:
	"""A browser without scripts: it keeps cookies, and sends the headers of a page of the preview."""

	def __init__(self, app):
		self.client = app.test_client()

	def get(self, path, **options):
		return self.client.get(path, **{"base_url": HOME, **options})

	def post(self, path, **options):
		return self.client.post(path, **{"base_url": HOME, "headers": {"Origin": HOME}, **options})

	def page(self, path):
		answer = self.get(path)
		assert answer.status_code == 200, (path, answer.text)
		return unescape(answer.text)

	def become(self, user):
		assert self.post("/user", data={"user": user}).status_code == 302
		return self

	def call(self, method, body=None, headers=None, **options):
		sent = {"Origin": HOME, "X-Requested-With": "XMLHttpRequest"} | (headers or {})
		options = {"json": body} if body is not None else options
		return self.post(f"{web.METHODS}{method}", headers=sent, **options)

	def called(self, method, **body):
		answer = self.call(method, body)
		assert answer.status_code == 200, answer.text
		return answer.get_json()["message"]

	def banner(self, path):
		begin = '<script type="application/json" id="banner">'
		return json.loads(self.get(path).text.split(begin)[1].split("</script>")[0])


@pytest.fixture
def browser(store, clock):
	return Browser(web.make_app(store, clock, PORT))


def count(store, doctype, **filters):
	with store.reading() as db:
		return len(db.find(doctype, filters))


def check_refused(answer, status, words):
	said = answer.get_json()
	assert answer.status_code == status and said["message"] == "" and words in said["error"], said


# Pages


@pytest.mark.parametrize("user", [PRIYA, ANA, MAYA])
def test_every_page_opens_without_inline_scripts_or_styles(browser, user):
	browser.become(user)
	for path in PAGES:
		text = browser.page(path)
		assert "This is a preview without ERPNext" in text, path
		for inline in ("<style", " style=", " onclick=", "javascript:", "<script>"):
			assert inline not in text, (path, inline)


def test_first_page_is_a_customer_with_the_banner(browser, store, clock):
	path = browser.get("/").headers["Location"]
	assert path == f"/app/customer/{BOOKS.replace(' ', '%20')}"
	made = browser.banner(path)
	context = {"customer": BOOKS, "reference_doctype": "Customer", "reference_name": BOOKS}
	assert made["context"] == context | {"compact": False}
	assert made["payload"]["items"]
	assert made["payload"] == methods.call(store, clock, PRIYA, "banner.get_banner", context)


def test_hidden_and_missing_records_look_the_same(browser, store):
	with store.reading() as db:
		private = db.find("Personal Note", {"visibility": "Only Me", "heard_by": MAYA})[0]["name"]
	answers = [browser.get(f"/app/personal-note/{name}") for name in (private, "NOTE-999999")]
	assert [answer.status_code for answer in answers] == [404, 404]
	assert answers[0].text == answers[1].text
	assert "thinking about selling" in browser.become(MAYA).page(f"/app/personal-note/{private}")


def test_list_is_filtered_by_its_address(browser):
	text = browser.page(f"/app/personal-note?customer={BOOKS}&status=Active")
	assert "greyhound" in text and "lighthouses" not in text
	assert "greyhound" not in browser.page("/app/personal-note?status=Closed")


def test_only_the_manager_sees_budgets_and_wallets_of_all_users(browser, store, clock):
	assert "Only a manager can see budgets." in browser.page("/app/gesture-budget/new")
	assert "Wallets used in this period" not in browser.page("/app/gesture-wallet")
	assert (
		"Priya Nair"
		in browser.become(MAYA).page("/app/gesture-wallet").split("Wallets used in this period")[-1]
	)
	clock.set_forward(datetime(2026, 12, 2, 10))
	assert "No wallet was used in this period." in browser.page("/app/gesture-wallet")
	browser.become(ANA).called("gestures.record_gesture", customer=BOOKS, what="Tea", cost=3)
	everyone = browser.become(MAYA).page("/app/gesture-wallet").split("Wallets used in this period")[-1]
	assert "Ana Costa" in everyone and "Priya Nair" not in everyone and "31 Dec 2026" in everyone


def test_gesture_offers_only_possible_moves(browser, store):
	with store.reading() as db:
		name = db.find("Gesture", {"status": "Awaiting Approval"})[0]["name"]
	path = f"/app/gesture/{name}"
	assert "gestures.approve" not in browser.become(ANA).page(path)
	assert "gestures.approve" in browser.become(MAYA).page(path)


def test_notification_count_opens_what_it_counts(browser):
	asked = browser.become(PRIYA).called("gestures.record_gesture", customer=BOOKS, what="Tickets", cost=25)
	assert asked["status"] == "Awaiting Approval"
	browser.become(MAYA).post("/notifications/read")
	browser.become(PRIYA).called("gestures.set_status", name=asked["name"], status="Cancelled")
	asked = browser.called("gestures.record_gesture", customer=BOOKS, what="Concert tickets", cost=24)
	text = browser.become(MAYA).page("/app/notifications")
	assert "Notifications: 1 unread" in text and text.count("<b>new</b>") == 1
	waiting = f'href="/app/gesture/{asked["name"]}"'
	assert waiting in text
	assert browser.called("gestures.approve", name=asked["name"])["status"] == "Approved"
	assert "Your gesture was approved" in browser.become(PRIYA).page("/app/notifications")


def test_follow_up_that_repeats_can_stop_and_be_handed_over(browser, clock):
	for repeats in ("Never", "Weeks"):
		values = {"customer": BOOKS, "subject": f"water {repeats}", "due_on": str(clock.today())}
		name = browser.called("follow_ups.create", **values, repeats=repeats)["name"]
		page = browser.get(f"/app/follow-up-task/{name}").text
		assert ("follow_ups.stop_repeating" in page) is (repeats == "Weeks")
		assert f'<option value="{ANA}">' in page and f'<option value="{PRIYA}">' not in page
		browser.called("follow_ups.hand_over", name=name, to=ANA)
		assert (
			values["subject"]
			not in browser.client.get("/app/my-follow-ups", base_url=HOME, follow_redirects=True).text
		)


@pytest.mark.parametrize("method", ["follow_ups.create", "follow_ups.hand_over"])
def test_disabled_user_gets_no_follow_up(browser, store, clock, method):
	values = {"customer": BOOKS, "subject": "call", "due_on": str(clock.today())}
	name = browser.called("follow_ups.create", **values)["name"]
	with store.writing() as db:
		db.update("User", ANA, {"enabled": False}, MAYA, clock.now())
	before = count(store, "Follow Up Task", assigned_to=ANA)
	args = {"name": name, "to": ANA} if method.endswith("hand_over") else values | {"assigned_to": ANA}
	check_refused(browser.call(method, args), 417, "Ana Costa is disabled.")
	assert count(store, "Follow Up Task", assigned_to=ANA) == before


def test_stale_budget_form_is_refused(browser, store, clock):
	with store.reading() as db:
		budget = db.find("Gesture Budget")[0]
	form = {"title": budget["title"], "name": budget["name"], "free_up_to": 20, "holders": [PRIYA, ANA]}
	form["modified"] = str(budget["modified"])
	assert form["modified"] in browser.become(MAYA).page(f"/app/gesture-budget/{budget['name']}")
	clock.set_forward(datetime(2026, 11, 18, 11))
	browser.called("budgets.save", **form, amount=60)
	check_refused(browser.call("budgets.save", form | {"amount": 40}), 417, "changed in another window")
	with store.reading() as db:
		wallet = db.find("Gesture Wallet", {"holder": PRIYA})[0]
		assert db.get("Gesture Budget", budget["name"])["amount"] == wallet["allowance"] == 60


# The user and the clock


def test_user_is_switched_and_stored_in_a_cookie(browser):
	assert f'data-user="{PRIYA}"' in browser.page("/about")
	cookie = browser.post("/user", data={"user": MAYA}).headers["Set-Cookie"]
	assert "SameSite=Strict" in cookie and "HttpOnly" in cookie
	assert f'data-user="{MAYA}"' in browser.page("/about")
	assert browser.post("/user", data={"user": "Administrator"}).status_code == 400


@pytest.mark.parametrize(
	("came_from", "leads_to"),
	[
		(f"{HOME}/app/gesture?status=Idea", "/app/gesture?status=Idea"),
		("http://elsewhere.example/app/gesture", "/app"),
		(f"{HOME}//elsewhere.example", "/elsewhere.example"),
	],
)
def test_switching_leads_back_to_a_page_of_the_preview(browser, came_from, leads_to):
	answer = browser.post("/user", data={"user": ANA}, headers={"Origin": HOME, "Referer": came_from})
	assert answer.headers["Location"] == leads_to


def test_clock_sends_each_reminder_once(browser, store, clock):
	browser.post("/clock", data={"to": "next_week"})
	assert clock.now() == datetime(2026, 11, 25, 9)
	text = browser.page("/app/notifications")
	assert "reminders were sent." in text and "overdue" in text
	sent = count(store, "Follow Up Reminder")
	assert sent == count(store, "Notification Log", document_type="Follow Up Task") > 1
	browser.post("/clock", data={"moment": "2026-11-25T09:01"})
	assert "No reminder was due." in browser.page("/app/notifications")
	assert count(store, "Follow Up Reminder") == sent
	others = count(store, "Notification Log", for_user=ANA, read=False)
	browser.post("/notifications/read")
	assert count(store, "Notification Log", for_user=PRIYA, read=False) == 0
	assert count(store, "Notification Log", for_user=ANA, read=False) == others > 0


@pytest.mark.parametrize("chosen", [{"moment": "2001-01-01T09:00"}, {"moment": "soon"}, {"to": "yesterday"}])
def test_impossible_moment_is_refused(browser, clock, chosen):
	before = clock.now()
	browser.post("/clock", data=chosen)
	assert "Choose a" in browser.page("/about") and clock.now() == before


# Calls


def test_approver_sees_a_confidential_gesture_without_its_note(store, clock):
	def call(method, **args):
		return methods.call(store, clock, PRIYA, method, {"customer": BOOKS} | args)

	note = call("notes.jot", note="A worry of hers", visibility="Only Me")["name"]
	asked = call("gestures.record_gesture", what="flowers", cost=25, personal_note=note)
	with store.reading() as db:
		visible = [records.get_row(db, "Gesture", asked["name"], user) for user in (PRIYA, ANA, MAYA)]
	assert [bool(row) for row in visible] == [True, False, True]
	assert visible[2]["personal_note"] is None


def test_second_submission_with_the_same_key_creates_nothing(browser, store):
	values = {"customer": BOOKS, "what": "Tea", "cost": 2, "sent_key": "abc"}
	first = browser.called("gestures.record_gesture", **values)
	again = browser.called("gestures.record_gesture", **values)
	assert again["name"] == first["name"] and again["again"]
	assert count(store, "Gesture", what="Tea") == 1


@pytest.mark.parametrize(
	("method", "args", "status", "words"),
	[
		("notes.jot", {"customer": BOOKS}, 400, "Note is missing"),
		("notes.jot", {"customer": BOOKS, "note": ["a"]}, 400, "Note is not valid"),
		("notes.mark_used", {"name": "NOTE-999999"}, 404, "NOTE-999999"),
		("budgets.save", {"title": "Mine", "amount": 900}, 403, "Only a Micro Experiences Manager"),
		("notes.erase_all", {}, 404, "no such method"),
		(
			"gestures.record_gesture",
			{"customer": BOOKS, "what": "x", "cost": 5000},
			417,
			"Nothing was saved",
		),
		(
			"gestures.record_gesture",
			{"customer": BOOKS, "what": "x", "cost": "1e999"},
			417,
			"Nothing was saved",
		),
		(
			"gestures.record_gesture",
			{"customer": BOOKS, "what": "x", "cost": "nan"},
			417,
			"Nothing was saved",
		),
		("follow_ups.create", {"customer": BOOKS, "subject": "x", "due_on": "soon"}, 400, "not valid"),
	],
)
def test_refused_call_writes_nothing(browser, store, method, args, status, words):
	doctypes = ("Personal Note", "Gesture Budget", "Gesture", "Personal Note Use", "Follow Up Task")
	before = [count(store, doctype) for doctype in doctypes]
	check_refused(browser.call(method, args), status, words)
	assert [count(store, doctype) for doctype in doctypes] == before


@pytest.mark.parametrize("values", [{"due_time": "09:00+02:00"}, {"due_time": "25:00"}, {"every": 10**400}])
def test_impossible_follow_up_is_refused(browser, store, clock, values):
	before = count(store, "Follow Up Task")
	task = {"customer": BOOKS, "subject": "call", "due_on": str(clock.today()), "repeats": "Days"}
	assert browser.call("follow_ups.create", task | values).status_code in (400, 417)
	assert count(store, "Follow Up Task") == before


@pytest.mark.parametrize(
	"data", [b"", b"[]", b"{", b"\xff{}", b'{"cost": NaN}', b'{"note": "\\ud800"}', b'{"a":' * 100_000]
)
def test_unreadable_request_is_refused(browser, data):
	check_refused(browser.call("notes.jot", data=data), 400, "This request cannot be read.")


def test_request_over_one_megabyte_is_refused(browser):
	answer = browser.call("notes.jot", {"customer": BOOKS, "note": "x" * (2 * 1024 * 1024)})
	check_refused(answer, 413, "more than one megabyte")


def test_page_of_another_user_writes_nothing(browser):
	args = {"customer": BOOKS, "note": "Sings in a choir"}
	answer = browser.become(MAYA).call("notes.jot", args, {"X-Preview-User": PRIYA})
	check_refused(answer, 409, "Reload this page")


def test_busy_file_is_reported(browser, store, monkeypatch):
	with store.writing():
		check_refused(browser.call("notes.jot", {"customer": BOOKS, "note": "x"}), 503, str(Busy()))
	monkeypatch.setattr(methods, "run_jobs", lambda *_: 1 / 0)
	answer = browser.post("/clock", data={"to": "tomorrow"})
	assert answer.status_code == 500 and "ZeroDivision" not in answer.text


def test_text_of_users_is_text_everywhere(browser, clock):
	evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>'\"{{ 7 * 7 }}"
	note = browser.called("notes.jot", customer=BOOKS, note=evil, kind="Never", avoids=evil[:60])["name"]
	task = browser.called("follow_ups.create", customer=BOOKS, subject=evil, due_on=str(clock.today()))[
		"name"
	]
	gesture = browser.called("gestures.record_gesture", customer="Old Mill Bakery", what=evil, message=evil)[
		"name"
	]
	invoice = browser.called("invoices.save", customer=BOOKS, remarks=evil)["name"]
	for path in (
		"/app/personal-note",
		f"/app/personal-note/{note}",
		f"/app/customer/{BOOKS}",
		"/app/follow-up-task",
		f"/app/follow-up-task/{task}",
		f"/app/gesture/{gesture}",
		f"/app/sales-invoice/{invoice}",
		f"/app/personal-note?customer={evil}",
	):
		text = browser.get(path).text
		assert "alert(1)" in text, path
		assert "<script>alert" not in text and "<img src=x" not in text and ">49" not in text, path


# Who may send requests


@pytest.mark.parametrize(
	"headers",
	[
		{"Origin": None},
		{"Origin": "null"},
		{"Origin": f"http://127.0.0.1:{PORT + 1}"},
		{"X-Requested-With": None},
	],
)
def test_other_pages_cannot_write(browser, store, headers):
	before = count(store, "Personal Note")
	sent = {"Origin": HOME, "X-Requested-With": "XMLHttpRequest"} | headers
	sent = {name: value for name, value in sent.items() if value}
	answer = browser.post(f"{web.METHODS}notes.jot", json={"customer": BOOKS, "note": "x"}, headers=sent)
	check_refused(answer, 403, "This request came from another page.")
	assert count(store, "Personal Note") == before


@pytest.mark.parametrize("path", ["/user", "/clock", "/notifications/read"])
def test_other_pages_cannot_post_forms(browser, clock, path):
	before = clock.now()
	data = {"user": MAYA, "to": "tomorrow"}
	answer = browser.post(path, data=data, headers={"Origin": "http://elsewhere.example"})
	assert answer.status_code == 403 and "Set-Cookie" not in answer.headers and clock.now() == before


def test_only_names_of_this_machine_are_served(browser):
	for home in ("http://preview.example:8080", "http://127.0.0.1", "http://127.0.0.1:9999"):
		answer = browser.get("/app/customer", base_url=home)
		assert answer.status_code == 400 and HOME in answer.text and BOOKS not in answer.text
	assert browser.get("/app/customer", base_url=f"http://localhost:{PORT}").status_code == 200


@pytest.mark.parametrize("path", ["/app/customer", "/nothing", "/static/host.js", "/api/method/x"])
def test_every_answer_forbids_foreign_scripts_and_frames(browser, path):
	policy = browser.get(path).headers["Content-Security-Policy"]
	assert "script-src 'self';" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy


def test_get_reads_the_banner_only(browser):
	assert browser.get(f"{web.METHODS}banner.get_banner?customer={BOOKS}").get_json()["message"]["items"]
	assert browser.get(f"{web.METHODS}notes.jot?customer={BOOKS}&note=x").status_code == 405
	assert browser.call("banner.get_banner", {"customer": BOOKS}).status_code == 405


@pytest.mark.parametrize("path", ["../hooks.py", "js/panel/../../../hooks.py", "js/panel/", "dist"])
def test_other_files_of_the_app_are_not_served(browser, path):
	assert browser.get("/assets/micro_experiences/js/panel/panel.js").mimetype == "text/javascript"
	assert browser.get(f"/assets/micro_experiences/{path}").status_code == 404
