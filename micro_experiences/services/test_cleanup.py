"""Cleanup after a customer, contact, user, group, document or record is deleted, renamed or merged."""

from unittest.mock import patch

import frappe
from frappe.utils import add_days, today

from micro_experiences.api import follow_ups, gestures, notes
from micro_experiences.permissions.budget_access import clear_budget_cache
from micro_experiences.services import access_log, banner, cleanup, erasure, ledger, reminders, traces
from micro_experiences.tests.utils import SiteTestCase, make_customer, make_user

DOCTYPES = ("Personal Note", "Personal Note Use", "Gesture", "Follow Up Task")
LEAVER, HEIR = "mx.leaver@example.com", "mx.heir@example.com"


def remind(task: str) -> None:
	"""Send the reminder of a follow-up."""
	noon = frappe.utils.get_datetime(f"{add_days(today(), 1)} 12:00:00")
	with patch.object(reminders, "now_datetime", lambda: noon):
		reminders._send("Reminder", 1, [task])


class CleanupTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		frappe.set_user("Administrator")
		for user in (LEAVER, HEIR):
			make_user(user, ("Sales User", "Accounts User"))
		self.customer = make_customer("MX Test Leaving")
		self.began = frappe.utils.now_datetime()
		self.policy = self.budget(holders=[{"user": LEAVER}, {"user": self.rep}])
		self.who = LEAVER

	def create_records(self, **reference) -> dict[str, str]:
		"""Create one of each record as `who`. Return the names by kind."""
		with self.as_user(self.who):
			note = notes.jot(self.customer, "Takes tea.", follow_up_on=today(), **reference)["name"]
			notes.mark_used(note, "Thank you", **reference)
			notes.mark_used(note, "Again", remember=1, **reference)
			made = {
				"note": note,
				"free gesture": gestures.record_gesture(
					self.customer, "a call", personal_note=note, **reference
				)["name"],
				"paid gesture": gestures.record_gesture(
					self.customer,
					"secret flowers",
					message="Dear secret",
					cost=12,
					personal_note=note,
					**reference,
				)["name"],
				"task": follow_ups.create(self.customer, "send the book", today(), **reference)["name"],
			}
			gesture = frappe.get_doc("Gesture", made["paid gesture"])
			gesture.update({"story": "A secret story", "share_story": 1, "reaction": "Delighted"}).save()
		made["done task"] = (
			frappe.get_doc(
				{
					"doctype": "Follow Up Task",
					"customer": self.customer,
					"subject": "done",
					"due_on": today(),
					"assigned_to": self.who,
					"escalate_to": self.who,
					"gesture": made["paid gesture"],
				}
			)
			.insert()
			.name
		)
		with self.as_user(self.who):
			follow_ups.mark_done(made["done task"])
		return made

	def count_records(self, **filters) -> dict[str, int]:
		return {doctype: count for doctype in DOCTYPES if (count := frappe.db.count(doctype, filters))}

	def assert_can_be_saved(self):
		"""Assert that every record of the test can still be saved, so that no link dangles."""
		found = 0
		for doctype in ("Personal Note", "Gesture", "Follow Up Task"):
			for name in frappe.get_all(doctype, filters={"creation": (">=", self.began)}, pluck="name"):
				with self.subTest(doctype, name=name):
					# Read the links again, as the next request does.
					frappe.db.value_cache.clear()
					frappe.get_doc(doctype, name).save()
					found += 1
		self.assertGreater(found, 0)

	def delete(self, doctype, name):
		frappe.delete_doc(doctype, name)
		self.assertFalse(frappe.db.exists(doctype, name))


