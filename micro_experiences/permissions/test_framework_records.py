"""What Frappe stores and offers about the app's records (comments, emails, notifications, automation) stays private."""

import json
import re
from unittest.mock import patch

import frappe
from frappe.api.v1 import read_doc
from frappe.desk.doctype.kanban_board.kanban_board import update_order, update_order_for_single_card
from frappe.desk.form.assign_to import add as assign
from frappe.desk.form.utils import add_comment
from frappe.desk.like import toggle_like
from frappe.utils import now_datetime

from micro_experiences.api import gestures, reminder_health
from micro_experiences.domain.visibility import GUARDED_DOCTYPES, MANAGER_ROLE
from micro_experiences.overrides import site_automation, site_code, site_customization
from micro_experiences.permissions import budget_access
from micro_experiences.permissions.visibility import abstain
from micro_experiences.tests.utils import SiteTestCase
from micro_experiences.utils.resilience import fail_safe

_HIDDEN = (frappe.PermissionError, frappe.DoesNotExistError)


def comment(doc, content: str = "mxsecret"):
	return add_comment(doc.doctype, doc.name, content, "x@example.com", "x")


class FrameworkTestCase(SiteTestCase):
	def make_system_manager(self) -> str:
		"""Give the outsider every role that sets up a site, and return them."""
		with self.as_user("Administrator"):
			frappe.get_doc("User", self.outsider).add_roles(
				"System Manager",
				"Sales User",
				"Script Manager",
				"Website Manager",
				"Report Manager",
				"Dashboard Manager",
			)
		return self.outsider

	def make_notes(self):
		"""Return a hidden and a visible note of the rep."""
		with self.as_user(self.rep):
			return self.note("mxsecret", visibility="Only Me"), self.note()


class TestLinkedFields(FrameworkTestCase):
	"""Users see gestures to approve and follow-ups they own, but not the hidden notes these link to."""

	def setUp(self):
		super().setUp()
		self.hidden = self.note("mxsecret", visibility="Only Me")
		task = self.task()
		gesture = frappe.get_doc({"doctype": "Gesture", "customer": self.customer, "what": "x"}).insert()
		of_hidden = {"personal_note": self.hidden.name}
		frappe.db.set_value("Follow Up Task", task.name, of_hidden | {"assigned_to": self.colleague})
		frappe.db.set_value("Gesture", gesture.name, of_hidden | {"approver": self.colleague})
		self.visible = (("Follow Up Task", task.name), ("Gesture", gesture.name))
		self.addCleanup(setattr, frappe.local, "form_dict", frappe._dict())

	def test_list_does_not_show_fields_of_hidden_note(self):
		for doctype, name in self.visible:
			with self.subTest(doctype), self.as_user(self.colleague):
				self.assertTrue(frappe.get_list(doctype, filters={"name": name}))
				for field in ("personal_note.note", "personal_note.note as x"):
					self.assertRaises(_HIDDEN, frappe.get_list, doctype, fields=["name", field])
				rows = frappe.client.get_list(doctype, fields=["*"], expand=["personal_note"])
				self.assertNotIn("mxsecret", frappe.as_json(rows))

	def test_rest_api_does_not_expand_hidden_note(self):
		for doctype, name in self.visible:
			with self.subTest(doctype), self.as_user(self.colleague):
				frappe.local.form_dict = frappe._dict()
				self.assertEqual(read_doc(doctype, name).name, name)
				frappe.local.form_dict = frappe._dict(expand_links="1")
				self.assertRaises(frappe.PermissionError, read_doc, doctype, name)

	def test_rest_api_does_not_expand_hidden_note_of_an_event(self):
		event = {"doctype": "Event", "subject": "x", "starts_on": now_datetime()}
		event |= {"reference_doctype": "Personal Note", "reference_docname": self.hidden.name}
		with self.as_user(self.colleague):
			name = frappe.get_doc(event).insert().name
			frappe.local.form_dict = frappe._dict(expand_links="1")
			try:
				text = frappe.as_json(read_doc("Event", name))
			except frappe.PermissionError:
				text = ""
		self.assertNotIn("mxsecret", text)

	def test_gesture_does_not_show_fields_of_the_wallet(self):
		self.budget()
		budget_access.clear_budget_cache()
		name = gestures.record_gesture(self.customer, "a card", cost=2)["name"]
		with self.as_user(self.colleague):
			self.assertTrue(frappe.get_list("Gesture", {"name": name}, pluck="gesture_wallet")[0])
			for field in ("allowance", "spent", "committed"):
				self.assertRaises(_HIDDEN, frappe.get_list, "Gesture", fields=[f"gesture_wallet.{field}"])

	def test_link_fields_connect_only_records_with_the_same_visibility(self):
		"""Frappe reads linked records without a permission check, so a new Link field needs a decision."""
		links = {
			(doctype, df.fieldname)
			for doctype in frappe.get_all("DocType", {"module": "Micro Experiences"}, pluck="name")
			for df in frappe.get_meta(doctype).get_link_fields()
			if df.options in GUARDED_DOCTYPES
		}
		same_visibility = {
			("Personal Note Use", "personal_note"),
			("Gesture Wallet Entry", "gesture_wallet"),
			("Follow Up Reminder", "follow_up_task"),
		}
		self.assertLessEqual(links, same_visibility)


