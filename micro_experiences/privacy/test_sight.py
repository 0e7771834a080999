import json

import frappe
from frappe.api.v1 import read_doc
from frappe.desk import reportview
from frappe.desk.form.assign_to import add as assign
from frappe.desk.form.load import getdoc
from frappe.desk.search import search_link
from frappe.utils import add_to_date, now_datetime, today

from micro_experiences.desk import banner, follow_ups, gestures, notes
from micro_experiences.domain.sight import MANAGER
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.privacy import access_log
from micro_experiences.testing import SiteTestCase, make_customer, make_user

AUTHOR, MEMBER, LIMITED, SUPPORT = (
	f"mx.{name}@example.com" for name in ("author", "member", "limited", "support")
)
# Each viewer with his roles, and whether stock ERPNext lets him read customers.
VIEWERS = {
	AUTHOR: (("Sales User",), True),
	MEMBER: (("Sales User",), True),
	"mx.sales@example.com": (("Sales User",), True),
	"mx.salesmanager@example.com": (("Sales Manager",), True),
	"mx.accounts@example.com": (("Accounts User",), True),
	"mx.accountsmanager@example.com": (("Accounts Manager",), True),
	SUPPORT: (("Support Team",), False),
	"mx.supportsales@example.com": (("Support Team", "Sales User"), True),
	"mx.onlymanager@example.com": ((MANAGER,), False),
	"mx.manager2@example.com": ((MANAGER, "Sales User"), True),
	"mx.system@example.com": (("System Manager",), False),
	"mx.customers@example.com": (("Stock User",), True),
	LIMITED: (("Sales User",), True),
	"mx.limitedmanager@example.com": ((MANAGER, "Sales User"), True),
	"mx.employee@example.com": (("Employee",), False),
	"Guest": ((), False),
	"Administrator": ((), True),
}
# Those who may read just one other customer, by User Permission.
LIMITED_VIEWERS = {LIMITED, "mx.limitedmanager@example.com"}
_USERS = {"Sales User", "Sales Manager", "Accounts User", "Accounts Manager", "Support Team", MANAGER}

KINDS = {
	"everyone": {"visibility": "Everyone"},
	"sensitive": {"visibility": "Everyone", "sensitive": 1},
	"group": {"visibility": "Group"},
	"sensitive group": {"visibility": "Group", "sensitive": 1},
	"only me": {"visibility": "Only Me"},
	"sensitive only me": {"visibility": "Only Me", "sensitive": 1},
}


def expected(viewer: str, kind: str, reason: bool = False) -> bool:
	"""The rule in words, written a second time: reads the customer, is in the visibility, and sensitive is for the
	author, and for managers who have given a `reason`."""
	roles, reads_customers = VIEWERS[viewer]
	if viewer == "Administrator":
		return True
	if not (_USERS & set(roles)) or not reads_customers or viewer in LIMITED_VIEWERS:
		return False
	if viewer == AUTHOR:
		return True
	in_sight = kind.endswith("everyone") or kind == "sensitive" or ("group" in kind and viewer == MEMBER)
	return in_sight and ("sensitive" not in kind or (reason and MANAGER in roles))


def _answers(road) -> bool:
	"""Whether a road shows the record; to be refused, or not to find it, is to see nothing."""
	try:
		return bool(road())
	except (frappe.PermissionError, frappe.DoesNotExistError):
		return False
	finally:
		frappe.clear_messages()


def roads(doctype: str, name: str) -> dict:
	"""Every way to a record that Frappe offers, each as a function that answers something only to who may see it."""

	def form():
		frappe.local.response = frappe._dict(docs=[])
		getdoc(doctype, name)
		return frappe.local.response.docs

	def report(**more):
		frappe.local.form_dict = frappe._dict(
			doctype=doctype, fields=json.dumps(["name"]), filters=json.dumps({"name": name}), **more
		)
		return frappe.local.form_dict

	def report_view():
		report()
		return (reportview.get() or {}).get("values")

	def count():
		report()
		return reportview.get_count()

	def document():
		doc = frappe.get_doc(doctype, name)
		doc.check_permission("read")
		return doc

	return {
		"document": document,
		"has_permission": lambda: frappe.has_permission(doctype, "read", doc=name),
		"list": lambda: frappe.get_list(doctype, filters={"name": name}, limit=0),
		"client.get": lambda: frappe.client.get(doctype, name),
		"client.get_list": lambda: frappe.client.get_list(doctype, filters={"name": name}),
		"client.get_value": lambda: frappe.client.get_value(doctype, "name", {"name": name}),
		"client.get_count": lambda: frappe.client.get_count(doctype, filters={"name": name}),
		"report view": report_view,
		"count of the list": count,
		"form": form,
		"api": lambda: read_doc(doctype, name),
	}


