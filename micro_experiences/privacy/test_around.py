import json
from unittest.mock import patch

import frappe
from frappe.api.v1 import read_doc
from frappe.desk.form.assign_to import add as assign
from frappe.desk.form.utils import add_comment
from frappe.utils import now_datetime

from micro_experiences.desk import health
from micro_experiences.desk.safely import never_fail
from micro_experiences.privacy import around
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

	def test_nothing_else_is_assigned_nor_by_a_rule(self):
		note = self.note()
		with self.assertRaisesRegex(frappe.PermissionError, "Nothing was assigned"):
			assign({"doctype": "Personal Note", "name": note.name, "assign_to": [self.rep]})
		rule = {
			"doctype": "Assignment Rule",
			"name": "MX Test",
			"document_type": "Gesture",
			"assign_condition": "True",
			"rule": "Round Robin",
			"users": [{"user": self.rep}],
			"assignment_days": [{"day": "Monday"}],
		}
		with self.as_user("Administrator"):
			with self.assertRaisesRegex(frappe.ValidationError, "not assigned by a rule"):
				frappe.get_doc(rule).insert()
			frappe.get_doc(rule | {"document_type": "Customer"}).insert()

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

	def test_what_would_write_the_text_elsewhere(self):
		with self.as_user("Administrator"):
			for prop, value in (
				("track_changes", "1"),
				("show_title_field_in_link", "1"),
				("title_field", "note"),
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

	def test_a_chart_that_is_kept_for_the_next(self):
		chart = {
			"doctype": "Dashboard Chart",
			"chart_name": "MX Test",
			"chart_type": "Group By",
			"group_by_type": "Count",
			"filters_json": "[]",
			"type": "Bar",
		}
		with self.as_user(self.outsider):
			with self.assertRaisesRegex(frappe.ValidationError, "Number Card"):
				frappe.get_doc(
					chart | {"document_type": "Personal Note", "group_by_based_on": "note"}
				).insert()


class TestWhoHears(SiteTestCase):
	def test_no_open_desk_is_told_the_name_of_a_note(self):
		told = []
		with patch.object(frappe, "publish_realtime", lambda *args, **kwargs: told.append((args, kwargs))):
			note = self.note("mxaround", visibility="Only Me")
			note.notify_update()
		mine = [kwargs for args, kwargs in told if note.name in json.dumps([args, kwargs], default=str)]
		self.assertTrue(mine)
		for kwargs in mine:
			self.assertTrue(kwargs.get("user") == self.rep or kwargs.get("docname") == note.name, kwargs)

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
