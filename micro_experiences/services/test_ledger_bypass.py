"""Attempts to bypass the ledger: on every route, money changes with its entry or not at all."""

import json
from unittest.mock import patch

import frappe
from frappe.core.doctype.data_import.importer import Importer
from frappe.custom.doctype.property_setter.property_setter import make_property_setter

from micro_experiences.api import gestures
from micro_experiences.domain.gestures import FROZEN_FIELDS
from micro_experiences.overrides import site_automation
from micro_experiences.services import ledger
from micro_experiences.tests.http import METHOD, HttpClient
from micro_experiences.tests.utils import SiteTestCase, make_budget, make_customer, make_user

SYSTEM_MANAGER = "mx.keeper@example.com"
NEW_NAME = "MX-ELSEWHERE"
_WALLET = "Gesture Wallet"
_ENTRY = "Gesture Wallet Entry"


class TestLedgerBypass(SiteTestCase):
	"""Real requests through Frappe's WSGI application; the committed records are removed afterwards."""

	commits = True

	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		cls.people = {
			"rep": cls.rep,
			"sales manager": cls.lead,
			"manager": cls.manager,
			"system manager": make_user(SYSTEM_MANAGER, ("System Manager", "Sales User", "Accounts User")),
			"Administrator": "Administrator",
		}
		cls.customer = make_customer("MX Test Roads")
		cls.policy = make_budget(cls.company, [cls.rep, cls.colleague], amount=500)
		cls.other_policy = make_budget(cls.company, [cls.manager], title="MX Test Other")
		cls.http = HttpClient()
		cls.http.add_api_keys(*cls.people.values())
		cls.make_gestures()
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		cls.results = []

	@classmethod
	def make_gestures(cls):
		"""Create one gesture in each status."""

		def give(user, cost):
			frappe.set_user(user)
			return gestures.record_gesture(cls.customer, "flowers", cost=cost)["name"]

		cls.given, cls.other_given = give(cls.rep, 12), give(cls.colleague, 9)
		cls.awaiting, cls.approved, cls.declined = (give(cls.rep, cost) for cost in (25, 30, 35))
		frappe.set_user(cls.lead)
		gestures.approve(cls.approved)
		gestures.decline(cls.declined, "Rather a card")
		frappe.set_user("Administrator")
		cls.wallet, cls.other_wallet = (
			frappe.db.get_value("Gesture", name, "gesture_wallet") for name in (cls.given, cls.other_given)
		)
		cls.entry, cls.other_entry = (
			frappe.db.get_value(_ENTRY, {"gesture": name}) for name in (cls.given, cls.other_given)
		)

	@classmethod
	def tearDownClass(cls):
		cls.http.close()
		budgets = (cls.policy.name, cls.other_policy.name)
		frappe.db.delete(_ENTRY, {"gesture_wallet": ("in", (cls.wallet, cls.other_wallet))})
		frappe.db.delete(_WALLET, {"gesture_budget": ("in", budgets)})
		frappe.db.delete("Gesture", {"customer": cls.customer})
		frappe.db.delete("File", {"attached_to_doctype": ("in", ("Gesture", _WALLET, _ENTRY))})
		for budget in budgets:
			frappe.delete_doc("Gesture Budget", budget, force=True, delete_permanently=True)
		frappe.delete_doc("Customer", cls.customer, force=True, delete_permanently=True)
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		super().tearDownClass()

	def read_money(self) -> dict:
		"""Return every committed field that holds money."""
		frappe.db.rollback()
		tables = {
			"Gesture": ["name", "status", "docstatus", "given_on", "approver", *FROZEN_FIELDS],
			_WALLET: ["*"],
			_ENTRY: ["*"],
			"Gesture Budget": ["name", "amount", "currency", "company"],
		}
		return {
			doctype: {row.name: row for row in frappe.get_all(doctype, fields=fields)}
			for doctype, fields in tables.items()
		}

	def assert_ledger_matches(self):
		self.assertEqual(ledger.find_differences(), [])
		self.assertEqual(ledger.find_gestures_without_entry(), [])

	def attempt(self, who: str, what: str, route: str, *requests: tuple[str, str, dict]):
		"""Send requests as a user and assert that no money changed."""
		before = self.read_money()
		answers = [describe(self.http.request(self.people[who], *request)) for request in requests]
		after = self.read_money()
		held = before == after
		self.results.append((route, what, who, " then ".join(answers), "held" if held else "LEAK"))
		with self.subTest(who=who, what=what, route=route):
			self.assertEqual(find_changes(before, after), [], answers)

	def tearDown(self):
		frappe.db.rollback()
		self.assert_ledger_matches()
		super().tearDown()

	def attempt_update(self, doctype: str, name: str, field: str, value, people=None):
		"""Try to set a field on every route."""
		for who in people or ("rep", "manager", "system manager", "Administrator"):
			what = f"{doctype} ({self.stage(doctype, name)}): {field} = {value}"
			for route, *request in get_update_requests(doctype, name, field, value):
				self.attempt(who, what, route, request)

	def stage(self, doctype, name) -> str:
		return frappe.db.get_value("Gesture", name, "status") if doctype == "Gesture" else "open"

	def test_update_of_paid_gesture_changes_no_money(self):
		for field, value in (
			("cost", 1),
			("gesture_wallet", self.other_wallet),
			("status", "Idea"),
		):
			self.attempt_update("Gesture", self.given, field, value)

	def test_status_that_skips_its_rule_is_refused(self):
		self.attempt_update("Gesture", self.awaiting, "status", "Given")
		self.attempt_update("Gesture", self.awaiting, "status", "Approved", people=["rep", "system manager"])
		self.attempt_update("Gesture", self.awaiting, "cost", 1)
		self.attempt_update("Gesture", self.approved, "status", "Idea")
		self.attempt_update("Gesture", self.declined, "status", "Given")

	def test_update_of_wallet_or_entry_is_refused(self):
		for field, value in (("spent", 0), ("allowance", 9999)):
			self.attempt_update(_WALLET, self.wallet, field, value)
		for field, value in (("amount", 0.01),):
			self.attempt_update(_ENTRY, self.entry, field, value)

	def test_insert_of_wallet_entry_or_paid_gesture_is_refused(self):
		wallet = frappe.get_doc(_WALLET, self.wallet).as_dict() | {"name": None, "wallet_key": "mine"}
		entry = frappe.get_doc(_ENTRY, self.entry).as_dict() | {
			"name": None,
			"entry_key": "mine",
			"kind": "Refund",
		}
		begun = {
			"doctype": "Gesture",
			"customer": self.customer,
			"what": "x",
			"cost": 5,
			"company": self.company,
		}
		records = [("a wallet", wallet), ("an entry", entry)]
		records += [
			(f"a gesture that is {status}", begun | {"status": status})
			for status in ("Approved", "Declined", "Cancelled")
		]
		submitted = begun | {"status": "Given", "docstatus": 1, "given_by": self.rep}
		records.append(("a gesture that is submitted", submitted))
		for who in self.people:
			for what, record in records:
				for route, *request in get_insert_requests(record):
					self.attempt(who, what, route, request)

	def test_delete_of_booked_record_is_refused(self):
		for doctype, name in (
			("Gesture", self.given),
			("Gesture", self.approved),
			(_WALLET, self.wallet),
			(_ENTRY, self.entry),
			("Gesture Budget", self.policy.name),
		):
			for who in self.people:
				for route, *request in get_delete_requests(doctype, name):
					self.attempt(who, f"delete {doctype}", route, request)

	def test_rename_or_merge_of_booked_record_changes_nothing(self):
		for doctype, name, other in (
			("Gesture", self.given, self.other_given),
			(_WALLET, self.wallet, self.other_wallet),
			(_ENTRY, self.entry, self.other_entry),
			("Gesture Budget", self.policy.name, self.other_policy.name),
		):
			for who in self.people:
				for route, *request in get_rename_requests(doctype, name, other):
					self.attempt(who, f"rename {doctype}", route, request)

	def test_submit_cancel_and_amend_change_nothing(self):
		for doctype, name in (
			("Gesture", self.given),
			("Gesture", self.approved),
			(_WALLET, self.wallet),
			(_ENTRY, self.entry),
		):
			for who in self.people:
				for route, *requests in get_submit_requests(doctype, name):
					self.attempt(who, f"submit, cancel or amend {doctype}", route, *requests)

	def test_attached_file_changes_no_field(self):
		for doctype, name, field in (
			("Gesture", self.given, "gesture_wallet"),
			(_WALLET, self.wallet, "wallet_key"),
			(_ENTRY, self.entry, "entry_key"),
		):
			for who in self.people:
				file = f"bypass-{frappe.generate_hash(length=6)}.txt"
				attached = {
					"attached_to_doctype": doctype,
					"attached_to_name": name,
					"attached_to_field": field,
				}
				more = {"file_name": file, "content": file, "is_private": 1}
				self.attempt(
					who,
					f"{doctype}: a file for {field}",
					"REST insert of a File, then made public",
					("POST", "/api/resource/File", attached | more),
					(
						"POST",
						f"{METHOD}frappe.client.set_value",
						{
							"doctype": "File",
							"name": {"file_name": file},
							"fieldname": "is_private",
							"value": 0,
						},
					),
				)

	def test_stale_form_is_refused(self):
		"""The form was open while another user approved the gesture."""
		stale = frappe.get_doc("Gesture", self.approved).as_dict() | {
			"modified": "2020-01-01 00:00:00.000000"
		}
		for who in ("rep", "manager", "Administrator"):
			body = {"doc": frappe.as_json(stale | {"status": "Given"}), "action": "Save"}
			self.attempt(
				who,
				"a stale form: give",
				"savedocs",
				("POST", f"{METHOD}frappe.desk.form.save.savedocs", body),
			)
			self.assertRegex(self.results[-1][3], "TimestampMismatchError|PermissionError")

	def test_workflow_cannot_bypass_the_rules(self):
		with self.as_user("Administrator"):
			workflow = make_workflow()
		self.addCleanup(delete_workflow, workflow)
		doc = frappe.get_doc("Gesture", self.awaiting).as_json()
		given = frappe.get_doc("Gesture", self.given).as_json()
		apply = f"{METHOD}frappe.model.workflow.apply_workflow"
		for who in self.people:
			self.attempt(
				who,
				"workflow: give what awaits",
				"apply_workflow",
				("POST", apply, {"doc": doc, "action": "Give"}),
			)
			self.attempt(
				who,
				"workflow: make it cost nothing",
				"apply_workflow",
				("POST", apply, {"doc": given, "action": "Cheapen"}),
			)
		for who in ("rep", "system manager"):
			self.attempt(
				who, "workflow: approve", "apply_workflow", ("POST", apply, {"doc": doc, "action": "Approve"})
			)

	def test_data_import_follows_the_rules_of_the_form(self):
		"""Data Import is refused by default. If a site allows it, each row follows the rules of the form."""
		for who in self.people:
			for doctype in ("Gesture", _WALLET, _ENTRY):
				body = {"reference_doctype": doctype, "import_type": "Update Existing Records"}
				self.attempt(
					who, f"import {doctype}", "Data Import", ("POST", "/api/resource/Data Import", body)
				)
		frappe.set_user("Administrator")
		rows = {
			"Gesture": [
				("Update", {"ID": self.given, "Cost": 1}),
				("Update", {"ID": self.awaiting, "Status": "Given"}),
				(
					"Insert",
					{"Customer": self.customer, "What": "x", "Company": self.company, "Status": "Approved"},
				),
			],
			_WALLET: [
				("Update", {"ID": self.wallet, "Allowance": 9999}),
				("Insert", {"Gesture Budget": self.policy.name, "Allowance": 9999}),
			],
			_ENTRY: [
				("Update", {"ID": self.entry, "Amount": 0.01}),
				("Insert", {"Gesture Wallet": self.wallet, "Kind": "Refund", "Amount": 5}),
			],
		}
		for doctype, imports in rows.items():
			make_property_setter(doctype, None, "allow_import", 1, "Check", for_doctype=True)
			frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
			for kind, row in imports:
				before = self.read_money()
				answer = import_row(doctype, kind, row)
				after = self.read_money()
				held = "held" if before == after else "LEAK"
				what = f"{doctype}: {kind.lower()} {json.dumps(row)}"
				self.results.append(("Data Import, made possible", what, "Administrator", answer, held))
				with self.subTest(doctype=doctype, row=row):
					self.assertEqual(find_changes(before, after), [], answer)
					self.assertRegex(answer, "cannot change|cannot be changed|maintained by the app")
			frappe.db.delete("Property Setter", {"doc_type": doctype, "property": "allow_import"})
			frappe.clear_cache(doctype=doctype)
			frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it

	def test_allowed_change_is_booked_on_every_route(self):
		"""Proves that the other tests can fail: the same routes work for permitted changes."""
		name = self.record(26)
		self.http.request(self.manager, "PUT", f"/api/resource/Gesture/{name}", {"status": "Approved"})
		self.assertEqual(self.lines(name), {"Commit": 26})
		value = {"doctype": "Gesture", "name": name, "fieldname": "status", "value": "Given"}
		self.http.request(self.rep, "POST", f"{METHOD}frappe.client.set_value", value)
		self.assertEqual(self.lines(name), {"Commit": 26, "Release": 26, "Spend": 26})
		bulk = {"doctype": "Gesture", "docnames": [name], "action": "update", "data": {"status": "Cancelled"}}
		self.http.request(self.rep, "POST", METHOD + _BULK_EDIT, bulk)
		self.assertEqual(self.lines(name), {"Commit": 26, "Release": 26, "Spend": 26, "Refund": 26})
		self.assert_ledger_matches()

	def test_posted_wallet_amount_is_ignored(self):
		describe = {
			"wallet_amount": 0.01,
			"base_cost": 0.01,
			"conversion_rate": 0.001,
			"gesture_wallet": self.other_wallet,
		}
		new = {"customer": self.customer, "what": "x", "cost": 5, "company": self.company, "status": "Given"}
		answer = self.http.request(self.rep, "POST", "/api/resource/Gesture", new | describe)
		doc = answer.json["data"]
		self.assertEqual((doc["wallet_amount"], doc["base_cost"], doc["gesture_wallet"]), (5, 5, self.wallet))
		frappe.db.rollback()
		self.assertEqual(self.lines(doc["name"]), {"Spend": 5})
		self.assert_ledger_matches()

	def record(self, cost: float) -> str:
		with self.as_user(self.rep):
			name = gestures.record_gesture(self.customer, "flowers", cost=cost)["name"]
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		return name

	def lines(self, gesture: str) -> dict[str, float]:
		frappe.db.rollback()
		rows = frappe.get_all(_ENTRY, filters={"gesture": gesture}, fields=["kind", "amount"])
		return {row.kind: row.amount for row in rows}


