import json
from unittest.mock import patch

import frappe
from frappe.api.v1 import read_doc
from frappe.desk.doctype.kanban_board.kanban_board import update_order, update_order_for_single_card
from frappe.desk.form.assign_to import add as assign
from frappe.desk.form.utils import add_comment
from frappe.desk.like import toggle_like
from frappe.utils import now_datetime

from micro_experiences.desk import gestures, health
from micro_experiences.desk.safely import never_fail
from micro_experiences.domain.sight import GUARDED, MANAGER
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.privacy import around
from micro_experiences.privacy.sight import no_say
from micro_experiences.testing import SiteTestCase


class TestWhatIsMineShowsNoNoteThatIsNot(SiteTestCase):
	"""Whoever has a gesture to decide about, or a promise to keep, sees it; the note behind it may be another matter."""

	def setUp(self):
		super().setUp()
		self.secret = self.note("mxaround secret", visibility="Only Me")
		self.mine = self.task()
		about = {"personal_note": self.secret.name, "assigned_to": self.colleague}
		frappe.db.set_value("Follow Up Task", self.mine.name, about)
		gesture = frappe.get_doc({"doctype": "Gesture", "customer": self.customer, "what": "x"}).insert()
		self.decided = gesture.name
		decided = {"personal_note": self.secret.name, "approver": self.colleague}
		frappe.db.set_value("Gesture", self.decided, decided)

	def test_lists_do_not_read_on(self):
		for doctype, name in (("Follow Up Task", self.mine.name), ("Gesture", self.decided)):
			with self.subTest(doctype), self.as_user(self.colleague):
				self.assertTrue(frappe.get_list(doctype, filters={"name": name}))
				for field in ("personal_note.note", "personal_note.note as x"):
					with self.assertRaises((frappe.PermissionError, frappe.DoesNotExistError)):
						frappe.get_list(doctype, fields=["name", field])
				told = frappe.client.get_list(doctype, fields=["*"], expand=["personal_note"])
				self.assertNotIn("mxaround", frappe.as_json(told))

	def test_a_gesture_does_not_show_whose_purse_paid_for_it(self):
		"""Whoever sees a colleague's gesture sees no more of his wallet than its name."""
		self.budget()
		ledger.forget_budgets()
		given = gestures.give(self.customer, "a card", cost=2)["name"]
		with self.as_user(self.colleague):
			self.assertTrue(frappe.get_list("Gesture", {"name": given}, pluck="gesture_wallet")[0])
			for field in ("allowance", "spent", "committed"):
				with self.assertRaises((frappe.PermissionError, frappe.DoesNotExistError)):
					frappe.get_list("Gesture", fields=["name", f"gesture_wallet.{field}"])

	def test_links_among_ours_are_seen_alike(self):
		"""Frappe reads on through a Link: the record at its other end may be hidden from nobody who sees this one."""
		alike = {
			("Personal Note Use", "personal_note"),
			("Gesture Wallet Entry", "gesture_wallet"),
			("Follow Up Reminder", "follow_up_task"),
		}
		links = {
			(doctype, df.fieldname)
			for doctype in frappe.get_all("DocType", {"module": "Micro Experiences"}, pluck="name")
			for df in frappe.get_meta(doctype).get_link_fields()
			if df.options in GUARDED
		}
		self.assertEqual(links, alike)

	def test_the_api_does_not_read_on(self):
		for doctype, name in (("Follow Up Task", self.mine.name), ("Gesture", self.decided)):
			with self.subTest(doctype), self.as_user(self.colleague):
				frappe.local.form_dict = frappe._dict()
				self.assertEqual(read_doc(doctype, name).name, name)
				frappe.local.form_dict = frappe._dict(expand_links="1")
				self.addCleanup(setattr, frappe.local, "form_dict", frappe._dict())
				self.assertRaises(frappe.PermissionError, read_doc, doctype, name)
				frappe.local.form_dict = frappe._dict()

	def test_nor_from_a_document_of_others_nor_to_one(self):
		"""An event that names a note, and a note that names an invoice."""
		event = frappe.get_doc(
			{
				"doctype": "Event",
				"subject": "x",
				"starts_on": now_datetime(),
				"reference_doctype": "Personal Note",
				"reference_docname": self.secret.name,
			}
		)
		with self.as_user(self.colleague):
			event.insert()
			frappe.local.form_dict = frappe._dict(expand_links="1")
			try:
				told = frappe.as_json(read_doc("Event", event.name))
			except frappe.PermissionError:
				told = ""
			finally:
				frappe.local.form_dict = frappe._dict()
		self.assertNotIn("mxaround", told)