class TestComments(FrameworkTestCase):
	def test_mentioning_a_user_who_cannot_see_the_note_is_refused(self):
		def mention(user):
			return f'mxsecret <span class="mention" data-id="{user}" data-value="x">@x</span>'

		hidden, visible = self.make_notes()
		with self.assertRaises(frappe.PermissionError):
			comment(hidden, mention(self.colleague))
		self.assertFalse(frappe.db.exists("Comment", {"reference_name": hidden.name}))
		comment(visible, mention(self.colleague))
		self.assertTrue(frappe.db.exists("Comment", {"reference_name": visible.name}))
		# Comments on other DocTypes are not checked.
		comment(frappe.get_doc("Customer", self.customer), mention(self.outsider))

	def test_comments_and_emails_of_hidden_note_are_hidden(self):
		auditor = self.make_system_manager()
		notes = self.make_notes()
		mail = {"doctype": "Communication", "communication_type": "Communication", "subject": "mxsecret"}
		names = {"Comment": [comment(note).name for note in notes], "Communication": []}
		for note in notes:
			about = {"reference_doctype": "Personal Note", "reference_name": note.name, "content": "mxsecret"}
			with self.as_user("Administrator"):
				names["Communication"].append(frappe.get_doc(mail | about).insert().name)
		for doctype, (hidden, visible) in names.items():
			with self.subTest(doctype), self.as_user(auditor):
				listed = frappe.get_list(doctype, {"name": ("in", [hidden, visible])}, pluck="name")
				self.assertEqual(listed, [visible])
				self.assertFalse(frappe.has_permission(doctype, doc=hidden))
				self.assertTrue(frappe.has_permission(doctype, doc=visible))


class TestAssignments(FrameworkTestCase):
	def test_assigning_a_follow_up_or_note_is_refused(self):
		task, note = self.task(), self.note()
		for doc in (task, note):
			for to in (self.colleague, self.rep):
				with self.subTest(doc.doctype, to=to):
					frappe.db.savepoint("assign")
					with self.assertRaises(frappe.PermissionError):
						assign({"doctype": doc.doctype, "name": doc.name, "assign_to": [to]})
					frappe.db.rollback(save_point="assign")
		self.assertEqual(task.reload().assigned_to, self.rep)
		self.assertFalse(frappe.db.exists("ToDo", {"reference_name": ("in", (task.name, note.name))}))

	def test_existing_assignment_can_be_closed(self):
		todo = {"doctype": "ToDo", "description": "x", "allocated_to": self.rep, "assigned_by": self.rep}
		todo = frappe.get_doc(todo).insert()
		about = {"reference_type": "Personal Note", "reference_name": self.note().name}
		frappe.db.set_value("ToDo", todo.name, about)
		todo.reload()
		todo.status = "Closed"
		todo.save()
		self.assertEqual(todo.reload().status, "Closed")