_BULK_EDIT = "frappe.desk.doctype.bulk_update.bulk_update.submit_cancel_or_update_docs"


def get_update_requests(doctype: str, name: str, field: str, value):
	"""Yield (route, method, path, body) for every route that sets a field."""
	frappe.db.rollback()
	doc = frappe.get_doc(doctype, name).as_dict(no_nulls=True) | {field: value}
	bare = {"doctype": doctype, "name": name}
	yield "REST update", "PUT", f"/api/resource/{doctype}/{name}", {field: value}
	yield "REST update, v2", "PUT", f"/api/v2/document/{doctype}/{name}/", {field: value}
	yield build_request("frappe.client.set_value", **bare, fieldname=field, value=value)
	yield build_request("frappe.client.save", doc=doc)
	yield build_request(
		"frappe.client.bulk_update", docs=[{"doctype": doctype, "docname": name, field: value}]
	)
	yield build_request(_BULK_EDIT, doctype=doctype, docnames=[name], action="update", data={field: value})
	update = {"doctype": "Bulk Update", "document_type": doctype, "field": field, "update_value": value}
	update |= {"name": "Bulk Update", "limit": 5, "condition": f"name = '{name}'"}
	yield build_request("run_doc_method", "Bulk Update", docs=update, method="bulk_update")
	yield build_request("frappe.desk.form.save.savedocs", doc=doc, action="Save")
	# What is posted may be named like a method or a flag of the document.
	flags = {"by_ledger": 1, "ignore_validate": 1, "ignore_permissions": 1}
	yield build_request("frappe.client.save", "flags posted", doc=doc | {"flags": flags, "_action": "cancel"})
	yield build_request("frappe.client.save", "a method posted", doc=doc | {"validate": 1})
	yield build_request(
		"frappe.client.save", "posted as new", doc=doc | {"__islocal": 1, "status": "Approved"}
	)
	yield build_request("run_doc_method", "submit what is posted", docs=doc, method="submit")


