"""The pages and the methods of the preview over HTTP: who may ask, what is refused and in which words."""

import json
import shutil
from datetime import date, datetime, timedelta
from html import unescape
from threading import Thread
from time import sleep

import pytest

import micro_experiences
from preview import budgets, methods, records, sample, web
from preview.clock import Clock
from preview.session import Session
from preview.store import Busy, Store

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
	"/app/follow-up-task",
	f"/app/follow-up-task?customer={BOOKS}",
	"/app/follow-up-task/PROMISE-000001",
	"/app/gesture",
	"/app/gesture/GES-000001",
	"/app/gesture-wallet",
	"/app/gesture-budget",
	"/app/gesture-budget/new",
	"/app/personal-note",
	f"/app/personal-note?customer={BOOKS}&status=Active",
	"/app/personal-note/NOTE-000001",
	"/app/outbox",
	"/app/follow-up-preference",
	"/about",
)


@pytest.fixture(scope="session")
def filled(tmp_path_factory):
	"""A file with the sample data, made once."""
	path = tmp_path_factory.mktemp("sample") / "preview.sqlite3"
	store = Store(path)
	sample.fill(store, Clock(store))
	store.close()
	return path


@pytest.fixture
def store(filled, tmp_path):
	opened = Store(shutil.copy(filled, tmp_path / "preview.sqlite3"), wait_seconds=0.2)
	yield opened
	opened.close()


@pytest.fixture
def clock(store):
	return Clock(store)


@pytest.fixture
def browser(store, clock):
	"""A browser without scripts: cookies, and the headers that a browser sends by itself."""
	return Browser(web.make_app(store, clock, PORT))


class Browser:
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
		return self.post(f"/api/method/micro_experiences.desk.{method}", headers=sent, **options)

	def banner(self, path):
		begin = '<script type="application/json" id="banner">'
		return json.loads(self.get(path).text.split(begin)[1].split("</script>")[0])


def count(store, doctype, **filters):
	with store.reading() as db:
		return len(db.find(doctype, filters))


def refused(answer, status, words):
	assert answer.status_code == status
	said = answer.get_json()
	assert said["message"] == "" and words in said["error"], said
	return True


# Pages


@pytest.mark.parametrize("user", [PRIYA, ANA, MAYA])
def test_every_page_opens_for_everyone(browser, user):
	browser.become(user)
	for path in PAGES:
		text = browser.page(path)
		assert "This is a preview, not ERPNext" in text, path
		for landmark in ("<header", "<main", "<nav", "<h1>", 'lang="en"', 'href="#main"'):
			assert landmark in text, (path, landmark)


def test_the_home_is_the_list_of_customers(browser):
	for path in ("/", "/app"):
		assert browser.get(path).headers["Location"] == "/app/customer"
	text = browser.page("/app/customer")
	assert BOOKS in text and "Olivia Brandt" in text and "1 open promise" in text


def test_the_search_filters_by_name_and_by_contact(browser):
	by_contact, by_name = browser.page("/app/customer?q=OLIVIA"), browser.page("/app/customer?q=bakery")
	assert BOOKS in by_contact and "Old Mill Bakery" not in by_contact
	assert BOOKS not in by_name and "Old Mill Bakery" in by_name
	assert "No customer is called so." in browser.page("/app/customer?q=<b>")


def test_a_form_carries_the_banner_that_the_method_answers(browser, store, clock):
	made = browser.banner(f"/app/customer/{BOOKS}")
	asked = {"customer": BOOKS, "reference_doctype": "Customer", "reference_name": BOOKS}
	assert made["payload"] == methods.call(store, clock, PRIYA, "banner.get_banner", asked)
	assert made["payload"]["items"] and made["user"] == PRIYA
	assert made["context"] == {**asked, "compact": False}
	invoice = browser.banner("/app/sales-invoice/ACC-SINV-2026-00001")
	assert invoice["context"]["compact"] and invoice["payload"]["customer"] == BOOKS
	new = browser.banner("/app/sales-invoice/new")
	assert new["payload"] is None and new["context"]["customer"] is None