class TestAssignments(SiteTestCase):
	def test_a_promise_changes_hands_by_its_own_rules(self):
		task = self.task()
		for to in (self.colleague, self.rep):
			frappe.db.savepoint("assign")
			with self.assertRaisesRegex(frappe.PermissionError, "hand it over"):
				assign({"doctype": "Follow Up Task", "name": task.name, "assign_to": [to]})
			frappe.db.rollback(save_point="assign")
		self.assertEqual(task.reload().assigned_to, self.rep)
		self.assertFalse(frappe.db.exists("ToDo", {"reference_name": task.name}))

	def test_nothing_else_is_assigned(self):
		note = self.note()
		with self.assertRaisesRegex(frappe.PermissionError, "Nothing was assigned"):
			assign({"doctype": "Personal Note", "name": note.name, "assign_to": [self.rep]})

	def test_an_assignment_from_before_can_be_closed(self):
		note = self.note()
		todo = frappe.get_doc(
			{
				"doctype": "ToDo",
				"description": "x",
				"allocated_to": self.rep,
				"assigned_by": self.rep,
			}
		).insert()
		about = {"reference_type": "Personal Note", "reference_name": note.name}
		frappe.db.set_value("ToDo", todo.name, about)
		todo.reload()
		todo.status = "Closed"
		todo.save()
		self.assertEqual(todo.reload().status, "Closed")


class TestComments(SiteTestCase):
	def comment(self, doc, content):
		return add_comment(doc.doctype, doc.name, content, "x@example.com", "x")

	def mention(self, user):
		return f'<span class="mention" data-id="{user}" data-value="x">@x</span>'

	def test_nobody_is_mentioned_who_may_not_see_it(self):
		secret, open_note = self.note("mxaround", visibility="Only Me"), self.note()
		with self.assertRaisesRegex(frappe.PermissionError, "Colleague may not see this"):
			self.comment(secret, f"mxaround {self.mention(self.colleague)}")
		self.assertFalse(frappe.db.exists("Comment", {"reference_name": secret.name}))
		self.comment(open_note, f"mxaround {self.mention(self.colleague)}")
		self.assertTrue(frappe.db.exists("Comment", {"reference_name": open_note.name}))
		# Of other people's documents we say nothing.
		customer = frappe.get_doc("Customer", self.customer)
		self.comment(customer, f"mxaround {self.mention(self.outsider)}")

	def test_comments_of_a_hidden_note_are_hidden_with_it(self):
		with self.as_user("Administrator"):
			auditor = frappe.get_doc("User", self.outsider)
			auditor.add_roles("System Manager", "Sales User")
		secret, open_note = self.note("mxaround", visibility="Only Me"), self.note()
		names = [self.comment(note, "mxaround").name for note in (secret, open_note)]
		with self.as_user(self.outsider):
			self.assertEqual(frappe.get_list("Comment", {"name": ("in", names)}, pluck="name"), names[1:])
			self.assertFalse(frappe.has_permission("Comment", doc=names[0]))
			self.assertTrue(frappe.has_permission("Comment", doc=names[1]))


