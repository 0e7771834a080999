"""Whatever somebody writes into any field of ours runs on no page: not as it is stored, and not as an older row or a direct
write to the database could have it."""

import json
import re

import pytest
from conftest import PASSWORD, on_site
from payloads import PAYLOADS
from playwright.sync_api import expect

WRITER, KEEPER = "mx.writer@example.com", "mx.keeper@example.com"
CUSTOMER = "MX Hostile"
# What runs tells the console, which nobody may hear; and what has been made live stands in the page.
TRIPWIRE = """
window.mx_pwned = () => { window.__mx_ran = true; console.error("MX RAN on " + location.href); };
for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = window.mx_pwned;
"""
LIVE = """() => [...document.querySelectorAll("*")].filter((node) =>
	[...node.attributes].some(({ name, value }) => (name.startsWith("on") && value.includes("mx_pwned"))
		|| (["href", "src", "srcdoc", "action", "data", "xlink:href"].includes(name)
			&& (/evil\\.invalid/.test(value) || /^\\s*(javascript|data:text)/i.test(value) && value.includes("mx_pwned"))))
	|| ["PLAINTEXT", "BASE"].includes(node.tagName)
	|| (["SCRIPT", "STYLE"].includes(node.tagName) && /mx_pwned|evil/.test(node.textContent) && !node.id.startsWith("mx")
		&& node.closest("body") && !/frappe\\.boot/.test(node.textContent))
).map((node) => node.outerHTML.slice(0, 200))"""


def packed(longest: int) -> list[str]:
	"""All payloads in as few texts as they fit into; each with a word, because Frappe takes markup alone for nothing."""
	texts = ["tea"]
	for payload in PAYLOADS:
		if len(texts[-1]) + len(payload) + 1 > longest:
			texts.append("tea")
		texts[-1] = f"{texts[-1]} {payload}"
	return texts