def get_insert_requests(record: dict):
	"""Yield (route, method, path, body) for every route that makes a record."""
	doctype = record["doctype"]
	yield "REST insert", "POST", f"/api/resource/{doctype}", record
	yield "REST insert, v2", "POST", f"/api/v2/document/{doctype}", record
	yield build_request("frappe.client.insert", doc=record)
	yield build_request("frappe.client.insert_many", docs=[record])
	new = record | {"__islocal": 1, "name": "new-record-1"}
	yield build_request(
		"frappe.desk.form.save.savedocs", doc=new, action="Submit" if record.get("docstatus") else "Save"
	)
	yield build_request(
		"frappe.client.insert", "flags posted", doc=record | {"flags": {"by_ledger": 1}, "in_insert": 1}
	)


def get_delete_requests(doctype: str, name: str):
	"""Yield (route, method, path, body) for every route that deletes a record."""
	yield "REST delete", "DELETE", f"/api/resource/{doctype}/{name}", {}
	yield "REST delete, v2", "DELETE", f"/api/v2/document/{doctype}/{name}/", {}
	yield build_request("frappe.client.delete", doctype=doctype, name=name)
	yield build_request("frappe.desk.reportview.delete_items", doctype=doctype, items=json.dumps([name]))


def get_rename_requests(doctype: str, name: str, other: str):
	"""Yield (route, method, path, body) for every route that renames a record, or merges it with another."""
	yield build_request("frappe.client.rename_doc", doctype=doctype, old_name=name, new_name=NEW_NAME)
	yield build_request(
		"frappe.client.rename_doc", "merge", doctype=doctype, old_name=name, new_name=other, merge=True
	)
	title = "frappe.model.rename_doc.update_document_title"
	yield build_request(title, doctype=doctype, docname=name, name=NEW_NAME)
	yield build_request(title, "merge", doctype=doctype, docname=name, name=other, merge=True)
	for text, arguments in (
		("forced", {"force": True}),
		("unchecked", {"force": True, "validate_rename": False}),
	):
		for merge in (False, True):
			arguments = {"name": other if merge else NEW_NAME, "merge": merge} | arguments
			words = f"rename, {text}{', merge' if merge else ''}"
			yield build_request("run_doc_method", words, dt=doctype, dn=name, method="rename", args=arguments)
	path = f"/api/v2/document/{doctype}/{name}/method/rename/"
	yield "REST method rename, v2, forced", "POST", path, {"name": NEW_NAME, "force": 1, "validate_rename": 0}