def test_what_is_not_there_and_what_is_not_yours_read_the_same(browser, store):
	with store.reading() as db:
		private = db.find("Personal Note", {"visibility": "Only Me", "heard_by": MAYA})[0]["name"]
	answers = [browser.get(f"/app/personal-note/{name}") for name in (private, "NOTE-999999")]
	assert [answer.status_code for answer in answers] == [404, 404]
	assert answers[0].text == answers[1].text
	assert "There is no such page, or it is not yours to see." in answers[0].text
	assert "think about selling" in browser.become(MAYA).page(f"/app/personal-note/{private}")


def test_a_list_shows_what_its_address_asks_for(browser):
	text = browser.page(f"/app/personal-note?customer={BOOKS}&status=Active")
	assert "greyhound" in text and "lighthouses" not in text
	assert "greyhound" not in browser.page("/app/personal-note?status=Closed")


def test_a_form_shows_each_value_under_its_label(browser):
	text = browser.page("/app/personal-note/NOTE-000001")
	for shown in ("Heard Via", "Phone", "Rex the greyhound had surgery", "Priya Nair", "Olivia Brandt"):
		assert shown in text
	for hidden in ("Occasion On", "Closed Because"):
		assert hidden not in text


def test_budgets_are_for_the_manager(browser, store):
	assert "Budgets are kept by a manager" in browser.page("/app/gesture-budget/new")
	with store.reading() as db:
		name = db.find("Gesture Budget")[0]["name"]
	assert "Budgets are kept by a manager" in browser.page(f"/app/gesture-budget/{name}")
	text = browser.become(MAYA).page(f"/app/gesture-budget/{name}")
	assert "Small kindnesses" in text and "Priya Nair" in text and "<progress" in text
	assert "Up to this much for one gesture nobody is asked." in text


def test_a_manager_is_asked_why_before_sensitive_notes_are_opened(browser, store):
	with store.reading() as db:
		note = next(row for row in db.find("Personal Note", {"sensitive": True, "visibility": "Everyone"}))
	path = f"/app/customer/{note['customer']}"
	assert "sensitive.open_sensitive" not in browser.become(PRIYA).page(path)
	assert "sensitive.open_sensitive" in browser.become(MAYA).page(path)
	listed = f"/app/personal-note?customer={note['customer']}"
	assert note["name"] not in browser.page(listed)
	answer = browser.call("sensitive.open_sensitive", {"customer": note["customer"], "reason": "A complaint"})
	assert answer.status_code == 200 and "A complaint" in browser.banner(path)["payload"]["opened"]
	assert note["name"] in browser.page(listed)
	assert browser.call("sensitive.close_sensitive", {"customer": note["customer"]}).status_code == 200
	assert note["name"] not in browser.page(listed)


def test_a_wallet_says_what_is_left_and_what_it_went_on(browser):
	text = browser.page("/app/gesture-wallet")
	assert "€ 34.00" in text and "left until" in text and "Treat for the Pet for Harbour Street Books" in text


def test_the_buttons_of_a_gesture_are_those_that_make_sense(browser, store):
	with store.reading() as db:
		name = db.find("Gesture", {"status": "Awaiting Approval"})[0]["name"]
	path = f"/app/gesture/{name}"
	assert "gestures.approve" not in browser.become(ANA).page(path).split('<dialog id="decline"')[0]
	assert "gestures.approve" in browser.become(MAYA).page(path)


# The user, the clock, the bell