# Names of others are as Frappe leaves them when they are saved: its own pages show them, and rely on that.
WRITE = """
import json
from frappe.utils.html_utils import sanitize_html
from frappe.utils import add_days, now_datetime, today
from micro_experiences.desk import follow_ups, gestures, notes, preferences
from micro_experiences.testing import make_budget, make_customer, make_user
singles, lines, texts, notes_texts = json.loads(PAYLOADS_HERE)
company = frappe.db.get_value("Company", {}, order_by="creation asc")
for user, roles in {
	"mx.writer@example.com": ("Sales User", "Sales Manager", "Accounts User"),
	"mx.keeper@example.com": ("Sales User", "Sales Manager", "Accounts User", "Accounts Manager", "Micro Experiences Manager", "System Manager"),
}.items():
	make_user(user, roles)
	frappe.utils.password.update_password(user, PASSWORD_HERE)
make_customer("MX Hostile")
budget = make_budget(company, ["mx.writer@example.com"], title=lines[3][:100], amount=900, free_up_to=20)
for kind, field in (("Note Topic", "topic_name"), ("Gesture Type", "type_name")):
	for number, line in enumerate(lines[:4]):
		frappe.get_doc({"doctype": kind, field: f"MX {number} " + line.replace("<", "").replace(">", "")[:120], "icon": line[:80], "enabled": 1}).insert()
bad_type = frappe.get_doc({"doctype": "Gesture Type", "type_name": "MX Hostile", "enabled": 1, "message_template": "{{ note }} for {{ customer_name }} from {{ my_name }}"}).insert()
refused = []
frappe.set_user("mx.writer@example.com")
def attempt(what, text):
	try:
		return what(text)
	except frappe.ValidationError as error:
		refused.append((text, str(error)))
for number, line in enumerate(lines):
	customer = make_customer(f"MX Hostile {number}")
	frappe.db.set_value("Customer", customer, "customer_name", sanitize_html(line))
	contact = frappe.get_doc({"doctype": "Contact", "first_name": f"MX {number}", "links": [{"link_doctype": "Customer", "link_name": customer}]}).insert(ignore_permissions=True)
	contact.db_set({"first_name": sanitize_html(line), "full_name": sanitize_html(line)})
	text = notes_texts[number % len(notes_texts)]
	name = attempt(lambda text: notes.jot(customer, text, contact=contact.name, pinned=1)["name"], text)
	attempt(lambda line: notes.used(name, they_said=line), line)
	attempt(lambda line: follow_ups.promise(customer, line, today(), contact=contact.name, personal_note=name), line)
	gesture = attempt(lambda line: gestures.give(customer, line, message=texts[number % len(texts)], cost=3, gesture_type=bad_type.name), line)
	if gesture:
		frappe.get_doc("Gesture", gesture["name"]).update({"story": texts[number % len(texts)], "share_story": 1, "override_reason": line}).save()
for number, line in enumerate(lines):
	attempt(lambda line: frappe.get_doc({"doctype": "Gesture", "customer": "MX Hostile", "what": line, "message": line, "status": "Idea"}).insert(), line)
	task = attempt(lambda line: follow_ups.promise("MX Hostile", line, add_days(today(), number % 9))["name"], line)
	if task and number % 3 == 0:
		attempt(lambda line: follow_ups.done(task, outcome=texts[number % len(texts)]), line)
asked = gestures.give("MX Hostile", lines[0], cost=50)["name"]
preferences.open_for(["mx.writer@example.com"])
frappe.set_user("mx.keeper@example.com")
attempt(lambda line: gestures.decline(asked, line), lines[1])
answer = {"refused": refused, "budget": budget.name}
"""
RAW = """
import json
from frappe.utils.html_utils import sanitize_html
singles, lines, texts, notes_texts = json.loads(PAYLOADS_HERE)
fields = {"Personal Note": ("note", notes_texts), "Personal Note Use": ("they_said", lines), "Follow Up Task": ("subject", lines), "Gesture": ("what", lines)}
for doctype, (field, words) in fields.items():
	for number, name in enumerate(frappe.get_all(doctype, filters={"customer": ("like", "MX Hostile%")}, pluck="name", order_by="name asc")):
		frappe.db.set_value(doctype, name, field, words[number % len(words)], update_modified=False)
for number, name in enumerate(frappe.get_all("Gesture", filters={"customer": ("like", "MX Hostile%")}, pluck="name")):
	frappe.db.set_value("Gesture", name, {"message": texts[number % len(texts)], "story": texts[number % len(texts)]}, update_modified=False)
for number, name in enumerate(frappe.get_all("Follow Up Task", filters={"customer": ("like", "MX Hostile%")}, pluck="name")):
	frappe.db.set_value("Follow Up Task", name, {"outcome": texts[number % len(texts)], "set_aside_because": lines[number % len(lines)]}, update_modified=False)
for name in frappe.get_all("Follow Up Task", filters={"customer": "MX Hostile", "status": "Open"}, pluck="name", limit=5):
	frappe.db.set_value("Follow Up Task", name, "set_aside_at", frappe.utils.now_datetime())
for number, name in enumerate(frappe.get_all("Customer", filters={"name": ("like", "MX Hostile%")}, pluck="name", order_by="name asc")):
	frappe.db.set_value("Customer", name, "customer_name", sanitize_html(lines[number % len(lines)]), update_modified=False)
frappe.db.set_value("User", "mx.writer@example.com", {"first_name": sanitize_html(lines[0]), "full_name": sanitize_html(lines[1])})
frappe.clear_cache()
from micro_experiences.desk import people
people.user_changed(None)
"""
REMOVE = """
customers = frappe.get_all("Customer", filters={"name": ("like", "MX Hostile%")}, pluck="name")
users = ("mx.writer@example.com", "mx.keeper@example.com")
budgets = frappe.get_all("Gesture Budget", filters={"owner": "Administrator", "amount": 900}, pluck="name")
wallets = frappe.get_all("Gesture Wallet", filters={"gesture_budget": ("in", budgets)}, pluck="name")
frappe.db.delete("Gesture Wallet Entry", {"gesture_wallet": ("in", wallets)})
frappe.db.delete("Gesture Wallet", {"name": ("in", wallets)})
for doctype in ("Personal Note Use", "Personal Note", "Follow Up Task", "Gesture"):
	frappe.db.delete(doctype, {"customer": ("in", customers)})
for doctype in ("Note Topic", "Gesture Type"):
	frappe.db.delete(doctype, {"name": ("like", "MX %")})
frappe.db.delete("Gesture Budget", {"name": ("in", budgets)})
frappe.db.delete("Notification Log", {"for_user": ("in", users)})
for doctype, names in (("Customer", customers), ("User", [user for user in users if frappe.db.exists("User", user)])):
	for name in names:
		frappe.delete_doc(doctype, name, force=True, ignore_permissions=True, delete_permanently=True)
frappe.clear_cache()
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
ledger.forget_budgets()
"""


