"""Visibility of notes, gestures, follow-ups and wallets for real users with each role, in reading and writing."""

import json

import frappe
from frappe.api.v1 import read_doc
from frappe.desk.form.assign_to import add as assign
from frappe.desk.form.load import getdoc
from frappe.desk.search import search_link
from frappe.utils import add_to_date, now_datetime, today

from micro_experiences.api import follow_ups, gestures, notes
from micro_experiences.domain.visibility import MANAGER_ROLE
from micro_experiences.permissions import budget_access
from micro_experiences.services import access_log, banner
from micro_experiences.tests.utils import SiteTestCase, make_customer, make_user

AUTHOR, MEMBER, LIMITED, SUPPORT = (
	f"mx.{name}@example.com" for name in ("author", "member", "limited", "support")
)
MANAGER = "mx.manager2@example.com"
# Viewer -> roles, and whether standard ERPNext lets them read customers.
VIEWERS = {
	AUTHOR: (("Sales User",), True),
	MEMBER: (("Sales User",), True),
	"mx.sales@example.com": (("Sales User",), True),
	"mx.salesmanager@example.com": (("Sales Manager",), True),
	"mx.accounts@example.com": (("Accounts User",), True),
	"mx.accountsmanager@example.com": (("Accounts Manager",), True),
	SUPPORT: (("Support Team",), False),
	"mx.supportsales@example.com": (("Support Team", "Sales User"), True),
	"mx.onlymanager@example.com": ((MANAGER_ROLE,), False),
	MANAGER: ((MANAGER_ROLE, "Sales User"), True),
	"mx.system@example.com": (("System Manager",), False),
	"mx.customers@example.com": (("Stock User",), True),
	LIMITED: (("Sales User",), True),
	"mx.limitedmanager@example.com": ((MANAGER_ROLE, "Sales User"), True),
	"mx.employee@example.com": (("Employee",), False),
	"Guest": ((), False),
	"Administrator": ((), True),
}
# Users whose User Permissions allow only another customer.
LIMITED_VIEWERS = {LIMITED, "mx.limitedmanager@example.com"}
_APP_ROLES = {
	"Sales User",
	"Sales Manager",
	"Accounts User",
	"Accounts Manager",
	"Support Team",
	MANAGER_ROLE,
}

KINDS = {
	"everyone": {"visibility": "Everyone"},
	"sensitive": {"visibility": "Everyone", "sensitive": 1},
	"group": {"visibility": "Group"},
	"sensitive group": {"visibility": "Group", "sensitive": 1},
	"only me": {"visibility": "Only Me"},
	"sensitive only me": {"visibility": "Only Me", "sensitive": 1},
}


def is_expected_visible(viewer: str, kind: str, reason: bool = False) -> bool:
	"""Return whether a note of the author is visible, by the rule written a second time.

	A viewer must have a role of the app, be able to read the customer and be in the note's visibility. Sensitive notes are
	visible to their author, and to managers who have given an access `reason`.
	"""
	roles, reads_customers = VIEWERS[viewer]
	if viewer == "Administrator":
		return True
	if not (_APP_ROLES & set(roles)) or not reads_customers or viewer in LIMITED_VIEWERS:
		return False
	if viewer == AUTHOR:
		return True
	included = kind in ("everyone", "sensitive") or ("group" in kind and viewer == MEMBER)
	return included and ("sensitive" not in kind or (reason and MANAGER_ROLE in roles))


def _is_shown(route) -> bool:
	"""Return whether a route shows the record. A refused or missing record is not shown."""
	try:
		return bool(route())
	except (frappe.PermissionError, frappe.DoesNotExistError):
		return False
	finally:
		frappe.clear_messages()