@pytest.mark.parametrize(("repeats", "offered"), [("Never", False), ("Weeks", True)])
def test_the_buttons_of_a_promise_are_those_that_make_sense(browser, repeats, offered):
	promise = {"customer": BOOKS, "subject": "water the plants", "due_on": "2026-01-01", "repeats": repeats}
	name = browser.call("follow_ups.promise", promise).get_json()["message"]["name"]
	stop = f'data-method="follow_ups.stop_repeating" data-args=\'{{"name": "{name}"}}\''
	for path in ("/app/follow-up-task", f"/app/follow-up-task/{name}"):
		page = browser.get(path).get_data(as_text=True)
		assert (stop in page) is offered, path
		assert f'<option value="{ANA}">' in page and f'<option value="{PRIYA}">' not in page
		assert 'value="next_month"' in page
	assert browser.call("follow_ups.hand_over", {"name": name, "to": ANA}).status_code == 200
	assert "water the plants" not in browser.get("/app/follow-up-task").get_data(as_text=True)


def test_the_user_is_switched_and_remembered(browser):
	assert "Priya Nair" in browser.page("/about")
	answer = browser.post("/user", data={"user": MAYA})
	cookie = answer.headers["Set-Cookie"]
	assert "SameSite=Strict" in cookie and "HttpOnly" in cookie
	assert f'data-user="{MAYA}"' in browser.page("/about")
	assert browser.post("/user", data={"user": "Administrator"}).status_code == 400
	browser.client.set_cookie(f"preview_user_{PORT}", "nobody@example.com", domain="127.0.0.1")
	assert f'data-user="{PRIYA}"' in browser.page("/about")


@pytest.mark.parametrize(
	("came_from", "leads_to"),
	[
		(f"{HOME}/app/gesture?status=Idea", "/app/gesture?status=Idea"),
		("http://elsewhere.example/app/gesture", "/app"),
		(f"{HOME}//elsewhere.example", "/elsewhere.example"),
		("", "/app"),
	],
)
def test_a_switch_leads_back_to_one_of_our_pages(browser, came_from, leads_to):
	answer = browser.post("/user", data={"user": ANA}, headers={"Origin": HOME, "Referer": came_from})
	assert answer.headers["Location"] == leads_to


def test_the_clock_goes_forward_and_says_what_happened(browser, store, clock):
	before = clock.now()
	assert browser.post("/clock", data={"to": "next_week"}).status_code == 302
	assert clock.now().date() == before.date() + timedelta(days=7) and clock.now().hour == 9
	text = browser.page("/app/outbox")
	assert "reminders were sent." in text and "is overdue" in text and "unread" in text
	assert "Sent exactly once" not in text and "to Ana Costa" not in text
	assert (
		count(store, "Follow Up Reminder")
		== count(store, "Notification Log", document_type="Follow Up Task")
		> 1
	)
	assert "Sent exactly once, by its key: <code>PROMISE-" in browser.become(MAYA).page("/app/outbox")


def test_a_digest_is_shown_and_its_hour_is_chosen(browser, store, clock):
	clock.set_forward(datetime.combine(clock.today() + timedelta(days=1), datetime.min.time()))
	methods.run_jobs(store, clock)
	browser.become(PRIYA)
	answer = browser.post("/app/follow-up-preference", data={"digest": "1", "digest_hour": "15:00"})
	assert answer.status_code == 302
	assert "<option selected>15:00</option>" in browser.page("/app/follow-up-preference")
	for hour, mails in ((14, 0), (15, 1)):
		clock.set_forward(datetime.combine(clock.today(), datetime.min.time()) + timedelta(hours=hour))
		methods.run_jobs(store, clock)
		assert count(store, "Email Queue", recipient=PRIYA) == mails
	text = browser.page("/app/outbox")
	assert "Hello Priya, this is on for today:" in text and "(late)" in text
	# The mails of others are theirs.
	assert count(store, "Email Queue", recipient=ANA) and "Hello Ana" not in text


