"""Whatever somebody writes into any field of ours runs on no page and asks no foreign server: not as it is stored, and on
our own pages not as an older row or a direct write to the database could have it."""

import json
import re
from urllib.parse import quote

import pytest
from conftest import PASSWORD, REP, on_site
from payloads import PAYLOADS
from playwright.sync_api import expect

WRITER, KEEPER = "mx.writer@example.com", "mx.keeper@example.com"
CUSTOMER = "MX Hostile"
# What runs tells it to the page, and what has been made live stands in it.
TRIPWIRE = """
window.mx_pwned = () => { window.__mx_ran = true; };
for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = window.mx_pwned;
"""
LIVE = """() => {
	const foreign = (value) => { try { return new URL(value, location.href).host.endsWith("evil.invalid"); } catch { return false; } };
	const ADDRESSES = ["href", "src", "srcdoc", "action", "data", "xlink:href"];
	const is_live = (node) => ["PLAINTEXT", "BASE"].includes(node.tagName)
		|| (["SCRIPT", "STYLE"].includes(node.tagName) && node.closest("body")
			&& /mx_pwned|evil/.test(node.textContent) && !/frappe\\.boot/.test(node.textContent))
		|| [...node.attributes].some(({ name, value }) => (name.startsWith("on") && value.includes("mx_pwned"))
			|| (ADDRESSES.includes(name) && (foreign(value) || /^\\s*(java\\s*script|data:text)/i.test(value) && value.includes("mx_pwned"))));
	const found = [...document.querySelectorAll("*")].filter(is_live).map((node) => node.outerHTML.slice(0, 200));
	if (window.__mx_ran) found.push("it ran");
	if ({}.mx) found.push("the prototype of all objects was changed");
	window.__mx_ran = false;
	return found;
}"""
# Until nothing has been on its way for a third of a second.
QUIET = """() => new Promise((done) => {
	let quiet = 0;
	const look = () => { quiet = frappe.request.ajax_count ? 0 : quiet + 1; quiet > 3 ? done(true) : setTimeout(look, 100); };
	look();
})"""
# Each kind of record, and the fields in which it keeps what somebody has written.
FIELDS = {
	"Personal Note": ("note", "kept_as_is_because"),
	"Personal Note Use": ("they_said",),
	"Personal Note Access": ("reason",),
	"Personal Data Erasure": ("whose", "reason"),
	"Follow Up Task": ("subject", "outcome", "set_aside_because"),
	"Gesture": ("what", "message", "story", "override_reason", "decline_reason"),
	"Gesture Type": ("type_name", "message_template"),
	"Gesture Budget": ("title",),
	"Gesture Wallet": (),
	"Gesture Wallet Entry": ("reason",),
	"Note Topic": ("topic_name", "icon"),
	"Sensitive Term": ("term",),
	"Follow Up Preference": (),
	"Follow Up Reminder": (),
}


def packed(longest: int) -> list[str]:
	"""All payloads in as few texts as they fit into."""
	texts = ["tea"]
	for payload in PAYLOADS:
		if len(texts[-1]) + len(payload) + 1 > longest:
			texts.append("tea")
		texts[-1] = f"{texts[-1]} {payload}"
	return texts