class TestWhatLeadsAround(SiteTestCase):
	def setUp(self):
		super().setUp()
		with self.as_user("Administrator"):
			frappe.get_doc("User", self.outsider).add_roles(
				"System Manager", "Report Manager", "Dashboard Manager"
			)

	def test_a_report_of_ones_own_in_sql(self):
		def report(query):
			return frappe.get_doc(
				{
					"doctype": "Report",
					"report_name": f"MX Test {frappe.generate_hash(length=5)}",
					"ref_doctype": "Customer",
					"report_type": "Query Report",
					"is_standard": "No",
					"query": query,
				}
			).insert()

		with self.as_user(self.outsider):
			report("select name from `tabCustomer`")
			for query in ("select note from `tabPersonal Note`", "SELECT * FROM `TABGesture`"):
				with self.assertRaisesRegex(frappe.PermissionError, "reads past"):
					report(query)
		with self.as_user("Administrator"):
			report("select note from `tabPersonal Note`")

	def test_a_link_to_a_note(self):
		with self.as_user("Administrator"):
			field = {"label": "MX", "fieldname": "mx_note", "fieldtype": "Link"}
			custom = {"doctype": "Custom Field", "dt": "Customer"} | field
			# Not inserted: that would alter a table.
			with self.assertRaisesRegex(frappe.ValidationError, "Data field"):
				frappe.get_doc(custom | {"options": "Gesture"}).run_method("validate")
			of_a_site = {"doctype": "DocType", "module": "Custom", "fields": [field | {"options": "Gesture"}]}
			with self.assertRaisesRegex(frappe.ValidationError, "Data field"):
				around.no_link(frappe.get_doc(of_a_site))
			frappe.get_doc(custom | {"options": "Item"}).run_method("validate")
			# A field, and a DocType of the site's own, may choose its module.
			for doc in (custom | {"options": "Gesture"}, of_a_site | {"custom": 1}):
				with self.assertRaisesRegex(frappe.ValidationError, "Data field"):
					around.no_link(frappe.get_doc(doc | {"module": "Micro Experiences"}))

	def test_a_field_of_ours_in_the_global_search(self):
		field = {
			"doctype": "Custom Field",
			"dt": "Personal Note",
			"label": "MX",
			"fieldname": "mx",
			"fieldtype": "Data",
		}
		with self.as_user("Administrator"):
			with self.assertRaisesRegex(frappe.ValidationError, "global search"):
				frappe.get_doc(field | {"in_global_search": 1}).run_method("validate")
			frappe.get_doc(field).run_method("validate")

	def test_what_would_write_the_text_elsewhere(self):
		with self.as_user("Administrator"):
			for prop, value in (
				("track_changes", "1"),
				("show_title_field_in_link", "1"),
				("title_field", "note"),
				("show_name_in_global_search", "1"),
			):
				setter = {
					"doctype": "Property Setter",
					"doctype_or_field": "DocType",
					"doc_type": "Personal Note",
				}
				with self.assertRaisesRegex(frappe.ValidationError, "stays off"):
					frappe.get_doc(
						setter | {"property": prop, "value": value, "property_type": "Check"}
					).insert()

	def test_what_would_put_the_text_into_a_name_or_a_link(self):
		setter = {"doctype": "Property Setter", "property_type": "Data"}
		ours = setter | {"doctype_or_field": "DocType", "doc_type": "Personal Note"}
		theirs = setter | {"doctype_or_field": "DocField", "doc_type": "Customer", "property": "options"}
		theirs |= {"field_name": "default_price_list"}
		with self.as_user("Administrator"):
			for prop, value in (("autoname", "format:{note}"), ("timeline_field", "customer")):
				with self.assertRaisesRegex(frappe.ValidationError, "stays off"):
					frappe.get_doc(ours | {"property": prop, "value": value}).run_method("validate")
			with self.assertRaisesRegex(frappe.ValidationError, "Data field"):
				frappe.get_doc(theirs | {"value": "Gesture"}).run_method("validate")
			frappe.get_doc(theirs | {"value": "Item"}).run_method("validate")
			frappe.get_doc(ours | {"property": "max_attachments", "value": "2"}).run_method("validate")