def test_the_same_reminders_are_not_sent_again(browser, store, clock):
	browser.post("/clock", data={"to": "next_month"})
	sent = count(store, "Follow Up Reminder")
	methods.run_jobs(store, clock)
	moment = (clock.now() + timedelta(minutes=1)).isoformat(timespec="minutes")
	browser.post("/clock", data={"moment": moment})
	assert "No reminder was due." in browser.page("/app/outbox")
	assert count(store, "Follow Up Reminder") == sent


@pytest.mark.parametrize(
	("chosen", "words"),
	[
		({"moment": "2001-01-01T09:00"}, "The clock only goes forward"),
		({"moment": "9999-01-01T09:00"}, "ends with the year 2099"),
		({"moment": "soon"}, "Choose a day and a time."),
		({"to": "yesterday"}, "Choose a day and a time."),
	],
)
def test_a_moment_that_cannot_be_is_told(browser, clock, chosen, words):
	before = clock.now()
	browser.post("/clock", data=chosen)
	assert words in browser.page("/about")
	assert clock.now() - before < timedelta(minutes=1)


def test_the_bell_is_read_for_oneself_only(browser, store):
	browser.post("/clock", data={"to": "next_week"})
	others = count(store, "Notification Log", for_user=ANA, read=False)
	assert others and count(store, "Notification Log", for_user=PRIYA, read=False)
	browser.post("/bell/read")
	assert count(store, "Notification Log", for_user=PRIYA, read=False) == 0
	assert count(store, "Notification Log", for_user=ANA, read=False) == others
	assert "Reminders: 0 unread" in browser.page("/about")


# Calls


def test_a_call_answers_as_the_desk_does(browser, store):
	answer = browser.call("notes.jot", {"customer": BOOKS, "note": "Sings in a choir"})
	said = answer.get_json()["message"]
	assert answer.status_code == 200 and said["banner"]["customer"] == BOOKS
	with store.reading() as db:
		note = db.get("Personal Note", said["name"])
	assert (note["note"], note["heard_by"]) == ("Sings in a choir", PRIYA)


def test_days_travel_as_iso_dates(browser, clock):
	said = browser.call("notes.suggest", {"customer": BOOKS, "note": "Surgery tomorrow"}).get_json()
	assert (clock.today() + timedelta(days=1)).isoformat() in said["message"].values()


def test_the_banner_is_asked_for_by_get_and_nothing_else_is(browser):
	path = "/api/method/micro_experiences.desk."
	answer = browser.get(f"{path}banner.get_banner?customer={BOOKS}&reference_doctype=Sales+Invoice")
	assert answer.get_json()["message"]["items"]
	refused(browser.get(f"{path}notes.jot?customer={BOOKS}&note=x"), 405, "cannot be asked in this way")
	refused(browser.call("banner.get_banner", {"customer": BOOKS}), 405, "cannot be asked in this way")


@pytest.mark.parametrize(
	("method", "args", "status", "words"),
	[
		("notes.jot", {"customer": BOOKS, "note": "  "}, 417, "Write what is worth remembering"),
		("notes.jot", {"customer": BOOKS}, 400, "note is missing"),
		("notes.jot", {"customer": BOOKS, "note": ["a"]}, 400, "note is not what it should be"),
		("notes.used", {"name": "NOTE-999999"}, 404, "NOTE-999999"),
		("budgets.save", {"title": "Mine", "amount": 900}, 403, "Budgets are kept by"),
		("notes.erase_all", {}, 404, "nothing of this name"),
		("__init__", {}, 404, "nothing of this name"),
		("gestures.give", {"customer": BOOKS, "what": "Trip", "cost": 5000}, 417, "Nothing was booked"),
	],
)
def test_a_refusal_has_its_status_and_its_words_and_writes_nothing(
	browser, store, method, args, status, words
):
	doctypes = ("Personal Note", "Gesture Budget", "Gesture", "Personal Note Use")
	before = [count(store, doctype) for doctype in doctypes]
	refused(browser.call(method, args), status, words)
	assert [count(store, doctype) for doctype in doctypes] == before