# Names of others are words here: what Frappe leaves alive in them, its own form of a customer shows as it is.
WRITE = """
import json
from itertools import cycle
from frappe.utils import add_days, now_datetime, today
from micro_experiences.desk import follow_ups, gestures, notes, personal_data, preferences, sensitive
from micro_experiences.testing import make_budget, make_customer, make_email_account, make_user
lines, reasons, notes_texts, texts, payloads = json.loads(PAYLOADS_HERE)
company = frappe.db.get_value("Company", {}, order_by="creation asc")
seller = ("Sales User", "Sales Manager", "Accounts User")
for user, roles in {
	"mx.writer@example.com": seller,
	"mx.keeper@example.com": (*seller, "Accounts Manager", "Micro Experiences Manager", "System Manager"),
}.items():
	make_user(user, roles)
	frappe.utils.password.update_password(user, PASSWORD_HERE)
names = [""]
for payload in payloads:
	safe = frappe.utils.escape_html(payload)
	if len(names[-1]) + len(safe) > 130:
		names.append("")
	names[-1] += f" {safe}"
names = cycle(names)
make_customer("MX Hostile")
budget = make_budget(company, ["mx.writer@example.com"], title=lines[3], amount=900, free_up_to=20)
for line in lines:
	make_budget(company, ["mx.writer@example.com"], title=line, amount=900, enabled=0)
	# Frappe takes no pointed brackets in a name.
	named = line.replace("<", "").replace(">", "")[:100]
	frappe.get_doc({"doctype": "Note Topic", "topic_name": f"MX {named}", "icon": line}).insert()
	frappe.get_doc({"doctype": "Gesture Type", "type_name": f"MX {named}", "enabled": 1}).insert()
refused = {}
def attempt(what, text):
	try:
		return what(text)
	except (frappe.ValidationError, frappe.NameError) as error:
		refused.setdefault(str(error)[:60], []).append(text)
for payload in payloads:
	attempt(lambda text: frappe.get_doc({"doctype": "Sensitive Term", "term": f"mx {text}", "counts": 0}).insert(), payload)
kind = frappe.get_doc({"doctype": "Gesture Type", "type_name": "MX Hostile", "enabled": 1, "message_template": "{{ note }} for {{ customer_name }} from {{ my_name }} " + texts[0].replace("{", "(").replace("}", ")")}).insert().name
frappe.set_user("mx.writer@example.com")
preferences.open_for(["mx.writer@example.com"])
for number, text in enumerate(notes_texts):
	customer = make_customer(f"MX Hostile {number}")
	frappe.db.set_value("Customer", customer, "customer_name", next(names))
	for person in range(3):
		contact = frappe.get_doc({"doctype": "Contact", "first_name": f"MX {person}", "links": [{"link_doctype": "Customer", "link_name": customer}]}).insert(ignore_permissions=True)
		first = next(names)
		contact.db_set({"first_name": first, "last_name": next(names), "full_name": first})
	note = notes.jot(customer, text, contact=contact.name, pinned=1, kept_as_is_because=lines[number])["name"]
	notes.used(note, they_said=text)
	notes.jot(customer, "Never " + lines[number], kind="Never")
	words = texts[number % len(texts)]
	gesture = gestures.give(customer, lines[number], message=words, cost=3, gesture_type=kind, personal_note=note)["name"]
	frappe.get_doc("Gesture", gesture).update({"story": words, "share_story": 1}).save()
	asked = gestures.give(customer, lines[-number - 1], cost=50)["name"]
	follow_ups.promise(customer, lines[number], today(), contact=contact.name, personal_note=note)
	kept = follow_ups.promise(customer, lines[-number - 1], today())["name"]
	follow_ups.done(kept, outcome=words)
	frappe.set_user("mx.keeper@example.com")
	gestures.decline(asked, words)
	gestures.correct(gesture, 2, lines[number])
	for reason in reasons[number :: len(notes_texts)]:
		sensitive.open_sensitive(customer, reason)
	frappe.set_user("mx.writer@example.com")
for number, text in enumerate(reasons):
	gone = make_customer(f"MX Hostile gone {number}")
	notes.jot(gone, "Takes tea")
	frappe.set_user("mx.keeper@example.com")
	personal_data.erase(gone, reason=text, typed=gone)
	frappe.set_user("mx.writer@example.com")
frappe.set_user("Administrator")
frappe.db.set_value("User", "mx.writer@example.com", {"first_name": next(names), "full_name": next(names)})
frappe.get_doc({"doctype": "Kanban Board", "kanban_board_name": "MX Hostile", "reference_doctype": "Gesture", "field_name": "status", "fields": json.dumps(["what", "message", "story"]), "show_labels": 1, "columns": [{"column_name": name, "status": "Active"} for name in ("Idea", "Awaiting Approval", "Given", "Declined")]}).insert()
make_email_account()
frappe.clear_cache()
answer = refused
"""
# A task's `set_aside_because` is what the jobs write when something breaks; nobody types it.
RAW = """
import json
lines, reasons, notes_texts, texts, payloads = json.loads(PAYLOADS_HERE)
for doctype, fields in json.loads(FIELDS_HERE).items():
	named = {"customer": ("like", "MX Hostile%")} if frappe.get_meta(doctype).has_field("customer") else {"creation": (">", STARTED_HERE)}
	for number, name in enumerate(frappe.get_all(doctype, filters=named, pluck="name", order_by="name asc")):
		for field in fields:
			df = frappe.get_meta(doctype).get_field(field)
			if field not in ("topic_name", "type_name", "message_template", "term"):
				words = lines if df.fieldtype == "Data" else notes_texts
				frappe.db.set_value(doctype, name, field, words[number % len(words)], update_modified=False)
for name in frappe.get_all("Follow Up Task", filters={"customer": "MX Hostile", "status": "Open"}, pluck="name", limit=5):
	frappe.db.set_value("Follow Up Task", name, "set_aside_at", frappe.utils.now_datetime())
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
ledger.forget_budgets()
frappe.clear_cache()
"""
# What Frappe leaves alive in a name when it is saved, for pages of ours alone.
NAMES = """
from frappe.utils.html_utils import sanitize_html
name = sanitize_html("<img src=https://evil.invalid/pixel.png onerror=mx_pwned()> <a href=https://evil.invalid/>tea</a>")
for contact in frappe.get_all("Contact", filters={"name": ("like", "MX %-MX Hostile%")}, pluck="name"):
	frappe.db.set_value("Contact", contact, {"first_name": name, "last_name": None, "full_name": name})
frappe.db.set_value("User", "mx.writer@example.com", {"first_name": name, "full_name": name})
frappe.db.set_value("Customer", {"name": ("like", "MX Hostile%")}, "customer_name", name)
frappe.clear_cache()
"""
REMOVE = """
users = ("mx.writer@example.com", "mx.keeper@example.com")
customers = frappe.get_all("Customer", filters={"name": ("like", "MX Hostile%")}, pluck="name")
budgets = frappe.get_all("Gesture Budget Holder", filters={"user": users[0]}, pluck="parent")
wallets = frappe.get_all("Gesture Wallet", filters={"gesture_budget": ("in", budgets)}, pluck="name")
about = {"customer": ("like", "MX Hostile%")}
frappe.db.delete("Follow Up Reminder", {"recipient": ("in", users)})
frappe.db.delete("Gesture Wallet Entry", {"gesture_wallet": ("in", wallets)})
frappe.db.delete("Gesture Wallet", {"name": ("in", wallets)})
for doctype in ("Personal Note Use", "Personal Note", "Personal Note Access", "Personal Data Erasure", "Follow Up Task", "Gesture"):
	frappe.db.delete(doctype, about)
frappe.db.delete("Personal Data Erasure", {"owner": ("in", users)})
for doctype in ("Note Topic", "Gesture Type", "Sensitive Term", "Kanban Board"):
	frappe.db.delete(doctype, {"name": ("like", "MX %")})
frappe.db.delete("Kanban Board Column", {"parent": "MX Hostile"})
frappe.db.delete("Gesture Budget Holder", {"parent": ("in", budgets)})
frappe.db.delete("Gesture Budget", {"name": ("in", budgets)})
frappe.db.delete("Follow Up Preference", {"user": ("in", users)})
frappe.db.delete("Notification Log", {"for_user": ("in", users)})
for contact in frappe.get_all("Contact", filters={"name": ("like", "MX %-MX Hostile%")}, pluck="name"):
	frappe.delete_doc("Contact", contact, force=True, delete_permanently=True)
for doctype, names in (("Customer", customers), ("User", [user for user in users if frappe.db.exists("User", user)])):
	for name in names:
		frappe.delete_doc(doctype, name, force=True, ignore_permissions=True, delete_permanently=True)
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.micro_experiences.doctype.sensitive_term import sensitive_term
ledger.forget_budgets()
sensitive_term.forget()
frappe.clear_cache()
"""
RING = """
from micro_experiences.jobs import digests, reminders
from micro_experiences.testing import queued_digests
yesterday = frappe.utils.add_days(frappe.utils.now_datetime(), -1)
# The settings are as the other tests expect them afterwards.
changed = {"send_digests": 1, "digest_names_promises": 1}
before = {field: frappe.db.get_single_value("Micro Experiences Settings", field) for field in changed}
frappe.get_doc("Micro Experiences Settings").update(changed).save()
frappe.db.set_value("Follow Up Preference", {"user": "mx.writer@example.com"}, {"next_digest_at": yesterday, "digest": 1, "bell": 1})
frappe.db.set_value("Follow Up Task", {"customer": ("like", "MX Hostile%"), "status": "Open"}, {"next_reminder_at": yesterday, "set_aside_at": None})
# Only these: the tasks and digests of the sample data are left as they are.
now, due = frappe.utils.now_datetime(), frappe.get_all("Follow Up Task", filters={"customer": ("like", "MX Hostile%"), "status": "Open", "next_reminder_at": ("<", frappe.utils.now_datetime())}, pluck="name")
reminders._send(reminders.REMINDER, 200, due)
digests._send(1, now, frappe.db.get_value("Follow Up Preference", {"user": "mx.writer@example.com"}))
answer = [mail.html for mail in queued_digests("mx.writer@example.com")]
frappe.get_doc("Micro Experiences Settings").update(before).save()
"""