class TestCustomization(FrameworkTestCase):
	"""Customizations that would copy or show hidden texts. Validated but not inserted, because that alters tables."""

	def setUp(self):
		super().setUp()
		frappe.set_user("Administrator")

	def test_link_to_guarded_doctype_is_refused_in_every_kind_of_field(self):
		field = {"label": "MX", "fieldname": "mx_note", "fieldtype": "Link", "options": "Gesture"}
		custom = {"doctype": "Custom Field", "dt": "Customer"} | field
		of_site = {"doctype": "DocType", "module": "Custom", "fields": [field]}
		in_app = {"module": "Micro Experiences"}
		for values in (custom, custom | in_app, of_site, of_site | in_app | {"custom": 1}):
			with self.subTest(values), self.assertRaises(frappe.ValidationError):
				site_customization.validate_links(frappe.get_doc(values))
		with self.assertRaisesRegex(frappe.ValidationError, "Data field"):
			frappe.get_doc(custom).run_method("validate")
		frappe.get_doc(custom | {"options": "Item"}).run_method("validate")

	def test_global_search_in_field_of_guarded_doctype_is_refused(self):
		field = {"doctype": "Custom Field", "dt": "Personal Note", "label": "MX", "fieldname": "mx"}
		field |= {"fieldtype": "Data"}
		with self.assertRaises(frappe.ValidationError):
			frappe.get_doc(field | {"in_global_search": 1}).run_method("validate")
		frappe.get_doc(field).run_method("validate")

	def test_property_that_exposes_texts_is_refused(self):
		setter = {"doctype": "Property Setter", "property_type": "Data"}
		note_property = setter | {"doctype_or_field": "DocType", "doc_type": "Personal Note"}
		link = setter | {"doctype_or_field": "DocField", "doc_type": "Customer", "property": "options"}
		link |= {"field_name": "default_price_list"}
		refused = {
			"track_changes": "1",
			"show_title_field_in_link": "1",
			"title_field": "note",
			"show_name_in_global_search": "1",
			"autoname": "format:{note}",
			"timeline_field": "customer",
		}
		for name, value in refused.items():
			with self.subTest(name), self.assertRaisesRegex(frappe.ValidationError, "stay off"):
				frappe.get_doc(note_property | {"property": name, "value": value}).run_method("validate")
		with self.assertRaisesRegex(frappe.ValidationError, "Data field"):
			frappe.get_doc(link | {"value": "Gesture"}).run_method("validate")
		frappe.get_doc(link | {"value": "Item"}).run_method("validate")
		frappe.get_doc(note_property | {"property": "max_attachments", "value": "2"}).run_method("validate")


