"""Mass assignment: fields that the app sets cannot be set by a request, on any route."""

import json

import frappe
from frappe.utils import today

from micro_experiences.api import preferences
from micro_experiences.api.test_http import HttpTestCase
from micro_experiences.tests.utils import make_budget

_METHOD = "/api/method/"
_LONG_AGO = "2001-01-01 00:00:00"
# Fields that no request may set, in any DocType.
_EVERYWHERE = {"owner": "@colleague", "creation": _LONG_AGO, "docstatus": 1, "name": "MX-MINE"}
# DocType -> (valid values of a sales user, fields that they may not set).
RECORDS = {
	"Personal Note": (
		{"note": "Takes tea.", "kind": "Fact", "customer": "@customer"},
		{
			"heard_by": "@colleague",
			"status": "Closed",
			"closed_because": "Erased",
			"times_used": 99,
			"last_used_on": _LONG_AGO,
			"last_used_by": "@colleague",
		},
	),
	"Follow Up Task": (
		{"subject": "call", "due_on": today(), "customer": "@customer", "assigned_to": "@rep"},
		{
			"done_on": _LONG_AGO,
			"done_by": "@colleague",
			"counted_from": "2001-01-01",
			"next_reminder_at": _LONG_AGO,
			"moved_from": _LONG_AGO,
			"moved_because": "Holiday",
			"occurrence_key": "mine",
			"set_aside_at": _LONG_AGO,
			"set_aside_because": "mine",
			"escalates_at": _LONG_AGO,
			"escalated_on": _LONG_AGO,
		},
	),
	"Gesture": (
		{"what": "a card", "customer": "@customer", "status": "Idea"},
		{
			"given_by": "@colleague",
			"status": "Approved",
			"approver": "@colleague",
			"approved_on": _LONG_AGO,
			"given_on": "2001-01-01",
			"decline_reason": "mine",
			"confidential": 1,
			"gesture_wallet": "@wallet",
			"follow_up": "@task",
			"wallet_amount": 99,
			"base_cost": 99,
			"conversion_rate": 99,
			"wallet_rate": 99,
		},
	),
	"Follow Up Preference": (
		{"bell": 1},
		{"user": "@colleague", "next_digest_at": _LONG_AGO, "set_aside_because": "mine"},
	),
}
# Flags of Frappe and the app, which a request must not be able to set.
_SWITCHES = dict.fromkeys(
	("ignore_permissions", "ignore_validate", "ignore_links", "by_ledger", "skip_user_checks", "of_occasion"),
	1,
)
SWITCHES = {**_SWITCHES, "flags": _SWITCHES, "_action": "save", "__unsaved": 1, "__onload": {"a": 1}}
# Records that a sales user can neither create nor change, and records that only the app writes.
OTHERS = {
	"Gesture Type": {"type_name": "MX Mine"},
	"Note Topic": {"topic_name": "MX Mine"},
	"Gesture Restriction": {"restriction_name": "mx mine"},
	"Sensitive Term": {"term": "mx mine"},
	"Gesture Budget": {"title": "MX Mine", "amount": 1000, "period": "Month", "starts_on": today()},
}
BY_THE_APP = {
	"Personal Note Use": {
		"personal_note": "@note",
		"customer": "@customer",
		"action": "Used",
		"used_by": "@rep",
	},
	"Gesture Wallet": {"gesture_budget": "@budget", "allowance": 1000},
	"Gesture Wallet Entry": {"gesture_wallet": "@wallet", "kind": "Adjust", "amount": 1000},
	"Follow Up Reminder": {"follow_up_task": "@task", "recipient": "@rep", "kind": "Reminder"},
	"Follow Up Preference": {"user": "@other", "bell": 1},
	"Personal Note Access": {"user": "@rep", "seen_in": "Reason", "accessed_on": _LONG_AGO},
	"Personal Data Erasure": {
		"whose": "mine",
		"reason": "mine",
		"erased_by": "@rep",
		"erased_on": _LONG_AGO,
	},
}