def filled(code: str, **more) -> str:
	texts = [packed(135), packed(270), packed(480), packed(950), PAYLOADS]
	values = {"PAYLOADS": repr(json.dumps(texts)), "PASSWORD": repr(PASSWORD), **more}
	for name, value in values.items():
		code = code.replace(f"{name}_HERE", value)
	return code


@pytest.fixture(scope="module")
def written():
	"""Payloads in every text field, by the roads that people have; what was refused, by its reason."""
	on_site(REMOVE)
	started = on_site("answer = frappe.utils.now()")
	yield on_site(filled(WRITE)), started
	on_site(REMOVE)


class Watched:
	"""A Desk with the tripwire in each of its pages. `trouble` is what should not have happened."""

	def __init__(self, one):
		self.desk, self.page, self.trouble, self.seen = one, one.page, [], 0
		one.context.add_init_script(TRIPWIRE)
		one.context.route(re.compile(r"^\w+://([^/]*\.)?evil\.invalid"), self.foreign)
		one.page.on("dialog", self.dialog)
		one.go("user")

	def dialog(self, dialog):
		# The app asks before words that are not sent are left.
		if dialog.type != "beforeunload":
			self.trouble.append(f"dialog {dialog.message}")
		dialog.accept()

	def foreign(self, route):
		self.trouble.append(f"asked for {route.request.url} on {self.page.url}")
		route.abort()

	def check(self, where: str):
		self.seen += 1
		self.trouble += [f"{where}: {node}" for node in self.page.evaluate(LIVE)]
		self.trouble += [f"{where}: {error}" for error in self.desk.errors]
		self.desk.errors.clear()

	def quiet(self):
		self.page.evaluate(QUIET)

	def go(self, route: list[str], ready: str, options: dict | None = None):
		"""Goes on inside the Desk, as a click does: it is much faster than to load it anew."""
		self.page.evaluate(
			"([route, options]) => { frappe.route_options = options; frappe.set_route(route); }",
			[route, options],
		)
		self.page.wait_for_function(ready)
		self.quiet()
		self.check("/".join(route))

	def form(self, doctype: str, name: str):
		self.go(
			["Form", doctype, name],
			f"() => cur_frm?.doc?.name === {json.dumps(name)} && cur_frm.$wrapper.is(':visible')",
		)

	def list_of(self, doctype: str, view: str):
		"""The list or the report with all of ours in it; the report with a column for each text."""
		self.page.evaluate("() => { window.cur_list = null; }")
		self.page.evaluate("(route) => frappe.set_route(route) && null", ["List", doctype, view])
		self.page.wait_for_function(
			f"() => window.cur_list?.doctype === {json.dumps(doctype)} && cur_list.view_name === {json.dumps(view)} && cur_list.filter_area"
		)
		self.quiet()
		self.page.evaluate(
			"""async ([fields, view]) => {
				cur_list.page_length = 500;
				await cur_list.filter_area.clear(false);
				if (view === "Report") for (const field of fields)
					if (!cur_list.fields.some(([name]) => name === field)) cur_list.fields.push([field, cur_list.doctype]);
				cur_list.last_args = null;
				if (view === "Report") { cur_list.build_fields(); cur_list.setup_columns(); cur_list.datatable?.destroy(); cur_list.datatable = null; }
				cur_list.refresh();
			}""",
			[list(FIELDS[doctype]), view],
		)
		self.quiet()
		rows = self.page.evaluate("() => cur_list.data.length")
		assert rows or not FIELDS[doctype], (doctype, view)
		self.check(f"{doctype} {view}")
		return rows