def note_roads(note) -> dict:
	"""Those, and ours: the banner, the duplicates, the search box."""

	def on_banner():
		payload = banner.payload_for(note.customer) or {}
		return [item for item in payload.get("items", ()) if item["name"] == note.name]

	return roads("Personal Note", note.name) | {
		"banner": on_banner,
		"counted by the banner": lambda: (
			(payload := banner.payload_for(note.customer)) and len(payload["items"]) + payload["more"]
		),
		"get_banner": lambda: (banner.get_banner(note.customer) or {}).get("items"),
		"duplicates": lambda: notes.suggest(note.customer, note.note)["duplicates"],
		"search box": lambda: [
			row for row in search_link("Personal Note", note.name) or () if row["value"] == note.name
		],
		"uses": lambda: frappe.get_list("Personal Note Use", filters={"personal_note": note.name}),
	}


class SightTestCase(SiteTestCase):
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

	def make(self, kind: str, **values):
		"""A note of the author, on a customer of its own, so that the banner has a line for it."""
		customer = make_customer(f"MX Test {kind}")
		if "group" in kind:
			values["user_group"] = self.members
		with self.as_user(AUTHOR):
			return self.note(f"A secret that is {kind}", customer=customer, **KINDS[kind], **values)

	def make_used(self, kind: str):
		"""Such a note with a line in its log, so old that the note does not rest, and is on the banner."""
		note = self.make(kind)
		note.log("Used", "They said a secret")
		frappe.db.set_value("Personal Note Use", {"personal_note": note.name}, "used_on", "2020-01-01")
		return note

	def assert_seen(self, viewer: str, ways: dict, seen: bool, what: str):
		with self.as_user(viewer):
			found = {way: _answers(road) for way, road in ways.items()}
		self.assertEqual(found, dict.fromkeys(ways, seen), f"{what} for {viewer}")


