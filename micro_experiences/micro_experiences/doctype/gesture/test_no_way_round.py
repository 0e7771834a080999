"""No way round: over each road that leads to our records, money changes with its entry or not at all."""

import json
import os
from pathlib import Path
from unittest.mock import patch

import frappe
from frappe.core.doctype.data_import.importer import Importer
from frappe.custom.doctype.property_setter.property_setter import make_property_setter

from micro_experiences.desk import gestures
from micro_experiences.domain.gestures import FROZEN
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.privacy import around
from micro_experiences.testing import SiteTestCase, make_budget, make_customer, make_user
from micro_experiences.testing.http import METHOD, Http

KEEPER = "mx.keeper@example.com"
NEW_NAME = "MX-ELSEWHERE"
_WALLET = "Gesture Wallet"
_ENTRY = "Gesture Wallet Entry"


class TestNoWayRound(SiteTestCase):
	"""Real requests through Frappe's WSGI application, so the records are committed and taken away in the end."""

	commits = True

	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		cls.people = {
			"rep": cls.rep,
			"sales manager": cls.lead,
			"manager": cls.manager,
			"system manager": make_user(KEEPER, ("System Manager", "Sales User", "Accounts User")),
			"Administrator": "Administrator",
		}
		cls.customer = make_customer("MX Test Roads")
		cls.policy = make_budget(cls.company, [cls.rep, cls.colleague], amount=500)
		cls.other_policy = make_budget(cls.company, [cls.manager], title="MX Test Other")
		cls.http = Http()
		cls.http.give_keys(*cls.people.values())
		cls.make_gestures()
		frappe.db.commit()
		cls.roads = []

	@classmethod
	def make_gestures(cls):
		"""One gesture in each stage of its life, and the wallets behind them."""

		def give(user, cost):
			frappe.set_user(user)
			return gestures.give(cls.customer, "flowers", cost=cost)["name"]

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
		frappe.db.commit()
		if file := os.environ.get("MX_ROADS"):
			with Path(file).open("a") as table:
				table.writelines(f"| {' | '.join(road)} |\n" for road in cls.roads)
		super().tearDownClass()

	# what stands in the database -------------------------------------------------------------------------------

	def money(self) -> dict:
		"""All that is money, as it is committed now."""
		frappe.db.rollback()
		tables = {
			"Gesture": ["name", "status", "docstatus", "given_on", "approver", *FROZEN],
			_WALLET: ["*"],
			_ENTRY: ["*"],
			"Gesture Budget": ["name", "amount", "currency", "company"],
		}
		return {
			doctype: {row.name: row for row in frappe.get_all(doctype, fields=fields)}
			for doctype, fields in tables.items()
		}

	def proved(self):
		self.assertEqual(ledger.differences(), [])
		self.assertEqual(ledger.unbooked(), [])

	# the roads -------------------------------------------------------------------------------------------------

	def walk(self, who: str, what: str, road: str, *requests: tuple[str, str, dict]):
		"""Somebody tries something over a road; nothing that is money may be different then."""
		before = self.money()
		answers = [said(self.http.ask(self.people[who], *request)) for request in requests]
		after = self.money()
		held = before == after
		self.roads.append((road, what, who, " then ".join(answers), "held" if held else "LEAK"))
		with self.subTest(who=who, what=what, road=road):
			self.assertEqual(changes(before, after), [], answers)

	def tearDown(self):
		frappe.db.rollback()
		self.proved()
		super().tearDown()

	def change(self, doctype: str, name: str, field: str, value, people=None):
		"""Every road that sets a field of a record."""
		for who in people or self.people:
			what = f"{doctype} ({self.stage(doctype, name)}): {field} = {value}"
			for road, *request in setting(doctype, name, field, value):
				self.walk(who, what, road, request)

	def stage(self, doctype, name) -> str:
		return frappe.db.get_value("Gesture", name, "status") if doctype == "Gesture" else "open"

	# ---------------------------------------------------------------------------------------------------------

	def test_given_money_is_not_typed_over(self):
		for field, value in (
			("cost", 1),
			("wallet_amount", 1),
			("gesture_wallet", self.other_wallet),
			("status", "Idea"),
		):
			self.change("Gesture", self.given, field, value)

	def test_a_status_is_not_reached_past_its_rule(self):
		self.change("Gesture", self.awaiting, "status", "Given")
		self.change("Gesture", self.awaiting, "status", "Approved", people=["rep", "system manager"])
		self.change("Gesture", self.awaiting, "cost", 1)
		self.change("Gesture", self.approved, "status", "Idea")
		self.change("Gesture", self.declined, "status", "Given")

	def test_wallets_and_entries_are_read_only_for_everyone(self):
		for field, value in (("spent", 0), ("allowance", 9999), ("wallet_key", "mine")):
			self.change(_WALLET, self.wallet, field, value)
		for field, value in (("amount", 0.01), ("gesture_wallet", self.other_wallet)):
			self.change(_ENTRY, self.entry, field, value)

	def test_nobody_makes_a_wallet_or_an_entry_or_a_gesture_that_was_paid_for_already(self):
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
				for road, *request in inserting(record):
					self.walk(who, what, road, request)

	def test_nothing_that_has_money_is_deleted(self):
		for doctype, name in (
			("Gesture", self.given),
			("Gesture", self.approved),
			(_WALLET, self.wallet),
			(_ENTRY, self.entry),
			("Gesture Budget", self.policy.name),
		):
			for who in self.people:
				for road, *request in deleting(doctype, name):
					self.walk(who, f"delete {doctype}", road, request)

	def test_nothing_that_has_money_is_renamed_or_merged(self):
		for doctype, name, other in (
			("Gesture", self.given, self.other_given),
			(_WALLET, self.wallet, self.other_wallet),
			(_ENTRY, self.entry, self.other_entry),
			("Gesture Budget", self.policy.name, self.other_policy.name),
		):
			for who in self.people:
				for road, *request in renaming(doctype, name, other):
					self.walk(who, f"rename {doctype}", road, request)

	def test_nothing_is_submitted_cancelled_or_amended(self):
		for doctype, name in (
			("Gesture", self.given),
			("Gesture", self.approved),
			(_WALLET, self.wallet),
			(_ENTRY, self.entry),
		):
			for who in self.people:
				for road, *requests in submitting(doctype, name):
					self.walk(who, f"submit, cancel or amend {doctype}", road, *requests)

	def test_an_attached_file_is_not_put_into_a_field(self):
		for doctype, name, field in (
			("Gesture", self.given, "gesture_wallet"),
			(_WALLET, self.wallet, "wallet_key"),
			(_ENTRY, self.entry, "entry_key"),
		):
			for who in self.people:
				file = f"roads-{frappe.generate_hash(length=6)}.txt"
				attached = {
					"attached_to_doctype": doctype,
					"attached_to_name": name,
					"attached_to_field": field,
				}
				more = {"file_name": file, "content": file, "is_private": 1}
				self.walk(
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

	def test_a_stale_form_is_refused(self):
		"""The form was open while somebody approved, and then its button is pressed."""
		stale = frappe.get_doc("Gesture", self.approved).as_dict() | {
			"modified": "2020-01-01 00:00:00.000000"
		}
		for who in ("rep", "manager", "Administrator"):
			body = {"doc": frappe.as_json(stale | {"status": "Given"}), "action": "Save"}
			self.walk(
				who,
				"a stale form: give",
				"savedocs",
				("POST", f"{METHOD}frappe.desk.form.save.savedocs", body),
			)
			self.assertRegex(self.roads[-1][3], "TimestampMismatchError|PermissionError")

	def test_a_workflow_decides_nothing_by_itself(self):
		with self.as_user("Administrator"):
			workflow = make_workflow()
		self.addCleanup(unmake_workflow, workflow)
		doc = frappe.get_doc("Gesture", self.awaiting).as_json()
		given = frappe.get_doc("Gesture", self.given).as_json()
		apply = f"{METHOD}frappe.model.workflow.apply_workflow"
		for who in self.people:
			self.walk(
				who,
				"workflow: give what awaits",
				"apply_workflow",
				("POST", apply, {"doc": doc, "action": "Give"}),
			)
			self.walk(
				who,
				"workflow: make it cost nothing",
				"apply_workflow",
				("POST", apply, {"doc": given, "action": "Cheapen"}),
			)
		for who in ("rep", "system manager"):
			self.walk(
				who, "workflow: approve", "apply_workflow", ("POST", apply, {"doc": doc, "action": "Approve"})
			)

	def test_data_import(self):
		"""As stock it is refused; as Administrator made it possible, each row goes the way of the form."""
		for who in self.people:
			for doctype in ("Gesture", _WALLET, _ENTRY):
				body = {"reference_doctype": doctype, "import_type": "Update Existing Records"}
				self.walk(
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
			frappe.db.commit()
			for kind, row in imports:
				before = self.money()
				answer = import_row(doctype, kind, row)
				after = self.money()
				held = "held" if before == after else "LEAK"
				what = f"{doctype}: {kind.lower()} {json.dumps(row)}"
				self.roads.append(("Data Import, made possible", what, "Administrator", answer, held))
				with self.subTest(doctype=doctype, row=row):
					self.assertEqual(changes(before, after), [], answer)
					self.assertRegex(answer, "cannot become|cannot change|kept by the app")
			frappe.db.delete("Property Setter", {"doc_type": doctype, "property": "allow_import"})
			frappe.clear_cache(doctype=doctype)
			frappe.db.commit()

	def test_what_is_allowed_is_booked_whatever_the_road(self):
		"""These tests can fail: the same roads do lead somewhere for who may go there."""
		name = self.ask_for(26)
		self.http.ask(self.manager, "PUT", f"/api/resource/Gesture/{name}", {"status": "Approved"})
		self.assertEqual(self.lines(name), {"Commit": 26})
		value = {"doctype": "Gesture", "name": name, "fieldname": "status", "value": "Given"}
		self.http.ask(self.rep, "POST", f"{METHOD}frappe.client.set_value", value)
		self.assertEqual(self.lines(name), {"Commit": 26, "Release": 26, "Spend": 26})
		bulk = {"doctype": "Gesture", "docnames": [name], "action": "update", "data": {"status": "Cancelled"}}
		self.http.ask(self.rep, "POST", METHOD + _BULK_EDIT, bulk)
		self.assertEqual(self.lines(name), {"Commit": 26, "Release": 26, "Spend": 26, "Refund": 26})
		self.proved()

	def test_what_a_request_says_it_cost_the_wallet_is_not_believed(self):
		said = {
			"wallet_amount": 0.01,
			"base_cost": 0.01,
			"conversion_rate": 0.001,
			"gesture_wallet": self.other_wallet,
		}
		new = {"customer": self.customer, "what": "x", "cost": 5, "company": self.company, "status": "Given"}
		answer = self.http.ask(self.rep, "POST", "/api/resource/Gesture", new | said)
		doc = answer.json["data"]
		self.assertEqual((doc["wallet_amount"], doc["base_cost"], doc["gesture_wallet"]), (5, 5, self.wallet))
		frappe.db.rollback()
		self.assertEqual(self.lines(doc["name"]), {"Spend": 5})
		self.proved()

	def ask_for(self, cost: float) -> str:
		with self.as_user(self.rep):
			name = gestures.give(self.customer, "flowers", cost=cost)["name"]
		frappe.db.commit()
		return name

	def lines(self, gesture: str) -> dict[str, float]:
		frappe.db.rollback()
		rows = frappe.get_all(_ENTRY, filters={"gesture": gesture}, fields=["kind", "amount"])
		return {row.kind: row.amount for row in rows}


_BULK_EDIT = "frappe.desk.doctype.bulk_update.bulk_update.submit_cancel_or_update_docs"


def setting(doctype: str, name: str, field: str, value):
	"""(road, method, path, body): every road that sets a field."""
	frappe.db.rollback()
	doc = frappe.get_doc(doctype, name).as_dict(no_nulls=True) | {field: value}
	bare = {"doctype": doctype, "name": name}
	yield "REST update", "PUT", f"/api/resource/{doctype}/{name}", {field: value}
	yield "REST update, v2", "PUT", f"/api/v2/document/{doctype}/{name}/", {field: value}
	yield call("frappe.client.set_value", **bare, fieldname=field, value=value)
	yield call("frappe.client.save", doc=doc)
	yield call("frappe.client.bulk_update", docs=[{"doctype": doctype, "docname": name, field: value}])
	yield call(_BULK_EDIT, doctype=doctype, docnames=[name], action="update", data={field: value})
	update = {"doctype": "Bulk Update", "document_type": doctype, "field": field, "update_value": value}
	update |= {"name": "Bulk Update", "limit": 5, "condition": f"name = '{name}'"}
	yield call("run_doc_method", "Bulk Update", docs=update, method="bulk_update")
	yield call("frappe.desk.form.save.savedocs", doc=doc, action="Save")
	# What is posted may be named like a method or a flag of the document.
	flags = {"by_ledger": 1, "ignore_validate": 1, "ignore_permissions": 1}
	yield call("frappe.client.save", "flags posted", doc=doc | {"flags": flags, "_action": "cancel"})
	yield call("frappe.client.save", "a method posted", doc=doc | {"validate": 1})
	yield call("frappe.client.save", "posted as new", doc=doc | {"__islocal": 1, "status": "Approved"})
	yield call("run_doc_method", "submit what is posted", docs=doc, method="submit")


def inserting(record: dict):
	"""(road, method, path, body): every road that makes a record."""
	doctype = record["doctype"]
	yield "REST insert", "POST", f"/api/resource/{doctype}", record
	yield "REST insert, v2", "POST", f"/api/v2/document/{doctype}", record
	yield call("frappe.client.insert", doc=record)
	yield call("frappe.client.insert_many", docs=[record])
	new = record | {"__islocal": 1, "name": "new-record-1"}
	yield call(
		"frappe.desk.form.save.savedocs", doc=new, action="Submit" if record.get("docstatus") else "Save"
	)
	yield call(
		"frappe.client.insert", "flags posted", doc=record | {"flags": {"by_ledger": 1}, "in_insert": 1}
	)


def deleting(doctype: str, name: str):
	"""(road, method, path, body): every road that deletes a record."""
	yield "REST delete", "DELETE", f"/api/resource/{doctype}/{name}", {}
	yield "REST delete, v2", "DELETE", f"/api/v2/document/{doctype}/{name}/", {}
	yield call("frappe.client.delete", doctype=doctype, name=name)
	yield call("frappe.desk.reportview.delete_items", doctype=doctype, items=json.dumps([name]))


def renaming(doctype: str, name: str, other: str):
	"""(road, method, path, body): every road that renames a record, or merges it with another."""
	yield call("frappe.client.rename_doc", doctype=doctype, old_name=name, new_name=NEW_NAME)
	yield call(
		"frappe.client.rename_doc", "merge", doctype=doctype, old_name=name, new_name=other, merge=True
	)
	title = "frappe.model.rename_doc.update_document_title"
	yield call(title, doctype=doctype, docname=name, name=NEW_NAME)
	yield call(title, "merge", doctype=doctype, docname=name, name=other, merge=True)
	for text, arguments in (
		("forced", {"force": True}),
		("unchecked", {"force": True, "validate_rename": False}),
	):
		for merge in (False, True):
			arguments = {"name": other if merge else NEW_NAME, "merge": merge} | arguments
			words = f"rename, {text}{', merge' if merge else ''}"
			yield call("run_doc_method", words, dt=doctype, dn=name, method="rename", args=arguments)
	path = f"/api/v2/document/{doctype}/{name}/method/rename/"
	yield "REST method rename, v2, forced", "POST", path, {"name": NEW_NAME, "force": 1, "validate_rename": 0}


def submitting(doctype: str, name: str):
	"""(road, requests): every road that submits, cancels or amends a record; the later requests stand on the first."""
	frappe.db.rollback()
	doc = frappe.get_doc(doctype, name).as_dict(no_nulls=True)
	resource = f"/api/resource/{doctype}/{name}"
	yield (
		"REST docstatus",
		("PUT", resource, {"docstatus": 1}),
		("PUT", resource, {"docstatus": 2, "cost": 0}),
	)
	yield road("frappe.client.submit", doc=doc)
	yield road("frappe.client.cancel", doctype=doctype, name=name)
	yield road("frappe.desk.form.save.savedocs", doc=doc, action="Submit")
	yield road("frappe.desk.form.save.savedocs", doc=doc, action="Cancel")
	yield road("frappe.desk.form.save.cancel", doctype=doctype, name=name)
	yield road("run_doc_method", "submit", dt=doctype, dn=name, method="submit")
	yield road("run_doc_method", "cancel", dt=doctype, dn=name, method="cancel")
	for action in ("submit", "cancel"):
		yield road(_BULK_EDIT, action, doctype=doctype, docnames=[name], action=action)
	amended = doc | {
		"amended_from": name,
		"name": None,
		"__islocal": 1,
		"status": "Approved",
		"entry_key": "mine",
	}
	yield road("frappe.client.insert", "amended_from", doc=amended)


def call(method: str, more: str = "", /, **arguments) -> tuple:
	"""(road, method, path, body) of a whitelisted function; what is not text goes as JSON, as the browser sends it."""
	body = {
		key: value if isinstance(value, str | int | float) else frappe.as_json(value)
		for key, value in arguments.items()
	}
	return f"{method} ({more})" if more else method, "POST", METHOD + method, body


def road(method: str, more: str = "", /, **arguments) -> tuple:
	"""A road of one request."""
	name, *request = call(method, more, **arguments)
	return name, request


def said(answer) -> str:
	"""The answer in a few words: its code, and the error or the message."""
	body = answer.json if answer.is_json else {}
	errors = body.get("errors") or [{}]
	error = body.get("exc_type") or errors[0].get("type") or ""
	message = body.get("message") if isinstance(body.get("message"), list) else ""
	return f"{answer.status_code} {error}{f' not done: {message}' if message else ''}".strip()


def changes(before: dict, after: dict) -> list:
	"""What is not as it was: (DocType, name, old, new)."""
	return [
		(doctype, name, before[doctype].get(name), after[doctype].get(name))
		for doctype in before
		for name in before[doctype].keys() | after[doctype].keys()
		if before[doctype].get(name) != after[doctype].get(name)
	]


def import_row(doctype: str, kind: str, row: dict) -> str:
	"""Import one row as Administrator; what the import says of it."""
	text = "\n".join(",".join(map(str, line)) for line in (row.keys(), row.values()))
	file = frappe.get_doc(
		{"doctype": "File", "file_name": "mx-roads.csv", "content": text, "is_private": 1}
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
	frappe.db.commit()
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
		frappe.db.commit()


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
	with patch.object(around, "nothing_over_ours", lambda *_args: None):
		workflow.insert()
	frappe.db.commit()
	return workflow.name


def unmake_workflow(name: str) -> None:
	frappe.set_user("Administrator")
	frappe.delete_doc("Workflow", name, force=True, delete_permanently=True)
	frappe.clear_cache(doctype="Gesture")
	frappe.db.commit()