def shown(selector: str) -> str:
	"""What the page is asked until something of the kind is on it."""
	return (
		f"() => [...document.querySelectorAll({json.dumps(selector)})].some((node) => node.checkVisibility())"
	)


def names(doctype: str, field: str, limit: int) -> list[str]:
	"""The records with the longest texts in a field."""
	return on_site(
		f"from frappe.query_builder.functions import Length\ntable = frappe.qb.DocType({doctype!r})\n"
		f"answer = frappe.qb.from_(table).select(table.name).orderby(Length(table.{field}), order=frappe.qb.desc).limit({limit}).run(pluck=True)"
	)


# What a page could do wrong: show `text` as HTML.
UNESCAPED = {
	"page": "$('<div>').html(text).appendTo(document.body)",
	"dialog": "new frappe.ui.Dialog({ title: 'Tea', fields: [{ fieldtype: 'HTML', fieldname: 'tea', options: text }] }).show()",
	"message": "frappe.msgprint(text)",
	"row of a list": "cur_list.$result.find('.list-row-col').first().html(text)",
	"field": "cur_list.$result.append($('<div>').html(frappe.format(text, { fieldtype: 'Small Text' })))",
}
TOLD = {
	"<img src=x onerror=mx_pwned()>": "it ran",
	"<b onmouseover=mx_pwned()>tea</b>": "onmouseover",
	"<a href=' javascript:mx_pwned()'>tea</a>": "javascript:",
	"<a href=https://evil.invalid/>tea</a>": "<a href",
	"<img src=https://evil.invalid/pixel.png>": "asked for https://evil.invalid/pixel.png",
}


