"""Frappe's own server of realtime messages, with real Desks that ask for every room: who may not see a note hears nothing
of it."""

import json

import pytest
from conftest import COLLEAGUE, MANAGER, REP, on_site
from playwright.sync_api import Page

MAKE = f"""
frappe.set_user({REP!r})
customer = frappe.get_list("Customer", pluck="name", limit=1)[0]
note = {{"doctype": "Personal Note", "customer": customer, "kind": "Fact"}}
secret = frappe.get_doc(note | {{"note": "mxheard secret", "visibility": "Only Me"}}).insert().name
shared = frappe.get_doc(note | {{"note": "mxheard shared"}}).insert().name
answer = [secret, shared]
"""
# All that tells of a record: it is changed, commented, tagged, liked, shared out as a file, and deleted.
CHANGE = f"""
from frappe.desk.form.utils import add_comment
from frappe.desk.like import toggle_like
frappe.set_user({REP!r})
for name in NAMES:
    note = frappe.get_doc("Personal Note", name)
    note.note += " again"
    note.save()
    add_comment("Personal Note", name, "mxheard in words", {REP!r}, "x")
    note.add_tag("mxheard")
    toggle_like("Personal Note", name, "Yes")
    file = {{"doctype": "File", "file_name": "mxheard.txt", "content": "mxheard", "is_private": 1}}
    frappe.get_doc(file | {{"attached_to_doctype": "Personal Note", "attached_to_name": name}}).insert()
    frappe.db.commit()
"""
DELETE = """
frappe.set_user("Administrator")
for name in NAMES:
    frappe.delete_doc("Personal Note", name, force=True)
    frappe.db.commit()
"""
LISTEN = """names => {
	window.heard = [];
	const socket = frappe.realtime.socket;
	socket.onAny((event, ...told) => window.heard.push(JSON.stringify([event, ...told])));
	for (const doctype of ["Personal Note", "Comment", "File", "Tag Link"]) socket.emit("doctype_subscribe", doctype);
	for (const name of names) {
		for (const ask of ["doc_subscribe", "doc_open"]) socket.emit(ask, "Personal Note", name);
		for (const ask of ["task_subscribe", "progress_subscribe"]) socket.emit(ask, name);
	}
}"""


def listen(page: Page, names: list[str]):
	page.wait_for_function("() => frappe.realtime.socket?.connected")
	page.evaluate(LISTEN, names)


def heard(page: Page) -> list[str]:
	return page.evaluate("() => window.heard")


@pytest.fixture
def notes():
	names = on_site(MAKE)
	yield names
	on_site(f"NAMES = [name for name in {names} if frappe.db.exists('Personal Note', name)]\n{DELETE}")


def test_who_may_not_see_a_note_hears_nothing_of_it(desk, notes):
	secret, shared = notes
	own, others = (
		desk(REP).go("micro-experiences"),
		[desk(user).go("micro-experiences") for user in (COLLEAGUE, MANAGER)],
	)
	for one in others:
		# The server asks the site for each room, and is refused.
		one.refusals.append("403")
		listen(one.page, notes)
	listen(own.page, notes)
	own.page.wait_for_timeout(4000)
	# The hidden one first: when the other one is heard, it would have been heard too.
	on_site(f"NAMES = {[secret, shared]}\n{CHANGE}\n{DELETE}")
	for one in (own, *others):
		one.page.wait_for_function(
			"name => window.heard.some(told => told.includes('docinfo_update') && told.includes(name))",
			arg=shared,
		)
	own.page.wait_for_timeout(1000)
	assert [told for told in heard(own.page) if secret in told and "docinfo_update" in told]
	for one in others:
		told = heard(one.page)
		assert not [words for words in told if secret in words or "secret" in words], json.dumps(told)
		# Of the rooms that anybody may enter, none tells which note a comment, a tag or a file is about.
		assert {json.loads(words)[0] for words in told if shared in words} <= {
			"doc_update",
			"docinfo_update",
			"doc_viewers",
		}
