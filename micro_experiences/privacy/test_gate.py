"""The requests that once told what they should not, each as it was sent, and those of the Desk that have to pass."""

import json
from unittest.mock import patch

import frappe
import frappe.api
from frappe.handler import execute_cmd
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from micro_experiences.domain.sight import GUARDED
from micro_experiences.privacy import gate
from micro_experiences.privacy.known_methods import KNOWN
from micro_experiences.privacy.named import has_a_sign
from micro_experiences.testing import SiteTestCase

_METHOD = "/api/method/"
_SEARCH = f"{_METHOD}frappe.desk.search.search_link"
_WIDGET = f"{_METHOD}frappe.desk.search.search_widget"
_COUNTS = "frappe.desk.notifications.get_open_count"
_ALL = {"txt": "", "page_length": "9999", "ignore_user_permissions": "1"}


class Asks(SiteTestCase):
	"""Requests within the test's own transaction, and a note of the rep's that nobody else may see."""

	def setUp(self):
		super().setUp()
		self.hidden = self.note("zqx hidden", visibility="Only Me")
		self.seen = self.note("zqx seen")
		self.addCleanup(setattr, frappe.local, "request", getattr(frappe.local, "request", None))
		self.addCleanup(setattr, frappe.local, "form_dict", frappe._dict())

	def ask(self, path: str, /, user: str | None = None, post: bool = False, **arguments) -> str:
		"""What Frappe answers to a request, or the name of the error."""
		frappe.local.request = Request(EnvironBuilder(path, method="POST" if post else "GET").get_environ())
		frappe.db.savepoint("asked")
		with self.as_user(user or self.colleague):
			# To become somebody is to have asked nothing yet.
			frappe.local.form_dict = frappe._dict(arguments)
			frappe.local.response = frappe._dict(docs=[])
			try:
				gate.ask()
				if arguments.get("cmd"):
					frappe.local.response["message"] = execute_cmd(arguments["cmd"])
				else:
					frappe.api.handle(frappe.request)
			except Exception as error:
				return type(error).__name__
			finally:
				frappe.db.rollback(save_point="asked")
				frappe.clear_messages()
		return frappe.as_json(frappe.local.response)

	def assert_hidden(self, told: str):
		self.assertNotIn("zqx hidden", told)
		self.assertNotIn(self.hidden.name, told)

	def assert_refused(self, told: str):
		self.assertEqual(told, "PermissionError")


class TestPostedDocuments(Asks):
	def test_who_says_that_a_note_is_new_is_not_believed(self):
		posted = {"doctype": "Personal Note", "name": self.hidden.name, "__islocal": 1}
		self.assertFalse(
			frappe.has_permission("Personal Note", doc=frappe.get_doc(posted), user=self.colleague)
		)
		new = {"doctype": "Personal Note", "name": "new-personal-note-abc", "customer": self.customer}
		for values in (new, new | {"name": None}):
			doc = frappe.get_doc(values | {"__islocal": 1})
			self.assertTrue(frappe.has_permission("Personal Note", doc=doc, user=self.colleague))

	def test_nobody_has_a_note_renamed_to_read_it(self):
		for name in (self.hidden.name, None, "new-personal-note-abc"):
			for posted, run in (
				("docs", f"{_METHOD}run_doc_method"),
				("docs", f"{_METHOD}runserverobj"),
				("document", "/api/v2/method/run_doc_method"),
			):
				doc = {"doctype": "Personal Note", "name": name, "__islocal": 1, "modified": ""}
				doc["customer"] = self.customer
				to = {"name": self.hidden.name, "validate_rename": False}
				arguments = {
					posted: json.dumps(doc),
					"method": "rename",
					"args": json.dumps(to),
					"kwargs": to,
				}
				for post in (False, True):
					with self.subTest(name=name, run=run, post=post):
						told = self.ask(run, post=post, **arguments)
						self.assert_hidden(told)
						self.assertIn("Error", told)

	def test_no_record_of_ours_is_renamed_or_merged(self):
		other = self.note("zqx other")
		for doctype, name in self.records().items():
			for merge in (False, True):
				to = other.name if doctype == "Personal Note" else "zqx"
				with self.subTest(doctype, merge=merge), self.as_user("Administrator"):
					frappe.db.savepoint("mx_rename")
					with self.assertRaises(frappe.PermissionError):
						frappe.get_doc(doctype, name).rename(to, merge=merge, validate_rename=False)
					with self.assertRaises((frappe.PermissionError, frappe.ValidationError)):
						frappe.rename_doc(doctype, name, to, merge=merge, force=True)
					frappe.db.rollback(save_point="mx_rename")
		posted = {"dt": "Personal Note", "dn": self.seen.name, "method": "rename"}
		self.assert_refused(
			self.ask(f"{_METHOD}run_doc_method", user=self.rep, post=True, **posted, args='{"name": "zqx"}')
		)

	def records(self) -> dict[str, str]:
		"""One of those that people make by themselves."""
		self.seen.log("Used", "x")
		use = frappe.db.get_value("Personal Note Use", {"personal_note": self.seen.name})
		gesture = frappe.get_doc({"doctype": "Gesture", "customer": self.customer, "what": "x"}).insert()
		own = {"Personal Note": self.seen.name, "Personal Note Use": use, "Gesture": gesture.name}
		return own | {"Follow Up Task": self.task().name}