class TestCustomer(CleanupTestCase):
	def test_deleted_customer_loses_personal_records(self):
		made = self.create_records()
		remind(made["task"])
		self.delete("Customer", self.customer)
		self.assertEqual(self.count_records(customer=self.customer), {})
		for what in ("note", "free gesture", "task", "done task"):
			doctype = {"note": "Personal Note", "free gesture": "Gesture"}.get(what, "Follow Up Task")
			self.assertFalse(frappe.db.exists(doctype, made[what]), what)
		self.assertFalse(frappe.db.exists("Personal Note Use", {"personal_note": made["note"]}))
		self.assertFalse(frappe.db.exists("Follow Up Reminder", {"follow_up_task": made["task"]}))

	def test_booked_gesture_of_deleted_customer_is_anonymized(self):
		made = self.create_records()
		before = ledger.get_user_wallets(LEAVER)[0].left
		self.delete("Customer", self.customer)
		gesture = frappe.get_doc("Gesture", made["paid gesture"])
		self.assertDocumentEqual(
			{"cost": 12.0, "status": "Given", "given_by": LEAVER, "share_story": 0}, gesture
		)
		text = frappe.as_json(gesture.as_dict())
		for personal in ("secret", "Leaving", "Delighted", "Takes tea"):
			self.assertNotIn(personal, text)
		self.assertIsNone(gesture.personal_note)
		self.assertEqual(ledger.get_user_wallets(LEAVER)[0].left, before)
		self.assertEqual(ledger.find_differences(), [])
		gesture.save()
		gestures.set_status(gesture.name, "Cancelled")
		self.assertEqual(ledger.get_user_wallets(LEAVER)[0].left, before + 12)
		self.assertEqual(ledger.find_differences(), [])

	def test_deleted_customer_leaves_no_text_in_deleted_documents(self):
		self.create_records()
		self.delete("Customer", self.customer)
		kept = frappe.get_all("Deleted Document", filters={"deleted_doctype": ("in", DOCTYPES)}, pluck="data")
		self.assertFalse([data for data in kept if "Takes tea" in (data or "") or "secret" in (data or "")])
		for doctype, field in (
			("Version", "data"),
			("Comment", "content"),
			("Notification Log", "subject"),
		):
			for text in ("%Takes tea%", "%A secret story%", "%MX Test Leaving%"):
				filters = {field: ("like", text)}
				if doctype == "Comment":
					filters["reference_doctype"] = ("in", DOCTYPES)
				self.assertFalse(frappe.get_all(doctype, filters=filters), f"{doctype} {text}")

	def test_deleted_customer_without_records_starts_no_search(self):
		with (
			patch.object(erasure, "enqueue_before_commit") as asked,
			patch.object(traces, "remove_mentions") as searched,
		):
			self.delete("Customer", self.customer)
		self.assertFalse(asked.called or searched.called)

	def test_references_to_deleted_customer_are_cleared(self):
		"""A note about another customer that was created on this customer's form."""
		reference = {"reference_doctype": "Customer", "reference_name": self.customer}
		with self.as_user(LEAVER):
			name = notes.jot(self.other_customer, "Takes tea.", **reference)["name"]
		self.delete("Customer", self.customer)
		doc = frappe.get_doc("Personal Note", name)
		self.assertEqual((doc.reference_doctype, doc.reference_name), (None, None))
		doc.save()

	def test_rename_updates_every_record(self):
		made = self.create_records(reference_doctype="Customer", reference_name=self.customer)
		before = self.count_records(customer=self.customer)
		new = frappe.rename_doc("Customer", self.customer, "MX Test Renamed")
		self.assertEqual(self.count_records(customer=self.customer), {})
		self.assertEqual(self.count_records(customer=new), before)
		self.assertEqual(frappe.db.get_value("Personal Note", made["note"], "reference_name"), new)
		self.customer = new
		self.assertTrue(banner.get_banner_payload(new)["items"])
		self.assert_can_be_saved()
		self.assertEqual(ledger.find_differences(), [])

	def test_merge_moves_every_record(self):
		self.create_records()
		into = make_customer("MX Test Staying")
		self.note("Was there before.", customer=into)
		before = self.count_records(customer=self.customer)
		with (
			patch.object(erasure, "enqueue_before_commit") as asked,
			patch.object(traces, "remove_mentions") as searched,
		):
			frappe.rename_doc("Customer", self.customer, into, merge=True)
		self.assertFalse(asked.called or searched.called, "the notes live on")
		self.assertFalse(frappe.db.exists("Customer", self.customer))
		before["Personal Note"] += 1
		self.assertEqual(self.count_records(customer=into), before)
		self.assert_can_be_saved()
		self.assertEqual(ledger.find_differences(), [])


class TestContact(CleanupTestCase):
	def test_deleted_contact_leaves_notes_with_the_customer(self):
		contact = self.contact(customer=self.customer)
		with self.as_user(LEAVER):
			note = notes.jot(
				self.customer,
				"Takes tea.",
				contact=contact,
				follow_up_on=today(),
				reference_doctype="Contact",
				reference_name=contact,
			)["name"]
			gestures.record_gesture(self.customer, "a call", contact=contact)
		self.delete("Contact", contact)
		for doctype in ("Personal Note", "Gesture", "Follow Up Task"):
			(doc,) = (
				frappe.get_doc(doctype, name)
				for name in frappe.get_all(doctype, {"customer": self.customer}, pluck="name")
			)
			self.assertIsNone(doc.contact)
			self.assertFalse(doc.get("reference_name"))
		self.assertEqual(frappe.db.get_value("Personal Note", note, "status"), "Active")
		self.assert_can_be_saved()