@pytest.mark.parametrize(
	"data",
	[
		b"",
		b"[]",
		b"null",
		b"{",
		b"\xff{}",
		b'{"cost": NaN}',
		b'{"note": "\\ud800"}',
		b'{"a":' * 100_000,
		b'{"cost": ' + b"9" * 5000 + b"}",
	],
	ids=["empty", "list", "null", "half", "no text", "no number", "half a character", "too deep", "too long"],
)
def test_what_cannot_be_read_is_refused(browser, store, data):
	before = count(store, "Personal Note")
	refused(browser.call("notes.jot", data=data), 400, "This cannot be read. Nothing was saved.")
	assert count(store, "Personal Note") == before


def test_more_than_a_megabyte_is_refused(browser, store):
	before = count(store, "Personal Note")
	answer = browser.call("notes.jot", {"customer": BOOKS, "note": "x" * (10 * 1024 * 1024)})
	refused(answer, 413, "more than one megabyte")
	assert count(store, "Personal Note") == before


def test_a_page_that_was_made_for_somebody_else_writes_nothing(browser, store):
	before = count(store, "Personal Note")
	browser.become(MAYA)
	args = {"customer": BOOKS, "note": "Sings in a choir"}
	refused(browser.call("notes.jot", args, {"X-Preview-User": PRIYA}), 409, "load this page again")
	assert count(store, "Personal Note") == before
	assert browser.call("notes.jot", args, {"X-Preview-User": MAYA}).status_code == 200


def test_trouble_with_the_file_is_told(browser, store, monkeypatch):
	with store.writing():
		args = {"customer": BOOKS, "note": "Sings in a choir"}
		refused(browser.call("notes.jot", args), 503, str(Busy()))
	monkeypatch.setattr(methods, "run_jobs", lambda *_: 1 / 0)
	answer = browser.post("/clock", data={"to": "tomorrow"})
	assert answer.status_code == 500 and "ZeroDivision" not in answer.text
	assert "Something went wrong in the preview." in answer.text


# Who may ask


@pytest.mark.parametrize(
	"headers",
	[
		{"Origin": None},
		{"Origin": "http://elsewhere.example"},
		{"Origin": "null"},
		{"Origin": f"http://127.0.0.1:{PORT + 1}"},
		{"X-Requested-With": None},
	],
)
def test_another_page_cannot_write(browser, store, headers):
	before = count(store, "Personal Note")
	sent = {"Origin": HOME, "X-Requested-With": "XMLHttpRequest"} | headers
	answer = browser.post(
		"/api/method/micro_experiences.desk.notes.jot",
		json={"customer": BOOKS, "note": "x"},
		headers={name: value for name, value in sent.items() if value},
	)
	refused(answer, 403, "This came from another page. Nothing was saved.")
	assert count(store, "Personal Note") == before


@pytest.mark.parametrize("path", ["/user", "/clock", "/bell/read"])
def test_another_page_cannot_post_a_form(browser, clock, path):
	before = clock.now()
	data = {"user": MAYA, "to": "tomorrow"}
	answer = browser.post(path, data=data, headers={"Origin": "http://elsewhere.example"})
	assert answer.status_code == 403 and "Set-Cookie" not in answer.headers
	assert clock.now() - before < timedelta(minutes=1)


def test_only_a_name_of_this_machine_leads_here(browser):
	for home in ("http://preview.example:8080", "http://127.0.0.1", "http://127.0.0.1:9999"):
		for path in ("/app/customer", "/static/desk.css"):
			answer = browser.get(path, base_url=home)
			assert answer.status_code == 400 and HOME in answer.text and BOOKS not in answer.text
	assert browser.get("/app/customer", base_url=f"http://localhost:{PORT}").status_code == 200


