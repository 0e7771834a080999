"""Every road of Frappe's that leads to a record, walked by every kind of user, for every visibility.

Each text holds a word of its own. Whoever may not see a record finds neither its word nor its name in any answer, and no
count that it has part in; whoever may, finds it on the roads that are there to show it.
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

from micro_experiences.desk import gestures
from micro_experiences.domain.sight import GUARDED, MANAGER, TREASURERS
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.privacy import access_log
from micro_experiences.privacy.test_sight import AUTHOR, KINDS, LIMITED_VIEWERS, MEMBER, VIEWERS, expected
from micro_experiences.testing import SiteTestCase, make_budget, make_customer, make_user
from micro_experiences.testing.http import METHOD, Http

REASONED, PORTAL = "mx.reasoned@example.com", "mx.portal@example.com"
OUTSIDE = {"Guest", PORTAL}
# The field of each record that somebody has written.
TEXT = {
	"Personal Note": "note",
	"Personal Note Use": "they_said",
	"Gesture": "message",
	"Follow Up Task": "subject",
	"Gesture Wallet Entry": "reason",
}
# A note is looked for on every road that asks for its name; what stems from it on those, because one function of Frappe's
# stands behind the rest, and on all roads to a list.
SHORT = {"form", "REST", "client.get_value", "count by its words"}
# Who walks the long roads: one of each that sees, or does not see, for a reason of his own.
LONG_VIEWERS = (
	*(AUTHOR, MEMBER, REASONED, PORTAL, "Guest", "Administrator"),
	*("mx.sales@example.com", "mx.limited@example.com", "mx.system@example.com", "mx.employee@example.com"),
)
# Frappe's own tables that hold words of records, or name them.
TABLES = (
	*(
		"Comment",
		"Tag Link",
		"Deleted Document",
		"Email Queue",
		"Notification Log",
		"Error Log",
		"File",
		"Version",
	),
	*("ToDo", "DocShare", "View Log", "Access Log", "Activity Log", "Document Follow", "Communication"),
	*("Personal Note Access", "Follow Up Reminder", "Follow Up Preference", "Gesture Wallet"),
)


@dataclass(frozen=True)
class Record:
	"""A record of the author's, of one kind of visibility, with its word."""

	doctype: str
	name: str
	kind: str
	word: str
	customer: str
	share_key: str
	file: str = ""


@dataclass(frozen=True)
class Road:
	"""One request. `shows` says what it owes to who may see: the "words", an answer that says "yes", or nothing. In what is
	answered, the names in `asked` come from the one who asks."""

	label: str
	path: str
	body: dict | None = None
	shows: str = ""
	asked: frozenset[str] = frozenset()
	yes: tuple[str, ...] = ()


def get(label: str, path: str, /, shows: str = "", yes: tuple[str, ...] = (), **arguments) -> Road:
	texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in arguments.items()}
	query = "&".join(f"{key}={quote(value)}" for key, value in texts.items())
	return Road(label, f"{path}?{query}", None, shows, frozenset(texts.values()), yes)


def post(label: str, method: str, /, shows: str = "", yes: tuple[str, ...] = (), **arguments) -> Road:
	asked = frozenset(value if isinstance(value, str) else json.dumps(value) for value in arguments.values())
	return Road(label, METHOD + method, arguments, shows, asked, yes)