class TestUser(CleanupTestCase):
	def setUp(self):
		super().setUp()
		self.made = self.create_records()
		frappe.db.set_value("Personal Note", self.made["note"], "last_used_by", LEAVER)

	def test_follow_ups_of_deleted_user_are_reassigned(self):
		self.delete("User", LEAVER)
		task = frappe.get_doc("Follow Up Task", self.made["task"])
		self.assertEqual((task.assigned_to, task.status), ("Administrator", "Open"))
		self.assertFalse(frappe.db.exists("Follow Up Task", {"assigned_to": LEAVER}))
		self.assertFalse(frappe.db.exists("Gesture Budget Holder", {"user": LEAVER}))
		self.policy.reload().save()
		self.assert_can_be_saved()
		self.assertEqual(ledger.find_differences(), [])
		with self.as_user(self.rep):
			frappe.db.delete("Personal Note Use", {"customer": self.customer})
			texts = [item["text"] for item in banner.get_banner_payload(self.customer)["items"]]
			self.assertIn("Takes tea.", texts)

	def test_reassigned_follow_up_is_due_again(self):
		later = frappe.utils.now_datetime() + frappe.utils.datetime.timedelta(days=1)

		def due() -> list[str]:
			return reminders._get_due_query("Reminder", later, 10_000).run(pluck=True)

		# One reminder was sent, another one failed.
		aside = frappe.db.get_value("Follow Up Task", self.made["task"], "next_reminder_at")
		values = {"next_reminder_at": None, "set_aside_at": aside, "set_aside_because": "gone"}
		frappe.db.set_value("Follow Up Task", self.made["task"], values)
		self.assertNotIn(self.made["task"], due())
		self.delete("User", LEAVER)
		self.assertIn(self.made["task"], due())
		self.assertFalse(frappe.db.get_value("Follow Up Task", self.made["task"], "set_aside_at"))
		self.assertNotIn(self.made["done task"], due())

	def test_gesture_of_deleted_user_can_be_refunded(self):
		self.delete("User", LEAVER)
		frappe.db.value_cache.clear()
		gestures.set_status(self.made["paid gesture"], "Cancelled")
		self.assertEqual(ledger.find_differences(), [])
		wallet = frappe.get_doc("Gesture Wallet", {"gesture_budget": self.policy.name})
		self.assertEqual((wallet.spent, wallet.holder), (0, LEAVER))

	def test_pending_gesture_of_deleted_user_is_cancelled_and_returns_its_money(self):
		with self.as_user(LEAVER):
			planned = gestures.record_gesture(self.customer, "tea", cost=4, planned_on=add_days(today(), 2))[
				"name"
			]
			self.policy.db_set("free_up_to", 10)
			clear_budget_cache()
			asked = gestures.record_gesture(self.customer, "dinner", cost=16)["name"]
			approved = gestures.record_gesture(self.customer, "lunch", cost=15)["name"]
		with self.as_user(self.lead):
			gestures.approve(approved)
		self.delete("User", LEAVER)
		frappe.db.value_cache.clear()
		self.assertEqual(frappe.db.get_value("Gesture", asked, "status"), "Cancelled")
		with self.as_user(self.lead), self.assertRaises(frappe.ValidationError):
			gestures.approve(asked)
		gestures.set_status(approved, "Given")
		wallet = frappe.get_doc("Gesture Wallet", {"gesture_budget": self.policy.name})
		self.assertEqual((wallet.committed, wallet.spent), (0, 27))
		self.assertEqual(ledger.find_differences() + ledger.find_gestures_without_entry(), [])
		self.assertEqual(frappe.db.get_value("Gesture", planned, "status"), "Cancelled")
		self.assertEqual(frappe.db.get_value("Follow Up Task", {"gesture": planned}, "status"), "Skipped")

	def test_rename_updates_every_record(self):
		frappe.rename_doc("User", LEAVER, "mx.renamed2@example.com", force=True)
		for doctype, field in (
			("Personal Note", "heard_by"),
			("Personal Note", "last_used_by"),
			("Personal Note Use", "used_by"),
			("Gesture", "given_by"),
			("Follow Up Task", "assigned_to"),
			("Follow Up Task", "escalate_to"),
			("Gesture Budget Holder", "user"),
			("Gesture Wallet", "holder"),
		):
			self.assertFalse(frappe.db.exists(doctype, {field: LEAVER}), f"{doctype}.{field}")
			self.assertTrue(
				frappe.db.exists(doctype, {field: "mx.renamed2@example.com"}), f"{doctype}.{field}"
			)
		self.assertEqual(ledger.get_user_wallets("mx.renamed2@example.com")[0].left, 38)
		self.assert_can_be_saved()
		with self.as_user("mx.renamed2@example.com"):
			follow_ups.mark_done(self.made["task"])
			gestures.record_gesture(self.customer, "coffee", cost=5)
		self.assertEqual(ledger.get_user_wallets("mx.renamed2@example.com")[0].left, 33)
		self.assertEqual(frappe.db.count("Gesture Wallet", {"gesture_budget": self.policy.name}), 1)

	def test_merge_moves_every_record(self):
		self.merge()
		self.assertFalse(frappe.db.exists("Follow Up Task", {"assigned_to": LEAVER}))
		self.assertEqual(ledger.get_user_wallets(HEIR)[0].left, 38)
		self.assert_can_be_saved()
		self.assertEqual(ledger.find_differences(), [])
		self.policy.reload().save()

	def merge(self):
		frappe.rename_doc("User", LEAVER, HEIR, force=True, merge=True)
		self.assertFalse(frappe.db.exists("User", LEAVER))

	def test_merged_users_share_one_wallet_balance(self):
		self.policy.append("holders", {"user": HEIR})
		self.policy.save()
		with self.as_user(HEIR):
			gestures.record_gesture(self.customer, "coffee", cost=5)
		self.merge()
		self.assertEqual(ledger.get_user_wallets(HEIR)[0].left, 45)
		self.assertEqual(ledger.find_differences(), [])
		with self.as_user(HEIR):
			gestures.record_gesture(self.customer, "coffee", cost=5)
			gestures.set_status(self.made["paid gesture"], "Cancelled")
		self.assertEqual(ledger.get_user_wallets(HEIR)[0].left, 40)
		self.assertEqual(ledger.find_differences(), [])
		self.assert_can_be_saved()