OVER = {
	"Assignment Rule": {
		"name": "MX Test",
		"document_type": "Gesture",
		"assign_condition": "True",
		"rule": "Round Robin",
		"users": [{"user": "Administrator"}],
		"assignment_days": [{"day": "Monday"}],
	},
	"Auto Email Report": {
		"report": "Gesture Budget Utilisation",
		"user": "Administrator",
		"email_to": "mx.outsider@example.com",
		"format": "HTML",
		"frequency": "Daily",
		"day_of_week": "Monday",
	},
	"Auto Repeat": {"reference_doctype": "Follow Up Task", "frequency": "Daily", "start_date": "2030-01-01"},
	"Dashboard Chart": {
		"chart_name": "MX Test",
		"document_type": "Personal Note",
		"chart_type": "Group By",
		"group_by_type": "Count",
		"group_by_based_on": "note",
		"filters_json": "[]",
		"type": "Bar",
	},
	"Document Follow": {"ref_doctype": "Personal Note", "user": "mx.outsider@example.com"},
	"Document Naming Rule": {"document_type": "Personal Note", "prefix": ".note.", "prefix_digits": 5},
	"Energy Point Rule": {
		"rule_name": "MX Test",
		"reference_doctype": "Personal Note",
		"for_doc_event": "New",
		"user_field": "owner",
		"points": 1,
	},
	"Milestone Tracker": {"document_type": "Personal Note", "track_field": "note"},
	"Notification": {
		"name": "MX Test",
		"document_type": "Personal Note",
		"event": "New",
		"channel": "System Notification",
		"subject": "{{ doc.note }}",
		"message": "{{ doc.note }}",
		"recipients": [{"receiver_by_role": "System Manager"}],
	},
	"Web Form": {
		"title": "MX Test",
		"doc_type": "Personal Note",
		"web_form_fields": [{"fieldname": "note", "fieldtype": "Small Text"}],
	},
	"Webhook": {
		"name": "MX Test",
		"webhook_doctype": "Personal Note",
		"webhook_docevent": "on_update",
		"request_url": "https://a.example/x",
		"request_structure": "JSON",
		"webhook_json": "{}",
	},
	"Workflow": {
		"workflow_name": "MX Test",
		"document_type": "Gesture",
		"workflow_state_field": "status",
		"states": [{"state": "Pending", "doc_status": "0", "allow_edit": "System Manager"}],
	},
}
INSTEAD = {
	"Assignment Rule": "not assigned by a rule",
	"Auto Email Report": "Open it on this site",
	"Auto Repeat": "say so in the promise",
	"Dashboard Chart": "Number Card",
	"Document Follow": "Make a follow-up",
	"Document Naming Rule": "keeps its own numbers",
	"Energy Point Rule": "The reports show",
	"Milestone Tracker": "Use a list or a report",
	"Notification": "remind their owners",
	"Web Form": "Use the banner or the form",
	"Webhook": "over the API",
	"Workflow": "as their budget says",
}