def document_roads(record: Record) -> Iterator[Road]:
	"""The roads to one record whose name is known, or guessed."""
	doctype, name, text = record.doctype, record.name, TEXT[record.doctype]
	rest, rest2 = f"/api/resource/{doctype}/{name}", f"/api/v2/document/{doctype}/{name}"
	to = {"doctype": doctype, "name": name}
	like = {text: ["like", f"%{record.word}%"]}
	client = f"{METHOD}frappe.client."
	yield get("form", f"{METHOD}frappe.desk.form.load.getdoc", shows="words", **to)
	yield get("docinfo", f"{METHOD}frappe.desk.form.load.get_docinfo", **to)
	yield get("REST", rest, shows="words", name=name)
	yield get("REST, expand_links", rest, name=name, expand_links="1")
	yield get("REST v2", rest2 + "/", shows="words", name=name)
	yield get("REST v2, copy", rest2 + "/copy", shows="words", name=name)
	yield get("client.get", client + "get", shows="words", **to)
	yield get("client.get by its words", client + "get", shows="words", doctype=doctype, filters=like)
	# What looks a record up by filters tells that there is one, in refusing it.
	by_words = {"doctype": doctype, "name": like}
	yield post("form by its words", "frappe.desk.form.load.getdoc", shows="words", **by_words)
	yield get(
		"client.get_value",
		client + "get_value",
		shows="words",
		doctype=doctype,
		fieldname=text,
		filters={"name": name},
	)
	yield get(
		"client.get_list",
		client + "get_list",
		shows="words",
		doctype=doctype,
		fields=["*"],
		filters={"name": name},
	)
	yield get(
		"client.get_list, expand",
		client + "get_list",
		doctype=doctype,
		fields=["*"],
		filters={"name": name},
		expand=["personal_note", "gesture", "customer", "reference_name"],
	)
	yield get("client.get_count", client + "get_count", shows="yes", doctype=doctype, filters={"name": name})
	yield get("count by its words", client + "get_count", shows="yes", doctype=doctype, filters=like)
	yield get(
		"has_permission",
		client + "has_permission",
		shows="yes",
		yes=("has_permission",),
		doctype=doctype,
		docname=name,
		perm_type="read",
	)
	yield get(
		"get_doc_permissions",
		client + "get_doc_permissions",
		shows="yes",
		yes=("permissions", "read"),
		doctype=doctype,
		docname=name,
	)
	yield get("validate_link", client + "validate_link", doctype=doctype, docname=name, fields=[text])
	yield get(
		"realtime room",
		f"{METHOD}frappe.realtime.can_subscribe_doc",
		shows="yes",
		doctype=doctype,
		docname=name,
	)
	yield get("search box", f"{METHOD}frappe.desk.search.search_link", shows="yes", doctype=doctype, txt=name)
	yield get(
		"search box, past User Permissions",
		f"{METHOD}frappe.desk.search.search_link",
		doctype=doctype,
		txt=name,
		ignore_user_permissions="1",
		reference_doctype="Personal Note Use",
	)
	yield get("link title", f"{METHOD}frappe.desk.search.get_link_title", doctype=doctype, docname=name)
	yield get(
		"link preview", f"{METHOD}frappe.desk.link_preview.get_preview_data", doctype=doctype, docname=name
	)
	yield get("print", f"{METHOD}frappe.www.printview.get_html_and_style", doc=doctype, name=name)
	yield get("linked with", f"{METHOD}frappe.desk.form.linked_with.get", doctype=doctype, docname=name)
	yield get("timeline", f"{METHOD}frappe.desk.form.load.get_communications", **to)
	yield get("run_doc_method", f"{METHOD}run_doc_method", dt=doctype, dn=name, method="get_title")
	yield get(
		"the next by its words",
		f"{METHOD}frappe.desk.form.utils.get_next",
		doctype=doctype,
		value=name,
		prev="0",
		sort_field=text,
	)
	yield get("shares", f"{METHOD}frappe.share.get_users", **to)


def further_roads(record: Record) -> Iterator[Road]:
	"""Roads to one record that are long: paper, files, pages of the web site, and what passes on to another method. The rule
	behind them is that of the form, so that they are walked for what all see, and for what nobody else does."""
	doctype, name = record.doctype, record.name
	to = {"doctype": doctype, "name": name}
	customer = {"doctype": "Customer", "name": record.customer}
	yield from printing_roads(record)
	if record.file:
		url = f"/private/files/{record.file}"
		yield get("private file", url, shows="words")
		yield get("private file, download_file", f"{METHOD}download_file", shows="words", file_url=url)
		yield get("public file of this name", f"/files/{record.file}")
	yield get("web list of the name", "/list", **to)
	yield get("search page, name", "/search", q=name)
	yield get("REST v2, its method", f"/api/v2/document/{doctype}/{name}/method/get_title/")
	yield get(
		"invoice by the name", f"{METHOD}frappe.desk.form.load.getdoc", doctype="Sales Invoice", name=name
	)
	mapped = {"source_name": name, "args": {"doctype": doctype, "name": name}}
	for method in ("frappe.client.get", "frappe.desk.form.load.getdoc"):
		yield post("mapped", "frappe.model.mapper.make_mapped_doc", method=method, **mapped)
		yield post(
			"mapped, many",
			"frappe.model.mapper.map_docs",
			method=method,
			source_names=json.dumps([doctype]),
			target_doc=name,
		)
	for label, path in (
		("docinfo", f"{METHOD}frappe.desk.form.load.get_docinfo"),
		("timeline", f"{METHOD}frappe.desk.form.load.get_communications"),
		("print view", "/printview"),
	):
		yield get(f"customer, {label}", path, **customer)


def printing_roads(record: Record) -> Iterator[Road]:
	"""The roads to the paper. A key is what Frappe makes for a mail with a link to the print."""
	doctype, name = record.doctype, record.name
	key = {"key": record.share_key}
	to = {"doctype": doctype, "name": name}
	pdf = f"{METHOD}frappe.utils.print_format."
	yield get("print view", "/printview", shows="words", **to)
	yield get("print view by a key", "/printview", shows="words", **to, **key)
	yield get("print view as a page", f"/{doctype}/{name}", name=name, **key)
	yield get("PDF", f"{pdf}download_pdf", shows="words", **to)
	yield get("PDF by a key", f"{pdf}download_pdf", shows="words", **to, **key)
	many = "frappe.utils.print_format.download_multi_pdf"
	yield get("PDF, many", METHOD + many, shows="words", doctype=doctype, name=[name])
	yield post("PDF, many of many", many, shows="words", doctype={doctype: [name]}, name=name, **key)
	yield get(
		"PDF, WeasyPrint", f"{METHOD}frappe.utils.weasyprint.download_pdf", print_format="Standard", **to
	)
	html = {"doc": doctype, "name": name}
	yield get("print by a key", f"{METHOD}frappe.www.printview.get_html_and_style", **html, **key)
	yield get("raw print", f"{METHOD}frappe.www.printview.get_rendered_raw_commands", **html, **key)


