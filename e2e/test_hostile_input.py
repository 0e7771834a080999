"""Hostile text in any field of the app runs on no page and makes no request to another server.

Frappe's own pages are tested with what the app stores; the app's pages also with what an old row or a direct write to the
database could contain.
"""

import json
import re
from urllib.parse import quote

import pytest
from conftest import PASSWORD, REP, on_site
from payloads import PAYLOADS
from playwright.sync_api import expect

WRITER, KEEPER = "mx.writer@example.com", "mx.keeper@example.com"
CUSTOMER = "MX Hostile"
# Script that runs sets a flag on the page.
TRIPWIRE = """
window.mx_pwned = () => { window.__mx_ran = true; };
for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = window.mx_pwned;
"""
# Returns the elements that a payload has become, and whether one has run.
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
# The text fields of each DocType that users fill in.
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
	"""Return all payloads in as few texts of this length as possible."""
	texts = ["tea"]
	for payload in PAYLOADS:
		if len(texts[-1]) + len(payload) + 1 > longest:
			texts.append("tea")
		texts[-1] = f"{texts[-1]} {payload}"
	return texts


# The names of customers and contacts are escaped here: Frappe shows unescaped names on its own Customer form.
WRITE = """
import json
from itertools import cycle
from frappe.utils import add_days, now_datetime, today
from micro_experiences.api import follow_ups, gestures, notes, personal_data, sensitive_notes
from micro_experiences.services.preferences import create_preferences
from micro_experiences.tests.utils import make_budget, make_customer, make_email_account, make_user
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
# Requests of other users cache the enabled budgets: they must find this one.
frappe.db.commit()
frappe.set_user("mx.writer@example.com")
create_preferences(["mx.writer@example.com"])
for number, text in enumerate(notes_texts):
	customer = make_customer(f"MX Hostile {number}")
	frappe.db.set_value("Customer", customer, "customer_name", next(names))
	for person in range(3):
		contact = frappe.get_doc({"doctype": "Contact", "first_name": f"MX {person}", "links": [{"link_doctype": "Customer", "link_name": customer}]}).insert(ignore_permissions=True)
		first = next(names)
		contact.db_set({"first_name": first, "last_name": next(names), "full_name": first})
	note = notes.jot(customer=customer, note=text, contact=contact.name, pinned=1, kept_as_is_because=lines[number])["name"]
	notes.mark_used(name=note, they_said=text)
	notes.jot(customer=customer, note="Never " + lines[number], kind="Never", stops="call")
	words = texts[number % len(texts)]
	gesture = gestures.record_gesture(customer=customer, what=lines[number], message=words, cost=3, gesture_type=kind, personal_note=note, never_notes_confirmed=True)["name"]
	frappe.get_doc("Gesture", gesture).update({"story": words, "share_story": 1}).save()
	asked = gestures.record_gesture(customer=customer, what=lines[-number - 1], cost=50, never_notes_confirmed=True)["name"]
	follow_ups.create(customer=customer, subject=lines[number], due_on=today(), contact=contact.name, personal_note=note)
	done = follow_ups.create(customer=customer, subject=lines[-number - 1], due_on=today())["name"]
	follow_ups.mark_done(name=done, outcome=words)
	frappe.set_user("mx.keeper@example.com")
	gestures.decline(asked, words)
	gestures.correct_cost(gesture, 2, lines[number])
	for reason in reasons[number :: len(notes_texts)]:
		sensitive_notes.request_access(customer, reason)
	frappe.set_user("mx.writer@example.com")
for number, text in enumerate(reasons):
	gone = make_customer(f"MX Hostile gone {number}")
	notes.jot(customer=gone, note="Takes tea")
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
# Writes the payloads to the database directly. The jobs write `set_aside_because`; it is no field of a form.
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
from micro_experiences.permissions import budget_access
budget_access.clear_budget_cache()
frappe.clear_cache()
"""
# Names with the markup that Frappe keeps when it saves them, for the pages of the app.
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
from micro_experiences.permissions import budget_access
from micro_experiences.services import sensitive_words
budget_access.clear_budget_cache()
sensitive_words.clear_vocabulary_cache()
frappe.clear_cache()
"""
SEND_DIGEST = """
from micro_experiences.services.digests import send_due_digests
from micro_experiences.services.reminders import send_due_reminders
from micro_experiences.tests.utils import get_queued_digests
yesterday = frappe.utils.add_days(frappe.utils.now_datetime(), -1)
# At any time of day. The settings are restored afterwards.
changed = {"send_digests": 1, "digest_names_promises": 1, "quiet_from": 0, "quiet_until": 0}
before = {field: frappe.db.get_single_value("Micro Experiences Settings", field) for field in changed}
frappe.get_doc("Micro Experiences Settings").update(changed).save()
frappe.db.set_value("Follow Up Preference", {"user": "mx.writer@example.com"}, {"next_digest_at": yesterday, "digest": 1, "digest_hour": "00:00", "bell": 1})
frappe.db.set_value("Follow Up Task", {"customer": ("like", "MX Hostile%"), "status": "Open"}, {"next_reminder_at": yesterday, "set_aside_at": None})
send_due_reminders()
send_due_digests()
answer = [mail.html for mail in get_queued_digests("mx.writer@example.com")]
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
	"""Fill every text field through the API; return the refused texts by reason, and the time before that."""
	on_site(REMOVE)
	started = on_site("answer = frappe.utils.now()")
	yield on_site(filled(WRITE)), started
	on_site(REMOVE)