@pytest.mark.parametrize("place", UNESCAPED)
def test_the_tripwire_tells_of_what_is_shown_as_html(desk, place):
	"""Its silence proves something only where it speaks when something is wrong."""
	one = desk(REP)
	watched = Watched(one)
	one.go("customer")
	watched.page.wait_for_function("() => window.cur_list?.doctype === 'Customer' && cur_list.data.length")
	watched.quiet()
	# Not every rep may list the users, where each Desk begins here.
	one.errors.clear()
	watched.check("before")
	assert not watched.trouble
	for text, told in TOLD.items():
		watched.page.evaluate(f"(text) => {{ {UNESCAPED[place]}; }}", text)
		watched.page.wait_for_timeout(700)
		watched.check(place)
		assert any(told in trouble for trouble in watched.trouble), (place, text, watched.trouble)
		watched.trouble.clear()
	one.errors.clear()


def test_every_payload_is_kept_over_http(desk, written):
	"""By REST, as another program would; what is stored holds nothing that nobody types, and nothing that is markup."""
	rep = desk(WRITER).go("user")
	token = rep.page.evaluate("() => frappe.csrf_token")
	plain = {"customer": CUSTOMER}
	for doctype, values in (
		("Personal Note", lambda text: {"kind": "Fact", "note": text}),
		("Follow Up Task", lambda text: {"due_on": "2030-01-01", "subject": text}),
		("Gesture", lambda text: dict.fromkeys(("what", "message", "story"), text) | {"status": "Idea"}),
	):
		# What is in pointed brackets, and nothing else, Frappe takes for nothing, and says so.
		texts = [f"tea {payload}" if payload.startswith("<%") else payload for payload in PAYLOADS]
		docs = [{"doctype": doctype} | plain | values(text) for text in texts]
		answer = rep.context.request.post(
			f"{rep.base}/api/method/frappe.client.insert_many",
			headers={"X-Frappe-CSRF-Token": token},
			data={"docs": docs},
			timeout=120_000,
		)
		assert answer.status == 200, answer.text()[:500]
	stored = on_site(
		"answer = [[name, value] for name, fields in {'Personal Note': ('note',), 'Follow Up Task': ('subject',), 'Gesture': ('what', 'message', 'story')}.items()"
		f" for row in frappe.get_all(name, filters={{'customer': {CUSTOMER!r}}}, fields=fields) for value in row.values()]"
	)
	assert len(stored) == 5 * len(PAYLOADS)
	for where, kept in stored:
		assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069]", kept), (where, kept)
		assert not re.search("<[A-Za-z/!?]", kept), (where, kept)
		assert not kept.startswith(("=", "+", "-", "@")), (where, kept)
	refused = written[0]
	# A word that is asked about has a form of its own.
	assert all("mx " in text or text in PAYLOADS for texts in refused.values() for text in texts), refused