# Who may see may do some of these; who may not must change nothing by them.
def touching_roads(record: Record) -> Iterator[Road]:
	"""The roads that write about one record."""
	doctype, name = record.doctype, record.name
	yield post(
		"assign",
		"frappe.desk.form.assign_to.add",
		doctype=doctype,
		name=name,
		assign_to=json.dumps([AUTHOR]),
		description="x",
	)
	yield Road(
		"ToDo", "/api/resource/ToDo", {"reference_type": doctype, "reference_name": name, "description": "x"}
	)
	yield post("share", "frappe.share.add", doctype=doctype, name=name, user=MEMBER, read=1)
	yield post("like", "frappe.desk.like.toggle_like", doctype=doctype, name=name, add="Yes")
	yield post("tag", "frappe.desk.doctype.tag.tag.add_tag", tag="mxroads", dt=doctype, dn=name)
	yield post(
		"comment",
		"frappe.desk.form.utils.add_comment",
		reference_doctype=doctype,
		reference_name=name,
		content="x",
		comment_email="x@example.com",
		comment_by="x",
	)
	yield post(
		"follow",
		"frappe.desk.form.document_follow.update_follow",
		doctype=doctype,
		doc_name=name,
		following=1,
	)
	mail = {"doctype": doctype, "name": name, "content": "x"}
	yield post("mail", "frappe.core.doctype.communication.email.make", **mail)
	yield post(
		"mail with its print",
		"frappe.core.doctype.communication.email.make",
		**mail,
		recipients="mx@example.com",
		send_email=1,
		print_format="Standard",
		print_html="<p>x</p>",
	)
	yield Road(
		"follow by REST",
		"/api/resource/Document Follow",
		{"ref_doctype": doctype, "ref_docname": name, "user": MEMBER},
	)