class Watched:
	"""A Desk page with the tripwire. `findings` lists what should not have happened, `checks` counts the pages."""

	def __init__(self, one):
		self.desk, self.page, self.findings, self.checks = one, one.page, [], 0
		self.page.add_init_script(TRIPWIRE)
		self.page.route(re.compile(r"^\w+://([^/]*\.)?evil\.invalid"), self.record_request)
		self.page.on("dialog", self.record_dialog)
		one.go("todo")

	def record_dialog(self, dialog):
		# The app asks before a draft is discarded.
		if dialog.type != "beforeunload":
			self.findings.append(f"dialog {dialog.message}")
		dialog.accept()

	def record_request(self, route):
		self.findings.append(f"request to {route.request.url} on {self.page.url}")
		route.abort()

	def check(self, where: str):
		self.desk.settle()
		self.checks += 1
		self.findings += [f"{where}: {node}" for node in self.page.evaluate(LIVE)]
		self.findings += [f"{where}: {error}" for error in self.desk.errors]
		self.desk.errors.clear()

	def wait_for_finding(self, word: str, where: str) -> bool:
		"""Check the page until a finding contains `word`, at most five seconds."""
		for _attempt in range(50):
			self.findings += [f"{where}: {node}" for node in self.page.evaluate(LIVE)]
			if any(word in finding for finding in self.findings):
				return True
			self.page.wait_for_timeout(100)
		return False

	def go(self, route: list[str], ready: str):
		"""Open a route within the Desk, as a click does, which is faster than loading the Desk again."""
		self.page.evaluate("(route) => { frappe.set_route(route); }", route)
		self.page.wait_for_function(ready)
		self.check("/".join(route))

	def form(self, doctype: str, name: str):
		self.go(
			["Form", doctype, name],
			f"() => cur_frm?.doc?.name === {json.dumps(name)} && cur_frm.$wrapper.is(':visible')",
		)

	def list_of(self, doctype: str, view: str):
		"""Open the list or the report with all records, and in the report with a column for each text field."""
		self.page.evaluate("() => { window.cur_list = null; }")
		self.page.evaluate("(route) => frappe.set_route(route) && null", ["List", doctype, view])
		self.page.wait_for_function(
			f"() => window.cur_list?.doctype === {json.dumps(doctype)} && cur_list.view_name === {json.dumps(view)} && cur_list.filter_area"
		)
		self.desk.settle()
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
		self.desk.settle()
		assert self.page.evaluate("() => cur_list.data.length") or not FIELDS[doctype], (doctype, view)
		self.check(f"{doctype} {view}")


def is_shown(selector: str) -> str:
	"""Return a script that tells whether an element is visible."""
	return (
		f"() => [...document.querySelectorAll({json.dumps(selector)})].some((node) => node.checkVisibility())"
	)


def get_longest(doctype: str, field: str, limit: int) -> list[str]:
	"""Return the names of the records with the longest texts in a field."""
	return on_site(
		f"from frappe.query_builder.functions import Length\ntable = frappe.qb.DocType({doctype!r})\n"
		f"answer = frappe.qb.from_(table).select(table.name).orderby(Length(table.{field}), order=frappe.qb.desc).limit({limit}).run(pluck=True)"
	)


# Planted faults: the places of a page that could show `text` as HTML.
PLANTED = {
	"page": "$('<div>').html(text).appendTo(document.body)",
	"row of a list": "cur_list.$result.find('.list-row-col').first().html(text)",
	"field": "cur_list.$result.append($('<div>').html(frappe.format(text, { fieldtype: 'Small Text' })))",
	"message": "frappe.msgprint(text)",
	"dialog": "new frappe.ui.Dialog({ title: 'Tea', fields: [{ fieldtype: 'HTML', fieldname: 'tea', options: text }] }).show()",
}
FINDINGS = {
	"<img src=x onerror=mx_pwned()>": "it ran",
	"<b onmouseover=mx_pwned()>tea</b>": "onmouseover",
	"<a href=' javascript:mx_pwned()'>tea</a>": "javascript:",
	"<a href=https://evil.invalid/>tea</a>": "<a href",
	"<img src=https://evil.invalid/pixel.png>": "request to https://evil.invalid/pixel.png",
}


