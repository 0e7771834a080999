"""Whatever a form, a script or an import sends along: what the app keeps itself is not typed, over any road."""

import json

import frappe
from frappe.utils import today

from micro_experiences.desk import preferences
from micro_experiences.desk.test_http import HttpTestCase
from micro_experiences.testing import make_budget

_METHOD = "/api/method/"
_LONG_AGO = "2001-01-01 00:00:00"
# What nobody sends, in any record of ours.
_EVERYWHERE = {"owner": "@colleague", "creation": _LONG_AGO, "docstatus": 1, "name": "MX-MINE"}
# DocType -> (what a rep may send, what is not his to send).
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
# Frappe's own switches, and ours: nothing that is sent throws them.
_SWITCHES = dict.fromkeys(
	("ignore_permissions", "ignore_validate", "ignore_links", "by_ledger", "same_people", "of_occasion"), 1
)
SWITCHES = {**_SWITCHES, "flags": _SWITCHES, "_action": "save", "__unsaved": 1, "__onload": {"a": 1}}
# What a rep neither makes nor changes, and what nobody does.
OTHERS = {
	"Gesture Type": {"type_name": "MX Mine"},
	"Note Topic": {"topic_name": "MX Mine"},
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
	"Follow Up Preference": {"user": "@nobody", "bell": 1},
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
		cls.policy = make_budget(cls.company, [cls.rep, cls.colleague]).name
		frappe.db.commit()
		cls.names = {
			"@rep": cls.rep,
			"@colleague": cls.colleague,
			"@nobody": cls.lead,
			"@customer": cls.customer,
			"@budget": cls.policy,
		}
		frappe.set_user(cls.rep)
		given = frappe.get_doc(
			cls.filled(
				{"doctype": "Gesture", "what": "tea", "customer": "@customer", "cost": 5, "status": "Given"}
			)
		).insert()
		cls.names["@wallet"] = given.gesture_wallet
		for alias, doctype in (("@note", "Personal Note"), ("@task", "Follow Up Task")):
			cls.names[alias] = (
				frappe.get_doc(cls.filled({"doctype": doctype, **RECORDS[doctype][0]})).insert().name
			)
		cls.names["@preference"] = preferences.mine()
		frappe.set_user("Administrator")
		frappe.db.commit()

	@classmethod
	def tearDownClass(cls):
		frappe.set_user("Administrator")
		frappe.db.rollback()
		frappe.db.delete("Gesture Wallet Entry", {"gesture_wallet": cls.names["@wallet"]})
		frappe.db.delete("Gesture Wallet", {"gesture_budget": cls.policy})
		frappe.db.delete("Gesture", {"customer": cls.customer})
		frappe.db.delete("Follow Up Preference", {"name": cls.names["@preference"]})
		frappe.delete_doc("Gesture Budget", cls.policy, force=True, delete_permanently=True)
		frappe.db.commit()
		super().tearDownClass()

	@classmethod
	def filled(cls, values: dict) -> dict:
		return {
			field: cls.names.get(value, value) if isinstance(value, str) else value
			for field, value in values.items()
		}

	def call(self, method: str, **arguments):
		return self.ask(
			self.rep, "POST", _METHOD + method, {key: as_sent(one) for key, one in arguments.items()}
		)

	def rows(self, doctype: str) -> dict:
		frappe.db.rollback()
		return {row.name: row for row in frappe.get_all(doctype, fields=["*"])}

	def inserts(self, doctype: str, values: dict):
		doc = {"doctype": doctype, **values}
		yield "REST", lambda: self.ask(self.rep, "POST", f"/api/resource/{doctype}", values)
		yield "client.insert", lambda: self.call("frappe.client.insert", doc=doc)
		new = {**doc, "__islocal": 1, "name": "new-1"}
		yield "savedocs", lambda: self.call("frappe.desk.form.save.savedocs", doc=new, action="Save")

	def updates(self, doctype: str, name: str, sent: dict):
		def whole():
			frappe.db.rollback()
			return frappe.get_doc(doctype, name).as_dict(convert_dates_to_str=True) | sent

		yield "REST", lambda: self.ask(self.rep, "PUT", f"/api/resource/{doctype}/{name}", sent)
		yield "client.save", lambda: self.call("frappe.client.save", doc=whole())
		yield "savedocs", lambda: self.call("frappe.desk.form.save.savedocs", doc=whole(), action="Save")
		yield (
			"client.set_value",
			lambda: self.call("frappe.client.set_value", doctype=doctype, name=name, fieldname=sent),
		)
		many = [{"doctype": doctype, "docname": name, **sent}]
		yield "client.bulk_update", lambda: self.call("frappe.client.bulk_update", docs=many)

	def test_what_is_kept_by_the_app_is_not_sent_with_a_new_record(self):
		for doctype, (values, kept) in RECORDS.items():
			if doctype == "Follow Up Preference":
				continue
			for field, wanted in self.filled(kept | _EVERYWHERE).items():
				for road, go in self.inserts(doctype, self.filled(values) | SWITCHES | {field: wanted}):
					if road == "savedocs" and field == "name":
						continue
					with self.subTest(doctype, field=field, road=road):
						before = self.rows(doctype)
						answer = go()
						self.assertIn(answer.status_code, (200, 403, 409, 417), answer.text[:500])
						for name, row in self.rows(doctype).items():
							if name not in before:
								self.assertNotEqual(str(row[field]), str(wanted), answer.text[:200])

	def test_nor_with_one_that_is_there(self):
		for doctype, (values, kept) in RECORDS.items():
			own = self.names.get("@preference")
			if doctype != "Follow Up Preference":
				frappe.set_user(self.rep)
				own = frappe.get_doc({"doctype": doctype, **self.filled(values)}).insert().name
				frappe.set_user("Administrator")
				frappe.db.commit()
			for field, wanted in self.filled(kept | _EVERYWHERE).items():
				if field == "name":
					continue
				for road, go in self.updates(doctype, own, SWITCHES | {field: wanted}):
					with self.subTest(doctype, field=field, road=road):
						before = self.rows(doctype)[own]
						answer = go()
						self.assertIn(answer.status_code, (200, 403, 409, 417), answer.text[:500])
						row = self.rows(doctype)[own]
						self.assertEqual(row[field], before[field], answer.text[:200])
						self.assertNotEqual(str(row[field]), str(wanted))

	def test_what_is_others_to_make_and_what_is_nobodys(self):
		for doctype, values in {**OTHERS, **BY_THE_APP}.items():
			for road, go in self.inserts(doctype, self.filled(values) | SWITCHES):
				with self.subTest(doctype, road=road):
					before = self.rows(doctype)
					answer = go()
					self.assertEqual(answer.status_code, 403, answer.text[:500])
					self.assertEqual(self.rows(doctype), before)

	def test_nor_is_what_others_made_changed(self):
		names = {
			"Gesture Type": (
				frappe.db.get_value("Gesture Type", {}),
				{"enabled": 0, "message_template": "{{ mine }}"},
			),
			"Note Topic": (
				frappe.db.get_value("Note Topic", {}),
				{"sensitive_by_default": 1, "icon": "mine"},
			),
			"Gesture Budget": (self.policy, {"amount": 999, "free_up_to": 999, "title": "mine"}),
			"Gesture Wallet": (self.names["@wallet"], {"allowance": 999, "spent": 0, "holder": self.rep}),
			"Micro Experiences Settings": (
				"Micro Experiences Settings",
				{"lines_in_banner": 1, "rest_days": 77},
			),
		}
		for doctype, (name, changes) in names.items():
			for field, wanted in changes.items():
				for road, go in self.updates(doctype, name, SWITCHES | {field: wanted}):
					with self.subTest(doctype, field=field, road=road):
						frappe.db.rollback()
						before = frappe.get_doc(doctype, name).get(field)
						answer = go()
						if road != "client.bulk_update":
							self.assertEqual(answer.status_code, 403, answer.text[:500])
						frappe.db.rollback()
						frappe.clear_document_cache(doctype, name)
						self.assertEqual(frappe.get_doc(doctype, name).get(field), before)

	def test_every_record_of_ours_is_in_these_tables(self):
		ours = frappe.get_all("DocType", filters={"module": "Micro Experiences", "istable": 0}, pluck="name")
		listed = {*RECORDS, *OTHERS, *BY_THE_APP, "Micro Experiences Settings"}
		self.assertLessEqual(set(ours), listed)

	def test_every_field_that_nobody_types_is_in_these_tables(self):
		"""A field that the form shows read-only is no safer for it: Frappe saves what is sent."""
		for doctype, (_values, kept) in RECORDS.items():
			with self.subTest(doctype):
				fields = frappe.get_meta(doctype).fields
				# Where it comes from is sent with a new record, and has to be in sight; the key says that it was sent.
				typed = {"snoozed_until", "status", "personal_note", "gesture", "sent_key"}
				typed |= {"reference_doctype", "reference_name"}
				read_only = {df.fieldname for df in fields if df.read_only and df.fieldtype != "HTML"} - typed
				self.assertLessEqual(read_only, set(kept))


def as_sent(value):
	"""As the browser sends it: what is not text as JSON."""
	return value if isinstance(value, str) else json.dumps(value, default=str)