@pytest.mark.parametrize("path", ["/app/customer", "/nothing", "/static/host.js", "/api/method/x"])
def test_every_answer_is_closed_to_foreign_scripts_and_frames(browser, path):
	headers = browser.get(path).headers
	policy = headers["Content-Security-Policy"]
	assert "script-src 'self';" in policy and "frame-ancestors 'none'" in policy
	assert "unsafe" not in policy and headers["X-Content-Type-Options"] == "nosniff"


def test_pages_need_no_script_or_style_of_their_own(browser):
	for path in PAGES:
		text = browser.get(path).text
		for inline in ("<style", " style=", " onclick=", "javascript:", "<script>"):
			assert inline not in text, (path, inline)


def test_what_people_wrote_is_text_everywhere(browser):
	evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>'\"{{ 7 * 7 }}"
	note = browser.call("notes.jot", {"customer": BOOKS, "note": evil, "kind": "Never"}).get_json()
	promise = {"customer": BOOKS, "subject": evil, "due_on": "2026-01-01"}
	task = browser.call("follow_ups.promise", promise).get_json()["message"]["name"]
	gesture = browser.call("gestures.give", {"customer": BOOKS, "what": evil, "message": evil}).get_json()
	invoice = browser.call("invoices.save", {"customer": BOOKS, "remarks": evil}).get_json()["message"][
		"name"
	]
	for path in (
		"/app/personal-note",
		f"/app/personal-note/{note['message']['name']}",
		f"/app/customer/{BOOKS}",
		"/app/follow-up-task",
		f"/app/follow-up-task/{task}",
		"/app/gesture",
		f"/app/gesture/{gesture['message']['name']}",
		f"/app/sales-invoice/{invoice}",
		f"/app/customer?q={evil}",
		f"/app/personal-note?customer={evil}",
	):
		text = browser.get(path).text
		assert "alert(1)" in text, path
		assert "<script>alert" not in text and "<img src=x" not in text and ">49" not in text, path
	items = browser.banner(f"/app/customer/{BOOKS}")["payload"]["items"]
	assert any(evil.replace("<", "‹") in item["text"] for item in items)


# The app's own files


def test_the_panel_is_served_as_it_is(browser):
	public = web._PUBLIC
	for path, kind in (("js/panel/panel.js", "text/javascript"), ("scss/panel.scss", "text/css")):
		answer = browser.get(f"/assets/micro_experiences/{path}")
		assert answer.data == (public / path).read_bytes() and answer.mimetype == kind
	assert public.parent.name == micro_experiences.__name__


@pytest.mark.parametrize(
	"path", ["js/forms/banner_host.js", "../hooks.py", "js/panel/../../../hooks.py", "js/panel/", "dist"]
)
def test_no_other_file_of_the_app_is_served(browser, path):
	assert browser.get(f"/assets/micro_experiences/{path}").status_code == 404


# Found once, and kept out since


def test_no_other_verb_writes(browser, store):
	before = count(store, "Personal Note")
	for verb in ("head", "put", "delete", "options"):
		answer = getattr(browser.client, verb)(
			"/api/method/micro_experiences.desk.notes.jot",
			base_url=HOME,
			headers={"X-Requested-With": "XMLHttpRequest"},
			json={"customer": BOOKS, "note": "by another verb"},
		)
		assert answer.status_code in (200, 405) and count(store, "Personal Note") == before, verb


@pytest.mark.parametrize(
	"values", [{"due_time": "09:00+02:00"}, {"due_time": "25:00"}, {"every": 10**400}, {"every": "1e999"}]
)
def test_a_promise_that_no_clock_could_keep_is_refused(browser, store, clock, values):
	before = count(store, "Follow Up Task")
	promise = {"customer": BOOKS, "subject": "call", "due_on": str(clock.today()), "repeats": "Days"}
	assert browser.call("follow_ups.promise", promise | values).status_code in (400, 417)
	assert count(store, "Follow Up Task") == before
	methods.run_jobs(store, clock)