def filled(code: str) -> str:
	texts = [PAYLOADS, packed(100), packed(700), packed(480)]
	return code.replace("PAYLOADS_HERE", repr(json.dumps(texts))).replace("PASSWORD_HERE", repr(PASSWORD))


@pytest.fixture(scope="module")
def written():
	"""The payloads in every text field, by the roads that people have."""
	on_site(REMOVE)
	yield on_site(filled(WRITE))
	on_site(REMOVE)


class Watched:
	"""A Desk with the tripwire in each of its pages. `trouble` is what should not have happened."""

	def __init__(self, one):
		self.desk, self.page, self.trouble = one, one.page, []
		one.context.add_init_script(TRIPWIRE)
		one.context.route(re.compile(r"evil\.invalid"), self.foreign)
		one.page.on(
			"dialog", lambda dialog: (self.trouble.append(f"dialog {dialog.message}"), dialog.dismiss())
		)

	def foreign(self, route):
		self.trouble.append(f"asked for {route.request.url} on {self.page.url}")
		route.abort()

	def check(self, where: str):
		self.trouble += [f"{where}: {node}" for node in self.page.evaluate(LIVE)]
		self.trouble += [f"{where}: ran"] * self.page.evaluate("() => Boolean(window.__mx_ran)")
		self.trouble += [f"{where}: {error}" for error in self.desk.errors]
		self.desk.errors.clear()

	def go(self, route: str, wait: str | None = None):
		self.desk.go(route)
		if wait:
			expect(self.page.locator(wait).first).to_be_visible()
		self.check(route)

	def list_of(self, route: str):
		self.desk.go(route)
		self.page.wait_for_function("() => window.cur_list && cur_list.data")
		self.page.evaluate("() => { cur_list.page_length = 500; cur_list.refresh(); }")
		self.desk.settle()
		assert self.page.evaluate("() => cur_list.data.length") > 0, route
		self.check(route)


def names(doctype: str, field: str, limit: int) -> list[str]:
	"""Records that together hold every text of a field, the longest texts first."""
	return on_site(
		f"table = frappe.qb.DocType({doctype!r})\n"
		"from frappe.query_builder.functions import Length\n"
		f"answer = frappe.qb.from_(table).select(table.name).where(table.customer.like('MX Hostile%')).orderby(Length(table.{field}), order=frappe.qb.desc).limit({limit}).run(pluck=True)"
	)


def visit(watched: Watched, forms: int) -> None:
	"""Every page that shows what somebody has written, with up to so many forms of each kind."""
	for slug in ("personal-note", "gesture", "follow-up-task", "personal-note-use"):
		watched.list_of(f"{slug}/view/list?customer=%5B%22like%22%2C%22MX+Hostile%25%22%5D")
		watched.list_of(f"{slug}/view/report?customer=%5B%22like%22%2C%22MX+Hostile%25%22%5D")
	for slug in ("note-topic", "gesture-type", "gesture-budget", "gesture-wallet", "follow-up-preference"):
		watched.list_of(f"{slug}/view/list")
	for doctype, field in (
		("Personal Note", "note"),
		("Gesture", "message"),
		("Follow Up Task", "outcome"),
		("Personal Note Use", "they_said"),
	):
		for name in names(doctype, field, forms):
			watched.go(f"{doctype.lower().replace(' ', '-')}/{name}")
	for slug, doctype in (
		("gesture-budget", "Gesture Budget"),
		("gesture-type", "Gesture Type"),
		("note-topic", "Note Topic"),
	):
		name = on_site(
			f"answer = frappe.db.get_value({doctype!r}, {{'owner': 'Administrator'}}, order_by='creation desc')"
		)
		watched.go(f"{slug}/{name}")
	watched.go("follow-up-task/view/calendar/default", ".fc-event")
	watched.go("query-report/Gesture Budget Utilisation")
	watched.go("micro-experiences", ".number-widget-box")
	watched.go("my-wallet")