_CHART = {"chart_name": "MX Test", "chart_type": "Group By", "group_by_type": "Count", "type": "Bar"}
_NOTIFICATION = {"name": "MX Test", "event": "New", "channel": "System Notification", "message": "x"}
# Automation that a site can set up for any DocType, with valid values.
AUTOMATION = {
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
	"Dashboard Chart": _CHART
	| {"document_type": "Personal Note", "group_by_based_on": "note", "filters_json": "[]"},
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
	"Notification": _NOTIFICATION
	| {
		"document_type": "Personal Note",
		"subject": "x",
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


class TestAutomation(FrameworkTestCase):
	def setUp(self):
		super().setUp()
		frappe.set_user("Administrator")

	def make(self, doctype: str, **values):
		return frappe.get_doc({"doctype": doctype} | AUTOMATION[doctype] | values)

	def test_automation_over_guarded_doctype_is_refused(self):
		hooks = frappe.get_doc_hooks()
		for doctype in AUTOMATION:
			with self.subTest(doctype):
				self.assertIn(
					"micro_experiences.overrides.site_automation.validate", hooks[doctype]["validate"]
				)
				frappe.db.savepoint("automation")
				# The end of the app's own message: Frappe itself must not be the one that refuses.
				message = site_automation._get_message(doctype).split("{0}")[-1]
				with self.assertRaisesRegex(frappe.ValidationError, re.escape(message)):
					doc = self.make(doctype)
					# Frappe first looks for a column that Customize Form would create.
					site_automation.validate(doc) if doctype == "Auto Repeat" else doc.insert()
				frappe.db.rollback(save_point="automation")

	def test_automation_is_refused_over_each_guarded_doctype_and_no_other(self):
		for doctype, field in site_automation._DOCTYPE_FIELDS.items():
			for guarded in GUARDED_DOCTYPES:
				with self.subTest(doctype, guarded=guarded), self.assertRaises(frappe.ValidationError):
					site_automation.validate(frappe.get_doc({"doctype": doctype, field: guarded}))
			with self.subTest(doctype):
				site_automation.validate(self.make(doctype, **{field: "Customer"}))
		site_automation.validate(self.make("Auto Email Report", report="Accounts Receivable Summary"))

	def test_existing_automation_can_only_be_disabled(self):
		for doctype, switch, off, values in (
			("Notification", "enabled", 0, {"enabled": 1}),
			("Milestone Tracker", "disabled", 1, {"track_field": "territory"}),
		):
			with self.subTest(doctype):
				doc = self.make(doctype, document_type="Customer", **values).insert()
				frappe.db.set_value(doctype, doc.name, "document_type", "Personal Note")
				doc.reload()
				self.assertRaises(frappe.ValidationError, doc.save)
				doc.reload()
				doc.set(switch, off)
				doc.save()
				self.assertEqual(doc.reload().get(switch), off)
		with self.assertRaises(frappe.ValidationError):
			self.make("Notification", enabled=0).insert()

	def test_number_card_print_format_and_calendar_are_allowed(self):
		"""They show a record only to users who can see it."""
		card = {"doctype": "Number Card", "label": "MX Test", "document_type": "Gesture", "function": "Count"}
		frappe.get_doc(card | {"filters_json": "[]"}).insert()
		printed = {"doctype": "Print Format", "name": "MX Test", "doc_type": "Gesture", "custom_format": 1}
		printed |= {"print_format_type": "Jinja", "standard": "No", "html": "<h1>Gesture</h1> {{ doc.what }}"}
		calendar = {"doctype": "Calendar View", "name": "MX Test", "reference_doctype": "Follow Up Task"}
		calendar |= {"subject_field": "subject", "start_date_field": "due_on", "end_date_field": "due_on"}
		with self.as_user(self.make_system_manager()):
			frappe.get_doc(printed).insert()
			frappe.get_doc(calendar).insert()

	def test_kanban_board_stores_no_card_names(self):
		task = self.task()
		board = {"doctype": "Kanban Board", "kanban_board_name": "MX Test", "field_name": "status"}
		board |= {"reference_doctype": "Follow Up Task", "columns": [{"column_name": "Open"}]}
		board = frappe.get_doc(board).insert()
		for response in (
			board.reload(),
			update_order("MX Test", json.dumps({"Open": [task.name]}))[0],
			update_order_for_single_card("MX Test", task.name, "Open", "Open", 0, 0),
		):
			self.assertNotIn(task.name, frappe.as_json(response))

	def test_prepared_report_of_the_app_is_visible_to_its_owner_only(self):
		for user in (self.manager, self.outsider):
			frappe.get_doc("User", user).add_roles("System Manager", "Accounts Manager", MANAGER_ROLE)
		names = []
		for report in ("Notes to Be Forgotten", "Accounts Receivable Summary"):
			prepared = frappe.get_doc({"doctype": "Prepared Report", "report_name": report})
			prepared.name = frappe.generate_hash(length=10)
			with self.as_user(self.manager):
				prepared.db_insert()
			names.append(prepared.name)
		for user, visible in ((self.manager, set(names)), (self.outsider, {names[1]})):
			with self.subTest(user), self.as_user(user):
				listed = frappe.get_list("Prepared Report", {"name": ("in", names)}, pluck="name")
				self.assertEqual(set(listed), visible)
				allowed = {name for name in names if frappe.has_permission("Prepared Report", doc=name)}
				self.assertEqual(allowed, visible)


class TestCode(FrameworkTestCase):
	def test_code_that_reads_guarded_doctype_is_refused_except_for_administrator(self):
		reads = '{{ frappe.get_all("Personal Note", fields=["note"]) }}'
		sql = "{% set x = frappe.db.sql('select * from tabGesture') %}"
		script = {"script_type": "DocType Event", "doctype_event": "After Save", "name": "MX Test"}
		auditor, hooks = self.make_system_manager(), frappe.get_doc_hooks()
		for doctype, values in (
			("Address Template", {"country": "Tuvalu", "template": reads}),
			("Email Template", {"name": "MX Test", "subject": "x", "response": reads}),
			("Letter Head", {"letter_head_name": "MX Test", "source": "HTML", "content": reads}),
			("Print Format", {"name": "MX Test", "doc_type": "Customer", "html": reads}),
			("Print Format", {"name": "MX Test", "html": sql}),
			("Report", {"report_type": "Query Report", "query": "select note from `tabPersonal Note`"}),
			("Report", {"report_type": "Query Report", "query": "SELECT * FROM `TABGesture`"}),
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
		):
			doc = frappe.get_doc({"doctype": doctype} | values)
			with self.subTest(doctype, values=values):
				self.assertIn("micro_experiences.overrides.site_code.validate", hooks[doctype]["validate"])
				with self.as_user(auditor):
					self.assertRaises(frappe.PermissionError, site_code.validate, doc)
				with self.as_user("Administrator"):
					site_code.validate(doc)

	def test_words_that_equal_a_doctype_are_not_code(self):
		auditor = self.make_system_manager()
		words = 'Thank you for the "Gesture" {{ doc.gesture_type }} {% if doc.gesture %}x{% endif %}'
		template = {"doctype": "Email Template", "name": "MX Test", "subject": "A Gesture"}
		report = {
			"doctype": "Report",
			"report_type": "Query Report",
			"query": "select name from `tabCustomer`",
		}
		with self.as_user(auditor):
			frappe.get_doc(template | {"response": words}).insert()
			site_code.validate(frappe.get_doc(report))


class TestFrameworkTraces(FrameworkTestCase):
	def test_realtime_events_about_a_note_go_to_its_room_or_user_only(self):
		frappe.realtime.clear_realtime_log()
		events = []
		with patch.object(frappe.realtime, "emit_via_redis", lambda *args: events.append(args)):
			note = self.note("mxsecret", visibility="Only Me")
			note.note = "mxsecret again"
			note.save()
			comment(note)
			note.add_tag("mxsecret")
			toggle_like("Personal Note", note.name, "Yes")
			frappe.delete_doc("Personal Note", note.name, force=True, ignore_permissions=True)
			frappe.realtime.flush_realtime_log()
		rooms = [
			(event, room) for event, message, room in events if note.name in json.dumps(message, default=str)
		]
		self.assertTrue(rooms)
		for event, room in rooms:
			self.assertIn(room, (f"doc:Personal Note/{note.name}", f"user:{self.rep}"), event)

	def test_error_log_contains_no_variable_values(self):
		@fail_safe
		def fails(text):
			raise ValueError("something else")

		fails("mxsecret in a variable")
		# The Error Log is not rolled back: the last entry is this one.
		log = frappe.get_last_doc("Error Log", {"method": "Micro Experiences: fails"}).error
		self.assertIn("something else", log)
		self.assertNotIn("mxsecret", log)

	def test_deleted_document_contains_no_text(self):
		with self.as_user(self.manager):
			gesture = {
				"doctype": "Gesture",
				"customer": self.customer,
				"what": "mxsecret",
				"message": "mxsecret",
			}
			for doc in (frappe.get_doc(gesture).insert(), self.task(subject="mxsecret")):
				doc.delete()
				data = frappe.get_value("Deleted Document", {"deleted_name": doc.name}, "data")
				self.assertTrue(data)
				self.assertNotIn("mxsecret", data)

	def test_notification_is_visible_to_its_user_only(self):
		log = {"doctype": "Notification Log", "for_user": self.rep, "subject": "x", "type": "Alert"}
		for about in ({"document_type": "Gesture", "document_name": "GES-1"}, {}):
			name = frappe.get_doc(log | about).insert(ignore_permissions=True).name
			for user, visible in ((self.rep, True), (self.colleague, False)):
				self.assertIs(frappe.has_permission("Notification Log", doc=name, user=user), visible)

	def test_permission_hooks_abstain_for_records_of_other_apps(self):
		"""Frappe 15 asks one app after another until one answers."""
		hooks = frappe.get_hooks("has_permission")
		for doctype, about in {
			"Comment": {"reference_doctype": "Customer", "reference_name": self.customer},
			"Tag Link": {"document_type": "Customer", "document_name": self.customer},
			"Deleted Document": {"deleted_doctype": "Customer"},
			"Email Queue": {"reference_doctype": "Customer"},
			"Notification Log": {"document_type": "Customer"},
		}.items():
			doc = frappe.get_doc({"doctype": doctype} | about)
			(hook,) = hooks[doctype]
			with self.subTest(doctype):
				self.assertIs(frappe.call(hook, doc=doc, ptype="read", user=self.rep), abstain())
		self.assertIs(abstain(), None if frappe.__version__.startswith("15.") else True)

	def test_reminder_health_lists_failed_reminders_of_visible_customers(self):
		names = []
		for customer in (self.customer, self.other_customer):
			task = self.task(customer=customer)
			failed = {"set_aside_at": now_datetime(), "set_aside_because": "x", "next_reminder_at": None}
			frappe.db.set_value("Follow Up Task", task.name, failed)
			names.append(task.name)
		frappe.permissions.add_user_permission(
			"Customer", self.other_customer, self.manager, ignore_permissions=True
		)
		with self.as_user(self.manager):
			health = reminder_health.get_reminder_health()
		listed = [row["name"] for row in health["set_aside"]]
		self.assertIn(names[1], listed)
		self.assertNotIn(names[0], listed)
		self.assertGreaterEqual(health["more"], 1)
		self.assertNotIn(self.customer, str(health))