class TestNotes(SightTestCase):
	def test_every_viewer_gets_the_same_answer_on_every_road(self):
		sums = {True: 0, False: 0}
		for kind in KINDS:
			note = self.make_used(kind)
			for viewer in VIEWERS:
				with self.subTest(kind=kind, viewer=viewer):
					seen = expected(viewer, kind)
					sums[seen] += 1
					self.assert_seen(viewer, note_roads(note), seen, kind)
		self.assertGreater(min(sums.values()), 15, "the matrix has both answers")

	def test_after_a_reason_a_manager_sees_what_is_sensitive_and_nobody_else_does(self):
		sums = {True: 0, False: 0}
		for kind in ("sensitive", "sensitive group", "sensitive only me"):
			note = self.make_used(kind)
			for viewer in VIEWERS:
				if viewer not in ("Guest", "Administrator"):
					# Also of those who may not give one: the rule asks who they are.
					access_log.note_look(
						note.customer,
						viewer,
						"Reason",
						reason="A complaint",
						open_until=add_to_date(None, hours=1),
					)
			for viewer in VIEWERS:
				with self.subTest(kind=kind, viewer=viewer):
					seen = expected(viewer, kind, reason=True)
					sums[seen] += 1
					self.assert_seen(viewer, note_roads(note), seen, kind)
		self.assertGreater(min(sums.values()), 4, "the matrix has both answers")

	def test_a_reason_ends_and_is_for_one_customer_and_one_user(self):
		note, manager = self.make_used("sensitive"), "mx.manager2@example.com"
		ways = note_roads(note)
		hour = add_to_date(None, hours=1)
		for customer, user, until in (
			(self.customer, manager, hour),
			(note.customer, self.manager, hour),
			(note.customer, manager, now_datetime()),
			(note.customer, manager, None),
		):
			access_log.note_look(customer, user, "Reason", reason="A complaint", open_until=until)
			self.assert_seen(manager, ways, False, f"{customer} {user} {until}")
		access_log.note_look(note.customer, manager, "Reason", reason="A complaint", open_until=hour)
		self.assert_seen(manager, ways, True, "open")
		access_log.close(note.customer, manager)
		self.assert_seen(manager, ways, False, "closed again")

	def test_a_list_without_filters_shows_just_those(self):
		made = {kind: self.make(kind).name for kind in KINDS}
		for viewer in VIEWERS:
			with self.subTest(viewer), self.as_user(viewer):
				try:
					names = set(frappe.get_list("Personal Note", pluck="name", limit=0))
				except frappe.PermissionError:
					names = set()
				frappe.clear_messages()
				self.assertEqual(
					{kind for kind, name in made.items() if name in names},
					{kind for kind in KINDS if expected(viewer, kind)},
				)

	def test_filters_are_no_oracle(self):
		note = self.make("only me")
		for filters in (
			{"note": ("like", "%secret%")},
			[["Personal Note", "note", "like", "%secret%"]],
			{"name": note.name, "heard_by": AUTHOR},
		):
			with self.as_user(MEMBER):
				self.assertEqual(frappe.client.get_count("Personal Note", filters=filters), 0)
				self.assertEqual(
					frappe.get_list("Personal Note", or_filters=filters, fields=["note"], limit=0), []
				)

	def test_who_leaves_the_group_sees_it_no_more(self):
		note = self.make("group")
		self.assert_seen(MEMBER, note_roads(note) | {"uses": lambda: 1}, True, "member")
		group = frappe.get_doc("User Group", self.members)
		group.set("user_group_members", [{"user": AUTHOR}])
		group.save()
		self.assert_seen(MEMBER, note_roads(note), False, "no more member")

	def test_what_a_user_name_holds_is_no_sql(self):
		user = make_user("mx.o'brien%s@example.com", ("Sales User",))
		note = self.make("everyone")
		ways = roads("Personal Note", note.name)
		self.assert_seen(user, ways, True, "a name with a quote")
		hidden = self.make("only me")
		self.assert_seen(user, roads("Personal Note", hidden.name), False, "a name with a quote")

	def test_no_title_and_no_search_shows_the_text(self):
		from frappe.desk.search import get_link_title

		note = self.make("only me")
		with self.as_user(MEMBER):
			self.assertNotIn("secret", str(get_link_title("Personal Note", note.name)))
			self.assertNotIn("secret", str(search_link("Personal Note", "secret")))
		meta = frappe.get_meta("Personal Note")
		self.assertEqual((meta.title_field, bool(meta.show_title_field_in_link)), ("customer", False))
		self.assertFalse([df.fieldname for df in meta.fields if df.in_global_search])
		self.assertFalse(meta.track_changes)


