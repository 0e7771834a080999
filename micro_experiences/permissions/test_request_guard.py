"""Request guard: requests that once revealed hidden notes are refused, and requests of the Desk are allowed."""

import json
from unittest.mock import patch

import frappe
import frappe.api
from frappe.handler import execute_cmd
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from micro_experiences.domain.visibility import GUARDED_DOCTYPES
from micro_experiences.permissions import request_guard
from micro_experiences.permissions.allowed_methods import ALLOWED_METHODS
from micro_experiences.permissions.request_inspection import contains_guarded_term
from micro_experiences.tests.utils import SiteTestCase

_METHOD = "/api/method/"
_SEARCH = f"{_METHOD}frappe.desk.search.search_link"
_WIDGET = f"{_METHOD}frappe.desk.search.search_widget"
_COUNTS = "frappe.desk.notifications.get_open_count"
_ALL = {"txt": "", "page_length": "9999", "ignore_user_permissions": "1"}


class GuardTestCase(SiteTestCase):
	"""Requests within the transaction of the test, and a hidden and a visible note of the rep."""

	def setUp(self):
		super().setUp()
		self.hidden = self.note("zqx hidden", visibility="Only Me")
		self.visible = self.note("zqx seen")
		self.addCleanup(setattr, frappe.local, "request", getattr(frappe.local, "request", None))
		self.addCleanup(setattr, frappe.local, "form_dict", frappe._dict())

	def request(self, path: str, /, user: str | None = None, post: bool = False, **arguments) -> str:
		"""Return the response to a request, or the name of the error."""
		frappe.local.request = Request(EnvironBuilder(path, method="POST" if post else "GET").get_environ())
		frappe.db.savepoint("request")
		with self.as_user(user or self.colleague):
			# `frappe.set_user` clears the form data.
			frappe.local.form_dict = frappe._dict(arguments)
			frappe.local.response = frappe._dict(docs=[])
			try:
				request_guard.authorize_request()
				if arguments.get("cmd"):
					frappe.local.response["message"] = execute_cmd(arguments["cmd"])
				else:
					frappe.api.handle(frappe.request)
			except Exception as error:
				return type(error).__name__
			finally:
				frappe.db.rollback(save_point="request")
				frappe.clear_messages()
		return frappe.as_json(frappe.local.response)

	def assert_hidden(self, response: str):
		self.assertNotIn("zqx hidden", response)
		self.assertNotIn(self.hidden.name, response)

	def assert_refused(self, response: str):
		self.assertEqual(response, "PermissionError")


class TestPostedDocuments(GuardTestCase):
	def test_stored_note_posted_as_new_is_not_visible(self):
		posted = {"doctype": "Personal Note", "name": self.hidden.name, "__islocal": 1}
		self.assertFalse(
			frappe.has_permission("Personal Note", doc=frappe.get_doc(posted), user=self.colleague)
		)
		new = {"doctype": "Personal Note", "name": "new-personal-note-abc", "customer": self.customer}
		for values in (new, new | {"name": None}):
			doc = frappe.get_doc(values | {"__islocal": 1})
			self.assertTrue(frappe.has_permission("Personal Note", doc=doc, user=self.colleague))

	def test_rename_by_run_doc_method_does_not_reveal_note(self):
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
						response = self.request(run, post=post, **arguments)
						self.assert_hidden(response)
						self.assertIn("Error", response)

	def test_rename_and_merge_are_refused(self):
		other = self.note("zqx other")
		for doctype, name in self.make_records().items():
			for merge in (False, True):
				to = other.name if doctype == "Personal Note" else "zqx"
				with self.subTest(doctype, merge=merge), self.as_user("Administrator"):
					frappe.db.savepoint("mx_rename")
					with self.assertRaises(frappe.PermissionError):
						frappe.get_doc(doctype, name).rename(to, merge=merge, validate_rename=False)
					with self.assertRaises((frappe.PermissionError, frappe.ValidationError)):
						frappe.rename_doc(doctype, name, to, merge=merge, force=True)
					frappe.db.rollback(save_point="mx_rename")
		posted = {"dt": "Personal Note", "dn": self.visible.name, "method": "rename"}
		self.assert_refused(
			self.request(
				f"{_METHOD}run_doc_method", user=self.rep, post=True, **posted, args='{"name": "zqx"}'
			)
		)

	def make_records(self) -> dict[str, str]:
		"""Return a record of each DocType that users create."""
		self.visible.log_use("Used", "x")
		use = frappe.db.get_value("Personal Note Use", {"personal_note": self.visible.name})
		gesture = frappe.get_doc({"doctype": "Gesture", "customer": self.customer, "what": "x"}).insert()
		own = {"Personal Note": self.visible.name, "Personal Note Use": use, "Gesture": gesture.name}
		return own | {"Follow Up Task": self.task().name}