def use_the_panel(watched: Watched, banners: int) -> None:
	"""The banner on a customer and on an invoice, and each of its dialogs."""
	page = watched.page
	for number in range(banners):
		watched.desk.customer(f"MX Hostile {number}")
		watched.check(f"banner {number}")
	panel = watched.desk.panel
	panel.get_by_role("button", name="Jot").click()
	panel.get_by_role("textbox").first.fill(packed(480)[0])
	page.wait_for_timeout(1500)
	watched.check("jot")
	page.keyboard.press("Escape")
	for button in ("Gesture", "Follow up"):
		panel.get_by_role("button", name=button).first.click()
		expect(panel.locator(".mx-form")).to_be_visible()
		watched.desk.settle()
		watched.check(button)
		panel.locator(".mx-form").get_by_role("button", name="Cancel").click()
	page.goto(f"{watched.desk.base}/app/sales-invoice/new?customer=MX%20Hostile%200")
	watched.desk.settle()
	watched.check("invoice")


def ring_and_mail(watched: Watched, writer: Watched) -> None:
	"""The bell, the page on which promises are handed over, and the digest as a mail client shows it."""
	page = watched.page
	watched.desk.go("hand-over")
	for field in ("leaving", "staying"):
		page.evaluate(
			"([field, user]) => { const page = cur_page.page.querySelector(`[data-fieldname=${field}] input`); page.value = user; page.dispatchEvent(new Event('change')); }",
			[field, WRITER if field == "leaving" else KEEPER],
		)
	watched.desk.settle()
	page.wait_for_timeout(1000)
	watched.check("hand over")
	mail = on_site(
		"""
from micro_experiences.jobs import digests, reminders
from micro_experiences.testing import make_email_account, queued_digests
make_email_account()
frappe.get_doc("Micro Experiences Settings").update({"send_digests": 1, "digest_names_promises": 1, "quiet_from": 0, "quiet_until": 0}).save()
digests.mx_open_preferences()
frappe.db.set_value("Follow Up Preference", {"user": "mx.writer@example.com"}, {"next_digest_at": frappe.utils.add_days(frappe.utils.now_datetime(), -1), "digest": 1, "bell": 1})
frappe.db.set_value("Follow Up Task", {"customer": ("like", "MX Hostile%"), "status": "Open"}, {"next_reminder_at": frappe.utils.add_days(frappe.utils.now_datetime(), -1), "set_aside_at": None})
reminders.mx_send_due_reminders()
digests.mx_send_digests()
answer = [mail.html for mail in queued_digests("mx.writer@example.com")]
"""
	)
	assert mail
	for html in mail:
		assert "mx_pwned" in html or "evil.invalid" in html, "the mail names what was promised"
		page.set_content(html)
		page.wait_for_timeout(500)
		watched.check("digest")
	writer.desk.go("micro-experiences")
	writer.page.locator(".notifications-icon").first.click()
	bell = writer.page.locator(".notifications-list:visible")
	expect(bell.locator(".notification-item").first).to_be_visible()
	writer.desk.settle()
	writer.page.wait_for_timeout(1000)
	writer.check("bell")


def test_every_payload_is_kept_or_refused_over_http(desk, written):
	"""By REST, as another program would; and what is stored holds nothing that nobody types."""
	rep = desk(WRITER).go("personal-note/view/list")
	token = rep.page.evaluate("() => frappe.csrf_token")
	refused = []
	for payload in PAYLOADS:
		answer = rep.context.request.post(
			f"{rep.base}/api/resource/Personal Note",
			headers={"X-Frappe-CSRF-Token": token},
			data={"customer": CUSTOMER, "note": payload, "kind": "Fact"},
		)
		if answer.status == 417:
			# Frappe takes markup alone for nothing, and says so.
			refused.append(payload)
			assert "MandatoryError" in answer.text(), (payload, answer.text()[:300])
			continue
		assert answer.status == 200, (payload, answer.text()[:300])
		kept = answer.json()["data"]["note"]
		assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069]", kept), payload
		assert not kept.startswith(("=", "+", "-", "@")), payload
	assert len(refused) < len(PAYLOADS) / 3, refused
	assert not written["refused"], written["refused"]


def test_nothing_runs_on_any_page(desk, written):
	watched = Watched(desk(KEEPER))
	visit(watched, forms=7)
	use_the_panel(watched, banners=3)
	assert not watched.trouble, watched.trouble


def test_nothing_runs_where_the_database_holds_it_as_it_was_typed(desk, written):
	on_site(filled(RAW))
	watched, writer = Watched(desk(KEEPER)), Watched(desk(WRITER))
	use_the_panel(watched, banners=8)
	visit(watched, forms=2)
	ring_and_mail(watched, writer)
	assert not watched.trouble + writer.trouble, watched.trouble + writer.trouble