def get_submit_requests(doctype: str, name: str):
	"""Yield (route, requests) that submit, cancel or amend a record; later requests build on the first."""
	frappe.db.rollback()
	doc = frappe.get_doc(doctype, name).as_dict(no_nulls=True)
	resource = f"/api/resource/{doctype}/{name}"
	yield (
		"REST docstatus",
		("PUT", resource, {"docstatus": 1}),
		("PUT", resource, {"docstatus": 2, "cost": 0}),
	)
	yield route("frappe.client.submit", doc=doc)
	yield route("frappe.client.cancel", doctype=doctype, name=name)
	yield route("frappe.desk.form.save.savedocs", doc=doc, action="Submit")
	yield route("frappe.desk.form.save.savedocs", doc=doc, action="Cancel")
	yield route("frappe.desk.form.save.cancel", doctype=doctype, name=name)
	yield route("run_doc_method", "submit", dt=doctype, dn=name, method="submit")
	yield route("run_doc_method", "cancel", dt=doctype, dn=name, method="cancel")
	for action in ("submit", "cancel"):
		yield route(_BULK_EDIT, action, doctype=doctype, docnames=[name], action=action)
	amended = doc | {
		"amended_from": name,
		"name": None,
		"__islocal": 1,
		"status": "Approved",
		"entry_key": "mine",
	}
	yield route("frappe.client.insert", "amended_from", doc=amended)