class TestMethodsThatAskNobody(Asks):
	def test_states_of_a_workflow(self):
		count = "frappe.workflow.doctype.workflow.workflow.get_workflow_state_count"
		for field in ("note", "heard_by", "customer"):
			asked = {"doctype": "Personal Note", "workflow_state_field": field, "states": '["x"]'}
			self.assert_refused(self.ask(_METHOD + count, **asked))
			self.assert_refused(self.ask("/api/v2/method/Workflow/get_workflow_state_count", **asked))
			self.assert_refused(self.ask("/", cmd=count, **asked))
		# Elsewhere it is none of our business.
		self.assertIn(
			"message",
			self.ask(_METHOD + count, **asked | {"doctype": "Customer", "workflow_state_field": "name"}),
		)

	def test_searches_past_the_rule_of_sight(self):
		for path in (_SEARCH, _WIDGET, _SEARCH.replace("/api/", "/api/v2/")):
			told = self.ask(path, doctype="Personal Note", searchfield="note", **_ALL)
			self.assertIn(self.seen.name, told)
			self.assert_hidden(told)

	def test_methods_by_way_of_another(self):
		"""Wherever in the request the name of the method stands."""
		ours = json.dumps(["Personal Note", "Follow Up Task"])
		docs = {"source_names": '["Customer"]', "target_doc": self.customer}
		mapped = f"{_METHOD}frappe.model.mapper.map_docs"
		self.assert_refused(self.ask(mapped, method=_COUNTS, args=ours, **docs))
		self.assert_refused(self.ask(mapped, method=_COUNTS, **docs))
		like = {"source_names": '["Personal Note"]', "target_doc": self.hidden.name, "args": '"Yes"'}
		self.assert_refused(self.ask(mapped, method="frappe.desk.like.toggle_like", **like))
		nodes = f"{_METHOD}frappe.desk.treeview.get_all_nodes"
		asked = {
			"doctype": "Personal Note",
			"label": "x",
			"parent": "",
			"searchfield": "note",
			"as_dict": "1",
		}
		for method in ("frappe.desk.search.search_widget", "frappe.desk.listview.get_group_by_count"):
			self.assert_refused(self.ask(nodes, tree_method=method, **asked, **_ALL))
		for query in (
			"frappe.desk.doctype.tag.tag.get_tagged_docs",
			"frappe.desk.form.document_follow.get_follow_users",
			"erpnext.setup.doctype.company.company.get_children",
		):
			self.assert_refused(self.ask(_SEARCH, doctype="Personal Note", txt="x", query=query))

	def test_how_the_name_is_written(self):
		spelled = json.dumps({"doctype": "Personal Note"}).replace("P", "\\u0050")
		asked = {"tree_method": "frappe.desk.search.search_widget", "label": "x", "parent": ""}
		nodes = f"{_METHOD}frappe.desk.treeview.get_all_nodes"
		for arguments in (
			{"doctype": " Personal Note "},
			{"filters": json.dumps(spelled)},
			{"doctype": ["Personal Note"]},
			{"doctype": "Customer` join `tabPersonal Note"},
		):
			with self.subTest(arguments):
				self.assert_refused(self.ask(nodes, **asked | arguments))

	def test_whether_a_note_is_there(self):
		"""The same answer for one that is hidden and one that is missing."""
		for path, doctype, name in (
			("frappe.client.validate_link", "doctype", "docname"),
			(
				"frappe.automation.doctype.reminder.reminder.create_new_reminder",
				"reminder_doctype",
				"reminder_docname",
			),
			("frappe.social.doctype.energy_point_log.energy_point_log.get_reviews", "doctype", "docname"),
			("frappe.model.document.unlock_document", "doctype", "name"),
		):
			more = {"remind_at": "2050-01-01", "description": "x"} if "reminder" in path else {}
			for asked in (self.hidden.name, "NOTE-nowhere"):
				with self.subTest(path, asked=asked):
					self.assert_refused(
						self.ask(_METHOD + path, post=True, **{doctype: "Personal Note", name: asked}, **more)
					)
		asked = {"doctype": "Personal Note", "docname": self.seen.name, "fields": "[]"}
		self.assertIn(self.seen.name, self.ask(f"{_METHOD}frappe.client.validate_link", **asked))

	def test_a_method_of_a_document_that_is_not_ours(self):
		posted = {
			"doctype": "Bulk Update",
			"document_type": "Personal Note",
			"condition": "note like '%zqx%'",
		}
		asked = {"docs": json.dumps(posted), "method": "bulk_update"}
		self.assert_refused(self.ask(f"{_METHOD}run_doc_method", user="Administrator", post=True, **asked))

	def test_the_gates_own_failure(self):
		"""Closed to whoever asks for ours, and in nobody else's way."""
		with patch.object(gate, "direct_method", side_effect=ValueError):
			self.assert_refused(self.ask("/api/resource/Personal Note"))
			self.assertIn("data", self.ask("/api/resource/Customer"))
		self.assertTrue(frappe.get_all("Error Log", {"method": "Micro Experiences: gate"}))