class TestReferenceDocument(CleanupTestCase):
	def assert_forgotten(self, made, name):
		self.assertEqual(self.count_records(reference_name=name), {})
		self.assertEqual(frappe.db.get_value("Personal Note", made["note"], "status"), "Active")
		self.assert_can_be_saved()
		self.assertEqual(ledger.find_differences(), [])

	def test_deleted_draft_is_no_longer_referenced(self):
		invoice = self.invoice()
		made = self.create_records(reference_doctype="Sales Invoice", reference_name=invoice.name)
		self.assertGreater(len(self.count_records(reference_name=invoice.name)), 3)
		self.delete("Sales Invoice", invoice.name)
		self.assert_forgotten(made, invoice.name)

	def test_same_name_in_another_doctype_is_kept(self):
		invoice = self.invoice()
		with self.as_user(LEAVER):
			name = notes.jot(self.customer, "x", reference_doctype="Customer", reference_name=self.customer)[
				"name"
			]
		frappe.db.set_value("Personal Note", name, "reference_name", invoice.name)
		self.delete("Sales Invoice", invoice.name)
		self.assertEqual(frappe.db.get_value("Personal Note", name, "reference_name"), invoice.name)

	def test_failing_hook_does_not_block_deletion(self):
		invoice = self.invoice()
		with patch.object(frappe.db, "set_value", side_effect=ZeroDivisionError("on purpose")):
			cleanup.clear_references(invoice)
		self.addCleanup(frappe.db.delete, "Error Log", {"method": ("like", "%reference_deleted%")})
		self.delete("Sales Invoice", invoice.name)


class TestGroupAndNote(CleanupTestCase):
	def test_notes_of_deleted_group_are_visible_to_authors_only(self):
		group = self.group(LEAVER, HEIR)
		with self.as_user(LEAVER):
			name = notes.jot(self.customer, "Takes tea.", visibility="Group", user_group=group)["name"]
		with self.as_user(HEIR):
			self.assertTrue(frappe.get_list("Personal Note", filters={"name": name}))
		self.delete("User Group", group)
		with self.as_user(HEIR):
			self.assertFalse(frappe.get_list("Personal Note", filters={"name": name}))
		with self.as_user(LEAVER):
			self.assertTrue(frappe.get_list("Personal Note", filters={"name": name}))
		self.assert_can_be_saved()

	def test_deleted_note_leaves_gestures_and_follow_ups(self):
		made = self.create_records()
		promised = frappe.db.get_value(
			"Follow Up Task", {"personal_note": made["note"], "subject": "Takes tea."}
		)
		self.delete("Personal Note", made["note"])
		self.assertFalse(frappe.db.exists("Personal Note Use", {"personal_note": made["note"]}))
		for what in ("free gesture", "paid gesture", "task", "done task"):
			doctype = "Gesture" if what.endswith("gesture") else "Follow Up Task"
			self.assertTrue(frappe.db.exists(doctype, made[what]), what)
		for doctype in ("Gesture", "Follow Up Task"):
			self.assertFalse(frappe.db.exists(doctype, {"personal_note": made["note"]}))
		self.assertEqual(
			frappe.db.get_value("Follow Up Task", promised, ["subject", "status"]), ("Takes tea.", "Open")
		)
		self.assert_can_be_saved()