class TestWhatASiteSetsUpOverAnyRecord(SiteTestCase):
	def setUp(self):
		super().setUp()
		frappe.set_user("Administrator")
		about = {"reference_document": self.task().name}
		self.over = OVER | {"Auto Repeat": OVER["Auto Repeat"] | about}
		self.over["Document Follow"] = OVER["Document Follow"] | {"ref_docname": self.note().name}

	def make(self, doctype: str, **values):
		return frappe.get_doc({"doctype": doctype} | self.over[doctype] | values)

	def test_it_is_refused_over_ours(self):
		for doctype in self.over:
			with self.subTest(doctype):
				frappe.db.savepoint("set_up")
				with self.assertRaisesRegex(frappe.ValidationError, INSTEAD[doctype]):
					doc = self.make(doctype)
					# Frappe itself would look for a column that Customize Form makes.
					around.nothing_over_ours(doc) if doctype == "Auto Repeat" else doc.insert()
				frappe.db.rollback(save_point="set_up")

	def test_it_is_refused_over_each_of_ours(self):
		for doctype, field in around._OVER.items():
			for ours in GUARDED:
				with self.subTest(doctype, ours=ours), self.assertRaises(frappe.ValidationError):
					around.nothing_over_ours(frappe.get_doc({"doctype": doctype, field: ours}))

	def test_over_others_it_is_nobodys_business(self):
		others = {field: "Customer" for field in around._OVER.values()}
		for doctype in self.over:
			with self.subTest(doctype):
				around.nothing_over_ours(
					self.make(doctype, **others | {"report": "Accounts Receivable Summary"})
				)

	def test_a_form_of_ours_still_has_its_own_changes(self):
		"""What shows a record to whoever sees it anyway."""
		card = {"doctype": "Number Card", "label": "MX Test", "document_type": "Gesture", "function": "Count"}
		frappe.get_doc(card | {"filters_json": "[]"}).insert()
		printed = {"doctype": "Print Format", "name": "MX Test", "doc_type": "Gesture", "custom_format": 1}
		printed |= {"print_format_type": "Jinja", "standard": "No"}
		with self.as_user(self.system_manager()):
			frappe.get_doc(
				printed | {"html": "<h1>Gesture</h1> {{ doc.what }} {{ doc.gesture_type }}"}
			).insert()
			calendar = {"doctype": "Calendar View", "name": "MX Test", "reference_doctype": "Follow Up Task"}
			calendar |= {"subject_field": "subject", "start_date_field": "due_on", "end_date_field": "due_on"}
			frappe.get_doc(calendar).insert()

	def test_what_was_there_before_can_be_switched_off(self):
		rule = self.make("Notification", document_type="Customer", enabled=1).insert()
		frappe.db.set_value("Notification", rule.name, "document_type", "Personal Note")
		rule.reload()
		with self.assertRaisesRegex(frappe.ValidationError, INSTEAD["Notification"]):
			rule.save()
		rule.reload()
		rule.enabled = 0
		rule.save()
		self.assertFalse(rule.reload().enabled)
		tracker = self.make("Milestone Tracker", document_type="Customer", track_field="territory").insert()
		frappe.db.set_value("Milestone Tracker", tracker.name, "document_type", "Gesture")
		tracker.reload()
		with self.assertRaisesRegex(frappe.ValidationError, INSTEAD["Milestone Tracker"]):
			tracker.save()
		tracker.reload()
		tracker.disabled = 1
		tracker.save()

	def test_nobody_makes_one_that_is_off(self):
		with self.assertRaisesRegex(frappe.ValidationError, INSTEAD["Notification"]):
			self.make("Notification", enabled=0).insert()

	def test_a_follower_of_a_hidden_note(self):
		"""Anybody may follow by the API, and is sent the comments."""
		with self.as_user(self.rep):
			secret = self.note("mxaround", visibility="Only Me")
			add_comment("Personal Note", secret.name, "mxaround", "x@example.com", "x")
		with self.as_user(self.colleague), self.assertRaisesRegex(frappe.ValidationError, "follow-up"):
			follow = {"ref_doctype": "Personal Note", "ref_docname": secret.name, "user": self.colleague}
			frappe.get_doc({"doctype": "Document Follow"} | follow).insert()

	def test_a_board_that_all_see_names_no_card(self):
		task = self.task()
		board = frappe.new_doc("Kanban Board")
		board.update(
			{"kanban_board_name": "MX Test", "reference_doctype": "Follow Up Task", "field_name": "status"}
		)
		board.append("columns", {"column_name": "Open"})
		board.insert()
		self.assertNotIn(task.name, frappe.as_json(board.reload()))
		told = update_order("MX Test", json.dumps({"Open": [task.name]}))
		self.assertNotIn(task.name, frappe.as_json(told[0]))
		told = update_order_for_single_card("MX Test", task.name, "Open", "Open", 0, 0)
		self.assertNotIn(task.name, frappe.as_json(told))

	def test_a_prepared_report_of_ours_is_for_whom_it_was_prepared(self):
		for user in (self.manager, self.outsider):
			frappe.get_doc("User", user).add_roles("System Manager", "Accounts Manager", MANAGER)
		names = {}
		for report in ("Notes to Be Forgotten", "Accounts Receivable Summary"):
			prepared = frappe.get_doc({"doctype": "Prepared Report", "report_name": report})
			prepared.name = frappe.generate_hash(length=10)
			with self.as_user(self.manager):
				prepared.db_insert()
			names[report] = prepared.name
		ours, theirs = names.values()
		for user, seen in ((self.manager, {ours, theirs}), (self.outsider, {theirs})):
			with self.subTest(user), self.as_user(user):
				listed = frappe.get_list("Prepared Report", {"name": ("in", [ours, theirs])}, pluck="name")
				self.assertEqual(set(listed), seen)
				may = {name for name in names.values() if frappe.has_permission("Prepared Report", doc=name)}
				self.assertEqual(may, seen)

	def test_mails_about_a_hidden_note_are_hidden_with_it(self):
		auditor = self.system_manager()
		with self.as_user(self.rep):
			notes = [self.note("mxaround", visibility=kind) for kind in ("Only Me", "Everyone")]
		mails = []
		for note in notes:
			about = {"reference_doctype": "Personal Note", "reference_name": note.name}
			mail = {"doctype": "Communication", "communication_type": "Communication", "subject": "mxaround"}
			mails.append(frappe.get_doc(mail | {"content": "mxaround"} | about).insert().name)
		with self.as_user(auditor):
			listed = frappe.get_list("Communication", {"name": ("in", mails)}, pluck="name")
			self.assertEqual(listed, mails[1:])
			self.assertFalse(frappe.has_permission("Communication", doc=mails[0]))
			self.assertTrue(frappe.has_permission("Communication", doc=mails[1]))

	def system_manager(self) -> str:
		with self.as_user("Administrator"):
			frappe.get_doc("User", self.outsider).add_roles(
				"System Manager", "Sales User", "Script Manager", "Website Manager"
			)
		return self.outsider

	def test_code_that_names_ours_is_the_administrators(self):
		reads = '{{ frappe.get_all("Personal Note", fields=["note"]) }}'
		script = {"script_type": "DocType Event", "doctype_event": "After Save", "name": "MX Test"}
		written = (
			("Address Template", {"country": "Tuvalu", "template": reads}),
			("Email Template", {"name": "MX Test", "subject": "x", "response": reads}),
			("Letter Head", {"letter_head_name": "MX Test", "source": "HTML", "content": reads}),
			("Print Format", {"name": "MX Test", "doc_type": "Customer", "html": reads}),
			(
				"Print Format",
				{"name": "MX Test", "html": "{% set x = frappe.db.sql('select * from tabGesture') %}"},
			),
			(
				"Server Script",
				script | {"reference_doctype": "Customer", "script": "frappe.get_all('Gesture')"},
			),
			("Server Script", script | {"reference_doctype": "Gesture", "script": "log(doc.message)"}),
			("Web Page", {"title": "MX Test", "main_section": reads, "dynamic_template": 1}),
			("Web Page", {"title": "MX Test", "context_script": "context.x = frappe.get_all('Gesture')"}),
			("Web Template", {"name": "MX Test", "template": reads}),
			("Webhook", {"webhook_doctype": "Customer", "webhook_json": reads}),
			("Notification", {"document_type": "Customer", "message": reads, "subject": "x"}),
			("Auto Repeat", {"reference_doctype": "Sales Invoice", "message": reads}),
		)
		auditor = self.system_manager()
		for doctype, values in written:
			doc = frappe.get_doc({"doctype": doctype} | values)
			with self.subTest(doctype), self.as_user(auditor):
				with self.assertRaisesRegex(frappe.PermissionError, "reads past"):
					around.no_code(doc)
			with self.subTest(doctype, user="Administrator"):
				around.no_code(doc)

	def test_words_that_are_like_ours_are_no_code(self):
		auditor = self.system_manager()
		template = {"doctype": "Email Template", "name": "MX Test", "subject": "A Gesture"}
		template |= {
			"response": 'Thank you for the "Gesture" {{ doc.gesture_type }} {% if doc.gesture %}x{% endif %}'
		}
		with self.as_user(auditor):
			frappe.get_doc(template).insert()
			with self.assertRaisesRegex(frappe.PermissionError, "reads past"):
				frappe.get_doc(
					template | {"name": "MX Test 2", "response": "{{ frappe.get_all('Gesture') }}"}
				).insert()

	def test_frappe_calls_each_refusal(self):
		"""Each of what is named here is wired, and nothing is wired that is not named."""
		events = frappe.get_doc_hooks()
		for name, doctypes in (
			("nothing_over_ours", {*around._OVER, "Auto Email Report"}),
			("no_code", {*around._CODE, *around._TEMPLATES}),
		):
			path = f"micro_experiences.privacy.around.{name}"
			wired = {doctype for doctype, hooks in events.items() if path in hooks.get("validate", ())}
			self.assertEqual(wired, doctypes)