class TestWriting(SightTestCase):
	def saves(self, viewer, name, **values) -> bool:
		"""What `frappe.client.save` does with the document that a browser posts."""
		frappe.db.savepoint("saves")
		with self.as_user(viewer):
			posted = frappe.get_doc("Personal Note", name).as_dict() | values
			try:
				frappe.client.save(json.loads(frappe.as_json(posted)))
				return True
			except frappe.PermissionError:
				frappe.db.rollback(save_point="saves")
				return False

	def test_who_may_write(self):
		note = self.make("everyone")
		for viewer in VIEWERS:
			with self.subTest(viewer):
				manager = MANAGER in VIEWERS[viewer][0] and expected(viewer, "everyone")
				self.assertEqual(
					self.saves(viewer, note.name, note=f"by {viewer}"),
					viewer in (AUTHOR, "Administrator") or manager,
				)

	def test_a_form_is_told_who_may_write_and_nobody_is_told_of_a_no(self):
		note = self.make("everyone")
		for viewer in (AUTHOR, MEMBER):
			with self.subTest(viewer), self.as_user(viewer):
				frappe.clear_messages()
				opened = frappe.get_doc("Personal Note", note.name)
				opened.run_method("onload")
				self.assertIs(opened.get_onload("micro_experiences_may_write"), viewer == AUTHOR)
				self.assertEqual(frappe.get_message_log(), [])
				self.assertFalse(frappe.flags.get("has_permission_check_logs"))

	def test_what_is_posted_does_not_open_what_is_stored(self):
		for kind, strangers in (
			("only me", (MEMBER, LIMITED, "mx.manager2@example.com")),
			("everyone", (MEMBER, LIMITED, "mx.salesmanager@example.com")),
		):
			note = self.make(kind)
			for values in (
				{"visibility": "Everyone"},
				{"heard_by": MEMBER, "owner": MEMBER},
				{"visibility": "Group", "user_group": self.members},
				{"customer": self.other_customer, "visibility": "Everyone"},
			):
				with self.subTest(values, kind=kind):
					for viewer in strangers:
						self.assertFalse(self.saves(viewer, note.name, **values))
					with self.as_user(MEMBER):
						posted = frappe.get_doc(note.as_dict() | values)
						for ptype in ("read", "write", "delete", "share", "print", "email"):
							seen = ptype == "read" and kind == "everyone"
							self.assertEqual(
								frappe.has_permission("Personal Note", ptype, doc=posted), seen, ptype
							)
			note.reload()
			self.assertDocumentEqual(KINDS[kind] | {"heard_by": AUTHOR, "owner": AUTHOR}, note)

	def test_what_says_that_it_is_new_is_not_believed(self):
		note = self.make("only me")
		with self.as_user(MEMBER):
			posted = note.as_dict() | {
				"__islocal": 1,
				"note": "my own",
				"heard_by": None,
				"visibility": "Everyone",
			}
			with self.assertRaises(frappe.PermissionError):
				frappe.client.save(json.loads(frappe.as_json(posted)))
			posted["name"] = "new-personal-note-abcdefghij"
			made = frappe.client.save(json.loads(frappe.as_json(posted)))
		self.assertNotIn(made.name, (note.name, posted["name"]))
		self.assertEqual(note.reload().note, "A secret that is only me")

	def test_who_may_delete(self):
		note = self.make("everyone")
		for viewer in VIEWERS:
			if viewer == "Administrator":
				continue
			frappe.db.savepoint("deletes")
			manager = MANAGER in VIEWERS[viewer][0] and expected(viewer, "everyone")
			with self.subTest(viewer), self.as_user(viewer):
				try:
					frappe.delete_doc("Personal Note", note.name)
					deleted = True
				except frappe.PermissionError:
					deleted = False
			frappe.db.rollback(save_point="deletes")
			self.assertEqual(deleted, manager)

	def test_nobody_exports_but_managers(self):
		self.make("everyone")
		for viewer, (roles, _reads) in VIEWERS.items():
			if viewer != "Administrator":
				with self.subTest(viewer), self.as_user(viewer):
					self.assertEqual(
						bool(frappe.permissions.has_permission("Personal Note", "export")), MANAGER in roles
					)

	def test_the_logs_are_written_by_nobody(self):
		note = self.make("everyone")
		note.log("Used", "Thank you")
		use = frappe.get_doc("Personal Note Use", {"personal_note": note.name})
		for viewer in (AUTHOR, MEMBER, "mx.manager2@example.com"):
			with self.as_user(viewer):
				use.reload()
				use.they_said = "Something else"
				self.assertRaises(frappe.PermissionError, use.save)
				self.assertRaises(frappe.PermissionError, use.delete)
				self.assertRaises(
					frappe.PermissionError,
					frappe.get_doc(use.as_dict() | {"name": None, "__islocal": 1}).insert,
				)


class TestSharing(SightTestCase):
	def test_nobody_shares_a_note(self):
		for kind in ("everyone", "only me"):
			note = self.make(kind)
			for viewer in VIEWERS:
				if viewer == "Administrator":
					continue
				for to in (viewer, "mx.employee@example.com"):
					with self.subTest(kind=kind, viewer=viewer), self.as_user(viewer):
						with self.assertRaises(frappe.PermissionError):
							frappe.share.add("Personal Note", note.name, user=to)
						with self.assertRaises(frappe.PermissionError):
							frappe.get_doc(
								{
									"doctype": "DocShare",
									"user": to,
									"share_doctype": "Personal Note",
									"share_name": note.name,
									"read": 1,
								}
							).insert()
		self.assertFalse(frappe.db.exists("DocShare", {"share_doctype": "Personal Note"}))

	def test_nor_on_a_site_that_gives_the_right_to_share(self):
		self.addCleanup(frappe.clear_cache, doctype="Personal Note")
		for right in ("share", "export"):
			frappe.permissions.update_permission_property("Personal Note", "Sales User", 0, right, 1)
		note = self.make("everyone")
		with self.as_user(AUTHOR):
			self.assertTrue(frappe.has_permission("Personal Note", "share"))
			self.assertFalse(frappe.has_permission("Personal Note", "export", doc=note.name))
			with self.assertRaises(frappe.PermissionError):
				frappe.share.add("Personal Note", note.name, user="mx.employee@example.com")

	def test_to_assign_a_hidden_note_is_refused(self):
		"""Frappe shares what it assigns to somebody who may not see it."""
		note = self.make("only me")
		for viewer, to in ((MEMBER, MEMBER), (AUTHOR, MEMBER)):
			frappe.db.savepoint("assign")
			with self.as_user(viewer), self.assertRaises(frappe.PermissionError):
				assign({"doctype": "Personal Note", "name": note.name, "assign_to": [to]})
			frappe.db.rollback(save_point="assign")
		self.assert_seen(MEMBER, note_roads(note), False, "not shared")

	def test_what_administrator_shares_is_one_document_for_one_user(self):
		"""Frappe lets a share stand above every app; only Administrator can make one here."""
		note, other = self.make("only me"), self.make("sensitive only me")
		flags = {"ignore_share_permission": True}
		frappe.share.add_docshare("Personal Note", note.name, MEMBER, flags=flags)
		with self.as_user(MEMBER):
			shown = frappe.get_doc("Personal Note", note.name)
			shown.check_permission("read")
			self.assertRaises(frappe.PermissionError, shown.save)
		self.assert_seen(MEMBER, note_roads(other), False, "another note")
		self.assert_seen("mx.sales@example.com", note_roads(note), False, "another user")