def test_nothing_runs_on_the_pages_that_frappe_makes_of_our_records(desk, written):
	watched = Watched(desk(KEEPER))
	page = watched.page
	for doctype in FIELDS:
		for view in ("List", "Report"):
			watched.list_of(doctype, view)
	for doctype, field, limit in (
		("Personal Note", "note", 7),
		("Personal Note Use", "they_said", 7),
		("Personal Note Access", "reason", 3),
		("Personal Data Erasure", "reason", 3),
		("Follow Up Task", "outcome", 4),
		("Gesture", "message", 4),
		("Gesture", "decline_reason", 3),
		("Gesture Type", "message_template", 2),
		("Gesture Budget", "title", 2),
		("Note Topic", "icon", 2),
	):
		found = names(doctype, field, limit)
		for name in found:
			watched.form(doctype, name)
	watched.go(["List", "Follow Up Task", "Calendar", "default"], shown(".fc-event"))
	watched.go(["List", "Gesture", "Kanban", "MX Hostile"], shown(".kanban-card"))
	for doctype, fields in FIELDS.items():
		for name in names(doctype, fields[0], 2) if fields else ():
			page.goto(
				f"{watched.desk.base}/printview?doctype={quote(doctype)}&name={quote(name, safe='')}&format=Standard&no_letterhead=1"
			)
			expect(page.locator(".print-format")).to_be_visible()
			watched.check(f"print {doctype}")
	print(f"\n{watched.seen} pages of Frappe's")
	assert not watched.trouble, "\n".join(watched.trouble)


def use_the_panel(watched: Watched) -> None:
	"""The banner on customers and on an invoice, each of its dialogs, and the two of a customer's menu."""
	page, panel = watched.page, watched.desk.panel
	for number in range(len(packed(480))):
		watched.form("Customer", f"MX Hostile {number}")
		expect(panel).to_be_visible()
		watched.check(f"banner {number}")
	for button in ("Jot", "Gesture", "Follow up"):
		panel.get_by_role("button", name=button).first.click()
		expect(panel.locator(".mx-form")).to_be_visible()
		panel.locator(".mx-form").get_by_role("textbox").first.fill(packed(480)[1])
		page.wait_for_timeout(700)
		watched.quiet()
		watched.check(button)
		panel.locator(".mx-form").get_by_role("button", name="Cancel").click()
	page.locator(".page-container:visible .menu-btn-group .btn:visible").first.click()
	page.get_by_role("link", name="Sensitive Notes…").locator("visible=true").first.click()
	dialog = page.get_by_role("dialog").filter(has_text="Why do you need to look?")
	dialog.locator("[data-fieldname=reason] input").fill(packed(270)[1])
	page.keyboard.press("Tab")
	page.wait_for_timeout(700)
	watched.check("sensitive notes, the reason")
	dialog.get_by_role("button", name="Open", exact=True).click()
	expect(dialog).to_be_hidden()
	watched.quiet()
	watched.check("sensitive notes")
	page.goto(f"{watched.desk.base}/app/sales-invoice/new?customer=MX%20Hostile%200")
	watched.desk.settle()
	watched.quiet()
	watched.check("invoice")