def get_routes(doctype: str, name: str) -> dict:
	"""Return functions that read a record in different ways. `test_visibility_matrix` covers the others."""

	def form():
		frappe.local.response = frappe._dict(docs=[])
		getdoc(doctype, name)
		return frappe.local.response.docs

	def document():
		doc = frappe.get_doc(doctype, name)
		doc.check_permission("read")
		return doc

	return {
		"document": document,
		"has_permission": lambda: frappe.has_permission(doctype, "read", doc=name),
		"list": lambda: frappe.get_list(doctype, filters={"name": name}, limit=0),
		"client.get": lambda: frappe.client.get(doctype, name),
		"form": form,
		"api": lambda: read_doc(doctype, name),
	}


def get_note_routes(note) -> dict:
	"""Return the routes of `get_routes` and those of the app: banner, duplicates, search box, use log."""

	def banner_items():
		payload = banner.get_banner_payload(note.customer) or {}
		return [item for item in payload.get("items", ()) if item["name"] == note.name]

	def banner_count():
		payload = banner.get_banner_payload(note.customer)
		return payload and len(payload["items"]) + payload["more"]

	return get_routes("Personal Note", note.name) | {
		"banner": banner_items,
		"count on the banner": banner_count,
		"duplicates": lambda: notes.suggest(note.customer, note.note)["duplicates"],
		"search box": lambda: [
			row for row in search_link("Personal Note", note.name) or () if row["value"] == note.name
		],
		"use log": lambda: frappe.get_list("Personal Note Use", filters={"personal_note": note.name}),
	}


class VisibilityTestCase(SiteTestCase):
	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		for viewer, (roles, _reads) in VIEWERS.items():
			if roles:
				make_user(viewer, roles)

	def setUp(self):
		super().setUp()
		frappe.set_user("Administrator")
		for viewer in LIMITED_VIEWERS:
			frappe.permissions.add_user_permission("Customer", self.other_customer, viewer)
		self.members = self.group(MEMBER)

	def make_note(self, kind: str, **values):
		"""Create a note of the author about a customer of its own, so that the banner has room for it."""
		customer = make_customer(f"MX Test {kind}")
		if "group" in kind:
			values["user_group"] = self.members
		with self.as_user(AUTHOR):
			return self.note(f"A secret that is {kind}", customer=customer, **KINDS[kind], **values)

	def make_used_note(self, kind: str):
		"""Create a note with a use so long ago that it is on the banner again."""
		note = self.make_note(kind)
		note.log_use("Used", "They said a secret")
		frappe.db.set_value("Personal Note Use", {"personal_note": note.name}, "used_on", "2020-01-01")
		return note

	def make_gesture(self, customer: str, **values):
		"""Create a gesture of the author."""
		gesture = {"doctype": "Gesture", "customer": customer, "what": "x"}
		with self.as_user(AUTHOR):
			return frappe.get_doc(gesture | values).insert()

	def make_task(self, customer: str, **values):
		"""Create a follow-up of the author."""
		with self.as_user(AUTHOR):
			return self.task(customer=customer, **values)

	def assert_visible(self, viewer: str, routes: dict, visible: bool, context: str):
		with self.as_user(viewer):
			shown = {name: _is_shown(route) for name, route in routes.items()}
		self.assertEqual(shown, dict.fromkeys(routes, visible), f"{context} for {viewer}")