def list_roads(doctype: str) -> Iterator[Road]:
	"""The roads to all records of a DocType at once."""
	text = TEXT[doctype]
	view, client = f"{METHOD}frappe.desk.reportview.", f"{METHOD}frappe.client."
	every = [[doctype, text, "like", "%zqx%"]]
	many = {"doctype": doctype, "limit_page_length": "500"}
	shown = {"fields": ["name", text], "filters": every, "start": "0", "page_length": "500", "view": "Report"}
	yield get("list", f"{view}get", shows="words", doctype=doctype, **shown)
	yield get("report view", f"{view}get_list", shows="words", doctype=doctype, **shown)
	yield get(
		"list, or_filters", f"{view}get", shows="words", doctype=doctype, **(shown | {"or_filters": every})
	)
	yield get(
		"list, order by words", f"{view}get", shows="words", doctype=doctype, **shown, order_by=f"{text} asc"
	)
	yield get(
		"group by words",
		f"{view}get",
		shows="words",
		doctype=doctype,
		filters=every,
		fields=[f"`tab{doctype}`.`{text}`", f"count(`tab{doctype}`.`name`) as _aggregate_column"],
		group_by=f"`tab{doctype}`.`{text}`",
		page_length="500",
	)
	yield get(
		"count of the list", f"{view}get_count", shows="count", doctype=doctype, filters=every, fields=[]
	)
	yield get("client.get_list, all", client + "get_list", shows="words", **many, fields=["*"], filters=every)
	yield get(
		"client.get_list, functions",
		client + "get_list",
		shows="words",
		**many,
		fields=[f"max({text}) as most", "count(name) as n", "name"],
		group_by="name",
		filters=every,
	)
	yield get(
		"REST list",
		f"/api/resource/{doctype}",
		shows="words",
		fields=["*"],
		filters=every,
		limit_page_length="500",
	)
	yield get(
		"REST list, expand",
		f"/api/resource/{doctype}",
		fields=["*"],
		limit_page_length="500",
		expand=["personal_note", "gesture", "follow_up_task"],
	)
	yield get(
		"REST v2 list", f"/api/v2/document/{doctype}", shows="words", fields=["*"], filters=every, limit="500"
	)
	yield get("REST v2 count", f"/api/v2/doctype/{doctype}/count", shows="count", filters=every)
	card = {"document_type": doctype, "function": "Count"}
	yield get(
		"number card",
		f"{METHOD}frappe.desk.doctype.number_card.number_card.get_result",
		shows="count",
		doc=card,
		filters=every,
	)
	yield get(
		"number cards for me",
		f"{METHOD}frappe.desk.doctype.number_card.number_card.get_cards_for_user",
		doctype=doctype,
		txt="",
		searchfield="name",
		start="0",
		page_len="20",
		filters=every,
	)
	chart = {"document_type": doctype, "chart_type": "Group By", "group_by_type": "Count", "name": "x"}
	chart |= {"group_by_based_on": text, "filters_json": "[]", "type": "Bar", "timespan": "Last Year"}
	heat = chart | {"chart_type": "Count", "type": "Heatmap", "based_on": "creation"}
	charts = f"{METHOD}frappe.desk.doctype.dashboard_chart.dashboard_chart.get"
	yield get("chart", charts, shows="refused", chart=chart, no_cache="1", filters=every)
	yield get("heat map", charts, shows="refused", chart=heat, no_cache="1", filters=every)
	yield get(
		"assignments in the side bar",
		f"{METHOD}frappe.desk.listview.get_group_by_count",
		shows="refused",
		doctype=doctype,
		current_filters=every,
		field="assigned_to",
	)
	yield get(
		"groups in the side bar",
		f"{METHOD}frappe.desk.listview.get_group_by_count",
		shows="words",
		doctype=doctype,
		current_filters=every,
		field=text,
	)
	yield get("tags in the side bar", f"{view}get_sidebar_stats", doctype=doctype, stats=["_user_tags"])
	yield get(
		"what has a tag",
		f"{METHOD}frappe.desk.doctype.tag.tag.get_tagged_docs",
		shows="refused",
		doctype=doctype,
		tag="%mxroads%",
	)
	yield get(
		"goals",
		f"{METHOD}frappe.utils.goal.get_monthly_goal_graph_data",
		shows="refused",
		title="x",
		doctype="User",
		docname="Guest",
		goal_value_field="name",
		goal_total_field="name",
		goal_history_field="name",
		goal_doctype=doctype,
		goal_doctype_link="owner",
		goal_field="name",
		date_field="creation",
		aggregation="count",
	)
	field_map = {"start": "creation", "end": "creation", "title": text}
	yield get(
		"calendar",
		f"{METHOD}frappe.desk.calendar.get_events",
		shows="words",
		doctype=doctype,
		start="2020-01-01",
		end="2050-01-01",
		field_map=field_map,
		filters=every,
	)
	yield get("export", f"{view}export_query", doctype=doctype, **shown, file_format_type="CSV", title="x")
	yield get(
		"data export",
		f"{METHOD}frappe.core.doctype.data_export.exporter.export_data",
		doctype=doctype,
		with_data="1",
		select_columns={doctype: ["name", text]},
		file_type="CSV",
	)
	yield get(
		"import template",
		f"{METHOD}frappe.core.doctype.data_import.data_import.download_template",
		doctype=doctype,
		export_fields={doctype: ["name", text]},
		export_records="all",
		file_type="CSV",
	)
	yield get("search box, words", f"{METHOD}frappe.desk.search.search_link", doctype=doctype, txt="zqx")
	yield get(
		"search box, a field",
		f"{METHOD}frappe.desk.search.search_widget",
		doctype=doctype,
		txt="zqx",
		searchfield=text,
		page_length="500",
	)
	yield get("tree", f"{METHOD}frappe.desk.treeview.get_children", doctype=doctype, parent="")
	yield get(
		"tree, all nodes",
		f"{METHOD}frappe.desk.treeview.get_all_nodes",
		doctype=doctype,
		label="x",
		parent="",
		tree_method="frappe.desk.treeview.get_children",
	)
	yield get("web list", f"{METHOD}frappe.www.list.get", doctype=doctype)
	yield get("web list page", "/list", doctype=doctype)
	yield get("web list, its data", f"{METHOD}frappe.www.list.get_list_data", doctype=doctype, txt="zqx")
	yield get("REST v2 meta", f"/api/v2/doctype/{doctype}/meta")
	yield get(
		"REST v2 method by its DocType",
		f"/api/v2/method/{doctype}/get_list",
		doctype=doctype,
		fields=["*"],
		limit="500",
	)
	yield get(
		"kanban boards",
		f"{METHOD}frappe.desk.doctype.kanban_board.kanban_board.get_kanban_boards",
		doctype=doctype,
	)
	yield get("getdoctype", f"{METHOD}frappe.desk.form.load.getdoctype", doctype=doctype)
	for link in ("personal_note.note", "gesture.message", "follow_up_task.subject"):
		yield get(
			f"through {link}", client + "get_list", **many, fields=["name", f"{link} as x"], limit="500"
		)