class TestPrivacyRecords(CleanupTestCase):
	"""The access log and the erasure certificates follow a customer and a contact."""

	def setUp(self):
		super().setUp()
		self.olivia = self.contact("Olivia", self.customer)
		self.create_records()
		access_log.record_access(self.customer, self.manager, "Reason", reason="She asked")
		self.certificate = self.erase_contact()

	def erase_contact(self) -> str:
		with self.as_user(LEAVER):
			notes.jot(self.customer, "About her", contact=self.olivia)
		with self.as_user(self.manager):
			return erasure.erase_with_certificate(self.customer, self.olivia, "She asked", None)

	def of(self, field: str) -> list[str | None]:
		certificate = frappe.db.get_value("Personal Data Erasure", self.certificate, field)
		looks = frappe.get_all(
			"Personal Note Access", {"user": self.manager}, pluck="customer", distinct=True
		)
		return [certificate, *looks]

	def test_merged_customers_keep_both_certificates(self):
		into = make_customer("MX Test Staying")
		other = self.note("Was there before.", customer=into)
		access_log.record_access(into, self.manager, "Reason", reason="He asked")
		with self.as_user(self.manager):
			erasure.erase_with_certificate(into, None, "He asked", None)
		self.note("Again", customer=into)
		counts = self.count_records(customer=self.customer)
		frappe.rename_doc("Customer", self.customer, into, merge=True)
		self.assertFalse(frappe.db.exists("Personal Note", other.name))
		self.assertEqual(
			self.count_records(customer=into), counts | {"Personal Note": counts["Personal Note"] + 1}
		)
		self.assertEqual(frappe.db.count("Personal Data Erasure", {"customer": into}), 2)
		self.assertIn(into, self.of("customer"))
		self.assertNotIn("MX Test Leaving", self.of("customer"))
		self.assert_can_be_saved()
		self.assertEqual(ledger.find_differences(), [])
		with self.as_user(self.manager):
			self.assertTrue(erasure.erase_with_certificate(into, None, "He asked again", None))
		self.assertEqual(self.count_records(customer=into), {})

	def test_renamed_customer_can_be_erased(self):
		new = frappe.rename_doc("Customer", self.customer, "MX Test Renamed")
		self.assertEqual(set(self.of("customer")), {new})
		with self.as_user(self.manager):
			self.assertTrue(erasure.erase_with_certificate(new, None, "She asked", None))
		self.assertEqual(self.count_records(customer=new), {})

	def test_certificate_follows_renamed_and_merged_contact(self):
		with self.as_user(LEAVER):
			notes.jot(self.customer, "Takes milk", contact=self.olivia)
		new = frappe.rename_doc("Contact", self.olivia, "MX Olivia")
		self.assertEqual(frappe.db.get_value("Personal Note", {"contact": new}, "note"), "Takes milk")
		self.assertEqual(self.of("contact")[0], new)
		into = self.contact("Mia", self.customer)
		with self.as_user(LEAVER):
			notes.jot(self.customer, "Takes sugar", contact=into)
		frappe.rename_doc("Contact", new, into, merge=True)
		self.assertFalse(frappe.db.exists("Contact", new))
		self.assertEqual(frappe.db.count("Personal Note", {"contact": into}), 2)
		self.assertEqual(self.of("contact")[0], into)
		self.assert_can_be_saved()

	def test_certificate_of_deleted_contact_keeps_the_name(self):
		frappe.delete_doc("Contact", self.olivia)
		self.assertIsNone(self.of("contact")[0])
		self.assertEqual(self.of("whose")[0], "Olivia Brandt")

	def test_access_log_of_deleted_customer_is_anonymized(self):
		self.delete("Customer", self.customer)
		self.assertEqual(set(self.of("customer")), {None})
		self.assertFalse(frappe.get_all("Personal Note Access", {"reason": "She asked", "seen_in": "Reason"}))
		self.assertEqual(self.of("whose")[0], "Olivia Brandt")