def test_tripwire_finds_text_that_is_shown_as_html(desk):
	"""Without this, a silent tripwire would prove nothing."""
	one = desk(REP)
	watched = Watched(one)
	one.open("List", "Customer", "List")
	watched.page.wait_for_function("() => window.cur_list?.doctype === 'Customer' && cur_list.data.length")
	watched.check("before")
	assert not watched.findings
	for place, script in PLANTED.items():
		for text, finding in FINDINGS.items():
			watched.page.evaluate(f"(text) => {{ {script}; }}", text)
			assert watched.wait_for_finding(finding, place), (place, text, watched.findings)
			# Remove what was planted in the page, so that it is not found a second time.
			watched.page.evaluate(
				"() => { for (const node of document.querySelectorAll('[onerror], [onmouseover], [src*=evil], [href*=evil], [href*=mx_pwned]')) node.remove(); window.__mx_ran = false; }"
			)
			watched.findings.clear()
	one.errors.clear()


def test_payloads_sent_by_rest_are_stored_without_markup(desk, written):
	rep = desk(WRITER).go("todo")
	token = rep.page.evaluate("() => frappe.csrf_token")
	# Frappe takes a text that consists of a tag only for empty, and refuses it.
	texts = [f"tea {payload}" if payload.startswith("<%") else payload for payload in PAYLOADS]
	for doctype, get_values in (
		("Personal Note", lambda text: {"kind": "Fact", "note": text}),
		("Follow Up Task", lambda text: {"due_on": "2030-01-01", "subject": text}),
		("Gesture", lambda text: dict.fromkeys(("what", "message", "story"), text) | {"status": "Idea"}),
	):
		docs = [{"doctype": doctype, "customer": CUSTOMER} | get_values(text) for text in texts]
		response = rep.context.request.post(
			f"{rep.base}/api/method/frappe.client.insert_many",
			headers={"X-Frappe-CSRF-Token": token},
			data={"docs": docs},
			timeout=120_000,
		)
		assert response.status == 200, response.text()[:500]
	stored = on_site(
		"answer = [[name, value] for name, fields in {'Personal Note': ('note',), 'Follow Up Task': ('subject',), 'Gesture': ('what', 'message', 'story')}.items()"
		f" for row in frappe.get_all(name, filters={{'customer': {CUSTOMER!r}}}, fields=fields) for value in row.values()]"
	)
	assert len(stored) == 5 * len(PAYLOADS)
	for where, text in stored:
		# No control characters, no direction marks, no tags, no formulas of a spreadsheet.
		assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069]", text), (where, text)
		assert not re.search("<[A-Za-z/!?]", text), (where, text)
		assert not text.startswith(("=", "+", "-", "@")), (where, text)
	# Only sensitive terms, which have a format of their own, are refused.
	refused = written[0]
	assert all("mx " in text or text in PAYLOADS for texts in refused.values() for text in texts), refused


def test_stored_payloads_do_not_run_on_pages_of_frappe(desk, written):
	watched = Watched(desk(KEEPER))
	page = watched.page
	for doctype in FIELDS:
		for view in ("List", "Report"):
			watched.list_of(doctype, view)
	for doctype, field, limit in (
		("Personal Note", "note", 7),
		("Personal Note Use", "they_said", 2),
		("Personal Note Access", "reason", 1),
		("Personal Data Erasure", "reason", 1),
		("Follow Up Task", "outcome", 2),
		("Gesture", "message", 4),
		("Gesture", "decline_reason", 1),
		("Gesture Type", "message_template", 1),
		("Gesture Budget", "title", 1),
		("Note Topic", "icon", 1),
	):
		for name in get_longest(doctype, field, limit):
			watched.form(doctype, name)
	watched.go(["List", "Follow Up Task", "Calendar", "default"], is_shown(".fc-event"))
	watched.go(["List", "Gesture", "Kanban", "MX Hostile"], is_shown(".kanban-card"))
	for doctype in ("Personal Note", "Personal Note Use", "Follow Up Task", "Gesture", "Gesture Type"):
		name = quote(get_longest(doctype, FIELDS[doctype][0], 1)[0], safe="")
		page.goto(
			f"{watched.desk.base}/printview?doctype={quote(doctype)}&name={name}&format=Standard&no_letterhead=1"
		)
		expect(page.locator(".print-format")).to_be_visible()
		watched.findings += [f"print {doctype}: {node}" for node in page.evaluate(LIVE)]
	assert watched.checks > 40
	assert not watched.findings, "\n".join(watched.findings)