class TestMethodsWithoutPermissionCheck(GuardTestCase):
	def test_workflow_state_count_is_refused(self):
		count = "frappe.workflow.doctype.workflow.workflow.get_workflow_state_count"
		for field in ("note", "heard_by", "customer"):
			sent = {"doctype": "Personal Note", "workflow_state_field": field, "states": '["x"]'}
			self.assert_refused(self.request(_METHOD + count, **sent))
			self.assert_refused(self.request("/api/v2/method/Workflow/get_workflow_state_count", **sent))
			self.assert_refused(self.request("/", cmd=count, **sent))
		# Other DocTypes are allowed.
		self.assertIn(
			"message",
			self.request(_METHOD + count, **sent | {"doctype": "Customer", "workflow_state_field": "name"}),
		)

	def test_search_without_user_permissions_hides_notes(self):
		for path in (_SEARCH, _WIDGET, _SEARCH.replace("/api/", "/api/v2/")):
			response = self.request(path, doctype="Personal Note", searchfield="note", **_ALL)
			self.assertIn(self.visible.name, response)
			self.assert_hidden(response)

	def test_method_called_by_another_method_is_refused(self):
		"""The inner method can be named in different parameters."""
		items = json.dumps(["Personal Note", "Follow Up Task"])
		docs = {"source_names": '["Customer"]', "target_doc": self.customer}
		mapped = f"{_METHOD}frappe.model.mapper.map_docs"
		self.assert_refused(self.request(mapped, method=_COUNTS, args=items, **docs))
		self.assert_refused(self.request(mapped, method=_COUNTS, **docs))
		like = {"source_names": '["Personal Note"]', "target_doc": self.hidden.name, "args": '"Yes"'}
		self.assert_refused(self.request(mapped, method="frappe.desk.like.toggle_like", **like))
		nodes = f"{_METHOD}frappe.desk.treeview.get_all_nodes"
		sent = {
			"doctype": "Personal Note",
			"label": "x",
			"parent": "",
			"searchfield": "note",
			"as_dict": "1",
		}
		for method in ("frappe.desk.search.search_widget", "frappe.desk.listview.get_group_by_count"):
			self.assert_refused(self.request(nodes, tree_method=method, **sent, **_ALL))
		for query in (
			"frappe.desk.doctype.tag.tag.get_tagged_docs",
			"frappe.desk.form.document_follow.get_follow_users",
			"erpnext.setup.doctype.company.company.get_children",
		):
			self.assert_refused(self.request(_SEARCH, doctype="Personal Note", txt="x", query=query))

	def test_doctype_name_is_recognized_in_every_spelling(self):
		spelled = json.dumps({"doctype": "Personal Note"}).replace("P", "\\u0050")
		sent = {"tree_method": "frappe.desk.search.search_widget", "label": "x", "parent": ""}
		nodes = f"{_METHOD}frappe.desk.treeview.get_all_nodes"
		for arguments in (
			{"doctype": " Personal Note "},
			{"filters": json.dumps(spelled)},
			{"doctype": ["Personal Note"]},
			{"doctype": "Customer` join `tabPersonal Note"},
		):
			with self.subTest(arguments):
				self.assert_refused(self.request(nodes, **sent | arguments))

	def test_hidden_and_missing_note_get_the_same_response(self):
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
			for sent in (self.hidden.name, "NOTE-nowhere"):
				with self.subTest(path, sent=sent):
					self.assert_refused(
						self.request(
							_METHOD + path, post=True, **{doctype: "Personal Note", name: sent}, **more
						)
					)
		sent = {"doctype": "Personal Note", "docname": self.visible.name, "fields": "[]"}
		self.assertIn(self.visible.name, self.request(f"{_METHOD}frappe.client.validate_link", **sent))

	def test_method_of_posted_document_naming_notes_is_refused(self):
		posted = {
			"doctype": "Bulk Update",
			"document_type": "Personal Note",
			"condition": "note like '%zqx%'",
		}
		sent = {"docs": json.dumps(posted), "method": "bulk_update"}
		self.assert_refused(self.request(f"{_METHOD}run_doc_method", user="Administrator", post=True, **sent))

	def test_error_in_guard_refuses_only_requests_for_the_app(self):
		with patch.object(request_guard, "get_called_method", side_effect=ValueError):
			self.assert_refused(self.request("/api/resource/Personal Note"))
			self.assertIn("data", self.request("/api/resource/Customer"))
		self.assertTrue(frappe.get_all("Error Log", {"method": "Micro Experiences: request guard"}))


