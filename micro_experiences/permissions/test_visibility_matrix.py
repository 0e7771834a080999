"""Permission matrix: every route in Frappe to a record, for every kind of user and every visibility.

Each text contains a unique word. A user who may not see a record finds neither its word nor its name in any response, and
no count that includes it; a user who may see it finds it on the routes that are meant to show it.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from unittest.mock import patch
from urllib.parse import quote

import frappe
from frappe.utils import add_days, now_datetime, today
from frappe.utils.safe_exec import safe_exec

from micro_experiences.api import gestures
from micro_experiences.domain.visibility import ALL_WALLETS_ROLES, GUARDED_DOCTYPES, MANAGER_ROLE
from micro_experiences.permissions import budget_access
from micro_experiences.permissions.test_visibility import (
	AUTHOR,
	KINDS,
	LIMITED_VIEWERS,
	MEMBER,
	VIEWERS,
	is_expected_visible,
)
from micro_experiences.services import access_log
from micro_experiences.tests.http import METHOD, HttpClient
from micro_experiences.tests.utils import SiteTestCase, make_budget, make_customer, make_invoice, make_user

# A manager with an access reason, and a contact of the customers with a portal login.
REASONED, PORTAL = "mx.reasoned@example.com", "mx.portal@example.com"
# The text field of each DocType.
TEXT = {
	"Personal Note": "note",
	"Personal Note Use": "they_said",
	"Gesture": "message",
	"Follow Up Task": "subject",
	"Gesture Wallet Entry": "reason",
}
# Notes are tested on all routes that need a name. Other DocTypes are tested on all list routes, and on these by name,
# because the remaining routes share their permission check.
SHORT = {"form", "REST", "client.get_value"}
# One viewer for each reason to see a record or not, for the slow routes.
SELECTED_VIEWERS = (
	AUTHOR,
	MEMBER,
	REASONED,
	PORTAL,
	"Guest",
	"Administrator",
	"mx.sales@example.com",
	"mx.limited@example.com",
	"mx.system@example.com",
	"mx.employee@example.com",
)
# Tables of Frappe and of the app that contain texts or names of records.
TABLES = (
	"Comment",
	"Tag Link",
	"Deleted Document",
	"Email Queue",
	"Notification Log",
	"Error Log",
	"File",
	"Version",
	"ToDo",
	"DocShare",
	"View Log",
	"Access Log",
	"Activity Log",
	"Document Follow",
	"Communication",
	"Personal Note Access",
	"Follow Up Reminder",
	"Follow Up Preference",
	"Gesture Wallet",
)
ALL_WORDS = "%zqx%"


@dataclass(frozen=True)
class Record:
	"""A record of the author with one kind of visibility and its unique word."""

	doctype: str
	name: str
	kind: str
	word: str
	customer: str
	share_key: str
	file: str = ""


@dataclass(frozen=True)
class Route:
	"""A request.

	`shows` says what a viewer who may see the record gets: "words", "yes" (the value under the keys `yes` is true),
	"count", "refused" (for everyone), or "" (not checked). Names in `sent` come from the request, so finding them in the
	response reveals nothing.
	"""

	label: str
	path: str
	body: dict | None = None
	shows: str = ""
	sent: frozenset[str] = frozenset()
	yes: tuple[str, ...] = ()


def get(label: str, target: str, /, shows: str = "", yes: tuple[str, ...] = (), **arguments) -> Route:
	"""Return a GET request to a path, or to a whitelisted method given by its dotted name."""
	texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in arguments.items()}
	query = "&".join(f"{key}={quote(value)}" for key, value in texts.items())
	path = target if target.startswith("/") else METHOD + target
	return Route(label, f"{path}?{query}", None, shows, frozenset(texts.values()), yes)


def post(label: str, method: str, /, shows: str = "", yes: tuple[str, ...] = (), **arguments) -> Route:
	"""Return a POST request to a whitelisted method."""
	sent = frozenset(value if isinstance(value, str) else json.dumps(value) for value in arguments.values())
	return Route(label, METHOD + method, arguments, shows, sent, yes)


FORM, CLIENT, VIEW, DESK = "frappe.desk.form.", "frappe.client.", "frappe.desk.reportview.", "frappe.desk."


def document_routes(record: Record) -> Iterator[Route]:
	"""Yield the routes to one record whose name is known or guessed."""
	doctype, name, text = record.doctype, record.name, TEXT[record.doctype]
	rest, rest2 = f"/api/resource/{doctype}/{name}", f"/api/v2/document/{doctype}/{name}"
	to, doc = {"doctype": doctype, "name": name}, {"doctype": doctype, "docname": name}
	like = {text: ["like", f"%{record.word}%"]}
	typed = {"doctype": doctype, "txt": name}
	yield get("form", FORM + "load.getdoc", "words", **to)
	yield get("docinfo", FORM + "load.get_docinfo", **to)
	yield get("REST", rest, "words", name=name)
	yield get("REST, expand_links", rest, name=name, expand_links="1")
	yield get("REST v2", rest2 + "/", "words", name=name)
	yield get("REST v2, copy", rest2 + "/copy", "words", name=name)
	yield get("client.get", CLIENT + "get", "words", **to)
	yield get("client.get by its words", CLIENT + "get", "words", doctype=doctype, filters=like)
	# Finding a record by filters and then refusing it would confirm that it exists.
	yield post("form by its words", FORM + "load.getdoc", "words", doctype=doctype, name=like)
	by_name = {"doctype": doctype, "fieldname": text, "filters": {"name": name}}
	yield get("client.get_value", CLIENT + "get_value", "words", **by_name)
	yield get(
		"has_permission", CLIENT + "has_permission", "yes", yes=("has_permission",), **doc, perm_type="read"
	)
	yield get(
		"get_doc_permissions", CLIENT + "get_doc_permissions", "yes", yes=("permissions", "read"), **doc
	)
	yield get("validate_link", CLIENT + "validate_link", **doc, fields=[text])
	yield get("realtime room", "frappe.realtime.can_subscribe_doc", "yes", **doc)
	yield get("search box", DESK + "search.search_link", "yes", **typed)
	ignoring = {"ignore_user_permissions": "1", "reference_doctype": "Personal Note Use"}
	yield get("search box without User Permissions", DESK + "search.search_link", **typed, **ignoring)
	yield get("link title", DESK + "search.get_link_title", **doc)
	yield get("link preview", DESK + "link_preview.get_preview_data", **doc)
	yield get("print", "frappe.www.printview.get_html_and_style", doc=doctype, name=name)
	yield get("linked with", FORM + "linked_with.get", **doc)
	yield get("timeline", FORM + "load.get_communications", **to)
	yield get("run_doc_method", "run_doc_method", dt=doctype, dn=name, method="get_title")
	following = {"doctype": doctype, "value": name, "prev": "0", "sort_field": text}
	yield get("next record by its words", FORM + "utils.get_next", **following)
	yield get("shares", "frappe.share.get_users", **to)


def slow_routes(record: Record) -> Iterator[Route]:
	"""Yield slow routes to one record: print, files, web pages and methods that call other methods.

	They share the permission check of the form, so they are tested with selected viewers and kinds.
	"""
	doctype, name = record.doctype, record.name
	to = {"doctype": doctype, "name": name}
	customer = {"doctype": "Customer", "name": record.customer}
	yield from printing_routes(record)
	if record.file:
		url = f"/private/files/{record.file}"
		yield get("private file", url, "words")
		yield get("private file, download_file", "download_file", "words", file_url=url)
		yield get("public file of this name", f"/files/{record.file}")
	yield get("web list of the name", "/list", **to)
	yield get("search page, name", "/search", q=name)
	yield get("REST v2, its method", f"/api/v2/document/{doctype}/{name}/method/get_title/")
	yield get("invoice by the name", FORM + "load.getdoc", doctype="Sales Invoice", name=name)
	many = {"source_names": json.dumps([doctype]), "target_doc": name, "args": to}
	for method in ("frappe.client.get", "frappe.desk.form.load.getdoc"):
		one = {"method": method, "source_name": name, "args": to}
		yield post("mapped", "frappe.model.mapper.make_mapped_doc", **one)
		yield post("mapped, many", "frappe.model.mapper.map_docs", method=method, source_name=name, **many)
	yield get("customer, docinfo", FORM + "load.get_docinfo", **customer)
	yield get("customer, timeline", FORM + "load.get_communications", **customer)
	yield get("customer, print view", "/printview", **customer)


def printing_routes(record: Record) -> Iterator[Route]:
	"""Yield the routes to a print. Frappe creates the share key for emails with a link to the print."""
	doctype, name = record.doctype, record.name
	key, to, html = (
		{"key": record.share_key},
		{"doctype": doctype, "name": name},
		{"doc": doctype, "name": name},
	)
	pdf, multi = "frappe.utils.print_format.download_pdf", "frappe.utils.print_format.download_multi_pdf"
	yield get("print view", "/printview", "words", **to)
	yield get("print view by a key", "/printview", "words", **to, **key)
	yield get("print view as a page", f"/{doctype}/{name}", name=name, **key)
	yield get("PDF", pdf, "words", **to)
	yield get("PDF by a key", pdf, "words", **to, **key)
	yield get("PDF, many", multi, "words", doctype=doctype, name=[name])
	yield post("PDF, many of many", multi, "words", doctype={doctype: [name]}, name=name, **key)
	yield get("PDF, WeasyPrint", "frappe.utils.weasyprint.download_pdf", print_format="Standard", **to)
	yield get("print by a key", "frappe.www.printview.get_html_and_style", **html, **key)
	yield get("raw print", "frappe.www.printview.get_rendered_raw_commands", **html, **key)


def writing_routes(record: Record) -> Iterator[Route]:
	"""Yield the routes that write about one record. Users who cannot see it must change nothing."""
	doctype, name = record.doctype, record.name
	to, x = {"doctype": doctype, "name": name}, {"content": "x"}
	yield post("assign", FORM + "assign_to.add", **to, assign_to=json.dumps([AUTHOR]), description="x")
	todo = {"reference_type": doctype, "reference_name": name, "description": "x"}
	yield Route("ToDo", "/api/resource/ToDo", todo)
	yield post("share", "frappe.share.add", **to, user=MEMBER, read=1)
	yield post("like", DESK + "like.toggle_like", **to, add="Yes")
	yield post("tag", DESK + "doctype.tag.tag.add_tag", tag="mxroutes", dt=doctype, dn=name)
	about = {"reference_doctype": doctype, "reference_name": name}
	by = {"comment_email": "x@example.com", "comment_by": "x"}
	yield post("comment", FORM + "utils.add_comment", **about, **x, **by)
	followed = {"doctype": doctype, "doc_name": name, "following": 1}
	yield post("follow", FORM + "document_follow.update_follow", **followed)
	make_mail = "frappe.core.doctype.communication.email.make"
	yield post("mail", make_mail, **to, **x)
	printed = {"recipients": "mx@example.com", "send_email": 1, "print_format": "Standard", "print_html": "x"}
	yield post("mail with its print", make_mail, **to, **x, **printed)
	by_rest = {"ref_doctype": doctype, "ref_docname": name, "user": MEMBER}
	yield Route("follow by REST", "/api/resource/Document Follow", by_rest)


def list_routes(doctype: str, names: list[str]) -> Iterator[Route]:
	"""Yield the routes to all records of a DocType. Each request covers all kinds of visibility."""
	text = TEXT[doctype]
	every = [[doctype, text, "like", ALL_WORDS]]
	only, filtered = {"doctype": doctype}, {"doctype": doctype, "filters": every}
	named = {"doctype": doctype, "filters": {"name": ["in", names]}}
	many = {"limit_page_length": "500"}
	shown = filtered | {"fields": ["name", text], "start": "0", "page_length": "500", "view": "Report"}
	yield get("client.get_list by name", CLIENT + "get_list", "words", **named, **many, fields=["*"])
	links = ["personal_note", "gesture", "customer", "reference_name"]
	yield get(
		"client.get_list by name, expand", CLIENT + "get_list", **named, **many, fields=["*"], expand=links
	)
	yield get("client.get_count by name", CLIENT + "get_count", "count", **named)
	yield get("client.get_count by words", CLIENT + "get_count", "count", **filtered)
	yield get("list", VIEW + "get", "words", **shown)
	yield get("report view", VIEW + "get_list", "words", **shown)
	yield get("list, or_filters", VIEW + "get", "words", **shown, or_filters=every)
	yield get("list, order by words", VIEW + "get", "words", **shown, order_by=f"{text} asc")
	column = f"`tab{doctype}`.`{text}`"
	counted = [column, f"count(`tab{doctype}`.`name`) as _aggregate_column"]
	grouped = filtered | {"fields": counted, "group_by": column, "page_length": "500"}
	yield get("group by words", VIEW + "get", "words", **grouped)
	yield get("count of the list", VIEW + "get_count", "count", **filtered, fields=[])
	yield get("client.get_list", CLIENT + "get_list", "words", **filtered, **many, fields=["*"])
	functions = {"fields": [f"max({text}) as most", "count(name) as n", "name"], "group_by": "name"}
	yield get("client.get_list, functions", CLIENT + "get_list", "words", **filtered, **many, **functions)
	rest = f"/api/resource/{doctype}"
	yield get("REST list", rest, "words", fields=["*"], filters=every, **many)
	links = ["personal_note", "gesture", "follow_up_task"]
	yield get("REST list, expand", rest, fields=["*"], expand=links, **many)
	rest2 = f"/api/v2/document/{doctype}"
	yield get("REST v2 list", rest2, "words", fields=["*"], filters=every, limit="500")
	yield get("REST v2 count", f"/api/v2/doctype/{doctype}/count", "count", filters=every)
	cards = DESK + "doctype.number_card.number_card."
	card = {"document_type": doctype, "function": "Count"}
	yield get("number card", cards + "get_result", "count", doc=card, filters=every)
	listed = filtered | {"txt": "", "searchfield": "name", "start": "0", "page_len": "20"}
	yield get("number cards of a user", cards + "get_cards_for_user", **listed)
	chart = {"document_type": doctype, "chart_type": "Group By", "group_by_type": "Count", "name": "x"}
	chart |= {"group_by_based_on": text, "filters_json": "[]", "type": "Bar", "timespan": "Last Year"}
	heat = chart | {"chart_type": "Count", "type": "Heatmap", "based_on": "creation"}
	charts = DESK + "doctype.dashboard_chart.dashboard_chart.get"
	yield get("chart", charts, "refused", chart=chart, no_cache="1", filters=every)
	yield get("heat map", charts, "refused", chart=heat, no_cache="1", filters=every)
	sidebar = only | {"current_filters": every}
	groups = DESK + "listview.get_group_by_count"
	yield get("assignments in the sidebar", groups, "refused", **sidebar, field="assigned_to")
	yield get("groups in the sidebar", groups, "words", **sidebar, field=text)
	yield get("tags in the sidebar", VIEW + "get_sidebar_stats", **only, stats=["_user_tags"])
	yield get(
		"records with a tag", DESK + "doctype.tag.tag.get_tagged_docs", "refused", **only, tag="%mxroutes%"
	)
	goal = {"title": "x", "doctype": "User", "docname": "Guest", "goal_value_field": "name"}
	goal |= {"goal_total_field": "name", "goal_history_field": "name", "goal_doctype": doctype}
	goal |= {"goal_doctype_link": "owner", "goal_field": "name", "date_field": "creation"}
	yield get(
		"goals", "frappe.utils.goal.get_monthly_goal_graph_data", "refused", **goal, aggregation="count"
	)
	calendar = filtered | {"start": "2020-01-01", "end": "2050-01-01"}
	calendar |= {"field_map": {"start": "creation", "end": "creation", "title": text}}
	yield get("calendar", DESK + "calendar.get_events", "words", **calendar)
	yield get("export", VIEW + "export_query", **shown, file_format_type="CSV", title="x")
	exported = only | {"with_data": "1", "select_columns": {doctype: ["name", text]}, "file_type": "CSV"}
	yield get("data export", "frappe.core.doctype.data_export.exporter.export_data", **exported)
	template = only | {
		"export_fields": {doctype: ["name", text]},
		"export_records": "all",
		"file_type": "CSV",
	}
	yield get("import template", "frappe.core.doctype.data_import.data_import.download_template", **template)
	typed = only | {"txt": "zqx"}
	yield get("search box, words", DESK + "search.search_link", **typed)
	in_text = typed | {"searchfield": text, "page_length": "500"}
	yield get("search box, a field", DESK + "search.search_widget", **in_text)
	yield get("tree", DESK + "treeview.get_children", **only, parent="")
	nodes = only | {"label": "x", "parent": "", "tree_method": "frappe.desk.treeview.get_children"}
	yield get("tree, all nodes", DESK + "treeview.get_all_nodes", **nodes)
	yield get("web list", "frappe.www.list.get", **only)
	yield get("web list page", "/list", **only)
	yield get("web list, its data", "frappe.www.list.get_list_data", **typed)
	yield get("REST v2 meta", f"/api/v2/doctype/{doctype}/meta")
	yield get("REST v2 method", f"/api/v2/method/{doctype}/get_list", **only, fields=["*"], limit="500")
	yield get("kanban boards", DESK + "doctype.kanban_board.kanban_board.get_kanban_boards", **only)
	yield get("getdoctype", FORM + "load.getdoctype", **only)
	for link in ("personal_note.note", "gesture.message", "follow_up_task.subject"):
		through = only | {"fields": ["name", f"{link} as x"], "limit": "500"}
		yield get(f"through {link}", CLIENT + "get_list", **through, **many)


def other_routes(customers: dict[str, str], invoice: str) -> Iterator[Route]:
	"""Yield the routes that start at a customer, in the Desk, in a table of Frappe, or in a method of the app."""
	for table in TABLES:
		yield get(f"table {table}", f"/api/resource/{table}", fields=["*"], limit_page_length="1000")
	yield get("global search", "frappe.utils.global_search.search", text="zqx")
	yield get("web search", "frappe.utils.global_search.web_search", text="zqx")
	yield get("tags", DESK + "doctype.tag.tag.get_documents_for_tag", tag="#mxroutes")
	yield get("invoice, expand_links", f"/api/resource/Sales Invoice/{invoice}", expand_links="1")
	of_invoice = {"doctype": "Sales Invoice", "name": invoice}
	yield get("invoice", FORM + "load.getdoc", **of_invoice)
	yield get("invoice, docinfo", FORM + "load.get_docinfo", **of_invoice)
	yield get("invoice, print view", "/printview", **of_invoice)
	for page in ("/rss", "/rss.xml", "/sitemap.xml", "/search", "/list", "/website_script.js"):
		yield get(f"page {page}", page, q="zqx", txt="zqx")
	yield get("the desk", "/app")
	yield get("the portal", "/me")
	yield get("report", DESK + "query_report.run", report_name="Gesture Budget Utilisation", filters={})
	api = "micro_experiences.api."
	yield get("events", api + "follow_ups.get_events", start="2020-01-01", end="2050-01-01")
	for method in (
		"number_cards.count_occasions_this_week",
		"number_cards.count_pending_approvals",
		"reminder_health.get_reminder_health",
		"wallets.get_my_wallets",
		"handover.get_people",
	):
		yield get(method, api + method)
	yield get("handover.preview", api + "handover.preview", leaving=AUTHOR, staying=MEMBER)
	for kind, customer in customers.items():
		to = {"doctype": "Customer", "name": customer}
		yield get(f"customer of {kind}", FORM + "load.getdoc", **to)
		yield get(f"customer, expand_links of {kind}", f"/api/resource/Customer/{customer}", expand_links="1")
		linked = {"doctype": "Customer", "docname": customer}
		yield get(f"customer, linked with of {kind}", FORM + "linked_with.get", **linked)
		yield get(f"banner of {kind}", api + "banner.get_banner", customer=customer)
		yield post(f"form options of {kind}", api + "notes.get_form_options", customer=customer)
		yield post(f"gestures of {kind}", api + "gestures.propose", customer=customer)


class TestVisibilityMatrix(SiteTestCase):
	"""Records are committed, because the requests run in their own connection, and removed at the end."""

	commits = True

	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		cls.viewers = [*VIEWERS, REASONED, PORTAL]
		cls.http = HttpClient()
		cls.remove_records()
		# MyISAM keeps the logs of other modules, whose rolled-back records had the names that are given out again.
		frappe.db.delete("Error Log")
		cls.make_users()
		cls.make_records()
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		cls.checks = Counter()

	@classmethod
	def make_users(cls):
		for viewer, (roles, _reads) in VIEWERS.items():
			if roles:
				make_user(viewer, roles)
		make_user(REASONED, (MANAGER_ROLE, "Sales User"))
		make_user(PORTAL, ("Customer",))
		frappe.db.set_value("User", PORTAL, "user_type", "Website User")
		for viewer in LIMITED_VIEWERS:
			frappe.permissions.add_user_permission("Customer", cls.other_customer, viewer)
		cls.http.add_api_keys(*(viewer for viewer in cls.viewers if viewer != "Guest"))

	@classmethod
	def make_records(cls):
		"""Create for each kind a customer with a note of the author and the records linked to it."""
		group = frappe.get_doc({"doctype": "User Group", "user_group_members": [{"user": MEMBER}]})
		cls.members = group.insert(set_name="MX Matrix Group").name
		make_budget(cls.company, [AUTHOR], amount=500, title="MX Matrix")
		budget_access.clear_budget_cache()
		cls.customers = {kind: make_customer(f"MX Matrix {kind}") for kind in KINDS}
		contact = frappe.get_doc({"doctype": "Contact", "first_name": "MX Matrix", "user": PORTAL})
		contact.append("email_ids", {"email_id": PORTAL, "is_primary": 1})
		for customer in cls.customers.values():
			contact.append("links", {"link_doctype": "Customer", "link_name": customer})
			until = add_days(now_datetime(), 1)
			access_log.record_access(customer, REASONED, "Reason", reason="a complaint", open_until=until)
		contact.insert()
		cls.records = []
		frappe.set_user(AUTHOR)
		for number, (kind, customer) in enumerate(cls.customers.items()):
			cls.make_records_of_kind(number, kind, customer)
		frappe.set_user("Administrator")
		cls.invoice = make_invoice(cls.company, cls.customers["only me"]).name

	@classmethod
	def make_records_of_kind(cls, number: int, kind: str, customer: str):
		words = [f"zqx{letter}{number}{frappe.generate_hash(length=6)}" for letter in "abcde"]
		note_word, use_word, gesture_word, task_word, entry_word = words

		def add(doctype, name, word, file=""):
			key = frappe.get_doc(doctype, name).get_document_share_key()
			cls.records.append(Record(doctype, name, kind, word, customer, key, file))

		note = {"doctype": "Personal Note", "customer": customer, "note": note_word}
		note["user_group"] = cls.members if "group" in kind else None
		note = frappe.get_doc(note | KINDS[kind]).insert()
		add("Personal Note", note.name, note_word, cls.attach_file(note, note_word))
		note.log_use("Used", use_word)
		use = frappe.db.get_value("Personal Note Use", {"personal_note": note.name})
		add("Personal Note Use", use, use_word)
		options = {"message": gesture_word, "cost": 2, "personal_note": note.name}
		gesture = gestures.record_gesture(customer, "a card", **options)["name"]
		add("Gesture", gesture, gesture_word)
		task = {"doctype": "Follow Up Task", "customer": customer, "subject": task_word, "due_on": today()}
		task = frappe.get_doc(task | {"personal_note": note.name, "gesture": gesture}).insert()
		add("Follow Up Task", task.name, task_word)
		entry = frappe.db.get_value("Gesture Wallet Entry", {"gesture": gesture})
		frappe.db.set_value("Gesture Wallet Entry", entry, "reason", entry_word)
		add("Gesture Wallet Entry", entry, entry_word)
		for doc, word in ((note, note_word), (task, task_word)):
			doc.add_comment("Comment", word)
			doc.add_tag("mxroutes")
		cls.make_framework_records(note, task, gesture_word)

	@classmethod
	def make_framework_records(cls, note, task, gesture_word: str):
		"""Create an email, a deleted gesture and a queued email that contain the words."""
		mail = {"doctype": "Communication", "communication_type": "Communication", "subject": note.note}
		mail |= {"reference_doctype": "Personal Note", "reference_name": note.name, "content": note.note}
		frappe.get_doc(mail).insert(ignore_permissions=True)
		deleted = {"doctype": "Gesture", "customer": note.customer, "what": gesture_word}
		deleted = frappe.get_doc(deleted | {"message": gesture_word}).insert()
		frappe.delete_doc("Gesture", deleted.name, ignore_permissions=True)
		queued = {
			"doctype": "Email Queue",
			"reference_doctype": "Follow Up Task",
			"reference_name": task.name,
		}
		queued |= {"message": task.subject, "sender": "mx@example.com", "status": "Sent"}
		frappe.get_doc(queued).db_insert()

	@classmethod
	def attach_file(cls, note, word: str) -> str:
		"""Attach a private file that contains the word, and return its name."""
		name = f"mxroutes-{frappe.generate_hash(length=6)}.txt"
		file = {"doctype": "File", "file_name": name, "content": word, "is_private": 1}
		file |= {"attached_to_doctype": note.doctype, "attached_to_name": note.name}
		return frappe.get_doc(file).insert(ignore_permissions=True).file_name

	@classmethod
	def remove_records(cls):
		"""Remove what this test, or an earlier run that was killed, has created."""
		customers = ("in", [f"MX Matrix {kind}" for kind in KINDS])
		budgets = frappe.get_all("Gesture Budget", {"title": "MX Matrix"}, pluck="name")
		wallets = frappe.get_all("Gesture Wallet", {"gesture_budget": ("in", budgets)}, pluck="name")
		guarded = ("in", GUARDED_DOCTYPES)
		rows = [
			(doctype, {"customer": customers})
			for doctype in (
				"Personal Note",
				"Personal Note Use",
				"Gesture",
				"Follow Up Task",
				"Personal Note Access",
			)
		]
		rows += [
			("Gesture Wallet Entry", {"gesture_wallet": ("in", wallets)}),
			("Gesture Wallet Entry", {"reason": ("like", "zqx%")}),
			("Gesture Wallet", {"name": ("in", wallets)}),
			("Comment", {"reference_doctype": guarded}),
			("Tag Link", {"tag": "mxroutes"}),
			("Tag", {"name": "mxroutes"}),
			("Email Queue", {"sender": "mx@example.com"}),
			("Communication", {"reference_doctype": guarded}),
			("Document Share Key", {"reference_doctype": guarded}),
			("Deleted Document", {"deleted_doctype": guarded}),
			("User Permission", {"user": ("in", LIMITED_VIEWERS)}),
		]
		documents = (
			("File", {"file_name": ("like", "mxroutes-%")}),
			("Sales Invoice", {"customer": customers}),
			("Contact", {"first_name": "MX Matrix"}),
			("Gesture Budget", {"name": ("in", budgets)}),
			("User Group", {"name": "MX Matrix Group"}),
			("Customer", {"name": customers}),
		)
		for doctype, filters in rows:
			frappe.db.delete(doctype, filters)
		for doctype, filters in documents:
			for name in frappe.get_all(doctype, filters, pluck="name"):
				frappe.delete_doc(doctype, name, force=True, delete_permanently=True)
		frappe.db.delete("Deleted Document", {"deleted_doctype": guarded})

	@classmethod
	def tearDownClass(cls):
		cls.http.close()
		print(f"\nMatrix: {sum(cls.checks.values())} checks on {len(cls.checks)} routes")
		cls.remove_records()
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		budget_access.clear_budget_cache()
		frappe.cache.delete_value("user_permissions")
		super().tearDownClass()

	def setUp(self):
		super().setUp()
		# Searchable PDFs without wkhtmltopdf.
		for place, replacement in (("pdf.get_pdf", make_text_pdf), ("print_format.PdfWriter", TextPdfWriter)):
			patched = patch(f"frappe.utils.{place}", replacement)
			patched.start()
			self.addCleanup(patched.stop)

	def is_visible(self, viewer: str, record: Record) -> bool:
		"""Return whether the rule, written here a second time, shows the record to the viewer."""
		if record.doctype == "Gesture Wallet Entry":
			roles = VIEWERS.get(viewer, ((MANAGER_ROLE,) if viewer == REASONED else (), True))[0]
			return viewer in (AUTHOR, "Administrator") or bool(ALL_WALLETS_ROLES & set(roles))
		if viewer in ("Guest", PORTAL):
			return False
		if viewer == REASONED:
			return is_expected_visible("mx.manager2@example.com", record.kind, reason=True)
		return is_expected_visible(viewer, record.kind)

	def get_visible(self, viewer: str, doctype: str | None = None) -> set[Record]:
		return {
			record
			for record in self.records
			if doctype in (None, record.doctype) and self.is_visible(viewer, record)
		}

	def request(self, viewer: str, route: Route):
		return self.http.request(viewer, "GET" if route.body is None else "POST", route.path, route.body)

	def find_records(self, viewer: str, route: Route, text: str) -> set[Record]:
		"""Return the records whose word, or whose name unless it was sent, is in a response."""
		# An entry names the gesture it paid for.
		of_ledger = "Wallet Entry" in route.path or "Gesture Wallet Entry" in route.sent
		gestures_named = of_ledger and bool(self.get_visible(viewer, "Gesture Wallet Entry"))
		return {
			record
			for record in self.records
			if record.word in text
			or (
				record.name in text
				and not any(record.name in sent for sent in route.sent)
				and not (gestures_named and record.doctype == "Gesture")
			)
		}

	def check(self, viewer: str, route: Route, owed: set[Record]):
		"""Assert that a response reveals nothing hidden, and shows what it should."""
		response = self.request(viewer, route)
		text = response.get_data(as_text=True)
		context = f"{route.label}, {viewer} ({response.status_code}): {text[:400]}"
		self.assertFalse(
			self.find_records(viewer, route, text) - self.get_visible(viewer), f"revealed by {context}"
		)
		if route.shows == "words":
			self.assertEqual(
				{record for record in owed if record.word in text}, owed, f"missing in {context}"
			)
		elif route.shows == "yes":
			self.assertEqual(bool(get_value(response, route.yes)), bool(owed), context)
		elif route.shows == "count":
			self.assertEqual(get_value(response) or 0, len(owed), context)
		elif route.shows == "refused":
			self.assertIn(response.status_code, (401, 403), context)

	def test_document_routes_show_only_visible_records(self):
		for viewer in self.viewers:
			visible = self.get_visible(viewer)
			for record in self.records:
				for route in document_routes(record):
					if record.doctype != "Personal Note" and route.label not in SHORT:
						continue
					self.checks[route.label] += 1
					with self.subTest(viewer, route=route.label, doctype=record.doctype, kind=record.kind):
						self.check(viewer, route, {record} & visible)

	def test_slow_routes_show_only_visible_notes(self):
		for viewer in SELECTED_VIEWERS:
			visible = self.get_visible(viewer)
			for record in self.records:
				if record.doctype != "Personal Note" or record.kind not in ("everyone", "only me"):
					continue
				for route in slow_routes(record):
					self.checks[route.label] += 1
					with self.subTest(viewer, route=route.label, kind=record.kind):
						self.check(viewer, route, {record} & visible)

	def test_list_routes_show_only_visible_records(self):
		names = {
			doctype: [record.name for record in self.records if record.doctype == doctype] for doctype in TEXT
		}
		for viewer in self.viewers:
			for doctype in TEXT:
				owed = self.get_visible(viewer, doctype)
				for route in list_routes(doctype, names[doctype]):
					self.checks[route.label] += len(KINDS)
					with self.subTest(viewer, route=route.label, doctype=doctype):
						self.check(viewer, route, owed)

	def test_other_routes_show_only_visible_records(self):
		for viewer in self.viewers:
			for route in other_routes(self.customers, self.invoice):
				self.checks[route.label.split(" of ")[0]] += len(self.records)
				with self.subTest(viewer, route=route.label):
					self.check(viewer, route, set())

	def test_correct_and_wrong_guess_get_the_same_response(self):
		for viewer in (MEMBER, *LIMITED_VIEWERS, "mx.employee@example.com"):
			hidden = set(self.records) - self.get_visible(viewer)
			for record in hidden:
				if record.doctype == "Gesture Wallet Entry":
					continue
				wrong = replace(record, word="zqxmiss")
				for hit, miss in zip(document_routes(record), document_routes(wrong), strict=True):
					if "by its words" not in hit.label or (
						record.doctype != "Personal Note" and "form" not in hit.label
					):
						continue
					self.checks[hit.label] += 1
					with self.subTest(viewer, route=hit.label, doctype=record.doctype, kind=record.kind):
						responses = [self.request(viewer, route) for route in (hit, miss)]
						self.assertEqual(*(response.status_code for response in responses))
						self.assertEqual(*(get_value(response) for response in responses))

	def count_traces(self) -> dict[str, int]:
		"""Return how many rows Frappe holds about records of the app, by table."""
		frappe.db.rollback()
		tables = {
			"ToDo": "reference_type",
			"DocShare": "share_doctype",
			"Comment": "reference_doctype",
			"Tag Link": "document_type",
			"Document Follow": "ref_doctype",
			"Communication": "reference_doctype",
			"Document Share Key": "reference_doctype",
			"Email Queue": "reference_doctype",
		}
		counts = {
			table: frappe.db.count(table, {field: ("in", GUARDED_DOCTYPES)})
			for table, field in tables.items()
		}
		liked = sum(frappe.db.count(doctype, {"_liked_by": ("is", "set")}) for doctype in TEXT)
		return counts | {"likes": liked}

	def test_writing_about_hidden_record_changes_nothing(self):
		before = self.count_traces()
		for viewer in self.viewers:
			hidden = set(self.records) - self.get_visible(viewer)
			for record in hidden:
				tested = record.doctype == "Personal Note" or (
					record.doctype in ("Gesture", "Follow Up Task") and record.kind == "only me"
				)
				for route in writing_routes(record) if tested else ():
					self.checks[route.label] += 1
					with self.subTest(viewer, route=route.label, doctype=record.doctype, kind=record.kind):
						self.check(viewer, route, set())
			with self.subTest(viewer):
				self.assertEqual(self.count_traces(), before)

	def test_visible_note_can_be_liked_but_not_assigned_or_shared(self):
		record = next(record for record in self.records if record.kind == "everyone")
		before = self.count_traces()
		routes = {route.label: route for route in writing_routes(record)}
		for label in ("assign", "ToDo", "share"):
			self.assertEqual(self.request(AUTHOR, routes[label]).status_code, 403, label)
		self.assertEqual(self.count_traces(), before)
		self.addCleanup(frappe.db.set_value, record.doctype, record.name, "_liked_by", None)
		self.assertEqual(self.request(AUTHOR, routes["like"]).status_code, 200)
		self.assertEqual(self.count_traces(), before | {"likes": 1, "Comment": before["Comment"] + 1})

	def test_connections_count_only_visible_records(self):
		for viewer in self.viewers:
			for kind, customer in self.customers.items():
				of = {"doctype": "Customer", "name": customer, "items": ["Personal Note", "Gesture"]}
				frappe_counts = get("", "frappe.desk.notifications.get_open_count", **of)
				app_counts = get("", "micro_experiences.api.connections.get_counts", **of)
				self.checks["connections"] += 2
				with self.subTest(viewer, kind=kind):
					text = self.request(viewer, frappe_counts).get_data(as_text=True)
					self.assertNotIn("Personal Note", text.replace(json.dumps(of["items"]), ""))
					response = self.request(viewer, app_counts)
					found = get_value(response, ("count", "external_links_found")) or ()
					counts = {row["doctype"]: row["count"] for row in found}
					visible = [record.doctype for record in self.get_visible(viewer) if record.kind == kind]
					for doctype in ("Personal Note", "Gesture"):
						self.assertEqual(counts.get(doctype, 0), visible.count(doctype))

	def test_server_script_lists_only_records_visible_to_its_user(self):
		script = "result = frappe.get_list('{0}', fields=['{1}'], limit_page_length=500)"
		for viewer in self.viewers:
			for doctype, text in TEXT.items():
				self.checks["server script"] += len(KINDS)
				enabled = patch("frappe.utils.safe_exec.is_safe_exec_enabled", lambda: True)
				with self.subTest(viewer, doctype=doctype), enabled, self.as_user(viewer):
					variables = {}
					try:
						safe_exec(script.format(doctype, text), None, variables)
					except frappe.PermissionError:
						variables = {}
					words = {row[text] or "" for row in variables.get("result") or ()}
					owed = {record.word for record in self.get_visible(viewer, doctype)}
					self.assertEqual({word for word in words if word.startswith("zqx")}, owed)


class TextPdfWriter:
	"""Collects the pages of several documents as text."""

	def __init__(self):
		self.pages = b""

	def write(self, file):
		file.write(self.pages)


def make_text_pdf(html: str, options: dict | None = None, output: TextPdfWriter | None = None):
	"""Return the HTML in place of a PDF."""
	if output is None:
		return html.encode()
	output.pages += html.encode()
	return output


def get_value(response, keys: tuple[str, ...] = ()):
	"""Return the message or data of a response, or what it holds under `keys`."""
	body = response.json if response.is_json and response.status_code == 200 else {}
	value = body.get("message", body.get("data"))
	for key in keys:
		value = value.get(key) if isinstance(value, dict) else None
	return value