class TestNotes(VisibilityTestCase):
	def test_note_is_visible_to_the_same_users_on_every_route(self):
		for kind in KINDS:
			routes = get_note_routes(self.make_used_note(kind))
			for viewer in VIEWERS:
				with self.subTest(kind=kind, viewer=viewer):
					self.assert_visible(viewer, routes, is_expected_visible(viewer, kind), kind)

	def test_sensitive_note_is_visible_to_managers_with_access_reason(self):
		for kind in ("sensitive", "sensitive group", "sensitive only me"):
			note = self.make_used_note(kind)
			until = add_to_date(None, hours=1)
			for viewer in VIEWERS:
				# Also for users who cannot request access, to test the rule itself.
				if viewer not in ("Guest", "Administrator"):
					access_log.record_access(
						note.customer, viewer, "Reason", reason="A complaint", open_until=until
					)
			routes = get_note_routes(note)
			for viewer in VIEWERS:
				with self.subTest(kind=kind, viewer=viewer):
					self.assert_visible(viewer, routes, is_expected_visible(viewer, kind, reason=True), kind)

	def test_access_reason_ends_and_covers_one_customer_and_user(self):
		note = self.make_used_note("sensitive")
		routes = get_note_routes(note)
		hour = add_to_date(None, hours=1)
		for customer, user, until in (
			(self.customer, MANAGER, hour),
			(note.customer, self.manager, hour),
			(note.customer, MANAGER, now_datetime()),
			(note.customer, MANAGER, None),
		):
			access_log.record_access(customer, user, "Reason", reason="A complaint", open_until=until)
			self.assert_visible(MANAGER, routes, False, f"{customer} {user} {until}")
		access_log.record_access(note.customer, MANAGER, "Reason", reason="A complaint", open_until=hour)
		self.assert_visible(MANAGER, routes, True, "open")
		access_log.close_access(note.customer, MANAGER)
		self.assert_visible(MANAGER, routes, False, "closed")

	def test_group_note_is_hidden_after_user_leaves_group(self):
		note = self.make_note("group")
		routes = get_routes("Personal Note", note.name)
		self.assert_visible(MEMBER, routes, True, "member")
		group = frappe.get_doc("User Group", self.members)
		group.set("user_group_members", [{"user": AUTHOR}])
		group.save()
		self.assert_visible(MEMBER, routes, False, "former member")

	def test_user_name_with_quote_is_escaped_in_conditions(self):
		user = make_user("mx.o'brien%s@example.com", ("Sales User",))
		for kind, visible in (("everyone", True), ("only me", False)):
			note = self.make_note(kind)
			self.assert_visible(user, get_routes("Personal Note", note.name), visible, kind)