class TestWhoHears(SiteTestCase):
	def test_no_open_desk_is_told_the_name_of_a_note(self):
		"""Where Frappe sends it, whatever it was asked: it has its own mind about some events."""
		frappe.realtime.clear_realtime_log()
		told = []
		with patch.object(frappe.realtime, "emit_via_redis", lambda *args: told.append(args)):
			note = self.note("mxaround", visibility="Only Me")
			note.note = "mxaround again"
			note.save()
			self.comment(note)
			note.add_tag("mxaround")
			toggle_like("Personal Note", note.name, "Yes")
			frappe.delete_doc("Personal Note", note.name, force=True, ignore_permissions=True)
			frappe.realtime.flush_realtime_log()
		about = [
			(event, room) for event, message, room in told if note.name in json.dumps(message, default=str)
		]
		self.assertTrue(about)
		for event, room in about:
			self.assertIn(room, (f"doc:Personal Note/{note.name}", f"user:{self.rep}"), event)

	def comment(self, doc):
		add_comment(doc.doctype, doc.name, "mxaround", "x@example.com", "x")

	def test_the_error_log_holds_no_values(self):
		@never_fail
		def fails(text):
			raise ValueError("something else")

		fails("mxaround in a variable")
		# Frappe's log stays through a rollback: the last one is ours.
		log = frappe.get_last_doc("Error Log", {"method": "Micro Experiences: fails"}).error
		self.assertIn("something else", log)
		self.assertNotIn("mxaround", log)

	def test_what_is_deleted_is_kept_without_its_words(self):
		with self.as_user(self.manager):
			gesture = frappe.get_doc(
				{"doctype": "Gesture", "customer": self.customer, "what": "mxaround", "message": "mxaround"}
			).insert()
			task = self.task(subject="mxaround")
			for doc in (gesture, task):
				doc.delete()
				kept = frappe.get_value("Deleted Document", {"deleted_name": doc.name}, "data")
				self.assertTrue(kept)
				self.assertNotIn("mxaround", kept)

	def test_a_notification_about_ours_is_for_whom_it_is(self):
		row = {"doctype": "Notification Log", "for_user": self.rep, "subject": "x", "type": "Alert"}
		for about in ({"document_type": "Gesture", "document_name": "GES-1"}, {}):
			log = frappe.get_doc(row | about).insert(ignore_permissions=True)
			self.assertTrue(frappe.has_permission("Notification Log", doc=log.name, user=self.rep))
			self.assertFalse(frappe.has_permission("Notification Log", doc=log.name, user=self.colleague))

	def test_of_what_is_not_ours_other_apps_have_their_say(self):
		"""Frappe asks the app that was installed last, and nobody after the first answer."""
		theirs = {
			"Comment": {"reference_doctype": "Customer", "reference_name": self.customer},
			"Tag Link": {"document_type": "Customer", "document_name": self.customer},
			"Deleted Document": {"deleted_doctype": "Customer"},
			"Email Queue": {"reference_doctype": "Customer"},
			"Notification Log": {"document_type": "Customer"},
		}
		hooks = frappe.get_hooks("has_permission")
		for doctype, about in theirs.items():
			doc = frappe.get_doc({"doctype": doctype} | about)
			(ours,) = hooks[doctype]
			with self.subTest(doctype):
				self.assertIs(frappe.call(ours, doc=doc, ptype="read", user=self.rep), no_say())
		self.assertIs(no_say(), None if frappe.__version__.startswith("15.") else True)

	def test_what_was_set_aside_is_told_of_ones_own_customers(self):
		names = []
		for customer in (self.customer, self.other_customer):
			task = self.task(customer=customer)
			aside = {"set_aside_at": now_datetime(), "set_aside_because": "x", "next_reminder_at": None}
			frappe.db.set_value("Follow Up Task", task.name, aside)
			names.append(task.name)
		frappe.permissions.add_user_permission(
			"Customer", self.other_customer, self.manager, ignore_permissions=True
		)
		with self.as_user(self.manager):
			answer = health.reminders()
		told = [row["name"] for row in answer["set_aside"]]
		self.assertIn(names[1], told)
		self.assertNotIn(names[0], told)
		self.assertGreaterEqual(answer["more"], 1)
		self.assertNotIn(self.customer, str(answer))