class TestWhatStemsFromANote(SightTestCase):
	def test_gestures_and_promises_follow_their_note(self):
		for kind in KINDS:
			note = self.make(kind)
			with self.as_user(AUTHOR):
				gesture = frappe.get_doc(
					{
						"doctype": "Gesture",
						"customer": note.customer,
						"what": "x",
						"message": "A secret",
						"personal_note": note.name,
					}
				).insert()
				task = self.task(customer=note.customer, personal_note=note.name)
				of_gesture = self.task(customer=note.customer, gesture=gesture.name)
			for viewer in VIEWERS:
				with self.subTest(kind=kind, viewer=viewer):
					seen = expected(viewer, kind)
					self.assert_seen(viewer, roads("Gesture", gesture.name), seen, f"gesture of {kind}")
					for doc in (task, of_gesture):
						self.assert_seen(viewer, roads("Follow Up Task", doc.name), seen, f"task of {kind}")

	def test_a_promise_of_a_confidential_gesture_is_for_its_people(self):
		with self.as_user(AUTHOR):
			gesture = frappe.get_doc(
				{"doctype": "Gesture", "customer": make_customer("MX Test everyone"), "what": "x"}
			).insert()
		gesture.db_set("confidential", 1)
		with self.as_user(AUTHOR):
			task = self.task(customer=gesture.customer, gesture=gesture.name, repeats="Weeks")
			with self.assertRaises(frappe.ValidationError):
				self.task(customer=gesture.customer, gesture=gesture.name, assigned_to=MEMBER)
			follow_ups.done(task.name, "It did her good", remember=1)
			following = frappe.get_last_doc("Follow Up Task", {"gesture": gesture.name, "status": "Open"})
			outcome = frappe.get_last_doc("Personal Note", {"note": "It did her good"})
		self.assertEqual(outcome.visibility, "Only Me")
		for one in (task, following):
			self.assert_seen(AUTHOR, roads("Follow Up Task", one.name), True, "his own")
			self.assert_seen(MEMBER, roads("Follow Up Task", one.name), False, "not his")

	def test_what_was_promised_of_a_gesture_is_as_private_as_its_note(self):
		note = self.make("only me")
		with self.as_user(AUTHOR):
			gesture = frappe.get_doc(
				{"doctype": "Gesture", "customer": note.customer, "what": "x", "personal_note": note.name}
			).insert()
			task = self.task(customer=note.customer, gesture=gesture.name)
			self.assertEqual(task.personal_note, note.name)
			follow_ups.done(task.name, "It did her good", remember=1)
		self.assertEqual(
			frappe.get_last_doc("Personal Note", {"note": "It did her good"}).visibility, "Only Me"
		)

	def test_without_a_note_they_follow_their_customer(self):
		customer = make_customer("MX Test everyone")
		with self.as_user(AUTHOR):
			gesture = frappe.get_doc({"doctype": "Gesture", "customer": customer, "what": "x"}).insert()
			task = self.task(customer=customer)
		for viewer in VIEWERS:
			for doc in (gesture, task):
				with self.subTest(viewer=viewer):
					self.assert_seen(
						viewer, roads(doc.doctype, doc.name), expected(viewer, "everyone"), doc.doctype
					)

	# Frappe 15 lets a list read on through any link, and finance must see the lines: they name the gesture without one.
	def test_no_gesture_is_read_through_a_ledger_line(self):
		self.budget()
		note = self.make("only me")
		with self.as_user(self.rep):
			given = gestures.give(note.customer, "x", message="A secret", cost=5)["name"]
		frappe.db.set_value("Gesture", given, "personal_note", note.name)
		with self.as_user("mx.salesmanager@example.com"):
			self.assertFalse(frappe.get_list("Gesture", filters={"name": given}))
			self.assertTrue(frappe.get_list("Gesture Wallet Entry", filters={"gesture": given}))
			with self.assertRaises((frappe.PermissionError, frappe.DoesNotExistError)):
				frappe.get_list("Gesture Wallet Entry", fields=["name", "gesture.message as text"])

	def test_reminders_follow_their_promise(self):
		note = self.make("only me")
		with self.as_user(AUTHOR):
			task = self.task(customer=note.customer, personal_note=note.name)
		reminder = frappe.get_doc(
			{
				"doctype": "Follow Up Reminder",
				"follow_up_task": task.name,
				"occurrence": today(),
				"recipient": AUTHOR,
				"kind": "Reminder",
				"sent_on": frappe.utils.now(),
				"reminder_key": "mx test",
			}
		).insert(ignore_permissions=True)
		ways = roads("Follow Up Reminder", reminder.name)
		for viewer in VIEWERS:
			with self.subTest(viewer):
				self.assert_seen(viewer, ways, viewer == "Administrator", "reminder")

	def test_others_do_not_write_them(self):
		customer = make_customer("MX Test everyone")
		with self.as_user(AUTHOR):
			docs = (
				frappe.get_doc({"doctype": "Gesture", "customer": customer, "what": "x"}).insert(),
				self.task(customer=customer),
			)
		for doc in docs:
			for viewer in (MEMBER, "mx.salesmanager@example.com", "mx.accountsmanager@example.com"):
				with self.subTest(doc.doctype, viewer=viewer), self.as_user(viewer):
					theirs = frappe.get_doc(doc.doctype, doc.name)
					for field, value in (("owner", viewer), ("given_by", viewer), ("assigned_to", viewer)):
						theirs.set(field, value)
					self.assertRaises(frappe.PermissionError, theirs.save)
			with self.as_user("mx.manager2@example.com"):
				frappe.get_doc(doc.doctype, doc.name).save()