def build_request(method: str, more: str = "", /, **arguments) -> tuple:
	"""Return (route, method, path, body) of a whitelisted method, with JSON arguments as the browser sends."""
	body = {
		key: value if isinstance(value, str | int | float) else frappe.as_json(value)
		for key, value in arguments.items()
	}
	return f"{method} ({more})" if more else method, "POST", METHOD + method, body


def route(method: str, more: str = "", /, **arguments) -> tuple:
	"""A route of one request."""
	name, *request = build_request(method, more, **arguments)
	return name, request


def describe(answer) -> str:
	"""The answer in a few words: its code, and the error or the message."""
	body = answer.json if answer.is_json else {}
	errors = body.get("errors") or [{}]
	error = body.get("exc_type") or errors[0].get("type") or ""
	message = body.get("message") if isinstance(body.get("message"), list) else ""
	return f"{answer.status_code} {error}{f' not done: {message}' if message else ''}".strip()


def find_changes(before: dict, after: dict) -> list:
	"""What is not as it was: (DocType, name, old, new)."""
	return [
		(doctype, name, before[doctype].get(name), after[doctype].get(name))
		for doctype in before
		for name in before[doctype].keys() | after[doctype].keys()
		if before[doctype].get(name) != after[doctype].get(name)
	]


def import_row(doctype: str, kind: str, row: dict) -> str:
	"""Import one row as Administrator; what the import says of it."""
	text = "\n".join(",".join(str(value) for value in line) for line in (row.keys(), row.values()))
	file = frappe.get_doc(
		{"doctype": "File", "file_name": "mx-bypass.csv", "content": text, "is_private": 1}
	).insert()
	kinds = {"Insert": "Insert New Records", "Update": "Update Existing Records"}
	log = frappe.get_doc(
		{
			"doctype": "Data Import",
			"reference_doctype": doctype,
			"import_type": kinds[kind],
			"import_file": file.file_url,
		}
	).insert()
	frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
	try:
		Importer(doctype, data_import=log).import_data()
		lines = frappe.get_all(
			"Data Import Log", filters={"data_import": log.name}, fields=["success", "messages", "exception"]
		)
		if not lines:
			return f"no row was read: {log.template_warnings}"
		imported = any(line.success for line in lines)
		return (
			"imported" if imported else f"refused: {lines[0].messages} {lines[0].exception.splitlines()[-1]}"
		)
	finally:
		frappe.flags.in_import = False
		frappe.db.delete("Data Import Log", {"data_import": log.name})
		log.delete(force=True, delete_permanently=True)
		frappe.db.delete("File", {"file_url": file.file_url})
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it


