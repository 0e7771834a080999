"""Frappe's realtime server with real Desks in every room: a user hears nothing about a note that is hidden from them."""

import json

import pytest
from conftest import COLLEAGUE, MANAGER, REP, insert, on_site
from playwright.sync_api import Page, TimeoutError

CUSTOMER = "Saltwater Surf Club"
# Everything that publishes an event about a note: save, comment, tag, like and attachment.
CHANGE = """
from frappe.desk.form.utils import add_comment
from frappe.desk.like import toggle_like
for name in NAMES:
	note = frappe.get_doc("Personal Note", name)
	note.note += " again"
	note.save()
	add_comment("Personal Note", name, "mxheard in words", frappe.session.user, "x")
	note.add_tag("mxheard")
	toggle_like("Personal Note", name, "Yes")
	file = {"doctype": "File", "file_name": "mxheard.txt", "content": "mxheard", "is_private": 1}
	frappe.get_doc(file | {"attached_to_doctype": "Personal Note", "attached_to_name": name}).insert()
	frappe.db.commit()
"""
DELETE = """
for name in NAMES:
	if frappe.db.exists("Personal Note", name):
		frappe.delete_doc("Personal Note", name, force=True)
		frappe.db.commit()
"""
LISTEN = """names => {
	window.heard = [];
	const socket = frappe.realtime.socket;
	socket.onAny((event, ...values) => window.heard.push(JSON.stringify([event, ...values])));
	for (const doctype of ["Personal Note", "Comment", "File", "Tag Link"]) socket.emit("doctype_subscribe", doctype);
	for (const name of names) {
		for (const room of ["doc_subscribe", "doc_open"]) socket.emit(room, "Personal Note", name);
		for (const room of ["task_subscribe", "progress_subscribe"]) socket.emit(room, name);
	}
}"""


def get_heard(page: Page) -> list[str]:
	return page.evaluate("() => window.heard")


def has_heard(page: Page, word: str, timeout: int) -> bool:
	try:
		page.wait_for_function(
			"word => window.heard.some(event => event.includes(word))", arg=word, timeout=timeout
		)
	except TimeoutError:
		return False
	return True


def wait_until_subscribed(page: Page, note: str) -> None:
	"""Comment on a note until the page hears of it: the server joins a room after it has asked the site."""
	for number in range(30):
		word = f"mxprobe{number}"
		on_site(
			"from frappe.desk.form.utils import add_comment\n"
			f"add_comment('Personal Note', {note!r}, {word!r}, {REP!r}, 'x')",
			REP,
		)
		if has_heard(page, word, 1000):
			return
	raise AssertionError("The page does not hear of a note that its user may see.")


@pytest.fixture
def notes():
	"""Insert a private note and a shared one of the rep and return their names."""
	values = {"customer": CUSTOMER, "kind": "Fact"}
	private = insert(REP, "Personal Note", note="mxheard secret", visibility="Only Me", **values)
	names = [private, insert(REP, "Personal Note", note="mxheard shared", **values)]
	yield names
	on_site(f"NAMES = {names!r}\n{DELETE}")


def test_private_note_is_heard_by_its_author_only(desk, notes):
	private, shared = notes
	author, *others = pages = [desk(user).go("micro-experiences") for user in (REP, COLLEAGUE, MANAGER)]
	for one in pages:
		# The server asks the site for each room, and is refused.
		one.expected_errors.append("403")
		one.page.wait_for_function("() => frappe.realtime.socket?.connected")
		# The rooms of the private note are requested first.
		one.page.evaluate(LISTEN, notes)
	for one in pages:
		wait_until_subscribed(one.page, shared)
	wait_until_subscribed(author.page, private)
	on_site(f"NAMES = {notes!r}\n{CHANGE}", REP)
	on_site(f"NAMES = {notes!r}\n{DELETE}")
	# Events arrive in the order in which they are published: after the last one, all have arrived.
	on_site(
		f"for user in {(REP, COLLEAGUE, MANAGER)!r}:\n"
		"	frappe.publish_realtime('mx_last', {'word': 'mxlast'}, user=user, after_commit=True)"
	)
	for one in pages:
		assert has_heard(one.page, "mxlast", 20_000)
	assert [event for event in get_heard(author.page) if private in event and "docinfo_update" in event]
	for one in others:
		heard = get_heard(one.page)
		assert not [event for event in heard if private in event or "secret" in event], json.dumps(heard)
		# The rooms that everybody may enter do not tell which note a comment, tag or file is about.
		about_shared = {json.loads(event)[0] for event in heard if shared in event}
		assert "docinfo_update" in about_shared
		assert about_shared <= {"doc_update", "docinfo_update", "doc_viewers"}