def other_roads(customers: dict[str, str], invoice: str) -> Iterator[Road]:
	"""The roads that begin elsewhere: at the customer, at the desk, in Frappe's tables, in our own methods."""
	for table in TABLES:
		yield get(f"table {table}", f"/api/resource/{table}", fields=["*"], limit_page_length="1000")
	yield get("global search", f"{METHOD}frappe.utils.global_search.search", text="zqx")
	yield get("web search", f"{METHOD}frappe.utils.global_search.web_search", text="zqx")
	yield get("tags", f"{METHOD}frappe.desk.doctype.tag.tag.get_documents_for_tag", tag="#mxroads")
	yield get("invoice, expand_links", f"/api/resource/Sales Invoice/{invoice}", expand_links="1")
	yield get("invoice", f"{METHOD}frappe.desk.form.load.getdoc", doctype="Sales Invoice", name=invoice)
	yield get(
		"invoice, docinfo",
		f"{METHOD}frappe.desk.form.load.get_docinfo",
		doctype="Sales Invoice",
		name=invoice,
	)
	yield get("invoice, print view", "/printview", doctype="Sales Invoice", name=invoice)
	for page in ("/rss", "/rss.xml", "/sitemap.xml", "/search", "/list", "/website_script.js"):
		yield get(f"page {page}", page, q="zqx", txt="zqx")
	yield get("the desk", "/app")
	yield get("the portal", "/me")
	report = "Gesture Budget Utilisation"
	yield get("our report", f"{METHOD}frappe.desk.query_report.run", report_name=report, filters={})
	desk = "micro_experiences.desk."
	yield get("events", f"{METHOD}{desk}follow_ups.events", start="2020-01-01", end="2050-01-01")
	for method in (
		"cards.occasions_this_week",
		"cards.awaiting_my_approval",
		"health.reminders",
		"wallets.mine",
	):
		yield get(method, f"{METHOD}{desk}{method}")
	yield get("hand_over.people", f"{METHOD}{desk}hand_over.people")
	yield get("hand_over.preview", f"{METHOD}{desk}hand_over.preview", leaving=AUTHOR, staying=MEMBER)
	for kind, customer in customers.items():
		to = {"doctype": "Customer", "name": customer}
		yield get(f"customer of {kind}", f"{METHOD}frappe.desk.form.load.getdoc", **to)
		yield get(f"customer of {kind}, expand_links", f"/api/resource/Customer/{customer}", expand_links="1")
		yield get(
			f"customer of {kind}, linked with",
			f"{METHOD}frappe.desk.form.linked_with.get",
			doctype="Customer",
			docname=customer,
		)
		yield get(f"banner of {kind}", f"{METHOD}{desk}banner.get_banner", customer=customer)
		yield post(f"options of {kind}", f"{desk}notes.options", customer=customer)
		yield post(f"gestures for {kind}", f"{desk}gestures.propose", customer=customer)