_STATES = ("Idea", "Awaiting Approval", "Approved", "Given", "Declined", "Cancelled")


def make_workflow() -> str:
	"""A Workflow on the status of gestures that lets everybody do everything; its name."""
	for state in _STATES:
		if not frappe.db.exists("Workflow State", state):
			frappe.get_doc({"doctype": "Workflow State", "workflow_state_name": state}).insert()
	transitions = (
		("Awaiting Approval", "Give", "Given"),
		("Awaiting Approval", "Approve", "Approved"),
		("Given", "Cheapen", "Given"),
	)
	for _from, action, _to in transitions:
		if not frappe.db.exists("Workflow Action Master", action):
			frappe.get_doc({"doctype": "Workflow Action Master", "workflow_action_name": action}).insert()
	cheaper = {"update_field": "cost", "update_value": "0"}
	workflow = frappe.get_doc(
		{
			"doctype": "Workflow",
			"workflow_name": "MX Test Roads",
			"document_type": "Gesture",
			"is_active": 1,
			"workflow_state_field": "status",
			"override_status": 1,
			"send_email_alert": 0,
			"states": [
				{"state": state, "doc_status": "0", "allow_edit": "All"}
				| (cheaper if state == "Given" else {})
				for state in _STATES
			],
			"transitions": [
				{
					"state": start,
					"action": action,
					"next_state": end,
					"allowed": "All",
					"allow_self_approval": 1,
				}
				for start, action, end in transitions
			],
		}
	)
	# The app refuses a Workflow over a Gesture; a site may have one from before it did.
	with patch.object(site_automation, "validate", lambda *_args: None):
		workflow.insert()
	frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
	return workflow.name


def delete_workflow(name: str) -> None:
	frappe.set_user("Administrator")
	frappe.delete_doc("Workflow", name, force=True, delete_permanently=True)
	frappe.clear_cache(doctype="Gesture")
	frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