class TestWriting(VisibilityTestCase):
	def can_save(self, viewer, name, **values) -> bool:
		"""Return whether `frappe.client.save` accepts the document that a browser posts."""
		frappe.db.savepoint("can_save")
		with self.as_user(viewer):
			posted = frappe.get_doc("Personal Note", name).as_dict() | values
			try:
				frappe.client.save(json.loads(frappe.as_json(posted)))
				return True
			except frappe.PermissionError:
				frappe.db.rollback(save_point="can_save")
				return False

	def can_delete(self, viewer, name) -> bool:
		frappe.db.savepoint("can_delete")
		with self.as_user(viewer):
			try:
				frappe.delete_doc("Personal Note", name)
				return True
			except frappe.PermissionError:
				return False
			finally:
				frappe.db.rollback(save_point="can_delete")

	def test_authors_and_managers_write_and_managers_delete_and_export(self):
		note = self.make_note("everyone")
		for viewer, (roles, _reads) in VIEWERS.items():
			manager = MANAGER_ROLE in roles and is_expected_visible(viewer, "everyone")
			administrator = viewer == "Administrator"
			with self.subTest(viewer):
				if not administrator:
					self.assertEqual(self.can_delete(viewer, note.name), manager)
				can_save = self.can_save(viewer, note.name, note=f"by {viewer}")
				self.assertEqual(can_save, manager or administrator or viewer == AUTHOR)
				with self.as_user(viewer):
					exports = bool(frappe.permissions.has_permission("Personal Note", "export"))
				self.assertEqual(exports, administrator or MANAGER_ROLE in roles)

	def test_form_knows_who_can_write_without_messages(self):
		note = self.make_note("everyone")
		for viewer in (AUTHOR, MEMBER):
			with self.subTest(viewer), self.as_user(viewer):
				frappe.clear_messages()
				opened = frappe.get_doc("Personal Note", note.name)
				opened.run_method("onload")
				self.assertIs(opened.get_onload("micro_experiences_can_write"), viewer == AUTHOR)
				self.assertEqual(frappe.get_message_log(), [])
				self.assertFalse(frappe.flags.get("has_permission_check_logs"))

	def test_posted_values_do_not_change_stored_permissions(self):
		for kind, strangers in (
			("only me", (MEMBER, LIMITED, MANAGER)),
			("everyone", (MEMBER, LIMITED, "mx.salesmanager@example.com")),
		):
			note = self.make_note(kind)
			for values in (
				{"visibility": "Everyone"},
				{"heard_by": MEMBER, "owner": MEMBER},
				{"visibility": "Group", "user_group": self.members},
				{"customer": self.other_customer, "visibility": "Everyone"},
			):
				with self.subTest(values, kind=kind):
					for viewer in strangers:
						self.assertFalse(self.can_save(viewer, note.name, **values))
					with self.as_user(MEMBER):
						posted = frappe.get_doc(note.as_dict() | values)
						for ptype in ("read", "write", "delete", "share", "print", "email"):
							allowed = ptype == "read" and kind == "everyone"
							self.assertEqual(
								frappe.has_permission("Personal Note", ptype, doc=posted), allowed, ptype
							)
			note.reload()
			self.assertDocumentEqual(KINDS[kind] | {"heard_by": AUTHOR, "owner": AUTHOR}, note)

	def test_hidden_note_posted_as_new_is_refused_or_gets_a_new_name(self):
		note = self.make_note("only me")
		with self.as_user(MEMBER):
			posted = note.as_dict() | {"__islocal": 1, "note": "my own", "heard_by": None}
			posted["visibility"] = "Everyone"
			with self.assertRaises(frappe.PermissionError):
				frappe.client.save(json.loads(frappe.as_json(posted)))
			posted["name"] = "new-personal-note-abcdefghij"
			made = frappe.client.save(json.loads(frappe.as_json(posted)))
		self.assertNotIn(made.name, (note.name, posted["name"]))
		self.assertEqual(note.reload().note, "A secret that is only me")

	def test_use_log_cannot_be_written_by_users(self):
		note = self.make_note("everyone")
		note.log_use("Used", "Thank you")
		use = frappe.get_doc("Personal Note Use", {"personal_note": note.name})
		for viewer in (AUTHOR, MEMBER, MANAGER):
			with self.subTest(viewer), self.as_user(viewer):
				use.reload()
				use.they_said = "Something else"
				copy = frappe.get_doc(use.as_dict() | {"name": None, "__islocal": 1})
				for write in (use.save, use.delete, copy.insert):
					self.assertRaises(frappe.PermissionError, write)