class TestRoads(SiteTestCase):
	"""Real requests through Frappe's WSGI application, so the records are committed and taken away in the end."""

	commits = True

	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		cls.viewers = [*VIEWERS, REASONED, PORTAL]
		cls.http = Http()
		cls.clear()
		cls.make_people()
		cls.make_records()
		frappe.db.commit()
		cls.cells = Counter()

	@classmethod
	def make_people(cls):
		for viewer, (roles, _reads) in VIEWERS.items():
			if roles:
				make_user(viewer, roles)
		make_user(REASONED, (MANAGER, "Sales User"))
		make_user(PORTAL, ("Customer",))
		frappe.db.set_value("User", PORTAL, "user_type", "Website User")
		for viewer in LIMITED_VIEWERS:
			frappe.permissions.add_user_permission("Customer", cls.other_customer, viewer)
		cls.http.give_keys(*(viewer for viewer in cls.viewers if viewer != "Guest"))

	@classmethod
	def make_records(cls):
		"""For each kind a customer with one note of the author's, and one of all that stems from it."""
		group = frappe.get_doc({"doctype": "User Group", "user_group_members": [{"user": MEMBER}]})
		cls.members = group.insert(set_name="MX Roads Group").name
		cls.policy = make_budget(cls.company, [AUTHOR], amount=500, title="MX Roads")
		ledger.forget_budgets()
		cls.customers = {kind: make_customer(f"MX Roads {kind}") for kind in KINDS}
		contact = frappe.get_doc({"doctype": "Contact", "first_name": "MX Roads", "user": PORTAL})
		contact.append("email_ids", {"email_id": PORTAL, "is_primary": 1})
		for customer in cls.customers.values():
			contact.append("links", {"link_doctype": "Customer", "link_name": customer})
			access_log.note_look(
				customer, REASONED, "Reason", reason="a complaint", open_until=add_days(now_datetime(), 1)
			)
		cls.contact = contact.insert().name
		cls.records = []
		frappe.set_user(AUTHOR)
		for number, (kind, customer) in enumerate(cls.customers.items()):
			cls.make_kind(number, kind, customer)
		frappe.set_user("Administrator")
		cls.invoice = cls.make_invoice()

	@classmethod
	def make_kind(cls, number: int, kind: str, customer: str):
		group = cls.members if "group" in kind else None

		def word(letter):
			return f"zqx{letter}{number}{frappe.generate_hash(length=6)}"

		def keep(doctype, name, its_word, file=""):
			key = frappe.get_doc(doctype, name).get_document_share_key()
			cls.records.append(Record(doctype, name, kind, its_word, customer, key, file))

		about, said, written, promised, booked = map(word, "abcde")
		note = frappe.get_doc(
			{"doctype": "Personal Note", "customer": customer, "note": about, "user_group": group}
			| KINDS[kind]
		).insert()
		keep("Personal Note", note.name, about, cls.attach(note, about))
		note.log("Used", said)
		uses = {"personal_note": note.name}
		keep("Personal Note Use", frappe.db.get_value("Personal Note Use", uses), said)
		gesture = gestures.give(customer, "a card", message=written, cost=2, personal_note=note.name)["name"]
		keep("Gesture", gesture, written)
		task = {"doctype": "Follow Up Task", "customer": customer, "subject": promised, "due_on": today()}
		task = frappe.get_doc(task | {"personal_note": note.name, "gesture": gesture}).insert()
		keep("Follow Up Task", task.name, promised)
		entry = frappe.db.get_value("Gesture Wallet Entry", {"gesture": gesture})
		frappe.db.set_value("Gesture Wallet Entry", entry, "reason", booked)
		keep("Gesture Wallet Entry", entry, booked)
		for doc, its_word in ((note, about), (task, promised)):
			doc.add_comment("Comment", its_word)
			doc.add_tag("mxroads")
		# What Frappe has of its own about them.
		mail = {"doctype": "Communication", "communication_type": "Communication", "subject": about}
		mail |= {"reference_doctype": "Personal Note", "reference_name": note.name, "content": about}
		frappe.get_doc(mail).insert(ignore_permissions=True)
		gone = frappe.get_doc(
			{"doctype": "Gesture", "customer": customer, "what": written, "message": written}
		)
		frappe.delete_doc("Gesture", gone.insert().name, ignore_permissions=True)
		queued = {
			"doctype": "Email Queue",
			"reference_doctype": "Follow Up Task",
			"reference_name": task.name,
		}
		frappe.get_doc(
			queued | {"message": promised, "sender": "mx@example.com", "status": "Sent"}
		).db_insert()

	@classmethod
	def attach(cls, note, word: str) -> str:
		"""The name of a private file of a note, with its word in it and another one in its name."""
		file = {
			"doctype": "File",
			"file_name": f"mxroads-{frappe.generate_hash(length=6)}.txt",
			"content": word,
		}
		about = {"attached_to_doctype": note.doctype, "attached_to_name": note.name, "is_private": 1}
		return frappe.get_doc(file | about).insert(ignore_permissions=True).file_name

	@classmethod
	def make_invoice(cls) -> str:
		from micro_experiences.testing import make_invoice

		return make_invoice(cls.company, cls.customers["only me"]).name

	@classmethod
	def clear(cls):
		"""Take away what this test has made, or what a run before it has left that was killed."""
		customers = ("in", [f"MX Roads {kind}" for kind in KINDS])
		policies = frappe.get_all("Gesture Budget", {"title": "MX Roads"}, pluck="name")
		wallets = frappe.get_all("Gesture Wallet", {"gesture_budget": ("in", policies)}, pluck="name")
		for doctype in (
			"Personal Note",
			"Personal Note Use",
			"Gesture",
			"Follow Up Task",
			"Personal Note Access",
		):
			frappe.db.delete(doctype, {"customer": customers})
		frappe.db.delete("Gesture Wallet Entry", {"gesture_wallet": ("in", wallets)})
		frappe.db.delete("Gesture Wallet Entry", {"reason": ("like", "zqx%")})
		frappe.db.delete("Gesture Wallet", {"name": ("in", wallets)})
		frappe.db.delete("Comment", {"reference_doctype": ("in", GUARDED)})
		frappe.db.delete("Tag Link", {"tag": "mxroads"})
		frappe.db.delete("Tag", {"name": "mxroads"})
		frappe.db.delete("Email Queue", {"sender": "mx@example.com"})
		frappe.db.delete("Communication", {"reference_doctype": ("in", GUARDED)})
		frappe.db.delete("Document Share Key", {"reference_doctype": ("in", GUARDED)})
		for file in frappe.get_all("File", {"file_name": ("like", "mxroads-%")}, pluck="name"):
			frappe.delete_doc("File", file, force=True, delete_permanently=True)
		frappe.db.delete("Deleted Document", {"deleted_doctype": ("in", GUARDED)})
		frappe.db.delete("User Permission", {"user": ("in", LIMITED_VIEWERS)})
		for doctype, filters in (
			("Sales Invoice", {"customer": customers}),
			("Contact", {"first_name": "MX Roads"}),
			("Gesture Budget", {"name": ("in", policies)}),
			("User Group", {"name": "MX Roads Group"}),
			("Customer", {"name": customers}),
		):
			for name in frappe.get_all(doctype, filters, pluck="name"):
				frappe.delete_doc(doctype, name, force=True, delete_permanently=True)

	@classmethod
	def tearDownClass(cls):
		cls.http.close()
		print(f"\nRoads: {sum(cls.cells.values())} cells, {dict(cls.cells)}")
		cls.clear()
		frappe.db.commit()
		ledger.forget_budgets()
		frappe.cache.delete_value("user_permissions")
		super().tearDownClass()

	# the rule, in words ----------------------------------------------------------------------------------------

	def sees(self, viewer: str, record: Record) -> bool:
		if record.doctype == "Gesture Wallet Entry":
			roles = VIEWERS.get(viewer, ((MANAGER,) if viewer == REASONED else (), True))[0]
			return viewer in (AUTHOR, "Administrator") or bool(TREASURERS & set(roles))
		if viewer in OUTSIDE:
			return False
		if viewer == REASONED:
			return expected("mx.manager2@example.com", record.kind, reason=True)
		return expected(viewer, record.kind)

	def seen(self, viewer: str, doctype: str | None = None) -> set[Record]:
		return {
			record
			for record in self.records
			if doctype in (None, record.doctype) and self.sees(viewer, record)
		}

	# a road ----------------------------------------------------------------------------------------------------

	def setUp(self):
		super().setUp()
		# A PDF whose letters can be searched, and that needs no wkhtmltopdf.
		for place, instead in (("pdf.get_pdf", paper), ("print_format.PdfWriter", Papers)):
			patched = patch(f"frappe.utils.{place}", instead)
			patched.start()
			self.addCleanup(patched.stop)

	def ask(self, viewer: str, road: Road):
		return self.http.ask(viewer, "GET" if road.body is None else "POST", road.path, road.body)

	def found(self, viewer: str, road: Road, text: str) -> set[Record]:
		"""The records whose words or names are in an answer, but for the names that were asked for."""
		named = {
			record.name
			for record in self.seen(viewer, "Gesture Wallet Entry")
			if "Wallet Entry" in road.path or "Gesture Wallet Entry" in road.asked
		}
		found = set()
		for record in self.records:
			by_name = (
				record.name in text
				and record.name not in road.asked
				and not any(record.name in asked for asked in road.asked)
			)
			# A line of the ledger says which gesture it paid for, by its number.
			if by_name and record.doctype == "Gesture" and named:
				by_name = False
			if by_name or record.word in text:
				found.add(record)
		return found

	def walk(self, viewer: str, road: Road, owed: set[Record]):
		"""Nothing is told that the viewer may not see, and what he is owed is."""
		answer = self.ask(viewer, road)
		text = answer.get_data(as_text=True)
		hidden = self.found(viewer, road, text) - self.seen(viewer)
		self.assertFalse(hidden, f"{road.label}: {viewer} was told ({answer.status_code}) {text[:600]}")
		if road.shows == "words":
			shown = {record for record in owed if record.word in text}
			self.assertEqual(
				shown, owed, f"{road.label}: {viewer} is not shown all ({answer.status_code}) {text[:300]}"
			)
		elif road.shows == "yes":
			self.assertEqual(
				bool(said(answer, road.yes)), bool(owed), f"{road.label}: {viewer}, {text[:300]}"
			)
		elif road.shows == "count":
			self.assertEqual(said(answer, ()) or 0, len(owed), f"{road.label}: {viewer}, {text[:300]}")
		elif road.shows == "refused":
			self.assertIn(answer.status_code, (401, 403), f"{road.label}: {viewer}, {text[:300]}")
		return answer

	# ---------------------------------------------------------------------------------------------------------

	def test_every_road_to_one_record(self):
		for viewer in self.viewers:
			for record in self.records:
				owed = {record} & self.seen(viewer)
				for road in document_roads(record):
					if record.doctype != "Personal Note" and road.label not in SHORT:
						continue
					self.cells[road.label] += 1
					with self.subTest(
						viewer=viewer, road=road.label, doctype=record.doctype, kind=record.kind
					):
						self.walk(viewer, road, owed)

	def test_long_roads_to_one_record(self):
		for viewer in LONG_VIEWERS:
			for record in self.records:
				if record.doctype != "Personal Note" or record.kind not in ("everyone", "only me"):
					continue
				owed = {record} & self.seen(viewer)
				for road in further_roads(record):
					self.cells[road.label] += 1
					with self.subTest(viewer=viewer, road=road.label, kind=record.kind):
						self.walk(viewer, road, owed)

	def test_every_road_to_many_records(self):
		for viewer in self.viewers:
			for doctype in TEXT:
				owed = self.seen(viewer, doctype)
				for road in list_roads(doctype):
					self.cells[road.label] += len(KINDS)
					with self.subTest(viewer=viewer, road=road.label, doctype=doctype):
						self.walk(viewer, road, owed)

	def test_a_guess_that_hits_is_answered_like_one_that_misses(self):
		for viewer in (MEMBER, *LIMITED_VIEWERS, "mx.employee@example.com"):
			for record in self.records:
				if record in self.seen(viewer) or record.doctype == "Gesture Wallet Entry":
					continue
				hit = list(document_roads(record))
				wrong = replace(record, word="zqxmiss")
				for road, missed in zip(hit, document_roads(wrong), strict=True):
					if "by its words" not in road.label or (
						record.doctype != "Personal Note" and "form" not in road.label
					):
						continue
					self.cells[road.label] += 1
					with self.subTest(
						viewer=viewer, road=road.label, doctype=record.doctype, kind=record.kind
					):
						answers = [self.ask(viewer, one) for one in (road, missed)]
						self.assertEqual(answers[0].status_code, answers[1].status_code)
						self.assertEqual(said(answers[0], ()), said(answers[1], ()))

	def traces(self) -> dict[str, int]:
		"""How many rows Frappe holds about our records."""
		frappe.db.rollback()
		tables = {"ToDo": "reference_type", "DocShare": "share_doctype", "Comment": "reference_doctype"}
		tables |= {
			"Tag Link": "document_type",
			"Document Follow": "ref_doctype",
			"Communication": "reference_doctype",
		}
		tables |= {"Document Share Key": "reference_doctype", "Email Queue": "reference_doctype"}
		found = {table: frappe.db.count(table, {field: ("in", GUARDED)}) for table, field in tables.items()}
		liked = sum(frappe.db.count(doctype, {"_liked_by": ("is", "set")}) for doctype in TEXT)
		return found | {"likes": liked}

	def test_nobody_leaves_a_trace_on_what_he_may_not_see(self):
		for viewer in self.viewers:
			for record in self.records:
				if record in self.seen(viewer) or record.doctype not in (
					"Personal Note",
					"Gesture",
					"Follow Up Task",
				):
					continue
				if record.doctype != "Personal Note" and record.kind != "only me":
					continue
				before = self.traces()
				for road in touching_roads(record):
					self.cells[road.label] += 1
					with self.subTest(
						viewer=viewer, road=road.label, doctype=record.doctype, kind=record.kind
					):
						self.walk(viewer, road, set())
				with self.subTest(viewer=viewer, doctype=record.doctype, kind=record.kind):
					self.assertEqual(self.traces(), before)

	def test_nothing_of_ours_is_assigned_or_shared_by_those_who_see_it(self):
		record = next(record for record in self.records if record.kind == "everyone")
		before = self.traces()
		for road in touching_roads(record):
			if road.label in ("assign", "ToDo", "share"):
				self.assertEqual(self.ask(AUTHOR, road).status_code, 403, road.label)
		self.assertEqual(self.traces(), before)
		likes = next(road for road in touching_roads(record) if road.label == "like")
		self.assertEqual(self.ask(AUTHOR, likes).status_code, 200, "who sees it, may like it")
		self.assertEqual(self.traces(), before | {"likes": 1, "Comment": before["Comment"] + 1})

	def test_connections_count_what_a_list_would_show(self):
		for viewer in self.viewers:
			for kind, customer in self.customers.items():
				frappe_s = get(
					"Connections, Frappe's own count", f"{METHOD}frappe.desk.notifications.get_open_count"
				)
				ours = get("Connections", f"{METHOD}micro_experiences.desk.connections.counts")
				asked = {
					"doctype": "Customer",
					"name": customer,
					"items": json.dumps(["Personal Note", "Gesture"]),
				}
				self.cells["Connections"] += 2
				with self.subTest(viewer=viewer, kind=kind):
					query = "&".join(f"{key}={quote(value)}" for key, value in asked.items())
					told = self.ask(viewer, Road("", frappe_s.path + query)).get_data(as_text=True)
					self.assertNotIn("Personal Note", told.replace(asked["items"], ""))
					answer = said(
						self.ask(viewer, Road("", ours.path + query)), ("count", "external_links_found")
					)
					counts = {row["doctype"]: row["count"] for row in answer or ()}
					seen = [record.doctype for record in self.seen(viewer) if record.kind == kind]
					for doctype in ("Personal Note", "Gesture"):
						self.assertEqual(counts.get(doctype, 0), seen.count(doctype))

	def test_a_script_of_the_site_asks_as_its_user(self):
		script = "result = frappe.get_list('{0}', fields=['{1}'], limit_page_length=500)"
		for viewer in self.viewers:
			for doctype, text in TEXT.items():
				self.cells["server script"] += len(KINDS)
				enabled = patch("frappe.utils.safe_exec.is_safe_exec_enabled", lambda: True)
				with self.subTest(viewer=viewer, doctype=doctype), enabled, self.as_user(viewer):
					told = {}
					try:
						safe_exec(script.format(doctype, text), None, told)
					except frappe.PermissionError:
						told = {}
					words = {row[text] for row in told.get("result") or ()}
					owed = {record.word for record in self.seen(viewer, doctype)}
					self.assertEqual({word for word in words if word and word.startswith("zqx")}, owed)

	def test_every_road_that_begins_elsewhere(self):
		for viewer in self.viewers:
			for road in other_roads(self.customers, self.invoice):
				self.cells[road.label.split(" of ")[0]] += len(self.records)
				with self.subTest(viewer=viewer, road=road.label):
					self.walk(viewer, road, set())


class Papers:
	"""What collects the pages of several documents."""

	def __init__(self):
		self.pages = b""

	def write(self, file):
		file.write(self.pages)


def paper(html: str, options: dict | None = None, output: Papers | None = None) -> bytes | Papers:
	"""In place of Frappe's own."""
	if output is None:
		return html.encode()
	output.pages += html.encode()
	return output


def said(answer, keys: tuple[str, ...]):
	"""What an answer says: its message or data, and of that what stands under `keys`."""
	body = answer.json if answer.is_json and answer.status_code == 200 else {}
	value = body.get("message", body.get("data"))
	for key in keys:
		value = value.get(key) if isinstance(value, dict) else None
	return value