class TestWhatHasToPass(Asks):
	def test_the_desk(self):
		note = {"doctype": "Personal Note", "name": self.seen.name}
		shown = {
			"doctype": "Personal Note",
			"fields": '["name", "note"]',
			"filters": "[]",
			"page_length": "500",
		}
		for path, arguments in (
			("frappe.desk.form.load.getdoc", note),
			("frappe.desk.form.load.get_docinfo", note),
			("frappe.desk.form.load.getdoctype", {"doctype": "Personal Note"}),
			("frappe.desk.reportview.get", shown),
			("frappe.desk.reportview.get_count", shown),
			("frappe.client.get_list", shown),
			("frappe.desk.form.linked_with.get", {"doctype": "Personal Note", "docname": self.seen.name}),
			(
				"frappe.desk.link_preview.get_preview_data",
				{"doctype": "Personal Note", "docname": self.seen.name},
			),
			("frappe.desk.listview.get_list_settings", {"doctype": "Personal Note"}),
			(
				"frappe.desk.listview.get_group_by_count",
				{"doctype": "Personal Note", "current_filters": "[]", "field": "kind"},
			),
			("frappe.model.utils.user_settings.get", {"doctype": "Personal Note"}),
			("frappe.desk.doctype.kanban_board.kanban_board.get_kanban_boards", {"doctype": "Personal Note"}),
			(
				_COUNTS,
				{"doctype": "Customer", "name": self.customer, "items": '["Personal Note", "Sales Invoice"]'},
			),
		):
			with self.subTest(path):
				told = self.ask(_METHOD + path, **arguments)
				self.assertNotRegex(told, r"^\w+$")
				self.assert_hidden(told)

	def test_a_link_that_is_searched_from_our_form(self):
		asked = {"doctype": "Contact", "txt": "", "reference_doctype": "Personal Note"}
		asked |= {"query": "frappe.contacts.doctype.contact.contact.contact_query"}
		asked |= {"filters": json.dumps({"link_doctype": "Customer", "link_name": self.customer})}
		self.assertIn("message", self.ask(_SEARCH, **asked))
		asked = {"doctype": "Customer", "txt": "Gesture", "reference_doctype": "Gesture"}
		self.assertIn("message", self.ask(_SEARCH, **asked))

	def passes(self, method: str, /, **arguments):
		"""The gate has nothing against a request; raises PermissionError."""
		frappe.local.request = Request(EnvironBuilder(_METHOD + method).get_environ())
		frappe.local.form_dict = frappe._dict(arguments)
		gate.ask()

	def test_words_of_ours_in_what_people_type_elsewhere(self):
		"""An item group that is named like us, and a customer that somebody looks for."""
		shop = "erpnext.selling.page.point_of_sale.point_of_sale."
		for words in (
			{"item_group": "Gesture", "search_term": "Gesture"},
			{"args": '{"item_group": "Gesture"}'},
		):
			self.passes(f"{shop}get_items", **words)
		self.passes("frappe.desk.form.save.savedocs", doc='{"doctype": "Item Group", "name": "Gesture"}')
		with self.assertRaises(frappe.PermissionError):
			self.passes(f"{shop}item_group_query", doctype="Gesture")

	def test_a_form_that_has_our_banner_with_it(self):
		"""Whatever another app asks with its form, the form has with it what we put there."""
		doc = {"doctype": "Customer", "name": self.customer, "__onload": {"x": {"doctype": "Personal Note"}}}
		self.passes("run_doc_method", docs=json.dumps(doc), method="get_customer_group_details")
		self.passes("erpnext.stock.get_item_details.get_item_details", doc=json.dumps(doc))

	def test_every_method_in_the_list_is_one_of_frappes(self):
		for name in KNOWN - {"frappe.api.v2.run_doc_method", "frappe.handler.run_doc_method"}:
			method = frappe.get_attr(name)
			self.assertIn(method, frappe.whitelisted, name)
			self.assertEqual(f"{method.__module__}.{method.__name__}", name)

	def test_every_record_of_ours_has_a_sign(self):
		for doctype in GUARDED:
			self.assertTrue(has_a_sign(f"/api/resource/{doctype}"))