class TestSharing(VisibilityTestCase):
	def test_sharing_a_note_is_refused_for_everyone(self):
		for kind in ("everyone", "only me"):
			note = self.make_note(kind)
			share = {
				"doctype": "DocShare",
				"share_doctype": "Personal Note",
				"share_name": note.name,
				"read": 1,
			}
			for viewer in VIEWERS:
				if viewer == "Administrator":
					continue
				for to in (viewer, "mx.employee@example.com"):
					with self.subTest(kind=kind, viewer=viewer), self.as_user(viewer):
						with self.assertRaises(frappe.PermissionError):
							frappe.share.add("Personal Note", note.name, user=to)
						with self.assertRaises(frappe.PermissionError):
							frappe.get_doc(share | {"user": to}).insert()
		self.assertFalse(frappe.db.exists("DocShare", {"share_doctype": "Personal Note"}))

	def test_share_and_export_rights_given_by_the_site_have_no_effect(self):
		self.addCleanup(frappe.clear_cache, doctype="Personal Note")
		for right in ("share", "export"):
			frappe.permissions.update_permission_property("Personal Note", "Sales User", 0, right, 1)
		note = self.make_note("everyone")
		with self.as_user(AUTHOR):
			self.assertTrue(frappe.has_permission("Personal Note", "share"))
			self.assertFalse(frappe.has_permission("Personal Note", "export", doc=note.name))
			with self.assertRaises(frappe.PermissionError):
				frappe.share.add("Personal Note", note.name, user="mx.employee@example.com")

	def test_assigning_a_hidden_note_is_refused(self):
		"""Frappe shares a document with the user it is assigned to."""
		note = self.make_note("only me")
		for viewer in (MEMBER, AUTHOR):
			frappe.db.savepoint("assign")
			with self.as_user(viewer), self.assertRaises(frappe.PermissionError):
				assign({"doctype": "Personal Note", "name": note.name, "assign_to": [MEMBER]})
			frappe.db.rollback(save_point="assign")
		self.assert_visible(MEMBER, get_note_routes(note), False, "not shared")

	def test_share_by_administrator_covers_one_note_and_user_read_only(self):
		"""Frappe gives shares precedence over apps, and only Administrator can create one."""
		note, other = self.make_note("only me"), self.make_note("sensitive only me")
		flags = {"ignore_share_permission": True}
		frappe.share.add_docshare("Personal Note", note.name, MEMBER, flags=flags)
		with self.as_user(MEMBER):
			shared = frappe.get_doc("Personal Note", note.name)
			shared.check_permission("read")
			self.assertRaises(frappe.PermissionError, shared.save)
		self.assert_visible(MEMBER, get_note_routes(other), False, "another note")
		self.assert_visible("mx.sales@example.com", get_note_routes(note), False, "another user")


class TestLinkedRecords(VisibilityTestCase):
	def test_gesture_and_follow_up_without_note_follow_the_customer(self):
		customer = make_customer("MX Test everyone")
		for doc in (self.make_gesture(customer), self.make_task(customer)):
			routes = get_routes(doc.doctype, doc.name)
			for viewer in VIEWERS:
				with self.subTest(doc.doctype, viewer=viewer):
					self.assert_visible(viewer, routes, is_expected_visible(viewer, "everyone"), doc.doctype)

	def test_follow_up_of_a_gesture_is_as_private_as_the_note(self):
		note = self.make_note("only me")
		gesture = self.make_gesture(note.customer, personal_note=note.name)
		task = self.make_task(note.customer, gesture=gesture.name)
		self.assertEqual(task.personal_note, note.name)
		for doc in (gesture, task):
			self.assert_visible(MEMBER, get_routes(doc.doctype, doc.name), False, doc.doctype)
		with self.as_user(AUTHOR):
			follow_ups.mark_done(task.name, "It did her good", remember=1)
		outcome = frappe.get_last_doc("Personal Note", {"note": "It did her good"})
		self.assertEqual(outcome.visibility, "Only Me")

	def test_follow_up_of_a_confidential_gesture_stays_with_its_author(self):
		gesture = self.make_gesture(make_customer("MX Test everyone"))
		gesture.db_set("confidential", 1)
		task = self.make_task(gesture.customer, gesture=gesture.name, repeats="Weeks")
		with self.assertRaises(frappe.ValidationError):
			self.make_task(gesture.customer, gesture=gesture.name, assigned_to=MEMBER)
		with self.as_user(AUTHOR):
			follow_ups.mark_done(task.name, "It did her good", remember=1)
		following = frappe.get_last_doc("Follow Up Task", {"gesture": gesture.name, "status": "Open"})
		outcome = frappe.get_last_doc("Personal Note", {"note": "It did her good"})
		self.assertEqual(outcome.visibility, "Only Me")
		for doc in (task, following):
			self.assert_visible(AUTHOR, get_routes("Follow Up Task", doc.name), True, "author")
			self.assert_visible(MEMBER, get_routes("Follow Up Task", doc.name), False, "colleague")

	def test_gesture_cannot_be_read_through_a_wallet_entry(self):
		"""Frappe 15 reads fields of linked documents in a list; Finance sees entries of hidden gestures."""
		self.budget()
		note = self.make_note("only me")
		with self.as_user(self.rep):
			gesture = gestures.record_gesture(note.customer, "x", message="A secret", cost=5)["name"]
		frappe.db.set_value("Gesture", gesture, "personal_note", note.name)
		with self.as_user("mx.salesmanager@example.com"):
			self.assertFalse(frappe.get_list("Gesture", filters={"name": gesture}))
			self.assertTrue(frappe.get_list("Gesture Wallet Entry", filters={"gesture": gesture}))
			with self.assertRaises((frappe.PermissionError, frappe.DoesNotExistError)):
				frappe.get_list("Gesture Wallet Entry", fields=["name", "gesture.message as text"])

	def test_reminder_is_hidden_from_everyone_but_administrator(self):
		note = self.make_note("only me")
		task = self.make_task(note.customer, personal_note=note.name)
		reminder = {"doctype": "Follow Up Reminder", "follow_up_task": task.name, "occurrence": today()}
		reminder |= {"recipient": AUTHOR, "kind": "Reminder", "sent_on": now_datetime(), "reminder_key": "mx"}
		routes = get_routes(
			"Follow Up Reminder", frappe.get_doc(reminder).insert(ignore_permissions=True).name
		)
		for viewer in VIEWERS:
			with self.subTest(viewer):
				self.assert_visible(viewer, routes, viewer == "Administrator", "reminder")

	def test_only_managers_save_gestures_and_follow_ups_of_others(self):
		customer = make_customer("MX Test everyone")
		for doc in (self.make_gesture(customer), self.make_task(customer)):
			for viewer in (MEMBER, "mx.salesmanager@example.com", "mx.accountsmanager@example.com"):
				with self.subTest(doc.doctype, viewer=viewer), self.as_user(viewer):
					posted = frappe.get_doc(doc.doctype, doc.name)
					posted.update({"owner": viewer, "given_by": viewer, "assigned_to": viewer})
					self.assertRaises(frappe.PermissionError, posted.save)
			with self.as_user(MANAGER):
				frappe.get_doc(doc.doctype, doc.name).save()