class TestMassAssignment(HttpTestCase):
	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		frappe.set_user("Administrator")
		cls.budget_name = make_budget(cls.company, [cls.rep, cls.colleague]).name
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		cls.names = {
			"@rep": cls.rep,
			"@colleague": cls.colleague,
			"@other": cls.lead,
			"@customer": cls.customer,
			"@budget": cls.budget_name,
		}
		frappe.set_user(cls.rep)
		given = frappe.get_doc(
			cls.fill(
				{"doctype": "Gesture", "what": "tea", "customer": "@customer", "cost": 5, "status": "Given"}
			)
		).insert()
		cls.names["@wallet"] = given.gesture_wallet
		for alias, doctype in (("@note", "Personal Note"), ("@task", "Follow Up Task")):
			cls.names[alias] = (
				frappe.get_doc(cls.fill({"doctype": doctype, **RECORDS[doctype][0]})).insert().name
			)
		cls.names["@preference"] = preferences.get_or_create()
		frappe.set_user("Administrator")
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it

	@classmethod
	def tearDownClass(cls):
		frappe.set_user("Administrator")
		frappe.db.rollback()
		frappe.db.delete("Gesture Wallet Entry", {"gesture_wallet": cls.names["@wallet"]})
		frappe.db.delete("Gesture Wallet", {"gesture_budget": cls.budget_name})
		frappe.db.delete("Gesture", {"customer": cls.customer})
		frappe.db.delete("Follow Up Preference", {"name": cls.names["@preference"]})
		frappe.delete_doc("Gesture Budget", cls.budget_name, force=True, delete_permanently=True)
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		super().tearDownClass()

	@classmethod
	def fill(cls, values: dict) -> dict:
		return {
			field: cls.names.get(value, value) if isinstance(value, str) else value
			for field, value in values.items()
		}

	def call(self, method: str, **arguments):
		return self.request(
			self.rep, "POST", _METHOD + method, {key: encode(one) for key, one in arguments.items()}
		)

	def rows(self, doctype: str) -> dict:
		frappe.db.rollback()
		return {row.name: row for row in frappe.get_all(doctype, fields=["*"])}

	def inserts(self, doctype: str, values: dict):
		doc = {"doctype": doctype, **values}
		yield "REST", lambda: self.request(self.rep, "POST", f"/api/resource/{doctype}", values)
		yield "client.insert", lambda: self.call("frappe.client.insert", doc=doc)
		new = {**doc, "__islocal": 1, "name": "new-1"}
		yield "savedocs", lambda: self.call("frappe.desk.form.save.savedocs", doc=new, action="Save")

	def updates(self, doctype: str, name: str, sent: dict):
		def whole():
			frappe.db.rollback()
			return frappe.get_doc(doctype, name).as_dict(convert_dates_to_str=True) | sent

		yield "REST", lambda: self.request(self.rep, "PUT", f"/api/resource/{doctype}/{name}", sent)
		yield "client.save", lambda: self.call("frappe.client.save", doc=whole())
		yield "savedocs", lambda: self.call("frappe.desk.form.save.savedocs", doc=whole(), action="Save")
		yield (
			"client.set_value",
			lambda: self.call("frappe.client.set_value", doctype=doctype, name=name, fieldname=sent),
		)
		many = [{"doctype": doctype, "docname": name, **sent}]
		yield "client.bulk_update", lambda: self.call("frappe.client.bulk_update", docs=many)

	def test_protected_field_is_ignored_or_refused_on_insert(self):
		for doctype, (values, protected) in RECORDS.items():
			if doctype == "Follow Up Preference":
				continue
			for field, wanted in self.fill(protected | _EVERYWHERE).items():
				for route, send in self.inserts(doctype, self.fill(values) | SWITCHES | {field: wanted}):
					if route == "savedocs" and field == "name":
						continue
					with self.subTest(doctype, field=field, route=route):
						before = self.rows(doctype)
						response = send()
						self.assertIn(response.status_code, (200, 403, 409, 417), response.text[:500])
						for name, row in self.rows(doctype).items():
							if name not in before:
								self.assertNotEqual(str(row[field]), str(wanted), response.text[:200])

	def test_protected_field_is_ignored_or_refused_on_update(self):
		for doctype, (values, protected) in RECORDS.items():
			own = self.names.get("@preference")
			if doctype != "Follow Up Preference":
				frappe.set_user(self.rep)
				own = frappe.get_doc({"doctype": doctype, **self.fill(values)}).insert().name
				frappe.set_user("Administrator")
				frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
			for field, wanted in self.fill(protected | _EVERYWHERE).items():
				if field == "name":
					continue
				for route, send in self.updates(doctype, own, SWITCHES | {field: wanted}):
					with self.subTest(doctype, field=field, route=route):
						before = self.rows(doctype)[own]
						response = send()
						self.assertIn(response.status_code, (200, 403, 409, 417), response.text[:500])
						row = self.rows(doctype)[own]
						self.assertEqual(row[field], before[field], response.text[:200])
						self.assertNotEqual(str(row[field]), str(wanted))

	def test_record_of_managers_or_app_cannot_be_inserted(self):
		for doctype, values in {**OTHERS, **BY_THE_APP}.items():
			for route, send in self.inserts(doctype, self.fill(values) | SWITCHES):
				with self.subTest(doctype, route=route):
					before = self.rows(doctype)
					response = send()
					self.assertEqual(response.status_code, 403, response.text[:500])
					self.assertEqual(self.rows(doctype), before)

	def test_record_of_managers_or_app_cannot_be_updated(self):
		names = {
			"Gesture Type": (
				frappe.db.get_value("Gesture Type", {}),
				{"enabled": 0, "message_template": "{{ mine }}"},
			),
			"Note Topic": (
				frappe.db.get_value("Note Topic", {}),
				{"sensitive_by_default": 1, "icon": "mine"},
			),
			"Gesture Budget": (self.budget_name, {"amount": 999, "free_up_to": 999, "title": "mine"}),
			"Gesture Wallet": (self.names["@wallet"], {"allowance": 999, "spent": 0, "holder": self.rep}),
			"Micro Experiences Settings": (
				"Micro Experiences Settings",
				{"lines_in_banner": 1, "rest_days": 77},
			),
		}
		for doctype, (name, changes) in names.items():
			for field, wanted in changes.items():
				for route, send in self.updates(doctype, name, SWITCHES | {field: wanted}):
					with self.subTest(doctype, field=field, route=route):
						frappe.db.rollback()
						before = frappe.get_doc(doctype, name).get(field)
						response = send()
						if route != "client.bulk_update":
							self.assertEqual(response.status_code, 403, response.text[:500])
						frappe.db.rollback()
						frappe.clear_document_cache(doctype, name)
						self.assertEqual(frappe.get_doc(doctype, name).get(field), before)

	def test_each_doctype_is_covered(self):
		doctypes = frappe.get_all(
			"DocType", filters={"module": "Micro Experiences", "istable": 0}, pluck="name"
		)
		listed = {*RECORDS, *OTHERS, *BY_THE_APP, "Micro Experiences Settings"}
		self.assertLessEqual(set(doctypes), listed)

	def test_each_read_only_field_is_covered(self):
		"""Frappe saves values for read-only fields when they are posted."""
		for doctype, (_values, protected) in RECORDS.items():
			with self.subTest(doctype):
				fields = frappe.get_meta(doctype).fields
				# Set by the forms of the app on insert.
				typed = {"snoozed_until", "status", "personal_note", "gesture", "sent_key"}
				typed |= {"reference_doctype", "reference_name"}
				read_only = {df.fieldname for df in fields if df.read_only and df.fieldtype != "HTML"} - typed
				self.assertLessEqual(read_only, set(protected))


def encode(value):
	"""Encode a value as the browser does: everything but text as JSON."""
	return value if isinstance(value, str) else json.dumps(value, default=str)