def open_our_pages(watched: Watched) -> None:
	"""Hand-over, personal data with its dialog, the reports, the workspace with its cards and its block of what broke."""
	page = watched.page
	watched.go(["hand-over"], shown("[data-fieldname=leaving] input"))
	for field, user in (("leaving", WRITER), ("staying", KEEPER)):
		box = page.locator(f".page-container:visible [data-fieldname={field}] input")
		box.click()
		expect(
			page.locator(f".page-container:visible [data-fieldname={field}] .awesomplete li").first
		).to_be_visible()
		watched.check(f"hand over, {field}")
		page.evaluate(
			"([field, user]) => { const input = $(`.page-container:visible [data-fieldname=${field}] input`); input.val(user).trigger('change'); }",
			[field, user],
		)
		watched.quiet()
	expect(page.locator(".mx-hand-over:visible")).to_contain_text("Open promises: ")
	watched.check("hand over")
	watched.go(["personal-data", f"{CUSTOMER} 0"], shown(".mx-personal-data"))
	page.get_by_role("button", name="Show All of It").click()
	expect(
		page.locator(".mx-personal-data:visible").get_by_role("region", name="What we noted")
	).to_be_visible()
	watched.check("personal data")
	page.locator(".page-container:visible .page-head").get_by_role("button", name="Erase…").first.click()
	expect(page.locator(".modal:visible")).to_contain_text("This cannot be undone")
	watched.check("erase")
	# Anew, and so without the dialog.
	watched.desk.go("user")
	for report in ("Gesture Budget Utilisation", "Worth a Second Look", "Notes to Be Forgotten"):
		watched.go(
			["query-report", report],
			f"() => frappe.query_report?.report_name === {report!r} && frappe.query_report.data",
		)
	watched.go(["Workspaces", "Micro Experiences"], shown(".number-widget-box"))


def ring_and_mail(watched: Watched, writer: Watched) -> None:
	"""The digest as a mail client shows it, the bell with its answers, and the wallet."""
	mail = on_site(RING)
	assert mail
	for html in mail:
		assert "mx_pwned" in html or "evil.invalid" in html, "the mail names what was promised"
		watched.page.set_content(html)
		watched.page.wait_for_timeout(300)
		watched.check("digest")
	writer.go(["my-wallet"], shown("[class*=mx-money], [class*=mx-wallet]"))
	writer.page.locator(".dropdown-notifications .notifications-icon").click()
	expect(writer.page.locator(".notification-item").first).to_be_visible()
	writer.quiet()
	writer.page.wait_for_timeout(500)
	writer.check("bell")


def test_nothing_runs_on_our_pages_where_the_database_holds_it_as_it_was_typed(desk, written):
	fields = json.dumps(FIELDS)
	on_site(filled(RAW, FIELDS=repr(fields), STARTED=repr(written[1])))
	watched, writer = Watched(desk(KEEPER)), Watched(desk(WRITER))
	use_the_panel(watched)
	on_site(NAMES)
	open_our_pages(watched)
	ring_and_mail(watched, writer)
	print(f"\n{watched.seen + writer.seen} pages of ours")
	assert not watched.trouble + writer.trouble, "\n".join(watched.trouble + writer.trouble)