def use_panel(watched: Watched) -> None:
	"""Open the banner of each customer, all its forms, the access dialog, and an invoice."""
	page, panel = watched.page, watched.desk.panel
	for number in range(len(packed(480))):
		watched.form("Customer", f"MX Hostile {number}")
		expect(panel).to_be_visible()
		watched.check(f"banner {number}")
	for button in ("Add note", "Record gesture", "Follow up"):
		panel.get_by_role("button", name=button).first.click()
		expect(panel.locator(".mx-form")).to_be_visible()
		text = panel.locator(".mx-form :is([name=note], [name=what], [name=subject])")
		if button == "Add note":
			with page.expect_response(lambda response: "notes.suggest" in response.url):
				text.fill(packed(480)[1])
		else:
			text.fill(packed(480)[1])
		watched.check(button)
		panel.locator(".mx-form").get_by_role("button", name="Cancel").click()
	page.locator(".page-container:visible .menu-btn-group .btn:visible").first.click()
	page.get_by_role("link", name="Sensitive Notes…").locator("visible=true").first.click()
	dialog = page.get_by_role("dialog").filter(has_text="Access Reason")
	dialog.locator("[data-fieldname=reason] input").fill(packed(270)[1])
	page.keyboard.press("Tab")
	watched.check("sensitive notes, reason")
	watched.desk.wait_for_dialog()
	dialog.get_by_role("button", name="Request access", exact=True).click()
	expect(dialog).to_be_hidden()
	watched.check("sensitive notes")
	watched.desk.go("sales-invoice/new?customer=MX%20Hostile%200")
	watched.check("invoice")


def open_pages(watched: Watched) -> None:
	"""Open the pages of the app: handover, personal data with its dialog, the reports, and the workspace with its cards."""
	page = watched.page
	watched.go(["hand-over"], is_shown("[data-fieldname=leaving] input"))
	for field, user in (("leaving", WRITER), ("staying", KEEPER)):
		box = page.locator(f".page-container:visible [data-fieldname={field}] input")
		box.click()
		choices = page.locator(f".page-container:visible [data-fieldname={field}] .awesomplete li")
		expect(choices.first).to_be_visible()
		watched.check(f"handover, {field}")
		page.evaluate(
			"([field, user]) => { const input = $(`.page-container:visible [data-fieldname=${field}] input`); input.val(user).trigger('change'); }",
			[field, user],
		)
	expect(page.locator(".mx-handover:visible")).to_contain_text("Open follow-ups: ")
	watched.check("handover")
	watched.go(["personal-data", f"{CUSTOMER} 0"], is_shown(".mx-personal-data"))
	page.get_by_role("button", name="Show all data").click()
	expect(
		page.locator(".mx-personal-data:visible").get_by_role("region", name="Notes", exact=True)
	).to_be_visible()
	watched.check("personal data")
	page.locator(".page-container:visible .page-head").get_by_role("button", name="Erase…").first.click()
	expect(watched.desk.dialog).to_contain_text("Erase permanently")
	watched.check("erase")
	# Load the Desk again, without the dialog.
	watched.desk.go("todo")
	for report in ("Gesture Budget Utilisation", "Worth a Second Look", "Notes to Be Forgotten"):
		watched.go(
			["query-report", report],
			f"() => frappe.query_report?.report_name === {report!r} && frappe.query_report.data",
		)
	watched.go(["Workspaces", "Micro Experiences"], is_shown(".number-widget-box"))


def open_digest_wallet_and_notifications(watched: Watched, writer: Watched) -> None:
	"""Open the digest as an email client shows it, the wallet, and the notifications with their actions."""
	writer.go(["my-wallet"], is_shown("[class*=mx-balances], [class*=mx-wallet]"))
	emails = on_site(SEND_DIGEST)
	assert emails
	writer.page.locator(".dropdown-notifications .notifications-icon").click()
	expect(writer.page.locator(".notification-item").first).to_be_visible()
	expect(writer.page.locator(".mx-pending-actions").first).to_be_visible()
	writer.check("notifications")
	for html in emails:
		assert "mx_pwned" in html or "evil.invalid" in html, "The digest contains the subjects."
		watched.page.set_content(html)
		watched.findings += [f"digest: {node}" for node in watched.page.evaluate(LIVE)]


def test_payloads_written_to_the_database_do_not_run_on_pages_of_the_app(desk, written):
	fields = json.dumps(FIELDS)
	on_site(filled(RAW, FIELDS=repr(fields), STARTED=repr(written[1])))
	watched, writer = Watched(desk(KEEPER)), Watched(desk(WRITER))
	use_panel(watched)
	on_site(NAMES)
	open_pages(watched)
	open_digest_wallet_and_notifications(watched, writer)
	assert not watched.findings + writer.findings, "\n".join(watched.findings + writer.findings)