class TestWallets(VisibilityTestCase):
	FINANCE_ROLES = frozenset(("Sales Manager", "Accounts Manager", "System Manager", MANAGER_ROLE))

	def test_wallet_is_visible_to_holder_and_finance_and_written_by_nobody(self):
		self.budget(holders=[{"user": AUTHOR}])
		with self.as_user(AUTHOR):
			gesture = gestures.record_gesture(self.customer, "coffee", cost=5)["name"]
		names = (
			("Gesture Wallet", frappe.db.get_value("Gesture", gesture, "gesture_wallet")),
			("Gesture Wallet Entry", frappe.db.get_value("Gesture Wallet Entry", {"gesture": gesture})),
		)
		for viewer, (roles, _reads) in VIEWERS.items():
			visible = viewer in (AUTHOR, "Administrator") or bool(self.FINANCE_ROLES & set(roles))
			for doctype, name in names:
				with self.subTest(viewer, doctype=doctype):
					self.assert_visible(viewer, get_routes(doctype, name), visible, doctype)
					if viewer != "Administrator":
						with self.as_user(viewer):
							doc = frappe.get_doc(doctype, name)
							self.assertRaises(frappe.PermissionError, doc.save)
							self.assertRaises(frappe.PermissionError, doc.delete)

	def test_shared_pool_is_visible_to_its_holders(self):
		pool = self.budget(budget_kind="Shared Pool", holders=[{"user": AUTHOR}, {"user": MEMBER}])
		with self.as_user(AUTHOR):
			gestures.record_gesture(self.customer, "coffee", cost=5)
		wallet = frappe.db.get_value("Gesture Wallet", {"gesture_budget": pool.name})
		for viewer, visible in ((AUTHOR, True), (MEMBER, True), ("mx.sales@example.com", False)):
			self.assert_visible(viewer, get_routes("Gesture Wallet", wallet), visible, "pool")
		budget_access.clear_budget_cache()