class TestAllowedRequests(GuardTestCase):
	def test_requests_of_the_desk_are_allowed(self):
		note = {"doctype": "Personal Note", "name": self.visible.name}
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
			("frappe.desk.form.linked_with.get", {"doctype": "Personal Note", "docname": self.visible.name}),
			(
				"frappe.desk.link_preview.get_preview_data",
				{"doctype": "Personal Note", "docname": self.visible.name},
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
				response = self.request(_METHOD + path, **arguments)
				self.assertNotRegex(response, r"^\w+$")
				self.assert_hidden(response)

	def test_link_search_from_forms_of_the_app_is_allowed(self):
		sent = {"doctype": "Contact", "txt": "", "reference_doctype": "Personal Note"}
		sent |= {"query": "frappe.contacts.doctype.contact.contact.contact_query"}
		sent |= {"filters": json.dumps({"link_doctype": "Customer", "link_name": self.customer})}
		self.assertIn("message", self.request(_SEARCH, **sent))
		sent = {"doctype": "Customer", "txt": "Gesture", "reference_doctype": "Gesture"}
		self.assertIn("message", self.request(_SEARCH, **sent))

	def check_allowed(self, method: str, /, **arguments):
		"""Raise PermissionError if the guard refuses a request."""
		frappe.local.request = Request(EnvironBuilder(_METHOD + method).get_environ())
		frappe.local.form_dict = frappe._dict(arguments)
		request_guard.authorize_request()

	def test_doctype_name_in_values_of_other_doctypes_is_allowed(self):
		shop = "erpnext.selling.page.point_of_sale.point_of_sale."
		for words in (
			{"item_group": "Gesture", "search_term": "Gesture"},
			{"args": '{"item_group": "Gesture"}'},
		):
			self.check_allowed(f"{shop}get_items", **words)
		self.check_allowed(
			"frappe.desk.form.save.savedocs", doc='{"doctype": "Item Group", "name": "Gesture"}'
		)
		with self.assertRaises(frappe.PermissionError):
			self.check_allowed(f"{shop}item_group_query", doctype="Gesture")

	def test_form_with_banner_in_onload_is_allowed(self):
		"""Other apps post the whole form, including the banner that this app added."""
		doc = {"doctype": "Customer", "name": self.customer, "__onload": {"x": {"doctype": "Personal Note"}}}
		self.check_allowed("run_doc_method", docs=json.dumps(doc), method="get_customer_group_details")
		self.check_allowed("erpnext.stock.get_item_details.get_item_details", doc=json.dumps(doc))

	def test_allowed_methods_exist_and_are_whitelisted(self):
		for name in ALLOWED_METHODS - {"frappe.api.v2.run_doc_method", "frappe.handler.run_doc_method"}:
			method = frappe.get_attr(name)
			self.assertIn(method, frappe.whitelisted, name)
			self.assertEqual(f"{method.__module__}.{method.__name__}", name)

	def test_each_guarded_doctype_is_recognized(self):
		for doctype in GUARDED_DOCTYPES:
			self.assertTrue(contains_guarded_term(f"/api/resource/{doctype}"))