def test_a_cost_beyond_all_numbers_is_refused(browser, store):
	before = count(store, "Gesture")
	for cost in ("1e999", 10**400, "nan", -1):
		answer = browser.call("gestures.give", {"customer": BOOKS, "what": "x", "cost": cost})
		assert answer.status_code in (400, 417), cost
	assert count(store, "Gesture") == before


def test_the_usual_port_is_left_out_of_an_address(store, clock):
	client = web.make_app(store, clock, 80).test_client()
	assert client.get("/about", base_url="http://127.0.0.1").status_code == 200
	assert client.get("/about", base_url="http://elsewhere.example").status_code == 400


def test_a_file_that_is_taken_away_is_told(browser, store):
	for path in store.path.parent.glob("preview.sqlite3*"):
		path.unlink()
	answer = browser.get("/app/customer")
	assert answer.status_code == 503 and "cannot be opened" in answer.text
	assert not store.path.exists()


def test_while_it_is_filled_the_preview_asks_for_patience(tmp_path):
	store = Store(tmp_path / "empty.sqlite3")
	answer = Browser(web.make_app(store, Clock(store), PORT)).get("/app/customer")
	assert answer.status_code == 503 and "being filled" in answer.text
	store.close()


def test_a_request_that_had_to_wait_lives_in_the_moment_of_its_turn(filled, tmp_path):
	path = shutil.copy(filled, tmp_path / "preview.sqlite3")
	first, second = Store(path), Store(path)
	clock = Clock(first)
	gift = {"customer": BOOKS, "what": "tea", "cost": 1}
	with first.writing() as db:
		waiting = Thread(target=methods.call, args=(second, Clock(second), PRIYA, "gestures.give", gift))
		waiting.start()
		sleep(0.3)
		ahead = (datetime(2030, 5, 5, 9) - datetime.now()) // timedelta(microseconds=1)
		db.run("update clock set ahead = ?", ahead)
	waiting.join(10)
	with first.reading() as db:
		given = db.find("Gesture", {"what": "tea"})[0]
	assert given["given_on"] == clock.today() == date(2030, 5, 5)
	second.close()
	first.close()


def test_a_pool_is_seen_by_the_group_that_spends_from_it(store, clock):
	with store.writing() as db:
		maya = Session(db, MAYA, clock.now())
		group = db.insert("User Group", {"name": "Counter"}, MAYA, clock.now())
		member = {"parent": group, "parenttype": "User Group", "user": ANA}
		db.insert("User Group Member", member, MAYA, clock.now())
		pool = {"title": "The jar", "budget_kind": "Shared Pool", "for_user_group": group, "amount": 30}
		name = budgets.keep(maya, pool | {"free_up_to": 10})
	given = methods.call(
		store,
		clock,
		ANA,
		"gestures.give",
		{"customer": BOOKS, "what": "x", "cost": 1, "gesture_budget": name},
	)
	assert given["status"] == "Given"
	with store.reading() as db:
		seen = {
			user: records.rows(db, "Gesture Wallet", user, {"gesture_budget": name}) for user in (ANA, PRIYA)
		}
	assert [len(seen[user]) for user in (ANA, PRIYA)] == [1, 0]


def test_what_is_asked_for_in_confidence_is_seen_by_who_decides(store, clock):
	def call(user, method, **args):
		return methods.call(store, clock, user, method, args)

	note = call(PRIYA, "notes.jot", customer=BOOKS, note="A worry of hers", visibility="Only Me")["name"]
	asked = call(
		PRIYA, "gestures.give", customer=BOOKS, what="x", message="A worry", cost=25, personal_note=note
	)
	assert asked["status"] == "Awaiting Approval"
	with store.reading() as db:
		seen = {user: records.get(db, "Gesture", asked["name"], user) for user in (PRIYA, ANA, MAYA)}
	assert [bool(seen[user]) for user in (PRIYA, ANA, MAYA)] == [True, False, True]
	assert seen[MAYA]["personal_note"] is None