class TestWallets(SightTestCase):
	TREASURERS = frozenset(("Sales Manager", "Accounts Manager", "System Manager", MANAGER))

	def test_whose_wallet_is_seen_by_whom(self):
		self.budget(holders=[{"user": AUTHOR}])
		with self.as_user(AUTHOR):
			given = gestures.give(self.customer, "coffee", cost=5)["name"]
		wallet = frappe.db.get_value("Gesture", given, "gesture_wallet")
		entry = frappe.db.get_value("Gesture Wallet Entry", {"gesture": given})
		for viewer, (roles, _reads) in VIEWERS.items():
			seen = viewer in (AUTHOR, "Administrator") or bool(self.TREASURERS & set(roles))
			with self.subTest(viewer):
				self.assert_seen(viewer, roads("Gesture Wallet", wallet), seen, "wallet")
				self.assert_seen(viewer, roads("Gesture Wallet Entry", entry), seen, "entry")
				if viewer != "Administrator":
					with self.as_user(viewer):
						for doctype, name in (("Gesture Wallet", wallet), ("Gesture Wallet Entry", entry)):
							doc = frappe.get_doc(doctype, name)
							self.assertRaises(frappe.PermissionError, doc.save)
							self.assertRaises(frappe.PermissionError, doc.delete)

	def test_a_pool_is_seen_by_those_who_share_it(self):
		pool = self.budget(budget_kind="Shared Pool", holders=[{"user": AUTHOR}, {"user": MEMBER}])
		with self.as_user(AUTHOR):
			gestures.give(self.customer, "coffee", cost=5)
		wallet = frappe.db.get_value("Gesture Wallet", {"gesture_budget": pool.name})
		for viewer, seen in ((AUTHOR, True), (MEMBER, True), ("mx.sales@example.com", False)):
			self.assert_seen(viewer, roads("Gesture Wallet", wallet), seen, "pool")
		ledger.forget_budgets()
